"""The calendar: which periods a subscription has, and how much of each is charged.

Days are civil dates and periods half-open, `[start, end)`. A whole period lies between two
`boundaries`; a part is what one subscription has of a whole period (or of several, where a plan
charges several in advance), and what one charge is for. Parts tile the schedule: no gap, no
overlap.

A subscription from the 11th of January to the 16th of March on calendar months has three parts:

>>> from quitrent.domain.days import days_text
>>> from quitrent.domain.part import PartCharge
>>> BY_DAYS = PartCharge.BY_DAYS
>>> for part in Calendar().parts(Schedule.starting(date(2026, 1, 11), date(2026, 3, 16))):
...     print(part.start, part.end, days_text(part.charged(BY_DAYS, BY_DAYS)))
2026-01-11 2026-02-01 21 of 31 days
2026-02-01 2026-03-01 a whole period
2026-03-01 2026-03-16 15 of 31 days
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count, pairwise

from quitrent.domain.boundaries import (
    Boundaries,
    EveryDays,
    EveryHalfMonths,
    EveryMonths,
    day_of_month,
    half_number,
    month_number,
)
from quitrent.domain.part import Part, Period
from quitrent.domain.schedule import Schedule

DAYS_IN_WEEK = 7
MONTHS_IN_YEAR = 12


class PeriodUnit(StrEnum):
    """The length of a period, together with how many of them it is."""

    DAY = "DAY"
    WEEK = "WEEK"
    HALF_MONTH = "HALF_MONTH"
    MONTH = "MONTH"
    YEAR = "YEAR"


class PeriodBoundary(StrEnum):
    """Where the boundaries of periods lie."""

    CALENDAR = "CALENDAR"
    ANNIVERSARY = "ANNIVERSARY"
    FIXED_DAY = "FIXED_DAY"


class DayCount(StrEnum):
    """How the days of a part and of a whole period are counted."""

    ACTUAL = "ACTUAL"
    THIRTY_DAY_MONTHS = "THIRTY_DAY_MONTHS"


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a plan divides time: `period_count` units to a period, `periods_in_advance` of them to a part."""

    period_unit: PeriodUnit = PeriodUnit.MONTH
    period_count: int = 1
    period_boundary: PeriodBoundary = PeriodBoundary.CALENDAR
    fixed_day: int = 0
    day_count: DayCount = DayCount.ACTUAL
    periods_in_advance: int = 1

    def __hash__(self) -> int:
        """Give a number that tells most calendars apart, and is made quickly."""
        return hash((self.period_count, self.fixed_day, self.periods_in_advance))

    def has_periods_of(self, other: Calendar) -> bool:
        """Whether both divide time into the same periods, where they count from the same day."""
        return self._steps == other._steps

    @property
    def _steps(self) -> tuple[object, ...]:
        units, count = self.period_unit, self.period_count
        if units is PeriodUnit.YEAR:
            units, count = PeriodUnit.MONTH, count * MONTHS_IN_YEAR
        return units, count, self.period_boundary, self.fixed_day, self.periods_in_advance

    def boundary(self, anchor: date, index: int) -> date:
        """Give the first day of whole period `index`, counted from the one that holds the anchor."""
        return self._boundaries(anchor).boundary(index)

    def index_of(self, anchor: date, day: date) -> int:
        """Give the index of the whole period that holds a day, counted from the one that holds the anchor."""
        return self._boundaries(anchor).index_of(day)

    def parts(self, schedule: Schedule, since: date | None = None) -> Iterator[Part]:
        """Give the parts of a schedule, in order; without an end they go on.

        `since` leaves out the parts that begin before it.
        """
        since = since or schedule.start
        for block in count(_block_of(self, schedule, since)):
            parts = _parts(self, schedule, block)
            if not parts:
                return
            yield from (part for part in parts if part.start >= since)

    def part_on(self, schedule: Schedule, day: date) -> Part | None:
        """Give the part that holds a day, or None where the day lies outside the schedule."""
        if day < schedule.start or (schedule.end is not None and day >= schedule.end):
            return None
        return _part_on(self, schedule, day)

    def is_cut(self, schedule: Schedule, day: date) -> bool:
        """Whether a schedule that ended on a day would end inside of a part."""
        grid = _Grid(self, schedule)
        return grid.boundaries.boundary(grid.first_period(grid.block_of(day))) != day

    def _boundaries(self, anchor: date) -> Boundaries:
        match self.period_unit:
            case PeriodUnit.DAY:
                return EveryDays(anchor, self.period_count)
            case PeriodUnit.WEEK:
                on_monday = self.period_boundary is PeriodBoundary.CALENDAR
                first = anchor - timedelta(days=anchor.weekday()) if on_monday else anchor
                return EveryDays(first, self.period_count * DAYS_IN_WEEK)
            case PeriodUnit.HALF_MONTH:
                half = _aligned(half_number(anchor), self.period_count, 2 * MONTHS_IN_YEAR)
                return EveryHalfMonths(half, self.period_count)
            case PeriodUnit.MONTH:
                return self._months(anchor, self.period_count)
            case PeriodUnit.YEAR:
                return self._months(anchor, self.period_count * MONTHS_IN_YEAR)

    def _months(self, anchor: date, step_months: int) -> EveryMonths:
        month = month_number(anchor)
        match self.period_boundary:
            case PeriodBoundary.CALENDAR:
                return EveryMonths(_aligned(month, step_months, MONTHS_IN_YEAR), step_months, 1)
            case PeriodBoundary.ANNIVERSARY:
                return EveryMonths(month, step_months, anchor.day)
            case PeriodBoundary.FIXED_DAY:
                # Where that day comes first, the start lies in the whole period that ends on it.
                ends_first_part = day_of_month(month, self.fixed_day) > anchor
                return EveryMonths(month - step_months if ends_first_part else month, step_months, self.fixed_day)


