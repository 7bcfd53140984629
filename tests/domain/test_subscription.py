"""The life of a subscription: which dates it takes, and how far its books are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from quitrent.domain.continuation import Assignment, check_free
from quitrent.domain.due import next_due
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money
from quitrent.domain.part import Timing
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.retail_bill import next_retail_due, retail_billed
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import (
    SideBooks,
    Subscription,
    assigned,
    closed,
    reopened,
    resumed,
    suspended,
)

GOLD = Product("products/gold", ProductKind.MAIN, "plans/price", "plans/fee")
SILVER = replace(GOLD, name="products/silver")
EXTRA = replace(GOLD, name="products/extra", kind=ProductKind.ADD_ON)
OTHER_EXTRA = replace(EXTRA, name="products/other-extra")
FEE = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
PRICE = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"))


def iso(text: str) -> date:
    return date.fromisoformat(text)


def ended(subscription: Subscription, end: date, today: str = "2026-01-01") -> Subscription:
    return closed(subscription, end, iso(today), end, PRICE, FEE)


def subscribed(
    *life: tuple[Callable[[Subscription, date], Subscription], str], start: str = "2026-01-11"
) -> Subscription:
    side = SideBooks.opened(Schedule.starting(iso(start)))
    subscription = assigned("s1", GOLD, iso(start), wholesale=side, retail=side)
    for change, day in life:
        subscription = change(subscription, iso(day))
    return subscription


@pytest.mark.parametrize(
    ("life", "change", "outcome"),
    [
        ([], (suspended, "2026-01-11"), "SUSPENDED"),
        ([], (suspended, "2026-01-10"), "DATE_OUTSIDE_SUBSCRIPTION"),
        ([(suspended, "2026-02-01")], (suspended, "2026-03-01"), "SUBSCRIPTION_SUSPENDED"),
        ([(suspended, "2026-02-01"), (resumed, "2026-03-01")], (suspended, "2026-02-28"), "SUBSCRIPTION_SUSPENDED"),
        ([(suspended, "2026-02-01"), (resumed, "2026-03-01")], (suspended, "2026-03-01"), "SUSPENDED"),
        ([(ended, "2026-03-01")], (suspended, "2026-03-01"), "SUBSCRIPTION_CLOSED"),
        # An end that is scheduled keeps no one from suspending before it.
        ([(ended, "2026-07-01")], (suspended, "2026-02-01"), "SUSPENDED"),
        ([], (resumed, "2026-02-01"), "SUBSCRIPTION_NOT_SUSPENDED"),
        ([(suspended, "2026-02-01")], (resumed, "2026-01-31"), "SUBSCRIPTION_NOT_SUSPENDED"),
        ([(suspended, "2026-02-01")], (resumed, "2026-03-01"), "ACTIVE"),
        # On the day of the suspension: as if it had never been.
        ([(suspended, "2026-02-01")], (resumed, "2026-02-01"), "ACTIVE"),
        ([(suspended, "2026-02-01"), (resumed, "2026-03-01")], (resumed, "2026-04-01"), "SUBSCRIPTION_NOT_SUSPENDED"),
        ([], (ended, "2026-01-10"), "DATE_OUTSIDE_SUBSCRIPTION"),
        ([], (ended, "2026-01-11"), "CLOSED"),
        ([], (ended, "2026-03-16"), "CLOSED"),
        ([(suspended, "2026-02-01")], (ended, "2026-03-16"), "CLOSED"),
        # Before it comes, an end can be moved.
        ([(ended, "2026-03-16")], (ended, "2026-07-20"), "ACTIVE"),
    ],
)
def test_a_change_is_taken_or_refused_for_its_date(
    life: list[tuple[Callable[[Subscription, date], Subscription], str]],
    change: tuple[Callable[[Subscription, date], Subscription], str],
    outcome: str,
) -> None:
    try:
        result: str = change[0](subscribed(*life), iso(change[1])).state_on(iso("2026-06-01"))
    except FailedPrecondition as refused:
        result = refused.reason
    assert result == outcome


def test_an_end_that_has_come_stays() -> None:
    subscription = subscribed((ended, "2026-03-16"))
    with pytest.raises(FailedPrecondition) as refused:
        ended(subscription, iso("2026-03-20"), today="2026-03-16")
    assert refused.value.reason == "SUBSCRIPTION_CLOSED"


@pytest.mark.parametrize(
    ("books", "outcome"),
    [
        ({}, []),
        # January has been charged, and the end comes later.
        ({"billed_until": "2026-02-01"}, []),
        # The part that the end cuts has been charged up to it: the next goes on from there.
        ({"billed_until": "2026-03-16"}, ["2026-03-16"]),
        ({"billed_until": "2026-03-16", "settled_until": "2026-03-16"}, ["2026-03-16"]),
        # All of March had been charged, and days after the end have been given back.
        ({"billed_until": "2026-04-01", "settled_until": "2026-04-01"}, "SUBSCRIPTION_CLOSED"),
        ({"cancellation_billed": True}, "SUBSCRIPTION_CLOSED"),
    ],
)
@pytest.mark.parametrize("side", ["wholesale", "retail"])
def test_an_end_is_taken_back_until_something_has_been_charged_or_given_back_for_it(
    side: str, books: dict[str, str | bool], outcome: str | list[str]
) -> None:
    subscription = subscribed((ended, "2026-03-16"))
    changed = {name: iso(value) if isinstance(value, str) else value for name, value in books.items()}
    subscription = replace(subscription, **{side: replace(getattr(subscription, side), **changed)})
    try:
        open_again = reopened(subscription, iso("2026-03-15"), PRICE, FEE)
        result: str | list[str] = [str(day) for day in getattr(open_again, side).schedule.breaks]
    except FailedPrecondition as refused:
        result = refused.reason
    assert result == outcome


def test_no_part_is_cut_by_an_end_on_a_boundary() -> None:
    subscription = subscribed((ended, "2026-03-01"))
    side = replace(subscription.retail, billed_until=iso("2026-03-01"))
    open_again = reopened(replace(subscription, retail=side), iso("2026-02-15"), PRICE, FEE)
    assert open_again.retail.schedule == replace(side.schedule, end=None)


@pytest.mark.parametrize(
    ("end", "fees_until", "owed_until"),
    [
        # Closed back-dated by a reseller on the 30th of March: it has been assigned until then.
        ("2026-01-11", "2026-03-30", "2026-03-30"),
        ("2026-03-16", "2026-03-30", "2026-03-30"),
        ("2026-04-16", "2026-03-30", "2026-04-16"),
        # By the provider: the fee ends with the subscription.
        ("2026-01-11", "2026-01-11", "2026-01-11"),
        # Before it started, no fee is owed.
        ("2026-01-11", "2026-01-05", "2026-01-11"),
    ],
)
def test_a_fee_is_owed_for_as_long_as_the_product_was_assigned(end: str, fees_until: str, owed_until: str) -> None:
    subscription = closed(subscribed(), iso(end), iso("2026-03-30"), iso(fees_until), PRICE, FEE)
    assert (subscription.end, subscription.wholesale.schedule.end) == (iso(end), iso(owed_until))


@pytest.mark.parametrize("change", [suspended, ended])
def test_no_date_is_moved_to_before_what_is_settled(change: Callable[[Subscription, date], Subscription]) -> None:
    # Through the 15th of February: January is charged and has ended, February is charged.
    subscription = retail_billed(subscribed(), PRICE, iso("2026-02-15"))
    assert subscription.retail.settled_until == iso("2026-02-01")
    with pytest.raises(FailedPrecondition) as refused:
        change(subscription, iso("2026-01-31"))
    assert refused.value.reason == "DATE_SETTLED"
    assert change(subscription, iso("2026-02-01"))


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-01-10", "PENDING"),
        ("2026-01-11", "ACTIVE"),
        ("2026-02-01", "SUSPENDED"),
        ("2026-02-28", "SUSPENDED"),
        ("2026-03-01", "ACTIVE"),
        ("2026-03-16", "CLOSED"),
    ],
)
def test_its_state_is_that_of_the_day(day: str, state: str) -> None:
    subscription = subscribed((suspended, "2026-02-01"), (resumed, "2026-03-01"), (ended, "2026-03-16"))
    assert subscription.state_on(iso(day)) == state


@pytest.mark.parametrize(
    ("held", "held_life", "wanted", "start", "outcome"),
    [
        (SILVER, [], GOLD, "2026-02-01", "MAIN_PRODUCT_ASSIGNED"),
        (SILVER, [], GOLD, "2025-12-01", "MAIN_PRODUCT_ASSIGNED"),
        (SILVER, [(ended, "2026-02-15")], GOLD, "2026-02-14", "MAIN_PRODUCT_ASSIGNED"),
        (SILVER, [(ended, "2026-02-15")], GOLD, "2026-02-15", None),
        (SILVER, [], EXTRA, "2026-02-01", None),
        (OTHER_EXTRA, [], EXTRA, "2026-02-01", None),
        (EXTRA, [], EXTRA, "2026-02-01", "PRODUCT_ASSIGNED"),
        (GOLD, [], GOLD, "2026-02-01", "PRODUCT_ASSIGNED"),
        (GOLD, [(ended, "2026-02-15")], GOLD, "2026-02-14", "PRODUCT_ASSIGNED"),
        # Closed in mid-February: its fee goes on with what February has cost.
        (GOLD, [(ended, "2026-02-15")], GOLD, "2026-02-15", None),
        (GOLD, [(ended, "2026-02-15")], GOLD, "2026-03-01", None),
        (GOLD, [(ended, "2026-02-01")], GOLD, "2026-02-01", None),
        # Closed on its start and never charged: as if it had never been.
        (GOLD, [(ended, "2026-01-11")], GOLD, "2026-01-11", None),
        (SILVER, [(ended, "2026-01-11")], GOLD, "2026-01-11", None),
        (GOLD, [(ended, "2026-01-11")], GOLD, "2025-12-01", None),
    ],
)
def test_an_account_has_one_main_product_and_each_product_once_at_a_time(
    held: Product,
    held_life: list[tuple[Callable[[Subscription, date], Subscription], str]],
    wanted: Product,
    start: str,
    outcome: str | None,
) -> None:
    other = replace(subscribed(*held_life), product=held.name)
    try:
        check_free(wanted, iso(start), None, [Assignment(other, held, PRICE, FEE)])
        result = None
    except FailedPrecondition as refused:
        result = refused.reason.value
    assert result == outcome


@pytest.mark.parametrize(
    ("timing", "through", "end", "wholesale", "retail"),
    [
        (Timing.IN_ADVANCE, None, None, "2026-01-11", "2026-01-11"),
        (Timing.IN_ADVANCE, "2026-01-11", None, "2026-02-01", "2026-02-01"),
        (Timing.IN_ARREARS, None, None, "2026-02-01", "2026-02-01"),
        (Timing.IN_ARREARS, "2026-02-01", None, "2026-03-01", "2026-03-01"),
        # Its last part has been charged in advance; what is left is to settle it when it ends.
        (Timing.IN_ADVANCE, "2026-03-01", "2026-03-16", None, "2026-03-16"),
        (Timing.IN_ARREARS, "2026-03-01", "2026-03-16", "2026-03-16", "2026-03-16"),
        (Timing.IN_ARREARS, "2026-03-16", "2026-03-16", None, None),
    ],
)
def test_it_is_due_next_when_there_is_something_to_charge_or_to_settle(
    timing: Timing, through: str | None, end: str | None, wholesale: str | None, retail: str | None
) -> None:
    price, fee = replace(PRICE, timing=timing), replace(FEE, timing=timing)
    subscription = subscribed(*([(ended, end)] if end else []))
    if through:
        after = retail_billed(subscription, price, iso(through))
        subscription = replace(after, wholesale=after.retail)
    due = (next_due(subscription.wholesale, fee, subscription.start), next_retail_due(subscription, price))
    assert due == tuple(day and iso(day) for day in (wholesale, retail))
