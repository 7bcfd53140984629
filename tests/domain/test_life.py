"""What a subscription answers to a change that it does not take, and what of a life can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from quitrent.domain.money import Money
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.retail_bill import retail_billed
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import (
    PausedDays,
    SideBooks,
    Subscription,
    Suspension,
    assigned,
    closed,
    reopened,
    resume_withdrawn,
    resumed,
    suspended,
    suspension_withdrawn,
)
from tests.domain.refusals import hint, refusal

GOLD = Product("products/gold", ProductKind.MAIN, "plans/price", "plans/fee")
FEE = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
PRICE = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
Change = Callable[[Subscription], Subscription]


def iso(text: str) -> date:
    return date.fromisoformat(text)


def suspend(day: str) -> Change:
    return lambda subscription: suspended(subscription, iso(day))


def resume(day: str, paused_days: PausedDays | None = None) -> Change:
    return lambda subscription: resumed(subscription, iso(day), paused_days)


def close(day: str, today: str = "2026-01-01", fees_until: str = "") -> Change:
    owed = iso(fees_until or day)
    return lambda subscription: closed(subscription, iso(day), iso(today), owed, PRICE, FEE)


def reopen(today: str = "2026-01-01") -> Change:
    return lambda subscription: reopened(subscription, iso(today), PRICE, FEE)


def withdraw_suspension(today: str) -> Change:
    return lambda subscription: suspension_withdrawn(subscription, iso(today))


def withdraw_resume(today: str) -> Change:
    return lambda subscription: resume_withdrawn(subscription, iso(today))


def bill(through: str) -> Change:
    return lambda subscription: retail_billed(subscription, PRICE, iso(through))


def lived(*life: Change) -> Subscription:
    """Assigned from the 11th of January 2026 on."""
    start = iso("2026-01-11")
    side = SideBooks.opened(Schedule.starting(start))
    subscription = assigned("s1", GOLD, start, wholesale=side, retail=side)
    for change in life:
        subscription = change(subscription)
    return subscription


SETTLED = "DATE_SETTLED s1 is settled up to 2026-02-01; 2026-01-31 is before. The earliest date is 2026-02-01"
NO_SUSPENSION = "NOTHING_TO_WITHDRAW s1 has no suspension that is still to come and has not been settled"
NO_RESUME = "NOTHING_TO_WITHDRAW s1 has no resume that is still to come and has not been settled"
NO_END = "NOTHING_TO_WITHDRAW s1 has no end that is still to come and has not been settled"
PAUSE = [suspend("2026-02-10"), resume("2026-02-20")]


@pytest.mark.parametrize(
    ("life", "change", "refused"),
    [
        (
            [],
            suspend("2026-01-10"),
            "DATE_OUTSIDE_SUBSCRIPTION s1 starts on 2026-01-11; 2026-01-10 is before",
        ),
        ([], close("2026-01-10"), "DATE_OUTSIDE_SUBSCRIPTION s1 starts on 2026-01-11; 2026-01-10 is before"),
        ([suspend("2026-02-10")], suspend("2026-03-01"), "SUBSCRIPTION_SUSPENDED s1 is suspended from 2026-02-10"),
        (PAUSE, suspend("2026-02-19"), "SUBSCRIPTION_SUSPENDED s1 is suspended from 2026-02-10 to 2026-02-20"),
        (PAUSE, suspend("2026-02-20"), None),
        ([], resume("2026-02-01"), "SUBSCRIPTION_NOT_SUSPENDED s1 has no suspension that lasts to 2026-02-01"),
        (PAUSE, resume("2026-02-21"), "SUBSCRIPTION_NOT_SUSPENDED s1 has no suspension that lasts to 2026-02-21"),
        (
            [suspend("2026-02-10")],
            resume("2026-02-09"),
            "SUBSCRIPTION_NOT_SUSPENDED s1 has no suspension that lasts to 2026-02-09",
        ),
        ([bill("2026-02-15")], suspend("2026-01-31"), SETTLED),
        ([bill("2026-02-15")], close("2026-01-31"), SETTLED),
        ([bill("2026-02-15")], close("2026-02-01"), None),
        ([close("2026-03-16")], suspend("2026-03-16"), "SUBSCRIPTION_CLOSED s1 is closed from 2026-03-16 on"),
        ([close("2026-03-16")], suspend("2026-03-15"), None),
        (
            [close("2026-03-16")],
            close("2026-04-01", today="2026-03-16"),
            "SUBSCRIPTION_CLOSED s1 is closed from 2026-03-16 on",
        ),
        ([close("2026-03-16")], close("2026-04-01", today="2026-03-15"), None),
        ([], reopen(), NO_END),
        ([close("2026-03-16")], reopen("2026-03-15"), None),
        ([close("2026-03-16")], reopen("2026-03-16"), "SUBSCRIPTION_CLOSED s1 is closed from 2026-03-16 on"),
        ([], withdraw_suspension("2026-01-01"), NO_SUSPENSION),
        (PAUSE, withdraw_suspension("2026-02-10"), NO_SUSPENSION),
        (PAUSE, withdraw_suspension("2026-02-09"), None),
        # Billed ahead: February is settled, and its suspension with it.
        ([*PAUSE, bill("2026-03-01")], withdraw_suspension("2026-02-01"), NO_SUSPENSION),
        ([suspend("2026-02-01"), bill("2026-02-01")], withdraw_suspension("2026-01-01"), None),
        ([], withdraw_resume("2026-01-01"), NO_RESUME),
        ([suspend("2026-02-10")], withdraw_resume("2026-01-01"), NO_RESUME),
        (PAUSE, withdraw_resume("2026-02-20"), NO_RESUME),
        (PAUSE, withdraw_resume("2026-02-19"), None),
        ([*PAUSE, bill("2026-03-01")], withdraw_resume("2026-02-01"), NO_RESUME),
        (
            [suspend("2026-01-20"), resume("2026-02-01"), bill("2026-02-01")],
            withdraw_resume("2026-01-15"),
            None,
        ),
    ],
)
def test_a_change_that_is_not_taken_says_why(life: list[Change], change: Change, refused: str | None) -> None:
    subscription = lived(*life)
    assert refusal(lambda: change(subscription)) == refused


def test_an_end_on_its_start_that_is_taken_back_leaves_no_trace() -> None:
    assert lived(close("2026-01-11"), reopen()) == lived()


def test_ends_that_were_charged_and_taken_back_leave_breaks_in_order() -> None:
    subscription = lived(close("2026-01-21"), bill("2026-01-11"), reopen(), bill("2026-01-21"))
    subscription = close("2026-01-26")(subscription)
    subscription = reopen()(bill("2026-01-21")(subscription))
    # January was charged to its end before the second end was told: that one cuts nothing.
    assert [str(day) for day in subscription.retail.schedule.breaks] == ["2026-01-21"]
    side = replace(subscription.retail, schedule=Schedule.starting(iso("2026-01-11"), iso("2026-01-16")))
    side = replace(side, schedule=replace(side.schedule, breaks=(iso("2026-01-21"),)), billed_until=iso("2026-01-16"))
    cut = replace(subscription, retail=replace(side, settled_until=iso("2026-01-11")))
    cut = replace(cut, wholesale=cut.retail)
    assert [str(day) for day in reopen()(cut).retail.schedule.breaks] == ["2026-01-16", "2026-01-21"]


def test_a_resume_that_has_been_carried_out_is_not_taken_back() -> None:
    # February is not settled; what the resume said of January has been put right.
    life = suspend("2026-01-20"), bill("2026-02-01"), resume("2026-02-10", PausedDays.CHARGE), bill("2026-02-10")
    subscription = lived(*life)
    assert subscription.suspensions[0].carried_out
    assert refusal(lambda: resume_withdrawn(subscription, iso("2026-02-01"))) == NO_RESUME


def test_a_settled_date_tells_programs_the_earliest_one() -> None:
    subscription = lived(bill("2026-02-15"))
    assert hint(lambda: suspended(subscription, iso("2026-01-31"))) == {"earliest_date": "2026-02-01"}


@pytest.mark.parametrize(
    ("life", "suspensions"),
    [
        ([*PAUSE, suspend("2026-03-01")], [("2026-02-10", "2026-02-20", None), ("2026-03-01", None, None)]),
        (
            [*PAUSE, suspend("2026-03-01"), resume("2026-03-05", PausedDays.CHARGE)],
            [("2026-02-10", "2026-02-20", None), ("2026-03-01", "2026-03-05", PausedDays.CHARGE)],
        ),
        # Resumed on its first day: as if it had never been, and the one before stays.
        ([*PAUSE, suspend("2026-03-01"), resume("2026-03-01")], [("2026-02-10", "2026-02-20", None)]),
        (
            [*PAUSE, suspend("2026-03-01"), withdraw_suspension("2026-02-25")],
            [("2026-02-10", "2026-02-20", None)],
        ),
        # What the resume said is taken back with it.
        (
            [*PAUSE, suspend("2026-03-01"), resume("2026-03-05", PausedDays.CREDIT), withdraw_resume("2026-03-04")],
            [("2026-02-10", "2026-02-20", None), ("2026-03-01", None, None)],
        ),
    ],
)
def test_only_the_last_suspension_is_changed(
    life: list[Change], suspensions: list[tuple[str, str | None, PausedDays | None]]
) -> None:
    found = lived(*life).suspensions
    assert [(str(one.start), one.end and str(one.end), one.paused_days) for one in found] == suspensions


@pytest.mark.parametrize(
    ("end", "start", "until", "days"),
    [
        ("2026-02-20", "2026-02-01", "2026-03-01", 10),
        ("2026-02-20", "2026-02-15", "2026-03-01", 5),
        ("2026-02-20", "2026-02-01", "2026-02-12", 2),
        ("2026-02-20", "2026-02-20", "2026-03-01", 0),
        ("2026-02-20", "2026-01-01", "2026-02-10", 0),
        ("2026-02-20", "2026-01-01", "2026-02-01", 0),
        (None, "2026-02-01", "2026-03-01", 19),
    ],
)
def test_suspended_days_are_counted_inside_a_period(end: str | None, start: str, until: str, days: int) -> None:
    suspension = Suspension(iso("2026-02-10"), iso(end) if end else None)
    assert suspension.days_within(iso(start), iso(until)) == days


def test_a_new_subscription_has_the_plans_that_its_product_has_now() -> None:
    subscription = lived()
    named = (subscription.name, subscription.product, subscription.account_plan, subscription.reseller_plan)
    assert named == ("s1", "products/gold", "plans/price", "plans/fee")
    assert (subscription.start, subscription.end) == (iso("2026-01-11"), None)


@pytest.mark.parametrize(
    ("wholesale", "retail", "is_empty"),
    [
        ({}, {}, True),
        ({"activation_billed": True}, {}, False),
        ({}, {"activation_billed": True}, False),
        # Charged before it was known that it ends on its start.
        ({"billed_until": "2026-02-01"}, {}, False),
        ({}, {"billed_until": "2026-02-01"}, False),
    ],
)
def test_closed_on_its_start_it_has_never_been_unless_something_was_charged(
    wholesale: dict[str, object], retail: dict[str, object], is_empty: bool
) -> None:
    def changed(side: SideBooks, books: dict[str, object]) -> SideBooks:
        dated = {name: iso(value) if isinstance(value, str) else value for name, value in books.items()}
        return replace(side, **dated)  # type: ignore[arg-type]

    subscription = lived(close("2026-01-11"))
    both = changed(subscription.wholesale, wholesale), changed(subscription.retail, retail)
    assert replace(subscription, wholesale=both[0], retail=both[1]).is_empty is is_empty
    assert not lived().is_empty
