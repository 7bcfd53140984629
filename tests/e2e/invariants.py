"""What holds of the books after every history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from quitrent.domain.charge import CREDIT_REASONS, Charge, ChargeReason, ParkedCharge, Side
from tests.e2e.credits_model import given_back
from tests.e2e.explained import check_explanations
from tests.e2e.model import begins, fees, one_offs
from tests.e2e.shop import Shop

RECURRING = ChargeReason.RECURRING


def check_books(shop: Shop) -> None:
    """All of what follows, and every explanation."""
    check_fees(shop)
    check_one_offs(shop)
    check_retail_periods(shop)
    check_periods_tile(shop)
    check_credits(shop)
    check_explanations(shop.charges())


def check_fees(shop: Shop) -> None:
    """The fees are those of the model."""
    booked = [
        (charge.subscription, charge.period_start, charge.period_end, _cents(charge))
        for charge in shop.charges(Side.WHOLESALE, RECURRING)
    ]
    assert len(booked) == len(set(booked))
    wanted = fees(shop.lives(Side.WHOLESALE))
    assert set(booked) == wanted, (sorted(set(booked) - wanted), sorted(wanted - set(booked)))


def check_one_offs(shop: Shop) -> None:
    """The activations and the early ends are those of the model."""
    booked = {
        (charge.subscription, str(charge.reason), charge.period_start, charge.period_end, _cents(charge))
        for charge in shop.charges(Side.WHOLESALE)
        if charge.reason in (ChargeReason.ACTIVATION, ChargeReason.EARLY_CANCELLATION)
    }
    wanted = one_offs(shop.lives(Side.WHOLESALE))
    assert booked == wanted, (sorted(booked - wanted), sorted(wanted - booked))


def check_retail_periods(shop: Shop) -> None:
    """The retail side has charged or parked every period that is due, once."""
    held = _periods(shop.charges(Side.RETAIL, RECURRING)) + _periods(shop.parked())
    assert len(held) == len(set(held))
    assert set(held) == {period[:3] for period in fees(shop.lives(Side.RETAIL))}


def check_periods_tile(shop: Shop) -> None:
    """On both sides a subscription's periods follow each other from where it begins, with no gap and no overlap."""
    wholesale = _periods(shop.charges(Side.WHOLESALE, RECURRING))
    retail = _periods(shop.charges(Side.RETAIL, RECURRING)) + _periods(shop.parked())
    for side, held_side in ((Side.WHOLESALE, wholesale), (Side.RETAIL, retail)):
        starts = {life.subscription: begins(life).day for life in shop.lives(side)}
        periods: dict[str, list[tuple[date, date]]] = defaultdict(list)
        for subscription, start, end in held_side:
            periods[subscription].append((start, end))
        for subscription, held in periods.items():
            held.sort()
            assert held[0][0] == starts[subscription], held
            assert all(before[1] == after[0] for before, after in pairwise(held)), held


def check_credits(shop: Shop) -> None:
    """Each charge that has been billed to its end gives back what the model says, and no more; others nothing.

    The end of the subscription is the charge's end too. A charge that was taken back gives nothing
    back, unless that was taken back before.
    """
    back: dict[tuple[str, date], dict[ChargeReason, Charge]] = defaultdict(dict)
    for one in shop.charges(Side.RETAIL):
        if one.reason in CREDIT_REASONS:
            back[one.subscription, one.period_start][one.reason] = one
    lives = {life.subscription: life for life in shop.lives(Side.RETAIL) if life.billings}
    for charge in shop.charges(Side.RETAIL, RECURRING):
        given = back.pop((charge.subscription, charge.period_start), {})
        if charge.reversed_by:
            assert all(credit.reversed_by for credit in given.values()), charge
            continue
        after_end, suspended = 0, 0
        life = lives[charge.subscription]
        if any(through >= min(charge.period_end, known or date.max) for through, known in life.billings):
            plan, end, suspensions = shop.retail_terms(charge.subscription)
            period = (charge.period_start, charge.period_end)
            after_end, suspended = given_back(
                plan, lives[charge.subscription], _cents(charge), period, end, suspensions
            )
        wanted = {ChargeReason.UNUSED_CREDIT: -after_end, ChargeReason.SUSPENSION_CREDIT: -suspended}
        found = {reason: _cents(credit) for reason, credit in given.items()}
        assert found == {reason: cents for reason, cents in wanted.items() if cents}, charge
        assert 0 <= -sum(found.values()) <= _cents(charge)
    assert not back


def _cents(charge: Charge) -> int:
    return charge.amount.amount_micros // 10_000


def _periods(side: Sequence[Charge] | Sequence[ParkedCharge]) -> list[tuple[str, date, date]]:
    return [(one.subscription, one.period_start, one.period_end) for one in side]
