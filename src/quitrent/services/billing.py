"""A billing run, from the first fee to the last check.

Fees first: each batch is computed and committed in one transaction, and no plugin has been called
by the end of it. The retail side next: each batch is priced with no transaction open, and posted
in one that looks again whether what was priced is still so. Then every fee is recomputed from the
terms and compared with the books, and last the plugins are told what was posted. A run that is
carried out again goes on where it stood: what is posted is no longer due, and would be refused by
its key.

A preview walks the same way and posts nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from threading import Event
from uuid import uuid4

from quitrent.domain.billing_run import BillingRun, RunPhase, RunState
from quitrent.domain.calendar import Part
from quitrent.domain.charge import Charge, ChargeFilter, ChargeReason, ParkedCharge, Priced, Side
from quitrent.domain.errors import FailedPrecondition, Unavailable
from quitrent.domain.fee import fees_charged, fees_due
from quitrent.domain.money import units_text
from quitrent.domain.retail_bill import billed, credits_due, parts_due
from quitrent.domain.terms import Terms
from quitrent.services.books import Bill, Books, PreviewBooks, RunInterruptedError, StoredBooks
from quitrent.services.deployment import Deployment
from quitrent.services.pricing import price_retail
from quitrent.store import billing_runs
from quitrent.store import terms as stored_terms
from quitrent.store.charges import FeeRecord, fee_records, list_charges, unsettled_charges
from quitrent.store.parked_charges import parked_starts

_log = logging.getLogger(__name__)

# Subscriptions in one transaction: large enough to spread its cost, small enough for others to get
# their turn between two.
BATCH = 500


class CheckFailedError(Exception):
    """The books do not hold the fees that the terms ask for; the text says which."""


def carry_out(deployment: Deployment, run: BillingRun, stopping: Event) -> BillingRun:
    """Carry a run out to its end, from wherever it stands; give it as it is stored then.

    Errors: RunInterruptedError, Unavailable: it goes on when it is carried out again.
    """
    books = StoredBooks(deployment, run, stopping)
    try:
        _bill(deployment, books, run.through)
        _tell_of_charges(deployment, run)
        finished = _finish(deployment, books, RunState.SUCCEEDED, "")
    except (RunInterruptedError, Unavailable):
        raise
    except CheckFailedError as failure:
        _log.critical("billing run %s: %s", run.name, failure)
        _tell_of_charges(deployment, run)
        finished = _finish(deployment, books, RunState.FAILED, str(failure))
    # A fault of ours may not stop the biller; the charges that were committed stand.
    except Exception:  # noqa: BLE001
        incident = uuid4().hex
        _log.exception("billing run %s failed, incident %s", run.name, incident)
        finished = _finish(deployment, books, RunState.FAILED, f"internal error, incident {incident}")
    deployment.plugins.run_finished(finished)
    return finished


def preview(deployment: Deployment, through: date) -> PreviewBooks:
    """Give what a run through a date would post."""
    books = PreviewBooks(deployment, BillingRun(through, plugins=plugin_versions(deployment)))
    _bill(deployment, books, through)
    books.run = replace(books.run, state=RunState.SUCCEEDED, phase=RunPhase.FINISHED)
    return books


def plugin_versions(deployment: Deployment) -> tuple[tuple[str, str], ...]:
    """Give the name and the version of each plugin in use."""
    return tuple((record.name, record.version) for record in deployment.plugins.records())


def _bill(deployment: Deployment, books: Books, through: date) -> None:
    with deployment.store.connection():
        newest = stored_terms.newest_key()
    books.enter(RunPhase.FEES)
    _bill_fees(books, through)
    books.enter(RunPhase.RETAIL)
    _bill_retail(deployment, books, through)
    books.enter(RunPhase.CHECK)
    if isinstance(books, StoredBooks):
        _check_fees(deployment, through, newest)


def _bill_fees(books: Books, through: date) -> None:
    after = 0
    while True:
        with books.transaction():
            batch = stored_terms.wholesale_due(through, after, BATCH)
            if not batch:
                return
            books.post_fees([_fee_bill(terms, through) for terms in batch])
        after = batch[-1].subscription.key


def _fee_bill(terms: Terms, through: date) -> Bill:
    charges = fees_due(terms.subscription, terms.reseller_plan, through)
    until = charges[-1].period_end if charges else terms.subscription.wholesale_billed_until
    return Bill(terms, replace(terms.subscription, wholesale_billed_until=until), charges)


def _bill_retail(deployment: Deployment, books: Books, through: date) -> None:
    changed: list[int] = []
    for batch in _retail_batches(deployment, through):
        changed += _bill_retail_batch(deployment, books, batch, through)
    while changed:
        with deployment.store.connection():
            batch = stored_terms.terms_by_key(changed[:BATCH])
        changed = changed[BATCH:] + _bill_retail_batch(deployment, books, batch, through)


def _retail_batches(deployment: Deployment, through: date) -> Iterator[list[Terms]]:
    after = 0
    while True:
        with deployment.store.connection():
            batch = stored_terms.retail_due(through, after, BATCH)
        if not batch:
            return
        yield batch
        after = batch[-1].subscription.key


def _bill_retail_batch(deployment: Deployment, books: Books, batch: list[Terms], through: date) -> list[int]:
    """Price and post a batch; give the keys of the subscriptions that were changed in between."""
    keys = [terms.subscription.key for terms in batch]
    with deployment.store.connection():
        parked = parked_starts(keys)
    wanted = [
        (terms, part)
        for terms in batch
        for part in parts_due(terms.subscription, terms.account_plan, parked.get(terms.subscription.key, ()), through)
    ]
    outcomes: dict[int, list[tuple[Part, Priced | FailedPrecondition]]] = {key: [] for key in keys}
    for (terms, part), outcome in zip(wanted, price_retail(deployment, wanted), strict=True):
        outcomes[terms.subscription.key].append((part, outcome))
    with books.transaction():
        current = {terms.subscription.key: terms for terms in stored_terms.terms_by_key(keys)}
        unchanged = [terms for terms in batch if current.get(terms.subscription.key) == terms]
        charged = unsettled_charges([terms.subscription for terms in unchanged])
        books.post_retail(
            [
                _retail_bill(terms, outcomes[terms.subscription.key], charged.get(terms.subscription.name, []), through)
                for terms in unchanged
            ]
        )
    posted = {terms.subscription.key for terms in unchanged}
    return [key for key in keys if key not in posted]


def _retail_bill(
    terms: Terms,
    outcomes: Sequence[tuple[Part, Priced | FailedPrecondition]],
    charged: list[Charge],
    through: date,
) -> Bill:
    """Make one subscription's charges, credits and parked charges; `charged` are its unsettled charges."""
    plan = terms.account_plan
    new = [_charge(terms, part, outcome) for part, outcome in outcomes if isinstance(outcome, Priced)]
    parked = [_parked(terms, part, failure) for part, failure in outcomes if not isinstance(failure, Priced)]
    after = billed(terms.subscription, plan, through)
    starts = {charge.period_start for charge in new}
    credited = credits_due(terms.subscription, after, plan, [*charged, *new], starts)
    return Bill(terms, after, [*new, *credited], parked)


