"""Update masks: what they may name, and that nothing else is looked at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import grpc
import pytest
from google.type.date_pb2 import Date

from tests.harness import money
from tests.rpc.world import RPCS, World, check_field, merged, noun_of, requests, said

UPDATES = [name for name in RPCS if name.startswith("Update")]

# A noun, what its update may not touch as a path | whether it can never be changed, or is no field at all
MASKS = [
    (noun, path, "FIELD_INVALID")
    for noun in ("plan", "product", "price_rule", "reseller", "customer", "account")
    for path in ("", "*", "nope", "create_time", "update_time", "display_name.x", "Display_Name", " ", f"{noun}.name")
] + [
    *(
        (noun, "name", "FIELD_IMMUTABLE")
        for noun in ("plan", "product", "price_rule", "reseller", "customer", "account")
    ),
    ("plan", "kind", "FIELD_IMMUTABLE"),
    ("plan", "managed_by", "FIELD_IMMUTABLE"),
    ("plan", "fee.units", "FIELD_INVALID"),
    ("product", "kind", "FIELD_IMMUTABLE"),
    ("product", "managed_by", "FIELD_IMMUTABLE"),
    ("product", "state", "FIELD_IMMUTABLE"),
    ("product", "own_cost", "FIELD_INVALID"),
    ("price_rule", "product", "FIELD_IMMUTABLE"),
    ("price_rule", "customer", "FIELD_IMMUTABLE"),
    ("price_rule", "account", "FIELD_IMMUTABLE"),
    ("price_rule", "scope", "FIELD_INVALID"),
    ("reseller", "labels.tier", "FIELD_INVALID"),
]


@pytest.mark.parametrize("method", UPDATES)
def test_an_update_needs_a_mask_a_name_and_an_object(world: World, method: str) -> None:
    noun, fields = noun_of(method), requests("a")[method]
    check_field(world.admin, method, merged(fields, {"update_mask": None}), "update_mask", "must be given")
    check_field(
        world.admin, method, merged(fields, {"update_mask": {"paths": []}}), "update_mask", "at least one field: "
    )
    check_field(world.admin, method, merged(fields, {noun: None}), noun, "must be given")
    check_field(world.admin, method, merged(fields, {noun: {"name": ""}}), f"{noun}.name", "must be given")


@pytest.mark.parametrize(("noun", "path", "reason"), MASKS)
def test_a_mask_names_only_fields_that_can_be_changed(world: World, noun: str, path: str, reason: str) -> None:
    method = f"Update{''.join(part.capitalize() for part in noun.split('_'))}"
    fields = requests("a")[method]
    right = fields["update_mask"]["paths"]
    refused = world.admin.refusal(method, **merged(fields, {"update_mask": {"paths": [*right, path]}}))
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", reason)
    assert refused.fields == ("update_mask" if reason == "FIELD_INVALID" else f"{noun}.{path}",)
    assert right[0] in refused.message if reason == "FIELD_INVALID" else "cannot be changed" in refused.message


def test_a_mask_that_names_what_cannot_be_changed_is_answered_with_what_can(world: World) -> None:
    for noun, fixed in (("Plan", {"kind", "managed_by"}), ("Product", {"kind", "managed_by"})):
        fields = merged(requests("a")[f"Update{noun}"], {"update_mask": {"paths": ["nope"]}})
        offered = world.admin.refusal(f"Update{noun}", **fields).message.partition("those are ")[2]
        assert not fixed & set(offered.split(", ")), offered


@pytest.mark.parametrize("letter", ["x", "é", "😀", "\\", "\0", "\n"])
def test_a_refusal_fits_into_what_a_client_takes_however_much_is_wrong(world: World, letter: str) -> None:
    paths = [f"{number}{letter * 300}" for number in range(100)]
    for method in UPDATES:
        with pytest.raises(grpc.RpcError) as told:
            getattr(world.admin, method)(**merged(requests("a")[method], {"update_mask": {"paths": paths}}))
        error: Any = told.value
        # By default a client takes 8 KiB of them, each with 32 bytes on top, and the text with bytes as %F0.
        trailers = [("grpc-status", "13"), ("grpc-message", quote(error.details())), *error.trailing_metadata()]
        assert sum(len(key) + len(value) + 32 for key, value in trailers) < 8192


@pytest.mark.parametrize(
    ("method", "changes", "outcome"),
    [
        ("UpdatePlan", {"plan": {"fee": money("-1", "XYZ"), "applied_more_than_once": True}}, "OK"),
        ("UpdateProduct", {"product": {"account_plan": "plans/none", "reseller_plan": "plans/none"}}, "OK"),
        ("UpdatePriceRule", {"price_rule": {"product": "products/none", "effective_date": Date()}}, "OK"),
        # What is not named only has to be well-formed.
        ("UpdatePlan", {"plan": {"kind": 9, "managed_by": "b"}}, "FIELD_INVALID"),
        ("UpdateProduct", {"product": {"labels": {"Tier": ""}}}, "FIELD_INVALID"),
        ("UpdatePriceRule", {"price_rule": {"price": {}}}, "FIELD_INVALID"),
        ("UpdateCustomer", {"customer": {"labels": {"Tier": ""}}}, "FIELD_INVALID"),
    ],
)
def test_of_what_its_mask_does_not_name_an_update_only_sees_whether_it_is_well_formed(
    world: World, method: str, changes: dict[str, Any], outcome: str
) -> None:
    assert said(world.admin, method, **merged(requests("a")[method], changes)) == outcome


# What an update may change of a plan that no one uses | how the plan has it then
CHANGES: list[tuple[str, Any]] = [
    ("period_unit", "PERIOD_UNIT_YEAR"),
    ("period_count", 3),
    ("day_count", "DAY_COUNT_THIRTY_DAY_MONTHS"),
    ("periods_in_advance", 6),
    ("unused_days", "UNUSED_DAYS_CREDIT"),
    ("promotions", [{"period_count": 2, "fee": money("1.00")}]),
    ("activation_fee", money("5.00")),
]


@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_every_field_of_a_plan_can_be_changed_until_it_is_used(world: World, field: str, value: Any) -> None:
    name = world.house.make_plan(f"unused-{field.replace('_', '-')}", "RESELLER", "10.00")
    asked = {"plan": {"name": name, field: value}, "update_mask": {"paths": [field]}}
    changed = world.admin.UpdatePlan(**asked).plan
    assert changed == world.admin.GetPlan(name=name).plan
    assert changed != world.admin.UpdatePlan(plan=made_plain(name, field), update_mask={"paths": [field]}).plan
    used = {**asked, "plan": {"name": "plans/gold-fee", field: value}}
    refused = world.admin.refusal("UpdatePlan", **used)
    assert (refused.reason, f"; {field} cannot be changed any more" in refused.message) == ("PLAN_IN_USE", True)


def made_plain(name: str, field: str) -> dict[str, Any]:
    """A plan in which a field is as it is by default."""
    return {"name": name, field: "UNUSED_DAYS_KEEP"} if field == "unused_days" else {"name": name}


def test_what_becomes_of_unused_days_is_not_left_out_of_an_update(world: World) -> None:
    asked = {"plan": {"name": "plans/gold-fee"}, "update_mask": {"paths": ["unused_days"]}}
    check_field(world.admin, "UpdatePlan", asked, "plan.unused_days", "must be UNUSED_DAYS_KEEP or UNUSED_DAYS_CREDIT")


def test_a_fee_in_use_is_changed_from_a_date_and_the_refusal_says_so(world: World) -> None:
    refused = world.admin.refusal(
        "UpdatePlan", plan={"name": "plans/gold-fee", "fee": money("11")}, update_mask={"paths": ["fee"]}
    )
    assert "Change the fee from a date with a fee change" in refused.message
