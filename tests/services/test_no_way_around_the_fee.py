"""Ways around the fee that were tried, and what becomes of them: each run succeeds, and no fee is lost or asked twice.

The server's day is the 15th of April 2026; a run checks every fee anew, and fails where one is wrong.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.cases.ledger import lines, promotions
from tests.harness import GOLD, House, day, money

ARREARS = {"timing": "TIMING_IN_ARREARS"}
WHOLE = {"first_part": "PART_CHARGE_WHOLE", "last_part": "PART_CHARGE_WHOLE"}
END = "SUBSCRIPTION_CHANGE_END"
AT_ONCE = "PRODUCT_CHANGE_TIMING_AT_ONCE"


def sold(house: House, start: str, wholesale: dict[str, Any] | None = None) -> tuple[str, Any]:
    """Gold on an account from a day on; give the subscription's name and the reseller that calls."""
    house.make_product(wholesale=wholesale)
    name = house.assign(house.make_account("acme"), start)
    return name, house.reseller("acme")


def account_of(name: str) -> str:
    return name.split("/subscriptions/", maxsplit=1)[0]


def test_a_resume_that_gives_suspended_days_back_gives_no_fee_back(house: House) -> None:
    name, acme = sold(house, "2026-01-01", {"unused_days": "UNUSED_DAYS_CREDIT"})
    acme.SuspendSubscription(name=name, start_date=day("2026-01-11"))
    house.bill("2026-02-01")
    acme.ResumeSubscription(name=name, resume_date=day("2026-02-10"), paused_days="PAUSED_DAYS_CREDIT")
    house.bill("2026-03-31")
    assert [line.split()[-1] for line in lines(house, "WHOLESALE")] == ["10.00", "10.00", "10.00"]


def test_an_end_told_and_taken_back_again_and_again_leaves_one_part_after_it(house: House) -> None:
    name, acme = sold(house, "2026-04-01")
    acme.CloseSubscription(name=name, end_date=day("2026-04-20"))
    house.bill("2026-04-15")
    for _ in range(3):
        acme.WithdrawSubscriptionChange(name=name, change=END)
        acme.CloseSubscription(name=name, end_date=day("2026-04-20"))
    acme.WithdrawSubscriptionChange(name=name, change=END)
    house.bill("2026-04-30")
    assert lines(house, "WHOLESALE") == ["2026-04-01 to 2026-04-20: 6.33", "2026-04-20 to 2026-05-01: 3.67"]


def test_a_change_of_product_does_not_move_an_end_over_the_next_subscription(house: House) -> None:
    name, acme = sold(house, "2026-04-01")
    house.make_product("silver")
    acme.CloseSubscription(name=name, end_date=day("2026-05-01"))
    house.assign(account_of(name), "2026-05-01", GOLD, "s2")
    acme.CloseSubscription(name=f"{account_of(name)}/subscriptions/s2", end_date=day("2026-05-20"))
    asked = {"name": name, "product": "products/silver", "change_date": day("2026-06-01"), "timing": AT_ONCE}
    assert acme.refusal("ChangeSubscriptionProduct", **asked).reason == "PRODUCT_ASSIGNED"


def test_one_day_has_one_activation_though_the_plan_was_replaced(house: House) -> None:
    activated = {**ARREARS, "activation_fee": money("5.00")}
    name, acme = sold(house, "2026-04-01", activated)
    house.bill("2026-04-01")
    house.admin.CloseSubscription(name=name, end_date=day("2026-04-01"))
    other = house.make_plan("other-fee", "RESELLER", "10.00", **activated)
    house.admin.UpdateProduct(product={"name": GOLD, "reseller_plan": other}, update_mask={"paths": ["reseller_plan"]})
    again = {"parent": account_of(name), "subscription": {"product": GOLD, "start_date": day("2026-04-01")}}
    refused = acme.refusal("CreateSubscription", **again)
    assert (refused.reason, refused.metadata) == ("PRODUCT_ASSIGNED", {"earliest_date": "2026-04-02"})
    house.assign(account_of(name), "2026-04-02", GOLD, "s2")
    house.bill("2026-04-30")


def test_nothing_is_assigned_before_a_fee_that_stands(house: House) -> None:
    name, acme = sold(house, "2026-04-15")
    house.bill("2026-04-15")
    acme.CloseSubscription(name=name, end_date=day("2026-04-15"))
    before = {"parent": account_of(name), "subscription": {"product": GOLD, "start_date": day("2026-01-01")}}
    refused = acme.refusal("CreateSubscription", **before)
    assert (refused.reason, refused.metadata) == ("PRODUCT_ASSIGNED", {"earliest_date": "2026-04-15"})


