"""A billing run, from the first fee to the last check, in partitions of the book.

Fees first: each batch is computed and committed in one transaction, and no plugin has been called
by the end of it in any partition. The retail side next: each batch is priced with no transaction
open, and posted in one that looks again whether what was priced is still so. Then the books are
checked against the terms (`checking`). What the plugins are to be told waits in the outbox by then
(`news`). A run that is carried out again goes on where it stood: what is posted is no longer due,
and what is there is not written twice.

A preview walks the same way over the whole book and posts nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from threading import Event
from uuid import uuid4

from quitrent.domain.billing_run import BillingRun, Partition, RunPhase, RunState
from quitrent.domain.errors import Unavailable
from quitrent.domain.place import Stretch
from quitrent.services.bills import bill_fees, bill_retail
from quitrent.services.books import PreviewBooks, RunEndedError, RunInterruptedError, StoredBooks
from quitrent.services.checking import CheckFailedError, check_books
from quitrent.services.deployment import Deployment
from quitrent.services.progress import divide, fail, finish_phase, use_our_plugins
from quitrent.store.billing_runs import find_run_by_key, unfinished_runs
from quitrent.store.partitions import partitions_of

_log = logging.getLogger(__name__)


def carry_out(deployment: Deployment, run: BillingRun, stopping: Event) -> BillingRun:
    """Carry a run out to its end, from wherever it stands; give it as it is stored then.

    Errors: RunInterruptedError, Unavailable: it goes on when it is carried out again.
    """
    post_fees(deployment, run, stopping)
    return finish_run(deployment, run, stopping)


def post_fees(deployment: Deployment, run: BillingRun, stopping: Event) -> None:
    """Post the fees of a run, before and apart from anything that a plugin has a part in.

    Errors: RunInterruptedError, Unavailable.
    """

    def work() -> None:
        if run.phase is RunPhase.FEES:
            use_our_plugins(deployment, run)
            divide(deployment, run)
        _carry_out_phases(deployment, run, (RunPhase.FEES,), stopping)

    _ended_well(deployment, run, work)


def finish_run(deployment: Deployment, run: BillingRun, stopping: Event) -> BillingRun:
    """Bill the retail side of a run whose fees are posted, and check the books.

    Errors: RunInterruptedError, Unavailable.
    """

    def work() -> None:
        use_our_plugins(deployment, run)
        _carry_out_phases(deployment, run, (RunPhase.RETAIL, RunPhase.CHECK), stopping)

    _ended_well(deployment, run, work)
    with deployment.store.connection():
        return find_run_by_key(run.key) or run


def carry_out_partition(deployment: Deployment, run: BillingRun, partition: Partition, stopping: Event) -> None:
    """Carry out the phase that a partition is at. What goes wrong with it fails the run.

    Errors: RunInterruptedError, Unavailable.
    """
    _ended_well(deployment, run, lambda: _carry_out(deployment, run, partition, stopping))


def left_to_do(deployment: Deployment) -> list[Partition]:
    """Give the partitions of every run whose phase can be carried out now; a new run is divided first.

    Errors: Unavailable.
    """
    with deployment.store.connection():
        runs = unfinished_runs()
    for run in runs:
        _ended_well(deployment, run, lambda run=run: divide(deployment, run))  # type: ignore[misc]
    with deployment.store.connection():
        phases = {run.key: run.phase for run in unfinished_runs()}
        return [one for one in partitions_of(list(phases)) if one.phase is phases[one.run_key]]


def preview(deployment: Deployment, through: date, told: Callable[[BillingRun], None] = lambda _: None) -> PreviewBooks:
    """Give what a run through a date would post. `told` is told after each batch how far it is."""
    books = PreviewBooks(deployment, BillingRun(through, plugins=tuple(deployment.used_plugins())), told)
    bill_fees(books, through, Stretch())
    bill_retail(deployment, books, through, Stretch())
    books.run = replace(books.run, state=RunState.SUCCEEDED, phase=RunPhase.FINISHED)
    return books


def _carry_out_phases(deployment: Deployment, run: BillingRun, phases: Collection[RunPhase], stopping: Event) -> None:
    for phase in phases:
        with deployment.store.connection():
            partitions = partitions_of([run.key])
        for partition in partitions:
            if partition.phase is phase:
                _carry_out(deployment, run, partition, stopping)


def _carry_out(deployment: Deployment, run: BillingRun, partition: Partition, stopping: Event) -> None:
    books = StoredBooks(deployment, partition, stopping)
    match partition.phase:
        case RunPhase.FEES:
            bill_fees(books, run.through, partition.stretch)
        case RunPhase.RETAIL:
            bill_retail(deployment, books, run.through, partition.stretch)
        case RunPhase.CHECK:
            check_books(
                deployment,
                run.through,
                partition.stretch,
                lambda: bill_fees(books, run.through, partition.stretch),
            )
    finish_phase(deployment, partition)


def _ended_well(deployment: Deployment, run: BillingRun, work: Callable[[], None]) -> None:
    """Do some of a run's work; what goes wrong with it ends the run as FAILED."""
    try:
        try:
            work()
        except CheckFailedError as failure:
            _log.critical("billing run %s: %s", run.name, failure)
            fail(deployment, run, str(failure))
        except (RunInterruptedError, RunEndedError, Unavailable):
            raise
        # A fault of ours may not stop the biller; the charges that were committed stand.
        except Exception:  # noqa: BLE001
            incident = uuid4().hex
            _log.exception("billing run %s failed, incident %s", run.name, incident)
            fail(deployment, run, f"internal error, incident {incident}")
    except RunEndedError:
        _log.info("billing run %s is no longer at work", run.name)
