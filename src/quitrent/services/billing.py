"""A billing run, from the first fee to the last check.

Fees first: each batch is computed and committed in one transaction, and no plugin has been called
by the end of it. The retail side next: each batch is priced with no transaction open, and posted
in one that looks again whether what was priced is still so. Then the books are checked against the
terms (`checking`). What the plugins are to be told waits in the outbox by then (`news`). A run that
is carried out again goes on where it stood: what is posted is no longer due, and what is there is not written twice.

A preview walks the same way and posts nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from threading import Event
from uuid import uuid4

from quitrent.domain.billing_run import BillingRun, RunPhase, RunState
from quitrent.domain.errors import Unavailable
from quitrent.services.bills import bill_fees, bill_retail
from quitrent.services.books import (
    PreviewBooks,
    RunEndedError,
    RunInterruptedError,
    StoredBooks,
)
from quitrent.services.checking import CheckFailedError, check_books
from quitrent.services.deployment import Deployment
from quitrent.store import billing_runs

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

    def work(books: StoredBooks) -> None:
        books.enter(RunPhase.FEES)
        bill_fees(books, run.through)
        books.enter(RunPhase.RETAIL)

    _worked(deployment, run, stopping, work)


def finish_run(deployment: Deployment, run: BillingRun, stopping: Event) -> BillingRun:
    """Bill the retail side of a run whose fees are posted, and check the books.

    Errors: RunInterruptedError, Unavailable.
    """

    def work(books: StoredBooks) -> None:
        books.enter(RunPhase.RETAIL)
        bill_retail(deployment, books, run.through)
        books.enter(RunPhase.CHECK)
        check_books(deployment, run.through, lambda: bill_fees(books, run.through))
        books.finish(RunState.SUCCEEDED, "")

    return _worked(deployment, run, stopping, work)


def preview(deployment: Deployment, through: date) -> PreviewBooks:
    """Give what a run through a date would post."""
    books = PreviewBooks(deployment, BillingRun(through, plugins=tuple(deployment.used_plugins())))
    bill_fees(books, through)
    bill_retail(deployment, books, through)
    books.run = replace(books.run, state=RunState.SUCCEEDED, phase=RunPhase.FINISHED)
    return books


def _worked(
    deployment: Deployment, run: BillingRun, stopping: Event, work: Callable[[StoredBooks], None]
) -> BillingRun:
    """Do some of a run's work and give the run as it is stored then; what goes wrong ends it as FAILED."""
    books = StoredBooks(deployment, run, stopping)
    try:
        try:
            work(books)
        except CheckFailedError as failure:
            _log.critical("billing run %s: %s", run.name, failure)
            books.finish(RunState.FAILED, str(failure))
        except (RunInterruptedError, RunEndedError, Unavailable):
            raise
        # A fault of ours may not stop the biller; the charges that were committed stand.
        except Exception:  # noqa: BLE001
            incident = uuid4().hex
            _log.exception("billing run %s failed, incident %s", run.name, incident)
            books.finish(RunState.FAILED, f"internal error, incident {incident}")
    except RunEndedError:
        _log.info("billing run %s was ended by another process", run.name)
    with deployment.store.connection():
        return billing_runs.find_run_by_key(run.key) or run
