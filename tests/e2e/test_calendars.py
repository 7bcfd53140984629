"""Every kind of calendar on both sides, with an end of every kind: the books are those of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from quitrent.domain.charge import Side
from tests.e2e.invariants import check_books
from tests.e2e.shop import PRODUCTS, Shop, account_for

EVERY_PRODUCT = range(len(PRODUCTS))


def assign_all(shop: Shop, start: date, numbers: Iterable[int] = EVERY_PRODUCT) -> None:
    """Assign products; one main product to an account."""
    for number in numbers:
        assert shop.assign(account_for(number), number, start)


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


# Every fourth product in turn, to save time: each quarter has ends and suspensions of several kinds.
QUARTERS = [EVERY_PRODUCT[quarter % 4 :: 4] for quarter in range(len(SUSPENSIONS))]


@pytest.mark.parametrize(
    ("numbers", "suspension"), list(zip(QUARTERS, SUSPENSIONS.values(), strict=True)), ids=list(SUSPENSIONS)
)
def test_calendars_give_back_the_suspended_days_of_the_model(
    shop: Shop, numbers: range, suspension: tuple[str, str | None, str | None]
) -> None:
    start, stop, end = suspension
    assign_all(shop, date(2026, 1, 11), numbers)
    for name in shop.names:
        shop.suspend(name, date.fromisoformat(start))
        if stop:
            shop.resume(name, date.fromisoformat(stop))
    # Charged in advance by the first of these, and given back by the second; what is taken back is not given back.
    shop.bill(date(2026, 3, 1))
    first_charges = {one.subscription: one for one in reversed(shop.charges(Side.RETAIL))}
    for name in shop.names:
        shop.reverse(first_charges[name])
        if end:
            shop.end(name, date.fromisoformat(end))
    shop.bill(date(2026, 4, 15))
    check_books(shop)


@pytest.mark.parametrize(("numbers", "life"), list(zip(QUARTERS, LIVES.values(), strict=True)), ids=list(LIVES))
def test_calendars_have_the_fees_of_the_model(
    shop: Shop, numbers: range, life: tuple[str, str | None, str | None]
) -> None:
    start, end, billed = life
    assign_all(shop, date.fromisoformat(start), numbers)
    if billed:
        shop.bill(date.fromisoformat(billed))
    for name in shop.names if end else ():
        assert shop.end(name, date.fromisoformat(end or ""))
    shop.bill(date(2026, 6, 30))
    check_books(shop)
    assert bool(shop.charges(Side.WHOLESALE)) == (start != end)


# The end of the first, the start of the second, and the day through which is billed before the end is told.
AGAINS = {
    "on the day of the end": ("2026-01-19", "2026-01-19", None),
    "after a bill": ("2026-01-19", "2026-01-22", "2026-01-16"),
    "in a later period": ("2026-02-10", "2026-02-20", "2026-02-01"),
}


@pytest.mark.parametrize(("numbers", "again"), list(zip(QUARTERS, AGAINS.values(), strict=False)), ids=list(AGAINS))
def test_calendars_go_on_where_the_product_is_assigned_again(
    shop: Shop, numbers: range, again: tuple[str, str, str | None]
) -> None:
    end, start, billed = again
    assign_all(shop, date(2026, 1, 16), numbers)
    if billed:
        shop.bill(date.fromisoformat(billed))
    names = shop.names
    for name in names:
        shop.end(name, date.fromisoformat(end))
        shop.assign_again(name, date.fromisoformat(start))
    assert len(shop.names) == 2 * len(names)
    shop.bill(date(2026, 5, 31))
    check_books(shop)


# Ends that cut the first part, or a later one; each is taken back after a bill up to it.
WITHDRAWN = [("2026-04-18", "2026-05-21"), ("2026-05-21",)]


@pytest.mark.parametrize(("numbers", "ends"), list(zip(QUARTERS, WITHDRAWN, strict=False)))
def test_calendars_go_on_where_an_end_is_withdrawn(shop: Shop, numbers: range, ends: tuple[str, ...]) -> None:
    assign_all(shop, date(2026, 4, 12), numbers)
    for end in map(date.fromisoformat, ends):
        for name in shop.names:
            shop.end(name, end)
        shop.bill(end)
        for name in shop.names:
            shop.withdraw("end", name)
    shop.bill(date(2026, 8, 31))
    check_books(shop)
