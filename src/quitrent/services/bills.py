"""The bills of a run, batch by batch: fees in one transaction each, retail priced first and then posted in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from quitrent.domain.charge import Charge, ParkedCharge, Priced, Side
from quitrent.domain.due import one_offs_due
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.fee import fees_due, one_off_charge, part_charge
from quitrent.domain.part import Part
from quitrent.domain.pause import pause_charges, pauses_due
from quitrent.domain.place import Stretch
from quitrent.domain.retail_bill import credits_due, retail_billed, retail_parts_due
from quitrent.domain.terms import Terms
from quitrent.services.books import Bill, Books
from quitrent.services.deployment import Deployment
from quitrent.services.line_facts import Facts
from quitrent.services.pricing import price_in_turn
from quitrent.store import terms as stored_terms
from quitrent.store.charges import paused_charges, unsettled_charges
from quitrent.store.parked_charges import parked_periods
from quitrent.store.terms import TermsBatch

# Subscriptions in one transaction: large enough to spread its cost, small enough for others to get
# their turn between two.
BATCH = 500


def bill_fees(books: Books, through: date, stretch: Stretch) -> None:
    """Post every fee of a stretch that is due by a day, a batch in a transaction; no plugin is called."""
    while True:
        with books.transaction():
            batch = stored_terms.wholesale_due(through, stretch, BATCH)
            if not batch.terms:
                return
            charged = unsettled_charges([terms.subscription for terms in batch.terms], Side.WHOLESALE)
            books.post_fees(
                [_fee_bill(terms, charged.get(terms.subscription.name, []), through) for terms in batch.terms]
            )
        stretch = batch.after(stretch)


def _fee_bill(terms: Terms, charged: list[Charge], through: date) -> Bill:
    charges, after = fees_due(terms.subscription, terms.reseller_plan, charged, through)
    return Bill(terms, after, charges)


def bill_retail(deployment: Deployment, books: Books, through: date, stretch: Stretch) -> None:
    """Price and post the retail side of everything of a stretch that is due by a day.

    What was changed while it was priced is priced again.
    """
    facts = Facts(deployment)
    changed: list[int] = []
    for batch in _retail_batches(deployment, through, stretch):
        changed += _bill_retail_batch(deployment, books, batch, through, facts)
    while changed:
        with deployment.store.connection():
            batch = stored_terms.terms_by_key(changed[:BATCH])
        changed = changed[BATCH:] + _bill_retail_batch(deployment, books, batch, through, facts)


def _retail_batches(deployment: Deployment, through: date, stretch: Stretch) -> Iterator[TermsBatch]:
    while True:
        with deployment.store.connection():
            batch = stored_terms.retail_due(through, stretch, BATCH)
        if not batch.terms:
            return
        yield batch
        stretch = batch.after(stretch)


def _bill_retail_batch(
    deployment: Deployment, books: Books, batch: TermsBatch, through: date, facts: Facts
) -> list[int]:
    """Price and post a batch; give the keys of the subscriptions that were changed in between."""
    with deployment.store.connection():
        parked = parked_periods(batch.keys)
    wanted = [
        (terms, part)
        for terms in batch.terms
        for part in retail_parts_due(
            terms.subscription, terms.account_plan, parked.get(terms.subscription.key, ()), through
        )
    ]
    outcomes: dict[int, list[tuple[Part, Priced | FailedPrecondition]]] = {key: [] for key in batch.keys}
    for (terms, part), outcome in zip(wanted, price_in_turn(deployment, wanted, facts), strict=True):
        outcomes[terms.subscription.key].append((part, outcome))
    with books.transaction():
        unchanged = _unchanged(batch, parked)
        charged = unsettled_charges([terms.subscription for terms in unchanged], Side.RETAIL)
        paused = _paused_charges(unchanged, through)
        books.post_retail(
            [
                _retail_bill(
                    terms,
                    outcomes[terms.subscription.key],
                    charged.get(terms.subscription.name, []),
                    paused.get(terms.subscription.name, []),
                    through,
                    was_parked=terms.subscription.key in parked,
                )
                for terms in unchanged
            ]
        )
    posted = {terms.subscription.key for terms in unchanged}
    return [key for key in batch.keys if key not in posted]


def _unchanged(batch: TermsBatch, parked: dict[int, dict[date, date]]) -> list[Terms]:
    """Give those that are still as they were when they were priced, and whose parked periods are."""
    same, parked_now = batch.unchanged(), parked_periods(batch.keys)
    return [
        terms
        for terms, key in zip(batch.terms, batch.keys, strict=True)
        if key in same and parked_now.get(key) == parked.get(key)
    ]


def _paused_charges(batch: Sequence[Terms], through: date) -> dict[str, list[Charge]]:
    """Give what the choices of resumes may put right, for the few subscriptions where one is due."""
    since = {
        terms.subscription.key: min(pause.start for pause in pauses)
        for terms in batch
        if (pauses := pauses_due(terms.subscription, through))
    }
    return paused_charges(since)


def _retail_bill(
    terms: Terms,
    outcomes: Sequence[tuple[Part, Priced | FailedPrecondition]],
    charged: list[Charge],
    paused: list[Charge],
    through: date,
    *,
    was_parked: bool,
) -> Bill:
    """Make one subscription's charges, credits and parked charges.

    `charged` are its unsettled charges, `paused` those that the choice of a resume may put right.
    """
    plan, before = terms.account_plan, terms.subscription
    one_offs = [
        one_off_charge(before, Side.RETAIL, one) for one in one_offs_due(before.retail, plan, before.start, through)
    ]
    new = [
        part_charge(before, Side.RETAIL, plan, part, outcome)
        for part, outcome in outcomes
        if isinstance(outcome, Priced)
    ]
    parked = [_parked(terms, part, failure) for part, failure in outcomes if not isinstance(failure, Priced)]
    after = retail_billed(before, plan, through)
    starts = {charge.period_start for charge in new}
    credited = credits_due(before, after, plan, [*charged, *new], starts)
    corrected = pause_charges(before, pauses_due(before, through), plan, paused)
    return Bill(terms, after, [*one_offs, *new, *credited, *corrected], parked, was_parked)


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
