"""Every reason that an error may have, and the conflicts of state and date that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quitrent.domain.errors import Reason
from quitrent.v1.error_reason_pb2 import ErrorReason
from tests.harness import GOLD, Caller, day, money
from tests.rpc.shop import unshared_product
from tests.rpc.world import REFUSED, RUN, UNPRICED, World, make_world, own_product, said

A = "resellers/a/customers/c1/accounts"
SOLD, ENDED, ASLEEP = f"{A}/st/subscriptions/sold", f"{A}/st/subscriptions/ended", f"{A}/st/subscriptions/asleep"
SWAPPED, OTHER = f"{A}/st/subscriptions/swapped", "products/other"
OWN, RULES = "resellers/a/products/own", "resellers/a/priceRules"
EXTRA, HUGE = "products/extra", "products/huge"

INVALID, DENIED, EXISTS, CONFLICT = "INVALID_ARGUMENT", "PERMISSION_DENIED", "ALREADY_EXISTS", "FAILED_PRECONDITION"
# Those that have tests of their own, or that a healthy server does not give.
ELSEWHERE = {
    "UNSPECIFIED",
    "DATABASE_UNAVAILABLE",
    "INTERNAL",
    "TOO_MANY_WATCHERS",
    "TOO_MANY_STREAMS",
    "REQUEST_MALFORMED",
    "PRODUCT_CHANGE_BILLED",
    "PLUGIN_SET_ASIDE",
}


def assign(product: str, start: str, account: str = f"{A}/st") -> dict[str, Any]:
    return {"parent": account, "subscription": {"product": product, "start_date": day(start)}}


def quote(product: str, date: str, account: str = f"{A}/free-own") -> dict[str, Any]:
    return {"assignment": {"product": product, "account": account}, "date": day(date)}


def rule(product: str, effective: str, end: str = "", **price: Any) -> dict[str, Any]:
    content = {"product": product, "price": price or {"fixed": money("1")}, "effective_date": day(effective)}
    content |= {"end_date": day(end)} if end else {}
    return {"parent": "resellers/a", "price_rule_id": "refused", "price_rule": content}


def change(name: str, product: str, date: str = "2026-04-01", **fields: Any) -> dict[str, Any]:
    return {"name": name, "product": product, "change_date": day(date), **fields}


def fee_change(date: str, **fields: Any) -> dict[str, Any]:
    return {"parent": "plans/gold-fee", "fee_change": {"effective_date": day(date), "fee": money("11"), **fields}}


def edit(noun: str, name: str, **values: Any) -> dict[str, Any]:
    return {noun: {"name": name, **values}, "update_mask": {"paths": list(values)}}


# who | what is called | the code and the reason
REFUSALS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("nobody", "GetPlan", {"name": "plans/gold-fee"}, "UNAUTHENTICATED", "KEY_INVALID"),
    ("a", "CreateProduct", {"product": own_product("resellers/a")}, DENIED, "ADMIN_ONLY"),
    ("a", "ReverseCharge", {"name": f"{SOLD}/charges/wholesale-recurring-2026-01-01"}, DENIED, "SIDE_OF_OTHER_PARTY"),
    ("admin", "ReverseCharge", {"name": f"{SOLD}/charges/retail-recurring-2026-02-01"}, DENIED, "SIDE_OF_OTHER_PARTY"),
    ("admin", "GetPlan", {"name": "Plan"}, INVALID, "FIELD_INVALID"),
    ("admin", "UpdatePlan", edit("plan", "plans/gold-fee", fee=money("10", "EUR")), INVALID, "FIELD_IMMUTABLE"),
    ("admin", "ListPlans", {"page_token": "x"}, INVALID, "PAGE_TOKEN_INVALID"),
    ("admin", "GetPlan", {"name": "plans/none"}, "NOT_FOUND", "NOT_FOUND"),
    ("admin", "CreateReseller", {"reseller_id": "a", "reseller": {"display_name": "B"}}, EXISTS, "NAME_TAKEN"),
    ("admin", "CreateReseller", {"reseller": {}, "request_id": "used"}, EXISTS, "REQUEST_ID_TAKEN"),
    ("a", "CreatePriceRule", rule(OWN, "2026-06-01"), EXISTS, "PRICE_RULE_DATE_TAKEN"),
    ("a", "UpdatePriceRule", edit("price_rule", f"{RULES}/spare-own", effective_date=day("2026-06-01")), EXISTS,
     "PRICE_RULE_DATE_TAKEN"),
    # Plans and products.
    ("admin", "DeletePlan", {"name": "plans/gold-fee"}, CONFLICT, "PLAN_IN_USE"),
    ("admin", "UpdatePlan", edit("plan", "plans/gold-fee", fee=money("11")), CONFLICT, "PLAN_IN_USE"),
    ("a", "UpdatePlan", edit("plan", "resellers/a/plans/own", fee=money("8")), CONFLICT, "PLAN_IN_USE"),
    ("admin", "DeleteProduct", {"name": GOLD}, CONFLICT, "PRODUCT_IN_USE"),
    ("admin", "UpdateProduct", edit("product", GOLD, account_plan="plans/gold-fee"), CONFLICT, "PLAN_KIND_WRONG"),
    ("a", "UpdateProduct", edit("product", OWN, account_plan="plans/gold-price"), CONFLICT, "PLAN_MANAGED_BY_OTHER"),
    ("admin", "UpdateProduct", edit("product", GOLD, account_plan="plans/hidden-price"), CONFLICT,
     "ACCOUNT_PLAN_NOT_SHARED"),
    ("admin", "UpdateProduct", edit("product", GOLD, reseller_plan="plans/once-fee"), CONFLICT,
     "RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE"),
    # Assigning.
    ("admin", "CreateSubscription", assign("products/hidden", "2026-04-01"), CONFLICT, "PRODUCT_NOT_SHARED"),
    ("admin", "QuotePrice", quote("products/hidden", "2026-04-01"), CONFLICT, "PRODUCT_NOT_SHARED"),
    ("admin", "CreateSubscription", assign("resellers/b/products/own", "2026-04-01"), CONFLICT,
     "PRODUCT_MANAGED_BY_OTHER"),
    ("a", "CreateSubscription", assign("products/old", "2026-04-01"), CONFLICT, "PRODUCT_ARCHIVED"),
    ("a", "QuotePrice", quote("products/old", "2026-04-01"), CONFLICT, "PRODUCT_ARCHIVED"),
    ("a", "CreateSubscription", assign("products/silver", "2026-04-01"), CONFLICT, "MAIN_PRODUCT_ASSIGNED"),
    ("a", "CreateSubscription", assign("products/silver", "2025-12-31"), CONFLICT, "MAIN_PRODUCT_ASSIGNED"),
    ("a", "QuotePrice", quote("products/silver", "2026-04-01", f"{A}/st"), CONFLICT, "MAIN_PRODUCT_ASSIGNED"),
    ("a", "CreateSubscription", assign(GOLD, "2026-04-01"), CONFLICT, "PRODUCT_ASSIGNED"),
    ("a", "CreateSubscription", assign(EXTRA, "2026-02-09"), CONFLICT, "PRODUCT_ASSIGNED"),
    ("a", "CreateSubscription", assign(OTHER, "2026-08-31"), CONFLICT, "PRODUCT_ASSIGNED"),
    ("a", "CreateSubscription", assign(EXTRA, "2025-01-01"), CONFLICT, "PRODUCT_ASSIGNED"),
    # The life of a subscription.
    ("a", "SuspendSubscription", {"name": ASLEEP, "start_date": day("2026-04-01")}, CONFLICT, "SUBSCRIPTION_SUSPENDED"),
    ("a", "SuspendSubscription", {"name": SOLD, "start_date": day("2026-02-19")}, CONFLICT, "SUBSCRIPTION_SUSPENDED"),
    ("a", "ResumeSubscription", {"name": f"{A}/a1/subscriptions/s1", "resume_date": day("2026-04-01")}, CONFLICT,
     "SUBSCRIPTION_NOT_SUSPENDED"),
    ("a", "ResumeSubscription", {"name": SOLD, "resume_date": day("2026-04-01")}, CONFLICT,
     "SUBSCRIPTION_NOT_SUSPENDED"),
    ("a", "ResumeSubscription", {"name": ASLEEP, "resume_date": day("2026-03-09")}, CONFLICT,
     "SUBSCRIPTION_NOT_SUSPENDED"),
    ("a", "CloseSubscription", {"name": ENDED, "end_date": day("2026-02-10")}, CONFLICT, "SUBSCRIPTION_CLOSED"),
    ("a", "SuspendSubscription", {"name": ENDED, "start_date": day("2026-04-01")}, CONFLICT, "SUBSCRIPTION_CLOSED"),
    ("a", "ResumeSubscription", {"name": ENDED, "resume_date": day("2026-04-01")}, CONFLICT, "SUBSCRIPTION_CLOSED"),
    ("a", "SuspendSubscription", {"name": SOLD, "start_date": day("2025-12-31")}, CONFLICT,
     "DATE_OUTSIDE_SUBSCRIPTION"),
    ("a", "ResumeSubscription", {"name": ASLEEP, "resume_date": day("2025-12-31")}, CONFLICT,
     "DATE_OUTSIDE_SUBSCRIPTION"),
    ("a", "CloseSubscription", {"name": SOLD, "end_date": day("2025-12-31")}, CONFLICT, "DATE_OUTSIDE_SUBSCRIPTION"),
    ("a", "QuotePrice", {"subscription": SOLD, "date": day("2025-12-31")}, CONFLICT, "DATE_OUTSIDE_SUBSCRIPTION"),
    ("a", "QuotePrice", {"subscription": ENDED, "date": day("2026-02-10")}, CONFLICT, "DATE_OUTSIDE_SUBSCRIPTION"),
    ("a", "ChangeSubscriptionProduct", change(SOLD, "products/hidden"), "NOT_FOUND", "NOT_FOUND"),
    ("a", "ChangeSubscriptionProduct", change(SOLD, GOLD), INVALID, "FIELD_INVALID"),
    ("a", "ChangeSubscriptionProduct", change(SOLD, "products/old"), CONFLICT, "PRODUCT_ARCHIVED"),
    ("a", "ChangeSubscriptionProduct", change(ASLEEP, OTHER), CONFLICT, "PRODUCT_ASSIGNED"),
    ("a", "ChangeSubscriptionProduct", change(ENDED, OTHER), CONFLICT, "SUBSCRIPTION_CLOSED"),
    ("a", "ChangeSubscriptionProduct", change(SOLD, "products/silver", "2026-01-31", timing=2), CONFLICT,
     "DATE_SETTLED"),
    ("a", "WithdrawSubscriptionChange", {"name": SOLD, "change": "SUBSCRIPTION_CHANGE_END"}, CONFLICT,
     "NOTHING_TO_WITHDRAW"),
    ("a", "WithdrawSubscriptionChange", {"name": ENDED, "change": "SUBSCRIPTION_CHANGE_END"}, CONFLICT,
     "SUBSCRIPTION_CLOSED"),
    ("a", "WithdrawSubscriptionChange", {"name": ASLEEP, "change": "SUBSCRIPTION_CHANGE_SUSPENSION"}, CONFLICT,
     "NOTHING_TO_WITHDRAW"),
    ("a", "WithdrawSubscriptionChange", {"name": SOLD, "change": "SUBSCRIPTION_CHANGE_RESUME"}, CONFLICT,
     "NOTHING_TO_WITHDRAW"),
    ("a", "WithdrawSubscriptionChange", {"name": SOLD, "change": "SUBSCRIPTION_CHANGE_PRODUCT"}, CONFLICT,
     "NOTHING_TO_WITHDRAW"),
    ("a", "WithdrawSubscriptionChange", {"name": SWAPPED, "change": "SUBSCRIPTION_CHANGE_END"}, CONFLICT,
     "NOTHING_TO_WITHDRAW"),
    ("a", "SuspendSubscription", {"name": SOLD, "start_date": day("2026-01-31")}, CONFLICT, "DATE_SETTLED"),
    ("a", "ResumeSubscription", {"name": ASLEEP, "resume_date": day("2026-01-31")}, CONFLICT, "DATE_SETTLED"),
    ("a", "CloseSubscription", {"name": SOLD, "end_date": day("2026-01-31")}, CONFLICT, "DATE_SETTLED"),
    # Prices.
    ("admin", "CreateFeeChange", fee_change("2026-02-28"), CONFLICT, "INSIDE_BILLED_PERIOD"),
    ("admin", "CreateFeeChange", fee_change("2027-01-01"), EXISTS, "FEE_CHANGE_DATE_TAKEN"),
    ("admin", "DeleteFeeChange", {"name": "plans/swap-fee/feeChanges/2026-01-15"}, CONFLICT, "INSIDE_BILLED_PERIOD"),
    ("a", "CreateFeeChange", {**fee_change("2027-03-01"), "parent": "plans/gold-price"}, DENIED, "ADMIN_ONLY"),
    ("a", "CreatePriceRule", rule(GOLD, "2026-02-28"), CONFLICT, "INSIDE_BILLED_PERIOD"),
    ("a", "UpdatePriceRule", edit("price_rule", f"{RULES}/gold", price={"fixed": money("2")}), CONFLICT,
     "INSIDE_BILLED_PERIOD"),
    ("a", "UpdatePriceRule", edit("price_rule", f"{RULES}/gold", end_date=day("2026-02-15")), CONFLICT,
     "INSIDE_BILLED_PERIOD"),
    ("a", "UpdatePriceRule", edit("price_rule", f"{RULES}/own", effective_date=day("2026-01-02")), CONFLICT,
     "INSIDE_BILLED_PERIOD"),
    ("a", "DeletePriceRule", {"name": f"{RULES}/gold"}, CONFLICT, "INSIDE_BILLED_PERIOD"),
    ("a", "CreatePriceRule", rule(GOLD, "2026-06-01", amount=money("-20.01")), CONFLICT, "RETAIL_PRICE_BELOW_ZERO"),
    ("a", "CreatePriceRule", rule(GOLD, "2026-06-01", amount=money("-10.01"), basis=2), CONFLICT,
     "RETAIL_PRICE_BELOW_ZERO"),
    ("a", "CreatePriceRule", rule(HUGE, "2026-06-01", percent={"value": "100000"}), CONFLICT,
     "RETAIL_PRICE_TOO_LARGE"),
    ("a", "CreatePriceRule", rule(GOLD, "2026-06-01", fixed=money("1", "EUR")), CONFLICT, "CURRENCY_MISMATCH"),
    ("a", "CreatePriceRule", rule(GOLD, "2026-06-01", amount=money("1", "EUR")), CONFLICT, "CURRENCY_MISMATCH"),
    ("a", "CreatePriceRule", rule(HUGE, "2026-06-01", percent={"value": "1"}, basis=2), CONFLICT, "CURRENCY_MISMATCH"),
    ("a", "QuotePrice", quote(UNPRICED, "2026-04-01"), CONFLICT, "PLUGIN_FAILED"),
    ("a", "QuotePrice", quote(REFUSED, "2026-04-01"), CONFLICT, "RETAIL_PRICE_REFUSED"),
    # Charges.
    ("admin", "ReverseCharge", {"name": f"{SOLD}/charges/wholesale-recurring-2026-01-01-reversal"}, CONFLICT,
     "CHARGE_IS_REVERSAL"),
    ("a", "ReverseCharge", {"name": f"{SOLD}/charges/retail-recurring-2026-01-01"}, CONFLICT, "CHARGE_HAS_CREDIT"),
    # Runs.
    ("admin", "CancelBillingRun", {"name": RUN}, CONFLICT, "RUN_HAS_ENDED"),
    ("admin", "ContinueBillingRun", {"name": RUN}, CONFLICT, "RUN_HAS_ENDED"),
]  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which much has happened: suspended, closed, priced, billed, settled and reversed."""
    world = make_world(tmp_path_factory.mktemp("town"))
    house = world.house
    house.make_product("silver")
    house.make_product("old", kind="ADD_ON")
    house.make_product("huge", price="1000000000", kind="ADD_ON", wholesale={"currency": "EUR"})
    house.admin.ArchiveProduct(name="products/old")
    unshared_product(house, "hidden")
    house.make_plan("once-fee", "RESELLER", "1.00", applied_more_than_once=False)
    house.admin.CreateReseller(reseller={"display_name": "First"}, request_id="used")
    account = house.make_account("a", "st")
    house.admin.CreatePriceRule(**{**rule(GOLD, "2026-02-01", "2027-01-01"), "price_rule_id": "gold"})
    house.make_product("swap", kind="ADD_ON")
    house.make_product("other", kind="ADD_ON")
    house.admin.CreateFeeChange(
        parent="plans/swap-fee", fee_change={"effective_date": day("2026-01-15"), "fee": money("9")}
    )
    house.make_product("swapped-to", kind="ADD_ON")
    house.assign(account, product="products/swap", subscription="swapped")
    house.admin.ChangeSubscriptionProduct(name=SWAPPED, product="products/swapped-to", change_date=day("2026-05-01"))
    house.assign(account, product=OTHER, subscription="other")
    house.admin.CloseSubscription(name=f"{A}/st/subscriptions/other", end_date=day("2026-09-01"))
    house.assign(account, subscription="sold")
    house.admin.SuspendSubscription(name=SOLD, start_date=day("2026-01-10"))
    house.admin.ResumeSubscription(name=SOLD, resume_date=day("2026-02-20"))
    house.assign(account, product=EXTRA, subscription="ended")
    house.assign(account, product=OWN, subscription="asleep")
    house.admin.SuspendSubscription(name=ASLEEP, start_date=day("2026-03-10"))
    house.bill("2026-02-15")
    house.admin.CloseSubscription(name=ENDED, end_date=day("2026-02-10"))
    house.admin.ReverseCharge(name=f"{SOLD}/charges/wholesale-recurring-2026-01-01")
    house.admin.CreateFeeChange(
        parent="plans/gold-fee", fee_change={"effective_date": day("2027-01-01"), "fee": money("9")}
    )
    yield world
    world.close()


