"""Rehearsals: what another set of plugins would charge, line by line as a run does, with nothing changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from quitrent_markup import Markup
from quitrent_markup.settings import Settings

from quitrent.domain.charge import Step, StepKind
from quitrent.domain.money import Money
from quitrent.domain.rehearsal import LineCounts, LinePrice, RehearsedLine, Span
from quitrent.domain.rehearsal_tally import MOST_GROUPS, Tally
from quitrent.hooks.discovery import PluginsSettings, host_plugins
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import Plugins
from quitrent.services.rehearsal import Change, rehearse
from tests.databases import contents
from tests.harness import GOLD, House, day, iso, money, text_of
from tests.installed import install

MARKUP = {"markup": {"resellers": {"resellers/acme": "10"}}}
# 65 % off, but never below 4.00: 13.00 off 20.00, and 4.00 off 8.00.
LAUNCH = """
[campaigns.launch]
product = "products/gold"
currency = "USD"
percent = "65"
until = 2026-03-01
cap_per_account = "15.00"
floor = "4.00"
"""
FIRST_QUARTER = {"from_date": day("2026-01-01"), "through_date": day("2026-03-31")}
ENTRY = {"name": "plugins/market-entry", "settings_toml": LAUNCH}
QUICK = "[hosting]\ntime_limit_ms = 300\nfailures_in_a_row = 0\n"

HANGS = """
from time import sleep
from quitrent import hookimpl
class Plugin:
    def __init__(self, settings): pass
    @hookimpl
    def quitrent_adjust_retail(self, line):
        if line.reseller.name == "resellers/enters":
            sleep(60)
"""
RAISES = """
from quitrent import hookimpl
class Plugin:
    def __init__(self, settings): pass
    @hookimpl
    def quitrent_adjust_retail(self, line):
        if line.reseller.name == "resellers/enters":
            raise RuntimeError("not for them")
"""
CANNOT_BE_MADE = """
class Plugin:
    def __init__(self, settings): raise RuntimeError("no data")
"""
REFUSES_SETTINGS = """
class Plugin:
    def __init__(self, settings): raise ValueError("percent has to be given")
"""
# Makes every price what was charged before, and 1.00 more.
CLIMBS = """
from quitrent import Adjustment, hookimpl
class Plugin:
    def __init__(self, settings): pass
    @hookimpl
    def quitrent_adjust_retail(self, line):
        if line.charged_before is not None:
            more = line.charged_before - line.basis + 1
            return Adjustment("climb", "one more than before", amount=more, currency=line.currency)
"""


def take(house: House, tables: dict[str, dict[str, Any]]) -> None:
    house.use_plugins(host_plugins(PluginsSettings(tables)))


@pytest.fixture
def book(gold: House) -> House:
    """Gold for two resellers from January on: `acme` at 20.00 and 10 % more by the plugin in use, `enters` at 8.00."""
    gold.assign(gold.make_account("acme"))
    account = gold.make_account("enters")
    rule = {"product": GOLD, "price": {"fixed": money("8.00")}, "effective_date": day("2026-01-01")}
    gold.admin.CreatePriceRule(parent="resellers/enters", price_rule=rule)
    gold.assign(account)
    take(gold, MARKUP)
    return gold


@pytest.fixture
def installing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install a plugin for one test; give its name as a resource."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def install_it(name: str, source: str) -> str:
        install(folder, name, source)
        return f"plugins/{name}"

    return install_it


def rehearsed(house: House, *given: dict[str, str], **fields: Any) -> Any:
    return house.admin.RehearsePrices(**{**FIRST_QUARTER, "with": list(given), **fields}).rehearsal


def dump(house: House) -> dict[str, list[tuple[Any, ...]]]:
    return contents(house.settings.database_url)


def amounts(found: Any, *names: str) -> list[str]:
    return [text_of(getattr(found, name)) for name in names]


def billed(house: House, side: str, **wanted: Any) -> str:
    """Sum up a side's recurring charges."""
    charges = house.charges(side=f"SIDE_{side}", reason="CHARGE_REASON_RECURRING", **wanted)
    return f"{sum(Decimal(text_of(charge.amount)) for charge in charges):.2f}"


