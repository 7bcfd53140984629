from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quitrent_price_floor import PriceFloor, Settings
from quitrent_price_floor.budget import months_of, share_of

from quitrent import Line, Named, RetailAmount, Review, Verdict
from quitrent.hooks.declared_settings import settings_of

LINE = Line(
    reseller=Named("resellers/plugged"),
    customer=Named("resellers/plugged/customers/c1"),
    account=Named("resellers/plugged/customers/c1/accounts/a1"),
    product=Named("products/gold"),
    subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
    subscription_start=date(2026, 1, 1),
    period_start=date(2026, 3, 1),
    period_end=date(2026, 4, 1),
    period_index=2,
    currency="USD",
    recommended=Decimal("20.00"),
    basis=Decimal("20.00"),
    own_cost=Decimal("12.00"),
    account_count=2,
    subscription_count=4,
)
BUDGET: dict[str, object] = {"resellers": {"resellers/plugged": {"budget": {"USD": "10"}}}}


def reviewed(table: dict[str, object], line: Line, whole: str, amount: str | None = None) -> Review | None:
    plugin = PriceFloor(settings_of(table, Settings, Path()))
    return plugin.quitrent_review_retail(line, RetailAmount(Decimal(whole), Decimal(amount or whole)))


def verdict(table: dict[str, object], line: Line, whole: str, amount: str | None = None) -> str:
    review = reviewed(table, line, whole, amount)
    return "" if review is None else str(review.verdict)


@pytest.mark.parametrize(
    ("table", "whole", "own_cost", "expected"),
    [
        ({}, "12.00", "12", ""),
        ({}, "12.000001", "12", ""),
        ({}, "11.999999", "12", "WARN"),
        ({}, "0", "12", "WARN"),
        ({}, "0", "0", ""),
        ({"below_cost": "warn"}, "11", "12", "WARN"),
        ({"below_cost": "allow"}, "11", "12", ""),
        ({"below_cost": "refuse"}, "11", "12", "REFUSE"),
        ({"below_cost": "refuse"}, "12", "12", ""),
        ({"below_cost": "refuse"}, "11", None, "ALLOW"),
        ({"unknown_cost": "warn"}, "11", None, "WARN"),
        ({"unknown_cost": "refuse"}, "11", None, "REFUSE"),
        ({"unknown_cost": "refuse"}, "11", "12", "WARN"),
        (BUDGET, "11", None, "ALLOW"),
    ],
)
def test_a_price_below_cost_is_judged_as_the_settings_say(
    table: dict[str, object], whole: str, own_cost: str | None, expected: str
) -> None:
    line = replace(LINE, own_cost=None if own_cost is None else Decimal(own_cost))
    # What is charged for a part of a period is no measure: the cost is for a whole one.
    assert verdict(table, line, whole, "0.01") == expected


def rules(product: str, reseller: str) -> dict[str, object]:
    products = {"products/gold": {"below_cost": product}} if product else {}
    of_reseller: dict[str, object] = {"budget": {"USD": "10"}} if reseller == "budget" else {"below_cost": reseller}
    return {"products": products, "resellers": {"resellers/plugged": of_reseller} if reseller else {}}


@pytest.mark.parametrize(
    ("overall", "product", "reseller", "expected"),
    [
        # A loss of 1.00, where the share of the budget is 2.50: WARN. And one of 3.00: REFUSE.
        ("refuse", "", "", "REFUSE REFUSE"),
        ("refuse", "warn", "", "WARN WARN"),
        ("refuse", "allow", "", " "),
        ("refuse", "", "allow", " "),
        ("allow", "refuse", "", "REFUSE REFUSE"),
        ("allow", "refuse", "allow", "REFUSE REFUSE"),
        ("allow", "allow", "refuse", "REFUSE REFUSE"),
        ("refuse", "allow", "warn", "WARN WARN"),
        ("refuse", "", "budget", "WARN REFUSE"),
        ("allow", "", "budget", "WARN REFUSE"),
        ("refuse", "allow", "budget", "WARN REFUSE"),
        ("refuse", "warn", "budget", "WARN REFUSE"),
        ("allow", "refuse", "budget", "REFUSE REFUSE"),
    ],
)
def test_the_stricter_of_a_product_and_a_reseller_counts_before_what_is_said_of_all(
    overall: str, product: str, reseller: str, expected: str
) -> None:
    table = rules(product, reseller) | {"below_cost": overall}
    assert f"{verdict(table, LINE, '11')} {verdict(table, LINE, '9')}" == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE, "REFUSE"),
        (replace(LINE, product=Named("products/silver")), ""),
        (replace(LINE, product=Named("resellers/plugged/products/gold")), ""),
        (replace(LINE, product=Named("products/silver"), reseller=Named("resellers/acme")), "WARN"),
        (replace(LINE, reseller=Named("resellers/acme")), "REFUSE"),
        (replace(LINE, product=Named("products/silver"), reseller=Named("resellers/acme-2")), ""),
    ],
)
def test_a_rule_is_for_its_product_or_its_reseller(line: Line, expected: str) -> None:
    table: dict[str, object] = {
        "below_cost": "allow",
        "products": {"products/gold": {"below_cost": "refuse"}},
        "resellers": {"resellers/acme": {"below_cost": "warn"}},
    }
    assert verdict(table, line, "11") == expected


