"""Where a run's charges go: into the books, or, for a preview, into a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Protocol

from quitrent.domain.billing_run import BillingRun, RunPhase, RunState, added, priced_with
from quitrent.domain.charge import Charge, ChargeReason, ParkedCharge
from quitrent.domain.subscription import Subscription
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.store import billing_runs, parked_charges, plugin_news, subscriptions
from quitrent.store.charges import insert_charges
from quitrent.store.terms import count_due

# How many charges a preview shows; its sums are those of all.
PREVIEW_CHARGES = 1_000


class RunInterruptedError(Exception):
    """The server stops; the run is taken up again by its next start."""


class RunEndedError(Exception):
    """Another process has carried the run out meanwhile."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a batch has for one side of one subscription; `after` is how far it is billed then."""

    terms: Terms
    after: Subscription
    charges: Sequence[Charge]
    parked: Sequence[ParkedCharge] = ()


class Books(Protocol):
    """What a run posts to."""

    def enter(self, phase: RunPhase) -> None:
        """Note what the run is at."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold what the reading and the posting of one batch need."""

    def post_fees(self, bills: Sequence[Bill]) -> None:
        """Post the wholesale side of a batch; inside a transaction."""

    def post_retail(self, bills: Sequence[Bill]) -> None:
        """Post the retail side of a batch; inside a transaction."""


class StoredBooks:
    """The real books: a batch is one transaction, with the run's progress in it."""

    def __init__(self, deployment: Deployment, run: BillingRun, stopping: Event) -> None:
        """Take the run that posts, and the event that tells it to stop between batches."""
        self._deployment, self._run_key, self._stopping = deployment, run.key, stopping

    def enter(self, phase: RunPhase) -> None:
        """Note what the run is at: at its start what is left to do, and with retail which plugins price it."""
        with self._deployment.store.write():
            run = self.run()
            if phase is RunPhase.FEES:
                run = replace(run, total_count=run.done_count + count_due(run.through))
            if phase is RunPhase.RETAIL:
                run = priced_with(run, self._deployment.used_plugins())
            billing_runs.update_run(replace(run, phase=phase))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold a write transaction."""
        if self._stopping.is_set():
            raise RunInterruptedError
        with self._deployment.store.write():
            yield

    def post_fees(self, bills: Sequence[Bill]) -> None:
        """Write fees, and how far the wholesale sides are billed."""
        self._post(bills)
        for bill in bills:
            subscriptions.update_wholesale_billed(bill.after, bill.terms.reseller_plan)

    def post_retail(self, bills: Sequence[Bill]) -> None:
        """Write retail charges, credits and parked charges, and how far the retail sides are billed."""
        self._post(bills)
        now = self._deployment.now()
        for bill in bills:
            subscriptions.update_retail_billed(bill.after, bill.terms.account_plan)
            if bill.after.suspensions != bill.terms.subscription.suspensions:
                subscriptions.update_carried_out(bill.after)
            charged = {charge.period_start for charge in bill.charges if charge.reason is ChargeReason.RECURRING}
            parked_charges.unpark(bill.terms.subscription.key, charged)
            parked_charges.park(bill.parked, self._run_key, now)

    def run(self) -> BillingRun:
        """Give the run as it is stored.

        Errors: RunEndedError.
        """
        run = billing_runs.find_run_by_key(self._run_key)
        if run is None or run.state is not RunState.RUNNING:
            raise RunEndedError
        return run

    def finish(self, state: RunState, failure: str) -> None:
        """Write the run's end."""
        with self._deployment.store.write():
            finished = replace(
                self.run(),
                state=state,
                phase=RunPhase.FINISHED,
                failure=failure,
                parked_count=parked_charges.count_parked_by(self._run_key),
                finish_time=self._deployment.now(),
            )
            billing_runs.update_run(finished)
            # With the end of the run, or not at all: what the plugins are to be told of it.
            plugin_news.insert_news(self._deployment.plugins.listeners(), self._run_key, self._deployment.now())

    def _post(self, bills: Sequence[Bill]) -> None:
        charges = [charge for bill in bills for charge in bill.charges]
        posted = insert_charges(charges, self._run_key, self._deployment.now())
        run = self.run()
        done_count = run.done_count + len(bills)
        billing_runs.update_run(
            replace(
                run,
                amounts=added(run.amounts, posted),
                done_count=done_count,
                # What was parked before the run was cut off is done once more.
                total_count=max(run.total_count, done_count),
                parked_count=run.parked_count + sum(len(bill.parked) for bill in bills),
            )
        )


@dataclass(slots=True)
class PreviewBooks:
    """The books of a preview: sums of everything, and the first charges of it; nothing is written."""

    deployment: Deployment
    run: BillingRun
    charges: list[Charge] = field(default_factory=list)
    parked: list[ParkedCharge] = field(default_factory=list)

    def enter(self, phase: RunPhase) -> None:
        """Note what the preview is at."""
        self.run = replace(self.run, phase=phase)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold a connection: a preview keeps no one from writing."""
        with self.deployment.store.connection():
            yield

    def post_fees(self, bills: Sequence[Bill]) -> None:
        """Add fees up."""
        self._add(bills)

    def post_retail(self, bills: Sequence[Bill]) -> None:
        """Add retail charges, credits and parked charges up."""
        self._add(bills)

    def _add(self, bills: Sequence[Bill]) -> None:
        charges = [charge for bill in bills for charge in bill.charges]
        parked = [charge for bill in bills for charge in bill.parked]
        self.charges += charges[: PREVIEW_CHARGES - len(self.charges)]
        self.parked += parked[: PREVIEW_CHARGES - len(self.parked)]
        done_count = self.run.done_count + len(bills)
        self.run = replace(
            self.run,
            amounts=added(self.run.amounts, charges),
            total_count=done_count,
            done_count=done_count,
            parked_count=self.run.parked_count + len(parked),
        )
