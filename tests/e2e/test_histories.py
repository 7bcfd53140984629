"""Whatever happens, in whatever order: the fees are those of the model, and the books hold together.

`uv run pytest tests/e2e/test_histories.py --hypothesis-profile=long --timeout=0` searches for an hour or so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.charge import Charge, ParkedCharge, Side
from quitrent.domain.party import reseller_of
from quitrent.domain.price_rule import RetailPrice
from quitrent.hooks.manager import Plugins
from quitrent.services.caller import Caller, Role
from tests.e2e.invariants import check_books
from tests.e2e.pricing_plugins import SETS, Judges, Less, markup, plugins
from tests.e2e.shop import ACCOUNTS, ADMIN, PRODUCTS, RESELLERS, Shop, fixed, on_cost, percent

# Days on which periods begin or end, and on which calendars go wrong, are likelier than others.
_firsts = st.sampled_from([date(2026, month, 1) for month in range(1, 6)])
_edges = st.sampled_from([date(2026, month, day) for month in (1, 2, 3) for day in (15, 28)])
_month_ends = st.sampled_from([date(2026, 1, 29), date(2026, 1, 31), date(2026, 3, 31), date(2026, 4, 30)])
days = st.one_of(_firsts, _edges, _month_ends, st.dates(date(2025, 12, 15), date(2026, 8, 31)))
# None is the day through which was billed last, where most goes wrong.
days_or_billed = st.one_of(st.none(), days)
picks = st.integers(0, 99)
# Some of the subscriptions: from one of them on, every so many.
somes = st.tuples(st.integers(0, 9), st.integers(1, 4))
accounts = st.sampled_from(ACCOUNTS)
resellers = st.sampled_from(RESELLERS)
numbers = st.integers(0, len(PRODUCTS) - 1)
prices = st.one_of(
    st.sampled_from(["-100", "-12.5", "25", "3.333"]).map(percent),
    st.integers(0, 3000).map(fixed),
    st.integers(-50, 500).map(on_cost),
)


def bare(charge: Charge) -> Charge:
    """A charge without the run that made it: to compare one run with another."""
    return replace(charge, billing_run="")


_assign = st.tuples(st.just("assign"), accounts, st.sets(numbers, min_size=1, max_size=6), days_or_billed)
# Everything that callers, operators and the calendar can do to a shop, by the name of the method below.
steps = st.one_of(
    _assign,
    st.tuples(st.just("suspend"), somes, days_or_billed),
    st.tuples(st.just("resume"), somes, days_or_billed),
    st.tuples(st.just("end"), somes, days_or_billed, st.booleans(), st.booleans()),
    st.tuples(st.just("withdraw"), st.sampled_from(["end", "suspension", "resume"]), somes),
    st.tuples(st.just("assign_again"), somes, days_or_billed),
    st.tuples(st.just("reprice"), resellers, numbers, prices, days_or_billed),
    st.tuples(
        st.just("change_fee"), st.sampled_from(Side), numbers, st.integers(0, 3000), days_or_billed, st.booleans()
    ),
    st.tuples(st.just("use_plugins"), st.sampled_from(sorted(SETS))),
    st.tuples(st.just("reverse"), st.integers(0, 99)),
    st.tuples(st.just("bill"), days),
    st.tuples(st.just("bill"), days),
)


class History:
    """Plays steps on a shop. A step that is not allowed then is no step."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.billed = date(2026, 1, 1)

    def assign(self, account: str, cart: set[int], start: date | None) -> None:
        for number in sorted(cart):
            self.shop.assign(account, number, start or self.billed)

    def suspend(self, some: tuple[int, int], start: date | None) -> None:
        for name in self._names(some):
            self.shop.suspend(name, start or self.billed)

    def resume(self, some: tuple[int, int], day: date | None) -> None:
        for name in self._names(some):
            self.shop.resume(name, day or self.billed)

    def end(self, some: tuple[int, int], end: date | None, again: bool, by_reseller: bool) -> None:
        """Close subscriptions, and perhaps assign their products again, as soon as they are free."""
        for name in self._names(some):
            caller = Caller(Role.RESELLER, reseller_of(name)) if by_reseller else ADMIN
            if self.shop.end(name, end or self.billed, caller) and again:
                self.shop.assign_again(name)

    def withdraw(self, what: str, some: tuple[int, int]) -> None:
        for name in self._names(some):
            self.shop.withdraw(what, name)

    def assign_again(self, some: tuple[int, int], start: date | None) -> None:
        for name in self._names(some):
            self.shop.assign_again(name, start or self.billed)

    def reprice(self, reseller: str, number: int, price: RetailPrice, effective: date | None) -> None:
        self.shop.reprice(reseller, number, price, effective or self.billed)

    def change_fee(self, side: Side, number: int, cents: int, effective: date | None, for_all: bool) -> None:
        self.shop.change_fee(side, number, cents, effective or self.billed, for_all)

    def use_plugins(self, word: str) -> None:
        self.shop.use_plugins(plugins(SETS[word]))

    def reverse(self, pick: int) -> None:
        charges = self.shop.charges()
        if charges:
            self.shop.reverse(charges[pick % len(charges)])

    def bill(self, through: date) -> None:
        """A preview, the run, and the run again: the first two are the same, and the last one adds nothing."""
        self.billed = through
        preview = self.shop.preview(through)
        run = self.shop.bill(through)
        assert [bare(one) for one in preview.charges] == [bare(one) for one in self.shop.charges(run=run.name)]
        assert (preview.run.amounts, preview.run.parked_count) == (run.amounts, run.parked_count)
        parked = causes(self.shop.parked())
        assert causes(preview.parked).items() <= parked.items()
        before = self.shop.charges()
        again = self.shop.bill(through)
        assert not again.amounts
        assert self.shop.charges() == before
        assert causes(self.shop.parked()) == parked

    def _names(self, some: tuple[int, int]) -> list[str]:
        first, every = some
        names = self.shop.names
        return names[first % len(names) :: every] if names else []


