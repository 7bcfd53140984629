"""Every kind of calendar on both sides, with an end of every kind: the books are those of the model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from quitrent.domain.charge import Side
from tests.e2e.invariants import check_books
from tests.e2e.shop import ACCOUNTS, PRODUCTS, Shop


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


@pytest.mark.parametrize(("start", "end", "billed"), LIVES.values(), ids=LIVES)
def test_every_calendar_has_the_fees_of_the_model(shop: Shop, start: str, end: str | None, billed: str | None) -> None:
    for number in range(len(PRODUCTS)):
        # One main product for an account.
        assert shop.assign(ACCOUNTS[number // 5], number, date.fromisoformat(start))
    if billed:
        shop.bill(date.fromisoformat(billed))
    for name in shop.names if end else ():
        assert shop.end(name, date.fromisoformat(end or ""))
    shop.bill(date(2026, 6, 30))
    check_books(shop)
    assert bool(shop.charges(Side.WHOLESALE)) == (start != end)
