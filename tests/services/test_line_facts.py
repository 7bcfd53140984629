"""What a line tells a plugin beside its terms: what was charged before, and how much the reseller has assigned."""

from __future__ import annotations

from decimal import Decimal

import pytest

from quitrent import Adjustment, Line, hookimpl
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD, House, day, identities


class Dearer:
    """Asks a unit more each period than was charged before, and remembers what it saw."""

    def __init__(self, *, counts_accounts: bool = False) -> None:
        self.counts_accounts = counts_accounts
        self.seen: list[Line] = []

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        self.seen.append(line)
        before = line.basis if line.charged_before is None else line.charged_before
        return Adjustment("dearer", "one more", amount=before + 1 - line.basis, currency=line.currency)

    def charged_before(self) -> list[Decimal | None]:
        found = [line.charged_before for line in self.seen]
        self.seen.clear()
        return found


def using(house: House, plugin: object) -> None:
    plugins = Plugins()
    plugins.register("dearer", plugin)
    house.use_plugins(plugins)


@pytest.fixture
def dearer(gold: House) -> tuple[House, Dearer, str]:
    """A house with a plugin for which each period depends on the one before."""
    plugin = Dearer()
    using(gold, plugin)
    return gold, plugin, gold.assign(gold.make_account("acme"))


def test_three_months_in_one_run_cost_what_they_cost_in_three(dearer: tuple[House, Dearer, str]) -> None:
    house, plugin, _ = dearer
    house.bill("2026-03-31")
    assert house.amounts("RETAIL") == ["21.00", "22.00", "23.00"]
    assert plugin.charged_before() == [None, Decimal(21), Decimal(22)]

    house.assign(house.make_account("acme", "a2"))
    for through in ("2026-01-31", "2026-02-28", "2026-03-31"):
        house.bill(through)
    own = "resellers/acme/customers/c1/accounts/a2"
    assert house.amounts("RETAIL", parent=own) == ["21.00", "22.00", "23.00"]
    assert plugin.charged_before() == [None, Decimal(21), Decimal(22)]


def test_a_preview_and_a_run_tell_a_plugin_the_same(dearer: tuple[House, Dearer, str]) -> None:
    house, plugin, _ = dearer
    foreseen = house.admin.StartBillingRun(through_date=day("2026-03-31"), validate_only=True)
    assert plugin.charged_before() == [None, Decimal(21), Decimal(22)]
    house.bill("2026-03-31")
    named = [charge.name for charge in foreseen.preview_charges]
    assert sorted(named) == [name for name, *_ in identities(house.charges())]


def test_a_quote_is_told_of_the_charge_before_it_and_of_none_that_is_not_made_yet(
    dearer: tuple[House, Dearer, str],
) -> None:
    house, plugin, subscription = dearer
    house.bill("2026-01-31")
    plugin.charged_before()
    requests = [{"subscription": subscription, "date": day(on)} for on in ("2026-01-15", "2026-02-01", "2026-03-01")]
    house.admin.BatchQuotePrices(requests=requests)
    assert plugin.charged_before() == [None, Decimal(21), None]


def test_a_charge_that_was_taken_back_was_not_charged(dearer: tuple[House, Dearer, str]) -> None:
    house, plugin, subscription = dearer
    house.bill("2026-01-31")
    house.reseller("acme").ReverseCharge(name=f"{subscription}/charges/retail-recurring-2026-01-01")
    plugin.charged_before()
    house.bill("2026-02-28")
    assert plugin.charged_before() == [None]


def test_a_period_after_one_that_is_parked_has_nothing_charged_before(gold: House) -> None:
    class NotJanuary(Dearer):
        @hookimpl
        def quitrent_adjust_retail(self, line: Line) -> Adjustment:
            adjustment = super().quitrent_adjust_retail(line)
            assert line.period_start.month > 1
            return adjustment

    plugin = NotJanuary()
    using(gold, plugin)
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-02-28")
    assert plugin.charged_before() == [None, None]
    assert gold.amounts("RETAIL") == ["21.00"]


# The first day of the period | accounts with gold, and assigned products, as a plugin sees them
COUNTS = [
    ("2026-01-01", 1, 1),
    ("2026-02-01", 3, 4),
    ("2026-03-01", 2, 3),
]


def test_accounts_are_counted_as_of_the_first_day_of_the_period(gold: House) -> None:
    gold.make_product("extra", kind="ADD_ON")
    gold.assign(gold.make_account("other", "a1"))
    first = gold.make_account("acme", "a1")
    gold.assign(first)
    gold.assign(first, "2026-02-01", "products/extra", "s2")
    # One is assigned on the day, one in the middle of the month before, and that one is closed again.
    gold.assign(gold.make_account("acme", "a2"), "2026-02-01")
    closed = gold.assign(gold.make_account("acme", "a3"), "2026-01-20")
    gold.admin.CloseSubscription(name=closed, end_date=day("2026-03-01"))
    plugin = Dearer(counts_accounts=True)
    using(gold, plugin)
    gold.bill("2026-03-31")
    seen = sorted(
        (f"{line.period_start}", line.account_count, line.subscription_count)
        for line in plugin.seen
        if line.account.name == first and line.product.name == GOLD
    )
    assert seen == COUNTS


def test_a_product_that_is_only_asked_for_is_one_more_than_is_assigned(gold: House) -> None:
    gold.assign(gold.make_account("acme", "a1"))
    plugin = Dearer(counts_accounts=True)
    using(gold, plugin)
    account = gold.make_account("acme", "a2")
    gold.admin.QuotePrice(assignment={"product": GOLD, "account": account}, date=day("2026-01-10"))
    [line] = plugin.seen
    assert (line.account_count, line.subscription_count) == (2, 2)


def test_accounts_are_not_counted_where_no_plugin_wants_to_know(dearer: tuple[House, Dearer, str]) -> None:
    house, plugin, _ = dearer
    house.bill("2026-01-31")
    [line] = plugin.seen
    assert (line.account_count, line.subscription_count) == (None, None)
