import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from quitrent_markup import Settings

from quitrent.hooks.declared_settings import settings_of


def settings(table: str) -> Settings:
    return settings_of(tomllib.loads(table, parse_float=Decimal), Settings, Path())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "percents = '10'",
            "the table has no setting percents; there are labels, percent, products, resellers",
        ),
        (
            "percent = true",
            'percent is True; it takes a number with at most 6 decimals, like "10" or "-2.5"',
        ),
        (
            "percent = 'ten'",
            'percent is \'ten\'; it takes a number with at most 6 decimals, like "10" or "-2.5"',
        ),
        (
            "percent = 0.0000001",
            'percent is 1E-7; it takes a number with at most 6 decimals, like "10" or "-2.5"',
        ),
        (
            "percent = '-100.000001'",
            "the table is refused: percent is -100.000001; it takes a percentage from -100 to 10000",
        ),
        ("percent = '10001'", "the table is refused: percent is 10001; it takes a percentage from -100 to 10000"),
        ("percent = 10001", "the table is refused: percent is 10001; it takes a percentage from -100 to 10000"),
        ("resellers = '10'", "resellers takes a table"),
        ("labels = ['a=b']", "labels takes a table"),
        (
            "resellers.acme = '10'",
            'the table is refused: resellers."acme" does not name what it is for; '
            'it takes the name of a reseller, like "resellers/acme"',
        ),
        (
            "resellers.'resellers/acme/customers/c1' = '10'",
            'the table is refused: resellers."resellers/acme/customers/c1" does not name what it is for; '
            'it takes the name of a reseller, like "resellers/acme"',
        ),
        (
            "products.gold = '10'",
            'the table is refused: products."gold" does not name what it is for; '
            'it takes the name of a product, like "products/gold"',
        ),
        (
            "labels.silver = '10'",
            'the table is refused: labels."silver" does not name what it is for; '
            'it takes a label with its value, like "tier=silver"',
        ),
        (
            "labels.'Tier=silver' = '10'",
            'the table is refused: labels."Tier=silver" does not name what it is for; '
            'it takes a label with its value, like "tier=silver"',
        ),
        (
            "products.'products/gold' = 10000.5",
            'the table is refused: products."products/gold" is 10000.5; it takes a percentage from -100 to 10000',
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_what_would_be_right(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        settings(table)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", Settings()),
        ("percent = '+10.000000'", Settings(Decimal(10))),
        ("percent = 2.5", Settings(Decimal("2.5"))),
        ("percent = 10", Settings(Decimal(10))),
        ("percent = '-100'", Settings(Decimal(-100))),
        ("percent = 10000", Settings(Decimal(10000))),
        ("resellers.'resellers/a' = '0'", Settings(resellers={"resellers/a": Decimal(0)})),
        (
            "products.'resellers/acme/products/own' = 0.1",
            Settings(products={"resellers/acme/products/own": Decimal("0.1")}),
        ),
        ("labels.'tier=' = '1'", Settings(labels={"tier=": Decimal(1)})),
        ("labels.'tier=Größe 1 = groß' = '1'", Settings(labels={"tier=Größe 1 = groß": Decimal(1)})),
        ("resellers = {}", Settings()),
    ],
)
def test_a_good_table_is_taken_as_it_stands(table: str, expected: Settings) -> None:
    assert settings(table) == expected
