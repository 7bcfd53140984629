"""A change of product, worked by hand: at the next boundary or at once, told back, taken back, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import lines
from tests.harness import GOLD, House, day, iso

Plan = dict[str, Any]

ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
WHOLE_FIRST = {"first_part": "PART_CHARGE_WHOLE"}
SILVER = "products/silver"
AT_ONCE, NEXT_BOUNDARY = "PRODUCT_CHANGE_TIMING_AT_ONCE", "PRODUCT_CHANGE_TIMING_NEXT_BOUNDARY"


def shop(house: House, plan: Plan, start: str = "2026-01-01", silver: Plan | None = None) -> str:
    """Gold for 10.00 a month and silver for 30.00, on both sides; gold is assigned."""
    house.make_product(fee="10.00", price="10.00", wholesale=plan, retail=plan)
    other = plan if silver is None else silver
    house.make_product("silver", fee="30.00", price="30.00", wholesale=other, retail=other)
    return house.assign(house.make_account("acme"), start)


def change(house: House, name: str, date: str, timing: str, product: str = SILVER, new: str = "s2") -> Any:
    return house.admin.ChangeSubscriptionProduct(
        name=name, product=product, change_date=day(date), timing=timing, subscription_id=new
    )


@pytest.mark.parametrize(
    ("plan", "start", "asked", "timing", "changed"),
    [
        ({}, "2026-01-01", "2026-02-10", AT_ONCE, "2026-02-10"),
        ({}, "2026-01-01", "2026-02-10", NEXT_BOUNDARY, "2026-03-01"),
        ({}, "2026-01-01", "2026-03-01", NEXT_BOUNDARY, "2026-03-01"),
        # The default is the next boundary.
        (ANNIVERSARY, "2026-01-31", "2026-02-10", "PRODUCT_CHANGE_TIMING_UNSPECIFIED", "2026-02-28"),
        # The next boundary of what is paid at a time.
        ({"periods_in_advance": 3}, "2026-01-01", "2026-02-10", NEXT_BOUNDARY, "2026-04-01"),
    ],
)
def test_a_product_changes_at_once_or_at_the_next_boundary(
    house: House, plan: Plan, start: str, asked: str, timing: str, changed: str
) -> None:
    reply = change(house, shop(house, plan, start), asked, timing)
    assert (iso(reply.replaced.end_date), iso(reply.subscription.start_date)) == (changed, changed)
    assert (reply.subscription.product, reply.subscription.replaces) == (SILVER, reply.replaced.name)


# gold's and silver's plan | the day of the change, at once, after all of February was billed | both sides alike
CHANGES: list[tuple[Plan, Plan, str, list[str], list[str]]] = [
    # 14 of 28 days of February. The customer gets gold's days back; the provider's fee for them stands.
    ({}, {}, "2026-02-15",
     ["2026-02-01 to 2026-03-01: 10.00", "2026-02-15 to 2026-03-01: 15.00"],
     ["2026-02-01 to 2026-03-01: 10.00", "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -5.00",
      "2026-02-15 to 2026-03-01: 15.00"]),
    # Where silver's first part is charged whole, it is so on both sides.
    ({}, WHOLE_FIRST, "2026-02-15",
     ["2026-02-01 to 2026-03-01: 10.00", "2026-02-15 to 2026-03-01: 30.00"],
     ["2026-02-01 to 2026-03-01: 10.00", "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -5.00",
      "2026-02-15 to 2026-03-01: 30.00"]),
    # Gold's boundaries are kept where silver has the same calendar: from the 1st, though it starts on the 15th.
    (ANNIVERSARY, ANNIVERSARY, "2026-02-15",
     ["2026-02-01 to 2026-03-01: 10.00", "2026-02-15 to 2026-03-01: 15.00"],
     ["2026-02-01 to 2026-03-01: 10.00", "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -5.00",
      "2026-02-15 to 2026-03-01: 15.00"]),
    # Where it has another one, its periods are counted from the day of the change.
    ({}, ANNIVERSARY, "2026-02-15",
     ["2026-02-01 to 2026-03-01: 10.00", "2026-02-15 to 2026-03-15: 30.00"],
     ["2026-02-01 to 2026-03-01: 10.00", "UNUSED_CREDIT 2026-02-01 to 2026-03-01: -5.00",
      "2026-02-15 to 2026-03-15: 30.00"]),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "silver", "date", "wholesale", "retail"), CHANGES)
def test_what_a_change_at_once_costs_is_worked_by_hand_on_each_side(
    house: House, gold: Plan, silver: Plan, date: str, wholesale: list[str], retail: list[str]
) -> None:
    name = shop(house, gold, "2026-02-01", silver)
    house.bill("2026-02-01")
    change(house, name, date, AT_ONCE)
    house.bill("2026-02-28")
    assert (lines(house, "WHOLESALE"), lines(house, "RETAIL")) == (wholesale, retail)


def test_there_and_back_in_one_month_costs_each_product_its_fee_once(house: House) -> None:
    name = shop(house, {}, "2026-02-01")
    house.bill("2026-02-01")
    second = change(house, name, "2026-02-08", AT_ONCE).subscription.name
    house.bill("2026-02-08")
    third = change(house, second, "2026-02-15", AT_ONCE, GOLD, "s3").subscription
    house.bill("2026-03-01")
    # Gold was charged whole for February, so it has fees of its own from March on; silver from the 8th to the end.
    assert iso(third.wholesale_start_date) == "2026-03-01"
    assert lines(house, "WHOLESALE", product=GOLD) == [
        "2026-02-01 to 2026-03-01: 10.00",
        "2026-03-01 to 2026-04-01: 10.00",
    ]
    assert lines(house, "WHOLESALE", product=SILVER) == ["2026-02-08 to 2026-03-01: 22.50"]


def test_a_reseller_that_changes_back_dated_owes_the_old_fee_up_to_today_and_the_new_one_from_the_day_told(
    house: House,
) -> None:
    # The server's day is the 15th of April. In arrears, so that nothing has been charged.
    name = shop(house, {"timing": "TIMING_IN_ARREARS"}, "2026-03-01")
    reseller = house.reseller("acme")
    reseller.ChangeSubscriptionProduct(
        name=name, product=SILVER, change_date=day("2026-03-16"), timing=AT_ONCE, subscription_id="s2"
    )
    house.bill("2026-05-01")
    assert lines(house, "WHOLESALE") == [
        "2026-03-01 to 2026-04-01: 10.00",
        "2026-03-16 to 2026-04-01: 15.48",
        "2026-04-01 to 2026-04-15: 4.67",
        "2026-04-01 to 2026-05-01: 30.00",
    ]
    # The customer has silver since the 16th of March: 15 of 31 days of gold, 16 of silver.
    assert lines(house, "RETAIL") == [
        "2026-03-01 to 2026-03-16: 4.84",
        "2026-03-16 to 2026-04-01: 15.48",
        "2026-04-01 to 2026-05-01: 30.00",
    ]


def test_a_change_to_come_is_taken_back_as_if_it_had_never_been_asked_for(house: House) -> None:
    name = shop(house, {}, "2026-04-01")
    house.bill("2026-04-01")
    change(house, name, "2026-04-20", NEXT_BOUNDARY)
    back = house.admin.WithdrawSubscriptionChange(name=name, change="SUBSCRIPTION_CHANGE_PRODUCT").subscription
    assert not back.HasField("end_date")
    house.bill("2026-05-31")
    assert {charge.subscription for charge in house.charges()} == {name}
    assert lines(house, "RETAIL") == ["2026-04-01 to 2026-05-01: 10.00", "2026-05-01 to 2026-06-01: 10.00"]
    # Another change can follow, under another name.
    asked = {"name": name, "product": SILVER, "change_date": day("2026-07-01"), "subscription_id": "s2"}
    assert house.admin.refusal("ChangeSubscriptionProduct", **asked).reason == "NAME_TAKEN"
    change(house, name, "2026-07-01", NEXT_BOUNDARY, new="s3")
    house.bill("2026-07-01")
    assert lines(house, "RETAIL")[2:] == ["2026-06-01 to 2026-07-01: 10.00", "2026-07-01 to 2026-08-01: 30.00"]


def test_a_change_that_has_been_billed_ahead_is_not_taken_back(house: House) -> None:
    name = shop(house, {}, "2026-04-01")
    change(house, name, "2026-05-01", AT_ONCE)
    house.bill("2026-05-01")
    refused = house.admin.refusal("WithdrawSubscriptionChange", name=name, change="SUBSCRIPTION_CHANGE_PRODUCT")
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "PRODUCT_CHANGE_BILLED")
    assert SILVER not in refused.message
    assert GOLD in refused.message


def test_a_change_asked_for_again_gives_the_same_subscriptions(house: House) -> None:
    name = shop(house, {}, "2026-04-01")
    first = change(house, name, "2026-05-01", AT_ONCE)
    assert change(house, name, "2026-05-01", AT_ONCE) == first
    assert len(house.admin.ListSubscriptions().subscriptions) == 2
