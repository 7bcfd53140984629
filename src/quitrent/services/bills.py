"""The bills of a run, batch by batch: fees in one transaction each, retail priced first and then posted in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from quitrent.domain.alike import Alike
from quitrent.domain.charge import Charge, ParkedCharge, Priced, Side
from quitrent.domain.credit import may_be_given_back
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
from quitrent.store import batches
from quitrent.store.batches import Batch
from quitrent.store.charges import paused_charges, unsettled_charges

# Subscriptions in one transaction: large enough to spread its cost, small enough for others to get
# their turn between two.
BATCH = 2_000


def bill_fees(books: Books, through: date, stretch: Stretch) -> None:
    """Post every fee of a stretch that is due by a day, a batch in a transaction; no plugin is called."""
    while True:
        with books.transaction():
            batch = batches.wholesale_due(through, stretch, BATCH)
            if not batch.groups:
                return
            charged = _charged(batch.groups, Side.WHOLESALE)
            books.post_fees([_fee_bill(alike, charged, through) for alike in batch.groups])
        stretch = batch.after(stretch)


def _fee_bill(alike: Alike, charged: Mapping[str, list[Charge]], through: date) -> Bill:
    subscription = alike.terms.subscription
    charges, after = fees_due(subscription, alike.terms.reseller_plan, charged.get(subscription.name, ()), through)
    return Bill(alike, after, charges)


def _charged(groups: Sequence[Alike], side: Side) -> dict[str, list[Charge]]:
    """Give what is unsettled of those of which something may be given back, by the names of the subscriptions."""
    some = [alike.terms.subscription for alike in groups]
    return unsettled_charges([one for one in some if may_be_given_back(one, side)], side)


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
            batch = batches.retail_by_key(changed[:BATCH], deployment.plugins.seen)
        changed = changed[BATCH:] + _bill_retail_batch(deployment, books, batch, through, facts)


def _retail_batches(deployment: Deployment, through: date, stretch: Stretch) -> Iterator[Batch]:
    while True:
        with deployment.store.connection():
            batch = batches.retail_due(through, stretch, BATCH, deployment.plugins.seen)
        if not batch.groups:
            return
        yield batch
        stretch = batch.after(stretch)


def _bill_retail_batch(deployment: Deployment, books: Books, batch: Batch, through: date, facts: Facts) -> list[int]:
    """Price and post a batch; give the keys of the subscriptions that were changed in between."""
    wanted = [
        (alike.terms, part)
        for alike in batch.groups
        for part in retail_parts_due(
            alike.terms.subscription, alike.terms.account_plan, batch.parked.get(alike.terms.key, ()), through
        )
    ]
    outcomes: dict[int, list[tuple[Part, Priced | FailedPrecondition]]] = {}
    for (terms, part), outcome in zip(wanted, price_in_turn(deployment, wanted, facts), strict=True):
        outcomes.setdefault(terms.key, []).append((part, outcome))
    with books.transaction():
        unchanged = batch.unchanged()
        charged = _charged(unchanged, Side.RETAIL)
        paused = _paused_charges(unchanged, through)
        books.post_retail(
            [
                _retail_bill(
                    alike,
                    outcomes.get(alike.terms.key, []),
                    charged.get(alike.terms.subscription.name, []),
                    paused.get(alike.terms.subscription.name, []),
                    through,
                    was_parked=alike.terms.key in batch.parked,
                )
                for alike in unchanged
            ]
        )
    posted = {key for alike in unchanged for key in alike.keys}
    return [key for key in batch.keys if key not in posted]


def _paused_charges(groups: Sequence[Alike], through: date) -> dict[str, list[Charge]]:
    """Give what the choices of resumes may put right, for the few subscriptions where one is due."""
    since = {
        alike.terms.key: min(pause.start for pause in pauses)
        for alike in groups
        if (pauses := pauses_due(alike.terms.subscription, through))
    }
    return paused_charges(since)


def _retail_bill(
    alike: Alike,
    outcomes: Sequence[tuple[Part, Priced | FailedPrecondition]],
    charged: list[Charge],
    paused: list[Charge],
    through: date,
    *,
    was_parked: bool,
) -> Bill:
    """Make the charges, credits and parked charges of subscriptions that are alike.

    `charged` are its unsettled charges, `paused` those that the choice of a resume may put right.
    """
    terms = alike.terms
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
    return Bill(alike, after, [*one_offs, *new, *credited, *corrected], parked, was_parked)


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
