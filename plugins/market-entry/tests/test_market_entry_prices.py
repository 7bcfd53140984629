from dataclasses import replace
from datetime import date
from decimal import ROUND_UP, Decimal, localcontext
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quitrent_market_entry import MarketEntry, Settings

from quitrent import Adjustment, Line, Named, RetailAmount, Review, Verdict
from quitrent.hooks.declared_settings import settings_of

LINE = Line(
    reseller=Named("resellers/plugged"),
    customer=Named("resellers/plugged/customers/c1"),
    account=Named("resellers/plugged/customers/c1/accounts/a1"),
    product=Named("products/gold"),
    subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
    subscription_start=date(2026, 1, 1),
    period_start=date(2026, 1, 1),
    period_end=date(2026, 2, 1),
    period_index=0,
    currency="USD",
    recommended=Decimal("20.00"),
    basis=Decimal("20.00"),
    own_cost=Decimal("12.00"),
)
HALF: dict[str, object] = {
    "product": "products/gold",
    "currency": "USD",
    "percent": "50",
    "until": date(2026, 7, 1),
    "cap_per_account": "1000",
    "floor": "0",
}


def campaign(**changes: object) -> dict[str, object]:
    kept = {key: value for key, value in HALF.items() if not (key == "percent" and "amount" in changes)}
    return kept | {key.rstrip("_"): value for key, value in changes.items()}


def asked(line: Line, **campaigns: dict[str, object]) -> Adjustment | None:
    return MarketEntry(settings_of({"campaigns": campaigns}, Settings, Path())).quitrent_adjust_retail(line)


def taken_off(line: Line, **campaigns: dict[str, object]) -> str:
    answer = asked(line, **campaigns)
    return "" if answer is None else str(answer.amount)


@pytest.mark.parametrize(
    ("terms", "basis", "expected"),
    [
        # Percentages and amounts of a price of 20.00.
        ({"percent": "50"}, "20.00", "-10"),
        ({"percent": "12.5"}, "20.00", "-2.5"),
        ({"percent": "100"}, "20.00", "-20"),
        ({"amount": "3.50"}, "20.00", "-3.5"),
        ({"amount": "25"}, "20.00", "-20"),
        # A number is as good as a text.
        ({"percent": Decimal("12.5")}, "20.00", "-2.5"),
        ({"amount": 3, "floor": 18}, "20.00", "-2"),
        # The cap, and the floor, and the one of them that allows less.
        ({"cap_per_account": "4.00"}, "20.00", "-4"),
        ({"cap_per_account": "10.00"}, "20.00", "-10"),
        ({"floor": "15.00"}, "20.00", "-5"),
        ({"floor": "15.00", "cap_per_account": "4.00"}, "20.00", "-4"),
        ({"floor": "17.00", "cap_per_account": "4.00"}, "20.00", "-3"),
        ({"floor": "20.00"}, "20.00", ""),
        ({"floor": "20.01"}, "20.00", ""),
        # A free line has nothing to take off.
        ({"percent": "50"}, "0", ""),
        ({"amount": "1"}, "0", ""),
        # Down to a whole micro, toward zero.
        ({"percent": "33.333333"}, "0.01", "-0.003333"),
        ({"percent": "50"}, "0.000003", "-0.000001"),
        ({"percent": "50"}, "0.000001", ""),
        ({"floor": "1"}, "1.00000199", "-0.000001"),
        # The largest amounts that quitrent takes.
        ({"percent": "100", "cap_per_account": "1000000000"}, "1E+15", "-1000000000"),
        ({"percent": "100"}, "999.999999", "-999.999999"),
    ],
)
def test_a_discount_is_the_least_of_the_offer_the_cap_and_the_way_to_the_floor(
    terms: dict[str, object], basis: str, expected: str
) -> None:
    assert taken_off(replace(LINE, basis=Decimal(basis)), half=campaign(**terms)) == expected


@pytest.mark.parametrize(
    ("terms", "period_start", "expected"),
    [
        ({}, date(2026, 6, 30), "-10"),
        ({}, date(2026, 7, 1), ""),
        ({}, date(2027, 1, 1), ""),
        ({}, date(1999, 1, 1), "-10"),
        ({"from_": date(2026, 3, 1)}, date(2026, 2, 28), ""),
        ({"from_": date(2026, 3, 1)}, date(2026, 3, 1), "-10"),
        ({"from_": date(2026, 3, 1), "until": date(2026, 3, 2)}, date(2026, 3, 1), "-10"),
        ({"from_": date(2026, 3, 1), "until": date(2026, 3, 2)}, date(2026, 3, 2), ""),
    ],
)
def test_a_campaign_counts_for_the_periods_that_begin_within_it(
    terms: dict[str, object], period_start: date, expected: str
) -> None:
    assert taken_off(replace(LINE, period_start=period_start), half=campaign(**terms)) == expected


