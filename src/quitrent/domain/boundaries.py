"""Where whole periods begin: three kinds of boundaries, each an anchor plus an index of steps.

`boundary(index)` never looks at the boundary before, so a day that a short month lacks comes back
in the next:

>>> month_ends = EveryMonths(month_number(date(2026, 1, 31)), 1, 31)
>>> [str(month_ends.boundary(index)) for index in range(4)]
['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']
>>> month_ends.index_of(date(2026, 3, 30)), month_ends.index_of(date(2026, 3, 31))
(1, 2)
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

_FIRST_DAY_OF_SECOND_HALF = 16


class Boundaries(Protocol):
    """The first days of whole periods, by their index; an index may be below zero."""

    def boundary(self, index: int) -> date:
        """Give the first day of a whole period."""

    def index_of(self, day: date) -> int:
        """Give the index of the whole period that holds a day."""

    def thirty_day_number(self, day: date) -> int:
        """Number a day so that each month between two boundaries has 30 days.

        A 31st day adds none, and the days that a short month lacks are its last day's.
        """


@dataclass(frozen=True, slots=True)
class EveryDays:
    """Every so many days from an anchor."""

    anchor: date
    step_days: int

    def boundary(self, index: int) -> date:
        """Give the first day of a whole period."""
        return self.anchor + timedelta(days=index * self.step_days)

    def index_of(self, day: date) -> int:
        """Give the index of the whole period that holds a day."""
        return (day - self.anchor).days // self.step_days

    def thirty_day_number(self, day: date) -> int:
        """Number a day; days are not months, and count as what they are."""
        return day.toordinal()


@dataclass(frozen=True, slots=True)
class EveryMonths:
    """A day of every so many months; a month that lacks the day has its last day instead."""

    anchor_month: int
    step_months: int
    day: int

    def boundary(self, index: int) -> date:
        """Give the first day of a whole period."""
        return day_of_month(self.anchor_month + index * self.step_months, self.day)

    def index_of(self, day: date) -> int:
        """Give the index of the whole period that holds a day."""
        index = (month_number(day) - self.anchor_month) // self.step_months
        return index if self.boundary(index) <= day else index - 1

    def thirty_day_number(self, day: date) -> int:
        """Number a day so that each month has 30, counted from the day on which boundaries lie.

        >>> [EveryMonths(0, 12, 1).thirty_day_number(date(2026, 1, day)) % 30 for day in (1, 30, 31)]
        [0, 29, 0]
        """
        return _number(day, EveryMonths(self.anchor_month, 1, self.day), 30)


@dataclass(frozen=True, slots=True)
class EveryHalfMonths:
    """The 1st and the 16th, every so many of them."""

    anchor_half: int
    step_halves: int

    def boundary(self, index: int) -> date:
        """Give the first day of a whole period."""
        month, second = divmod(self.anchor_half + index * self.step_halves, 2)
        return day_of_month(month, _FIRST_DAY_OF_SECOND_HALF if second else 1)

    def index_of(self, day: date) -> int:
        """Give the index of the whole period that holds a day."""
        return (half_number(day) - self.anchor_half) // self.step_halves

    def thirty_day_number(self, day: date) -> int:
        """Number a day so that each half of a month has 15."""
        return _number(day, EveryHalfMonths(self.anchor_half, 1), 15)


def month_number(day: date) -> int:
    """Number a day's month: months since the year 0."""
    return day.year * 12 + day.month - 1


def half_number(day: date) -> int:
    """Number a day's half of a month: halves since the year 0."""
    return month_number(day) * 2 + (day.day >= _FIRST_DAY_OF_SECOND_HALF)


def day_of_month(month: int, day: int) -> date:
    """Give a day of a numbered month, or the month's last where it lacks the day."""
    year, month0 = divmod(month, 12)
    return date(year, month0 + 1, min(day, monthrange(year, month0 + 1)[1]))


def _number(day: date, units: Boundaries, days_in_unit: int) -> int:
    index = units.index_of(day)
    return index * days_in_unit + min((day - units.boundary(index)).days, days_in_unit)
