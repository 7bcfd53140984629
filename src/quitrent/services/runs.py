"""Billing runs as callers know them: asked for, listed, cancelled, watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Event

from quitrent.domain.billing_run import BillingRun, Partition, RunState, priced_with
from quitrent.domain.errors import FailedPrecondition, Reason, invalid, not_found
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.store import billing_runs as stored
from quitrent.store.partitions import find_partition

# A charge cannot be unmade, and a year is easily mistyped.
LATEST_THROUGH = timedelta(days=5 * 366)
# A short run is told of at once, and a long one is not asked after too often.
SHORTEST_WAIT_SECONDS = 0.01
LONGEST_WAIT_SECONDS = 0.25


def ask_for_run(deployment: Deployment, through: date) -> BillingRun:
    """Write a run that bills everything due up to and including a date; the biller or workers carry it out."""
    return stored.insert_run(BillingRun(through, plugins=tuple(sorted(deployment.used_plugins()))), deployment.now())


def get_run(name: str) -> BillingRun:
    """Give a run. Errors: NotFound."""
    run = stored.find_run(name)
    if run is None:
        raise not_found(name)
    return run


def list_runs(caller: Caller, state: RunState | None, request: PageRequest) -> Page[BillingRun]:
    """Give a page of runs."""
    return page_of(caller, request, lambda after, limit: stored.list_runs(state, after, limit))


def cancel_run(name: str) -> BillingRun:
    """Stop a run after the batches that are being posted. Errors: NotFound, FailedPrecondition."""
    return _in_state(get_run(name), RunState.CANCELLED)


def continue_run(deployment: Deployment, name: str) -> BillingRun:
    """Have a cancelled run go on, with the plugins of this deployment. Errors: NotFound, FailedPrecondition."""
    run = get_run(name)
    if run.state is RunState.CANCELLED:
        stored.update_run(priced_with(stored.locked_run(run.key), deployment.used_plugins()))
    return _in_state(run, RunState.RUNNING)


def run_of_partition(deployment: Deployment, key: int, run_key: int = 0) -> tuple[BillingRun | None, Partition | None]:
    """Give a partition and its run; the partition is None where its run has ended, and the run where it is not told."""
    with deployment.store.connection():
        partition = find_partition(key)
        run = stored.find_run_by_key(partition.run_key if partition else run_key)
    return run, partition


def _in_state(run: BillingRun, state: RunState) -> BillingRun:
    if run.state not in (RunState.RUNNING, RunState.CANCELLED):
        raise FailedPrecondition(
            Reason.RUN_HAS_ENDED,
            f"{run.name} has {run.state.lower()}; only a run that is at work or cancelled can change",
        )
    stored.update_run_state(run, state)
    return get_run(run.name)


def watch_run(deployment: Deployment, name: str, ended: Event) -> Iterator[BillingRun]:
    """Give a run at once, whenever it has come further, and when it has ended; `ended` stops the watch.

    Errors: NotFound.
    """
    seen: BillingRun | None = None
    wait_seconds = SHORTEST_WAIT_SECONDS
    while seen is None or seen.state is RunState.RUNNING:
        with deployment.store.connection():
            run = get_run(name)
        if run != seen:
            yield run
            seen = run
            wait_seconds = SHORTEST_WAIT_SECONDS
        elif ended.wait(wait_seconds):
            return
        else:
            wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)


def check_through(deployment: Deployment, through: date) -> None:
    """Refuse a date that can only be a mistake. Errors: InvalidArgument."""
    latest = deployment.today() + LATEST_THROUGH
    if through > latest:
        raise invalid("through_date", f"must be at most five years from today, {latest} at the latest")
