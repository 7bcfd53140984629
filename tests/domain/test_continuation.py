"""A product assigned again: which days are taken, and where the fees go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quitrent.domain.calendar import Calendar, PeriodBoundary, PeriodUnit
from quitrent.domain.charge import Charge
from quitrent.domain.continuation import (
    Assignment,
    aligned_schedule,
    check_free,
    check_not_gone_on_with,
    wholesale_books,
)
from quitrent.domain.fee import fees_due
from quitrent.domain.money import Money
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.plan import Plan, PlanKind, UnusedDays
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import SideBooks, Subscription, assigned, closed
from tests.domain.refusals import hint, refusal

GOLD = Product("products/gold", ProductKind.MAIN, "plans/price", "plans/fee")
SILVER = replace(GOLD, name="products/silver")
EXTRA = replace(GOLD, name="products/extra", kind=ProductKind.ADD_ON)
FEE = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
PRICE = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
CREDIT: dict[str, Any] = {"unused_days": UnusedDays.CREDIT}
WHOLE_LAST: dict[str, Any] = {"last_part": PartCharge.WHOLE}
ANNIVERSARY: dict[str, Any] = {"period_boundary": PeriodBoundary.ANNIVERSARY}


def iso(text: str) -> date:
    return date.fromisoformat(text)


def held(
    start: str,
    end: str | None = None,
    billed: str = "",
    plan: Plan = FEE,
    product: Product = GOLD,
    name: str = "s1",
    settled: str = "",
) -> Assignment:
    """A subscription since `start`, its fees billed through `billed`, then closed at `end`, and settled."""
    side = SideBooks.opened(Schedule.starting(iso(start)))
    subscription = assigned(name, product, iso(start), wholesale=side, retail=side)
    charges: list[Charge] = []
    if billed:
        charges, subscription = fees_due(subscription, plan, [], iso(billed))
    if end:
        subscription = closed(subscription, iso(end), iso(start), iso(end), PRICE, plan)
    if settled:
        _, subscription = fees_due(subscription, plan, charges, iso(settled))
    return Assignment(subscription, product, PRICE, plan)


def going_on(start: str, fees_from: str, *, continues: bool = True) -> Assignment:
    """A subscription whose fees go on with those of one before it."""
    side = SideBooks.opened(Schedule.starting(iso(fees_from)), continues=continues)
    return Assignment(replace(held(start, name="s2").subscription, wholesale=side), GOLD, PRICE, FEE)


def replace_end(subscription: Subscription) -> Subscription:
    side = replace(subscription.retail, schedule=Schedule.starting(subscription.start))
    return replace(subscription, retail=side, wholesale=side)


@pytest.mark.parametrize(
    ("other", "wanted", "start", "end", "refused"),
    [
        (
            held("2026-01-11"),
            GOLD,
            "2026-02-01",
            None,
            "PRODUCT_ASSIGNED the account has products/gold from 2026-01-11 (s1); close that subscription first",
        ),
        (
            held("2026-01-11", "2026-03-01"),
            GOLD,
            "2026-02-28",
            None,
            "PRODUCT_ASSIGNED the account has products/gold from 2026-01-11 (s1); assign it from 2026-03-01 on",
        ),
        (held("2026-01-11", "2026-03-01"), GOLD, "2026-03-01", None, None),
        # Up to the day on which the other begins.
        (held("2026-01-11"), GOLD, "2026-01-01", "2026-01-11", None),
        (
            held("2026-01-11"),
            GOLD,
            "2026-01-01",
            "2026-01-12",
            "PRODUCT_ASSIGNED the account has products/gold from 2026-01-11 (s1); close that subscription first",
        ),
        (
            held("2026-01-11", product=SILVER),
            GOLD,
            "2026-02-01",
            None,
            "MAIN_PRODUCT_ASSIGNED the account has the main product products/silver from 2026-01-11 (s1); "
            "close it at 2026-02-01 or earlier first",
        ),
        (held("2026-01-11", product=SILVER), EXTRA, "2026-02-01", None, None),
        (held("2026-01-11", product=EXTRA), GOLD, "2026-02-01", None, None),
        # Closed on its start after its fee had been charged: it took no days.
        (held("2026-01-11", "2026-01-11", billed="2026-01-11"), GOLD, "2026-01-01", None, None),
    ],
)
def test_a_product_is_refused_in_days_that_are_taken(
    other: Assignment, wanted: Product, start: str, end: str | None, refused: str | None
) -> None:
    ends = iso(end) if end else None
    # One that has never been, and one before it, do not matter.
    others = [held("2026-01-05", "2026-01-05", product=SILVER), held("2025-01-01", "2025-02-01"), other]
    assert refusal(lambda: check_free(wanted, iso(start), ends, others)) == refused


def test_a_taken_product_tells_programs_when_it_is_free() -> None:
    ending, open_end = held("2026-01-11", "2026-03-01"), held("2026-01-11")
    assert hint(lambda: check_free(GOLD, iso("2026-02-01"), None, [ending])) == {"earliest_date": "2026-03-01"}
    assert hint(lambda: check_free(GOLD, iso("2026-02-01"), None, [open_end])) == {}


@pytest.mark.parametrize(
    ("later", "end", "is_refused"),
    [
        (held("2026-03-01", name="s2"), None, True),
        (held("2026-03-01", name="s2"), "2026-03-02", True),
        (held("2026-04-01", name="s2"), "2026-03-02", True),
        (held("2026-03-01", name="s2"), "2026-03-01", False),
        # An earlier end is free, unless the fees of the later one go on with those of the first.
        (held("2026-03-01", name="s2"), "2026-02-28", False),
        (going_on("2026-03-10", "2026-03-10"), "2026-02-28", True),
        (going_on("2026-03-10", "2026-04-01", continues=False), "2026-02-28", True),
        # It came before.
        (held("2026-01-01", "2026-01-11", name="s2"), None, False),
        (held("2026-03-01", product=EXTRA, name="s2"), None, False),
        # It has never been.
        (held("2026-03-01", "2026-03-01", name="s2"), None, False),
    ],
)
def test_an_end_stays_where_the_fees_of_another_go_on_from_it(
    later: Assignment, end: str | None, is_refused: bool
) -> None:
    first = held("2026-01-11", "2026-03-01").subscription
    never = held("2026-05-01", "2026-05-01", name="s3")
    text = (
        f"PRODUCT_ASSIGNED products/gold is assigned again from {later.subscription.start} (s2), and its fees go on "
        "with those of s1; close that one on its start first"
    )
    moved = iso(end) if end else None
    assert refusal(lambda: check_not_gone_on_with(first, moved, [never, later])) == (text if is_refused else None)
    # One that has no end yet has none to move.
    assert refusal(lambda: check_not_gone_on_with(replace_end(first), moved, [never, later])) is None


def books(*others: Assignment, start: str, plan: Plan = FEE, aligned: Schedule | None = None) -> str:
    """Where the fees begin, from where periods are counted, days charged before, and whether they go on."""
    side = wholesale_books(GOLD, plan, iso(start), others, aligned)
    schedule = side.schedule
    assert (side.billed_until, side.settled_until) == (schedule.start, schedule.start)
    text = f"{schedule.start} counted from {schedule.anchor} + {schedule.first_index}"
    text += f", numbered from {schedule.periods_before}" if schedule.periods_before else ""
    return text + (f", after {schedule.days_before} days" if schedule.days_before else "") + ", on" * side.continues


def test_the_first_assignment_has_fees_from_its_start() -> None:
    assert books(start="2026-01-20") == "2026-01-20 counted from 2026-01-20 + 0"
    other = held("2026-01-01", "2026-01-16", billed="2026-01-01", product=SILVER)
    assert books(other, start="2026-01-20") == "2026-01-20 counted from 2026-01-20 + 0"
    aligned = Schedule(iso("2026-01-05"), iso("2026-01-20"), first_index=2)
    assert books(start="2026-01-20", aligned=aligned) == "2026-01-20 counted from 2026-01-05 + 2"


def of(fields: dict[str, Any]) -> Plan:
    return replace(FEE, **fields)


@pytest.mark.parametrize(
    ("plan", "life", "start", "found"),
    [
        # Charged whole in advance: the next fee begins with the next period.
        ({}, ("2026-01-01", "2026-01-16", "2026-01-01"), "2026-01-20", "2026-02-01 counted from 2026-01-01 + 0, on"),
        ({}, ("2026-01-01", "2026-01-16", "2026-01-01"), "2026-01-31", "2026-02-01 counted from 2026-01-01 + 0, on"),
        # In the next period it is a fresh start.
        (
            {},
            ("2026-01-01", "2026-01-16", "2026-01-01"),
            "2026-02-01",
            "2026-02-01 counted from 2026-02-01 + 0, numbered from 1",
        ),
        # By days, 15 of them.
        (
            {},
            ("2026-01-01", "2026-01-16", ""),
            "2026-01-20",
            "2026-01-20 counted from 2026-01-01 + 0, after 15 days, on",
        ),
        (
            {},
            ("2026-01-11", "2026-01-16", ""),
            "2026-01-20",
            "2026-01-20 counted from 2026-01-11 + 0, after 5 days, on",
        ),
        (WHOLE_LAST, ("2026-01-01", "2026-01-16", ""), "2026-01-20", "2026-02-01 counted from 2026-01-01 + 0, on"),
        # Begun and ended in one period, its last part is charged whole: it pays for the days after the end.
        (WHOLE_LAST, ("2026-01-11", "2026-01-16", ""), "2026-01-20", "2026-02-01 counted from 2026-01-11 + 0, on"),
        # On the boundary: nothing goes on.
        (
            {},
            ("2026-01-01", "2026-02-01", "2026-01-01"),
            "2026-02-01",
            "2026-02-01 counted from 2026-02-01 + 0, numbered from 1",
        ),
        (
            ANNIVERSARY,
            ("2026-01-10", "2026-02-20", ""),
            "2026-03-01",
            "2026-03-01 counted from 2026-01-10 + 0, after 10 days, on",
        ),
        # Credited up to the end, 15 days are kept.
        (
            CREDIT,
            ("2026-01-01", "2026-01-16", "2026-01-01"),
            "2026-01-20",
            "2026-01-20 counted from 2026-01-01 + 0, after 15 days, on",
        ),
        # All of it has been given back: on the same boundaries, after no day.
        (
            {**CREDIT, **ANNIVERSARY},
            ("2026-01-10", "2026-01-10", "2026-01-10"),
            "2026-01-20",
            "2026-01-20 counted from 2026-01-10 + 0, on",
        ),
        # It has never been.
        ({}, ("2026-01-01", "2026-01-01", ""), "2026-01-20", "2026-01-20 counted from 2026-01-20 + 0"),
    ],
)
def test_fees_go_on_where_those_of_the_subscription_before_end(
    plan: dict[str, Any], life: tuple[str, str, str], start: str, found: str
) -> None:
    assert books(held(*life, of(plan)), start=start, plan=of(plan)) == found


def test_fees_on_another_plan_begin_where_the_old_ones_end_with_a_calendar_of_their_own() -> None:
    other = replace(FEE, name="plans/other")
    charged = held("2026-01-01", "2026-01-16", billed="2026-01-01")
    assert books(charged, start="2026-01-20", plan=other) == "2026-02-01 counted from 2026-02-01 + 0"
    by_days = held("2026-01-01", "2026-01-16")
    assert books(by_days, start="2026-01-20", plan=other) == "2026-01-20 counted from 2026-01-20 + 0"
    # Nothing has to wait: the schedule that is asked for is kept.
    aligned = Schedule(iso("2026-01-05"), iso("2026-01-20"), first_index=2)
    assert books(by_days, start="2026-01-20", plan=other, aligned=aligned) == "2026-01-20 counted from 2026-01-05 + 2"


def test_fees_go_on_with_those_that_reach_the_furthest() -> None:
    first = held("2026-01-01", "2026-01-11", name="s1")
    second = held("2026-01-11", "2026-01-21", name="s2")
    for others in ([first, second], [second, first]):
        assert books(*others, start="2026-01-25") == "2026-01-25 counted from 2026-01-11 + 0, after 10 days, on"


def test_a_period_whose_fee_was_charged_and_given_back_gets_no_second_fee_of_its_name() -> None:
    plan = of(CREDIT)
    returned = held("2026-01-10", "2026-01-10", billed="2026-01-10", plan=plan)
    text = (
        "PRODUCT_ASSIGNED a fee of products/gold that begins on 2026-01-10 has been charged and given back (s1), "
        "and a period has one fee; assign it from 2026-01-11 on"
    )
    assert refusal(lambda: wholesale_books(GOLD, plan, iso("2026-01-10"), [returned])) == text
    found = hint(lambda: wholesale_books(GOLD, plan, iso("2026-01-10"), [returned]))
    assert found == {"earliest_date": "2026-01-11"}
    assert books(returned, start="2026-01-11", plan=plan) == "2026-01-11 counted from 2026-01-10 + 0, on"


def test_fees_do_not_begin_before_those_that_stand() -> None:
    later = held("2026-03-01", "2026-03-16", billed="2026-03-01")
    text = (
        "PRODUCT_ASSIGNED a fee of products/gold that begins on 2026-03-01 has been charged (s1), and a period has one "
        "fee; assign it from 2026-03-01 on"
    )
    latest_first = [later, held("2026-02-01", "2026-02-16", billed="2026-02-01", name="s0")]
    for others in (latest_first, latest_first[::-1]):
        assert refusal(lambda: wholesale_books(GOLD, FEE, iso("2026-01-31"), others)) == text  # noqa: B023


def test_an_activation_that_was_charged_on_a_day_is_not_charged_on_it_again() -> None:
    plan = of(
        {"unused_days": UnusedDays.CREDIT, "activation_fee": Money(5_000_000, "USD"), "timing": Timing.IN_ARREARS}
    )
    other = replace(plan, name="plans/other")
    activated = held("2026-01-10", "2026-01-10", billed="2026-01-10", plan=plan)
    text = (
        "PRODUCT_ASSIGNED a fee of products/gold for its activation on 2026-01-10 has been charged (s1), and a period "
        "has one fee; assign it from 2026-01-11 on"
    )
    assert refusal(lambda: wholesale_books(GOLD, other, iso("2026-01-10"), [activated])) == text
    assert refusal(lambda: wholesale_books(GOLD, other, iso("2026-01-11"), [activated])) is None
    free = replace(other, activation_fee=None)
    assert refusal(lambda: wholesale_books(GOLD, free, iso("2026-01-10"), [activated])) is None


def test_the_numbers_of_periods_go_on_so_that_a_promotion_is_had_once() -> None:
    quarterly = of({"periods_in_advance": 3})
    charged = held("2026-01-01", "2026-02-16", billed="2026-01-01", plan=quarterly)
    assert (
        books(charged, start="2026-04-01", plan=quarterly) == "2026-04-01 counted from 2026-04-01 + 0, numbered from 3"
    )
    # On another plan they begin anew.
    other = replace(FEE, name="plans/other")
    assert books(charged, start="2026-04-01", plan=other) == "2026-04-01 counted from 2026-04-01 + 0"


def test_where_only_the_activation_was_charged_the_first_day_is_free() -> None:
    plan = of({"timing": Timing.IN_ARREARS, "activation_fee": Money(5_000_000, "USD")})
    activated = held("2026-01-10", "2026-01-10", billed="2026-01-10", plan=plan)
    assert activated.subscription.wholesale.activation_billed
    later = wholesale_books(GOLD, plan, iso("2026-03-01"), [activated])
    assert later.schedule == Schedule.starting(iso("2026-03-01"))
    again = wholesale_books(GOLD, plan, iso("2026-01-10"), [activated])
    assert again.schedule == Schedule.starting(iso("2026-01-10"))
    # Its fees go on: activation is not asked again.
    assert books(activated, start="2026-01-10", plan=plan) == "2026-01-10 counted from 2026-01-10 + 0, on"


@pytest.mark.parametrize(
    ("before", "after", "schedule"),
    [
        (Calendar(), Calendar(), Schedule(iso("2026-01-31"), iso("2026-04-10"), first_index=3)),
        (Calendar(), Calendar(period_unit=PeriodUnit.WEEK), Schedule.starting(iso("2026-04-10"))),
        (
            Calendar(period_boundary=PeriodBoundary.ANNIVERSARY),
            Calendar(period_boundary=PeriodBoundary.ANNIVERSARY),
            Schedule(iso("2026-01-31"), iso("2026-04-10"), first_index=2),
        ),
    ],
)
def test_another_product_keeps_the_boundaries_where_the_calendars_are_alike(
    before: Calendar, after: Calendar, schedule: Schedule
) -> None:
    old = Schedule.starting(iso("2026-01-31"), iso("2026-04-10"))
    assert aligned_schedule(old, before, after, iso("2026-04-10")) == schedule
