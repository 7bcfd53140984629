"""Ids, names, page sizes and page tokens that cannot be right, on every RPC that takes one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Caller, day, message_type, month
from tests.rpc.world import LISTS, RPCS, World, check_field, merged, requests

BAD_IDS = [
    "A",
    "a_b",
    "-a",
    "a-",
    "a/b",
    "a b",
    "ä",
    "a" * 64,
    "a\n",
    "\na",
    "a.b",
    "..",
    "a\0",
    "{a}",
    "%61",
    "a\u200b",
]
BAD_REQUEST_IDS = ["a b", "a_b", "ä", "a" * 65, "a\n", "{a}", "a\0"]
# What may be put behind, before or in the place of a right name.
BAD_NAMES = [
    "{name}/",
    "/{name}",
    "{name}\n",
    "{name}/x",
    "{name}//",
    "{NAME}",
    " {name}",
    "x/y",
    "{name}\0",
    "../{name}",
]

# RPC | the field that says what it is about
BY_NAME = [
    (method, field)
    for method in RPCS
    for field in ("name", "parent", "reseller")
    if isinstance(requests("a")[method].get(field), str)
]
CREATES = [method for method in RPCS if method.startswith("Create")]
WITH_REQUEST_ID = [method for method in RPCS if "request_id" in message_type(method).DESCRIPTOR.fields_by_name]

# A field of a request that holds a name | a name of another kind, and what is right there
OTHER_KINDS = [
    ("CreatePlan", {"plan": {"managed_by": "resellers/a/customers/c1"}}, "plan.managed_by", "a reseller's name"),
    ("CreatePlan", {"plan": {"name": "products/gold"}}, "plan.name", "a plan's name"),
    ("CreateProduct", {"product": {"account_plan": "products/gold"}}, "product.account_plan", "a plan's name"),
    ("CreateProduct", {"product": {"reseller_plan": "gold-fee"}}, "product.reseller_plan", "a plan's name"),
    ("CreatePriceRule", {"price_rule": {"product": "plans/gold-fee"}}, "price_rule.product", "a product's name"),
    ("CreatePriceRule", {"price_rule": {"customer": "resellers/a"}}, "price_rule.customer", "a customer's name"),
    ("CreatePriceRule", {"price_rule": {"account": "resellers/a"}}, "price_rule.account", "an account's name"),
    ("CreateSubscription", {"subscription": {"product": "gold"}}, "subscription.product", "a product's name"),
    ("QuotePrice", {"subscription": "resellers/a"}, "subscription", "a subscription's name"),
    ("GetCharge", {"name": "resellers/a/customers/c1/accounts/a1/subscriptions/s1"}, "name", "a charge's name"),
    ("GetBillingRun", {"name": "2026-01-31-1"}, "name", "a billing run's name"),
    ("ResumePlugin", {"name": "markup"}, "name", "a plugin's name"),
    ("RehearsePrices", {"without": ["markup"]}, "without[0]", "a plugin's name"),
    ("RehearsePrices", {"with": [{"name": "markup"}]}, "with[0].name", "a plugin's name"),
    ("ListCharges", {"parent": "products/gold"}, "parent", "the name of a reseller, a customer, an account or a"),
    ("ListCharges", {"billing_run": "2026-01-31-1"}, "billing_run", "a billing run's name"),
    ("ListParkedCharges", {"parent": "products/gold"}, "parent", "the name of a reseller, a customer, an account or a"),
    ("ListSubscriptions", {"parent": "resellers/a/products/own"}, "parent", "a reseller, a customer or an account"),
    ("ListAccounts", {"parent": "resellers/a/customers/c1/accounts/a1"}, "parent", "a reseller or a customer"),
    ("ListCustomers", {"parent": "resellers/a/customers/c1"}, "parent", "a reseller's name"),
    ("ListProducts", {"managed_by": "provider"}, "managed_by", "a reseller's name"),
    ("GetStatement", {"reseller": "resellers/a/customers/c1"}, "reseller", "a reseller's name"),
]

# A list, a page of it | what may not be different on the next page
TOKEN_BINDINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ListPlans", {}, {"kind": 1}),
    ("ListPlans", {"managed_by": "resellers/a"}, {"managed_by": "resellers/b"}),
    ("ListPlans", {}, {"currency_code": "USD"}),
    ("ListProducts", {}, {"state": 1}),
    ("ListCustomers", {}, {"parent": "resellers/a"}),
    ("ListAccounts", {"parent": "resellers/a"}, {"parent": "resellers/a/customers/c1"}),
    ("ListSubscriptions", {}, {"state": 2}),
    ("ListPriceRules", {}, {"product": "resellers/a/products/own"}),
    ("ListCharges", {}, {"side": 1}),
    ("ListCharges", {}, {"period_from": day("2026-01-01")}),
    ("ListParkedCharges", {}, {"plugin": "unpriceable"}),
    ("ListStatementLines", {"reseller": "resellers/a", "month": month("2026-01")}, {"below_cost": True}),
    ("ListStatementLines", {"reseller": "resellers/a", "month": month("2026-01")}, {"month": month("2026-02")}),
]


def check_token(caller: Caller, method: str, fields: dict[str, Any]) -> None:
    refused = caller.refusal(method, **fields)
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refused.fields == ("page_token",)
    assert refused.message.startswith("page_token: must be a next_page_token that was given to you")


# A fee change has its date for an id.
@pytest.mark.parametrize("method", [name for name in CREATES if name != "CreateFeeChange"])
def test_an_id_is_of_letters_digits_and_hyphens(world: World, method: str) -> None:
    field = next(name for name in message_type(method).DESCRIPTOR.fields_by_name if name.endswith("_id"))
    for wrong in BAD_IDS:
        fields = merged(requests("a")[method], {field: wrong})
        check_field(world.admin, method, fields, field, "1 to 63 lower-case letters, digits or hyphens")


def test_every_call_that_changes_something_takes_a_request_id() -> None:
    reading = ("Get", "List", "Export", "Watch", "Quote", "BatchQuote", "StreamQuotes", "Rehearse")
    assert [method for method in RPCS if not method.startswith(reading)] == WITH_REQUEST_ID


@pytest.mark.parametrize("method", WITH_REQUEST_ID)
def test_a_request_id_is_of_letters_digits_and_hyphens(world: World, method: str) -> None:
    for wrong in BAD_REQUEST_IDS:
        fields = merged(requests("a")[method], {"request_id": wrong})
        check_field(world.admin, method, fields, "request_id", "1 to 64 letters, digits or hyphens")


@pytest.mark.parametrize(("method", "field"), BY_NAME)
def test_a_name_is_taken_only_as_it_is_written(world: World, method: str, field: str) -> None:
    fields = requests("a")[method]
    for wrong in BAD_NAMES:
        name = wrong.format(name=fields[field], NAME=fields[field].upper())
        check_field(world.admin, method, merged(fields, {field: name}), field, "must be ")


@pytest.mark.parametrize(("method", "field"), [row for row in BY_NAME if row[1] != "parent" or row[0] in CREATES])
def test_a_name_has_to_be_given(world: World, method: str, field: str) -> None:
    check_field(world.admin, method, merged(requests("a")[method], {field: ""}), field, "must be given")


@pytest.mark.parametrize(("method", "changes", "field", "right"), OTHER_KINDS)
def test_a_name_of_another_kind_is_refused(
    world: World, method: str, changes: dict[str, Any], field: str, right: str
) -> None:
    fields = merged(requests("a")[method], changes)
    if "customer" in changes.get("price_rule", {}):
        del fields["price_rule"]["account"]
    check_field(world.admin, method, fields, field, right)


@pytest.mark.parametrize("method", LISTS)
def test_a_page_has_no_size_below_zero(world: World, method: str) -> None:
    for size in (-1, -(2**31)):
        check_field(world.admin, method, merged(requests("a")[method], {"page_size": size}), "page_size", "equal to 0")


@pytest.mark.parametrize("method", LISTS)
def test_a_page_token_is_one_that_was_given(world: World, method: str) -> None:
    for token in ("x", "!", "a" * 1024, "ä" * 100, "\0", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "MQ==", "' OR 1=1"):
        check_token(world.admin, method, merged(requests("a")[method], {"page_token": token}))
    check_field(
        world.admin, method, merged(requests("a")[method], {"page_token": "x" * 1025}), "page_token", "at most 1024"
    )


@pytest.mark.parametrize(("method", "query", "other"), TOKEN_BINDINGS)
def test_a_page_token_leads_on_only_from_the_same_request_of_the_same_caller(
    world: World, method: str, query: dict[str, Any], other: dict[str, Any]
) -> None:
    token = getattr(world.admin, method)(page_size=1, **query).next_page_token
    assert token
    assert getattr(world.admin, method)(page_size=2, page_token=token, **query)
    check_token(world.admin, method, merged(query, {"page_token": token, **other}))
    swapped = token[:8] + ("A" if token[8] != "A" else "B") + token[9:]
    check_token(world.admin, method, merged(query, {"page_token": swapped}))
    check_token(world.a, method, {"page_token": token, **query})


def test_a_page_token_of_one_list_is_none_of_another(world: World) -> None:
    token = world.admin.ListCustomers(page_size=1).next_page_token
    check_token(world.admin, "ListAccounts", {"page_token": token})
    token = world.a.ListAccounts(page_size=1).next_page_token
    assert world.a.ListAccounts(page_token=token).accounts
    check_token(world.b, "ListAccounts", {"page_token": token})
    check_token(world.admin, "ListAccounts", {"page_token": token})


def test_a_name_as_long_as_names_may_be_is_told_back_whole(world: World) -> None:
    longest = "x" * 63
    name = f"resellers/{longest}/customers/{longest}/accounts/{longest}/subscriptions/{longest}"
    charge = f"{name}/charges/wholesale-suspension-credit-2026-01-01-reversal"
    for method, wanted in (("GetSubscription", name), ("GetCharge", charge)):
        refused = world.admin.refusal(method, name=wanted)
        assert (refused.metadata["name"], refused.message) == (wanted, f"{wanted} is not found")
