"""What a reseller asks of its customers, and what it suspends, is nothing to the provider: its fees stay."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.charge import Side
from quitrent.domain.subscription import PausedDays
from tests.e2e.shop import ACCOUNTS, PRODUCTS, RESELLERS, Shop, fixed, on_cost, percent

# Until some days after the shop's today: what has been suspended by then can still be withdrawn.
days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
numbers = st.integers(0, len(PRODUCTS) - 1)
places = st.integers(0, 19)
prices = st.one_of(
    st.sampled_from(["-100", "-12.5", "33.3"]).map(percent),
    st.integers(0, 3000).map(fixed),
    st.integers(-50, 500).map(on_cost),
)

_assign = st.tuples(st.just("assign"), st.sampled_from(ACCOUNTS), numbers, days)
# What has its part in the fees: both histories have these steps.
_of_fees = st.one_of(
    _assign,
    st.tuples(st.just("end"), places, days),
    st.tuples(st.just("withdraw"), st.just("end"), places),
    st.tuples(st.just("assign_again"), places, days),
    st.tuples(st.just("change_fee"), st.just(Side.WHOLESALE), numbers, st.integers(0, 3000), days, st.booleans()),
    st.tuples(st.just("bill"), days),
)
# What has none: only one of the histories has these.
_of_others = st.one_of(
    st.tuples(st.just("suspend"), places, days),
    st.tuples(st.just("resume"), places, days, st.sampled_from([None, *PausedDays])),
    st.tuples(st.just("withdraw"), st.sampled_from(["suspension", "resume"]), places),
    st.tuples(st.just("reprice"), st.sampled_from(RESELLERS), numbers, prices, days),
    st.tuples(st.just("change_fee"), st.just(Side.RETAIL), numbers, st.integers(0, 3000), days, st.booleans()),
)
_steps = st.one_of(_of_fees.map(lambda step: (True, step)), _of_others.map(lambda step: (False, step)))


def play(shop: Shop, step: tuple[Any, ...]) -> None:
    """Play a step; a place in it tells which of the subscriptions it is for, and the step counts for every third."""
    what, *arguments = step
    if what not in ("end", "withdraw", "assign_again", "suspend", "resume"):
        getattr(shop, what)(*arguments)
        return
    place = 1 if what == "withdraw" else 0
    for name in shop.names[arguments[place] % 3 :: 3]:
        getattr(shop, what)(*arguments[:place], name, *arguments[place + 1 :])


def wholesale_after(steps: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Give the wholesale charges of a history, and what was given back of them."""
    shop = Shop()
    try:
        for step in steps:
            play(shop, step)
        shop.bill(date(2026, 7, 31))
        return [
            (one.name, one.reason, one.period_start, one.period_end, one.due_date, one.amount, one.steps)
            for one in shop.charges(Side.WHOLESALE)
        ]
    finally:
        shop.close()


@given(st.lists(_assign, min_size=2, max_size=6), st.lists(_steps, min_size=5, max_size=20))
def test_no_price_of_a_reseller_and_no_suspension_changes_what_the_provider_charges(
    first: list[tuple[Any, ...]], then: list[tuple[bool, tuple[Any, ...]]]
) -> None:
    of_fees = [step for is_of_fees, step in then if is_of_fees]
    assert wholesale_after([*first, *(step for _, step in then)]) == wholesale_after([*first, *of_fees])
