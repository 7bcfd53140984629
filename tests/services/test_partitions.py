"""Runs in partitions: what is due is divided, each partition counts, and a cancelled run goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Event

import pytest

from quitrent import Adjustment, Line, hookimpl
from quitrent.domain.billing_run import BillingRun, RunPhase, RunState
from quitrent.hooks.manager import Plugins
from quitrent.services import progress
from quitrent.services.billing import carry_out, carry_out_partition, post_fees
from quitrent.services.runs import ask_for_run, cancel_run, continue_run, get_run
from quitrent.store.partitions import partitions_of
from tests.harness import House, identities

THROUGH = date(2026, 1, 31)


@pytest.fixture
def run(gold: House, monkeypatch: pytest.MonkeyPatch) -> BillingRun:
    """A run over seven subscriptions of three customers, two to a partition, that nobody has begun."""
    monkeypatch.setattr(progress, "PARTITION", 2)
    for number in range(7):
        gold.assign(gold.make_account(f"r{number % 3}", f"a{number}"))
    with gold.deployment.store.write():
        return ask_for_run(gold.deployment, THROUGH)


def partitions(house: House, run: BillingRun) -> list[RunPhase]:
    with house.deployment.store.connection():
        return [partition.phase for partition in partitions_of([run.key])]


def test_a_run_is_divided_and_its_sums_are_those_of_its_partitions(gold: House, run: BillingRun) -> None:
    post_fees(gold.deployment, run, Event())
    assert partitions(gold, run) == [RunPhase.RETAIL] * 4
    with gold.deployment.store.connection():
        seen = get_run(run.name)
    assert (seen.phase, seen.done_count, seen.total_count) == (RunPhase.RETAIL, 7, 14)
    finished = carry_out(gold.deployment, run, Event())
    assert (finished.state, finished.done_count) == (RunState.SUCCEEDED, 14)
    assert sorted((str(side), one.charge_count) for (side, _), one in finished.amounts.items()) == [
        ("RETAIL", 7),
        ("WHOLESALE", 7),
    ]
    assert partitions(gold, run) == []


def test_no_retail_is_priced_before_the_fees_of_every_partition_are_posted(gold: House, run: BillingRun) -> None:
    with gold.deployment.store.connection():
        progress.divide(gold.deployment, run)
        first, *_ = partitions_of([run.key])
    carry_out_partition(gold.deployment, run, first, Event())
    assert partitions(gold, run) == [RunPhase.RETAIL, RunPhase.FEES, RunPhase.FEES, RunPhase.FEES]
    with gold.deployment.store.connection():
        assert get_run(run.name).phase is RunPhase.FEES


def test_a_partition_that_is_done_twice_posts_and_counts_nothing_twice(gold: House, run: BillingRun) -> None:
    with gold.deployment.store.connection():
        progress.divide(gold.deployment, run)
        first, *_ = partitions_of([run.key])
    carry_out_partition(gold.deployment, run, first, Event())
    once = identities(gold.charges())
    carry_out_partition(gold.deployment, run, first, Event())
    assert identities(gold.charges()) == once
    with gold.deployment.store.connection():
        assert get_run(run.name).done_count == 2
    assert carry_out(gold.deployment, run, Event()).state is RunState.SUCCEEDED


def test_a_cancelled_run_posts_nothing_more_until_it_is_continued(gold: House, run: BillingRun) -> None:
    with gold.deployment.store.connection():
        progress.divide(gold.deployment, run)
        first, *_ = partitions_of([run.key])
    carry_out_partition(gold.deployment, run, first, Event())
    gold.admin.CancelBillingRun(name=run.name)
    assert carry_out(gold.deployment, run, Event()).state is RunState.CANCELLED
    assert len(gold.charges()) == 2
    with gold.deployment.store.write():
        continue_run(gold.deployment, run.name)
    finished = carry_out(gold.deployment, run, Event())
    assert (finished.state, finished.done_count, len(gold.charges())) == (RunState.SUCCEEDED, 14, 14)


class Goes:
    """Has the run go on with other plugins while it is asked for its first price."""

    def __init__(self, house: House, run: BillingRun) -> None:
        self.house, self.run = house, run

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        others = replace(self.house.deployment, plugins=Plugins())
        with self.house.deployment.store.write():
            cancel_run(self.run.name)
            continue_run(others, self.run.name)
        return Adjustment("more", "one more", amount=Decimal(1), currency=line.currency)


def test_what_was_priced_with_the_plugins_of_before_is_not_posted_once_a_run_goes_on_with_others(
    gold: House, run: BillingRun
) -> None:
    post_fees(gold.deployment, run, Event())
    plugins = Plugins()
    plugins.register("goes", Goes(gold, run))
    before = replace(gold.deployment, plugins=plugins)
    with before.store.write():
        cancel_run(run.name)
        continue_run(before, run.name)
    with before.store.connection():
        first, *_ = partitions_of([run.key])
    carry_out_partition(before, run, first, Event())
    assert not gold.amounts("RETAIL")
    finished = carry_out(gold.deployment, run, Event())
    assert finished.state is RunState.SUCCEEDED
    assert gold.amounts("RETAIL") == ["20.00"] * 7


def test_a_watch_ends_with_a_run_that_is_cancelled(gold: House, run: BillingRun) -> None:
    with gold.deployment.store.write():
        cancel_run(run.name)
    [seen] = gold.admin.WatchBillingRun(name=run.name)
    assert seen.billing_run.state == seen.billing_run.STATE_CANCELLED
