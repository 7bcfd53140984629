"""The calendar: which periods a subscription has, and how much of each is charged.

Days are civil dates and periods half-open, `[start, end)`. Every boundary is the anchor plus an
index of months, never the boundary before plus one, so periods tile and the 31st comes back after
February:

>>> anniversary = Calendar(PeriodBoundary.ANNIVERSARY)
>>> [str(anniversary.boundary(date(2026, 1, 31), index)) for index in range(4)]
['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']

A subscription from the 11th of January to the 16th of March on calendar months has three parts:

>>> BY_DAYS = PartCharge.BY_DAYS
>>> for part in Calendar().parts(date(2026, 1, 11), date(2026, 3, 16)):
...     print(part.start, part.end, part.charged_days(BY_DAYS, BY_DAYS), "of", part.whole_days)
2026-01-11 2026-02-01 21 of 31
2026-02-01 2026-03-01 28 of 28
2026-03-01 2026-03-16 15 of 31
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import count


class PeriodUnit(StrEnum):
    """The length of a period."""

    MONTH = "MONTH"


class PeriodBoundary(StrEnum):
    """Where the boundaries of periods lie."""

    CALENDAR = "CALENDAR"
    ANNIVERSARY = "ANNIVERSARY"


class Timing(StrEnum):
    """When a period is due."""

    IN_ADVANCE = "IN_ADVANCE"
    IN_ARREARS = "IN_ARREARS"


class PartCharge(StrEnum):
    """What a part of a period costs."""

    BY_DAYS = "BY_DAYS"
    WHOLE = "WHOLE"


@dataclass(frozen=True, slots=True)
class Part:
    """What one subscription has of one whole period: all of it, or the days from or to its own.

    `start` and `end` are the part's, `whole_start` and `whole_end` the whole period's; `index`
    counts the whole periods from 0.
    """

    index: int
    start: date
    end: date
    whole_start: date
    whole_end: date

    @property
    def whole_days(self) -> int:
        """How many days the whole period has."""
        return (self.whole_end - self.whole_start).days

    def charged_days(self, first_part: PartCharge, last_part: PartCharge) -> int:
        """Give how many of the whole period's days are charged; all of them for a whole period.

        Days that are missing at the start count all the same where a first part is charged whole,
        days that are missing at the end where a last part is.
        """
        charged_from = self.whole_start if first_part is PartCharge.WHOLE else self.start
        charged_until = self.whole_end if last_part is PartCharge.WHOLE else self.end
        return (charged_until - charged_from).days

    def due_date(self, timing: Timing) -> date:
        """Give the day on which the part is due: its first day, or the day after its last."""
        return self.start if timing is Timing.IN_ADVANCE else self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the boundaries of a plan's periods lie."""

    period_boundary: PeriodBoundary = PeriodBoundary.CALENDAR

    def boundary(self, start: date, index: int) -> date:
        """Give the first day of whole period `index` of a subscription that starts on `start`."""
        if self.period_boundary is PeriodBoundary.CALENDAR:
            return _add_months(start.replace(day=1), index)
        return _add_months(start, index)

    def parts(self, start: date, end: date | None, since: date | None = None) -> Iterator[Part]:
        """Give the parts of a subscription in `[start, end)`, in order; without an end they go on.

        `since` leaves out the parts that begin before it.
        """
        since = since or start
        for index in count(self._index_of(start, since)):
            part = self._part(start, end, index)
            if part.start >= part.end:
                return
            if part.start >= since:
                yield part

    def part_on(self, start: date, end: date | None, day: date) -> Part | None:
        """Give the part that holds a day, or None where the day lies outside `[start, end)`."""
        if day < start or (end is not None and day >= end):
            return None
        return self._part(start, end, self._index_of(start, day))

    def _part(self, start: date, end: date | None, index: int) -> Part:
        whole_start, whole_end = self.boundary(start, index), self.boundary(start, index + 1)
        return Part(
            index=index,
            start=max(start, whole_start),
            end=whole_end if end is None else min(end, whole_end),
            whole_start=whole_start,
            whole_end=whole_end,
        )

    def _index_of(self, start: date, day: date) -> int:
        """Give the index of the whole period that holds the day."""
        months = (day.year - start.year) * 12 + day.month - start.month
        return months if self.boundary(start, months) <= day else months - 1


def _add_months(day: date, months: int) -> date:
    years, month0 = divmod(day.month - 1 + months, 12)
    year = day.year + years
    # A month that lacks the day has its last day instead, for that month only.
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))
