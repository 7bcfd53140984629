import re
import tomllib

import pytest
from quitrent_markup import Markup


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("percents = '10'", "percents is not a setting; there are percent, resellers, products and labels"),
        (
            "percent = 2.5",
            'percent is 2.5 (float); write it as a text, like "2.5", since money is exact',
        ),
        ("percent = 10", 'percent is 10 (int); write it as a text, like "2.5", since money is exact'),
        ("percent = true", 'percent is True (bool); write it as a text, like "2.5", since money is exact'),
        ("percent = 'ten'", 'percent is \'ten\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = '10 %'", 'percent is \'10 %\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = '1_0'", 'percent is \'1_0\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = '1e2'", 'percent is \'1e2\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = 'NaN'", 'percent is \'NaN\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = '٣'", 'percent is \'٣\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        (
            "percent = '0.0000001'",
            'percent is \'0.0000001\'; it takes a number with at most 6 decimals, like "10" or "-2.5"',
        ),
        ("percent = ''", 'percent is \'\'; it takes a number with at most 6 decimals, like "10" or "-2.5"'),
        ("percent = '-100.000001'", "percent is '-100.000001'; it takes a percentage from -100 to 10000"),
        ("percent = '10001'", "percent is '10001'; it takes a percentage from -100 to 10000"),
        ("resellers = '10'", "resellers is '10'; it takes a table, [plugins.markup.resellers]"),
        ("labels = ['a=b']", "labels is ['a=b']; it takes a table, [plugins.markup.labels]"),
        (
            "resellers.acme = '10'",
            'resellers."acme" does not name what it is for; it takes the name of a reseller, like "resellers/acme"',
        ),
        (
            "resellers.'resellers/acme/customers/c1' = '10'",
            'resellers."resellers/acme/customers/c1" does not name what it is for; '
            'it takes the name of a reseller, like "resellers/acme"',
        ),
        (
            "products.gold = '10'",
            'products."gold" does not name what it is for; it takes the name of a product, like "products/gold"',
        ),
        (
            "labels.silver = '10'",
            'labels."silver" does not name what it is for; it takes a label with its value, like "tier=silver"',
        ),
        (
            "labels.'Tier=silver' = '10'",
            'labels."Tier=silver" does not name what it is for; it takes a label with its value, like "tier=silver"',
        ),
        (
            "products.'products/gold' = 5.0",
            'products."products/gold" is 5.0 (float); write it as a text, like "2.5", since money is exact',
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_what_would_be_right(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        Markup(tomllib.loads(table))


@pytest.mark.parametrize(
    "table",
    [
        "",
        "percent = '+10.000000'",
        "percent = '-100'",
        "percent = '10000'",
        "resellers.'resellers/a' = '0'",
        "products.'resellers/acme/products/own' = '1'",
        "labels.'tier=' = '1'",
        "labels.'tier=Größe 1 = groß' = '1'",
        "resellers = {}",
    ],
)
def test_a_good_table_is_taken(table: str) -> None:
    Markup(tomllib.loads(table))
