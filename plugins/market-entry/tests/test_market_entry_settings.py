import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from quitrent_market_entry import Campaign, Settings

from quitrent.hooks.declared_settings import settings_of

GOOD = {
    "product": "'products/gold'",
    "currency": "'USD'",
    "percent": "'50'",
    "until": "2026-07-01",
    "cap_per_account": "'5.00'",
    "floor": "'4.00'",
}
CAMPAIGN = Campaign(
    product="products/gold",
    currency="USD",
    percent=Decimal(50),
    until=date(2026, 7, 1),
    cap_per_account=Decimal(5),
    floor=Decimal(4),
)


def toml(changes: dict[str, str | None], name: str = "x") -> str:
    entries = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return f"[campaigns.{name}]\n" + "\n".join(f"{key} = {value}" for key, value in entries.items())


def settings(table: str) -> Settings:
    return settings_of(tomllib.loads(table, parse_float=Decimal), Settings, Path())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"cap": "'5'"},
            "has no setting cap; there are amount, cap_per_account, currency, floor, from, percent, product, "
            "resellers, until",
        ),
        (
            {"percent": None},
            "is refused: it takes exactly one of percent and amount; write one and leave the other out",
        ),
        (
            {"amount": "'1'"},
            "is refused: it takes exactly one of percent and amount; write one and leave the other out",
        ),
        (
            {"product": "'gold'"},
            "is refused: product is 'gold'; it takes the name of a product, like \"products/gold\"",
        ),
        (
            {"currency": "'usd'"},
            "is refused: currency is 'usd'; it takes the code of a currency, like \"USD\"",
        ),
        (
            {"resellers": "[]"},
            'is refused: resellers is empty; write some, like ["resellers/acme"], or leave it out for all',
        ),
        (
            {"resellers": "['resellers/acme', 'acme']"},
            "is refused: resellers[1] is 'acme'; it takes the name of a reseller, like \"resellers/acme\"",
        ),
        ({"percent": "'0'"}, "is refused: percent is 0; it takes a number from 0.000001 to 100"),
        ({"percent": "-10"}, "is refused: percent is -10; it takes a number from 0.000001 to 100"),
        ({"percent": "100.1"}, "is refused: percent is 100.1; it takes a number from 0.000001 to 100"),
        (
            {"percent": None, "amount": "'1000000000.01'"},
            "is refused: amount is 1000000000.01; it takes a number from 0.000001 to 1000000000",
        ),
        (
            {"cap_per_account": "'0'"},
            "is refused: cap_per_account is 0; it takes a number from 0.000001 to 1000000000",
        ),
        ({"floor": "'-0.01'"}, "is refused: floor is -0.01; it takes a number from 0 to 1000000000"),
        ({"from": "2026-07-01"}, "is refused: until is 2026-07-01; it takes a day after from, 2026-07-01"),
    ],
)
def test_a_value_that_no_discount_can_be_made_of_is_refused_with_what_would_be_right(
    changes: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(ValueError, match=f"^campaigns.x {re.escape(expected)}$"):
        settings(toml(changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"product": None}, "product is missing"),
        ({"currency": None}, "currency is missing"),
        ({"until": None}, "until is missing"),
        ({"cap_per_account": None}, "cap_per_account is missing"),
        ({"floor": None}, "floor is missing"),
        ({"product": "7"}, 'product is 7; it takes a text, like "gold"'),
        ({"resellers": "'resellers/acme'"}, 'resellers is \'resellers/acme\'; it takes a list, like ["a", "b"]'),
        (
            {"percent": "'half'"},
            'percent is \'half\'; it takes a number with at most 6 decimals, like "10" or "-2.5"',
        ),
        ({"until": "'soon'"}, "until is 'soon'; it takes a day, like 2026-07-01"),
        (
            {"until": "2026-07-01T00:00:00"},
            "until is 2026-07-01 00:00:00; it takes a day, like 2026-07-01",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_the_declaration(changes: dict[str, str | None], expected: str) -> None:
    with pytest.raises(ValueError, match=f"^campaigns.x.{re.escape(expected)}$"):
        settings(toml(changes))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("percent = '10'", "the table has no setting percent; there are campaigns"),
        ("campaigns = []", "campaigns takes a table"),
        ("campaigns.x = '10'", "campaigns.x is '10'; it takes a table"),
        (
            toml({}, name="'my campaign'"),
            'the table is refused: campaigns."my campaign" cannot be a campaign\'s name; '
            "it takes 1 to 63 letters, digits, _ or -",
        ),
    ],
)
def test_a_table_that_is_not_one_of_campaigns_is_refused(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        settings(table)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", Settings()),
        ("campaigns = {}", Settings()),
        (toml({}), Settings({"x": CAMPAIGN})),
        (toml({"percent": "50.0", "floor": "4"}), Settings({"x": CAMPAIGN})),
        (toml({}, name="2026_Launch-b"), Settings({"2026_Launch-b": CAMPAIGN})),
    ],
)
def test_a_good_table_is_taken_as_it_stands(table: str, expected: Settings) -> None:
    assert settings(table) == expected


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"percent": None, "amount": "'1000000000'"}, "amount", Decimal(1_000_000_000)),
        ({"floor": "'0'"}, "floor", Decimal(0)),
        ({"from": "2026-06-30"}, "from_", date(2026, 6, 30)),
        ({"resellers": "['resellers/acme']"}, "resellers", ("resellers/acme",)),
        ({"product": "'resellers/acme/products/own'"}, "product", "resellers/acme/products/own"),
        ({"percent": "100"}, "percent", Decimal(100)),
    ],
)
def test_a_key_of_a_campaign_is_taken_as_it_stands(changes: dict[str, str | None], key: str, expected: object) -> None:
    assert getattr(settings(toml(changes)).campaigns["x"], key) == expected