@pytest.mark.parametrize("plan", [WHOLE, {"activation_fee": money("50.00")}])
def test_an_end_that_another_subscription_goes_on_from_is_not_moved_to_the_start(
    house: House, plan: dict[str, Any]
) -> None:
    name, acme = sold(house, "2026-05-01", plan)
    acme.CloseSubscription(name=name, end_date=day("2026-05-02"))
    house.assign(account_of(name), "2026-05-02", GOLD, "s2")
    assert acme.refusal("CloseSubscription", name=name, end_date=day("2026-05-01")).reason == "PRODUCT_ASSIGNED"
    assert acme.refusal("WithdrawSubscriptionChange", name=name, change=END).reason == "PRODUCT_ASSIGNED"


def test_a_promotion_is_for_the_first_periods_of_an_account_however_often_it_is_assigned(house: House) -> None:
    name, acme = sold(house, "2026-01-01", {"promotions": promotions((2, "0.00"))})
    account = account_of(name)
    for number, (start, end) in enumerate((("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")), start=1):
        house.today = date.fromisoformat(start)
        house.bill(start)
        acme.CloseSubscription(name=f"{account}/subscriptions/s{number}", end_date=day(end))
        house.assign(account, end, GOLD, f"s{number + 1}")
    house.bill("2026-04-30")
    assert [line.split()[-1] for line in lines(house, "WHOLESALE")] == ["0.00", "0.00", "10.00", "10.00"]
    # What the reseller's own customer is promised begins anew with each subscription.


@pytest.mark.parametrize(
    ("steps", "fees"),
    [
        # April has been charged up to the 20th at 10.00; the rest of it is of the same period.
        ("withdraw", ["2026-04-01 to 2026-04-20: 6.33", "2026-04-20 to 2026-05-01: 3.67",
                      "2026-05-01 to 2026-06-01: 100.00"]),
        ("assign again", ["2026-04-01 to 2026-04-20: 6.33", "2026-04-20 to 2026-05-01: 3.67",
                          "2026-05-01 to 2026-06-01: 100.00"]),
    ],
)  # fmt: skip
def test_a_period_that_is_charged_in_parts_has_one_fee(house: House, steps: str, fees: list[str]) -> None:
    name, acme = sold(house, "2026-04-01")
    acme.CloseSubscription(name=name, end_date=day("2026-04-20"))
    house.bill("2026-04-01")
    if steps == "withdraw":
        acme.WithdrawSubscriptionChange(name=name, change=END)
    else:
        house.assign(account_of(name), "2026-04-20", GOLD, "s2")
    change = {"effective_date": day("2026-04-20"), "fee": money("100.00")}
    house.admin.CreateFeeChange(parent="plans/gold-fee", fee_change=change)
    house.bill("2026-05-01")
    assert lines(house, "WHOLESALE") == fees


def test_a_suspension_credit_that_was_charged_after_all_is_not_taken_back_as_well(house: House) -> None:
    house.make_product(retail={"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    name = house.assign(house.make_account("acme"), "2026-03-01")
    acme = house.reseller("acme")
    acme.SuspendSubscription(name=name, start_date=day("2026-03-11"))
    house.bill("2026-04-01")
    acme.ResumeSubscription(name=name, resume_date=day("2026-04-05"), paused_days="PAUSED_DAYS_CHARGE")
    house.bill("2026-04-05")
    refused = acme.refusal("ReverseCharge", name=f"{name}/charges/retail-suspension-credit-2026-03-01")
    assert refused.reason == "CHARGE_HAS_CREDIT"


def test_a_change_of_product_asked_again_for_another_day_is_another_one(house: House) -> None:
    name, acme = sold(house, "2026-04-01")
    house.make_product("silver")
    asked = {"name": name, "product": "products/silver", "timing": AT_ONCE, "subscription_id": "s2"}
    acme.ChangeSubscriptionProduct(change_date=day("2026-05-10"), **asked)
    acme.ChangeSubscriptionProduct(change_date=day("2026-05-10"), **asked)
    refused = acme.refusal("ChangeSubscriptionProduct", change_date=day("2026-05-11"), **asked)
    assert refused.reason == "NAME_TAKEN"


def test_a_part_that_was_charged_before_its_end_was_known_is_quoted_as_it_was_charged(house: House) -> None:
    name, acme = sold(house, "2026-04-01")
    house.bill("2026-04-01")
    acme.CloseSubscription(name=name, end_date=day("2026-04-21"))
    quote = acme.QuotePrice(subscription=name, date=day("2026-04-20")).quote
    assert (quote.wholesale.amount.units, quote.retail.amount.units) == (10, 20)
    assert acme.refusal("QuotePrice", subscription=name, date=day("2026-04-21")).reason == "DATE_OUTSIDE_SUBSCRIPTION"
