"""The plugins of this repository in use together, in hosts of their own, behind a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from quitrent.hooks.discovery import PluginsSettings, host_plugins, load_plugins
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD, House, day, identities, iso, text_of

SILVER = "products/silver"
PLUGINS = ["contract-price", "market-entry", "markup", "price-floor", "volume-tiers"]
ANNIVERSARY = "PERIOD_BOUNDARY_ANNIVERSARY"
QUITRENT = str(Path(sys.executable).with_name("quitrent"))

SETTINGS = """
[plugins.markup]
percent = 10

[plugins.market-entry.campaigns.launch]
product = "products/gold"
currency = "USD"
amount = 4.00
until = 2026-02-01
cap_per_account = "5.00"
floor = "4.50"

[plugins.volume-tiers.products."products/gold"]
tiers = [{from = 2, percent = -5}, {from = 3, percent = -10}]

[plugins.contract-price]
file = "prices.csv"

[plugins.price-floor]
below_cost = "refuse"

[plugins.price-floor.resellers."resellers/acme"]
budget = {USD = 12}
"""
PRICES = """customer,product,currency,price,from,until
resellers/acme/customers/c2,products/gold,USD,7.50,2026-01-01,2026-02-01
resellers/acme/customers/c2,products/gold,USD,6.50,2026-02-01,
resellers/acme/customers/c0,products/gold,USD,18.75,2026-02-01,
resellers/acme/customers/c1,products/silver,USD,9.20,2026-01-01,
"""


def in_use(folder: Path, names: list[str], take: Callable[[PluginsSettings], Plugins] = host_plugins) -> Plugins:
    """Take some of the plugins into use, as the settings file has them."""
    (folder / "prices.csv").write_text(PRICES, encoding="utf-8")
    tables = tomllib.loads(SETTINGS, parse_float=Decimal)["plugins"]
    return take(PluginsSettings({name: tables[name] for name in names}, folder=folder))


def opened(stack: ExitStack, folder: Path, plugins: Plugins) -> House:
    """Give a house that is closed in the end, and then its plugins."""
    stack.callback(plugins.close)
    house = House(folder, plugins)
    stack.callback(house.close)
    return house


def set_up(house: House) -> None:
    """Three accounts with gold, the second of them from February on, and one with silver, which is below cost."""
    house.make_product(fee="10.00", price="20.00")
    house.make_product("silver", fee="9.50", price="9.00")
    house.assign(house.make_account("acme", "a1", "c1"))
    house.assign(house.make_account("acme", "a2", "c1"), start="2026-02-01")
    house.assign(house.make_account("acme", "a3", "c2"))
    house.assign(house.make_account("acme", "a4", "c2"), product=SILVER)


def retail_of(house: House, month: str) -> str:
    charges = [one for one in house.charges(side="SIDE_RETAIL") if iso(one.period_start).startswith(month)]
    charges.sort(key=lambda one: str(one.subscription))
    return " ".join(f"{one.subscription.split('/')[5]}={text_of(one.amount)}" for one in charges)


@pytest.mark.parametrize(
    ("names", "january", "february"),
    [
        ([], "a1=20.00 a3=20.00 a4=9.00", "a1=20.00 a2=20.00 a3=20.00 a4=9.00"),
        # 10 % more.
        (["markup"], "a1=22.00 a3=22.00 a4=9.90", "a1=22.00 a2=22.00 a3=22.00 a4=9.90"),
        # 4.00 less for gold in January.
        (["market-entry"], "a1=16.00 a3=16.00 a4=9.00", "a1=20.00 a2=20.00 a3=20.00 a4=9.00"),
        # 5 % less for the two accounts with gold in January, 10 % less for the three in February.
        (["volume-tiers"], "a1=19.00 a3=19.00 a4=9.00", "a1=18.00 a2=18.00 a3=18.00 a4=9.00"),
        (["contract-price"], "a1=20.00 a3=7.50 a4=9.00", "a1=20.00 a2=20.00 a3=6.50 a4=9.00"),
        # Silver loses 0.50 of 12 / 3 = 4.00 in January, and of 12 / 4 = 3.00 in February.
        (["price-floor"], "a1=20.00 a3=20.00 a4=9.00", "a1=20.00 a2=20.00 a3=20.00 a4=9.00"),
        # The contract loses 2.50 in January, which is within 4.00, and 3.50 in February, which is more than 3.00.
        (["contract-price", "price-floor"], "a1=20.00 a3=7.50 a4=9.00", "a1=20.00 a2=20.00 a4=9.00"),
        # January: 20.00 + 2.00 - 4.00 - 1.00 = 17.00. February: 20.00 + 2.00 - 2.00. Silver: 9.00 + 0.90.
        (PLUGINS, "a1=17.00 a3=7.50 a4=9.90", "a1=20.00 a2=20.00 a4=9.90"),
    ],
    ids=lambda names: "+".join(names) if isinstance(names, list) else "",
)
def test_a_run_charges_what_was_worked_out_by_hand(
    tmp_path: Path, names: list[str], january: str, february: str
) -> None:
    with ExitStack() as stack:
        house = opened(stack, tmp_path, in_use(tmp_path, names))
        set_up(house)
        house.bill("2026-02-28")
        assert (retail_of(house, "2026-01"), retail_of(house, "2026-02")) == (january, february)
        # The provider's fees are what they are, whatever was proposed and refused.
        assert sorted(house.amounts("WHOLESALE")) == ["10.00"] * 5 + ["9.50"] * 2


def test_the_explanation_tells_what_each_plugin_said(tmp_path: Path) -> None:
    with ExitStack() as stack:
        house = opened(stack, tmp_path, in_use(tmp_path, PLUGINS))
        set_up(house)
        house.bill("2026-02-28")
        [charge] = house.charges(
            parent="resellers/acme/customers/c2", product=GOLD, side="SIDE_RETAIL", period_before=day("2026-02-01")
        )
        said = [f"{step.plugin}: {step.text}" for step in charge.explanation.steps if step.plugin]
        not_counted = "is not counted, since plugin contract-price sets the final price"
        assert said == [
            "contract-price: -12.5 USD: Contract price of 7.50 USD, line 2 of the file, "
            "for periods that begin from 2026-01-01 up to 2026-02-01.",
            f"market-entry: -4 USD {not_counted}: 4.00 USD off for periods that begin before 2026-02-01.",
            f"markup: +10 % of the basis {not_counted}: Markup of +10 % for every line.",
            f"volume-tiers: -5 % of the basis {not_counted}: "
            "-5 % from 2 accounts on: the reseller has 2 with products/gold on 2026-01-01.",
            "market-entry: The price of a whole period, 7.5 USD, is below the own cost of 10 USD.",
            "price-floor: A price of 7.5 USD a period is below the own cost of 10 USD; the loss of 2.5 USD is within "
            "4 USD, its share of a budget of 12 USD a month for 3 products.",
        ]
        [parked] = house.admin.ListParkedCharges().parked_charges
        assert (parked.plugin, parked.cause) == (
            "price-floor",
            "plugin price-floor refused the price: A price of 6.5 USD a period is below the own cost of 10 USD; "
            "the loss of 3.5 USD is more than 3 USD, its share of a budget of 12 USD a month for 4 products.",
        )


def quitrent_plugins(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [QUITRENT, "plugins", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_all_five_are_listed_as_in_use(tmp_path: Path) -> None:
    (tmp_path / "quitrent.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    listed = {row["name"]: row for row in json.loads(quitrent_plugins(tmp_path, "--json").stdout)}
    assert [name for name, row in sorted(listed.items()) if row["in_use"]] == PLUGINS
    assert [(listed[name]["package"], listed[name]["hooks"]) for name in PLUGINS] == [
        ("quitrent-contract-price", ["quitrent_adjust_retail"]),
        ("quitrent-market-entry", ["quitrent_adjust_retail", "quitrent_review_retail"]),
        ("quitrent-markup", ["quitrent_adjust_retail"]),
        ("quitrent-price-floor", ["quitrent_review_retail"]),
        ("quitrent-volume-tiers", ["quitrent_adjust_retail"]),
    ]


def test_a_broken_file_of_prices_keeps_the_server_from_starting(tmp_path: Path) -> None:
    (tmp_path / "quitrent.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "prices.csv").write_text(PRICES.replace("6.50", "6,50"), encoding="utf-8")
    served = subprocess.run(
        [QUITRENT, "serve", "--listen", "localhost:0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert served.returncode == 1
    assert served.stderr == (
        f"Error: plugin contract-price: file {tmp_path}/prices.csv has 1 broken row: "
        "line 3, column 7: '' is one too many; a row has 6, and a price has a point and no comma, like 7.50\n"
    )


def fill(house: House, random: Random) -> None:
    """Two resellers, one of them with a price rule that makes a basis of many decimals, and what chance has it."""
    house.make_product(fee="10.00", price="19.99")
    house.make_product("silver", fee="9.50", price="9.00", kind="ADD_ON", retail={"period_boundary": ANNIVERSARY})
    accounts = [
        house.make_account(reseller, f"a{number}", f"c{number % 3}")
        for reseller in ("acme", "other")
        for number in range(6)
    ]
    rule = {"product": GOLD, "price": {"percent": {"value": "12.3456"}}, "effective_date": day("2026-02-01")}
    house.admin.CreatePriceRule(parent="resellers/acme", price_rule_id="own", price_rule=rule)
    for account in accounts:
        for number, product in enumerate(random.sample([GOLD, SILVER], random.randint(1, 2))):
            start = date(2026, 1, 1) + timedelta(days=random.choice([0, 0, random.randint(0, 80)]))
            name = house.assign(account, str(start), product, f"s{number}")
            if random.random() < 0.2:
                house.admin.CloseSubscription(name=name, end_date=day(str(start + timedelta(days=40))))


def book_of(folder: Path, take: Callable[[PluginsSettings], Plugins]) -> tuple[list[Any], list[Any]]:
    """Bill a random book in three runs; give its charges, and what is parked."""
    folder.mkdir()
    with ExitStack() as stack:
        house = opened(stack, folder, in_use(folder, PLUGINS, take))
        fill(house, Random(20260101))
        for through in ("2026-01-31", "2026-02-20", "2026-04-15"):
            house.bill(through)
        parked = house.admin.ListParkedCharges(page_size=1000).parked_charges
        told = sorted((one.subscription, iso(one.period_start), one.plugin, one.cause) for one in parked)
        return house.charges(), told


def test_a_random_book_is_charged_the_same_in_hosts_and_in_the_server_itself(tmp_path: Path) -> None:
    hosted, parked_in_hosts = book_of(tmp_path / "hosts", host_plugins)
    inline, parked_inline = book_of(tmp_path / "inline", load_plugins)
    assert identities(hosted) == identities(inline)
    assert parked_in_hosts == parked_inline
    # Each of them has had a word in it.
    spoke = Counter(step.plugin for charge in hosted for step in charge.explanation.steps if step.plugin)
    assert sorted(spoke) == PLUGINS
    assert {plugin for _, _, plugin, _ in parked_in_hosts} == {"price-floor"}
    # A basis of 22.45788544 is taken off as a whole, so that the contract's price is exact.
    assert [one for one in hosted for step in one.explanation.steps if "in the place of the basis" in step.text]
