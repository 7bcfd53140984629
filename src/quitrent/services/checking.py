"""The check of the books: what the terms ask for is there, once, and nothing else is.

Fees are computed anew from the start of each subscription and compared one by one. Retail periods
have to tile up to where the subscription says that it is billed, each of them charged or parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.fee import fees_charged
from quitrent.domain.money import units_text
from quitrent.domain.place import Stretch
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.store import batches
from quitrent.store.batches import Batch
from quitrent.store.booked_charges import Booked, BookedCharge, booked_charges, on_side
from quitrent.store.parked_charges import parked_periods
from quitrent.store.terms import terms_by_key

BATCH = 2_000

# Parked periods: the first day and the end of each.
Parked = tuple[tuple[date, date], ...]

# How often something may become due or be changed while it is being checked.
TRIES = 3


class CheckFailedError(Exception):
    """The books do not hold what the terms ask for; the text says what."""


def check_books(deployment: Deployment, through: date, stretch: Stretch, bill_fees: Callable[[], None]) -> None:
    """Check every subscription of a stretch that has started by a day.

    bill_fees: posts what has become due by a change since the fees were posted; it is asked before
    anything is called wrong.
    Errors: CheckFailedError.
    """
    wrong: dict[int, str] = {}
    for some in _wrong_ones(deployment, through, stretch):
        wrong |= some
    for _ in range(TRIES):
        if not wrong:
            return
        bill_fees()
        with deployment.store.snapshot():
            wrong = _wrong(batches.by_key(list(wrong)), through)
    raise CheckFailedError("; ".join(text for _, text in sorted(wrong.items())[:3]))


def _wrong_ones(deployment: Deployment, through: date, stretch: Stretch) -> Iterator[dict[int, str]]:
    while True:
        with deployment.store.snapshot():
            batch = batches.started(through, stretch, BATCH)
            if not batch.groups:
                return
            wrong = _wrong(batch, through)
        yield wrong
        stretch = batch.after(stretch)


def _wrong(batch: Batch, through: date) -> dict[int, str]:
    """Give the subscriptions that are wrong, by their keys, and what is wrong with each."""
    booked = booked_charges(batch.keys)
    parked = {key: tuple(periods.items()) for key, periods in parked_periods(batch.keys).items()}
    suspects: list[int] = []
    for alike in batch.groups:
        # Those that are alike are right or wrong together where their books are the same.
        same: dict[tuple[Booked, Parked], list[int]] = {}
        for key in alike.keys:
            same.setdefault((booked.get(key, ()), parked.get(key, ())), []).append(key)
        suspects += (
            key for books, keys in same.items() if _what_is_wrong(alike.terms, *books, through) for key in keys
        )
    each = terms_by_key(suspects).terms if suspects else ()
    return {
        terms.key: _what_is_wrong(terms, booked.get(terms.key, ()), parked.get(terms.key, ()), through)
        for terms in each
    }


def _what_is_wrong(terms: Terms, booked: Booked, parked: Parked, through: date) -> str:
    fees, retail = on_side(booked, Side.WHOLESALE), on_side(booked, Side.RETAIL)
    return _wrong_fees(terms, fees, through) or _wrong_tiles(terms, retail, parked)


def _wrong_fees(terms: Terms, booked: Sequence[BookedCharge], through: date) -> str:
    reversed_starts = {one.period_start for one in booked if one.is_reversed}
    owed = sorted(_booked(charge) for charge in fees_charged(terms.subscription, terms.reseller_plan, through))
    due = sorted(one for one in booked if one.due_date <= through)
    there = set(due)
    # Nothing is given back of a fee that had been reversed by then.
    owed = [one for one in owed if one in there or not (one.is_credit and one.period_start in reversed_starts)]
    if owed == due:
        return ""
    return (
        f"the fees of {terms.subscription.name} are wrong: the terms ask for {_listed(owed)}, the books have "
        f"{_listed(due)}"
    )


def _booked(charge: Charge) -> BookedCharge:
    return BookedCharge(
        period_start=charge.period_start,
        period_end=charge.period_end,
        due_date=charge.due_date,
        reason=charge.reason,
        amount_micros=charge.amount.amount_micros,
        currency=charge.amount.currency,
    )


def _wrong_tiles(terms: Terms, booked: Sequence[BookedCharge], parked: Parked) -> str:
    subscription, side = terms.subscription, terms.subscription.retail
    parts = terms.account_plan.calendar.parts(replace(side.schedule, end=side.billed_until))
    wanted = [(part.start, part.end) for part in parts]
    charged = [(one.period_start, one.period_end) for one in booked if one.reason is ChargeReason.RECURRING]
    found = sorted([*charged, *parked])
    if wanted == found:
        return ""
    return (
        f"the retail periods of {subscription.name} are wrong: billed up to {side.billed_until} they "
        f"are {_days(wanted)}, the books have {_days(found)}"
    )


def _listed(charges: Sequence[BookedCharge]) -> str:
    texts = [
        f"{_reason(one)}{units_text(one.amount_micros, one.currency)} {one.currency} "
        f"from {one.period_start} to {one.period_end}"
        for one in charges
    ]
    return ", ".join(texts) or "nothing"


def _reason(booked: BookedCharge) -> str:
    return "" if booked.reason is ChargeReason.RECURRING else f"{booked.reason} "


def _days(periods: Sequence[tuple[date, date]]) -> str:
    return ", ".join(f"{start} to {end}" for start, end in periods) or "none"