def causes(parked: list[ParkedCharge]) -> dict[tuple[str, date], str]:
    """What is parked, and why."""
    return {(one.subscription, one.period_start): one.cause for one in parked}


@given(st.lists(_assign, min_size=1, max_size=3), st.lists(steps, min_size=6, max_size=30))
def test_no_history_breaks_the_books(first: list[Any], then: list[Any]) -> None:
    with shop_with([]) as shop:
        history = History(shop)
        for name, *arguments in first + then:
            getattr(history, name)(*arguments)
        check_books(shop)


@contextmanager
def shop_with(history: Any, used: Plugins | None = None) -> Iterator[Shop]:
    """A shop in which a history has happened, before any billing."""
    shop = Shop(used)
    try:
        for account, number, start, ended, suspended, price in history:
            shop.assign(account, number, start)
            shop.reprice(account[:12], number, price, start)
            if shop.names:
                shop.suspend(shop.names[-1], suspended)
                shop.end(shop.names[-1], ended)
        yield shop
    finally:
        shop.close()


histories = st.lists(st.tuples(accounts, numbers, days, days, days, prices), min_size=1, max_size=6)


@given(histories, st.lists(days, min_size=1, max_size=4))
def test_billing_in_any_steps_gives_the_charges_of_one_step(history: Any, steps: list[date]) -> None:
    with shop_with(history) as shop, shop_with(history) as other:
        for through in steps:
            shop.bill(through)
        other.bill(max(steps))
        named = {one.name: bare(one) for one in shop.charges()}
        assert named == {one.name: bare(one) for one in other.charges()}
        check_books(other)


@given(histories, st.permutations(["a", "b", "c"]), days)
def test_the_names_and_so_the_order_of_plugins_change_no_amount(history: Any, names: list[str], through: date) -> None:
    used = [markup(), Less(), Judges()]
    amounts = []
    for order in (["a", "b", "c"], names):
        with shop_with(history, plugins(dict(zip(order, used, strict=True)))) as shop:
            shop.bill(through)
            check_books(shop)
            held = {one.name: one.amount for one in shop.charges()}
            amounts.append((held, {(one.subscription, one.period_start) for one in shop.parked()}))
    assert amounts[0] == amounts[1]
