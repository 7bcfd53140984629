"""Ends: when they are told, by whom, and what they leave of the charges."""

from __future__ import annotations

import pytest

from tests.conftest import WHOLE
from tests.harness import GOLD, House, day, text_of

ARREARS = {"timing": "TIMING_IN_ARREARS"}
CREDIT_DAYS = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"}


def january(house: House) -> str:
    """What January cost on the retail side, all in all."""
    charges = house.charges(side="SIDE_RETAIL", period_before=day("2026-02-01"))
    cents = sum(round(float(text_of(charge.amount)) * 100) for charge in charges)
    return f"{cents // 100}.{cents % 100:02d}"


@pytest.mark.parametrize("billed_first", [True, False], ids=["billed, then closed", "closed, then billed"])
@pytest.mark.parametrize(
    ("retail", "start", "suspended", "end", "cost"),
    [
        # 15/31 x 20.00 = 9.677...
        ({}, "2026-01-01", None, "2026-01-16", "9.68"),
        # The first part is charged whole, the last by days: the 20 days up to the 21st, 20/31 x 20.00 = 12.903...
        ({"first_part": "PART_CHARGE_WHOLE"}, "2026-01-11", None, "2026-01-21", "12.90"),
        (WHOLE, "2026-01-01", None, "2026-01-16", "20.00"),
        # Charged whole, and suspended on each of its days.
        ({**WHOLE, **CREDIT_DAYS}, "2026-01-01", "2026-01-01", "2026-01-16", "0.00"),
        # 9.68, of which 5 of 15 days are given back: 3.226..., so 3.23.
        (CREDIT_DAYS, "2026-01-01", "2026-01-11", "2026-01-16", "6.45"),
    ],
)
def test_an_end_leaves_the_same_whether_it_is_told_before_the_bill_or_after_it(
    house: House,
    retail: dict[str, str],
    start: str,
    suspended: str | None,
    end: str,
    cost: str,
    billed_first: bool,
) -> None:
    house.make_product(wholesale=WHOLE, retail=retail)
    name = house.assign(house.make_account("acme"), start=start)
    if billed_first:
        house.bill(start)
    if suspended:
        house.admin.SuspendSubscription(name=name, start_date=day(suspended))
    house.admin.CloseSubscription(name=name, end_date=day(end))
    house.bill("2026-02-01")
    assert january(house) == cost
    assert house.amounts("WHOLESALE") == ["10.00"]


@pytest.mark.parametrize(
    ("who", "end", "fees"),
    [
        # By a reseller on the 15th of April: the fee has been owed until then. 14/30 x 10.00 = 4.666...
        ("acme", "2026-01-01", ["10.00", "10.00", "10.00", "4.67"]),
        ("acme", "2026-03-16", ["10.00", "10.00", "10.00", "4.67"]),
        ("acme", "2026-04-21", ["10.00", "10.00", "10.00", "6.67"]),
        # By the provider, whose fee it is.
        ("admin", "2026-01-01", []),
        ("admin", "2026-03-16", ["10.00", "10.00", "4.84"]),
    ],
)
def test_no_back_dated_close_gets_a_reseller_out_of_the_fee(house: House, who: str, end: str, fees: list[str]) -> None:
    house.make_product(wholesale=ARREARS, retail=ARREARS)
    name = house.assign(house.make_account("acme"))
    caller = house.admin if who == "admin" else house.reseller(who)
    caller.CloseSubscription(name=name, end_date=day(end))
    house.bill("2026-05-31")
    assert house.amounts("WHOLESALE") == fees


def test_a_product_assigned_again_is_billed_on_both_sides(house: House) -> None:
    # The retail side of the first one has been charged for February in advance, and is given back.
    house.make_product(wholesale=ARREARS)
    account = house.make_account("acme")
    first = house.assign(account)
    house.bill("2026-02-01")
    house.admin.CloseSubscription(name=first, end_date=day("2026-02-01"))
    second = house.assign(account, start="2026-02-01", subscription="s2")
    preview = house.admin.StartBillingRun(through_date=day("2026-03-01"), validate_only=True)
    run = house.bill("2026-03-01")
    assert list(preview.billing_run.amounts) == list(run.amounts)
    assert house.amounts("RETAIL", parent=first) == ["20.00", "20.00", "-20.00"]
    assert house.amounts("RETAIL", parent=second) == ["20.00", "20.00"]
    assert house.amounts("WHOLESALE") == ["10.00", "10.00"]


def test_before_an_end_comes_the_subscription_can_be_suspended_and_the_end_moved(gold: House) -> None:
    name = gold.assign(gold.make_account("acme"))
    gold.admin.CloseSubscription(name=name, end_date=day("2026-12-31"))
    gold.admin.SuspendSubscription(name=name, start_date=day("2026-05-01"))
    moved = gold.admin.CloseSubscription(name=name, end_date=day("2026-06-01")).subscription
    assert (moved.end_date, moved.state) == (day("2026-06-01"), moved.STATE_ACTIVE)


def test_a_subscription_cancelled_before_it_started_has_never_been(gold: House) -> None:
    account = gold.make_account("acme")
    name = gold.assign(account, start="2026-09-01")
    gold.reseller("acme").CloseSubscription(name=name, end_date=day("2026-09-01"))
    gold.assign(account, start="2026-05-01", subscription="s2")
    gold.bill("2026-09-30")
    assert {charge.subscription for charge in gold.charges()} == {f"{account}/subscriptions/s2"}


def test_a_main_product_is_changed_at_a_day_and_each_costs_its_own_fee(gold: House) -> None:
    gold.make_product("silver", "5.00", "9.00")
    account = gold.make_account("acme")
    name = gold.assign(account)
    refusal = gold.admin.refusal(
        "CreateSubscription",
        parent=account,
        subscription={"product": "products/silver", "start_date": day("2026-01-16")},
    )
    assert refusal.reason == "MAIN_PRODUCT_ASSIGNED"
    gold.admin.CloseSubscription(name=name, end_date=day("2026-01-16"))
    gold.assign(account, "2026-01-16", "products/silver", "s2")
    gold.bill("2026-01-31")
    fees = {charge.product: text_of(charge.amount) for charge in gold.charges(side="SIDE_WHOLESALE")}
    # Gold's last part is charged whole, silver's first by days: 16/31 x 5.00 = 2.580...
    assert fees == {GOLD: "10.00", "products/silver": "2.58"}
