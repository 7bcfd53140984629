"""Fees that change from a date: whom they reach, what they would do, and until when they can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import lines, text
from tests.harness import House, day, iso, money

EVERY, NEW = "FEE_CHANGE_REACH_EVERY_SUBSCRIPTION", "FEE_CHANGE_REACH_NEW_SUBSCRIPTIONS"
FEE, PRICE = "plans/gold-fee", "plans/gold-price"


def change(house: House, date: str, fee: str, reach: str = EVERY, plan: str = FEE) -> Any:
    wanted = {"effective_date": day(date), "fee": money(fee), "reach": reach}
    return house.admin.CreateFeeChange(parent=plan, fee_change=wanted).fee_change


def foreseen(house: House, date: str, fee: str, plan: str = FEE, **fields: Any) -> Any:
    wanted = {"effective_date": day(date), "fee": money(fee), "reach": fields.pop("reach", EVERY)}
    return house.admin.CreateFeeChange(parent=plan, fee_change=wanted, validate_only=True, **fields)


def written(effects: Any) -> list[str]:
    return [
        f"{one.subscription.split('/')[5]} {iso(one.effective_date)} {text(one.before)} {text(one.after)} "
        f"{text(one.difference)}"
        for one in effects
    ]


@pytest.fixture
def sold(house: House) -> House:
    """Gold for 10.00 and 20.00, on three accounts: since January, since March, and from July on."""
    house.make_product()
    for account, start in (("old", "2026-01-01"), ("young", "2026-03-11"), ("new", "2026-07-01")):
        house.assign(house.make_account("acme", account), start)
    return house


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ([("2026-06-01", "11.00", EVERY)], ["10.00", "11.00", "11.00"], ["11.00"]),
        # For life: who has started keeps the fee.
        ([("2026-06-01", "11.00", NEW)], ["10.00", "10.00", "10.00"], ["11.00"]),
        # A later one for every subscription ends that.
        ([("2026-06-01", "11.00", NEW), ("2026-07-01", "12.00", EVERY)], ["10.00", "10.00", "12.00"], ["12.00"]),
        # The later date counts, in whatever order they were made.
        ([("2026-07-01", "12.00", EVERY), ("2026-06-01", "11.00", EVERY)], ["10.00", "11.00", "12.00"], ["12.00"]),
        # Inside a period: from the next boundary on.
        ([("2026-06-15", "11.00", EVERY)], ["10.00", "10.00", "11.00"], ["11.00"]),
    ],
)
def test_existing_subscriptions_follow_or_keep_their_fee_for_life(
    sold: House, changes: list[tuple[str, str, str]], old: list[str], new: list[str]
) -> None:
    for date, fee, reach in changes:
        change(sold, date, fee, reach)
    sold.bill("2026-07-31")
    fees = {
        name: lines(sold, "WHOLESALE", parent=f"resellers/acme/customers/c1/accounts/{name}") for name in ("old", "new")
    }
    assert [line.split()[-1] for line in fees["old"][4:]] == old
    assert [line.split()[-1] for line in fees["new"]] == new


def test_a_change_of_the_recommended_fee_moves_the_prices_that_are_taken_on_it(sold: House) -> None:
    rule = {"product": "products/gold", "price": {"percent": {"value": "10"}}, "effective_date": day("2026-01-01")}
    sold.admin.CreatePriceRule(parent="resellers/acme", price_rule=rule)
    change(sold, "2026-02-01", "30.00", plan=PRICE)
    sold.bill("2026-02-28")
    amounts = [line.split()[-1] for line in lines(sold, "RETAIL")]
    assert amounts == ["22.00", "33.00"]
    steps = [step.text for charge in sold.charges(side="SIDE_RETAIL") for step in charge.explanation.steps]
    assert "recommended by plans/gold-price since 2026-02-01" in steps


def test_what_a_change_would_do_is_told_before_it_is_made_in_pages_with_totals(sold: House) -> None:
    sold.bill("2026-04-30")
    before = sold.charges()
    reply = foreseen(sold, "2026-06-15", "12.50", page_size=2)
    # The one that starts in July has its first fee then.
    assert written(reply.effects) == ["old 2026-07-01 10.00 12.50 2.50", "young 2026-07-01 10.00 12.50 2.50"]
    [total] = reply.totals
    assert (total.subscription_count, text(total.before), text(total.after), text(total.difference)) == (
        3, "30.00", "37.50", "7.50",
    )  # fmt: skip
    rest = foreseen(sold, "2026-06-15", "12.50", page_size=2, page_token=reply.next_page_token)
    assert written(rest.effects) == ["new 2026-07-01 10.00 12.50 2.50"]
    assert (rest.next_page_token, list(rest.totals)) == ("", [])
    assert written(foreseen(sold, "2026-06-15", "12.50", reach=NEW).effects) == ["new 2026-07-01 10.00 12.50 2.50"]
    # Nothing has been made.
    assert not sold.admin.ListFeeChanges(parent=FEE).fee_changes
    assert sold.charges() == before


def test_what_a_change_of_the_recommended_fee_would_do_is_told_in_the_resellers_prices(sold: House) -> None:
    for account, price in (("old", {"fixed": money("25.00")}), ("young", {"amount": money("-15.00")})):
        scope = f"resellers/acme/customers/c1/accounts/{account}"
        rule = {"product": "products/gold", "account": scope, "price": price, "effective_date": day("2026-05-01")}
        sold.admin.CreatePriceRule(parent="resellers/acme", price_rule=rule)
    reply = foreseen(sold, "2026-05-01", "10.00", PRICE)
    # A fixed price stays; 15.00 less than 10.00 is no price; without a rule it is the recommended one.
    [young, new] = reply.effects
    assert (text(young.before), young.HasField("after"), "zero or more" in young.problem) == ("5.00", False, True)
    assert written([new]) == ["new 2026-07-01 20.00 10.00 -10.00"]


def test_a_promotion_hides_a_change_until_it_is_over(house: House) -> None:
    promotion = {"promotions": [{"period_count": 6, "fee": money("1.00")}]}
    house.make_product(wholesale=promotion)
    house.assign(house.make_account("acme"), "2026-04-01")
    assert written(foreseen(house, "2026-05-01", "12.00").effects) == ["a1 2026-10-01 10.00 12.00 2.00"]


def test_a_change_inside_a_billed_period_is_refused_and_the_day_it_is_told_is_taken(sold: House) -> None:
    sold.bill("2026-04-30")
    wanted = {"effective_date": day("2026-04-15"), "fee": money("12.00")}
    for validate_only in (True, False):
        refused = sold.admin.refusal("CreateFeeChange", parent=FEE, fee_change=wanted, validate_only=validate_only)
        assert refused.reason == "INSIDE_BILLED_PERIOD"
        assert refused.metadata == {"earliest_date": "2026-05-01"}
    change(sold, "2026-05-01", "12.00")
    # It reaches no one that has been billed: for those who start from then on.
    change(sold, "2026-04-20", "11.00", NEW)


def test_a_change_can_be_withdrawn_until_it_has_been_billed(sold: House) -> None:
    made = change(sold, "2026-05-01", "12.00")
    sold.bill("2026-04-30")
    sold.admin.DeleteFeeChange(name=made.name)
    assert sold.admin.refusal("GetFeeChange", name=made.name).reason == "NOT_FOUND"
    made = change(sold, "2026-05-01", "13.00")
    sold.bill("2026-05-01")
    refused = sold.admin.refusal("DeleteFeeChange", name=made.name)
    assert refused.reason == "INSIDE_BILLED_PERIOD"
    assert [line.split()[-1] for line in lines(sold, "WHOLESALE")][-2:] == ["13.00", "13.00"]
    # A change that no billed period has, of which the period around its date is billed, can still go.
    late = change(sold, "2026-06-01", "14.00")
    sold.admin.DeleteFeeChange(name=late.name)


def test_the_same_change_again_is_the_same_change_and_another_on_its_day_is_refused(sold: House) -> None:
    made = change(sold, "2026-05-01", "12.00")
    assert change(sold, "2026-05-01", "12.00") == made
    assert sold.admin.GetFeeChange(name=made.name).fee_change == made
    wanted = {"effective_date": day("2026-05-01"), "fee": money("13.00")}
    refused = sold.admin.refusal("CreateFeeChange", parent=FEE, fee_change=wanted)
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "FEE_CHANGE_DATE_TAKEN")
    # Seen before and after it was made, it does the same.
    assert written(foreseen(sold, "2026-05-01", "12.00").effects)[0] == "old 2026-05-01 10.00 12.00 2.00"


def test_a_plan_and_its_products_show_the_fee_of_the_day(sold: House) -> None:
    change(sold, "2026-06-01", "12.00")
    for today, fee in (("2026-05-31", "10.00"), ("2026-06-01", "12.00")):
        sold.today = type(sold.today).fromisoformat(today)
        plan, product = sold.admin.GetPlan(name=FEE).plan, sold.admin.GetProduct(name="products/gold").product
        assert [text(plan.fee), text(plan.current_fee), text(product.own_cost)] == ["10.00", fee, fee]
    # Made again with its own content, it is the stored one.
    made = {"kind": plan.kind, "fee": plan.fee, "applied_more_than_once": True}
    assert sold.admin.CreatePlan(plan_id="gold-fee", plan=made).plan == plan


def test_a_reseller_changes_the_fee_of_its_own_account_plan_alone(sold: House) -> None:
    own = sold.make_plan("own", "ACCOUNT", "7.00", managed_by="resellers/acme")
    acme = sold.reseller("acme")
    wanted = {"effective_date": day("2026-06-01"), "fee": money("8.00")}
    assert acme.CreateFeeChange(parent=own, fee_change=wanted).fee_change.name == f"{own}/feeChanges/2026-06-01"
    assert acme.refusal("CreateFeeChange", parent=PRICE, fee_change=wanted).reason == "ADMIN_ONLY"
    assert acme.refusal("CreateFeeChange", parent=FEE, fee_change=wanted).reason == "NOT_FOUND"
    assert acme.refusal("GetFeeChange", name=f"{FEE}/feeChanges/2026-06-01").reason == "NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "field", "right"),
    [
        ({"fee": money("1", "EUR")}, "fee_change.fee.currency_code", "must be USD"),
        ({"fee": money("-1")}, "fee_change.fee", "must be zero or more"),
        ({"fee": None}, "fee_change.fee", "must be given"),
        ({"effective_date": None}, "fee_change.effective_date", "must be given"),
        ({"effective_date": {"year": 2026, "month": 2, "day": 30}}, "fee_change.effective_date", "not a day"),
    ],
)
def test_a_fee_change_that_is_wrong_is_refused_by_its_field(
    sold: House, fields: dict[str, Any], field: str, right: str
) -> None:
    wanted = {"effective_date": day("2026-06-01"), "fee": money("8.00"), **fields}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    refused = sold.admin.refusal("CreateFeeChange", parent=FEE, fee_change=wanted)
    assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", (field,))
    assert right in refused.message


def test_the_rest_of_a_term_costs_the_fee_of_the_day_before_the_end_whatever_changes_later(house: House) -> None:
    term = {"minimum_term_periods": 6, "early_cancellation": "EARLY_CANCELLATION_REST_OF_TERM"}
    house.make_product(wholesale={**term, "timing": "TIMING_IN_ARREARS"})
    name = house.assign(house.make_account("acme"))
    house.admin.CloseSubscription(name=name, end_date=day("2026-03-01"))
    house.bill("2026-03-01")
    change(house, "2026-03-01", "99.00")
    # The check of every run computes it anew.
    house.bill("2026-06-30")
    assert lines(house, "WHOLESALE")[-1] == "EARLY_CANCELLATION 2026-03-01 to 2026-07-01: 40.00"
