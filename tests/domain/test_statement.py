"""A reseller's month and a run's sums: what is added up, what can be compared, and what cannot."""

from __future__ import annotations

from datetime import date

import pytest

from quitrent.domain.billing_run import RunAmount, added
from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.domain.party import parent_of, reseller_of
from quitrent.domain.statement import AlikeLines, Statement, StatementLine, StatementTotal, month_of, statement_of

JANUARY = date(2026, 1, 1)


def usd(units: int) -> Money:
    return Money(units * 1_000_000, "USD")


def eur(units: int) -> Money:
    return Money(units * 1_000_000, "EUR")


def of(wholesale: Money | None, retail: Money | None, charges: int = 2, parked: int = 0) -> StatementLine:
    return StatementLine("s1", "products/gold", wholesale, retail, charges, parked)


@pytest.mark.parametrize(
    ("wholesale", "retail", "parked", "margin", "reason", "below_cost"),
    [
        (usd(10), usd(25), 0, usd(15), "", False),
        (usd(10), usd(10), 0, usd(0), "", False),
        (usd(10), usd(9), 0, usd(-1), "", True),
        # What is parked may still be charged.
        (usd(10), usd(9), 1, usd(-1), "", False),
        (None, usd(9), 0, None, "the wholesale side has no charge in the month", False),
        (usd(10), None, 0, None, "the retail side has no charge in the month", False),
        (usd(10), eur(9), 0, None, "the two sides are in different currencies", False),
    ],
)
def test_a_margin_is_retail_less_wholesale_where_both_can_be_compared(
    wholesale: Money | None, retail: Money | None, parked: int, margin: Money | None, reason: str, below_cost: bool
) -> None:
    line = of(wholesale, retail, parked=parked)
    assert (line.margin, line.margin_absent_reason, line.below_cost) == (margin, reason, below_cost)


def test_sides_on_different_periods_have_no_margin() -> None:
    line = StatementLine("s1", "products/gold", usd(10), usd(9), 2, 0, same_periods=False)
    assert (line.margin, line.below_cost) == (None, False)
    assert line.margin_absent_reason == "the two sides have different periods"


def test_a_statement_sums_its_lines_up_by_currency() -> None:
    lines = [
        of(usd(10), usd(25), charges=3),
        of(usd(10), usd(4), charges=2),
        of(usd(7), usd(3), charges=2, parked=2),
        of(None, usd(-1), charges=1),
        of(eur(5), None, charges=1, parked=1),
    ]
    totals = (StatementTotal(eur(5), eur(0)), StatementTotal(usd(27), usd(31)))
    found = statement_of("resellers/acme", JANUARY, lines)
    assert found == Statement("resellers/acme", JANUARY, totals, 5, 9, 1, 3)
    assert [(one.margin, one.margin_absent_reason) for one in found.totals] == [(eur(-5), ""), (usd(4), "")]


def test_lines_that_have_been_summed_before_make_the_same_statement() -> None:
    lines = [of(usd(10), usd(25)), of(usd(10), usd(4), parked=1), of(usd(10), usd(4)), of(usd(5), eur(3), charges=3)]
    alike = [
        AlikeLines(usd(20), usd(29), 2, 4, 1, 0),
        AlikeLines(usd(10), usd(4), 1, 2, 0, 1),
        AlikeLines(usd(5), eur(3), 1, 3, 0, 0),
    ]
    assert statement_of("resellers/acme", JANUARY, alike) == statement_of("resellers/acme", JANUARY, lines)


def test_a_sum_whose_other_side_is_in_another_currency_has_no_margin() -> None:
    lines = [
        of(usd(10), eur(9)),
        of(Money(5, "JPY"), Money(7, "JPY")),
        # Mixed in another way: the ones before stay mixed.
        of(Money(3, "CHF"), Money(4, "SEK")),
    ]
    totals = statement_of("resellers/acme", JANUARY, lines).totals
    text = "some subscriptions have their other side in another currency"
    assert [(one.wholesale, one.retail, one.margin, one.margin_absent_reason) for one in totals] == [
        (Money(3, "CHF"), Money(0, "CHF"), None, text),
        (eur(0), eur(9), None, text),
        (Money(5, "JPY"), Money(7, "JPY"), Money(2, "JPY"), ""),
        (Money(0, "SEK"), Money(4, "SEK"), None, text),
        (usd(10), usd(0), None, text),
    ]


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2026-01-01", "2026-01-01", "2026-02-01"),
        ("2026-11-30", "2026-11-01", "2026-12-01"),
        ("2026-12-24", "2026-12-01", "2027-01-01"),
    ],
)
def test_a_month_reaches_to_the_first_of_the_next(day: str, start: str, end: str) -> None:
    assert month_of(date.fromisoformat(day)) == (date.fromisoformat(start), date.fromisoformat(end))


def charged(side: Side, amount: Money) -> Charge:
    return Charge("s1", side, ChargeReason.RECURRING, JANUARY, date(2026, 2, 1), JANUARY, amount)


def test_a_run_counts_what_it_has_charged_by_side_and_currency() -> None:
    retail, wholesale = (Side.RETAIL, "USD"), (Side.WHOLESALE, "USD")
    before = {retail: RunAmount(5_000_000, 3)}
    charges = [charged(Side.RETAIL, usd(20)), charged(Side.WHOLESALE, usd(10)), charged(Side.WHOLESALE, usd(-4))]
    counted = zip(charges, (3, 1, 1), strict=True)
    assert added(before, counted) == {retail: RunAmount(65_000_000, 6), wholesale: RunAmount(6_000_000, 2)}
    assert before == {retail: RunAmount(5_000_000, 3)}


@pytest.mark.parametrize(
    ("name", "reseller", "parent"),
    [
        ("resellers/acme", "resellers/acme", ""),
        ("resellers/acme/customers/c1", "resellers/acme", "resellers/acme"),
        ("resellers/acme/customers/c1/accounts/a1", "resellers/acme", "resellers/acme/customers/c1"),
        ("plans/gold", "", ""),
        ("plans/gold/feeChanges/2026-03-01", "", "plans/gold"),
        ("", "", ""),
    ],
)
def test_a_name_tells_whose_it_is_and_what_is_above(name: str, reseller: str, parent: str) -> None:
    assert (reseller_of(name), parent_of(name)) == (reseller, parent)