def _charge(terms: Terms, part: Part, priced: Priced) -> Charge:
    return Charge(
        subscription=terms.subscription.name,
        side=Side.RETAIL,
        reason=ChargeReason.RECURRING,
        period_start=part.start,
        period_end=part.end,
        due_date=part.due_date(terms.account_plan.timing),
        amount=priced.amount,
        steps=priced.steps,
        product=terms.product.name,
    )


def _parked(terms: Terms, part: Part, failure: FailedPrecondition) -> ParkedCharge:
    return ParkedCharge(
        subscription=terms.subscription.name,
        period_start=part.start,
        period_end=part.end,
        due_date=part.due_date(terms.account_plan.timing),
        cause=failure.message,
        plugin=failure.metadata.get("plugin", ""),
        product=terms.product.name,
    )


def _check_fees(deployment: Deployment, through: date, newest: int) -> None:
    """Recompute every fee due by a day and compare it with the books, for what was there at the start.

    Errors: CheckFailedError.
    """
    after = 0
    while True:
        with deployment.store.snapshot():
            batch = stored_terms.started(through, after, newest, BATCH)
            records = fee_records([terms.subscription.key for terms in batch], through)
        for terms in batch:
            _check_subscription(terms, records.get(terms.subscription.key, set()), through)
        if not batch:
            return
        after = batch[-1].subscription.key


def _check_subscription(terms: Terms, booked: set[FeeRecord], through: date) -> None:
    charges = fees_charged(terms.subscription, terms.reseller_plan, through)
    owed = {FeeRecord(charge.period_start, charge.period_end, charge.due_date, charge.amount) for charge in charges}
    if owed != booked:
        raise CheckFailedError(
            f"the fees of {terms.subscription.name} are wrong: the terms ask for {_listed(owed - booked)}, "
            f"and the books have {_listed(booked - owed)} instead"
        )


def _listed(records: set[FeeRecord]) -> str:
    texts = [
        f"{units_text(record.amount.amount_micros, record.amount.currency)} {record.amount.currency} "
        f"from {record.period_start} to {record.period_end}"
        for record in sorted(records, key=lambda record: record.period_start)
    ]
    return ", ".join(texts) or "nothing"


def _tell_of_charges(deployment: Deployment, run: BillingRun) -> None:
    """Tell the plugins what the run has posted, last of all: a plugin that hangs keeps nothing from the books.

    A run that is cut off before it has finished tells them again.
    """
    posted = ChargeFilter(billing_run=run.name)
    after = 0
    while deployment.plugins.hear_of_charges:
        with deployment.store.connection():
            charges = list_charges(posted, after, BATCH)
        if not charges:
            return
        deployment.plugins.charges_posted(charges)
        after = charges[-1].key


def _finish(deployment: Deployment, books: StoredBooks, state: RunState, failure: str) -> BillingRun:
    with deployment.store.write():
        run = replace(books.run(), state=state, phase=RunPhase.FINISHED, failure=failure, finish_time=deployment.now())
        billing_runs.update_run(run)
        return run
