"""The life of a subscription, worked by hand: changes with a date, taken back, and what they leave in the books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.ledger import assign, lines
from tests.harness import GOLD, House, day, money

Plan = dict[str, Any]
Step = Callable[[House, str], object]

ARREARS = {"timing": "TIMING_IN_ARREARS"}
CREDIT_DAYS = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"}
ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
AT_ONCE = "PRODUCT_CHANGE_TIMING_AT_ONCE"

# The server's day is the 15th of April 2026.


def bill(through: str) -> Step:
    return lambda house, name: house.bill(through)


def close(end: str) -> Step:
    return lambda house, name: house.admin.CloseSubscription(name=name, end_date=day(end))


def suspend(start: str) -> Step:
    return lambda house, name: house.admin.SuspendSubscription(name=name, start_date=day(start))


def resume(date: str, paused_days: str = "") -> Step:
    choice = {"paused_days": f"PAUSED_DAYS_{paused_days}"} if paused_days else {}
    return lambda house, name: house.admin.ResumeSubscription(name=name, resume_date=day(date), **choice)


def withdraw(what: str) -> Step:
    change = f"SUBSCRIPTION_CHANGE_{what}"
    return lambda house, name: house.admin.WithdrawSubscriptionChange(name=name, change=change)


def again(start: str, subscription: str = "s2") -> Step:
    """Assign the same product to the same account again."""
    return lambda house, name: house.assign(name.split("/subscriptions/")[0], start, GOLD, subscription)


def live(house: House, steps: list[Step], wholesale: Plan, retail: Plan, start: str) -> str:
    house.make_product(fee="10.00", price="20.00", wholesale=wholesale, retail=retail)
    name = house.assign(house.make_account("acme"), start)
    for step in steps:
        step(house, name)
    return name


# The retail plan | what happens from the 1st of January | the retail charges, at 20.00 a month
PAUSES: list[tuple[Plan, list[Step], list[str]]] = [
    # Suspended from the 16th of January to the 10th of February. As the plan says: charged on,
    ({}, [suspend("2026-01-16"), resume("2026-02-10"), bill("2026-03-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "2026-02-01 to 2026-03-01: 20.00", "2026-03-01 to 2026-04-01: 20.00"]),
    # or given back: 16 of 31 days are 10.322..., 9 of 28 are 6.428...
    (CREDIT_DAYS, [suspend("2026-01-16"), resume("2026-02-10"), bill("2026-03-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "2026-02-01 to 2026-03-01: 20.00", "SUSPENSION_CREDIT 2026-02-01 to 2026-03-01: -6.43",
      "2026-03-01 to 2026-04-01: 20.00"]),
    # The resume says otherwise, before anything was settled.
    ({}, [suspend("2026-01-16"), resume("2026-02-10", "CREDIT"), bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "2026-02-01 to 2026-03-01: 20.00"]),
    (CREDIT_DAYS, [suspend("2026-01-16"), resume("2026-02-10", "CHARGE"), bill("2026-03-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "2026-02-01 to 2026-03-01: 20.00", "2026-03-01 to 2026-04-01: 20.00"]),
    # Settled before the resume: January's credit is charged after all, and February's is never given.
    (CREDIT_DAYS, [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CHARGE"), bill("2026-03-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "PAUSED_CHARGE 2026-01-16 to 2026-02-01: 10.32",
      "2026-02-01 to 2026-03-01: 20.00", "2026-03-01 to 2026-04-01: 20.00"]),
    # Charged on until the resume, which gives January's days back too.
    ({}, [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CREDIT"), bill("2026-03-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "PAUSED_CREDIT 2026-01-16 to 2026-02-01: -10.32",
      "2026-02-01 to 2026-03-01: 20.00", "SUSPENSION_CREDIT 2026-02-01 to 2026-03-01: -6.43",
      "2026-03-01 to 2026-04-01: 20.00"]),
    # The choice is carried out when the resume comes, and once.
    (CREDIT_DAYS, [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CHARGE"), bill("2026-02-09")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "2026-02-01 to 2026-03-01: 20.00"]),
    (CREDIT_DAYS, [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CHARGE"), bill("2026-02-10"),
                   bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "PAUSED_CHARGE 2026-01-16 to 2026-02-01: 10.32", "2026-02-01 to 2026-03-01: 20.00"]),
    # A resume that says what has been done already leaves nothing to put right.
    (CREDIT_DAYS, [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CREDIT"), bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 20.00", "SUSPENSION_CREDIT 2026-01-01 to 2026-02-01: -10.32",
      "2026-02-01 to 2026-03-01: 20.00"]),
    # Resumed on its first day: it was never suspended.
    (CREDIT_DAYS, [suspend("2026-01-16"), resume("2026-01-16", "CHARGE"), bill("2026-02-01")],
     ["2026-01-01 to 2026-02-01: 20.00", "2026-02-01 to 2026-03-01: 20.00"]),
    # A suspension and a resume to come, taken back before they come.
    (CREDIT_DAYS, [suspend("2026-05-01"), resume("2026-05-11"), withdraw("SUSPENSION"), bill("2026-06-01"),
                   close("2026-06-01")],
     [f"2026-0{month}-01 to 2026-0{month + 1}-01: 20.00" for month in range(1, 6)]
     + ["2026-06-01 to 2026-07-01: 20.00"]),
    # Only the resume taken back: all of June is given back too.
    (CREDIT_DAYS, [bill("2026-04-30"), suspend("2026-05-01"), resume("2026-05-11"), withdraw("RESUME"),
                   bill("2026-06-30"), resume("2026-07-01"), bill("2026-07-01")],
     [f"2026-0{month}-01 to 2026-0{month + 1}-01: 20.00" for month in range(1, 5)]
     + ["2026-05-01 to 2026-06-01: 20.00", "SUSPENSION_CREDIT 2026-05-01 to 2026-06-01: -20.00",
        "2026-06-01 to 2026-07-01: 20.00", "SUSPENSION_CREDIT 2026-06-01 to 2026-07-01: -20.00",
        "2026-07-01 to 2026-08-01: 20.00"]),
]  # fmt: skip


@pytest.mark.parametrize(("retail", "steps", "charged"), PAUSES)
def test_what_a_resume_does_with_the_suspended_days_is_worked_by_hand(
    house: House, retail: Plan, steps: list[Step], charged: list[str]
) -> None:
    live(house, steps, {}, retail, "2026-01-01")
    found = lines(house, "RETAIL")
    # An end on the 1st of June gives June back; it is no part of this table.
    assert [line for line in found if not line.startswith("UNUSED_CREDIT")] == charged
    # The wholesale side has been charged throughout.
    fees = [line for line in charged if line.startswith("2026")]
    assert lines(house, "WHOLESALE") == [line.replace("20.00", "10.00") for line in fees]


def test_a_charge_of_which_a_resume_gave_days_back_is_not_taken_back_as_well(house: House) -> None:
    steps = [suspend("2026-01-16"), bill("2026-02-01"), resume("2026-02-10", "CREDIT"), bill("2026-02-28")]
    name = live(house, steps, {}, {}, "2026-01-01")
    acme, charges = house.reseller("acme"), f"{name}/charges"
    refused = acme.refusal("ReverseCharge", name=f"{charges}/retail-recurring-2026-01-01")
    assert refused.reason == "CHARGE_HAS_CREDIT"
    acme.ReverseCharge(name=f"{charges}/retail-paused-credit-2026-01-16")
    acme.ReverseCharge(name=f"{charges}/retail-recurring-2026-01-01")
    house.bill("2026-02-28")
    assert sum(charge.amount.units for charge in house.charges(side="SIDE_RETAIL")) == 20


def test_a_resume_that_was_carried_out_ahead_of_its_day_stays(house: House) -> None:
    steps = [suspend("2026-04-05"), resume("2026-05-10", "CREDIT"), bill("2026-05-15")]
    name = live(house, steps, {}, {}, "2026-04-01")
    asked = {"name": name, "change": "SUBSCRIPTION_CHANGE_RESUME"}
    assert house.admin.refusal("WithdrawSubscriptionChange", **asked).reason == "NOTHING_TO_WITHDRAW"


# The reseller plan | what happens from the 1st of January | the fees, at 10.00 a month
ASSIGNED_AGAIN: list[tuple[Plan, list[Step], list[str]]] = [
    # January was charged whole in advance: there is no second fee for it, and then one a month.
    ({}, [bill("2026-01-01"), close("2026-01-16"), again("2026-01-20"), bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 10.00", "2026-02-01 to 2026-03-01: 10.00"]),
    # Charged whole though it ended before it was billed.
    ({"last_part": "PART_CHARGE_WHOLE"}, [close("2026-01-16"), again("2026-01-20"), bill("2026-02-28")],
     ["2026-01-01 to 2026-01-16: 10.00", "2026-02-01 to 2026-03-01: 10.00"]),
    # By days: 15 of 31 are 4.84; 27 of 31 are 8.71, less 4.84.
    ({}, [close("2026-01-16"), again("2026-01-20"), bill("2026-02-28")],
     ["2026-01-01 to 2026-01-16: 4.84", "2026-01-20 to 2026-02-01: 3.87", "2026-02-01 to 2026-03-01: 10.00"]),
    # On the day of the end: the parts are the whole, 4.84 and 5.16.
    ({}, [close("2026-01-16"), again("2026-01-16"), bill("2026-01-31")],
     ["2026-01-01 to 2026-01-16: 4.84", "2026-01-16 to 2026-02-01: 5.16"]),
    # Rounded up each, three parts would be 4.84 + 1.62 + 3.55 = 10.01; they are 10.00.
    ({"rounding": "ROUNDING_UP"},
     [close("2026-01-16"), again("2026-01-16"),
      lambda house, name: house.admin.CloseSubscription(name=name[:-1] + "2", end_date=day("2026-01-21")),
      again("2026-01-21", "s3"), bill("2026-01-31")],
     ["2026-01-01 to 2026-01-16: 4.84", "2026-01-16 to 2026-01-21: 1.62", "2026-01-21 to 2026-02-01: 3.54"]),
    # On the boundaries of the first one, from the 10th to the 10th; activation is not asked again.
    ({**ANNIVERSARY, "activation_fee": money("7.00")},
     [bill("2026-01-01"), close("2026-01-20"), again("2026-01-25"), bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 10.00", "ACTIVATION 2026-01-01 to 2026-02-01: 7.00",
      "2026-02-01 to 2026-03-01: 10.00"]),
    # After the period: a fresh start, with its own boundaries and activation.
    ({**ANNIVERSARY, "activation_fee": money("7.00")},
     [bill("2026-01-01"), close("2026-01-20"), again("2026-02-05"), bill("2026-02-28")],
     ["2026-01-01 to 2026-02-01: 10.00", "ACTIVATION 2026-01-01 to 2026-02-01: 7.00",
      "2026-02-05 to 2026-03-05: 10.00", "ACTIVATION 2026-02-05 to 2026-03-05: 7.00"]),
    # Where unused days are credited, the days that are left are charged: 10.00 - 5.16 + 3.87.
    ({"unused_days": "UNUSED_DAYS_CREDIT"}, [bill("2026-01-01"), close("2026-01-16"), again("2026-01-20"),
                                            bill("2026-01-31")],
     ["2026-01-01 to 2026-02-01: 10.00", "UNUSED_CREDIT 2026-01-01 to 2026-02-01: -5.16",
      "2026-01-20 to 2026-02-01: 3.87"]),
    # In arrears, each part at its end.
    (ARREARS, [close("2026-01-16"), again("2026-01-20"), bill("2026-02-01")],
     ["2026-01-01 to 2026-01-16: 4.84", "2026-01-20 to 2026-02-01: 3.87"]),
]  # fmt: skip


@pytest.mark.parametrize(("wholesale", "steps", "charged"), ASSIGNED_AGAIN)
def test_a_product_assigned_again_costs_no_second_fee_for_the_same_period(
    house: House, wholesale: Plan, steps: list[Step], charged: list[str]
) -> None:
    live(house, steps, wholesale, {}, "2026-01-01")
    assert lines(house, "WHOLESALE") == charged


# What happens from the 1st of January | the charges of both sides alike, at 10.00
ENDS: list[tuple[list[Step], list[str]]] = [
    # Told and taken back before it came: as if it had never been told.
    ([close("2026-05-16"), withdraw("END"), bill("2026-05-31")],
     [f"2026-0{month}-01 to 2026-0{month + 1}-01: 10.00" for month in range(1, 6)]),
    # April is charged up to the 21st (20 of 30 days), then the end is taken back: the next part is the rest of April.
    ([bill("2026-03-31"), close("2026-04-21"), bill("2026-04-01"), withdraw("END"), bill("2026-05-01")],
     [f"2026-0{month}-01 to 2026-0{month + 1}-01: 10.00" for month in range(1, 4)]
     + ["2026-04-01 to 2026-04-21: 6.67", "2026-04-21 to 2026-05-01: 3.33", "2026-05-01 to 2026-06-01: 10.00"]),
    # Moved, from inside of what was charged up to it to later in the same month: 27 of 30 days are 9.00.
    ([bill("2026-03-31"), close("2026-04-21"), bill("2026-04-01"), close("2026-04-28"), bill("2026-05-31")],
     [f"2026-0{month}-01 to 2026-0{month + 1}-01: 10.00" for month in range(1, 4)]
     + ["2026-04-01 to 2026-04-21: 6.67", "2026-04-21 to 2026-04-28: 2.33"]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "charged"), ENDS)
def test_an_end_that_is_moved_or_taken_back_leaves_parts_that_add_up(
    house: House, steps: list[Step], charged: list[str]
) -> None:
    name = assign(house, {}, "2026-01-01")
    for step in steps:
        step(house, name)
    assert [lines(house, side) for side in ("WHOLESALE", "RETAIL")] == [charged, charged]


def test_an_end_is_not_moved_into_the_days_of_another_subscription(house: House) -> None:
    name = assign(house, {}, "2026-01-01")
    account = name.split("/subscriptions/")[0]
    house.admin.CloseSubscription(name=name, end_date=day("2026-05-01"))
    house.make_product("silver")
    house.assign(account, "2026-05-01", "products/silver", "s2")
    for method, fields in (
        ("CloseSubscription", {"end_date": day("2026-06-01")}),
        ("WithdrawSubscriptionChange", {"change": "SUBSCRIPTION_CHANGE_END"}),
    ):
        assert house.admin.refusal(method, name=name, **fields).reason == "MAIN_PRODUCT_ASSIGNED"
    house.admin.CloseSubscription(name=f"{account}/subscriptions/s2", end_date=day("2026-05-01"))
    house.assign(account, "2026-05-10", GOLD, "s3")
    assert house.admin.refusal("CloseSubscription", name=name, end_date=day("2026-05-05")).reason == "PRODUCT_ASSIGNED"
    # Earlier is free.
    house.admin.CloseSubscription(name=name, end_date=day("2026-04-20"))
