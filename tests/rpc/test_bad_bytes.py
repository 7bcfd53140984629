"""Bytes that are no message, and messages of any content: refused in order, and never with an inside view."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tests.harness import Refusal, message_type
from tests.rpc.world import RPCS, World, encoded, path_of, requests, send

OTHERS = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
]

# Field 1000 as a group that begins, and one that ends.
BEGIN, END = b"\xc3\x3e", b"\xc4\x3e"

MALFORMED = {
    "a tag that does not end": b"\xff",
    "a number that does not end": b"\x08" + b"\xff" * 11,
    "a text that is cut off": b"\x0a\x05ab",
    "a length beyond all bytes": b"\x0a\xff\xff\xff\xff\x07",
    "field 0": b"\x02\x00",
    "a wire type that there is not": b"\x0f",
    "a group that does not end": BEGIN,
    "a group that did not begin": END,
    "a group that ends as another": BEGIN + b"\xcc\x3e",
    "101 groups in one another": BEGIN * 101 + END * 101,
    "5,000 groups in one another": BEGIN * 5_000 + END * 5_000,
    "200,000 groups that do not end": BEGIN * 200_000,
    "text": b"GET / HTTP/1.1\r\n\r\n",
}

# What a caller may be answered; everything else is a fault of the server.
ANSWERS = {"INVALID_ARGUMENT", "PERMISSION_DENIED", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION"}
INSIDE_VIEWS = [
    "select ",
    "insert ",
    "sqlite",
    "constraint",
    "traceback",
    ".py",
    "/tmp",
    "/src/",
    "object at 0x",
    "none ",
]

TEXTS = [
    "",
    "x",
    "x" * 300,
    "resellers/a",
    "resellers/a/customers/c1/accounts/a1/subscriptions/s1/charges/retail-recurring-9999-99-99",
    "resellers/a/products/own",
    "products/gold",
    "plans/gold-fee",
    "' OR '1'='1",
    "a\0b",
    "\U0010ffff",
    "USD",
    "1e400",
    "-100",
    "0.000001",
    "%s%n{0}",
    "../../etc/passwd",
]
NUMBERS = [0, 1, -1, 2, 12, 28, 31, 1970, 2026, 2199, 2200, 1000, 999_999_000, 10**12, 2**31 - 1, -(2**31), 2**63 - 1]


@pytest.fixture
def keys(own_world: World) -> Iterator[list[Any]]:
    """The metadata of each caller; the server has to answer after all that it was sent."""
    yield [own_world.admin.metadata, own_world.a.metadata]
    assert own_world.admin.GetPlan(name="plans/gold-fee").plan.name


def refuse_malformed(own_world: World, path: str, data: bytes) -> None:
    refused = send(own_world.channel, path, data, own_world.admin.metadata)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "REQUEST_MALFORMED")
    assert refused.message == "the request's bytes are not a message of this call's type"


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_bytes_that_are_no_message_are_refused_by_every_rpc_of_every_service(
    own_world: World, keys: list[Any], data: bytes
) -> None:
    for path in [*map(path_of, RPCS), *OTHERS]:
        refuse_malformed(own_world, path, data)


# One has no place for a text.
@pytest.mark.parametrize("method", [method for method in RPCS if method != "ListPlugins"])
def test_text_that_is_not_utf_8_is_refused_wherever_it_stands(own_world: World, keys: list[Any], method: str) -> None:
    places = list(texts_of(message_type(method).DESCRIPTOR))
    assert places
    for place in places:
        refuse_malformed(own_world, path_of(method), place)


@pytest.mark.parametrize("path", OTHERS)
def test_text_that_is_not_utf_8_is_refused_by_health_and_reflection(
    own_world: World, keys: list[Any], path: str
) -> None:
    refuse_malformed(own_world, path, b"\x0a\x01\xff")


@pytest.mark.parametrize("method", ["GetPlan", "QuotePrice", "UpdateReseller"])
def test_fields_that_the_server_does_not_know_are_passed_over(own_world: World, method: str) -> None:
    data = encoded(method, requests("a")[method])
    unknown = BEGIN * 90 + END * 90 + b"\xca\x3e\x02\xff\xff" + b"\xc0\x3e\x01"
    assert not isinstance(send(own_world.channel, path_of(method), data + unknown, own_world.admin.metadata), Refusal)


@pytest.mark.parametrize("method", RPCS)
def test_no_bytes_and_no_values_bring_out_a_fault_or_an_inside_view(
    own_world: World, keys: list[Any], method: str
) -> None:
    dice = random.Random(method)
    right = encoded(method, requests("a", "once")[method])
    for number in range(30):
        if number % 3:
            message = message_type(method).FromString(right)
            for _ in range(dice.randint(1, 4)):
                spoil(message, dice)
            data = message.SerializeToString()
        else:
            data = mutated(right, dice)
        answer = send(own_world.channel, path_of(method), data, dice.choice(keys))
        assert not isinstance(answer, Refusal) or answer.code in ANSWERS, (answer, data)
        # A batch tells in its answer what was refused.
        told = repr(answer).lower()
        assert [view for view in INSIDE_VIEWS if view in told] == [], (answer, data)


def texts_of(kind: Descriptor) -> Iterator[bytes]:
    """Give messages of a type with one text that is not UTF-8, for every text at any depth."""
    for field in kind.fields:
        head = field.number << 3 | 2
        tag = bytes([head]) if head < 128 else bytes([head & 127 | 128, head >> 7])
        if field.type == FieldDescriptor.TYPE_STRING:
            yield tag + b"\x02\xc3\x28"
        elif field.message_type is not None:
            yield from (tag + bytes([len(inner)]) + inner for inner in texts_of(field.message_type))


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Give other bytes: cut off, turned over, doubled, or any at all."""
    if not data or dice.random() < 0.2:
        return dice.randbytes(dice.randint(0, 60))
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(changed))
        changed[place : place + dice.choice([0, 1])] = dice.choice([b"", bytes([dice.randrange(256)]), data[place:]])
        changed = changed or bytearray(b"\0")
    return bytes(changed)


def spoil(message: Message, dice: random.Random) -> None:
    """Set a field of a message, at any depth, to a value that may be no good."""
    if not message.DESCRIPTOR.fields:
        return
    field: Any = dice.choice(message.DESCRIPTOR.fields)
    held = getattr(message, field.name)
    if field.message_type is None and not field.is_repeated:
        setattr(message, field.name, value(field, dice))
    elif dice.random() < 0.1:
        message.ClearField(field.name)
    elif field.message_type is None:
        held.append(value(field, dice))
    elif field.message_type.GetOptions().map_entry:
        held[dice.choice(TEXTS)] = dice.choice(TEXTS)
    elif field.is_repeated:
        spoil(held.add(), dice)
    else:
        held.SetInParent()
        spoil(held, dice)


def value(field: Any, dice: random.Random) -> Any:
    """Give a value that fits the type of a field, and perhaps nothing else."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return dice.choice(TEXTS)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return dice.random() < 0.5
    if field.type == FieldDescriptor.TYPE_ENUM:
        return dice.choice([0, 1, 2, 3, 99, -1])
    number = dice.choice(NUMBERS)
    return number if field.type == FieldDescriptor.TYPE_INT64 else max(-(2**31), min(number, 2**31 - 1))
