"""What holds of the books after every history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from quitrent.domain.charge import CREDIT_REASONS, Charge, ChargeReason, ParkedCharge, Side
from tests.e2e.credits_model import given_back
from tests.e2e.explained import check_explanations
from tests.e2e.model import fees
from tests.e2e.shop import Shop

RECURRING = ChargeReason.RECURRING


def check_books(shop: Shop) -> None:
    """All of what follows, and every explanation."""
    check_fees(shop)
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
    assert set(booked) == fees(shop.lives(Side.WHOLESALE))


def check_retail_periods(shop: Shop) -> None:
    """The retail side has charged or parked every period that is due, once."""
    held = _periods(shop.charges(Side.RETAIL, RECURRING)) + _periods(shop.parked())
    assert len(held) == len(set(held))
    assert set(held) == {period[:3] for period in fees(shop.lives(Side.RETAIL))}


def check_periods_tile(shop: Shop) -> None:
    """On both sides a subscription's periods follow each other from its start, with no gap and no overlap."""
    starts = {life.subscription: life.start for life in shop.lives(Side.WHOLESALE)}
    wholesale = _periods(shop.charges(Side.WHOLESALE, RECURRING))
    retail = _periods(shop.charges(Side.RETAIL, RECURRING)) + _periods(shop.parked())
    for side in (wholesale, retail):
        periods: dict[str, list[tuple[date, date]]] = defaultdict(list)
        for subscription, start, end in side:
            periods[subscription].append((start, end))
        for subscription, held in periods.items():
            held.sort()
            assert held[0][0] == starts[subscription], held
            assert all(before[1] == after[0] for before, after in pairwise(held)), held


def check_credits(shop: Shop) -> None:
    """Each charge whose period has been billed to its end gives back what the model says, and no more; others nothing.

    A charge that was taken back gives nothing back, unless that was taken back before.
    """
    back: dict[tuple[str, date], dict[ChargeReason, Charge]] = defaultdict(dict)
    for one in shop.charges(Side.RETAIL):
        if one.reason in CREDIT_REASONS:
            back[one.subscription, one.period_start][one.reason] = one
    lives = [life for life in shop.lives(Side.RETAIL) if life.billings]
    billed = {life.subscription: max(through for through, _ in life.billings) for life in lives}
    for charge in shop.charges(Side.RETAIL, RECURRING):
        given = back.pop((charge.subscription, charge.period_start), {})
        if charge.reversed_by:
            assert all(credit.reversed_by for credit in given.values()), charge
            continue
        after_end, suspended = 0, 0
        if charge.period_end <= billed[charge.subscription]:
            plan, end, suspensions = shop.retail_terms(charge.subscription)
            period = (charge.period_start, charge.period_end)
            after_end, suspended = given_back(plan, _cents(charge), period, end, suspensions)
        wanted = {ChargeReason.UNUSED_CREDIT: -after_end, ChargeReason.SUSPENSION_CREDIT: -suspended}
        found = {reason: _cents(credit) for reason, credit in given.items()}
        assert found == {reason: cents for reason, cents in wanted.items() if cents}, charge
        assert 0 <= -sum(found.values()) <= _cents(charge)
    assert not back


def _cents(charge: Charge) -> int:
    return charge.amount.amount_micros // 10_000


def _periods(side: Sequence[Charge] | Sequence[ParkedCharge]) -> list[tuple[str, date, date]]:
    return [(one.subscription, one.period_start, one.period_end) for one in side]
