"""Who may read, change, delete and assign what of the catalog, and what a product refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Caller, day, money, text_of
from tests.rpc.shop import R, make
from tests.rpc.world import World, said

OK, HIDDEN, DENIED, UNSHARED, IN_USE = "OK", "NOT_FOUND", "ADMIN_ONLY", "PRODUCT_NOT_SHARED", "PLAN_IN_USE"
NO = "not a product"
SHARED, FEE = ("plan.shared_with_resellers",), {"paths": ["fee"]}

# what, whose | who | get and list, update, delete, assign
RIGHTS = [
    ("shared product", "admin", OK, OK, OK, OK),
    ("shared product", "r", OK, DENIED, DENIED, OK),
    ("shared product", "other", OK, DENIED, DENIED, OK),
    ("shared account plan", "admin", OK, OK, OK, NO),
    ("shared account plan", "r", OK, DENIED, DENIED, NO),
    ("shared account plan", "other", OK, DENIED, DENIED, NO),
    ("unshared product", "admin", OK, OK, OK, UNSHARED),
    ("unshared product", "r", HIDDEN, HIDDEN, DENIED, HIDDEN),
    ("unshared product", "other", HIDDEN, HIDDEN, DENIED, HIDDEN),
    ("unshared account plan", "admin", OK, OK, OK, NO),
    ("unshared account plan", "r", HIDDEN, HIDDEN, HIDDEN, NO),
    ("unshared account plan", "other", HIDDEN, HIDDEN, HIDDEN, NO),
    ("reseller plan", "admin", OK, OK, OK, NO),
    ("reseller plan", "r", HIDDEN, HIDDEN, HIDDEN, NO),
    ("reseller plan", "other", HIDDEN, HIDDEN, HIDDEN, NO),
    ("r's product", "admin", OK, OK, OK, OK),
    ("r's product", "r", OK, OK, DENIED, OK),
    ("r's product", "other", HIDDEN, HIDDEN, DENIED, HIDDEN),
    ("r's account plan", "admin", OK, OK, OK, NO),
    ("r's account plan", "r", OK, OK, OK, NO),
    ("r's account plan", "other", HIDDEN, HIDDEN, HIDDEN, NO),
    ("r's reseller plan", "admin", OK, OK, OK, NO),
    ("r's reseller plan", "r", OK, DENIED, DENIED, NO),
    ("r's reseller plan", "other", HIDDEN, HIDDEN, HIDDEN, NO),
]

# fields that r sets of the product that it manages | those that it is refused, by name
PRODUCT_EDITS = [
    ({"display_name": "Mine"}, []),
    ({"labels": {"tier": "gold"}}, []),
    ({"account_plan": f"{R}/plans/cheap"}, []),
    ({"display_name": "Mine", "labels": {}, "account_plan": f"{R}/plans/cheap"}, []),
    ({"reseller_plan": f"{R}/plans/free-fee"}, ["reseller_plan"]),
    ({"managed_by": ""}, ["managed_by"]),
    ({"shared_with_resellers": True}, ["shared_with_resellers"]),
    ({"kind": "PRODUCT_KIND_MAIN"}, ["kind"]),
    ({"display_name": "Mine", "reseller_plan": f"{R}/plans/free-fee"}, ["reseller_plan"]),
    (
        {"shared_with_resellers": True, "reseller_plan": f"{R}/plans/free-fee", "kind": 1, "managed_by": ""},
        ["kind", "managed_by", "reseller_plan", "shared_with_resellers"],
    ),
]

# the plans of a product, and what else it has | why it is refused
PRODUCT_REFUSALS = [
    ("plans/price", "plans/fee", {"shared_with_resellers": True}, "ACCOUNT_PLAN_NOT_SHARED"),
    ("plans/price", "plans/once-fee", {}, "RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE"),
    ("plans/fee", "plans/fee", {}, "PLAN_KIND_WRONG"),
    ("plans/price", "plans/price", {}, "PLAN_KIND_WRONG"),
    ("plans/fee", "plans/price", {}, "PLAN_KIND_WRONG"),
    (f"{R}/plans/cheap", "plans/fee", {}, "PLAN_MANAGED_BY_OTHER"),
    ("plans/price", f"{R}/plans/free-fee", {}, "PLAN_MANAGED_BY_OTHER"),
    ("plans/shared-price", f"{R}/plans/free-fee", {"managed_by": R}, "PLAN_MANAGED_BY_OTHER"),
    (f"{R}/plans/cheap", "plans/fee", {"managed_by": R}, "PLAN_MANAGED_BY_OTHER"),
    ("resellers/other/plans/cheap", f"{R}/plans/free-fee", {"managed_by": R}, "PLAN_MANAGED_BY_OTHER"),
    ("plans/none", "plans/fee", {}, "NOT_FOUND"),
    ("plans/price", "plans/none", {}, "NOT_FOUND"),
    (f"{R}/plans/cheap", f"{R}/plans/free-fee", {"managed_by": R, "shared_with_resellers": True}, "FIELD_INVALID"),
]


def by(shop: World, who: str) -> Caller:
    return {"admin": shop.admin, "r": shop.a, "other": shop.b}[who]


@pytest.mark.parametrize(("what", "who", "read", "write", "delete", "assign"), RIGHTS)
def test_the_table_of_rights_holds(
    shop: World, what: str, who: str, read: str, write: str, delete: str, assign: str
) -> None:
    caller, name = by(shop, who), make(shop.house, what)
    noun = "Product" if "product" in what else "Plan"
    assert said(caller, f"Get{noun}", name=name) == read
    page = getattr(caller, f"List{noun}s")(page_size=1000)
    assert (name in {row.name for row in (page.products if noun == "Product" else page.plans)}) == (read == OK)
    if assign != NO:
        account = shop.house.make_account("other" if who == "other" else "r")
        wanted = {"assignment": {"product": name, "account": account}, "date": day("2026-04-01")}
        assert said(caller, "QuotePrice", **wanted) == assign
        assigned = {"product": name, "start_date": day("2026-04-01")}
        assert said(caller, "CreateSubscription", parent=account, subscription=assigned) == assign
    before = getattr(shop.admin, f"Get{noun}")(name=name)
    changed = {noun.lower(): {"name": name, "display_name": f"By {who}"}, "update_mask": {"paths": ["display_name"]}}
    assert said(caller, f"Update{noun}", **changed) == write
    assert (getattr(shop.admin, f"Get{noun}")(name=name) == before) == (write != OK)
    spare = make(shop.house, what)
    assert said(caller, f"Delete{noun}", name=spare) == delete
    assert said(shop.admin, f"Get{noun}", name=spare) == (HIDDEN if delete == OK else OK)
    if noun == "Product":
        assert said(caller, "ArchiveProduct", name=name) == delete


@pytest.mark.parametrize("who", ["r", "other"])
def test_the_fee_of_a_product_that_it_may_assign_is_all_that_a_reseller_sees_of_its_reseller_plan(
    shop: World, who: str
) -> None:
    name = make(shop.house, "shared product")
    fee = shop.admin.GetProduct(name=name).product.reseller_plan
    product = by(shop, who).GetProduct(name=name).product
    assert (product.reseller_plan, text_of(product.own_cost)) == ("", "5.00")
    assert said(by(shop, who), "GetPlan", name=fee) == HIDDEN
    assigned = {"product": name, "start_date": day("2026-04-01")}
    made = by(shop, who).CreateSubscription(parent=shop.house.make_account(who), subscription=assigned).subscription
    assert (made.reseller_plan, made.account_plan) == ("", product.account_plan)
    assert said(by(shop, who), "UpdatePlan", plan={"name": fee, "fee": money("0")}, update_mask=FEE) == HIDDEN
    assert shop.admin.GetSubscription(name=made.name).subscription.reseller_plan == fee


@pytest.mark.parametrize(("values", "refused"), PRODUCT_EDITS)
def test_a_reseller_edits_but_a_few_fields_of_its_product_and_is_refused_the_others_by_name(
    shop: World, values: dict[str, Any], refused: list[str]
) -> None:
    name = make(shop.house, "r's product")
    edit = {"product": {"name": name, **values}, "update_mask": {"paths": list(values)}}
    before = shop.admin.GetProduct(name=name)
    if not refused:
        shop.a.UpdateProduct(**edit)
        assert shop.admin.GetProduct(name=name) != before
        return
    told = shop.a.refusal("UpdateProduct", **edit)
    assert (told.code, told.reason) == ("PERMISSION_DENIED", DENIED)
    assert told.fields == tuple(f"product.{field}" for field in refused)
    assert shop.admin.GetProduct(name=name) == before


@pytest.mark.parametrize("owner", [{}, {"managed_by": R}])
@pytest.mark.parametrize(
    ("method", "fields", "refused"),
    [
        ("CreatePlan", {"plan": {"kind": "PLAN_KIND_RESELLER"}}, ("plan.kind",)),
        ("CreatePlan", {"plan": {"kind": "PLAN_KIND_RESELLER", "applied_more_than_once": True}}, ("plan.kind",)),
        ("CreatePlan", {"plan": {"kind": "PLAN_KIND_ACCOUNT", "shared_with_resellers": True}}, SHARED),
        ("CreateProduct", {"product": {"kind": "PRODUCT_KIND_MAIN", "account_plan": f"{R}/plans/cheap"}}, ()),
    ],
)
def test_a_reseller_makes_no_product_and_no_plan_of_a_fee(
    shop: World, method: str, fields: dict[str, Any], refused: tuple[str, ...], owner: dict[str, str]
) -> None:
    [(noun, content)] = fields.items()
    fee = {"fee": money("0")} if noun == "plan" else {"reseller_plan": f"{R}/plans/free-fee"}
    told = shop.a.refusal(method, **{noun: {**content, **fee, **owner}})
    assert (told.code, told.reason, told.fields) == ("PERMISSION_DENIED", DENIED, refused)


def test_a_plan_that_a_reseller_makes_is_its_own_and_it_shares_none(shop: World) -> None:
    plan = shop.a.CreatePlan(plan={"kind": "PLAN_KIND_ACCOUNT", "fee": money("1.00")}).plan
    assert (plan.managed_by, plan.name.startswith(f"{R}/plans/")) == (R, True)
    told = shop.a.refusal(
        "UpdatePlan",
        plan={"name": plan.name, "shared_with_resellers": True},
        update_mask={"paths": ["shared_with_resellers"]},
    )
    assert (told.reason, told.fields) == (DENIED, SHARED)
    assert shop.a.GetPlan(name=plan.name).plan == plan


@pytest.mark.parametrize(("account_plan", "reseller_plan", "fields", "reason"), PRODUCT_REFUSALS)
def test_a_product_refuses_plans_that_do_not_fit_when_it_is_made_and_when_it_is_changed(
    shop: World, account_plan: str, reseller_plan: str, fields: dict[str, Any], reason: str
) -> None:
    plans = {"account_plan": account_plan, "reseller_plan": reseller_plan}
    wanted = {"kind": "PRODUCT_KIND_MAIN", **plans, **fields}
    assert said(shop.admin, "CreateProduct", product_id="refused", product=wanted) == reason
    name = make(shop.house, "r's product" if "managed_by" in fields else "unshared product")
    before = shop.admin.GetProduct(name=name)
    mask = {"paths": [*plans, "shared_with_resellers"]}
    assert said(shop.admin, "UpdateProduct", product={"name": name, **wanted}, update_mask=mask) == reason
    assert shop.admin.GetProduct(name=name) == before


def test_a_product_and_its_plan_are_shared_together_and_stay_so(shop: World) -> None:
    name = make(shop.house, "unshared product")
    plan = shop.admin.GetProduct(name=name).product.account_plan
    share = {"update_mask": {"paths": ["shared_with_resellers"]}}
    on, off = {"shared_with_resellers": True}, {"shared_with_resellers": False}
    assert said(shop.admin, "UpdateProduct", product={"name": name, **on}, **share) == "ACCOUNT_PLAN_NOT_SHARED"
    assert said(shop.admin, "UpdatePlan", plan={"name": plan, **on}, **share) == OK
    assert said(shop.admin, "UpdateProduct", product={"name": name, **on}, **share) == OK
    assert said(shop.admin, "UpdatePlan", plan={"name": plan, **off}, **share) == IN_USE
    assert said(shop.admin, "UpdateProduct", product={"name": name, **off}, **share) == OK
    assert said(shop.admin, "UpdatePlan", plan={"name": plan, **off}, **share) == OK
