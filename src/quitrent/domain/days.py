"""Days of whole periods: some out of others, and the share that they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Days:
    """Some days out of others: 10 of 31."""

    part: int
    whole: int

    @property
    def share(self) -> Fraction:
        """The share that they are."""
        return Fraction(self.part, self.whole)


def share_of(days: Sequence[Days]) -> Fraction:
    """Give how many whole periods some days of periods are."""
    return sum((one.share for one in days), Fraction())


def days_text(days: Sequence[Days]) -> str:
    """Write days of periods for people.

    >>> days_text((Days(21, 31), Days(28, 28), Days(31, 31)))
    '2 whole periods and 21 of 31 days'
    """
    whole = sum(one.part == one.whole for one in days)
    counted = ["a whole period" if whole == 1 else f"{whole} whole periods"] if whole else []
    counted += [f"{one.part} of {one.whole} days" for one in days if 0 < one.part < one.whole]
    return " and ".join(counted) or "no day"