@pytest.mark.parametrize(
    ("terms", "line", "expected"),
    [
        ({}, LINE, "-10"),
        ({}, replace(LINE, currency="EUR"), ""),
        ({}, replace(LINE, product=Named("products/silver")), ""),
        ({}, replace(LINE, product=Named("resellers/plugged/products/gold")), ""),
        ({"resellers": ["resellers/other", "resellers/plugged"]}, LINE, "-10"),
        ({"resellers": ["resellers/other"]}, LINE, ""),
        ({"resellers": ["resellers/plugged-in"]}, LINE, ""),
    ],
)
def test_a_campaign_is_for_its_product_its_resellers_and_its_currency(
    terms: dict[str, object], line: Line, expected: str
) -> None:
    assert taken_off(line, half=campaign(**terms)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (campaign(), campaign(percent="60"), "second -12"),
        (campaign(), campaign(amount="9.99"), "first -10"),
        (campaign(), campaign(amount="10.00"), "first -10"),
        (campaign(cap_per_account="1"), campaign(percent="10"), "second -2"),
        (campaign(currency="EUR"), campaign(percent="10"), "second -2"),
        (campaign(floor="20"), campaign(percent="10"), "second -2"),
        (campaign(floor="20"), campaign(product="products/silver"), ""),
    ],
)
def test_of_several_campaigns_the_one_that_takes_off_the_most_counts_alone(
    first: dict[str, object], second: dict[str, object], expected: str
) -> None:
    answer = asked(LINE, first=first, second=second)
    assert ("" if answer is None else f"{answer.code} {answer.amount}") == expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, "50 % off for periods that begin before 2026-07-01."),
        ({"amount": "2.50"}, "2.50 USD off for periods that begin before 2026-07-01."),
        (
            {"cap_per_account": "4.00"},
            "50 % off for periods that begin before 2026-07-01, held by the cap of 4.00 USD an account.",
        ),
        ({"floor": "15"}, "50 % off for periods that begin before 2026-07-01, held by the floor of 15 USD."),
        ({"cap_per_account": "10", "floor": "10"}, "50 % off for periods that begin before 2026-07-01."),
    ],
)
def test_the_reason_says_what_was_offered_and_what_held_it(terms: dict[str, object], expected: str) -> None:
    answer = asked(LINE, half=campaign(**terms))
    assert answer is not None
    assert (answer.code, answer.currency, answer.percent, answer.reason) == ("half", "USD", None, expected)


@pytest.mark.parametrize(
    ("whole", "own_cost", "expected"),
    [
        ("12.00", "12.00", None),
        ("12.000001", "12", None),
        ("11.999999", "12.00", "The price of a whole period, 11.999999 USD, is below the own cost of 12.00 USD."),
        ("0", "12.00", "The price of a whole period, 0 USD, is below the own cost of 12.00 USD."),
        ("0", "0", None),
        ("1", None, None),
    ],
)
def test_a_review_warns_of_a_price_below_cost_with_or_without_a_campaign(
    whole: str, own_cost: str | None, expected: str | None
) -> None:
    line = replace(LINE, own_cost=None if own_cost is None else Decimal(own_cost))
    # What is charged for a part of a period is no measure: the cost is for a whole one.
    price = RetailAmount(whole=Decimal(whole), amount=Decimal("0.01"))
    review = MarketEntry(Settings()).quitrent_review_retail(line, price)
    assert review == (None if expected is None else Review(Verdict.WARN, expected))


def test_a_rounding_decimal_context_changes_nothing() -> None:
    line = replace(LINE, basis=Decimal("123456.7890123456789"))
    terms = campaign(percent="33.333333", cap_per_account="99999.999999", floor="1.234567")
    calm = asked(line, half=terms)
    with localcontext() as context:
        context.prec, context.rounding = 1, ROUND_UP
        context.clear_traps()
        assert asked(line, half=terms) == calm
        price = RetailAmount(Decimal("11.999999"), Decimal(12))
        assert MarketEntry(Settings()).quitrent_review_retail(LINE, price) is not None
    assert calm is not None
    assert calm.amount == Decimal("-41152.262592")


amounts = st.decimals(min_value=0, max_value=1_000_000, places=6)


@given(basis=amounts, percent=st.integers(1, 100), cap=amounts, floor=amounts)
def test_no_discount_exceeds_its_cap_or_reaches_below_its_floor(
    basis: Decimal, percent: int, cap: Decimal, floor: Decimal
) -> None:
    capped = max(cap, Decimal("0.000001"))
    terms = campaign(percent=str(percent), cap_per_account=f"{capped:f}", floor=f"{floor:f}")
    answer = asked(replace(LINE, basis=basis), half=terms)
    if answer is None:
        assert min(basis * percent / 100, basis - floor) < Decimal("0.000001")
        return
    assert answer.amount is not None
    assert -capped <= answer.amount < 0
    assert basis + answer.amount >= floor


def test_the_package_offers_itself_to_quitrent() -> None:
    (entry,) = entry_points(group="quitrent", name="market-entry")
    assert entry.load() is MarketEntry
    assert MarketEntry.settings_type is Settings
