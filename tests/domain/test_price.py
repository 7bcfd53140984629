"""From the recommended fee to a finished price: rules, adjustments, reviews, and what a plugin sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from quitrent.domain.calendar import PeriodBoundary
from quitrent.domain.charge import Priced, Side, Step, StepKind
from quitrent.domain.line import Line, Named
from quitrent.domain.line_facts import LineFacts, line_of
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, LARGEST_PRICE_MICROS, Money, Rounding, units_text
from quitrent.domain.party import Party
from quitrent.domain.plan import FeeChange, Plan, PlanKind, Promotion
from quitrent.domain.plan_fee import PlanFee
from quitrent.domain.price import retail_price, reviewed
from quitrent.domain.price_effect import EffectTotal, PriceEffect, price_effect, totals_of
from quitrent.domain.price_rule import (
    Basis,
    PriceBasis,
    PriceRule,
    RetailPrice,
    basis_of,
    check_price,
    check_price_rule,
    check_retail_price,
)
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.proposal import Adjustment, Review, Speaker, Verdict
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import SideBooks, assigned
from quitrent.domain.terms import Terms
from tests.domain.ledger import explained
from tests.domain.refusals import hint, refusal

PRICE = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
FEE = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
GOLD = Product("products/gold", ProductKind.MAIN, PRICE.name, FEE.name, labels={"tier": "one"})
ACME = Party("resellers/acme", labels={"region": "north"})
CUSTOMER, ACCOUNT = Party("resellers/acme/customers/c1"), Party("resellers/acme/customers/c1/accounts/a1")
START = date(2026, 1, 11)


def iso(text: str) -> date:
    return date.fromisoformat(text)


def usd(text: str) -> Money:
    return Money(int(Decimal(text) * 1_000_000), "USD")


def rule(price: RetailPrice, effective: str = "2026-01-01", **fields: Any) -> PriceRule:
    return PriceRule("resellers/acme/priceRules/r1", GOLD.name, price, iso(effective), **fields)


def terms(price: Plan = PRICE, fee: Plan = FEE, *rules: PriceRule) -> Terms:
    side = SideBooks.opened(Schedule.starting(START))
    subscription = replace(assigned("s1", GOLD, START, wholesale=side, retail=side), key=7)
    return Terms(subscription, price, fee, GOLD, ACME, CUSTOMER, ACCOUNT, rules)


@pytest.mark.parametrize(
    ("price", "key", "explanation"),
    [
        (None, 0, []),
        (RetailPrice(fixed=usd("8")), 0, ["PRICE_RULE: fixed price = 8.00"]),
        (RetailPrice(percent=Decimal(25)), 0, ["PRICE_RULE: +25 % on the recommended price = 25.00"]),
        (RetailPrice(percent=Decimal("-12.5")), 0, ["PRICE_RULE: -12.5 % on the recommended price = 17.50"]),
        (
            RetailPrice(percent=Decimal("5e1"), basis=PriceBasis.OWN_COST),
            0,
            ["PRICE_RULE: +50 % on the own cost = 15.00"],
        ),
        (RetailPrice(amount=usd("-3.25")), 0, ["PRICE_RULE: -3.25 on the recommended price = 16.75"]),
        (RetailPrice(amount=usd("0"), basis=PriceBasis.OWN_COST), 0, ["PRICE_RULE: +0.00 on the own cost = 10.00"]),
    ],
)
def test_a_rule_says_what_it_made_of_the_recommended_price(
    price: RetailPrice | None, key: int, explanation: list[str]
) -> None:
    made = None if price is None else rule(price, key=key)
    basis = basis_of(PRICE.name, PlanFee(PRICE.fee, " since 2026-01-01"), FEE.fee, made)
    assert explained(basis.steps) == ["RECOMMENDED: recommended by plans/price since 2026-01-01 = 20.00", *explanation]
    assert [step.code for step in basis.steps] == ["", "resellers/acme/priceRules/r1"][: len(basis.steps)]


@pytest.mark.parametrize(
    ("price", "key", "refused"),
    [
        (
            RetailPrice(amount=usd("-20.01")),
            0,
            "RETAIL_PRICE_BELOW_ZERO the price rule makes a price of -0.01 USD; a retail price is zero or more",
        ),
        (
            RetailPrice(amount=usd("-20.01")),
            3,
            "RETAIL_PRICE_BELOW_ZERO resellers/acme/priceRules/r1 makes a price of -0.01 USD; "
            "a retail price is zero or more",
        ),
        (
            RetailPrice(fixed=Money(1, "EUR")),
            0,
            "CURRENCY_MISMATCH the amount is in EUR; the account plan is in USD, and so is the retail price",
        ),
        (
            RetailPrice(amount=Money(1, "EUR")),
            0,
            "CURRENCY_MISMATCH the amount is in EUR; the account plan is in USD, and so is the retail price",
        ),
        (
            RetailPrice(percent=Decimal(1), basis=PriceBasis.OWN_COST),
            0,
            "CURRENCY_MISMATCH the amount is in JPY; the account plan is in USD, and so is the retail price",
        ),
    ],
)
def test_a_rule_that_makes_no_price_says_why(price: RetailPrice, key: int, refused: str) -> None:
    cost = Money(10_000_000, "JPY")
    assert refusal(lambda: basis_of(PRICE.name, PlanFee(PRICE.fee), cost, rule(price, key=key))) == refused


@pytest.mark.parametrize(
    ("micros", "refused"),
    [
        (0, None),
        (LARGEST_PRICE_MICROS, None),
        (-1, "RETAIL_PRICE_BELOW_ZERO it makes a price of -0.000001 USD; a retail price is zero or more"),
        (
            LARGEST_PRICE_MICROS + 1,
            "RETAIL_PRICE_TOO_LARGE it makes a price of 1000000000000.000001 USD; "
            "a retail price is at most 1,000,000,000,000 units",
        ),
    ],
)
def test_a_price_is_one_that_can_be_charged(micros: int, refused: str | None) -> None:
    assert refusal(lambda: check_retail_price(Fraction(micros), "USD", "it makes")) == refused


def test_a_refused_price_names_the_plugin_where_one_made_it() -> None:
    assert hint(lambda: check_retail_price(Fraction(-1), "USD", "it makes", "markup")) == {"plugin": "markup"}
    assert hint(lambda: check_retail_price(Fraction(-1), "USD", "it makes")) == {}


FIXED = "FIELD_INVALID price_rule.price.fixed: must be zero or more, and at most 1,000,000,000 units"
PERCENT = "FIELD_INVALID price_rule.price.percent: must be from -100 to 100000"
AMOUNT = "FIELD_INVALID price_rule.price.amount: must be at most 1,000,000,000 units either way"
MOST = LARGEST_AMOUNT_MICROS


@pytest.mark.parametrize(
    ("price", "refused"),
    [
        (RetailPrice(fixed=Money(0, "USD")), None),
        (RetailPrice(fixed=Money(MOST, "USD")), None),
        (RetailPrice(fixed=Money(-1, "USD")), FIXED),
        (RetailPrice(fixed=Money(MOST + 1, "USD")), FIXED),
        (RetailPrice(percent=Decimal(-100)), None),
        (RetailPrice(percent=Decimal(100_000)), None),
        (RetailPrice(percent=Decimal("-100.01")), PERCENT),
        (RetailPrice(percent=Decimal("100000.01")), PERCENT),
        (RetailPrice(amount=Money(MOST, "USD")), None),
        (RetailPrice(amount=Money(-MOST, "USD")), None),
        (RetailPrice(amount=Money(MOST + 1, "USD")), AMOUNT),
        (RetailPrice(amount=Money(-MOST - 1, "USD")), AMOUNT),
    ],
)
def test_a_price_stays_inside_its_limits(price: RetailPrice, refused: str | None) -> None:
    assert refusal(lambda: check_price(price)) == refused
    assert refusal(lambda: check_price_rule(rule(price))) == refused


@pytest.mark.parametrize(
    ("end", "refused"),
    [
        ("2026-01-02", None),
        ("2026-01-01", "FIELD_INVALID price_rule.end_date: must be after the effective date, 2026-01-01"),
    ],
)
def test_a_rule_ends_after_it_begins(end: str, refused: str | None) -> None:
    assert refusal(lambda: check_price_rule(rule(RetailPrice(), end=iso(end)))) == refused


Said = list[tuple[Speaker, Adjustment]]


def more(plugin: str, percent: str) -> tuple[Speaker, Adjustment]:
    return Speaker(plugin, "1.0"), Adjustment(f"{plugin}-code", "why", percent=Decimal(percent))


def units(plugin: str, amount: str) -> tuple[Speaker, Adjustment]:
    return Speaker(plugin, "1.0"), Adjustment(f"{plugin}-code", "why", amount=Decimal(amount), currency="USD")


def priced(said: Sequence[tuple[Speaker, Adjustment]], micros: int = 20_000_000) -> tuple[Fraction, Priced]:
    part = next(PRICE.calendar.parts(Schedule.starting(date(2026, 1, 1))))
    basis = Basis(Fraction(micros), (Step(StepKind.RECOMMENDED, "recommended", "20.00"),))
    return retail_price(basis, said, PRICE, part)


def test_adjustments_are_taken_on_the_basis_one_by_one() -> None:
    whole, found = priced([more("a", "10"), units("b", "-0.50"), more("c", "-1.25")])
    assert (whole, found.amount) == (Fraction(21_250_000), usd("21.25"))
    assert explained(found.steps) == [
        "RECOMMENDED: recommended = 20.00",
        "ADJUSTMENT: +10 % of the basis: why = 22.00",
        "ADJUSTMENT: -0.50 USD: why = 21.50",
        "ADJUSTMENT: -1.25 % of the basis: why = 21.25",
        "ROUNDING: rounded HALF_UP = 21.25",
    ]
    said = [(step.code, step.plugin, step.plugin_version) for step in found.steps]
    assert said[1:4] == [("a-code", "a", "1.0"), ("b-code", "b", "1.0"), ("c-code", "c", "1.0")]


@pytest.mark.parametrize(
    ("said", "culprit", "price"),
    [
        ([units("a", "-1"), units("b", "-20"), units("c", "0.5")], "b", "-0.50"),
        ([units("a", "-20"), units("b", "-1"), units("c", "0.5")], "a", "-0.50"),
        ([units("a", "1000000000000"), units("b", "-0.01")], "a", "1000000000019.99"),
        # Of equal ones the first.
        ([units("a", "-11"), units("b", "-11")], "a", "-2.00"),
    ],
)
def test_for_a_wrong_price_the_plugin_that_moved_it_the_most_is_named(said: Said, culprit: str, price: str) -> None:
    reason, limit = "RETAIL_PRICE_BELOW_ZERO", "zero or more"
    if not price.startswith("-"):
        reason, limit = "RETAIL_PRICE_TOO_LARGE", "at most 1,000,000,000,000 units"
    assert refusal(lambda: priced(said)) == (
        f"{reason} the adjustments, of plugin {culprit} above all, make a price of {price} USD; "
        f"a retail price is {limit}"
    )
    assert hint(lambda: priced(said)) == {"plugin": culprit}


@pytest.mark.parametrize(("said", "whole"), [([units("a", "-20")], 0), ([], 20_000_000)])
def test_a_price_of_zero_is_a_price(said: Said, whole: int) -> None:
    assert priced(said)[0] == whole


@pytest.mark.parametrize(
    ("verdict", "reason", "steps"),
    [
        (Verdict.ALLOW, "", []),
        (Verdict.ALLOW, "as agreed", [("as agreed", "ALLOW")]),
        (Verdict.WARN, "", [("warn", "WARN")]),
        (Verdict.WARN, "below cost", [("below cost", "WARN")]),
    ],
)
def test_a_review_that_said_something_is_part_of_the_explanation(
    verdict: Verdict, reason: str, steps: list[tuple[str, str]]
) -> None:
    before = priced([])[1]
    after = reviewed(before, [(Speaker("guard", "2.0"), Review(verdict, reason))])
    assert after.amount == before.amount
    assert after.steps[: len(before.steps)] == before.steps
    assert after.steps[len(before.steps) :] == tuple(
        Step(StepKind.REVIEW, text, code=code, plugin="guard", plugin_version="2.0") for text, code in steps
    )


def test_a_review_that_refuses_is_named() -> None:
    reviews = [(Speaker("a"), Review(Verdict.WARN, "low")), (Speaker("guard"), Review(Verdict.REFUSE, "below cost"))]
    text = "RETAIL_PRICE_REFUSED plugin guard refused the price: below cost"
    assert refusal(lambda: reviewed(priced([])[1], reviews)) == text
    assert hint(lambda: reviewed(priced([])[1], reviews)) == {"plugin": "guard"}


def test_a_plugin_sees_one_part_with_its_prices_in_units() -> None:
    known = terms(PRICE, FEE, rule(RetailPrice(percent=Decimal(-25))))
    first, second = (known.account_plan.calendar.part_on(Schedule.starting(START), iso(day)) for day in (
        "2026-01-11", "2026-02-01",
    ))  # fmt: skip
    assert first is not None
    assert second is not None
    facts = LineFacts(Money(21_500_000, "USD"), account_count=3, subscription_count=5)
    line = line_of(known, first, known.whole_prices_of(first), facts)
    assert line == Line(
        reseller=Named("resellers/acme", {"region": "north"}),
        customer=Named("resellers/acme/customers/c1"),
        account=Named("resellers/acme/customers/c1/accounts/a1"),
        product=Named("products/gold", {"tier": "one"}),
        subscription="s1",
        subscription_start=START,
        period_start=START,
        period_end=iso("2026-02-01"),
        period_index=0,
        currency="USD",
        recommended=Decimal(20),
        basis=Decimal(15),
        own_cost=Decimal(10),
        charged_before=Decimal("21.5"),
        account_count=3,
        subscription_count=5,
    )
    # A copy: what a plugin does to it changes nothing.
    assert line.product.labels is not GOLD.labels
    assert line_of(known, second, known.whole_prices_of(second), LineFacts()).period_index == 1


def test_a_cost_in_another_currency_is_not_shown() -> None:
    known = terms(PRICE, replace(FEE, fee=Money(1, "EUR")))
    part = next(PRICE.calendar.parts(Schedule.starting(START)))
    assert line_of(known, part, known.whole_prices_of(part), LineFacts()).own_cost is None


@pytest.mark.parametrize(
    ("day", "cost"),
    [
        # Before it starts, the standard fee; then a promotional one, also after an end: as if it went on.
        ("2026-01-10", 11),
        ("2026-01-11", 1),
        ("2026-01-31", 1),
        ("2026-02-01", 11),
        ("2026-02-28", 11),
        # A change counts from the next boundary on.
        ("2026-03-01", 12),
        ("2026-05-01", 12),
    ],
)
def test_the_own_cost_is_the_fee_of_the_period_that_holds_the_day(day: str, cost: int) -> None:
    changes = (
        FeeChange(FEE.name, iso("2026-01-01"), usd("11"), applies_to_existing=False),
        FeeChange(FEE.name, iso("2026-02-15"), usd("12")),
    )
    known = terms(PRICE, replace(FEE, promotions=(Promotion(1, usd("1")),), fee_changes=changes))
    side = replace(known.subscription.wholesale, schedule=Schedule.starting(START, iso("2026-01-16")))
    ended = replace(known, subscription=replace(known.subscription, wholesale=side))
    assert ended.own_cost_on(iso(day)) == Money(cost * 1_000_000, "USD")


def changed(plan: Plan, day: str, fee: str, reaches_all: bool = True) -> Plan:
    return replace(plan, fee_changes=(FeeChange(plan.name, iso(day), usd(fee), reaches_all),))


FIXED_8 = RetailPrice(fixed=usd("8"))
MARKUP = rule(RetailPrice(amount=usd("5"), basis=PriceBasis.OWN_COST))
PROMOTED = (Promotion(2, usd("3")),)
PREPAID = {"promotions": (Promotion(4, usd("3")),), "periods_in_advance": 2}


@pytest.mark.parametrize(
    ("before", "after", "side", "since", "effect"),
    [
        # From the first period that begins on the day or later.
        (terms(), terms(PRICE, changed(FEE, "2026-03-10", "11")), Side.WHOLESALE, "2026-03-10", "2026-04-01 10 11"),
        (terms(), terms(PRICE, changed(FEE, "2026-03-01", "11")), Side.WHOLESALE, "2026-03-01", "2026-03-01 10 11"),
        # On the boundaries of its own side.
        (
            terms(PRICE, replace(FEE, period_boundary=PeriodBoundary.ANNIVERSARY)),
            terms(PRICE, changed(replace(FEE, period_boundary=PeriodBoundary.ANNIVERSARY), "2026-03-10", "11")),
            Side.WHOLESALE,
            "2026-03-10",
            "2026-03-11 10 11",
        ),
        # It comes later than the day from which on it is looked for.
        (terms(), terms(PRICE, changed(FEE, "2026-04-10", "11")), Side.WHOLESALE, "2026-02-01", "2026-05-01 10 11"),
        # Before it starts: from its start.
        (terms(), terms(PRICE, changed(FEE, "2026-01-01", "11")), Side.WHOLESALE, "2026-01-01", "2026-01-11 10 11"),
        (terms(), terms(PRICE, changed(FEE, "2026-03-10", "10")), Side.WHOLESALE, "2026-03-10", None),
        (terms(), terms(PRICE, changed(FEE, "2026-03-10", "9", False)), Side.WHOLESALE, "2026-03-10", None),
        (terms(), terms(changed(PRICE, "2026-03-10", "22")), Side.WHOLESALE, "2026-03-10", None),
        (terms(), terms(changed(PRICE, "2026-03-10", "22")), Side.RETAIL, "2026-03-10", "2026-04-01 20 22"),
        (terms(), terms(PRICE, FEE, MARKUP), Side.RETAIL, "2026-03-01", "2026-03-01 20 15"),
        # The rule is on the cost, which changes.
        (
            terms(PRICE, FEE, MARKUP),
            terms(PRICE, changed(FEE, "2026-03-01", "12"), MARKUP),
            Side.RETAIL,
            "2026-03-01",
            "2026-03-01 15 17",
        ),
        # A promotion hides the change until it is over.
        (
            terms(PRICE, replace(FEE, promotions=PROMOTED)),
            terms(PRICE, changed(replace(FEE, promotions=PROMOTED), "2026-01-11", "11")),
            Side.WHOLESALE,
            "2026-01-11",
            "2026-03-01 10 11",
        ),
        # Four periods, paid two at a time.
        (
            terms(replace(PRICE, **PREPAID)),  # type: ignore[arg-type]
            terms(changed(replace(PRICE, **PREPAID), "2026-01-11", "22")),  # type: ignore[arg-type]
            Side.RETAIL,
            "2026-01-11",
            "2026-05-01 20 22",
        ),
        (
            terms(),
            terms(PRICE, FEE, rule(RetailPrice(amount=usd("-21")))),
            Side.RETAIL,
            "2026-02-01",
            "2026-02-01 20 0 the price rule makes a price of -1.00 USD; a retail price is zero or more",
        ),
        # For its customer, its account, and for new subscriptions alone.
        (
            terms(),
            terms(PRICE, FEE, rule(FIXED_8, customer=CUSTOMER.name)),
            Side.RETAIL,
            "2026-02-01",
            "2026-02-01 20 8",
        ),
        (terms(), terms(PRICE, FEE, rule(FIXED_8, account=ACCOUNT.name)), Side.RETAIL, "2026-02-01", "2026-02-01 20 8"),
        (terms(), terms(PRICE, FEE, rule(FIXED_8, customer="other")), Side.RETAIL, "2026-02-01", None),
        (
            terms(),
            terms(PRICE, FEE, rule(FIXED_8, "2026-02-01", applies_to_existing=False)),
            Side.RETAIL,
            "2026-02-01",
            None,
        ),
        (terms(), terms(changed(PRICE, "2026-02-01", "22", False)), Side.RETAIL, "2026-02-01", None),
        # Rounded as the plan says: 20.0002.
        (
            terms(replace(PRICE, rounding=Rounding.UP)),
            terms(replace(PRICE, rounding=Rounding.UP), FEE, rule(RetailPrice(percent=Decimal("0.001")))),
            Side.RETAIL,
            "2026-02-01",
            "2026-02-01 20 20.01",
        ),
        (
            terms(),
            terms(PRICE, FEE, rule(RetailPrice(percent=Decimal("0.001")))),
            Side.RETAIL,
            "2026-02-01",
            None,
        ),
        (
            terms(),
            terms(PRICE, FEE, rule(RetailPrice(percent=Decimal("-0.001")))),
            Side.RETAIL,
            "2026-02-01",
            None,
        ),
    ],
)
def test_the_effect_of_a_change_is_told_for_the_first_period_that_costs_another_price(
    before: Terms, after: Terms, side: Side, since: str, effect: str | None
) -> None:
    found = price_effect(before, after, side, iso(since))
    assert (found and written(found)) == effect
    if found is not None:
        assert (found.subscription, found.key) == ("s1", 7)


def written(effect: PriceEffect) -> str:
    amounts = [
        units_text(money.amount_micros, money.currency).removesuffix(".00") for money in (effect.before, effect.after)
    ]
    assert {effect.before.currency, effect.after.currency} == {"USD"}
    return " ".join([str(effect.effective), *amounts, *([effect.problem] if effect.problem else [])])


def test_effects_are_summed_up_by_currency() -> None:
    effects = [
        PriceEffect("s1", START, usd("10"), usd("11")),
        PriceEffect("s2", START, Money(5, "EUR"), Money(4, "EUR")),
        PriceEffect("s3", START, usd("10"), usd("12.50")),
    ]
    assert totals_of(effects) == (
        EffectTotal(1, Money(5, "EUR"), Money(4, "EUR")),
        EffectTotal(2, usd("20"), usd("23.50")),
    )