@pytest.mark.parametrize(
    ("start", "end", "count", "expected"),
    [
        # Of 84 USD a month.
        (date(2026, 1, 1), date(2026, 2, 1), 1, Fraction(84)),
        (date(2026, 1, 1), date(2026, 2, 1), 3, Fraction(28)),
        (date(2026, 2, 1), date(2026, 3, 1), 3, Fraction(28)),
        (date(2026, 1, 1), date(2027, 1, 1), 3, Fraction(28 * 12)),
        (date(2026, 2, 1), date(2026, 2, 8), 3, Fraction(7)),
        (date(2026, 2, 28), date(2026, 3, 1), 3, Fraction(1)),
        # 28 x 21/31 + 28 x 10/28
        (date(2026, 1, 11), date(2026, 2, 11), 3, Fraction(28 * 21, 31) + 10),
        (date(2028, 2, 29), date(2028, 3, 1), 3, Fraction(28, 29)),
        (date(2026, 12, 31), date(2027, 1, 2), 1, Fraction(84, 31) * 2),
        (date(9999, 12, 1), date(9999, 12, 31), 1, Fraction(84 * 30, 31)),
        (date(2026, 1, 1), date(2026, 2, 1), 0, Fraction(84)),
    ],
)
def test_a_share_of_the_budget_is_for_the_days_of_the_period(
    start: date, end: date, count: int, expected: Fraction
) -> None:
    assert (
        share_of(replace(LINE, period_start=start, period_end=end, subscription_count=count), Decimal(84)) == expected
    )


@pytest.mark.parametrize(
    ("whole", "amount", "expected"),
    [
        # The own cost is 12.00, and the share 2.50.
        ("12", "12", ""),
        ("9.50", "9.50", "WARN"),
        ("9.499999", "9.50", "REFUSE"),
        # A part of a period loses its part: 4.00 x 1/2, and 6.00 x 5/12.
        ("8", "4", "WARN"),
        ("8", "5.01", "REFUSE"),
        ("6", "2.50", "WARN"),
        ("6", "2.51", "REFUSE"),
        # Three periods at a time: 3 x 0.80, and 3 x 0.90.
        ("11.20", "33.60", "WARN"),
        ("11.10", "33.30", "REFUSE"),
        # Where nothing is charged, it is taken for a whole period.
        ("0", "0", "REFUSE"),
        ("0.001", "0", "REFUSE"),
        ("9.60", "0", "WARN"),
        ("6", "-1", "REFUSE"),
    ],
)
def test_a_loss_is_allowed_with_a_warning_as_far_as_the_share_goes(whole: str, amount: str, expected: str) -> None:
    assert verdict(BUDGET, LINE, whole, amount) == expected


