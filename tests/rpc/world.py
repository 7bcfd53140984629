"""A world in which each of two resellers has one of everything, and a right request for every RPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from re import sub
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code

from quitrent import Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.server import SERVICES
from quitrent.services.runs import ask_for_run, cancel_run
from tests.harness import (
    GOLD,
    Caller,
    House,
    Refusal,
    day,
    gives_stream,
    message_type,
    money,
    month,
    refusal_of,
    takes_stream,
)

UNPRICED, REFUSED = "products/unpriced", "products/refused"
RUN = "billingRuns/2026-01-31-1"
# What cancelled runs bill through: one for each that is cancelled again, and for each that is continued.
CANCELLED, CONTINUED = date(2026, 1, 30), date(2026, 1, 29)
# A reseller that does not exist.
NOBODY = "z"
RPCS = [method.name for service in SERVICES.values() for method in service.methods]
# The plugins in use are few, and come without pages.
LISTS = [name for name in RPCS if name.startswith("List") and name != "ListPlugins"]
# A request is made with the spare objects of one of these, so that what one call uses up is there for the next.
SPARES = ("admin", "own", "once")
FEE_DAYS = {spare: number for number, spare in enumerate(SPARES, start=1)}


class Unpriceable:
    """A plugin that fails for one product, and refuses every price of another."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        if line.product.name == UNPRICED:
            raise RuntimeError("no price today")

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        return Review(Verdict.REFUSE, "not at this price") if line.product.name == REFUSED else None


@dataclass
class World:
    """A running server with the resellers `a` and `b`, and who calls it."""

    house: House
    a: Caller
    b: Caller

    def __post_init__(self) -> None:
        self.admin = self.house.admin
        self.channel = grpc.insecure_channel(self.house.address)

    def close(self) -> None:
        """Stop the server."""
        self.channel.close()
        self.house.close()


