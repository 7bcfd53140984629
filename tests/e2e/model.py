"""The provider's fees told a second time: from the rules, and not from the code. It imports nothing of quitrent's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple


class ModelPlan(NamedTuple):
    """A monthly fee in cents, and the four choices of its calendar."""

    cents: int
    anniversary: bool
    in_arrears: bool
    first_whole: bool
    last_whole: bool


class Life(NamedTuple):
    """A subscription: each billing is the day through which it went, and the end of this side as it was known then."""

    subscription: str
    plan: ModelPlan
    start: date
    billings: Sequence[tuple[date, date | None]]


def fees(lives: Iterable[Life]) -> set[tuple[str, date, date, int]]:
    """Give the fees that have to be in the books: subscription, first day, day after the last, cents."""
    found = set()
    for name, plan, start, billings in lives:
        months = 0
        for through, end in billings:
            # What was charged before the end was known stands: the count of months never goes back.
            while True:
                opens, closes = _month(plan, start, months), _month(plan, start, months + 1)
                first, last = max(start, opens), min(closes, end or closes)
                if first >= last or (last if plan.in_arrears else first) > through:
                    break
                free = 0 if plan.first_whole else (first - opens).days
                free += 0 if plan.last_whole else (closes - last).days
                days = (closes - opens).days
                found.add((name, first, last, (2 * plan.cents * (days - free) + days) // (2 * days)))
                months += 1
    return found


def _month(plan: ModelPlan, start: date, months: int) -> date:
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in range(start.day if plan.anniversary else 1, 0, -1):
        with suppress(ValueError):
            return date(year, month0 + 1, day)
    raise AssertionError("every month has a first day")
