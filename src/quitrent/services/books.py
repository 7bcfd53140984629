"""Where a run's charges go: into the books, or, for a preview, into a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from threading import Event
from typing import Protocol, TypeVar

from quitrent.domain.alike import Alike
from quitrent.domain.billing_run import BillingRun, Partition, RunState, added
from quitrent.domain.charge import Charge, ChargeReason, ParkedCharge
from quitrent.domain.subscription import Subscription
from quitrent.services.deployment import Deployment
from quitrent.store import billing_runs, parked_charges, subscriptions
from quitrent.store.charges import insert_charges
from quitrent.store.partitions import locked_partition, update_partition

# How many charges a preview shows; its sums are those of all.
PREVIEW_CHARGES = 1_000

_Posted = TypeVar("_Posted", Charge, ParkedCharge)


class RunInterruptedError(Exception):
    """The server stops; the run is taken up again by its next start."""


class RunEndedError(Exception):
    """The run is no longer ours: cancelled, carried out by another process, or gone on with at one of other plugins."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a batch has for one side of subscriptions that are alike; `after` is how far the first is billed then."""

    alike: Alike
    after: Subscription
    charges: Sequence[Charge]
    parked: Sequence[ParkedCharge] = ()
    # Whether some of its periods were parked before.
    was_parked: bool = False


class Books(Protocol):
    """What a run posts to."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold what the reading and the posting of one batch need."""

    def post_fees(self, bills: Sequence[Bill]) -> None:
        """Post the wholesale side of a batch; inside a transaction."""

    def post_retail(self, bills: Sequence[Bill]) -> None:
        """Post the retail side of a batch; inside a transaction."""


class StoredBooks:
    """The real books: a batch of a partition is one transaction, with the partition's progress in it."""

    def __init__(self, deployment: Deployment, partition: Partition, stopping: Event) -> None:
        """Take the partition that posts, and the event that tells it to stop between batches."""
        self._deployment, self._partition, self._stopping = deployment, partition, stopping
        self._plugins = tuple(sorted(deployment.used_plugins()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold a write transaction, in a run that is at work and priced with our plugins."""
        if self._stopping.is_set():
            raise RunInterruptedError
        with self._deployment.store.write_batch():
            state, plugins = billing_runs.state_and_plugins(self._partition.run_key)
            if state is not RunState.RUNNING or plugins != self._plugins:
                raise RunEndedError
            yield

    def post_fees(self, bills: Sequence[Bill]) -> None:
        """Write fees, and how far the wholesale sides are billed."""
        self._post(bills)
        subscriptions.update_wholesale_billed(
            (bill.after, bill.alike.terms.reseller_plan, bill.alike.keys) for bill in bills
        )

    def post_retail(self, bills: Sequence[Bill]) -> None:
        """Write retail charges, credits and parked charges, and how far the retail sides are billed."""
        self._post(bills)
        subscriptions.update_retail_billed(
            (bill.after, bill.alike.terms.account_plan, bill.alike.keys) for bill in bills
        )
        subscriptions.update_carried_out(
            bill.after for bill in bills if bill.after.suspensions != bill.alike.terms.subscription.suspensions
        )
        parked_charges.unpark(
            (bill.alike.terms.key, charge.period_start)
            for bill in bills
            if bill.was_parked
            for charge in bill.charges
            if charge.reason is ChargeReason.RECURRING
        )
        parked = ((bill.alike, charge) for bill in bills for charge in bill.parked)
        parked_charges.park(parked, self._partition.run_key, self._deployment.now())

    def _post(self, bills: Sequence[Bill]) -> None:
        charges = [(bill.alike, charge) for bill in bills for charge in bill.charges]
        posted = insert_charges(charges, self._partition.run_key, self._deployment.now())
        before = locked_partition(self._partition.key)
        if before is None:
            raise RunEndedError
        update_partition(
            replace(
                before,
                amounts=added(before.amounts, posted),
                done_count=before.done_count + _done_count(bills),
                parked_count=before.parked_count + _parked_count(bills),
            )
        )


@dataclass(slots=True)
class PreviewBooks:
    """The books of a preview: sums of everything, and the first charges of it; nothing is written."""

    deployment: Deployment
    run: BillingRun
    # Is told of the run as far as it is, after each batch.
    told: Callable[[BillingRun], None] = lambda _: None
    charges: list[Charge] = field(default_factory=list)
    parked: list[ParkedCharge] = field(default_factory=list)

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
        self.charges += _shown(((bill.alike, bill.charges) for bill in bills), PREVIEW_CHARGES - len(self.charges))
        self.parked += _shown(((bill.alike, bill.parked) for bill in bills), PREVIEW_CHARGES - len(self.parked))
        counted = ((charge, len(bill.alike.members)) for bill in bills for charge in bill.charges)
        done_count = self.run.done_count + _done_count(bills)
        self.run = replace(
            self.run,
            amounts=added(self.run.amounts, counted),
            total_count=done_count,
            done_count=done_count,
            parked_count=self.run.parked_count + _parked_count(bills),
        )
        self.told(self.run)


def _done_count(bills: Sequence[Bill]) -> int:
    return sum(len(bill.alike.members) for bill in bills)


def _parked_count(bills: Sequence[Bill]) -> int:
    return sum(len(bill.alike.members) * len(bill.parked) for bill in bills)


def _shown(posted: Iterable[tuple[Alike, Sequence[_Posted]]], most: int) -> list[_Posted]:
    """Give the first charges, each by itself, with the name of its subscription."""
    if most == 0:
        return []
    of_each = [(key, charge) for alike, charges in posted for key in alike.keys for charge in charges]
    first = sorted(of_each, key=itemgetter(0))[:most]
    names = subscriptions.names_of({key for key, _ in first})
    return [replace(charge, subscription=names[key]) for key, charge in first]
