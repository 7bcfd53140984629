"""Calls that are made again: by the id of what they make, and by their request_id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import day, message_type, money
from tests.rpc.world import RPCS, World, merged, outcome, requests, said

CREATES = [name for name in RPCS if name.startswith("Create")]
MUTATIONS = [name for name in RPCS if "request_id" in message_type(name).DESCRIPTOR.fields_by_name]

# A create | other content for the id that it takes
OTHER_CONTENT: list[tuple[str, dict[str, Any]]] = [
    ("CreatePlan", {"plan": {"fee": money("2.00")}}),
    ("CreatePlan", {"plan": {"display_name": "Other"}}),
    ("CreatePlan", {"plan": {"timing": "TIMING_IN_ARREARS"}}),
    ("CreateProduct", {"product": {"display_name": "Other"}}),
    ("CreateProduct", {"product": {"kind": "PRODUCT_KIND_MAIN"}}),
    ("CreateProduct", {"product": {"labels": {"tier": "gold"}}}),
    ("CreatePriceRule", {"price_rule": {"price": {"percent": {"value": "6"}}}}),
    ("CreatePriceRule", {"price_rule": {"price": {"basis": "PRICE_BASIS_OWN_COST"}}}),
    ("CreatePriceRule", {"price_rule": {"effective_date": day("2026-08-02")}}),
    ("CreatePriceRule", {"price_rule": {"end_date": day("2026-09-01")}}),
    ("CreatePriceRule", {"price_rule": {"account": None}}),
    ("CreateReseller", {"reseller": {"labels": {"tier": "gold"}}}),
    ("CreateReseller", {"reseller": {"display_name": None}}),
    ("CreateCustomer", {"customer": {"display_name": "Other"}}),
    ("CreateAccount", {"account": {"labels": {"tier": "gold"}}}),
    ("CreateSubscription", {"subscription": {"start_date": day("2026-04-02")}}),
    ("CreateSubscription", {"subscription": {"product": "products/extra"}}),
]

# What may be written out or left to its default, and is the same content.
SAME_CONTENT: list[tuple[str, dict[str, Any]]] = [
    ("CreatePlan", {"plan": {"timing": "TIMING_IN_ADVANCE", "rounding": "ROUNDING_HALF_UP", "name": "plans/ignored"}}),
    ("CreatePriceRule", {"price_rule": {"price": {"percent": {"value": "+5.0"}, "basis": "PRICE_BASIS_RECOMMENDED"}}}),
]


@pytest.mark.parametrize("method", CREATES)
def test_the_same_id_with_the_same_content_gives_the_stored_one_again(own_world: World, method: str) -> None:
    first = getattr(own_world.admin, method)(**requests("a")[method])
    assert getattr(own_world.admin, method)(**requests("a")[method]) == first


@pytest.mark.parametrize(("method", "changes"), SAME_CONTENT)
def test_a_default_that_is_written_out_is_the_same_content(
    own_world: World, method: str, changes: dict[str, Any]
) -> None:
    first = getattr(own_world.admin, method)(**requests("a")[method])
    assert getattr(own_world.admin, method)(**merged(requests("a")[method], changes)) == first


@pytest.mark.parametrize(("method", "changes"), OTHER_CONTENT)
def test_the_same_id_with_other_content_is_refused_and_changes_nothing(
    own_world: World, method: str, changes: dict[str, Any]
) -> None:
    fields = requests("a")[method]
    first = getattr(own_world.admin, method)(**fields)
    refused = own_world.admin.refusal(method, **merged(fields, changes))
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "NAME_TAKEN")
    assert getattr(own_world.admin, method)(**fields) == first


def test_the_stored_one_is_given_again_after_it_was_used(own_world: World) -> None:
    account = own_world.house.make_account("a", "used")
    wanted = {"parent": account, "subscription_id": "s"}
    wanted["subscription"] = {"product": "products/extra", "start_date": day("2026-01-01")}  # type: ignore[assignment]
    name = own_world.a.CreateSubscription(**wanted).subscription.name
    rule = {"product": "products/extra", "price": {"fixed": money("1")}, "effective_date": day("2026-01-01")}
    priced = {"parent": "resellers/a", "price_rule_id": "used", "price_rule": {**rule, "account": account}}
    first = own_world.a.CreatePriceRule(**priced)
    own_world.a.SuspendSubscription(name=name, start_date=day("2026-02-01"))
    own_world.a.CloseSubscription(name=name, end_date=day("2026-03-01"))
    own_world.house.bill("2026-03-31")
    again = own_world.a.CreateSubscription(**wanted).subscription
    assert again == own_world.a.GetSubscription(name=name).subscription
    assert again.end_date == day("2026-03-01")
    assert own_world.a.CreatePriceRule(**priced) == first


@pytest.mark.parametrize("method", MUTATIONS)
def test_the_same_request_id_gives_the_first_answer_again_and_is_refused_with_other_content(
    own_world: World, method: str
) -> None:
    fields = {**requests("a", "once")[method], "request_id": f"once-{method}"}
    # A preview is no mutation, and a run for a day that has been billed adds nothing.
    fields |= {"validate_only": False} if method == "StartBillingRun" else {}
    first = getattr(own_world.admin, method)(**fields)
    assert getattr(own_world.admin, method)(**fields) == first
    other = {**requests("b", "admin")[method], "request_id": fields["request_id"]}
    if method == "CreateReseller":
        other["reseller_id"] = "elsewhere"
    if method == "ResumePlugin":
        other["name"] = "plugins/other"
    if method == "StartBillingRun":
        other |= {"validate_only": False, "through_date": day("2026-02-01")}
    before = outcome(own_world.admin, "GetReseller", {"name": "resellers/b"})
    refused = own_world.admin.refusal(method, **other)
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "REQUEST_ID_TAKEN")
    assert outcome(own_world.admin, "GetReseller", {"name": "resellers/b"}) == before
    assert getattr(own_world.admin, method)(**fields) == first


def test_the_first_answer_is_given_again_after_its_object_was_changed_or_deleted(own_world: World) -> None:
    wanted = {"plan": {"kind": "PLAN_KIND_ACCOUNT", "fee": money("1"), "display_name": "First"}, "request_id": "made"}
    made = own_world.a.CreatePlan(**wanted)
    mask = {"paths": ["display_name"]}
    edit = {"plan": {"name": made.plan.name, "display_name": "Second"}, "update_mask": mask, "request_id": "edited"}
    edited = own_world.a.UpdatePlan(**edit)
    own_world.a.UpdatePlan(plan={"name": made.plan.name, "display_name": "Third"}, update_mask=mask)
    assert own_world.a.CreatePlan(**wanted) == made
    assert own_world.a.UpdatePlan(**edit) == edited
    assert own_world.a.GetPlan(name=made.plan.name).plan.display_name == "Third"
    for _ in range(2):
        own_world.a.DeletePlan(name=made.plan.name, request_id="deleted")
    assert own_world.a.CreatePlan(**wanted) == made
    assert said(own_world.a, "GetPlan", name=made.plan.name) == "NOT_FOUND"


def test_a_request_id_makes_one_object_where_the_server_makes_the_id(own_world: World) -> None:
    wanted = {"parent": "resellers/b", "customer": {"display_name": "Once"}}
    first, second = (own_world.b.CreateCustomer(**wanted, request_id="one").customer.name for _ in range(2))
    assert first == second
    assert own_world.b.CreateCustomer(**wanted).customer.name != first
    names = [row.name for row in own_world.b.ListCustomers(page_size=1000).customers if row.display_name == "Once"]
    assert len(names) == 2


def test_each_caller_has_request_ids_of_its_own(own_world: World) -> None:
    for reseller, caller in (("a", own_world.a), ("b", own_world.b), ("b", own_world.admin)):
        parent = f"resellers/{reseller}"
        wanted = {"parent": parent, "customer": {"display_name": reseller}, "request_id": "shared"}
        assert caller.CreateCustomer(**wanted).customer.name.startswith(f"{parent}/")


def test_a_request_id_is_of_one_method(own_world: World) -> None:
    name = {"name": own_world.house.make_plan("spare-1", "ACCOUNT", "1"), "request_id": "deletes"}
    own_world.admin.DeletePlan(**name)
    spare = {"name": own_world.house.make_plan("spare-1", "ACCOUNT", "1"), "request_id": "deletes"}
    own_world.admin.DeletePlan(**spare)
    refused = own_world.admin.refusal("DeleteProduct", name="products/gold", request_id="deletes")
    assert refused.reason == "REQUEST_ID_TAKEN"
    # The answer was given again: the plan that was made anew is still there.
    assert said(own_world.admin, "GetPlan", name=name["name"]) == "OK"


def test_a_call_that_was_refused_has_not_used_its_request_id(own_world: World) -> None:
    wanted = {"parent": "resellers/late", "customer": {}, "request_id": "early"}
    assert said(own_world.admin, "CreateCustomer", **wanted) == "NOT_FOUND"
    own_world.admin.CreateReseller(reseller_id="late", reseller={})
    assert said(own_world.admin, "CreateCustomer", **wanted) == "OK"
    assert said(
        own_world.admin, "CreateCustomer", parent="resellers/late", customer={"labels": {"a": "b"}}, request_id="early"
    ) == ("REQUEST_ID_TAKEN")


def test_a_run_is_asked_for_once_by_its_request_id(own_world: World) -> None:
    wanted = {"through_date": day("2026-01-15"), "request_id": "run"}
    names = {own_world.admin.StartBillingRun(**wanted).billing_run.name for _ in range(3)}
    assert len(names) == 1
    assert own_world.admin.StartBillingRun(through_date=day("2026-01-15")).billing_run.name not in names
    preview = {**wanted, "validate_only": True}
    assert own_world.admin.StartBillingRun(**preview).billing_run.name == ""
