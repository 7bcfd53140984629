"""A reseller's month: what it owes, what it has billed, and what is left.

A charge belongs to the month in which its period begins, whenever it was made: a credit that is
due in February for January stands in January's statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from quitrent.domain.charge import Side
from quitrent.domain.money import Money


class Lines(Protocol):
    """One line of a month, or the sums of several that have the same currencies. A side without a charge is None."""

    @property
    def wholesale(self) -> Money | None:
        """What the reseller owes."""

    @property
    def retail(self) -> Money | None:
        """What the customers owe."""

    @property
    def line_count(self) -> int:
        """How many lines they are."""

    @property
    def charge_count(self) -> int:
        """How many charges they are made of."""

    @property
    def parked_count(self) -> int:
        """How many retail charges of theirs are parked."""

    @property
    def below_cost_line_count(self) -> int:
        """How many of them are below cost."""


@dataclass(frozen=True, slots=True)
class AlikeLines:
    """The sums of lines that have the same currencies."""

    wholesale: Money | None
    retail: Money | None
    line_count: int
    charge_count: int
    parked_count: int
    below_cost_line_count: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One subscription's part of a month. A side without a charge is None.

    `same_periods` tells whether both sides are billed on the same periods.
    """

    subscription: str
    product: str
    wholesale: Money | None
    retail: Money | None
    charge_count: int
    parked_count: int
    same_periods: bool = True
    key: int = field(default=0, compare=False)

    @property
    def margin(self) -> Money | None:
        """Retail less wholesale; None where they cannot be compared."""
        if self.margin_absent_reason or self.wholesale is None or self.retail is None:
            return None
        return Money(self.retail.amount_micros - self.wholesale.amount_micros, self.retail.currency)

    @property
    def margin_absent_reason(self) -> str:
        """Why the two sides cannot be compared; empty where they can."""
        if self.wholesale is None or self.retail is None:
            return f"the {'retail' if self.retail is None else 'wholesale'} side has no charge in the month"
        if self.wholesale.currency != self.retail.currency:
            return "the two sides are in different currencies"
        return "" if self.same_periods else "the two sides have different periods"

    @property
    def below_cost(self) -> bool:
        """Whether retail is below wholesale, with nothing parked that may still be charged."""
        return not self.parked_count and self.margin is not None and self.margin.amount_micros < 0

    @property
    def line_count(self) -> int:
        """One: it is a line itself."""
        return 1

    @property
    def below_cost_line_count(self) -> int:
        """One or none."""
        return int(self.below_cost)


@dataclass(frozen=True, slots=True)
class StatementTotal:
    """The sums of a month in one currency; `mixed` tells that some of it has its other side in another currency."""

    wholesale: Money
    retail: Money
    mixed: bool = False

    @property
    def margin(self) -> Money | None:
        """Retail less wholesale; None where they cannot be compared."""
        if self.mixed:
            return None
        return Money(self.retail.amount_micros - self.wholesale.amount_micros, self.retail.currency)

    @property
    def margin_absent_reason(self) -> str:
        """Why the two sums cannot be compared; empty where they can."""
        return "some subscriptions have their other side in another currency" if self.mixed else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The sums and counts of a reseller's month."""

    reseller: str
    month: date
    totals: tuple[StatementTotal, ...]
    line_count: int
    charge_count: int
    below_cost_line_count: int
    parked_count: int


def statement_of(reseller: str, month: date, lines: Iterable[Lines]) -> Statement:
    """Sum lines up; the sums are those of the rounded charges."""
    sums: dict[str, dict[Side, int]] = {}
    mixed: set[str] = set()
    line_count = charge_count = below_cost_line_count = parked_count = 0
    for line in lines:
        line_count += line.line_count
        charge_count += line.charge_count
        parked_count += line.parked_count
        below_cost_line_count += line.below_cost_line_count
        for side, money in ((Side.WHOLESALE, line.wholesale), (Side.RETAIL, line.retail)):
            if money is not None:
                by_side = sums.setdefault(money.currency, {Side.WHOLESALE: 0, Side.RETAIL: 0})
                by_side[side] += money.amount_micros
        if line.wholesale and line.retail and line.wholesale.currency != line.retail.currency:
            mixed |= {line.wholesale.currency, line.retail.currency}
    totals = tuple(
        StatementTotal(
            Money(by_side[Side.WHOLESALE], currency), Money(by_side[Side.RETAIL], currency), currency in mixed
        )
        for currency, by_side in sorted(sums.items())
    )
    return Statement(reseller, month, totals, line_count, charge_count, below_cost_line_count, parked_count)


def month_of(day: date) -> tuple[date, date]:
    """Give the first day of a day's month, and of the month after it.

    >>> [str(day) for day in month_of(date(2026, 12, 24))]
    ['2026-12-01', '2027-01-01']
    """
    start = day.replace(day=1)
    return start, date(start.year + start.month // 12, start.month % 12 + 1, 1)