def test_the_figures_of_a_small_book_are_those_worked_by_hand(book: House) -> None:
    found = rehearsed(book, ENTRY)
    # acme: 3 x 22.00 become 9.00, 9.00 and 22.00. enters: 3 x 8.00 become 4.00, 4.00 and 8.00.
    assert (found.line_count, found.compared_line_count, found.changed_line_count) == (6, 6, 4)
    assert (found.only_before_line_count, found.only_after_line_count, found.unpriced_line_count) == (0, 0, 0)
    [total] = found.totals
    assert amounts(total, "before", "after", "difference") == ["90.00", "56.00", "-34.00"]
    assert amounts(total, "wholesale_before", "wholesale_after") == ["60.00", "60.00"]
    assert amounts(total, "wholesale_difference", "margin_difference") == ["0.00", "-34.00"]
    rows = [
        (one.reseller, one.line_count, one.changed_line_count, *amounts(one, "before", "after", "difference"))
        for one in found.groups
    ]
    assert rows == [
        ("resellers/acme", 3, 2, "66.00", "40.00", "-26.00"),
        ("resellers/enters", 3, 2, "24.00", "16.00", "-8.00"),
    ]
    assert not found.rest
    assert not found.rises
    falls = [(one.subscription.split("/")[1], iso(one.period_start), text_of(one.difference)) for one in found.falls]
    assert falls == [
        ("acme", "2026-01-01", "-13.00"),
        ("acme", "2026-02-01", "-13.00"),
        ("enters", "2026-01-01", "-4.00"),
        ("enters", "2026-02-01", "-4.00"),
    ]
    assert list(found.falls[0].plugins) == ["market-entry", "markup"]
    # enters was below its cost of 10.00 before.
    assert found.newly_below_cost_line_count == 2
    assert [one.subscription.split("/")[1] for one in found.newly_below_cost] == ["acme", "acme"]
    assert [(text_of(one.own_cost), one.whole_after.value) for one in found.newly_below_cost] == [("10.00", "9.00")] * 2
    assert [one.name for one in found.plugins_before] == ["markup"]
    assert [one.name for one in found.plugins_after] == ["market-entry", "markup"]
    assert not found.failures_before
    assert not found.failures_after


# What comes, what goes | what acme and enters pay for January after
SETS: list[tuple[str, list[dict[str, str]], list[str], list[str]]] = [
    ("another table", [{"name": "plugins/markup", "settings_toml": 'percent = "50"'}], [], ["30.00", "12.00"]),
    ("an empty table", [{"name": "plugins/markup"}], [], ["20.00", "8.00"]),
    ("none", [], ["plugins/markup"], ["20.00", "8.00"]),
    ("one for the other", [ENTRY], ["plugins/markup"], ["7.00", "4.00"]),
]


@pytest.mark.parametrize(("given", "without", "expected"), [row[1:] for row in SETS], ids=[row[0] for row in SETS])
def test_a_plugin_comes_in_the_place_of_the_one_in_use_or_goes(
    book: House, given: list[dict[str, str]], without: list[str], expected: list[str]
) -> None:
    found = rehearsed(book, *given, without=without, through_date=day("2026-01-31"))
    after = {one.reseller.split("/")[1]: text_of(one.after) for one in found.groups}
    assert [after["acme"], after["enters"]] == expected


def test_nothing_in_the_database_changes_and_the_plugins_in_use_go_on(book: House) -> None:
    book.bill("2026-02-28")
    book.wait_until_told()
    before, states = dump(book), book.admin.ListPlugins()
    rehearsed(book, ENTRY, through_date=day("2026-06-30"))
    assert dump(book) == before
    assert book.admin.ListPlugins() == states
    quote = {"subscription": "resellers/acme/customers/c1/accounts/a1/subscriptions/s1", "date": day("2026-04-01")}
    assert text_of(book.admin.QuotePrice(**quote).quote.retail.amount) == "22.00"


