"""The check of the books: what the terms ask for is there, once, and nothing else is.

Fees are computed anew from the start of each subscription and compared one by one. Retail periods
have to tile up to where the subscription says that it is billed, each of them charged or parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from quitrent.domain.charge import Side
from quitrent.domain.fee import fees_charged
from quitrent.domain.money import units_text
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.store import terms as stored_terms
from quitrent.store.charges import BookedPeriod, booked_periods
from quitrent.store.parked_charges import parked_periods

BATCH = 500

# How often something may become due or be changed while it is being checked.
TRIES = 3


class CheckFailedError(Exception):
    """The books do not hold what the terms ask for; the text says what."""


def check_books(deployment: Deployment, through: date, bill_fees: Callable[[], None]) -> None:
    """Check every subscription that has started by a day.

    bill_fees: posts what has become due by a change since the fees were posted; it is asked before
    anything is called wrong.
    Errors: CheckFailedError.
    """
    wrong = _wrong(deployment, through, _all(deployment, through))
    for _ in range(TRIES):
        if not wrong:
            return
        bill_fees()
        wrong = _wrong(deployment, through, [sorted(wrong)])
    raise CheckFailedError("; ".join(text for _, text in sorted(wrong.items())[:3]))


def _all(deployment: Deployment, through: date) -> Iterable[list[int]]:
    after = 0
    while True:
        with deployment.store.connection():
            keys = stored_terms.started_keys(through, after, BATCH)
        if not keys:
            return
        yield keys
        after = keys[-1]


def _wrong(deployment: Deployment, through: date, batches: Iterable[list[int]]) -> dict[int, str]:
    """Give the subscriptions that are wrong, by their keys, and what is wrong with each."""
    wrong: dict[int, str] = {}
    for keys in batches:
        with deployment.store.snapshot():
            batch = stored_terms.terms_by_key(keys)
            fees, prices = booked_periods(keys, Side.WHOLESALE), booked_periods(keys, Side.RETAIL)
            parked = parked_periods(keys)
        for terms in batch:
            key = terms.subscription.key
            text = _wrong_fees(terms, fees.get(key, []), through) or _wrong_tiles(
                terms, prices.get(key, []), parked.get(key, {})
            )
            if text:
                wrong[key] = text
    return wrong


def _wrong_fees(terms: Terms, booked: Sequence[BookedPeriod], through: date) -> str:
    owed = [
        BookedPeriod(
            charge.period_start, charge.period_end, charge.due_date, charge.amount.amount_micros, charge.amount.currency
        )
        for charge in fees_charged(terms.subscription, terms.reseller_plan, through)
    ]
    due = [fee for fee in booked if fee.due_date <= through]
    if owed == due:
        return ""
    return (
        f"the fees of {terms.subscription.name} are wrong: the terms ask for {_listed(owed)}, the books have "
        f"{_listed(due)}"
    )


def _wrong_tiles(terms: Terms, booked: Sequence[BookedPeriod], parked: dict[date, date]) -> str:
    subscription = terms.subscription
    parts = terms.account_plan.calendar.parts(subscription.start, subscription.retail_billed_until)
    wanted = [(part.start, part.end) for part in parts]
    found = sorted([(charge.period_start, charge.period_end) for charge in booked] + list(parked.items()))
    if wanted == found:
        return ""
    return (
        f"the retail periods of {subscription.name} are wrong: billed up to {subscription.retail_billed_until} they "
        f"are {_days(wanted)}, the books have {_days(found)}"
    )


def _listed(periods: Sequence[BookedPeriod]) -> str:
    texts = [
        f"{units_text(one.amount_micros, one.currency)} {one.currency} from {one.period_start} to {one.period_end}"
        for one in periods
    ]
    return ", ".join(texts) or "nothing"


def _days(periods: Sequence[tuple[date, date]]) -> str:
    return ", ".join(f"{start} to {end}" for start, end in periods) or "none"