def _aligned(number: int, step: int, in_a_year: int) -> int:
    """Give where the step begins that holds a number: steps that divide a year begin with it, like quarters.

    Several years begin with the year of the number, and other steps with the number itself.
    """
    unit = step if in_a_year % step == 0 else in_a_year if step % in_a_year == 0 else 1
    return number - number % unit


# A book has few schedules for its many subscriptions, and a run asks for the same parts of each again and again.
@lru_cache(maxsize=16_384)
def _parts(calendar: Calendar, schedule: Schedule, block: int) -> tuple[Part, ...]:
    return _Grid(calendar, schedule).parts(block)


@lru_cache(maxsize=16_384)
def _part_on(calendar: Calendar, schedule: Schedule, day: date) -> Part:
    parts = _parts(calendar, schedule, _block_of(calendar, schedule, day))
    return next(part for part in parts if part.start <= day < part.end)


@lru_cache(maxsize=16_384)
def _block_of(calendar: Calendar, schedule: Schedule, day: date) -> int:
    return _Grid(calendar, schedule).block_of(day)


class _Grid:
    """The whole periods that a schedule lies on."""

    def __init__(self, calendar: Calendar, schedule: Schedule) -> None:
        self._calendar, self._schedule = calendar, schedule
        self.boundaries = calendar._boundaries(schedule.anchor)

    def first_period(self, block: int) -> int:
        """Give the index of the first whole period of a block: of as many as are charged at a time."""
        return self._schedule.first_index + block * self._calendar.periods_in_advance

    def block_of(self, day: date) -> int:
        """Give the block that holds a day."""
        return (self.boundaries.index_of(day) - self._schedule.first_index) // self._calendar.periods_in_advance

    def parts(self, block: int) -> tuple[Part, ...]:
        """Give the parts that the schedule has in a block: one, and one more after each break."""
        schedule, first = self._schedule, self.first_period(block)
        opens = max(schedule.start, self.boundaries.boundary(first))
        closes = self.boundaries.boundary(first + self._calendar.periods_in_advance)
        if schedule.end is not None:
            closes = min(closes, schedule.end)
        if opens >= closes:
            return ()
        ends = [*(day for day in schedule.breaks if opens < day < closes), closes]
        days_before = schedule.days_before if opens == schedule.start else 0
        return tuple(
            Part(
                index=first - schedule.first_index + schedule.periods_before,
                start=start,
                end=end,
                periods=self._periods(opens, end),
                priced_on=self.boundaries.boundary(self.boundaries.index_of(opens)) if days_before else opens,
                earlier=self._periods(opens, start) if start > opens else (),
                days_before=days_before,
            )
            for start, end in pairwise([opens, *ends])
        )

    def _periods(self, opens: date, closes: date) -> tuple[Period, ...]:
        """Give the whole periods that hold the days `[opens, closes)`."""
        periods = []
        for index in count(self.boundaries.index_of(opens)):
            start, end = self.boundaries.boundary(index), self.boundaries.boundary(index + 1)
            if start >= closes:
                break
            first, last = max(start, opens), min(end, closes)
            periods.append(Period(start, end, self._days(start, end), self._days(start, first), self._days(last, end)))
        return tuple(periods)

    def _days(self, start: date, end: date) -> int:
        if self._calendar.day_count is DayCount.ACTUAL:
            return (end - start).days
        return self.boundaries.thirty_day_number(end) - self.boundaries.thirty_day_number(start)
