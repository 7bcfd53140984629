"""Billing runs: what is due, previews, progress, catching up, and a check that is loud."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from threading import Event

import pytest

from quitrent import BillingRun, Charge, Line, hookimpl
from quitrent.hooks.manager import Plugins
from tests.databases import ON_POSTGRESQL, raw, read
from tests.harness import House, day, identities, iso, text_of
from tests.store.test_books import COLUMNS

ARREARS = {"timing": "TIMING_IN_ARREARS"}


@pytest.mark.parametrize(
    ("timing", "through", "billed"),
    [
        ({}, "2025-12-31", []),
        ({}, "2026-01-10", []),
        ({}, "2026-01-11", ["6.77"]),
        ({}, "2026-01-31", ["6.77"]),
        ({}, "2026-02-01", ["6.77", "10.00"]),
        (ARREARS, "2026-01-31", []),
        (ARREARS, "2026-02-01", ["6.77"]),
        (ARREARS, "2026-02-28", ["6.77"]),
        # Months that were missed are caught up.
        (ARREARS, "2026-04-01", ["6.77", "10.00", "10.00"]),
    ],
)
def test_a_run_bills_all_that_is_due_by_its_date_and_no_more(
    house: House, timing: dict[str, str], through: str, billed: list[str]
) -> None:
    house.make_product(wholesale=timing, retail=timing)
    house.assign(house.make_account("acme"), start="2026-01-11")
    house.bill(through)
    assert house.amounts("WHOLESALE") == billed


def test_anniversaries_are_billed_on_the_day_and_come_back_after_february(house: House) -> None:
    anniversary = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
    house.make_product(wholesale=anniversary, retail=anniversary)
    house.assign(house.make_account("acme"), start="2026-01-31")
    house.bill("2026-04-30")
    starts = [iso(charge.period_start) for charge in house.charges(side="SIDE_WHOLESALE")]
    assert starts == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert house.amounts("WHOLESALE") == ["10.00"] * 4


def test_an_ended_subscription_is_billed_for_its_last_part_in_arrears_at_its_end(house: House) -> None:
    house.make_product(wholesale=ARREARS, retail=ARREARS)
    name = house.assign(house.make_account("acme"), start="2026-01-01")
    house.admin.CloseSubscription(name=name, end_date=day("2026-02-15"))
    house.bill("2026-02-15")
    # 14/28 x 10.00
    assert house.amounts("WHOLESALE") == ["10.00", "5.00"]


def test_a_preview_says_what_the_run_then_does_and_changes_nothing(gold: House) -> None:
    for number in range(3):
        name = gold.assign(gold.make_account("acme", f"a{number}"), start=f"2026-01-0{number + 1}")
        gold.admin.SuspendSubscription(name=name, start_date=day("2026-01-20"))
    preview = gold.admin.StartBillingRun(through_date=day("2026-03-31"), validate_only=True)
    assert not gold.charges()
    assert not gold.admin.ListBillingRuns().billing_runs
    run = gold.bill("2026-03-31")
    assert list(preview.billing_run.amounts) == list(run.amounts)
    assert (preview.billing_run.done_count, preview.billing_run.parked_count) == (run.done_count, run.parked_count)
    assert identities(preview.preview_charges) == identities(gold.charges())
    assert preview.billing_run.name == ""


def test_a_watcher_sees_the_run_come_to_its_end(gold: House) -> None:
    for number in range(4):
        gold.assign(gold.make_account("acme", f"a{number}"))
    name = gold.admin.StartBillingRun(through_date=day("2026-01-31")).billing_run.name
    seen = [reply.billing_run for reply in gold.admin.WatchBillingRun(name=name)]
    assert [run.done_count for run in seen] == sorted(run.done_count for run in seen)
    end = seen[-1]
    assert (end.done_count, end.total_count) == (8, 8)
    assert [(text_of(amount.amount), amount.charge_count) for amount in end.amounts] == [("40.00", 4), ("80.00", 4)]
    # Watching what has ended tells the end, and ends.
    assert [reply.billing_run for reply in gold.admin.WatchBillingRun(name=name)] == [end]


def test_runs_are_named_by_their_date_and_listed(gold: House) -> None:
    names = [gold.bill(through).name for through in ("2026-01-31", "2026-02-28", "2026-01-31")]
    assert names == ["billingRuns/2026-01-31-1", "billingRuns/2026-02-28-1", "billingRuns/2026-01-31-2"]
    assert [run.name for run in gold.admin.ListBillingRuns().billing_runs] == names
    assert gold.admin.GetBillingRun(name=names[2]).billing_run.through_date == day("2026-01-31")


def test_a_subscription_of_the_past_is_caught_up_by_the_next_run(gold: House) -> None:
    gold.bill("2026-03-31")
    gold.assign(gold.make_account("late"))
    gold.bill("2026-03-31")
    assert gold.amounts("WHOLESALE") == ["10.00"] * 3


def test_only_the_product_that_is_assigned_costs_a_fee(gold: House) -> None:
    gold.make_product("extra", "3.00", "5.00", kind="ADD_ON")
    account = gold.make_account("acme")
    gold.make_account("acme", "unused")
    gold.assign(account)
    gold.assign(account, product="products/extra", subscription="s2")
    gold.bill("2026-01-31")
    fees = {charge.product: text_of(charge.amount) for charge in gold.charges(side="SIDE_WHOLESALE")}
    assert fees == {"products/gold": "10.00", "products/extra": "3.00"}


# A fault in the books | what the next run says of it.
FAULTS = [
    (
        "DELETE FROM charge WHERE side = 'WHOLESALE' AND period_start = '2026-02-01'",
        "the fees of {} are wrong: the terms ask for 10.00 USD from 2026-01-01 to 2026-02-01, "
        "10.00 USD from 2026-02-01",
    ),
    (
        "UPDATE charge SET amount_micros = 1000000 WHERE side = 'WHOLESALE' AND period_start = '2026-02-01'",
        "the books have 10.00 USD from 2026-01-01 to 2026-02-01, 1.00 USD from 2026-02-01 to 2026-03-01",
    ),
    (
        "UPDATE charge SET period_end = '2026-02-27' WHERE side = 'WHOLESALE' AND period_start = '2026-02-01'",
        "10.00 USD from 2026-02-01 to 2026-02-27",
    ),
    # A fee that is there twice.
    (
        f"INSERT INTO charge ({COLUMNS}) SELECT {COLUMNS} FROM charge WHERE side = 'WHOLESALE' LIMIT 1",
        "the books have 10.00 USD from 2026-01-01 to 2026-02-01, 10.00 USD from 2026-01-01 to 2026-02-01",
    ),
    # The books say that a month has been billed, and it has not.
    (
        "UPDATE wholesale_side SET billed_until = '2026-04-01', due_date = '2026-04-01'",
        "the fees of {} are wrong",
    ),
    (
        "UPDATE retail_side SET billed_until = '2026-04-01', due_date = '2026-04-01'",
        "the retail periods of {} are wrong: billed up to 2026-04-01",
    ),
    (
        "DELETE FROM charge WHERE side = 'RETAIL' AND period_start = '2026-01-01'",
        "the retail periods of {} are wrong: billed up to 2026-04-01 they are 2026-01-01 to 2026-02-01",
    ),
]


@pytest.mark.parametrize(("fault", "told"), FAULTS)
def test_what_is_wrong_in_the_books_fails_the_run_loudly(gold: House, fault: str, told: str) -> None:
    name = gold.assign(gold.make_account("acme"))
    gold.bill("2026-02-28")
    on_table = " ON charge" if ON_POSTGRESQL else ""
    with closing(raw(gold.settings.database_url)) as connection:
        for statement in (
            f"TRIGGER charge_no_update{on_table}",
            f"TRIGGER charge_no_delete{on_table}",
            "INDEX charge_one_fee",
            "INDEX charge_identity",
        ):
            connection.execute(f"DROP {statement}")
        connection.execute(fault)
    run = gold.admin.StartBillingRun(through_date=day("2026-03-31")).billing_run
    for seen in gold.admin.WatchBillingRun(name=run.name):
        run = seen.billing_run
    assert run.state == run.STATE_FAILED
    assert told.format(name) in run.failure


def test_a_close_during_a_run_is_not_taken_for_a_fault(gold: House) -> None:
    from quitrent.domain.billing_run import RunState
    from quitrent.services.billing import finish_run, post_fees
    from quitrent.services.runs import ask_for_run

    gold.make_product("late", wholesale=ARREARS, retail=ARREARS)
    name = gold.assign(gold.make_account("acme"), product="products/late")
    # Something else is due, so that the run has something to do.
    gold.assign(gold.make_account("acme", "a2"))
    with gold.deployment.store.write():
        run = ask_for_run(gold.deployment, date(2026, 1, 31))
    post_fees(gold.deployment, run, Event())
    # Its last part is due at once, and the fees have been posted.
    gold.admin.CloseSubscription(name=name, end_date=day("2026-01-20"))
    assert finish_run(gold.deployment, run, Event()).state is RunState.SUCCEEDED
    # 19/31 x 10.00
    assert gold.amounts("WHOLESALE", parent=name) == ["6.13"]


def test_only_so_many_callers_watch_at_once(gold: House) -> None:
    from quitrent.services.runs import ask_for_run

    # A run that waits, since nobody wakes the biller for it.
    with gold.deployment.store.write():
        name = ask_for_run(gold.deployment, gold.today).name
    watching = [gold.admin.WatchBillingRun(name=name) for _ in range(gold.threads // 2)]
    for watch in watching:
        next(watch)
    refusal = gold.admin.refusal("WatchBillingRun", name=name)
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_WATCHERS")
    for watch in watching:
        watch.cancel()
    gold.bill("2026-01-31")


class Witness:
    """Writes down what the books held when it was called."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[tuple[str, int, int]] = []
        self.told = Event()

    def write_down(self, hook: str) -> None:
        count = "SELECT count(*) FILTER (WHERE side = 'WHOLESALE'), count(*) FILTER (WHERE side = 'RETAIL') FROM charge"
        [(fees, prices)] = read(self.url, count)
        self.seen.append((hook, fees, prices))

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        self.write_down("adjust")

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        self.write_down(f"told of {len(charges)}")

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        self.write_down(run.state)
        self.told.set()


def test_every_fee_is_committed_before_any_plugin_is_called(gold: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # A batch for each subscription, so that there are several.
    monkeypatch.setattr("quitrent.services.bills.BATCH", 1)
    monkeypatch.setattr("quitrent.services.news.BATCH", 1)
    for number in range(3):
        gold.assign(gold.make_account("acme", f"a{number}"))
    witness, plugins = Witness(gold.settings.database_url), Plugins()
    plugins.register("witness", witness)
    gold.use_plugins(plugins)
    gold.bill("2026-01-31")
    # The plugins are told when the run has ended, which its watcher may see first.
    assert witness.told.wait(30)
    asked = [("adjust", 3, 0), ("adjust", 3, 1), ("adjust", 3, 2)]
    assert witness.seen == [*asked, *[("told of 1", 3, 3)] * 6, ("SUCCEEDED", 3, 3)]
