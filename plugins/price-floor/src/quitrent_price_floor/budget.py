"""What a line loses, and what it may lose: its share of the reseller's budget, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from quitrent import Line, RetailAmount


def loss_of(own_cost: Decimal, price: RetailAmount) -> Fraction:
    """Give what is lost with the part that is charged.

    The part is as large as its amount is of a whole period's price. Where that cannot tell, since
    nothing is charged, it is taken for a whole period.

    >>> loss_of(Decimal("10"), RetailAmount(whole=Decimal("8"), amount=Decimal("2")))
    Fraction(1, 2)
    >>> loss_of(Decimal("10"), RetailAmount(whole=Decimal(0), amount=Decimal(0)))
    Fraction(10, 1)
    """
    whole, amount = Fraction(price.whole), Fraction(price.amount)
    lost = Fraction(own_cost) - whole
    return lost * amount / whole if whole > 0 and amount > 0 else lost


def share_of(line: Line, monthly: Decimal) -> Fraction:
    """Give what a line may lose of a budget for a month: a product's equal share, for the days of its period.

    Errors: RuntimeError for a line whose products have not been counted.
    """
    if line.subscription_count is None:
        raise RuntimeError(
            "the line has no subscription_count; quitrent counts products for a plugin that declares counts_accounts"
        )
    # The line's own product is one of them, whatever else is counted.
    share = Fraction(monthly) / max(line.subscription_count, 1)
    return share * sum(months_of(line.period_start, line.period_end))


def months_of(start: date, end: date) -> Iterator[Fraction]:
    """Give how much of each calendar month lies in the days `[start, end)`.

    >>> [str(part) for part in months_of(date(2026, 1, 11), date(2026, 3, 2))]
    ['21/31', '1', '1/31']
    """
    while start < end:
        _, days = monthrange(start.year, start.month)
        covered = min(days - start.day + 1, (end - start).days)
        yield Fraction(covered, days)
        start += timedelta(days=covered)