def by(world: World, who: str) -> Caller:
    return {"admin": world.admin, "a": world.a, "b": world.b}.get(who) or world.house.caller(None)


@pytest.mark.parametrize(("who", "method", "fields", "code", "reason"), REFUSALS)
def test_a_conflict_is_refused_with_its_own_reason_however_often(
    town: World, who: str, method: str, fields: dict[str, Any], code: str, reason: str
) -> None:
    refused = by(town, who).refusal(method, **fields)
    assert (refused.code, refused.reason) == (code, reason)
    assert by(town, who).refusal(method, **fields).raw == refused.raw


def test_the_reasons_of_the_proto_are_those_in_use_and_each_is_seen() -> None:
    declared = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118 -- no mapping.
    assert declared - {"UNSPECIFIED"} == set(Reason) == {reason.value for reason in Reason}
    assert {row[-1] for row in REFUSALS} == declared - ELSEWHERE


@pytest.mark.parametrize(
    ("method", "fields", "metadata"),
    [
        ("QuotePrice", quote(UNPRICED, "2026-04-01"), {"plugin": "unpriceable"}),
        ("QuotePrice", quote(REFUSED, "2026-04-01"), {"plugin": "unpriceable"}),
        ("CreatePriceRule", rule(GOLD, "2026-02-28"), {"earliest_date": "2026-03-01"}),
        ("GetPlan", {"name": "plans/none"}, {"name": "plans/none"}),
        ("CreateCustomer", {"parent": "resellers/a", "customer_id": "c1", "customer": {"display_name": "x"}},
         {"name": "resellers/a/customers/c1"}),
        ("CreateSubscription", {**assign(GOLD, "2026-04-01"), "subscription_id": "sold"}, {"name": SOLD}),
    ],
)  # fmt: skip
def test_a_refusal_tells_programs_which_one_it_is_about(
    town: World, method: str, fields: dict[str, Any], metadata: dict[str, str]
) -> None:
    assert town.a.refusal(method, **fields).metadata == metadata


