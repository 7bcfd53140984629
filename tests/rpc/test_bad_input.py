"""What is wrong with a request, whatever is stored: the field by name, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from tests.harness import day, money, month
from tests.rpc.world import RPCS, World, check_field, merged, noun_of, requests

CREATES = [name for name in RPCS if name.startswith("Create")]
UPDATES = [name for name in RPCS if name.startswith("Update")]
OF_B = "resellers/b/customers/c1/accounts/a1"


def usd(units: int, nanos: int = 0) -> Money:
    return Money(currency_code="USD", units=units, nanos=nanos)


def price(**value: Any) -> dict[str, Any]:
    return {"price_rule": {"price": {"percent": None, **value}}}


NO_PERCENT = [
    "",
    "abc",
    "1e3",
    "1E-2",
    "NaN",
    "-Infinity",
    "1,5",
    " 5",
    "5\n",
    "\u0665",
    "0x10",
    "0.0000001",
    "1_0",
    "+-5",
    "5%",
]
NO_DAY = [(2026, 2, 30), (2025, 2, 29), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (2026, 1, 32), (2026, -1, -1)]
NO_YEAR = [(0, 1, 1), (1969, 12, 31), (2200, 1, 1), (-2026, 1, 1), (99999, 1, 1)]
NO_LABELS = [
    {f"k{number}": "" for number in range(33)},
    {"Tier": "x"},
    {"1tier": "x"},
    {"": "x"},
    {"tier.one": "x"},
    {"tier\n": "x"},
    {"t" * 64: "x"},
    {"tier": "x" * 256},
]

# RPC, where its day is
DAYS = [
    ("CreatePriceRule", "price_rule.effective_date"),
    ("CreatePriceRule", "price_rule.end_date"),
    ("CreateSubscription", "subscription.start_date"),
    ("SuspendSubscription", "start_date"),
    ("ResumeSubscription", "resume_date"),
    ("CloseSubscription", "end_date"),
    ("QuotePrice", "date"),
    ("StartBillingRun", "through_date"),
    ("RehearsePrices", "from_date"),
    ("RehearsePrices", "through_date"),
    ("ListCharges", "period_from"),
    ("ListCharges", "period_before"),
]

# RPC, what is wrong with its request | the field, and what is right
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    # Money.
    ("CreatePlan", {"plan": {"fee": None}}, "plan.fee", "must be given"),
    ("CreatePlan", {"plan": {"fee": money("1", "XYZ")}}, "plan.fee.currency_code", "ISO 4217"),
    ("CreatePlan", {"plan": {"fee": money("1", "usd")}}, "plan.fee.currency_code", "ISO 4217"),
    ("CreatePlan", {"plan": {"fee": money("1", "")}}, "plan.fee.currency_code", "ISO 4217"),
    ("CreatePlan", {"plan": {"fee": money("-1")}}, "plan.fee", "zero or more"),
    ("CreatePlan", {"plan": {"fee": money("1000000001")}}, "plan.fee", "at most 1,000,000,000"),
    ("CreatePlan", {"plan": {"fee": usd(2**63 - 1)}}, "plan.fee.units", "at most"),
    ("CreatePlan", {"plan": {"fee": usd(-(2**63))}}, "plan.fee.units", "at most"),
    ("CreatePlan", {"plan": {"fee": usd(1, 1)}}, "plan.fee.nanos", "no finer than a micro"),
    ("CreatePlan", {"plan": {"fee": usd(1, 999)}}, "plan.fee.nanos", "no finer than a micro"),
    ("CreatePlan", {"plan": {"fee": usd(1, -500_000_000)}}, "plan.fee.nanos", "the sign of units"),
    ("CreatePlan", {"plan": {"fee": usd(-1, 500_000_000)}}, "plan.fee.nanos", "the sign of units"),
    ("CreatePlan", {"plan": {"fee": usd(0, 1_000_000_000)}}, "plan.fee.nanos", "below 1,000,000,000"),
    # Prices.
    ("CreatePriceRule", {"price_rule": {"price": None}}, "price_rule.price", "must be given"),
    ("CreatePriceRule", {"price_rule": {"price": {"percent": None}}}, "price_rule.price.value", "exactly one"),
    ("CreatePriceRule", price(fixed=money("-0.01")), "price_rule.price.fixed", "zero or more"),
    ("CreatePriceRule", price(fixed=money("1000000001")), "price_rule.price.fixed", "at most 1,000,000,000"),
    ("CreatePriceRule", price(fixed=usd(1, 1)), "price_rule.price.fixed.nanos", "no finer than a micro"),
    ("CreatePriceRule", price(amount=money("-1000000001")), "price_rule.price.amount", "at most 1,000,000,000"),
    ("CreatePriceRule", price(amount=money("1", "XYZ")), "price_rule.price.amount.currency_code", "ISO 4217"),
    ("CreatePriceRule", price(percent={"value": "-100.000001"}), "price_rule.price.percent", "from -100 to"),
    ("CreatePriceRule", price(percent={"value": "100000.1"}), "price_rule.price.percent", "to 100000"),
    ("CreatePriceRule", price(fixed=money("1"), basis=2), "price_rule.price.basis", "only for percent and amount"),
    ("CreatePriceRule", price(percent={"value": "1"}, basis=3), "price_rule.price.basis", "defined enum values"),
    # Dates that do not fit one another, or the day.
    ("CreatePriceRule", {"price_rule": {"end_date": day("2026-07-31")}}, "price_rule.end_date", "after the effective"),
    ("CreatePriceRule", {"price_rule": {"end_date": day("2026-08-01")}}, "price_rule.end_date", "after the effective"),
    ("UpdatePriceRule", {"price_rule": {"end_date": day("2026-06-01")}}, "price_rule.end_date", "after the effective"),
    ("StartBillingRun", {"through_date": day("2031-04-21")}, "through_date", "five years from today, 2031-04-19"),
    ("GetStatement", {"month": None}, "month", "must be given"),
    ("GetStatement", {"month": day("2026-01-01")}, "month.day", "left out"),
    ("GetStatement", {"month": Date(year=2026, month=13)}, "month", "must be a month"),
    ("ListStatementLines", {"month": Date(year=2026)}, "month", "must be a month"),
    ("ListStatementLines", {"month": month("2200-01")}, "month", "must be a month"),
    # Fields that do not fit one another.
    ("CreatePlan", {"plan": {"applied_more_than_once": True}}, "plan.applied_more_than_once", "kind RESELLER"),
    ("CreatePlan", {"plan": {"shared_with_resellers": True}}, "plan.shared_with_resellers", "provider manages"),
    ("CreatePlan", {"plan": {"kind": 2, "suspension": 2}}, "plan.suspension", "kind ACCOUNT"),
    (
        "CreateProduct",
        {"product": {"shared_with_resellers": True}},
        "product.shared_with_resellers",
        "provider manages",
    ),
    ("CreatePriceRule", {"price_rule": {"account": OF_B}}, "price_rule.account", "must be one of resellers/a"),
    # Enums.
    ("CreatePlan", {"plan": {"kind": 0}}, "plan.kind", "PLAN_KIND_ACCOUNT or PLAN_KIND_RESELLER"),
    ("CreatePlan", {"plan": {"kind": 3}}, "plan.kind", "defined enum values"),
    ("CreatePlan", {"plan": {"timing": -1}}, "plan.timing", "defined enum values"),
    ("CreatePlan", {"plan": {"rounding": 2**31 - 1}}, "plan.rounding", "defined enum values"),
    ("CreateProduct", {"product": {"kind": 0}}, "product.kind", "PRODUCT_KIND_MAIN or PRODUCT_KIND_ADD_ON"),
    ("CreateProduct", {"product": {"kind": 3}}, "product.kind", "defined enum values"),
    ("ListPlans", {"kind": 9}, "kind", "defined enum values"),
    ("ListProducts", {"state": 9}, "state", "defined enum values"),
    ("ListSubscriptions", {"state": 9}, "state", "defined enum values"),
    ("ListBillingRuns", {"state": 9}, "state", "defined enum values"),
    ("ListCharges", {"side": 9}, "side", "defined enum values"),
    ("ListCharges", {"reason": 9}, "reason", "defined enum values"),
    # What has to be given.
    ("CreateProduct", {"product": {"account_plan": ""}}, "product.account_plan", "must be given"),
    ("CreateProduct", {"product": {"reseller_plan": ""}}, "product.reseller_plan", "must be given"),
    ("CreatePriceRule", {"price_rule": {"product": ""}}, "price_rule.product", "must be given"),
    ("CreatePriceRule", {"price_rule": {"effective_date": None}}, "price_rule.effective_date", "must be given"),
    ("CreateSubscription", {"subscription": {"product": ""}}, "subscription.product", "must be given"),
    ("CreateSubscription", {"subscription": {"start_date": None}}, "subscription.start_date", "must be given"),
    ("SuspendSubscription", {"start_date": None}, "start_date", "must be given"),
    ("ResumeSubscription", {"resume_date": None}, "resume_date", "must be given"),
    ("CloseSubscription", {"end_date": None}, "end_date", "must be given"),
    ("QuotePrice", {"date": None}, "date", "must be given"),
    ("QuotePrice", {"subscription": None}, "target", "must be given"),
    (
        "QuotePrice",
        {"subscription": None, "assignment": {"product": "products/gold"}},
        "assignment.account",
        "must be given",
    ),
    ("BatchQuotePrices", {"requests": []}, "requests", "at least 1"),
    ("BatchQuotePrices", {"requests": [requests("a")["QuotePrice"]] * 501}, "requests", "no more than 500"),
    ("BatchQuotePrices", {"requests": [{"date": day("2026-01-01")}]}, "requests[0].target", "must be given"),
    ("StartBillingRun", {"through_date": None}, "through_date", "must be given"),
    # Texts and labels.
    ("ReverseCharge", {"note": "x" * 256}, "note", "at most 255 characters"),
    ("ListParkedCharges", {"plugin": "x" * 64}, "plugin", "at most 63 characters"),
    ("ListPlans", {"currency_code": "USDX"}, "currency_code", "at most 3 characters"),
    # Texts.
    ("ListPlans", {"currency_code": "\0"}, "currency_code", "must not have the character NUL"),
    ("ListParkedCharges", {"plugin": "mark\0up"}, "plugin", "must not have the character NUL"),
    ("ReverseCharge", {"note": "a\0mistake"}, "note", "must not have the character NUL"),
]


@pytest.mark.parametrize(("method", "changes", "field", "right"), WRONG)
def test_a_wrong_field_is_named_with_what_is_right(
    world: World, method: str, changes: dict[str, Any], field: str, right: str
) -> None:
    check_field(world.admin, method, merged(requests("a")[method], changes), field, right)


@pytest.mark.parametrize(("method", "field"), DAYS)
def test_a_day_that_does_not_exist_is_named(world: World, method: str, field: str) -> None:
    noun, _, name = field.rpartition(".")
    for year, month_number, number in NO_DAY + NO_YEAR:
        wrong = {name: Date(year=year, month=month_number, day=number)}
        fields = merged(requests("a")[method], {noun: wrong} if noun else wrong)
        right = "from 1970 to 2199" if (year, month_number, number) in NO_YEAR else "is not a day of the calendar"
        check_field(world.admin, method, fields, f"{field}.year" if "1970" in right else field, right)


@pytest.mark.parametrize("text", NO_PERCENT)
def test_a_percentage_is_decimal_text_without_an_exponent(world: World, text: str) -> None:
    fields = merged(requests("a")["CreatePriceRule"], price(percent={"value": text}))
    check_field(
        world.admin, "CreatePriceRule", fields, "price_rule.price.percent.value", "decimal text without an exponent"
    )


@pytest.mark.parametrize("method", CREATES)
def test_a_create_needs_what_it_makes_and_its_parent(world: World, method: str) -> None:
    fields = requests("a")[method]
    check_field(world.admin, method, merged(fields, {noun_of(method): None}), noun_of(method), "must be given")
    if "parent" in fields:
        check_field(world.admin, method, merged(fields, {"parent": None}), "parent", "must be given")


NAMED_FOR_PEOPLE = {"plan", "product", "reseller", "customer", "account"}


@pytest.mark.parametrize("method", [name for name in CREATES + UPDATES if noun_of(name) in NAMED_FOR_PEOPLE])
def test_a_display_name_has_at_most_255_characters_of_any_kind(world: World, method: str) -> None:
    noun, fields = noun_of(method), requests("a", "once")[method]
    for letter in "xé😀":
        wrong = merged(fields, {noun: {"display_name": letter * 256}})
        check_field(world.admin, method, wrong, f"{noun}.display_name", "at most 255 characters")
    wrong = merged(fields, {noun: {"display_name": "a\0b"}})
    check_field(world.admin, method, wrong, f"{noun}.display_name", "must not have the character NUL")
    right = merged(fields, {noun: {"display_name": "😀" * 255}})
    assert getattr(getattr(world.admin, method)(**right), noun).display_name == "😀" * 255


@pytest.mark.parametrize(
    "method", [name for name in CREATES + UPDATES if noun_of(name) in {"product", "reseller", "customer", "account"}]
)
def test_labels_keep_their_rules(world: World, method: str) -> None:
    for labels in NO_LABELS:
        fields = merged(requests("a")[method], {noun_of(method): {"labels": labels}})
        check_field(
            world.admin, method, fields, f"{noun_of(method)}.labels", "at most 32 labels; a key is a lower-case letter"
        )


def test_every_wrong_field_of_a_request_is_named_at_once(world: World) -> None:
    wrong = {"parent": "a", "customer_id": "A", "customer": {"display_name": "x" * 256}, "request_id": "a b"}
    refused = world.admin.refusal("CreateCustomer", **wrong)
    assert set(refused.fields) == {"parent", "customer_id", "customer.display_name", "request_id"}
