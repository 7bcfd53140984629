"""Subscriptions that are alike are priced once, and whatever may make a difference keeps them apart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.hooks.errors import PluginError
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD, House, day, identities

RESELLERS, CUSTOMERS, ACCOUNTS = ("r1", "r2"), ("c1", "c2"), ("a1", "a2")


class Looks:
    """Adds a tenth, warns, and keeps the lines that it was asked about."""

    def __init__(self, looks_at: Sequence[str]) -> None:
        self.looks_at = looks_at
        self.seen: list[Line] = []

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        self.seen.append(line)
        return Adjustment("more", "a tenth", percent=Decimal(10))

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review:
        return Review(Verdict.WARN, f"{price.amount} is dear")


def using(house: House, plugin: object) -> None:
    plugins = Plugins()
    plugins.register("looks", plugin)
    house.use_plugins(plugins)


@pytest.mark.parametrize(
    ("looks_at", "asked"),
    [
        ((), 1),
        (("currency", "basis", "recommended", "own_cost", "subscription_start", "period_start"), 1),
        (("product", "period_end", "period_index"), 1),
        (("reseller",), 2),
        # These are the same for all of them.
        (("account_count",), 1),
        (("subscription_count",), 1),
        (("customer",), 4),
        (("account",), 8),
        (("product", "account"), 8),
        (("subscription",), 8),
        (("charged_before",), 1),
    ],
)
def test_lines_that_differ_in_nothing_that_a_plugin_looks_at_are_asked_about_once(
    gold: House, looks_at: tuple[str, ...], asked: int
) -> None:
    for reseller in RESELLERS:
        for customer in CUSTOMERS:
            for account in ACCOUNTS:
                gold.assign(gold.make_account(reseller, account, customer))
    plugin = Looks(looks_at)
    using(gold, plugin)
    run = gold.bill("2026-01-31")
    assert len(plugin.seen) == asked
    assert (run.done_count, run.total_count) == (16, 16)
    assert (gold.amounts("RETAIL"), gold.amounts("WHOLESALE")) == (["22.00"] * 8, ["10.00"] * 8)


def mixed_book(house: House) -> None:
    """A book in which everything that may make a difference does, beside many that are alike."""
    given_back = {"unused_days": "UNUSED_DAYS_CREDIT"}
    house.make_product(wholesale=given_back, retail={**given_back, "suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    arrears = {"timing": "TIMING_IN_ARREARS", "period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
    house.make_product("silver", fee="4.00", price="7.00", kind="ADD_ON", wholesale=arrears, retail=arrears)
    for reseller in RESELLERS:
        for number in range(12):
            account = house.make_account(reseller, f"a{number}", f"c{number % 3}")
            start = "2026-01-01" if number % 4 else f"2026-01-{number + 5:02}"
            name = house.assign(account, start)
            if number % 6 == 5:
                house.assign(account, "2026-01-20", "products/silver", "s2")
            if number == 1:
                house.admin.SuspendSubscription(name=name, start_date=day("2026-01-10"))
                house.admin.ResumeSubscription(name=name, resume_date=day("2026-01-20"))
    for reseller, percent, scope in (("r1", "5", {}), ("r2", "6", {"customer": "resellers/r2/customers/c1"})):
        rule = {"product": GOLD, "price": {"percent": {"value": percent}}, "effective_date": day("2026-02-01")}
        house.admin.CreatePriceRule(parent=f"resellers/{reseller}", price_rule_id="own", price_rule={**rule, **scope})


def close_alike(house: House) -> None:
    """Close three that are alike but for what has been charged: of one that has been taken back."""
    for number in (2, 5, 11):
        name = f"resellers/r1/customers/c2/accounts/a{number}/subscriptions/s1"
        if number == 5:
            house.admin.ReverseCharge(name=f"{name}/charges/wholesale-recurring-2026-02-01")
        house.admin.CloseSubscription(name=name, end_date=day("2026-02-10"))


def test_a_mixed_book_has_the_same_charges_whether_or_not_what_is_alike_is_put_together(tmp_path: Path) -> None:
    books = []
    for folder, looks_at in (("together", ()), ("apart", ("subscription",))):
        (tmp_path / folder).mkdir()
        with closing(House(tmp_path / folder)) as house:
            mixed_book(house)
            using(house, Looks(looks_at))
            house.bill("2026-02-05")
            close_alike(house)
            house.bill("2026-03-31")
            books.append(identities(house.charges()))
    assert books[0] == books[1]
    assert len(books[0]) > 100
    credited = [name for name, *_ in books[0] if "wholesale-unused-credit" in name]
    # Nothing is given back of a charge that has been taken back.
    assert [name.split("/")[5] for name in credited] == ["a11", "a2"]


def test_what_is_parked_is_parked_for_each_that_is_alike_and_charged_for_each_later(gold: House) -> None:
    class Raises(Looks):
        @hookimpl
        def quitrent_adjust_retail(self, line: Line) -> Adjustment:
            raise ValueError("not today")

    names = [gold.assign(gold.make_account("acme", account)) for account in ACCOUNTS]
    using(gold, Raises(()))
    assert gold.bill("2026-01-31").parked_count == 2
    parked = gold.admin.ListParkedCharges().parked_charges
    assert [(one.subscription, one.attempt_count) for one in parked] == [(name, 1) for name in names]
    using(gold, Looks(()))
    gold.bill("2026-01-31")
    assert gold.amounts("RETAIL") == ["22.00", "22.00"]
    assert not gold.admin.ListParkedCharges().parked_charges


def test_a_preview_names_each_subscription_that_is_alike(gold: House) -> None:
    names = [gold.assign(gold.make_account("acme", account)) for account in ACCOUNTS]
    preview = gold.admin.StartBillingRun(through_date=day("2026-01-31"), validate_only=True)
    assert [charge.subscription for charge in preview.preview_charges] == names * 2


def test_a_plugin_that_looks_at_more_than_it_says_prices_nothing_and_is_told_so(gold: House) -> None:
    class Peeks(Looks):
        @hookimpl
        def quitrent_adjust_retail(self, line: Line) -> Adjustment:
            return Adjustment("more", line.account.name, percent=Decimal(10))

    gold.assign(gold.make_account("acme"))
    using(gold, Peeks(("product",)))
    gold.bill("2026-01-31")
    [parked] = gold.admin.ListParkedCharges().parked_charges
    assert parked.cause == "plugin looks looked at line.account, which its looks_at does not name"


@pytest.mark.parametrize(
    ("looks_at", "told"),
    [
        ("basis", 'looks_at has to be names of fields of a line, like ("product", "basis")'),
        ((1,), 'looks_at has to be names of fields of a line, like ("product", "basis")'),
        (("price",), "a line has no price; looks_at takes account, account_count, basis, "),
    ],
)
def test_a_plugin_that_says_that_it_looks_at_what_there_is_not_is_refused(looks_at: Any, told: str) -> None:
    with pytest.raises(PluginError) as refused:
        Plugins().register("looks", Looks(looks_at))
    assert str(refused.value).startswith(f"plugin looks: {told}")