def fill(house: House) -> None:
    """Sell products with calendars of all kinds to three resellers: parts by days, in arrears, weekly, in euros."""
    by_days = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS", "activation_fee": money("9.00")}
    house.make_product("month", retail=by_days)
    house.make_product("arrears", "3.00", "7.77", "ADD_ON", {"timing": "TIMING_IN_ARREARS"}, {"timing": 2})
    house.make_product("week", "1.10", "2.35", "ADD_ON", None, {"period_unit": "PERIOD_UNIT_WEEK"})
    house.make_product("euro", "1.00", "3.33", "ADD_ON", {"currency": "EUR"}, {"currency": "EUR"})
    for reseller, start in (("acme", "2026-01-11"), ("enters", "2025-11-30"), ("other", "2026-02-28")):
        account = house.make_account(reseller)
        for product in ("month", "arrears", "week", "euro"):
            house.assign(account, start, f"products/{product}", product)
    subscription = "resellers/acme/customers/c1/accounts/a1/subscriptions"
    house.admin.CloseSubscription(name=f"{subscription}/month", end_date=day("2026-02-16"))
    house.admin.SuspendSubscription(name=f"{subscription}/week", start_date=day("2026-01-15"))


def test_a_run_with_the_new_plugin_then_charges_the_total_after_and_both_fee_totals(house: House) -> None:
    fill(house)
    new = {"percent": "12.5", "resellers": {"resellers/acme": "-3.3"}}
    toml = 'percent = "12.5"\n[resellers]\n"resellers/acme" = "-3.3"'
    span = {"from_date": day("2025-11-01"), "through_date": day("2026-03-31")}
    found = rehearsed(house, {"name": "plugins/markup", "settings_toml": toml}, **span)
    take(house, {"markup": new})
    house.bill("2026-03-31")
    assert [total.before.currency_code for total in found.totals] == ["EUR", "USD"]
    for total in found.totals:
        charges = [one for one in house.charges() if one.amount.currency_code == total.before.currency_code]
        for side, field in ((1, "wholesale_before"), (1, "wholesale_after"), (2, "after")):
            made = [one for one in charges if one.side == side and one.reason == 1]
            assert sum(Decimal(text_of(one.amount)) for one in made) == Decimal(text_of(getattr(total, field))), field
        assert text_of(total.wholesale_difference) == "0.00"
        assert total.difference == total.margin_difference
    assert found.line_count == len([one for one in house.charges() if one.side == 2 and one.reason == 1])


@pytest.mark.parametrize(
    ("first", "through", "expected"),
    [
        ("2026-01-01", "2026-01-01", 2),
        ("2026-01-02", "2026-01-31", 0),
        ("2025-01-01", "2026-01-31", 2),
        ("2026-01-31", "2026-02-01", 2),
        ("2030-01-01", "2030-12-31", 24),
        ("2026-01-01", "2030-12-31", 120),
    ],
)
def test_the_lines_are_those_due_in_the_span_past_or_future(
    book: House, first: str, through: str, expected: int
) -> None:
    found = rehearsed(book, ENTRY, from_date=day(first), through_date=day(through))
    assert found.line_count == expected


def test_charged_and_to_come_are_priced_alike(book: House) -> None:
    before = rehearsed(book, ENTRY)
    book.bill("2026-02-28")
    assert rehearsed(book, ENTRY) == before


def test_a_part_that_was_charged_before_its_end_was_known_is_priced_as_it_was_charged(house: House) -> None:
    house.make_product()
    name = house.assign(house.make_account("acme"))
    house.bill("2026-02-28")
    house.today = date(2026, 2, 10)
    house.admin.CloseSubscription(name=name, end_date=day("2026-02-15"))
    [total] = rehearsed(house, ENTRY).totals
    assert amounts(total, "before", "wholesale_before") == ["40.00", "20.00"]
    assert amounts(total, "before", "wholesale_before") == [billed(house, "RETAIL"), billed(house, "WHOLESALE")]