@pytest.mark.parametrize(
    ("method", "fields", "told"),
    [
        ("SuspendSubscription", {"name": SOLD, "start_date": day("2026-01-31")}, "The earliest date is 2026-02-01"),
        ("CreatePriceRule", rule(GOLD, "2026-02-28"), "from that day on"),
        ("CreateSubscription", assign(OTHER, "2026-04-01"), "assign it from 2026-09-01 on"),
        ("CreateSubscription", assign("products/silver", "2026-04-01"), f"({SOLD}); close it at 2026-04-01"),
    ],
)
def test_a_conflict_tells_what_would_be_right_and_that_is_right(
    town: World, method: str, fields: dict[str, Any], told: str
) -> None:
    assert told in town.a.refusal(method, **fields).message


def test_the_dates_that_a_conflict_names_are_taken(town: World) -> None:
    account = town.house.make_account("b", "st", "c1")
    first = town.house.assign(account, product=EXTRA, subscription="first")
    town.house.bill("2026-02-15")
    town.admin.CloseSubscription(name=first, end_date=day("2026-02-10"))
    assert said(town.b, "CreateSubscription", **assign(EXTRA, "2026-02-09", account)) == "PRODUCT_ASSIGNED"
    assert said(town.b, "CreateSubscription", **assign(EXTRA, "2026-02-10", account)) == "OK"
    made = {**rule(GOLD, "2026-03-01", "2026-04-01"), "price_rule_id": "later"}
    assert said(town.a, "CreatePriceRule", **made) == "OK"
    assert said(town.a, "SuspendSubscription", name=f"{A}/a1/subscriptions/s1", start_date=day("2026-02-01")) == "OK"


def test_a_refusal_names_nothing_that_was_never_made(town: World) -> None:
    wanted = {**rule(GOLD, "2026-06-01", amount=money("-20.01")), "price_rule_id": ""}
    refused = town.a.refusal("CreatePriceRule", **wanted)
    assert refused.reason == "RETAIL_PRICE_BELOW_ZERO"
    assert f"{RULES}/" not in refused.message
