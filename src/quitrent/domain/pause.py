"""What a resume says of the suspended days before it, carried out for periods that had been settled by then.

What has been given back is compared with what is to be given back now, and the difference is a
charge of its own: the customer pays the days after all, or gets them back after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Charge, ChargeReason, Side, Step, StepKind
from quitrent.domain.credit import credits_for
from quitrent.domain.money import Money, units_text
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import Subscription, Suspension


def pauses_due(subscription: Subscription, through: date) -> list[Suspension]:
    """Give the suspensions that have ended by a day with a choice that has not been carried out."""
    return [one for one in subscription.suspensions if _is_due(one, through)]


def pauses_carried_out(subscription: Subscription, through: date) -> Subscription:
    """Give it with the choices of its resumes carried out up to a day."""
    suspensions = tuple(
        replace(one, carried_out=True) if _is_due(one, through) else one for one in subscription.suspensions
    )
    return replace(subscription, suspensions=suspensions)


def pause_charges(
    before: Subscription, pauses: Iterable[Suspension], plan: Plan, charges: Iterable[Charge]
) -> Iterator[Charge]:
    """Give the charges that put settled periods right.

    `charges` are the subscription's retail charges and suspension credits since the first of the pauses.
    """
    known = list(charges)
    for pause in pauses:
        assert pause.end is not None, "a pause is due once it has ended"
        touched = [
            one
            for one in known
            if one.period_start < pause.end and pause.start < one.period_end <= before.retail.settled_until
        ]
        given = -sum(_micros(one) for one in touched if _is_standing(one, ChargeReason.SUSPENSION_CREDIT))
        wanted = sum(
            -_micros(credit)
            for one in touched
            if _is_standing(one, ChargeReason.RECURRING)
            for credit in credits_for(one, before, before.retail, plan)
            if credit.reason is ChargeReason.SUSPENSION_CREDIT
        )
        if given != wanted:
            yield _correction(before, pause, plan, given, wanted)


def _is_due(suspension: Suspension, through: date) -> bool:
    chosen = suspension.paused_days is not None and not suspension.carried_out
    return chosen and suspension.end is not None and suspension.end <= through


def _is_standing(charge: Charge, reason: ChargeReason) -> bool:
    return charge.reason is reason and not charge.reversed_by


def _micros(charge: Charge) -> int:
    return charge.amount.amount_micros


def _correction(subscription: Subscription, pause: Suspension, plan: Plan, given: int, wanted: int) -> Charge:
    assert pause.end is not None, "a pause is due once it has ended"
    currency = plan.fee.currency
    amount = Money(given - wanted, currency)
    return Charge(
        subscription=subscription.name,
        side=Side.RETAIL,
        reason=ChargeReason.PAUSED_CHARGE if amount.amount_micros > 0 else ChargeReason.PAUSED_CREDIT,
        period_start=pause.start,
        period_end=min(pause.end, subscription.retail.settled_until),
        due_date=pause.end,
        amount=amount,
        steps=(
            Step(StepKind.CHARGE, "was given back for the suspended days", units_text(given, currency)),
            Step(StepKind.CHARGE, "is given back for them since the resume", units_text(wanted, currency)),
            Step(StepKind.ROUNDING, "the difference", units_text(amount.amount_micros, currency)),
        ),
        product=subscription.product,
    )
