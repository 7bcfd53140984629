import re
import tomllib

import pytest
from quitrent_market_entry import MarketEntry

GOOD = {
    "product": "'products/gold'",
    "currency": "'USD'",
    "percent": "'50'",
    "until": "2026-07-01",
    "cap_per_account": "'5.00'",
    "floor": "'4.00'",
}


def toml(changes: dict[str, str | None], name: str = "x") -> str:
    entries = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return f"[campaigns.{name}]\n" + "\n".join(f"{key} = {value}" for key, value in entries.items())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"cap": "'5'"},
            "campaigns.x.cap is not a setting; there are: product, currency, until, cap_per_account, floor, "
            "resellers, percent, amount, from",
        ),
        ({"product": None}, 'campaigns.x.product is missing; write one, like product = "products/gold"'),
        ({"currency": None}, 'campaigns.x.currency is missing; write one, like currency = "USD"'),
        ({"until": None}, "campaigns.x.until is missing; write one, like until = 2026-07-01"),
        ({"cap_per_account": None}, 'campaigns.x.cap_per_account is missing; write one, like cap_per_account = "5.00"'),
        ({"floor": None}, 'campaigns.x.floor is missing; write one, like floor = "4.00"'),
        (
            {"percent": None},
            "campaigns.x takes exactly one of percent and amount; write one and leave the other out",
        ),
        (
            {"amount": "'1'"},
            "campaigns.x takes exactly one of percent and amount; write one and leave the other out",
        ),
        (
            {"product": "'gold'"},
            "campaigns.x.product is 'gold'; it takes the name of a product, like \"products/gold\"",
        ),
        (
            {"product": "7"},
            'campaigns.x.product is 7; it takes the name of a product, like "products/gold"',
        ),
        ({"currency": "'usd'"}, "campaigns.x.currency is 'usd'; it takes the code of a currency, like \"USD\""),
        (
            {"resellers": "'resellers/acme'"},
            "campaigns.x.resellers is 'resellers/acme'; it takes a list, like [\"resellers/acme\"], "
            "or leave it out for all resellers",
        ),
        (
            {"resellers": "[]"},
            'campaigns.x.resellers is []; it takes a list, like ["resellers/acme"], or leave it out for all resellers',
        ),
        (
            {"resellers": "['resellers/acme', 'acme']"},
            "campaigns.x.resellers[1] is 'acme'; it takes the name of a reseller, like \"resellers/acme\"",
        ),
        (
            {"percent": "50.0"},
            'campaigns.x.percent is 50.0 (float); write it as a text, like "2.50", since money is exact',
        ),
        (
            {"floor": "4"},
            'campaigns.x.floor is 4 (int); write it as a text, like "2.50", since money is exact',
        ),
        (
            {"percent": "'half'"},
            'campaigns.x.percent is \'half\'; it takes a number with at most 6 decimals, like "10" or "2.50"',
        ),
        (
            {"floor": "'Infinity'"},
            'campaigns.x.floor is \'Infinity\'; it takes a number with at most 6 decimals, like "10" or "2.50"',
        ),
        ({"percent": "'0'"}, "campaigns.x.percent is '0'; it takes a number from 0.000001 to 100"),
        ({"percent": "'-10'"}, "campaigns.x.percent is '-10'; it takes a number from 0.000001 to 100"),
        ({"percent": "'100.1'"}, "campaigns.x.percent is '100.1'; it takes a number from 0.000001 to 100"),
        (
            {"percent": None, "amount": "'1000000000.01'"},
            "campaigns.x.amount is '1000000000.01'; it takes a number from 0.000001 to 1000000000",
        ),
        (
            {"cap_per_account": "'0'"},
            "campaigns.x.cap_per_account is '0'; it takes a number from 0.000001 to 1000000000",
        ),
        ({"floor": "'-0.01'"}, "campaigns.x.floor is '-0.01'; it takes a number from 0 to 1000000000"),
        ({"until": "'soon'"}, "campaigns.x.until is 'soon'; it takes a day, like 2026-07-01"),
        ({"until": "20260701"}, "campaigns.x.until is 20260701; it takes a day, like 2026-07-01"),
        (
            {"until": "2026-07-01T00:00:00"},
            "campaigns.x.until is datetime.datetime(2026, 7, 1, 0, 0); it takes a day, like 2026-07-01",
        ),
        (
            {"from": "2026-07-01"},
            "campaigns.x.until is 2026-07-01; it takes a day after campaigns.x.from, 2026-07-01",
        ),
    ],
)
def test_a_bad_setting_is_refused_with_its_key_and_what_would_be_right(
    changes: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        MarketEntry(tomllib.loads(toml(changes)))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("percent = '10'", "percent is not a setting; there are: campaigns"),
        ("campaigns = []", "campaigns is []; it takes a table, [plugins.market-entry.campaigns]"),
        ("campaigns.x = '10'", "campaigns.x is '10'; it takes a table, [plugins.market-entry.campaigns.x]"),
        (
            toml({}, name="'my campaign'"),
            'campaigns."my campaign" cannot be a campaign\'s name; it takes 1 to 63 letters, digits, _ or -',
        ),
    ],
)
def test_a_table_that_is_not_one_of_campaigns_is_refused(table: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        MarketEntry(tomllib.loads(table))


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^campaigns\.x\.until is '2026-02-30', which is no day of the calendar: "):
        MarketEntry(tomllib.loads(toml({"until": "'2026-02-30'"})))


@pytest.mark.parametrize(
    "table",
    [
        "",
        "campaigns = {}",
        toml({}),
        toml({}, name="2026_Launch-b"),
        toml({"percent": None, "amount": "'1000000000'", "floor": "'0'"}),
        toml({"until": "'2026-07-01'", "from": "2026-06-30", "resellers": "['resellers/acme']"}),
        toml({"product": "'resellers/acme/products/own'", "percent": "'100'"}),
    ],
)
def test_a_good_table_is_taken(table: str) -> None:
    MarketEntry(tomllib.loads(table))
