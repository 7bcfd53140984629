"""Every kind of calendar on both sides, with an end of every kind: the books are those of the model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from quitrent.domain.charge import Side
from tests.e2e.invariants import check_books
from tests.e2e.shop import ACCOUNTS, PRODUCTS, Shop


def assign_all(shop: Shop, start: date) -> None:
    """Assign every product; one main product to an account."""
    for number in range(len(PRODUCTS)):
        assert shop.assign(ACCOUNTS[number // 5], number, start)


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop()
    yield opened
    opened.close()


# The start, the end, and the day through which is billed before the end is told.
LIVES = {
    "it goes on": ("2026-01-11", None, None),
    "it ends in its first period": ("2026-01-11", "2026-01-20", None),
    "it ends with a period of the calendar": ("2026-01-11", "2026-03-01", None),
    "it ends within a period": ("2026-01-11", "2026-03-16", None),
    "it ends within a period that is billed": ("2026-01-11", "2026-03-16", "2026-03-15"),
    "it begins on a 31st and goes on": ("2026-01-31", None, "2026-03-02"),
    "it begins on a 31st and ends on a 30th": ("2026-01-31", "2026-04-30", None),
    "it ends on its first day": ("2026-01-11", "2026-01-11", None),
}


# The suspended days, and the end that is told after all of March has been billed in advance.
SUSPENSIONS = {
    "some days of a month": ("2026-02-03", "2026-02-11", None),
    "from one month into another": ("2026-01-20", "2026-03-05", None),
    "from the start": ("2026-01-11", "2026-01-31", None),
    "without an end": ("2026-02-03", None, None),
    "and it ends in the middle of them": ("2026-03-05", None, "2026-03-16"),
    "and it ends after them": ("2026-03-05", "2026-03-09", "2026-03-16"),
    "and it ends before them": ("2026-03-20", None, "2026-03-16"),
    "and it ends with the month before": ("2026-03-05", None, "2026-03-02"),
}


@pytest.mark.parametrize(("start", "stop", "end"), SUSPENSIONS.values(), ids=SUSPENSIONS)
def test_every_calendar_gives_back_the_suspended_days_of_the_model(
    shop: Shop, start: str, stop: str | None, end: str | None
) -> None:
    assign_all(shop, date(2026, 1, 11))
    for name in shop.names:
        shop.suspend(name, date.fromisoformat(start))
        if stop:
            shop.resume(name, date.fromisoformat(stop))
    # Charged in advance by the first of these, and given back by the second; what is taken back is not given back.
    shop.bill(date(2026, 3, 1))
    for name in shop.names:
        shop.reverse(next(one for one in shop.charges(Side.RETAIL) if one.subscription == name))
        if end:
            shop.end(name, date.fromisoformat(end))
    shop.bill(date(2026, 4, 15))
    check_books(shop)


@pytest.mark.parametrize(("start", "end", "billed"), LIVES.values(), ids=LIVES)
def test_every_calendar_has_the_fees_of_the_model(shop: Shop, start: str, end: str | None, billed: str | None) -> None:
    assign_all(shop, date.fromisoformat(start))
    if billed:
        shop.bill(date.fromisoformat(billed))
    for name in shop.names if end else ():
        assert shop.end(name, date.fromisoformat(end or ""))
    shop.bill(date(2026, 6, 30))
    check_books(shop)
    assert bool(shop.charges(Side.WHOLESALE)) == (start != end)
