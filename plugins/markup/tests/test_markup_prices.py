from dataclasses import replace
from datetime import date
from decimal import ROUND_UP, Decimal, localcontext
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from quitrent_markup import Markup, Settings

from quitrent import Adjustment, Line, Named
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


def asked(settings: dict[str, object], line: Line = LINE) -> list[Adjustment]:
    return Markup(settings_of(settings, Settings, Path())).quitrent_adjust_retail(line)


def said(settings: dict[str, object], line: Line = LINE) -> list[str]:
    return [f"{adjustment.code} {adjustment.percent}" for adjustment in asked(settings, line)]


def with_labels(*owners: str, **labels: str) -> Line:
    def labelled(owner: str, named: Named) -> Named:
        return replace(named, labels=labels) if owner in owners else named

    return replace(
        LINE,
        reseller=labelled("reseller", LINE.reseller),
        customer=labelled("customer", LINE.customer),
        account=labelled("account", LINE.account),
        product=labelled("product", LINE.product),
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, []),
        ({"percent": "10"}, ["every-line 10"]),
        ({"percent": 10}, ["every-line 10"]),
        ({"percent": Decimal("2.5")}, ["every-line 2.5"]),
        ({"percent": "0"}, []),
        ({"percent": "-0.000001"}, ["every-line -0.000001"]),
        ({"resellers": {"resellers/plugged": "10"}}, ["reseller 10"]),
        ({"resellers": {"resellers/plug": "10", "resellers/plugged-in": "10"}}, []),
        ({"products": {"products/gold": "5"}}, ["product 5"]),
        ({"products": {"resellers/plugged/products/gold": "5"}}, []),
        (
            {"products": {"products/gold": "5"}, "resellers": {"resellers/plugged": "-10"}, "percent": "1"},
            ["every-line 1", "reseller -10", "product 5"],
        ),
    ],
)
def test_every_entry_that_fits_the_line_is_an_adjustment_of_its_own(
    settings: dict[str, object], expected: list[str]
) -> None:
    assert said(settings) == expected


@pytest.mark.parametrize(
    ("line", "entry", "expected"),
    [
        (LINE, "tier=silver", []),
        (with_labels("reseller", tier="silver"), "tier=silver", ["label -2.5"]),
        (with_labels("customer", tier="silver"), "tier=silver", ["label -2.5"]),
        (with_labels("account", tier="silver"), "tier=silver", ["label -2.5"]),
        (with_labels("product", tier="silver"), "tier=silver", ["label -2.5"]),
        (with_labels("reseller", "customer", "account", "product", tier="silver"), "tier=silver", ["label -2.5"]),
        (with_labels("customer", tier="silver-plus"), "tier=silver", []),
        (with_labels("customer", tier=""), "tier=", ["label -2.5"]),
        (with_labels("customer", tier="a=b"), "tier=a=b", ["label -2.5"]),
    ],
)
def test_a_label_counts_once_whoever_has_it(line: Line, entry: str, expected: list[str]) -> None:
    assert said({"labels": {entry: "-2.5"}}, line) == expected


@pytest.mark.parametrize(
    ("settings", "line", "expected"),
    [
        ({"percent": "10"}, LINE, "Markup of +10 % for every line."),
        ({"resellers": {"resellers/plugged": "10"}}, LINE, "Markup of +10 % for the reseller resellers/plugged."),
        ({"products": {"products/gold": "-5.50"}}, LINE, "Markup of -5.50 % for the product products/gold."),
        ({"labels": {"a=b": "1"}}, with_labels("account", a="b"), "Markup of +1 % for the label a=b."),
    ],
)
def test_the_reason_says_what_the_percentage_is_for(settings: dict[str, object], line: Line, expected: str) -> None:
    assert [adjustment.reason for adjustment in asked(settings, line)] == [expected]


@pytest.mark.parametrize(
    ("label_count", "expected"),
    [(1, [1] * 1), (17, [1] * 17), (18, [2] + [1] * 16), (35, [3] + [2] * 16), (128, [8] * 9 + [7] * 8)],
)
def test_labels_share_adjustments_only_where_there_are_too_many(label_count: int, expected: list[int]) -> None:
    keys = [f"k{index}" for index in range(label_count)]
    line = with_labels("customer", **dict.fromkeys(keys, "v"))
    answer = asked({"percent": "1", "labels": {f"{key}=v": "1" for key in keys}}, line)
    assert [adjustment.percent for adjustment in answer[1:]] == expected


def test_an_adjustment_that_labels_share_names_them_all() -> None:
    keys = [f"k{index}" for index in range(18)]
    answer = asked({"labels": {f"{key}=v": "1.5" for key in keys}}, with_labels("account", **dict.fromkeys(keys, "v")))
    assert answer[0] == Adjustment("labels", "Markup of +3.0 % for the labels k0=v, k17=v.", percent=Decimal("3.0"))


def test_a_reason_of_long_labels_is_cut_to_what_quitrent_takes() -> None:
    value = "v" * 255
    (adjustment,) = asked({"labels": {f"tier={value}": "10000"}}, with_labels("customer", tier=value))
    assert (len(adjustment.reason), adjustment.reason[:36], adjustment.reason[-4:]) == (
        255,
        "Markup of +10000 % for the label tie",
        "v...",
    )


def test_a_rounding_decimal_context_changes_nothing() -> None:
    keys = [f"k{index}" for index in range(18)]
    settings: dict[str, object] = {"percent": "123.456789", "labels": {f"{key}=v": "1.000001" for key in keys}}
    line = with_labels("customer", **dict.fromkeys(keys, "v"))
    calm = asked(settings, line)
    with localcontext() as context:
        context.prec, context.rounding = 1, ROUND_UP
        assert asked(settings, line) == calm
    assert [calm[0].percent, calm[1].percent, calm[2].percent] == [
        Decimal("123.456789"),
        Decimal("2.000002"),
        Decimal("1.000001"),
    ]


def test_the_package_offers_itself_to_quitrent() -> None:
    (entry,) = entry_points(group="quitrent", name="markup")
    assert entry.load() is Markup
    assert Markup.settings_type is Settings
