from dataclasses import replace
from datetime import date
from decimal import ROUND_UP, Decimal, localcontext
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quitrent_volume_tiers import Settings, Tier, VolumeTiers

from quitrent import Adjustment, Line, Named
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
    account_count=12,
    subscription_count=30,
)


def tiers(*pairs: tuple[int, str]) -> list[dict[str, object]]:
    return [{"from": count, "percent": percent} for count, percent in pairs]


def asked(table: dict[str, object], line: Line = LINE) -> Adjustment | None:
    return VolumeTiers(settings_of(table, Settings, Path())).quitrent_adjust_retail(line)


def percent(table: dict[str, object], line: Line = LINE) -> str:
    answer = asked(table, line)
    return "" if answer is None else str(answer.percent)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ""),
        (9, ""),
        (10, "-5"),
        (11, "-5"),
        (99, "-5"),
        (100, "-10"),
        (499, "-10"),
        (500, ""),
        (999, ""),
        (1000, "2.5"),
        (10**12, "2.5"),
    ],
)
def test_the_tier_that_begins_highest_and_not_above_the_count_counts(count: int, expected: str) -> None:
    table: dict[str, object] = {"tiers": tiers((10, "-5"), (100, "-10"), (500, "0"), (1000, "2.5"))}
    assert percent(table, replace(LINE, account_count=count)) == expected


OWN = {"products": {"products/gold": {"tiers": tiers((10, "-5")), "resellers": ["resellers/plugged"]}}}
OTHERS_OWN = {"products": {"products/gold": {"tiers": tiers((10, "-5")), "resellers": ["resellers/other"]}}}


@pytest.mark.parametrize(
    ("table", "line", "expected"),
    [
        ({}, LINE, ""),
        ({"tiers": tiers((1, "-1"))}, LINE, "-1"),
        (OWN, LINE, "-5"),
        (OWN, replace(LINE, product=Named("products/silver")), ""),
        (OWN, replace(LINE, product=Named("resellers/plugged/products/gold")), ""),
        (OWN, replace(LINE, reseller=Named("resellers/plugged-in")), ""),
        # A product's own tiers take the place of those of every product, reached or not.
        (OWN | {"tiers": tiers((1, "-1"))}, LINE, "-5"),
        (OWN | {"tiers": tiers((1, "-1"))}, replace(LINE, account_count=9), ""),
        (OWN | {"tiers": tiers((1, "-1"))}, replace(LINE, product=Named("products/silver")), "-1"),
        # Where they are not for the reseller, those of every product are.
        (OTHERS_OWN | {"tiers": tiers((1, "-1"))}, LINE, "-1"),
        (OTHERS_OWN, LINE, ""),
        (OTHERS_OWN | {"tiers": tiers((1, "-1")), "resellers": ["resellers/other"]}, LINE, ""),
        ({"tiers": tiers((1, "-1")), "resellers": ["resellers/other", "resellers/plugged"]}, LINE, "-1"),
    ],
)
def test_tiers_are_for_their_product_and_their_resellers(table: dict[str, object], line: Line, expected: str) -> None:
    assert percent(table, line) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"tiers": tiers((10, "-5"))},
            "tier-from-10: -5 % from 10 accounts on: the reseller has 12 with products/gold on 2026-03-01.",
        ),
        (
            {"tiers": tiers((1, "2.50"))},
            "tier-from-1: +2.50 % from 1 account on: the reseller has 12 with products/gold on 2026-03-01.",
        ),
    ],
)
def test_the_reason_says_the_count_and_the_tier(table: dict[str, object], expected: str) -> None:
    answer = asked(table)
    assert answer is not None
    assert f"{answer.code}: {answer.reason}" == expected


def test_a_reason_with_the_longest_names_and_numbers_is_one_that_quitrent_takes() -> None:
    product = Named(f"resellers/{'r' * 63}/products/{'p' * 63}")
    answer = asked({"tiers": tiers((10**9, "10000"))}, replace(LINE, product=product, account_count=10**12))
    assert answer is not None
    assert len(answer.reason) <= 255


@pytest.mark.parametrize(
    ("table", "expected"),
    [({"tiers": tiers((1, "-1"))}, "the line has no account_count; quitrent counts accounts"), (OTHERS_OWN, "")],
)
def test_a_line_whose_accounts_are_not_counted_fails_where_there_are_tiers_for_it(
    table: dict[str, object], expected: str
) -> None:
    try:
        said = percent(table, replace(LINE, account_count=None))
    except RuntimeError as error:
        said = str(error)
    assert said.startswith(expected)
    assert bool(said) == bool(expected)


@given(
    froms=st.lists(st.integers(1, 1000), min_size=1, max_size=8, unique=True).map(sorted), count=st.integers(1, 1100)
)
def test_the_tier_is_what_reading_them_one_after_the_other_finds(froms: list[int], count: int) -> None:
    settings = Settings(tuple(Tier(number, Decimal(number) / 1000) for number in froms))
    answer = VolumeTiers(settings).quitrent_adjust_retail(replace(LINE, account_count=count))
    expected = None
    for number in froms:
        if number <= count:
            expected = Decimal(number) / 1000
    assert (None if answer is None else answer.percent) == expected


def test_a_rounding_decimal_context_changes_nothing() -> None:
    table: dict[str, object] = {"tiers": tiers((10, "-12.345678"))}
    with localcontext() as context:
        context.prec, context.rounding = 1, ROUND_UP
        answer = asked(table)
    assert answer is not None
    assert answer.percent == Decimal("-12.345678")


def test_the_package_offers_itself_to_quitrent_and_asks_for_counts() -> None:
    (entry,) = entry_points(group="quitrent", name="volume-tiers")
    assert entry.load() is VolumeTiers
    assert (VolumeTiers.settings_type, VolumeTiers.counts_accounts) == (Settings, True)
