"""What of the catalog is in use, and what can no longer be changed or deleted then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import day, money, text_of
from tests.rpc.shop import R, make
from tests.rpc.world import World, said

OK, IN_USE = "OK", "PLAN_IN_USE"


@pytest.mark.parametrize(
    ("fields", "free", "on_a_product", "in_use"),
    [
        ({"fee": money("6.00")}, OK, OK, IN_USE),
        ({"timing": "TIMING_IN_ARREARS"}, OK, OK, IN_USE),
        ({"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}, OK, OK, IN_USE),
        ({"first_part": "PART_CHARGE_WHOLE"}, OK, OK, IN_USE),
        ({"last_part": "PART_CHARGE_WHOLE"}, OK, OK, IN_USE),
        ({"rounding": "ROUNDING_UP"}, OK, OK, IN_USE),
        ({"applied_more_than_once": False}, OK, IN_USE, IN_USE),
        ({"fee": money("5.00"), "timing": "TIMING_IN_ADVANCE"}, OK, OK, OK),
        ({"display_name": "Called otherwise"}, OK, OK, OK),
        ({"fee": money("5.00", "EUR")}, *["FIELD_IMMUTABLE"] * 3),
        ({"kind": "PLAN_KIND_ACCOUNT"}, *["FIELD_IMMUTABLE"] * 3),
        ({"managed_by": R}, *["FIELD_IMMUTABLE"] * 3),
        ({"name": "plans/other"}, *["FIELD_IMMUTABLE"] * 3),
        ({"fee": money("-0.000001")}, *["FIELD_INVALID"] * 3),
    ],
)
def test_a_plan_changes_until_it_is_in_use_and_never_its_currency(
    shop: World, fields: dict[str, Any], free: str, on_a_product: str, in_use: str
) -> None:
    def edit(name: str) -> str:
        plan = {**fields, "name": name}
        return said(shop.admin, "UpdatePlan", plan=plan, update_mask={"paths": list(fields)})

    assert edit(make(shop.house, "reseller plan")) == free
    plan = shop.admin.GetProduct(name=make(shop.house, "shared product")).product.reseller_plan
    before = shop.admin.GetPlan(name=plan)
    assert edit(plan) == on_a_product
    assert on_a_product == OK or shop.admin.GetPlan(name=plan) == before
    product = make(shop.house, "shared product")
    shop.house.assign(shop.house.make_account("r"), product=product, subscription=product.replace("/", "-"))
    plan = shop.admin.GetProduct(name=product).product.reseller_plan
    before = shop.admin.GetPlan(name=plan)
    assert edit(plan) == in_use
    assert in_use == OK or shop.admin.GetPlan(name=plan) == before


def test_plans_and_products_are_deleted_only_where_nothing_uses_them(shop: World) -> None:
    name = make(shop.house, "shared product")
    product = shop.admin.GetProduct(name=name).product
    plans = [product.account_plan, product.reseller_plan]
    assert [said(shop.admin, "DeletePlan", name=plan) for plan in plans] == [IN_USE, IN_USE]
    rule = {"product": name, "price": {"fixed": money("1.00")}, "effective_date": day("2026-06-01")}
    made = shop.a.CreatePriceRule(parent=R, price_rule=rule).price_rule
    assert said(shop.admin, "DeleteProduct", name=name) == "PRODUCT_IN_USE"
    shop.a.DeletePriceRule(name=made.name)
    sold = make(shop.house, "shared product")
    in_use = shop.admin.GetProduct(name=sold).product
    shop.house.assign(shop.house.make_account("r"), product=sold, subscription="sold")
    assert said(shop.admin, "DeleteProduct", name=sold) == "PRODUCT_IN_USE"
    swapped = {"name": sold, "account_plan": product.account_plan, "reseller_plan": product.reseller_plan}
    shop.admin.UpdateProduct(product=swapped, update_mask={"paths": ["account_plan", "reseller_plan"]})
    # Its subscription keeps the plans that it started with.
    assert [said(shop.admin, "DeletePlan", name=plan) for plan in (in_use.account_plan, in_use.reseller_plan)] == [
        IN_USE,
        IN_USE,
    ]
    assert said(shop.admin, "DeleteProduct", name=name) == OK
    assert [said(shop.admin, "DeletePlan", name=plan) for plan in plans] == [IN_USE, IN_USE]


def test_an_archived_product_is_assigned_no_more_and_billed_on(shop: World) -> None:
    name = make(shop.house, "shared product")
    sold = shop.house.assign(shop.house.make_account("r", "sold"), product=name)
    assert shop.admin.ArchiveProduct(name=name).product.state == shop.admin.ArchiveProduct(name=name).product.state
    account = shop.house.make_account("r", "late")
    refused = shop.a.refusal(
        "CreateSubscription", parent=account, subscription={"product": name, "start_date": day("2026-05-01")}
    )
    assert refused.reason == "PRODUCT_ARCHIVED"
    shop.house.bill("2026-01-31")
    assert [text_of(charge.amount) for charge in shop.house.charges(parent=sold)] == ["5.00", "5.00"]


@pytest.mark.parametrize(
    ("fee", "reason"),
    [
        (money("0"), OK),
        (money("0.000001"), OK),
        (money("1000000000"), OK),
        (money("-0.000001"), "FIELD_INVALID"),
        (money("-1"), "FIELD_INVALID"),
        (money("1000000000.000001"), "FIELD_INVALID"),
    ],
)
@pytest.mark.parametrize("kind", ["PLAN_KIND_ACCOUNT", "PLAN_KIND_RESELLER"])
def test_a_fee_is_zero_or_more(shop: World, kind: str, fee: Any, reason: str) -> None:
    assert said(shop.admin, "CreatePlan", plan={"kind": kind, "fee": fee}) == reason


def test_a_reseller_keeps_hold_of_its_prices_and_subscriptions_of_a_product_that_is_no_longer_shared(
    shop: World,
) -> None:
    name = make(shop.house, "shared product")
    sold = shop.house.assign(shop.house.make_account("r", "kept"), product=name)
    wanted = {"product": name, "price": {"fixed": money("6.00")}, "effective_date": day("2026-01-01")}
    rule = shop.a.CreatePriceRule(parent=R, price_rule=wanted).price_rule.name
    unshared = {"name": name, "shared_with_resellers": False}
    shop.admin.UpdateProduct(product=unshared, update_mask={"paths": ["shared_with_resellers"]})
    assert said(shop.a, "GetSubscription", name=sold) == OK
    assert said(shop.a, "QuotePrice", subscription=sold, date=day("2026-01-01")) == OK
    assert said(shop.a, "GetPriceRule", name=rule) == OK
    ended = {"price_rule": {"name": rule, "end_date": day("2027-01-01")}, "update_mask": {"paths": ["end_date"]}}
    assert said(shop.a, "UpdatePriceRule", **ended) == OK
    assert said(shop.a, "DeletePriceRule", name=rule) == OK
