"""The schedule of one side of a subscription: its days, and from where its periods are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days `[start, end)` of one side of a subscription, and from where its periods are counted.

    `anchor` is the day that the boundaries are counted from, and period number 0 is the one at
    `first_index` from there. Both are the start's own, unless the schedule goes on with that of a
    subscription before it; then `days_before` tells how many days of the period that holds the
    start have been charged by that one. At each of the `breaks` a part has ended that had been
    charged up to an end which was taken back afterwards. Numbers begin at `periods_before`, where the
    account has had so many periods of the product already.
    """

    anchor: date
    start: date
    end: date | None = None
    first_index: int = 0
    days_before: int = 0
    breaks: tuple[date, ...] = ()
    periods_before: int = 0

    def __hash__(self) -> int:
        """Give a number that tells most schedules apart, and is made quickly."""
        return hash((self.anchor, self.start, self.end))

    @classmethod
    def starting(cls, start: date, end: date | None = None) -> Schedule:
        """Give the schedule that is counted from its own start."""
        return cls(start, start, end)
