"""Every RPC, by everyone, of everyone's: as the table of roles says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quitrent.rpc.access import ACCESS
from quitrent.services.caller import Role
from quitrent.services.keys import create_key, revoke_key
from tests.harness import Caller, House
from tests.rpc.world import LISTS, NOBODY, RPCS, World, merged, outcome, requests

OK, DENIED, NOT_FOUND, EMPTY = "OK", "PERMISSION_DENIED", "NOT_FOUND", "EMPTY"

# RPC | provider: of a reseller, of none | reseller: its own, another's, of none
ROLES = [
    ("CreatePlan", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetPlan", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListPlans", OK, EMPTY, OK, EMPTY, EMPTY),
    ("UpdatePlan", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("DeletePlan", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CreateFeeChange", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetFeeChange", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListFeeChanges", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("DeleteFeeChange", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CreateProduct", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("GetProduct", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListProducts", OK, EMPTY, OK, EMPTY, EMPTY),
    ("UpdateProduct", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ArchiveProduct", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("DeleteProduct", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("CreatePriceRule", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetPriceRule", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListPriceRules", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("UpdatePriceRule", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("DeletePriceRule", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListPriceRuleRevisions", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CreateReseller", OK, OK, DENIED, DENIED, DENIED),
    ("GetReseller", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListResellers", OK, OK, OK, OK, OK),
    ("UpdateReseller", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("CreateCustomer", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetCustomer", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListCustomers", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("UpdateCustomer", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CreateAccount", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetAccount", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListAccounts", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("UpdateAccount", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CreateSubscription", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetSubscription", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListSubscriptions", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("SuspendSubscription", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ResumeSubscription", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("CloseSubscription", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ChangeSubscriptionProduct", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("WithdrawSubscriptionChange", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ImportBook", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("QuotePrice", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("BatchQuotePrices", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("StreamQuotes", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("StartBillingRun", OK, OK, DENIED, DENIED, DENIED),
    ("GetBillingRun", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("ListBillingRuns", OK, OK, DENIED, DENIED, DENIED),
    ("WatchBillingRun", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("CancelBillingRun", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("ContinueBillingRun", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("ListPlugins", OK, OK, DENIED, DENIED, DENIED),
    ("ResumePlugin", OK, NOT_FOUND, DENIED, DENIED, DENIED),
    ("RehearsePrices", OK, OK, DENIED, DENIED, DENIED),
    ("GetCharge", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListCharges", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ExportCharges", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ReverseCharge", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListParkedCharges", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("GetStatement", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ListStatementLines", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
    ("ExportStatementLines", OK, NOT_FOUND, OK, NOT_FOUND, NOT_FOUND),
]

# What an `authorization` may look like that is none; {key} is a valid key, {id} its public part.
NO_KEYS = [
    "",
    "Bearer",
    "Bearer ",
    "{key}",
    "Basic {key}",
    "Bearer qk",
    "Bearer qk_",
    "Bearer qk_{id}",
    "Bearer qk_{id}_",
    "Bearer qk_{id}_wrong",
    "Bearer qk__",
    "Bearer {key}x",
    "Bearer {key} {key}",
    "Bearer QK{key}",
    "Bearer qk_nobody_0123456789",
    "Bearer ' OR 1=1 --",
]


# What a request of b's may name that is another's, {r}, beside what it is about | what b gets
NAMED_INSIDE = [
    ("CreatePlan", {"plan": {"managed_by": "resellers/{r}"}}, NOT_FOUND),
    (
        "UpdateProduct",
        {"product": {"account_plan": "resellers/{r}/plans/own"}, "update_mask": {"paths": ["account_plan"]}},
        NOT_FOUND,
    ),
    ("CreatePriceRule", {"price_rule": {"product": "resellers/{r}/products/own"}}, NOT_FOUND),
    ("CreatePriceRule", {"price_rule": {"account": "resellers/{r}/customers/c1/accounts/a1"}}, NOT_FOUND),
    ("CreatePriceRule", {"price_rule": {"account": None, "customer": "resellers/{r}/customers/c1"}}, NOT_FOUND),
    (
        "CreateSubscription",
        {"subscription_id": "inside", "subscription": {"product": "resellers/{r}/products/own"}},
        NOT_FOUND,
    ),
    ("ChangeSubscriptionProduct", {"product": "resellers/{r}/products/own"}, NOT_FOUND),
    ("ListPriceRuleRevisions", {"price_rule": "resellers/{r}/priceRules/own"}, EMPTY),
    ("QuotePrice", {"subscription": "resellers/{r}/customers/c1/accounts/a1/subscriptions/s1"}, NOT_FOUND),
    ("ListPriceRules", {"product": "resellers/{r}/products/own"}, EMPTY),
    ("ListSubscriptions", {"product": "resellers/{r}/products/own"}, EMPTY),
    ("ListCharges", {"product": "resellers/{r}/products/own"}, EMPTY),
    ("ListPlans", {"managed_by": "resellers/{r}"}, EMPTY),
    ("ListProducts", {"managed_by": "resellers/{r}"}, EMPTY),
]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """The reseller b, on a server on which there is nothing else."""
    house = House(tmp_path_factory.mktemp("elsewhere"))
    house.admin.CreateReseller(reseller_id="b", reseller={})
    yield house.reseller("b")
    house.close()


def filled(fields: Any, reseller: str) -> Any:
    if isinstance(fields, dict):
        return {name: filled(value, reseller) for name, value in fields.items()}
    return fields.replace("{r}", reseller) if isinstance(fields, str) else fields


def test_the_table_of_roles_covers_every_rpc_and_is_the_one_in_use() -> None:
    assert [row[0] for row in ROLES] == RPCS
    assert set(ACCESS) == set(RPCS)
    for method, _, _, own, *_ in ROLES:
        assert ACCESS[method] == ({Role.ADMIN} if own == DENIED else {Role.ADMIN, Role.RESELLER}), method


@pytest.mark.parametrize("method", RPCS)
def test_who_shows_no_valid_key_is_told_the_same_whatever_it_shows_and_asks_for(own_world: World, method: str) -> None:
    key = create_key(own_world.house.deployment, Role.RESELLER, "resellers/a")
    key_id = key.split("_")[1]
    shown = [form.format(key=key, id=key_id) for form in NO_KEYS] + [f"Bearer {key}"]
    revoke_key(own_world.house.deployment, key_id)
    stranger = own_world.house.caller(None)
    told = [stranger.refusal(method, **requests(reseller)[method]) for reseller in ("a", "b", NOBODY)]
    for text in shown:
        stranger.metadata = [("authorization", text)]
        told.append(stranger.refusal(method, **requests("a")[method]))
    assert {(refused.code, refused.reason) for refused in told} == {("UNAUTHENTICATED", "KEY_INVALID")}
    assert len({refused.raw for refused in told}) == 1


@pytest.mark.parametrize(("method", "existing", "missing"), [row[:3] for row in ROLES])
def test_the_provider_gets_what_the_table_says(own_world: World, method: str, existing: str, missing: str) -> None:
    assert outcome(own_world.admin, method, requests(NOBODY, "admin")[method])[0] == missing
    assert outcome(own_world.admin, method, requests("a", "admin")[method])[0] == existing


@pytest.mark.parametrize("reseller", ["a", "b"])
@pytest.mark.parametrize(("method", "own", "other", "missing"), [(row[0], *row[3:]) for row in ROLES])
def test_a_reseller_gets_what_the_table_says(
    own_world: World, method: str, own: str, other: str, missing: str, reseller: str
) -> None:
    caller = own_world.a if reseller == "a" else own_world.b
    assert outcome(caller, method, requests(NOBODY)[method])[0] == missing
    assert outcome(caller, method, requests("b" if reseller == "a" else "a", "admin")[method])[0] == other
    assert outcome(caller, method, requests(reseller)[method])[0] == own


@pytest.mark.parametrize("method", [row[0] for row in ROLES if row[4] != OK])
def test_what_belongs_to_another_is_told_of_byte_for_byte_like_what_does_not_exist(
    own_world: World, elsewhere: Caller, method: str
) -> None:
    told = outcome(own_world.b, method, requests("a")[method])
    assert told == outcome(elsewhere, method, requests("a")[method])
    code, raw = outcome(own_world.b, method, requests(NOBODY)[method])
    assert told == (code, raw.replace(b"resellers/z", b"resellers/a"))


@pytest.mark.parametrize(("method", "named", "expected"), NAMED_INSIDE)
def test_the_name_of_another_inside_a_request_is_told_of_like_one_that_does_not_exist(
    own_world: World, method: str, named: dict[str, Any], expected: str
) -> None:
    fields = requests("b")[method]
    told = outcome(own_world.b, method, merged(fields, filled(named, "a")))
    code, raw = outcome(own_world.b, method, merged(fields, filled(named, NOBODY)))
    assert told == (code, raw.replace(b"resellers/z", b"resellers/a"))
    assert code == expected


@pytest.mark.parametrize("method", [method for method in LISTS if Role.RESELLER in ACCESS[method]])
@pytest.mark.parametrize(("reseller", "other"), [("a", b"resellers/b"), ("b", b"resellers/a")])
def test_no_page_of_a_list_holds_anything_of_another_reseller(
    own_world: World, method: str, reseller: str, other: bytes
) -> None:
    caller = own_world.a if reseller == "a" else own_world.b
    names_one = method in {"ListStatementLines", "ListFeeChanges"}
    fields: dict[str, Any] = requests(reseller)[method] if names_one else {}
    found, token = 0, ""
    while token or not found:
        page = getattr(caller, method)(page_size=1, page_token=token, **fields)
        assert other not in page.SerializeToString()
        token, found = page.next_page_token, found + 1
    assert outcome(caller, method, {**fields, "page_size": 1000})[0] == OK
    everything = getattr(own_world.admin, method)(page_size=1000, **fields).SerializeToString()
    assert names_one or other in everything