def make_world(folder: Path) -> World:
    """Start a server and fill it."""
    plugins = Plugins()
    plugins.register("unpriceable", Unpriceable(), "1.0")
    house = House(folder, plugins)
    house.make_product(retail={"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    house.make_product("extra", kind="ADD_ON")
    house.make_product("unpriced", kind="ADD_ON")
    house.make_product("refused", kind="ADD_ON")
    for reseller in ("a", "b"):
        _fill(house, reseller)
    assert house.bill("2026-01-31").name == RUN
    for _ in SPARES:
        for through in (CANCELLED, CONTINUED):
            with house.deployment.store.write():
                cancel_run(ask_for_run(house.deployment, through).name)
    return World(house, house.reseller("a"), house.reseller("b"))


def _fill(house: House, reseller: str) -> None:
    party = f"resellers/{reseller}"
    account = house.make_account(reseller)
    house.make_plan("own", "ACCOUNT", "7.00", managed_by=party)
    house.make_plan("own-fee", "RESELLER", "3.00", managed_by=party)
    for product in ("own", *(f"spare-{spare}" for spare in SPARES)):
        house.admin.CreateProduct(product_id=product, product=own_product(party))
    house.assign(account)
    house.assign(account, product=UNPRICED, subscription="s2")
    for number in (1, *(10 + number for number in FEE_DAYS.values())):
        change = {"effective_date": day(f"2026-08-{number:02d}"), "fee": money("8.00")}
        house.admin.CreateFeeChange(parent=f"{party}/plans/own", fee_change=change)
    make_rule(house, party, "own", "2026-06-01")
    for number, spare in enumerate(SPARES):
        house.make_plan(f"spare-{spare}", "ACCOUNT", "7.00", managed_by=party)
        make_rule(house, party, f"spare-{spare}", f"2026-07-0{number + 1}")
        account = add_account(house, party, f"x-{spare}")
        house.assign(account, subscription="suspend")
        house.assign(account, product="products/extra", subscription="resume")
        house.admin.SuspendSubscription(name=f"{account}/subscriptions/resume", start_date=day("2026-03-01"))
        house.assign(account, product=f"{party}/products/own", subscription="close")
        house.assign(account, product=REFUSED, subscription="change")
        house.assign(account, product=f"{party}/products/spare-own", subscription="withdraw")
        house.admin.CloseSubscription(name=f"{account}/subscriptions/withdraw", end_date=day("2026-12-31"))
        add_account(house, party, f"free-{spare}")


def add_account(house: House, party: str, account_id: str) -> str:
    """Make another account of the customer c1 of a reseller, and give its name."""
    made = house.admin.CreateAccount(parent=f"{party}/customers/c1", account_id=account_id, account={})
    return str(made.account.name)


def own_product(party: str) -> dict[str, Any]:
    """Give an add-on that a reseller manages, made of its two plans."""
    plans = {"account_plan": f"{party}/plans/own", "reseller_plan": f"{party}/plans/own-fee"}
    return {"kind": "PRODUCT_KIND_ADD_ON", "managed_by": party, **plans}


def make_rule(house: House, party: str, rule_id: str, effective: str) -> None:
    """Make a reseller's price rule for its own product."""
    rule = {"product": f"{party}/products/own", "price": {"fixed": money("9.00")}, "effective_date": day(effective)}
    house.admin.CreatePriceRule(parent=party, price_rule_id=rule_id, price_rule=rule)


def requests(reseller: str, spare: str = "own") -> dict[str, dict[str, Any]]:
    """Give a request for every RPC that is about what a reseller has; a create is of something new."""
    party = f"resellers/{reseller}"
    customer = f"{party}/customers/c1"
    account = f"{customer}/accounts/a1"
    mine, rule, life = f"{party}/products/own", f"{party}/priceRules", f"{customer}/accounts/x-{spare}/subscriptions"
    side = "retail" if spare == "own" else "wholesale"
    name = {"display_name": f"Called by {spare}"}
    names = {"paths": ["display_name"]}
    price = {"product": mine, "price": {"percent": {"value": "5"}}, "effective_date": day("2026-08-01")}
    run = "billingRuns/2026-01-31-9" if reseller == NOBODY else RUN
    number = 99 if reseller == NOBODY else SPARES.index(spare) + 1
    assignment = {"product": "products/extra", "account": f"{customer}/accounts/free-{spare}"}
    return {
        "CreatePlan": {
            "plan_id": f"new-{spare}",
            "plan": {"kind": "PLAN_KIND_ACCOUNT", "managed_by": party, "fee": money("1.00")},
        },
        "GetPlan": {"name": f"{party}/plans/own"},
        "ListPlans": {"managed_by": party},
        "UpdatePlan": {"plan": {"name": f"{party}/plans/own", **name}, "update_mask": names},
        "DeletePlan": {"name": f"{party}/plans/spare-{spare}"},
        "CreateFeeChange": {
            "parent": f"{party}/plans/own",
            "fee_change": {"effective_date": day(f"2026-09-0{FEE_DAYS[spare]}"), "fee": money("8.00")},
        },
        "GetFeeChange": {"name": f"{party}/plans/own/feeChanges/2026-08-01"},
        "ListFeeChanges": {"parent": f"{party}/plans/own"},
        "DeleteFeeChange": {"name": f"{party}/plans/own/feeChanges/2026-08-1{FEE_DAYS[spare]}"},
        "CreateProduct": {"product_id": f"new-{spare}", "product": own_product(party)},
        "GetProduct": {"name": mine},
        "ListProducts": {"managed_by": party},
        "UpdateProduct": {"product": {"name": mine, **name}, "update_mask": names},
        "ArchiveProduct": {"name": f"{party}/products/spare-{spare}"},
        "DeleteProduct": {"name": f"{party}/products/spare-{spare}"},
        "CreatePriceRule": {
            "parent": party,
            "price_rule_id": f"new-{spare}",
            "price_rule": {**price, "account": f"{customer}/accounts/x-{spare}"},
        },
        "GetPriceRule": {"name": f"{rule}/own"},
        "ListPriceRules": {"parent": party},
        "UpdatePriceRule": {
            "price_rule": {"name": f"{rule}/own", "end_date": day("2027-06-01")},
            "update_mask": {"paths": ["end_date"]},
        },
        "DeletePriceRule": {"name": f"{rule}/spare-{spare}"},
        "ListPriceRuleRevisions": {"parent": party},
        "CreateReseller": {"reseller_id": f"new-{spare}", "reseller": name},
        "GetReseller": {"name": party},
        "ListResellers": {},
        "UpdateReseller": {"reseller": {"name": party, **name}, "update_mask": names},
        "CreateCustomer": {"parent": party, "customer_id": f"new-{spare}", "customer": name},
        "GetCustomer": {"name": customer},
        "ListCustomers": {"parent": party},
        "UpdateCustomer": {"customer": {"name": customer, **name}, "update_mask": names},
        "CreateAccount": {"parent": customer, "account_id": f"new-{spare}", "account": name},
        "GetAccount": {"name": account},
        "ListAccounts": {"parent": customer},
        "UpdateAccount": {"account": {"name": account, **name}, "update_mask": names},
        "CreateSubscription": {
            "parent": f"{customer}/accounts/free-{spare}",
            "subscription_id": "new",
            "subscription": {"product": GOLD, "start_date": day("2026-04-01")},
        },
        "GetSubscription": {"name": f"{account}/subscriptions/s1"},
        "ListSubscriptions": {"parent": account},
        "SuspendSubscription": {"name": f"{life}/suspend", "start_date": day("2026-04-01")},
        "ResumeSubscription": {"name": f"{life}/resume", "resume_date": day("2026-04-01")},
        "CloseSubscription": {"name": f"{life}/close", "end_date": day("2026-04-01")},
        "ChangeSubscriptionProduct": {
            "name": f"{life}/change",
            "subscription_id": "changed",
            "product": UNPRICED,
            "change_date": day("2026-05-01"),
        },
        "WithdrawSubscriptionChange": {"name": f"{life}/withdraw", "change": "SUBSCRIPTION_CHANGE_END"},
        "ImportBook": {"rows": [{"account": {"name": f"{customer}/accounts/imported-{spare}", **name}}], "last": True},
        "QuotePrice": {"subscription": f"{account}/subscriptions/s1", "date": day("2026-04-01")},
        "BatchQuotePrices": {"requests": [{"assignment": assignment, "date": day("2026-04-01")}]},
        "StreamQuotes": {"requests": [{"assignment": assignment, "date": day("2026-04-01")}]},
        "StartBillingRun": {"through_date": day("2026-01-31"), "validate_only": True},
        "GetBillingRun": {"name": run},
        "ListBillingRuns": {},
        "WatchBillingRun": {"name": run},
        "CancelBillingRun": {"name": f"billingRuns/{CANCELLED}-{number}"},
        "ContinueBillingRun": {"name": f"billingRuns/{CONTINUED}-{number}"},
        "ListPlugins": {},
        "ResumePlugin": {"name": "plugins/none" if reseller == NOBODY else "plugins/unpriceable"},
        "RehearsePrices": {
            "from_date": day("2026-01-01"),
            "through_date": day("2026-01-31"),
            "with": [{"name": "plugins/markup", "settings_toml": 'percent = "10"'}],
        },
        "GetCharge": {"name": f"{account}/subscriptions/s1/charges/retail-recurring-2026-01-01"},
        "ListCharges": {"parent": party},
        "ExportCharges": {"parent": party},
        "ReverseCharge": {"name": f"{account}/subscriptions/s1/charges/{side}-recurring-2026-01-01"},
        "ListParkedCharges": {"parent": party},
        "GetStatement": {"reseller": party, "month": month("2026-01")},
        "ListStatementLines": {"reseller": party, "month": month("2026-01")},
        "ExportStatementLines": {"reseller": party, "month": month("2026-01")},
    }


def path_of(method: str) -> str:
    """Give the path of an RPC: `/quitrent.v1.CatalogService/GetPlan`."""
    service = next(found for found in SERVICES.values() if method in found.methods_by_name)
    return f"/{service.full_name}/{method}"


def send(channel: Any, path: str, data: bytes | list[bytes], metadata: Any = ()) -> bytes | Refusal:
    """Send bytes to a method as they are; give the bytes of the (last) answer, or what was refused.

    A list is of what is sent one after the other, to a method that takes a stream.
    """
    method = path.rpartition("/")[2]
    takes_many = takes_stream(method) or method == "ServerReflectionInfo"
    gives_many = gives_stream(method) or method in {"Watch", "ServerReflectionInfo"}
    shape = f"{'stream' if takes_many else 'unary'}_{'stream' if gives_many else 'unary'}"
    try:
        sent = iter(data if isinstance(data, list) else [data]) if takes_many else data
        answer = getattr(channel, shape)(path)(sent, metadata=metadata, timeout=30)
        return bytes([b"", *answer][-1] if gives_many else answer)
    except grpc.RpcError as error:
        return refusal_of(error)


def encoded(method: str, fields: Mapping[str, Any]) -> bytes:
    """Give the bytes of a request."""
    request: Message = message_type(method)(**fields)
    return request.SerializeToString()


def outcome(caller: Caller, method: str, fields: Mapping[str, Any]) -> tuple[str, bytes]:
    """Make a call; give OK, EMPTY or the code, and the bytes of the answer. A batch counts as its first result."""
    try:
        reply = getattr(caller, method)(**fields)
        reply = list(reply)[-1] if gives_stream(method) else reply
    except grpc.RpcError as error:
        refused = refusal_of(error)
        return refused.code, refused.raw
    for one in [*getattr(reply, "results", []), *getattr(reply, "bad_rows", [])][:1]:
        if one.HasField("error"):
            return str(Code.Name(one.error.code)), bytes(one.error.SerializeToString())
    answer: bytes = reply.SerializeToString()
    return ("EMPTY" if method in LISTS and not answer else "OK"), answer


def said(caller: Caller, method: str, **fields: Any) -> str:
    """Make a call; give OK, or the reason why not."""
    try:
        reply = getattr(caller, method)(**fields)
        reply = list(reply) if gives_stream(method) else reply
    except grpc.RpcError as error:
        return refusal_of(error).reason
    return "OK"


def merged(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a request with some fields changed at any depth; None takes a field out."""
    found: dict[str, Any] = dict(fields)
    for name, value in changes.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict) and isinstance(found.get(name), dict):
            found[name] = merged(found[name], value)
        else:
            found[name] = value
    return found


def noun_of(method: str) -> str:
    """Give the field of a create or an update that holds the object: price_rule."""
    return sub(r"(?<!^)(?=[A-Z])", "_", method.removeprefix("Create").removeprefix("Update")).lower()


def check_field(caller: Caller, method: str, fields: Mapping[str, Any], field: str, right: str) -> None:
    """Make a call that has to be refused for one field, by its name and with what is right."""
    refused = caller.refusal(method, **fields)
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refused.fields == (field,)
    assert refused.message.startswith(f"{field}: ")
    assert right in refused.message