def test_parts_in_arrears_belong_to_the_day_on_which_they_end(house: House) -> None:
    house.make_product(wholesale={"timing": "TIMING_IN_ARREARS"}, retail={"timing": "TIMING_IN_ARREARS"})
    house.assign(house.make_account("acme"))
    counts = [
        rehearsed(house, ENTRY, from_date=day(first), through_date=day(through)).line_count
        for first, through in (("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-01"), ("2026-01-02", "2026-03-01"))
    ]
    assert counts == [0, 1, 2]


def test_each_line_is_told_what_the_one_before_would_have_been_charged(book: House, installing: Any) -> None:
    climbs = installing("climbs", CLIMBS)
    found = rehearsed(book, {"name": climbs}, without=["plugins/markup"])
    # 20.00, 21.00, 22.00 and 8.00, 9.00, 10.00.
    assert text_of(found.totals[0].after) == "90.00"


def test_a_line_without_a_price_is_no_charge_that_the_next_one_is_told_of(book: House, installing: Any) -> None:
    fails = CLIMBS.replace("more =", "1 / (line.period_start.month - 2)\n            more =")
    climbs = installing("climbs", fails)
    book.bill("2026-03-31")
    found = rehearsed(book, {"name": climbs}, without=["plugins/markup"])
    # 20.00, none, and 20.00 again; 8.00, none, and 8.00.
    assert (found.only_before_line_count, text_of(found.totals[0].after)) == (2, "56.00")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (HANGS, "plugin fails took longer than 300 ms"),
        (RAISES, "plugin fails raised RuntimeError"),
        (CANNOT_BE_MADE, "plugin fails raised RuntimeError when it was made ready"),
    ],
    ids=["hangs", "raises", "cannot be made"],
)
def test_a_plugin_that_fails_costs_its_lines_their_price_and_leaves_the_plugins_in_use_alone(
    book: House, installing: Any, source: str, cause: str
) -> None:
    fails = installing("fails", source)
    before, states = dump(book), book.admin.ListPlugins()
    found = rehearsed(book, {"name": fails, "settings_toml": QUICK})
    lost = 6 if source == CANNOT_BE_MADE else 3
    assert (found.compared_line_count, found.only_before_line_count) == (6 - lost, lost)
    [failure] = found.failures_after
    assert (failure.plugin, failure.unpriced_line_count, failure.left_out_line_count) == (fails, lost, 0)
    assert failure.causes[0].startswith(cause)
    assert not found.failures_before
    assert text_of(found.totals[0].after) == ("0.00" if lost == 6 else "66.00")
    assert dump(book) == before
    assert book.admin.ListPlugins() == states


def test_a_plugin_that_is_set_aside_in_a_rehearsal_is_so_nowhere_else(book: House, installing: Any) -> None:
    fails = installing("fails", CANNOT_BE_MADE)
    before = dump(book)
    for _ in range(2):
        [failure] = rehearsed(book, {"name": fails, "settings_toml": "[hosting]\nfailures_in_a_row = 1"}).failures_after
        assert [cause.startswith("plugin fails is set aside") for cause in failure.causes] == [False, True]
    assert dump(book) == before


def test_a_plugin_that_its_lines_are_priced_without_is_told_of(book: House, installing: Any) -> None:
    raises = installing("raises", RAISES)
    toml = '[hosting]\non_failure = "price-without"'
    found = rehearsed(book, {"name": raises, "settings_toml": toml})
    [failure] = found.failures_after
    assert (failure.unpriced_line_count, failure.left_out_line_count) == (0, 3)
    assert text_of(found.totals[0].after) == "90.00"


