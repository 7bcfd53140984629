import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from quitrent_price_floor import ProductFloor, ResellerFloor, Settings

from quitrent.hooks.declared_settings import settings_of

ACME = "resellers.'resellers/acme'"


def settings(table: str) -> Settings:
    return settings_of(tomllib.loads(table, parse_float=Decimal), Settings, Path())


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("below = 'warn'", "the table has no setting below; there are below_cost, products, resellers, unknown_cost"),
        ("below_cost = 'never'", "below_cost is 'never'; it takes one of 'allow', 'warn', 'refuse'"),
        ("below_cost = 'budget'", "below_cost is 'budget'; it takes one of 'allow', 'warn', 'refuse'"),
        ("unknown_cost = true", "unknown_cost is True; it takes one of 'allow', 'warn', 'refuse'"),
        ("products.'products/gold' = 'warn'", "products.products/gold is 'warn'; it takes a table"),
        ("products.'products/gold' = {}", "products.products/gold.below_cost is missing"),
        (
            "products.gold.below_cost = 'warn'",
            'the table is refused: products."gold" is no product; it takes a name, like "products/gold"',
        ),
        (
            "resellers.acme.below_cost = 'warn'",
            'the table is refused: resellers."acme" is no reseller; it takes a name, like "resellers/acme"',
        ),
        (
            f"{ACME} = {{}}",
            "resellers.resellers/acme is refused: it takes exactly one of below_cost and budget; "
            "write one and leave the other out",
        ),
        (
            f"{ACME} = {{below_cost = 'warn', budget = {{USD = 1}}}}",
            "resellers.resellers/acme is refused: it takes exactly one of below_cost and budget; "
            "write one and leave the other out",
        ),
        (f"{ACME}.budget = 10", "resellers.resellers/acme.budget takes a table"),
        (
            f"{ACME}.budget = {{}}",
            'resellers.resellers/acme is refused: budget is empty; write one by its currency, like {USD = "100"}, '
            'or below_cost = "refuse"',
        ),
        (
            f"{ACME}.budget.usd = 10",
            'resellers.resellers/acme is refused: budget."usd" is no currency; it takes a code, like {USD = "100"}',
        ),
        (
            f"{ACME}.budget.USD = 'ten'",
            "resellers.resellers/acme.budget.USD is 'ten'; it takes a number with at most 6 decimals, "
            'like "10" or "-2.5"',
        ),
        (
            f"{ACME}.budget.USD = 0",
            "resellers.resellers/acme is refused: budget.USD is 0; it takes an amount from 0.000001 to 1000000000",
        ),
        (
            f"{ACME}.budget.USD = 1000000000.5",
            "resellers.resellers/acme is refused: budget.USD is 1000000000.5; "
            "it takes an amount from 0.000001 to 1000000000",
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_what_would_be_right(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        settings(table)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", Settings("warn", "allow")),
        ("below_cost = 'refuse'\nunknown_cost = 'warn'", Settings("refuse", "warn")),
        (
            "products.'products/gold'.below_cost = 'allow'",
            Settings(products={"products/gold": ProductFloor("allow")}),
        ),
        (f"{ACME}.below_cost = 'refuse'", Settings(resellers={"resellers/acme": ResellerFloor("refuse")})),
        (
            f"{ACME}.budget = {{USD = 100.50, EUR = '80'}}",
            Settings(
                resellers={"resellers/acme": ResellerFloor(budget={"USD": Decimal("100.50"), "EUR": Decimal(80)})}
            ),
        ),
    ],
)
def test_a_good_table_is_taken_as_it_stands(table: str, expected: Settings) -> None:
    assert settings(table) == expected
