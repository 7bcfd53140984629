"""A part: what one charge is for, of one whole period or of several that are charged at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quitrent.domain.days import Days


class Timing(StrEnum):
    """When a period is due."""

    IN_ADVANCE = "IN_ADVANCE"
    IN_ARREARS = "IN_ARREARS"


class PartCharge(StrEnum):
    """What a part of a period costs."""

    BY_DAYS = "BY_DAYS"
    WHOLE = "WHOLE"


@dataclass(frozen=True, slots=True)
class Period:
    """A whole period, and how many of its days lie before the first and after the last that is charged."""

    start: date
    end: date
    days: int
    days_missing_before: int = 0
    days_missing_after: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What one charge is for: the days `[start, end)` of one or several whole periods.

    `index` counts whole periods from 0. `periods` are those that have been charged once this part
    has been, `earlier` those of them that were charged before it: none, unless it follows a break.
    `days_before` days of the first of them were charged by another subscription. A period has one
    price: that of `priced_on`, the day on which the first part of it began.
    """

    index: int
    start: date
    end: date
    periods: tuple[Period, ...]
    priced_on: date
    earlier: tuple[Period, ...] = ()
    days_before: int = 0

    def __hash__(self) -> int:
        """Give a number that tells most parts apart, and is made quickly."""
        return hash((self.start, self.end))

    @property
    def period_end(self) -> date:
        """The end of the whole period that holds the part's last day."""
        return self.periods[-1].end

    def charged(self, first_part: PartCharge, last_part: PartCharge) -> tuple[Days, ...]:
        """Give which days of each whole period have been charged once this part has been.

        All of a whole period. Days that are missing at the start count all the same where a first
        part is charged whole, days that are missing at the end where a last part is.
        """
        return self._charged(self.periods, first_part, last_part)

    def charged_earlier(self, first_part: PartCharge, last_part: PartCharge) -> tuple[Days, ...]:
        """Give which days of the same whole periods have been charged before this part."""
        if self.earlier:
            return self._charged(self.earlier, first_part, last_part)
        return (Days(self.days_before, self.periods[0].days),) if self.days_before else ()

    def due_date(self, timing: Timing) -> date:
        """Give the day on which the part is due: its first day, or the day after its last."""
        return self.start if timing is Timing.IN_ADVANCE else self.end

    def _charged(self, periods: Sequence[Period], first_part: PartCharge, last_part: PartCharge) -> tuple[Days, ...]:
        charged = []
        for place, period in enumerate(periods):
            days_before = 0 if place else self.days_before
            days = period.days + days_before
            # After another subscription only this one's own days are added to those of that one.
            if first_part is PartCharge.BY_DAYS or days_before:
                days -= period.days_missing_before
            if last_part is PartCharge.BY_DAYS:
                days -= period.days_missing_after
            charged.append(Days(days, period.days))
        return tuple(charged)