@pytest.mark.parametrize(
    ("table", "line", "whole", "expected"),
    [
        ({}, LINE, "11", "WARN: A price of 11 USD a period is below the own cost of 12.00 USD."),
        (
            {"below_cost": "refuse"},
            LINE,
            "0.500",
            "REFUSE: A price of 0.500 USD a period is below the own cost of 12.00 USD.",
        ),
        (
            {},
            replace(LINE, own_cost=None),
            "1",
            "ALLOW: The own cost is in another currency than the price, so it is not known whether the price is "
            "below it.",
        ),
        (
            BUDGET,
            LINE,
            "11.25",
            "WARN: A price of 11.25 USD a period is below the own cost of 12.00 USD; the loss of 0.75 USD is within "
            "2.5 USD, its share of a budget of 10 USD a month for 4 products.",
        ),
        (
            BUDGET,
            replace(LINE, subscription_count=1),
            "1",
            "REFUSE: A price of 1 USD a period is below the own cost of 12.00 USD; the loss of 11 USD is more than "
            "10 USD, its share of a budget of 10 USD a month.",
        ),
        (
            BUDGET,
            replace(LINE, subscription_count=3),
            "11",
            "WARN: A price of 11 USD a period is below the own cost of 12.00 USD; the loss of 1 USD is within "
            "3.333333... USD, its share of a budget of 10 USD a month for 3 products.",
        ),
        (
            BUDGET,
            replace(LINE, currency="EUR"),
            "11",
            "REFUSE: A price of 11 EUR a period is below the own cost of 12.00 EUR; the reseller has a budget in USD, "
            "and none in EUR.",
        ),
    ],
)
def test_the_reason_says_the_price_the_cost_and_the_part_of_the_budget(
    table: dict[str, object], line: Line, whole: str, expected: str
) -> None:
    review = reviewed(table, line, whole)
    assert review is not None
    assert f"{review.verdict}: {review.reason}" == expected


def test_a_reason_of_the_longest_numbers_is_cut_to_what_quitrent_takes() -> None:
    line = replace(LINE, own_cost=Decimal("999999999.123456"), subscription_count=10**9)
    table: dict[str, object] = {"resellers": {"resellers/plugged": {"budget": {"USD": "999999999.999999"}}}}
    review = reviewed(table, line, "123456789.12345678901234567890123456789012345678901234567890", "1.123456")
    assert review is not None
    assert len(review.reason) == 255


def test_a_line_whose_products_are_not_counted_fails_where_there_is_a_budget() -> None:
    line = replace(LINE, subscription_count=None)
    assert verdict({}, line, "11") == "WARN"
    with pytest.raises(RuntimeError, match=r"^the line has no subscription_count; quitrent counts products"):
        reviewed(BUDGET, line, "11")


def test_a_rounding_decimal_context_changes_nothing() -> None:
    calm = reviewed(BUDGET, LINE, "11.123456", "5.55")
    with localcontext() as context:
        context.prec, context.rounding = 1, ROUND_UP
        context.clear_traps()
        assert reviewed(BUDGET, LINE, "11.123456", "5.55") == calm
    assert calm is not None
    assert calm.verdict is Verdict.WARN


@given(start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(0, 800))
def test_the_days_of_a_period_are_those_of_its_months(start: date, days: int) -> None:
    counted: dict[tuple[int, int], int] = defaultdict(int)
    for day in (start + timedelta(days=number) for number in range(days)):
        counted[day.year, day.month] += 1
    length = {key: _month(*key) for key in counted}
    expected = [Fraction(count, length[key]) for key, count in counted.items()]
    assert list(months_of(start, start + timedelta(days=days))) == expected


def _month(year: int, month: int) -> int:
    return ((date(year, month, 28) + timedelta(days=4)).replace(day=1) - date(year, month, 1)).days


# For each of a reseller's products: the days on which its periods meet.
cuts = st.lists(st.lists(st.integers(1, 30), max_size=4, unique=True).map(sorted), min_size=1, max_size=5)


@given(cuts=cuts, cost=st.integers(1, 5000), price=st.integers(0, 5000))
def test_the_losses_that_are_allowed_in_a_month_are_within_its_budget_however_the_periods_lie(
    cuts: list[list[int]], cost: int, price: int
) -> None:
    first, own_cost, whole = date(2026, 3, 1), Decimal(cost) / 100, Decimal(price) / 100
    lost = Fraction(0)
    for cut in cuts:
        for start, end in zip([0, *cut], [*cut, 31], strict=True):
            line = replace(
                LINE,
                own_cost=own_cost,
                subscription_count=len(cuts),
                period_start=first + timedelta(days=start),
                period_end=first + timedelta(days=end),
            )
            if verdict(BUDGET, line, str(whole)) in ("", "WARN"):
                lost += max(Fraction(own_cost) - Fraction(whole), Fraction(0))
    assert lost <= 10


def test_the_package_offers_itself_to_quitrent_and_asks_for_counts() -> None:
    (entry,) = entry_points(group="quitrent", name="price-floor")
    assert entry.load() is PriceFloor
    assert (PriceFloor.settings_type, PriceFloor.counts_accounts) == (Settings, True)