def test_a_plugin_in_use_that_fails_loses_its_lines_before_and_is_not_set_aside(book: House, installing: Any) -> None:
    installing("raises", RAISES)
    hosting = Hosting(failures_in_a_row=1)
    book.use_plugins(host_plugins(PluginsSettings({"raises": {}}, hosting)))
    before = dump(book)
    found = rehearsed(book, without=["plugins/raises"])
    assert (found.only_after_line_count, found.compared_line_count) == (3, 3)
    assert [one.plugin for one in found.failures_before] == ["plugins/raises"]
    assert dump(book) == before


def test_one_that_is_set_aside_is_so_before_and_begins_anew_where_it_comes(book: House, installing: Any) -> None:
    raises = installing("raises", RAISES)
    book.use_plugins(host_plugins(PluginsSettings({"raises": {}}, Hosting(failures_in_a_row=1))))
    name = "resellers/enters/customers/c1/accounts/a1/subscriptions/s1"
    book.admin.refusal("QuotePrice", subscription=name, date=day("2026-04-01"))
    assert [one.state for one in book.admin.ListPlugins().plugins] == [3]
    found = rehearsed(book, {"name": raises})
    # Set aside, it fails for all; begun anew, for the lines of enters.
    assert (found.only_after_line_count, found.unpriced_line_count) == (3, 3)


