"""A connection takes any number of refusals: none of them leaves its call behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Refusal, day, money
from tests.rpc.world import REFUSED, World, encoded, path_of, send

ACCOUNT = "resellers/a/customers/c1/accounts/a1"
NO_SUBSCRIPTION = f"{ACCOUNT}/subscriptions/none"
ON_NEW_YEAR = {"date": day("2026-01-01")}

# what is called | how each of many calls is answered
REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("GetPlan", {"name": "plans/gold-fee"}, "OK"),
    ("GetPlan", {"name": "plans/none"}, "NOT_FOUND"),
    ("GetPlan", {"name": "X"}, "FIELD_INVALID"),
    ("ListPlans", {"page_token": "x"}, "PAGE_TOKEN_INVALID"),
    ("CreatePlan", {"plan_id": "gold-fee", "plan": {"kind": 1, "fee": money("1")}}, "NAME_TAKEN"),
    ("UpdatePlan", {"plan": {"name": "plans/gold-fee"}, "update_mask": {"paths": ["x"]}}, "FIELD_INVALID"),
    ("StartBillingRun", {"through_date": day("2036-01-01")}, "FIELD_INVALID"),
    ("WatchBillingRun", {"name": "billingRuns/none"}, "NOT_FOUND"),
    ("QuotePrice", {"subscription": NO_SUBSCRIPTION, **ON_NEW_YEAR}, "NOT_FOUND"),
    ("QuotePrice", {"assignment": {"product": REFUSED, "account": ACCOUNT}, **ON_NEW_YEAR}, "RETAIL_PRICE_REFUSED"),
    ("BatchQuotePrices", {"requests": [{"subscription": NO_SUBSCRIPTION, **ON_NEW_YEAR}]}, "OK"),
]

# gRPC refuses new calls on a connection where more than `max_concurrent_streams` are still held.
MANY = 110


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without it, what is held in a circle stays; with it, nobody knows for how long."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(("method", "fields", "answer"), REFUSALS)
def test_many_refusals_on_one_connection_are_all_answered(
    world: World, no_collector: None, method: str, fields: dict[str, Any], answer: str
) -> None:
    data = encoded(method, fields)
    for _ in range(MANY):
        got = send(world.channel, path_of(method), data, world.admin.metadata)
        assert (got.reason if isinstance(got, Refusal) else "OK") == answer


@pytest.mark.parametrize("data", [b"", b"\xff"])
def test_many_calls_without_a_key_on_one_connection_are_all_answered(
    world: World, no_collector: None, data: bytes
) -> None:
    for _ in range(MANY):
        got = send(world.channel, path_of("GetPlan"), data)
        assert isinstance(got, Refusal)
        assert got.reason == "KEY_INVALID"


def test_many_malformed_health_checks_on_one_connection_are_all_answered(world: World, no_collector: None) -> None:
    for _ in range(MANY):
        got = send(world.channel, "/grpc.health.v1.Health/Check", b"\xff")
        assert isinstance(got, Refusal)
        assert got.reason == "REQUEST_MALFORMED"
