"""The order in which errors are looked for, as CatalogService says it: of several, the first is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import GOLD, Refusal, day, money, month
from tests.rpc.world import World, encoded, path_of, requests, send

A, B, NONE = "resellers/a", "resellers/b", "resellers/z"
GARBAGE = b"\xff"
NO_DAY = {"year": 2026, "month": 2, "day": 30}

KEY, ROLE = "KEY_INVALID", "ADMIN_ONLY"
BYTES, FIELD, FIXED, TOKEN = "REQUEST_MALFORMED", "FIELD_INVALID", "FIELD_IMMUTABLE", "PAGE_TOKEN_INVALID"
NAME, RIGHT = "NOT_FOUND", "ADMIN_ONLY"


def plan(**values: Any) -> dict[str, Any]:
    return {"plan_id": "new", "plan": {"kind": "PLAN_KIND_ACCOUNT", "fee": money("1"), **values}}


def rule(**values: Any) -> dict[str, Any]:
    content = {"product": f"{A}/products/own", "price": {"fixed": money("1")}, "effective_date": day("2026-06-01")}
    return {"parent": A, "price_rule_id": "new", "price_rule": {**content, **values}}


def subscription(account: str, **values: Any) -> dict[str, Any]:
    content = {"product": GOLD, "start_date": day("2026-04-01"), **values}
    return {"parent": account, "subscription_id": "s1", "subscription": content}


def edit(noun: str, name: str, **values: Any) -> dict[str, Any]:
    return {noun: {"name": name, **values}, "update_mask": {"paths": list(values)}}


ACCOUNT = f"{A}/customers/c1/accounts/a1"
CHARGE = f"{ACCOUNT}/subscriptions/s1/charges"

# all that is wrong | who | what is sent | what is told
ORDER: list[tuple[str, str, str, dict[str, Any] | bytes, str]] = [
    ("key, bytes", "nobody", "GetPlan", GARBAGE, KEY),
    ("key, role, bytes", "nobody", "CreateProduct", GARBAGE, KEY),
    ("key, field", "nobody", "GetPlan", {"name": "Plan"}, KEY),
    ("key, name", "nobody", "GetPlan", {"name": "plans/none"}, KEY),
    ("key, name", "nobody", "WatchBillingRun", {"name": "billingRuns/none"}, KEY),
    ("key, bytes", "nobody", "ImportBook", GARBAGE, KEY),
    ("key, field", "nobody", "StreamQuotes", {}, KEY),
    ("bytes, last", "admin", "ImportBook", GARBAGE, BYTES),
    ("field, used request id", "admin", "ImportBook", {"mode": 9, "request_id": "used"}, FIELD),
    ("field, name", "a", "ExportStatementLines", {"reseller": B, "month": day("2026-01-01")}, FIELD),
    ("role, bytes", "a", "CreateProduct", GARBAGE, ROLE),
    ("role, bytes", "a", "StartBillingRun", GARBAGE, ROLE),
    ("role, field", "a", "StartBillingRun", {"through_date": NO_DAY}, ROLE),
    ("role, field", "a", "UpdateReseller", {}, ROLE),
    ("role, name", "a", "GetBillingRun", {"name": "billingRuns/none"}, ROLE),
    ("role, name", "a", "WatchBillingRun", {"name": "billingRuns/none"}, ROLE),
    ("role, token", "a", "ListBillingRuns", {"page_token": "x"}, ROLE),
    ("role, in use", "a", "DeleteProduct", {"name": GOLD}, ROLE),
    ("bytes, name", "a", "GetPlan", encoded("GetPlan", {"name": "plans/none"}) + GARBAGE, BYTES),
    ("field, name", "a", "GetPlan", {"name": "Plan"}, FIELD),
    ("field, name", "a", "CreatePlan", plan(fee=money("-1"), managed_by=B), FIELD),
    ("field, name", "admin", "CreatePlan", plan(fee=money("-1"), managed_by=NONE), FIELD),
    ("field, name", "admin", "CreatePlan", plan(applied_more_than_once=True, managed_by=NONE), FIELD),
    ("field, right", "a", "CreatePlan", plan(fee=money("-1"), kind="PLAN_KIND_RESELLER"), FIELD),
    ("field, right", "a", "CreatePlan", plan(applied_more_than_once=True, shared_with_resellers=True), FIELD),
    ("field, taken", "a", "CreatePlan", {**plan(fee=money("-1")), "plan_id": "own"}, FIELD),
    (
        "field, name",
        "admin",
        "CreateProduct",
        {"product": {"kind": 1, "managed_by": NONE, "shared_with_resellers": True, "account_plan": "plans/x",
                     "reseller_plan": "plans/y"}},
        FIELD,
    ),
    ("field, name", "a", "CreatePriceRule", rule(product="products/none", end_date=day("2026-06-01")), FIELD),
    ("field, name", "a", "CreatePriceRule", rule(product="products/none", price={"fixed": money("-1")}), FIELD),
    ("field, name", "admin", "CreatePriceRule", {**rule(end_date=day("2026-05-01")), "parent": NONE}, FIELD),
    ("field, billed", "a", "CreatePriceRule",
     rule(effective_date=day("2026-01-01"), end_date=day("2025-01-01")), FIELD),
    ("field, name", "a", "CreateSubscription",
     subscription(f"{A}/customers/c1/accounts/none", start_date=NO_DAY), FIELD),
    ("field, name", "a", "CreateSubscription", subscription(f"{ACCOUNT}x", product=""), FIELD),
    ("field, name", "a", "SuspendSubscription", {"name": f"{ACCOUNT}/subscriptions/x", "start_date": NO_DAY}, FIELD),
    ("field, name", "a", "QuotePrice", {"subscription": f"{ACCOUNT}/subscriptions/x", "date": NO_DAY}, FIELD),
    ("field, name", "a", "GetStatement", {"reseller": B, "month": day("2026-01-01")}, FIELD),
    ("field, name", "a", "UpdatePlan",
     edit("plan", f"{A}/plans/none", nope=1) | {"plan": {"name": "plans/none"}}, FIELD),
    ("field, name", "a", "UpdatePlan", edit("plan", "plans/none", fee=money("1", "XYZ")), FIELD),
    ("field, name", "admin", "UpdatePlan", edit("plan", "plans/none", fee=money("-1")), FIELD),
    ("field, in use", "admin", "UpdatePlan", edit("plan", "plans/gold-fee", fee=money("-1")), FIELD),
    ("fixed, name", "admin", "UpdatePlan", edit("plan", "plans/none", kind=1), FIXED),
    ("fixed, name", "admin", "UpdateProduct", edit("product", "products/none", kind=1), FIXED),
    ("fixed, name", "admin", "UpdatePriceRule", edit("price_rule", f"{NONE}/priceRules/x", product=GOLD), FIXED),
    ("token, name", "a", "ListCustomers", {"parent": B, "page_token": "x"}, TOKEN),
    ("token, name", "admin", "ListCharges", {"parent": NONE, "page_token": "x"}, TOKEN),
    ("token, name", "admin", "ListStatementLines",
     {"reseller": NONE, "month": month("2026-01"), "page_token": "x"}, TOKEN),
    ("field, used request id", "admin", "StartBillingRun",
     {"through_date": day("2040-01-01"), "request_id": "used"}, FIELD),
    ("field, used request id", "admin", "CreatePlan", {**plan(fee=money("-1")), "request_id": "used"}, FIELD),
    ("used request id, name", "admin", "DeletePlan", {"name": "plans/none", "request_id": "used"},
     "REQUEST_ID_TAKEN"),
    ("name, right", "a", "CreatePlan", plan(kind="PLAN_KIND_RESELLER", managed_by=B), NAME),
    ("name, right", "a", "CreatePlan", plan(shared_with_resellers=True, managed_by=NONE), NAME),
    ("name, right", "a", "UpdatePlan", edit("plan", "plans/none", shared_with_resellers=True), NAME),
    ("name, right", "a", "UpdatePlan", edit("plan", "plans/gold-fee", shared_with_resellers=True), NAME),
    ("name, right", "a", "UpdateProduct",
     edit("product", f"{B}/products/own", reseller_plan=f"{A}/plans/own-fee"), NAME),
    ("name, right", "a", "ReverseCharge",
     {"name": f"{B}{CHARGE.removeprefix(A)}/wholesale-recurring-2026-01-01"}, NAME),
    ("name, taken", "a", "CreatePriceRule", {**rule(product="products/none"), "price_rule_id": "own"}, NAME),
    ("name, date taken", "a", "CreatePriceRule", rule(customer=f"{B}/customers/c1"), NAME),
    ("name, taken", "a", "CreateSubscription", subscription(ACCOUNT, product="products/none"), NAME),
    ("name, taken", "admin", "CreateProduct",
     {"product_id": "gold", "product": {"kind": 1, "account_plan": "plans/none", "reseller_plan": "plans/none"}}, NAME),
    ("name, kind", "admin", "UpdateProduct",
     edit("product", GOLD, account_plan="plans/gold-fee", reseller_plan="plans/none"),
     NAME),
    ("right, taken", "a", "CreatePlan", {**plan(kind="PLAN_KIND_RESELLER"), "plan_id": "own"}, RIGHT),
    ("right, in use", "a", "UpdatePlan", edit("plan", "plans/gold-price", fee=money("1")), RIGHT),
    ("right, in use", "a", "DeletePlan", {"name": "plans/gold-price"}, RIGHT),
    ("right, in use", "a", "DeletePlan", {"name": f"{A}/plans/own-fee"}, RIGHT),
    ("right, kind", "a", "UpdateProduct", edit("product", f"{A}/products/own", reseller_plan=f"{A}/plans/own"), RIGHT),
    ("right, shared", "a", "UpdateProduct", edit("product", GOLD, account_plan=f"{A}/plans/own"), RIGHT),
    ("right, is reversal", "a", "ReverseCharge", {"name": f"{CHARGE}/wholesale-recurring-2026-01-01-reversal"},
     "SIDE_OF_OTHER_PARTY"),
]  # fmt: skip


@pytest.fixture(scope="module")
def order(world: World) -> World:
    """The world, with a request id that was used and a fee that was taken back."""
    world.admin.CreateReseller(reseller={}, request_id="used")
    world.admin.ReverseCharge(name=f"{CHARGE}/wholesale-recurring-2026-01-01")
    return world


@pytest.mark.parametrize(("wrong", "who", "method", "sent", "told"), ORDER)
def test_of_several_errors_the_first_in_order_is_told(
    order: World, wrong: str, who: str, method: str, sent: dict[str, Any] | bytes, told: str
) -> None:
    metadata = {"admin": order.admin.metadata, "a": order.a.metadata}.get(who, [])
    data = sent if isinstance(sent, bytes) else encoded(method, sent)
    refused = send(order.channel, path_of(method), data, metadata)
    assert isinstance(refused, Refusal), "it was not refused"
    assert refused.reason == told


def test_a_right_request_is_taken_that_the_table_spoils(order: World) -> None:
    assert order.a.CreatePlan(**plan()).plan.name == f"{A}/plans/new"
    assert order.a.CreatePriceRule(**rule(effective_date=day("2026-09-01"))).price_rule.name == f"{A}/priceRules/new"
    assert order.a.CreateSubscription(**requests("a")["CreateSubscription"]).subscription.name