# What is asked for | the field, and what is right
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"with": []}, "with", "must name a plugin that comes, or without one that goes"),
    ({"with": [{"name": "plugins/none"}]}, "with[0].name", "no plugin none is installed; there are "),
    ({"with": [ENTRY, ENTRY]}, "with[1].name", "plugin market-entry is given twice"),
    ({"with": [ENTRY, {"name": "markup"}]}, "with[1].name", "must be a plugin's name"),
    ({"with": [{"name": "plugins/markup", "settings_toml": "percent = "}]}, "with[0].settings_toml", "must be TOML"),
    (
        {"with": [{"name": "plugins/markup", "settings_toml": f"a = {'[' * 3000}{']' * 3000}"}]},
        "with[0].settings_toml",
        "must be TOML of fewer levels",
    ),
    ({"with": [{"name": "plugins/markup", "settings_toml": f"a = {'9' * 5000}"}]}, "with[0].settings_toml", "TOML"),
    (
        {"with": [ENTRY, {"name": "plugins/markup", "settings_toml": 'percnt = "1"'}]},
        "with[1].settings_toml",
        "plugin markup",
    ),
    ({"with": [{"name": "plugins/markup", "settings_toml": "percent = [1]"}]}, "with[0].settings_toml", "percent"),
    (
        {"with": [{"name": "plugins/markup", "settings_toml": "hosting = 1"}]},
        "with[0].settings_toml",
        "hosting is 1; it takes a table",
    ),
    (
        {"with": [{"name": "plugins/markup", "settings_toml": "[hosting]\nhosts = 0"}]},
        "with[0].settings_toml",
        "hosts is 0; it takes 1 or more",
    ),
    ({"without": ["plugins/market-entry"]}, "without[0]", "plugin market-entry is not in use; in use are markup"),
    ({"with": [{"name": "plugins/markup"}], "without": ["plugins/markup"]}, "without[0]", "plugin markup is to come"),
    ({"from_date": day("2026-04-01")}, "from_date", "must not be after the last day, 2026-03-31"),
    ({"from_date": day("2021-03-31")}, "through_date", "must be within 5 years from the first day, 2021-03-31"),
    ({"from_date": day("2024-02-29"), "through_date": day("2029-03-01")}, "through_date", "must be within 5 years"),
    ({"from_date": None}, "from_date", "must be given"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with a plugin in use and nothing to sell, for requests that are refused."""
    house = House(tmp_path_factory.mktemp("shop"), host_plugins(PluginsSettings(MARKUP)))
    yield house
    house.close()


@pytest.mark.parametrize(("fields", "field", "right"), WRONG)
def test_what_cannot_be_rehearsed_is_refused_by_its_field(
    shop: House, fields: dict[str, Any], field: str, right: str
) -> None:
    asked = {**FIRST_QUARTER, "with": [ENTRY], **fields}
    refused = shop.admin.refusal(
        "RehearsePrices", **{name: value for name, value in asked.items() if value is not None}
    )
    assert (refused.code, refused.reason, refused.fields) == ("INVALID_ARGUMENT", "FIELD_INVALID", (field,))
    assert right in refused.message


def test_settings_that_the_plugin_itself_refuses_are_the_callers(shop: House, installing: Any) -> None:
    refused = shop.admin.refusal(
        "RehearsePrices", **FIRST_QUARTER, **{"with": [{"name": installing("no", REFUSES_SETTINGS)}]}
    )
    assert refused.fields == ("with[0].settings_toml",)
    assert "percent has to be given" in refused.message


def test_two_plugins_that_set_the_final_price_are_refused(shop: House, installing: Any) -> None:
    final = CLIMBS.replace("class Plugin:", "class Plugin:\n    sets_final_price = True")
    given = [{"name": installing(name, final)} for name in ("first", "second")]
    refused = shop.admin.refusal("RehearsePrices", **FIRST_QUARTER, **{"with": given})
    assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ("with",))
    assert "plugins first and second both set the final price" in refused.message


def test_a_plugin_in_use_that_can_be_used_no_longer_is_named(house: House, installing: Any) -> None:
    name = installing("changed", RAISES)
    take(house, {"changed": {}})
    (house.folder / "installed" / "changed.py").write_text(REFUSES_SETTINGS)
    refused = house.admin.refusal("RehearsePrices", **FIRST_QUARTER, without=[name])
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "PLUGIN_FAILED")
    assert refused.metadata["plugin"] == "changed"


def hosts() -> int:
    """Count the hosts of this process."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        # Any of them may end while it is looked at.
        with suppress(OSError):
            is_host = b"quitrent.hooks.host" in (process / "cmdline").read_bytes()
            count += is_host and f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
    return count


def test_no_host_outlives_its_rehearsal(book: House, installing: Any) -> None:
    in_use = hosts()
    assert in_use >= 1
    rehearsed(book, ENTRY)
    assert hosts() == in_use
    book.admin.refusal(
        "RehearsePrices", **FIRST_QUARTER, **{"with": [ENTRY, {"name": installing("no", REFUSES_SETTINGS)}]}
    )
    assert hosts() == in_use


def test_a_rehearsal_that_nobody_waits_for_ends_before_its_next_batch(book: House) -> None:
    ended = Event()
    span, change = Span(date(2026, 1, 1), date(2026, 3, 31)), Change(without={"without[0]": "markup"})
    assert rehearse(book.deployment, span, change, ended).counts.lines == 6
    ended.set()
    assert rehearse(book.deployment, span, change, ended).counts.lines == 0


def test_a_plugin_at_hand_in_this_process_is_compared_as_well(book: House) -> None:
    plugins = Plugins()
    plugins.register("markup", Markup(Settings(percent=Decimal(50))))
    book.use_plugins(plugins)
    assert amounts(rehearsed(book, ENTRY).totals[0], "before", "after") == ["126.00", "92.00"]
    assert amounts(rehearsed(book, without=["plugins/markup"]).totals[0], "before", "after") == ["126.00", "84.00"]


def test_five_years_from_a_leap_day_are_within_reach(shop: House) -> None:
    span = {"from_date": day("2024-02-29"), "through_date": day("2029-02-28")}
    assert rehearsed(shop, ENTRY, **span).line_count == 0


def test_a_reseller_may_not_rehearse(book: House) -> None:
    refused = book.reseller("acme").refusal("RehearsePrices", **FIRST_QUARTER, **{"with": [ENTRY]})
    assert (refused.code, refused.reason) == ("PERMISSION_DENIED", "ADMIN_ONLY")


def test_of_many_lines_and_products_the_largest_are_told_and_the_rest_is_summed_up() -> None:
    tally = Tally()
    for number in range(MOST_GROUPS + 5):
        for sign in (1, -1):
            tally.add(moved(f"resellers/r{number}", f"products/p{sign}", sign * number))
    tally.add(moved("resellers/euro", "products/gold", 7, "EUR"))
    found = tally.finished(Span(date(2026, 1, 1), date(2026, 1, 31)))
    assert [one.difference and one.difference.amount_micros for one in found.rises] == [7, *range(1004, 994, -1)]
    assert [one.difference and one.difference.amount_micros for one in found.falls] == [*range(-1004, -994)]
    # 2 x 1005 and one more: 1004, -1004, ... 505, -505 are told, and what is below that is not.
    assert len(found.groups) == MOST_GROUPS
    assert {abs(one.difference.amount_micros) for one in found.groups} == set(range(505, 1005))
    assert [(one.before.currency, one.group_count, one.line_count) for one in found.rest] == [
        ("EUR", 1, 1),
        ("USD", 1010, 1010),
    ]
    assert [one.difference.amount_micros for one in found.rest] == [7, 0]
    assert found.counts == LineCounts(lines=2011, compared=2011, changed=2009)


def moved(reseller: str, product: str, micros: int, currency: str = "USD") -> RehearsedLine:
    """A line that costs so much more."""
    before, after = (LinePrice(Money(amount, currency), Fraction(amount)) for amount in (10_000, 10_000 + micros))
    start, end = date(2026, 1, 1), date(2026, 2, 1)
    return RehearsedLine(f"{reseller}/s", reseller, product, start, end, currency, None, before, after)


def test_ten_lines_that_are_newly_below_cost_are_told_and_all_are_counted() -> None:
    tally = Tally()
    for number in range(12):
        line = moved(f"resellers/r{number}", "products/p", -1)
        tally.add(replace(line, own_cost=Money(10_000, "USD")))
    found = tally.finished(Span(date(2026, 1, 1), date(2026, 1, 31)))
    assert found.newly_below_cost_count == 12
    assert [one.reseller for one in found.newly_below_cost] == [f"resellers/r{number}" for number in range(10)]


def test_what_another_plugins_final_price_sets_aside_is_no_failure() -> None:
    steps = (
        Step(StepKind.LEFT_OUT, "+10 % of the basis is not counted", code="every-line", plugin="markup"),
        Step(StepKind.LEFT_OUT, "made without this plugin, which raised KeyError", plugin="volume"),
    )
    price = LinePrice(Money(1, "USD"), Fraction(1), steps)
    assert list(price.failures()) == [("volume", "made without this plugin, which raised KeyError")]


# The own cost of a whole period is 10.00. What it costs before and after | whether it is newly below
BELOW = [
    ("10.00", "9.999999", True),
    ("10.00", "10.00", False),
    ("9.99", "9.00", False),
    ("9.99", "10.00", False),
    (None, "9.00", True),
    ("10.00", None, False),
]


@pytest.mark.parametrize(("before", "after", "expected"), BELOW)
def test_a_line_is_newly_below_cost_where_it_was_not_before(
    before: str | None, after: str | None, expected: bool
) -> None:
    prices = [price_of(text) for text in (before, after)]
    start, end, cost = date(2026, 1, 1), date(2026, 2, 1), Money(10_000_000, "USD")
    line = RehearsedLine("s", "r", "p", start, end, "USD", cost, *prices)
    assert line.is_newly_below_cost is expected
    assert not replace(line, own_cost=None).is_newly_below_cost


def price_of(whole: str | None) -> LinePrice:
    """The price of a part of which the amount is rounded up to 10.00, whatever the whole period costs."""
    if whole is None:
        return LinePrice(cause="none")
    return LinePrice(Money(10_000_000, "USD"), Fraction(Decimal(whole)) * 1_000_000)


def test_batches_make_no_difference(book: House, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rehearsed(book, ENTRY)
    for name, size in (("BATCH", 1), ("MOST_LINES", 4)):
        monkeypatch.setattr(f"quitrent.services.rehearsal.{name}", size)
        assert rehearsed(book, ENTRY) == whole
