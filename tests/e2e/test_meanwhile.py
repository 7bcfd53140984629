"""What happens while a run is at work, and right after a subscription has ended: told day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import pytest

from quitrent import Line, Money, hookimpl
from quitrent.domain.charge import Side
from quitrent.hooks.manager import Plugins
from tests.e2e.explained import check_explanations
from tests.e2e.invariants import check_books, check_credits, check_fees, check_periods_tile
from tests.e2e.shop import ACCOUNTS, PRODUCTS, RESELLERS, Shop, account_for, fixed

EVERY_PRODUCT = range(len(PRODUCTS))
# Enough of them where every run is carried out twice.
SOME_PRODUCTS = EVERY_PRODUCT[::4]


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop()
    yield opened
    opened.close()


@pytest.fixture
def shop_before() -> Iterator[Shop]:
    opened = Shop()
    yield opened
    opened.close()


def retail_of(shop: Shop) -> dict[str, tuple[date, Money]]:
    """The retail charges, without what made them."""
    return {one.name: (one.period_end, one.amount) for one in shop.charges(Side.RETAIL)}


def assign_all(shop: Shop, start: date, numbers: Iterable[int] = EVERY_PRODUCT) -> list[str]:
    """Assign products, the main ones to an account each."""
    for number in numbers:
        assert shop.assign(account_for(number), number, start)
    return shop.names


def each(change: Callable[[Shop, str], object]) -> Callable[[Shop], object]:
    """Change every subscription so."""
    return lambda shop: [change(shop, name) for name in shop.names]


def assign_more(shop: Shop) -> None:
    for account in ACCOUNTS:
        for number in (1, 7, 14):
            shop.assign(account, number, date(2026, 1, 1))


def take_fees_back(shop: Shop) -> None:
    for charge in shop.charges(Side.WHOLESALE):
        shop.reverse(charge)


def price_anew(shop: Shop) -> None:
    for reseller in RESELLERS:
        for number in EVERY_PRODUCT:
            shop.reprice(reseller, number, fixed(1234), date(2026, 1, 1))


CHANGES: dict[str, Callable[[Shop], object]] = {
    "closes them inside the period": each(lambda shop, name: shop.end(name, date(2026, 1, 20))),
    "closes them on their start": each(lambda shop, name: shop.end(name, date(2026, 1, 11))),
    "closes them later": each(lambda shop, name: shop.end(name, date(2026, 2, 20))),
    "suspends them": each(lambda shop, name: shop.suspend(name, date(2026, 1, 20))),
    "prices them anew": price_anew,
    "assigns more, since before the run": assign_more,
    "takes the fees back": take_fees_back,
    "runs billing": lambda shop: shop.bill(date(2026, 3, 31)),
}


class Meanwhile:
    """Has something happen when it is asked for the first line: the fees are posted, and the retail side is not."""

    def __init__(self, shop: Shop, change: Callable[[Shop], object]) -> None:
        self.shop, self.change, self.is_done = shop, change, False

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        if not self.is_done:
            self.is_done = True
            self.change(self.shop)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_someone_does_in_the_middle_of_a_run_neither_fails_it_nor_costs_a_fee(
    shop: Shop, shop_before: Shop, change: Callable[[Shop], object]
) -> None:
    plugins, meanwhile = Plugins(), Meanwhile(shop, change)
    plugins.register("meanwhile", meanwhile)
    shop.use_plugins(plugins)
    assign_all(shop, date(2026, 1, 11), SOME_PRODUCTS)
    shop.bill(date(2026, 1, 31))
    assert meanwhile.is_done
    shop.bill(date(2026, 3, 31))
    check_fees(shop)
    check_periods_tile(shop)
    check_credits(shop)
    check_explanations(shop.charges())
    # The retail side is posted later, so it is what it would have been, had it happened before the run.
    shop_before.use_plugins(plugins)
    assign_all(shop_before, date(2026, 1, 11), SOME_PRODUCTS)
    change(shop_before)
    shop_before.bill(date(2026, 1, 31))
    shop_before.bill(date(2026, 3, 31))
    assert retail_of(shop) == retail_of(shop_before)


@pytest.mark.parametrize(
    ("billed", "end"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 3, 1), date(2026, 3, 1)),
        (date(2026, 2, 15), date(2026, 3, 15)),
        (date(2026, 3, 1), date(2026, 4, 1)),
    ],
    ids=lambda day: f"{day}",
)
def test_a_product_that_is_assigned_again_is_charged_on_both_sides_from_its_first_day(
    shop: Shop, billed: date, end: date
) -> None:
    names = assign_all(shop, date(2026, 1, 1), SOME_PRODUCTS)
    shop.bill(billed)
    for name in names:
        shop.end(name, end)
        shop.assign_again(name)
    assert len(shop.names) == 2 * len(names)
    preview = shop.preview(date(2026, 5, 31))
    run = shop.bill(date(2026, 5, 31))
    assert {one.name for one in preview.charges} == {one.name for one in shop.charges(run=run.name)}
    check_books(shop)
