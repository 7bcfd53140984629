"""One subscription's life as a timeline: what happened on which day, and what each side was charged for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.domain.subscription import PausedDays, Subscription

_TEXTS = {
    ChargeReason.RECURRING: "{product} from {start} to {end}",
    ChargeReason.ACTIVATION: "activation of {product}",
    ChargeReason.EARLY_CANCELLATION: "ended before the minimum term, {end}",
    ChargeReason.UNUSED_CREDIT: "unused days from {start} to {end} given back",
    ChargeReason.SUSPENSION_CREDIT: "suspended days from {start} to {end} given back",
    ChargeReason.PAUSED_CREDIT: "suspended days from {start} to {end} given back after all",
    ChargeReason.PAUSED_CHARGE: "suspended days from {start} to {end} charged after all",
    ChargeReason.REVERSAL: "a charge from {start} to {end} taken back",
}
_RESUMES = {
    None: "resumed",
    PausedDays.CHARGE: "resumed, the suspended days charged",
    PausedDays.CREDIT: "resumed, the suspended days given back",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened on a day; of a charge the amounts, by side."""

    day: date
    text: str
    wholesale: Money | None = None
    retail: Money | None = None


def timeline(subscriptions: Sequence[Subscription], charges: Iterable[Charge]) -> list[Moment]:
    """Give the moments of a subscription, and of those that its product was changed to after it, in order.

    A day's events come before its charges. What both sides were charged for the same days is one moment.
    """
    events = [event for one in subscriptions for event in _events(one, subscriptions)]
    moments = [*events, *_charged(charges)]
    return sorted(moments, key=lambda moment: moment.day)


def _events(subscription: Subscription, all_of_them: Sequence[Subscription]) -> Iterator[Moment]:
    verb = "changed to" if any(one.name == subscription.replaces for one in all_of_them) else "assigned:"
    yield Moment(subscription.start, f"{verb} {subscription.product}")
    for suspension in subscription.suspensions:
        yield Moment(suspension.start, "suspended")
        if suspension.end is not None:
            yield Moment(suspension.end, _RESUMES[suspension.paused_days])
    is_changed = any(one.replaces == subscription.name for one in all_of_them)
    if subscription.end is not None and not is_changed:
        yield Moment(subscription.end, "closed")


def _charged(charges: Iterable[Charge]) -> Iterator[Moment]:
    by_text: dict[tuple[date, str], list[Charge]] = {}
    for charge in sorted(charges, key=lambda charge: (charge.due_date, charge.period_start)):
        text = _TEXTS[charge.reason].format(product=charge.product, start=charge.period_start, end=charge.period_end)
        by_text.setdefault((charge.due_date, text), []).append(charge)
    for (day, text), alike in by_text.items():
        sides = ([one.amount for one in alike if one.side is side] for side in (Side.WHOLESALE, Side.RETAIL))
        for wholesale, retail in zip_longest(*sides):
            yield Moment(day, text, wholesale, retail)
