"""Parked charges: what could not be priced, why, and how it is mended."""

from __future__ import annotations

from decimal import Decimal
from threading import Event
from typing import Any

import pytest

from quitrent import Adjustment, Line, hookimpl
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD, House, day, money, month, text_of


class Discount:
    """Takes a fixed amount off, from January alone."""

    def __init__(self, amount: str) -> None:
        self.amount = Decimal(amount)

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        if line.period_start.month != 1:
            return None
        return Adjustment("discount", "for January", amount=-self.amount, currency=line.currency)


class Hanging:
    """Never comes back, until it is let go."""

    def __init__(self) -> None:
        self.called, self.let_go = Event(), Event()

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        self.called.set()
        self.let_go.wait()


def with_plugin(house: House, plugin: object) -> None:
    plugins = Plugins()
    plugins.register("test", plugin)
    house.use_plugins(plugins)


@pytest.fixture
def parked(gold: House) -> House:
    """January is parked, February is charged."""
    with_plugin(gold, Discount("20.01"))
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-02-28")
    return gold


def parked_charges(house: House) -> list[Any]:
    return list(house.admin.ListParkedCharges().parked_charges)


def test_a_parked_charge_tells_its_cause_and_its_fee_has_been_charged(parked: House) -> None:
    [waiting] = parked_charges(parked)
    assert (waiting.plugin, waiting.attempt_count, waiting.billing_run) == ("test", 1, "billingRuns/2026-02-28-1")
    assert waiting.cause == (
        "the adjustments, of plugin test above all, make a price of -0.01 USD; a retail price is zero or more"
    )
    assert parked.amounts("WHOLESALE") == ["10.00", "10.00"]
    assert parked.amounts("RETAIL") == ["20.00"]


def test_the_next_run_tries_again_and_counts(parked: House) -> None:
    assert parked.bill("2026-02-28").parked_count == 1
    assert [waiting.attempt_count for waiting in parked_charges(parked)] == [2]


def test_a_rule_for_the_parked_days_alone_mends_it(parked: House) -> None:
    rule = {"product": GOLD, "price": {"fixed": money("30.00")}, "effective_date": day("2026-01-01")}
    refusal = parked.admin.refusal("CreatePriceRule", parent="resellers/acme", price_rule=rule)
    assert (refusal.reason, refusal.metadata["earliest_date"]) == ("INSIDE_BILLED_PERIOD", "2026-03-01")
    parked.admin.CreatePriceRule(parent="resellers/acme", price_rule={**rule, "end_date": day("2026-02-01")})
    parked.bill("2026-02-28")
    assert not parked_charges(parked)
    assert parked.amounts("RETAIL") == ["9.99", "20.00"]


def test_once_the_plugin_is_mended_the_days_are_charged_and_credited(parked: House) -> None:
    subscription = "resellers/acme/customers/c1/accounts/a1/subscriptions/s1"
    # What has been settled is closed, although January is parked; February can still be suspended.
    parked.admin.SuspendSubscription(name=subscription, start_date=day("2026-02-15"))
    with_plugin(parked, Discount("5.00"))
    parked.bill("2026-03-01")
    # 14/28 x 20.00 for the second half of February.
    assert parked.amounts("RETAIL") == ["15.00", "20.00", "-10.00", "20.00"]


def test_a_plugin_that_hangs_keeps_no_fee_waiting(gold: House) -> None:
    hanging = Hanging()
    with_plugin(gold, hanging)
    gold.assign(gold.make_account("acme"))
    first = gold.admin.StartBillingRun(through_date=day("2026-01-31")).billing_run.name
    assert hanging.called.wait(30)
    second = gold.admin.StartBillingRun(through_date=day("2026-02-28")).billing_run.name
    for seen in gold.admin.WatchBillingRun(name=second):
        if seen.billing_run.phase == seen.billing_run.PHASE_RETAIL:
            break
    assert gold.amounts("WHOLESALE") == ["10.00", "10.00"]
    assert gold.amounts("RETAIL") == []
    hanging.let_go.set()
    for name in (first, second):
        assert [seen.billing_run for seen in gold.admin.WatchBillingRun(name=name)][-1].state == 2
    assert gold.amounts("RETAIL") == ["20.00", "20.00"]


def test_the_rule_of_a_product_that_is_no_longer_shared_can_be_ended(gold: House) -> None:
    gold.assign(gold.make_account("acme"))
    rule = {"product": GOLD, "price": {"fixed": money("30.00")}, "effective_date": day("2026-01-01")}
    name = gold.admin.CreatePriceRule(parent="resellers/acme", price_rule=rule).price_rule.name
    unshared = {"name": GOLD, "shared_with_resellers": False}
    gold.admin.UpdateProduct(product=unshared, update_mask={"paths": ["shared_with_resellers"]})
    ended = {"name": name, "end_date": day("2026-02-01")}
    gold.reseller("acme").UpdatePriceRule(price_rule=ended, update_mask={"paths": ["end_date"]})
    gold.bill("2026-02-28")
    assert gold.amounts("RETAIL") == ["30.00", "20.00"]


def test_a_page_of_large_rows_has_fewer_and_loses_none(house: House) -> None:
    labels = {f"label-{number}": "\U0001f4a1" * 255 for number in range(32)}
    house.admin.CreateReseller(reseller_id="acme", reseller={})
    for number in range(120):
        house.admin.CreateCustomer(
            parent="resellers/acme", customer_id=f"c{number}", customer={"labels": labels, "display_name": "x"}
        )
    names: list[str] = []
    sizes: list[int] = []
    token = ""
    while not sizes or token:
        page = house.admin.ListCustomers(page_size=1000, page_token=token)
        names += [customer.name for customer in page.customers]
        sizes.append(page.ByteSize())
        token = page.next_page_token
    assert names == [f"resellers/acme/customers/c{number}" for number in range(120)]
    assert len(sizes) > 1
    assert max(sizes) < 4 * 1024 * 1024


def test_a_statement_counts_what_is_parked(parked: House) -> None:
    january = {"reseller": "resellers/acme", "month": month("2026-01")}
    statement = parked.admin.GetStatement(**january).statement
    [line] = parked.admin.ListStatementLines(**january).statement_lines
    assert (statement.parked_count, statement.below_cost_line_count, line.parked_count) == (1, 0, 1)
    assert (text_of(line.wholesale_due), line.HasField("retail_billed"), line.HasField("margin")) == (
        "10.00",
        False,
        False,
    )
