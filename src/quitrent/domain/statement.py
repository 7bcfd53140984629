"""A reseller's month: what it owes, what it has billed, and what is left.

A charge belongs to the month in which its period begins, whenever it was made: a credit that is
due in February for January stands in January's statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from quitrent.domain.charge import Side
from quitrent.domain.money import Money


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One subscription's part of a month. A side without a charge is None."""

    subscription: str
    product: str
    wholesale: Money | None
    retail: Money | None
    charge_count: int
    parked_count: int
    key: int = field(default=0, compare=False)

    @property
    def margin(self) -> Money | None:
        """Retail less wholesale; None where a side has no charge or the sides differ in currency."""
        if self.wholesale is None or self.retail is None or self.wholesale.currency != self.retail.currency:
            return None
        return Money(self.retail.amount_micros - self.wholesale.amount_micros, self.retail.currency)

    @property
    def below_cost(self) -> bool:
        """Whether retail is below wholesale, with nothing parked that may still be charged."""
        return not self.parked_count and self.margin is not None and self.margin.amount_micros < 0


@dataclass(frozen=True, slots=True)
class StatementTotal:
    """The sums of a month in one currency."""

    wholesale: Money
    retail: Money

    @property
    def margin(self) -> Money:
        """Retail less wholesale."""
        return Money(self.retail.amount_micros - self.wholesale.amount_micros, self.retail.currency)


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


def statement_of(reseller: str, month: date, lines: Iterable[StatementLine]) -> Statement:
    """Sum lines up; the sums are those of the rounded charges."""
    sums: dict[str, dict[Side, int]] = {}
    line_count = charge_count = below_cost_line_count = parked_count = 0
    for line in lines:
        line_count += 1
        charge_count += line.charge_count
        parked_count += line.parked_count
        below_cost_line_count += line.below_cost
        for side, money in ((Side.WHOLESALE, line.wholesale), (Side.RETAIL, line.retail)):
            if money is not None:
                by_side = sums.setdefault(money.currency, {Side.WHOLESALE: 0, Side.RETAIL: 0})
                by_side[side] += money.amount_micros
    totals = tuple(
        StatementTotal(Money(by_side[Side.WHOLESALE], currency), Money(by_side[Side.RETAIL], currency))
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
