import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from quitrent_volume_tiers import ProductTiers, Settings, Tier

from quitrent.hooks.declared_settings import settings_of

GOLD = '[products."products/gold"]\n'


def settings(table: str) -> Settings:
    return settings_of(tomllib.loads(table, parse_float=Decimal), Settings, Path())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("tier = []", "the table has no setting tier; there are products, resellers, tiers"),
        ("tiers = {from = 1, percent = 1}", "tiers is {'from': 1, 'percent': 1}; it takes a list, like [\"a\", \"b\"]"),
        ("tiers = [{from = 1, percents = 1}]", "tiers[0] has no setting percents; there are from, percent"),
        ("tiers = [{from = '1', percent = 1}]", "tiers[0].from is '1'; it takes a whole number, like 3"),
        ("tiers = [{from = 1.5, percent = 1}]", "tiers[0].from is 1.5; it takes a whole number, like 3"),
        (
            "tiers = [{from = 0, percent = 1}]",
            "tiers[0] is refused: from is 0; it takes a number of accounts from 1 to 1000000000",
        ),
        (
            "tiers = [{from = 10000000000, percent = 1}]",
            "tiers[0] is refused: from is 10000000000; it takes a number of accounts from 1 to 1000000000",
        ),
        (
            "tiers = [{from = 1, percent = '-100.5'}]",
            "tiers[0] is refused: percent is -100.5; it takes a percentage from -100 to 10000",
        ),
        (
            "tiers = [{from = 1, percent = 10001}]",
            "tiers[0] is refused: percent is 10001; it takes a percentage from -100 to 10000",
        ),
        (
            "tiers = [{from = 1, percent = 1}, {from = 5, percent = 2}, {from = 5, percent = 3}]",
            "the table is refused: tiers[2] is from 5 and the one before it from 5; "
            "each takes a higher number than the one before",
        ),
        (
            f"{GOLD}tiers = [{{from = 5, percent = 1}}, {{from = 1, percent = 2}}]",
            "products.products/gold is refused: tiers[1] is from 1 and the one before it from 5; "
            "each takes a higher number than the one before",
        ),
        (
            f"{GOLD}tiers = []",
            'products.products/gold is refused: tiers is empty; write one, like {from = 10, percent = "-5"}; '
            'where nothing is to change, {from = 1, percent = "0"}',
        ),
        (GOLD, "products.products/gold.tiers is missing"),
        (
            "products.gold.tiers = [{from = 1, percent = 1}]",
            'the table is refused: products."gold" is no product; it takes a name, like "products/gold"',
        ),
        (
            "resellers = []\ntiers = [{from = 1, percent = 1}]",
            'the table is refused: resellers is empty; write some, like ["resellers/acme"], or leave it out for all',
        ),
        (
            "resellers = ['acme']\ntiers = [{from = 1, percent = 1}]",
            "the table is refused: resellers[0] is 'acme'; it takes the name of a reseller, like \"resellers/acme\"",
        ),
        (
            "resellers = ['resellers/acme']",
            "the table is refused: resellers limits tiers, and there are none beside it; write tiers, or leave it out",
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_what_would_be_right(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=r"^tiers|^products|^the table") as refused:
        settings(table)
    # The field of the key `from` is named `from_`.
    assert str(refused.value).replace("from_", "from") == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", Settings()),
        ("tiers = [{from = 1, percent = 2.5}]", Settings((Tier(1, Decimal("2.5")),))),
        (
            "tiers = [{from = 1000000000, percent = '-100'}]\nresellers = ['resellers/acme']",
            Settings((Tier(10**9, Decimal(-100)),), ("resellers/acme",)),
        ),
        (
            f"{GOLD}resellers = ['resellers/x']\ntiers = [{{from = 10, percent = -5}}, {{from = 99, percent = '-9'}}]",
            Settings(
                products={
                    "products/gold": ProductTiers((Tier(10, Decimal(-5)), Tier(99, Decimal(-9))), ("resellers/x",))
                }
            ),
        ),
    ],
)
def test_a_good_table_is_taken_as_it_stands(table: str, expected: Settings) -> None:
    assert settings(table) == expected
