"""Calls that take many requests, or give many answers: in turn, in pages, and so many at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest

from quitrent.domain.charge import ChargeFilter
from quitrent.rpc import calls
from quitrent.services import exports
from quitrent.services.caller import Caller, Role
from tests.harness import GOLD, House, Refusal, day, gives_stream, month, refusal_of, takes_stream, wait_for
from tests.harness import Caller as Client
from tests.rpc.test_bad_bytes import MALFORMED
from tests.rpc.world import RPCS, World, encoded, path_of, requests, said, send

ADMIN = Caller(Role.ADMIN)
STREAMS = ["ImportBook", "StreamQuotes", "ExportCharges", "ExportStatementLines"]
TAKING = [method for method in RPCS if takes_stream(method)]


@pytest.fixture
def book(gold: House) -> House:
    """Two months of seven accounts with gold, and a few charges that were taken back."""
    for number in range(7):
        gold.assign(gold.make_account("a", f"a{number}"))
    gold.bill("2026-02-28")
    gold.admin.ReverseCharge(name=f"{name_of(3)}/charges/wholesale-recurring-2026-02-01")
    seller = gold.reseller("a")
    for number in (1, 2, 5):
        seller.ReverseCharge(name=f"{name_of(number)}/charges/retail-recurring-2026-02-01")
    return gold


def name_of(number: int) -> str:
    return f"resellers/a/customers/c1/accounts/a{number}/subscriptions/s1"


class Waiting:
    """A stream that stays open."""

    def __init__(self, client: Client, method: str) -> None:
        self._to_send: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._call = client.stream(method, iter(self._to_send.get, None))

    def answer_to(self, request: dict[str, Any]) -> Any:
        """Send a request, and give the answer to it."""
        self._to_send.put(request)
        return next(self._call)

    def cancel(self) -> None:
        """Leave it, and let the thread go that sends."""
        self._call.cancel()
        self._to_send.put(None)


def asked(*numbers: int, on: str = "2026-02-10") -> dict[str, Any]:
    return {"requests": [{"subscription": name_of(number), "date": day(on)} for number in numbers]}


# Quotes.


def test_each_request_for_quotes_is_answered_before_the_next_one_is_sent(book: House) -> None:
    stream = Waiting(book.admin, "StreamQuotes")
    for numbers in ((0, 1), (5,), (6, 2, 0)):
        results = stream.answer_to(asked(*numbers)).results
        assert [result.quote.subscription for result in results] == [name_of(number) for number in numbers]
    stream.cancel()


def test_quotes_of_a_stream_are_those_of_a_batch(book: House) -> None:
    assignment = {"product": GOLD, "account": book.make_account("a", "free")}
    wanted = {"requests": [*asked(0, 1, 2)["requests"], {"date": day("2026-02-10"), "assignment": assignment}]}
    [answer] = book.admin.stream("StreamQuotes", [wanted])
    assert list(answer.results) == list(book.admin.BatchQuotePrices(**wanted).results)
    assert [book.admin.QuotePrice(**one).quote for one in wanted["requests"]] == [one.quote for one in answer.results]


def test_what_one_quote_of_a_stream_lacks_keeps_no_other_from_its_price(book: House) -> None:
    sent = [asked(0, 99, 1), asked(2, on="2025-01-01"), asked(3)]
    told = [
        ["error" if result.HasField("error") else result.quote.subscription for result in answer.results]
        for answer in book.admin.stream("StreamQuotes", sent)
    ]
    assert told == [[name_of(0), "error", name_of(1)], ["error"], [name_of(3)]]


def test_a_wrong_request_ends_a_stream_of_quotes_after_the_answers_to_those_before_it(book: House) -> None:
    answers = book.admin.stream("StreamQuotes", [asked(0), {"requests": []}, asked(1)])
    assert len(next(answers).results) == 1
    with pytest.raises(grpc.RpcError) as refused:
        next(answers)
    assert refusal_of(refused.value).fields == ("requests",)


# Exports.


@pytest.mark.parametrize("page", [1, 4, 1_000])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"side": "SIDE_RETAIL"},
        {"parent": name_of(3)},
        {"period_from": day("2026-02-01")},
        {"product": "products/x"},
    ],
)
def test_an_export_of_charges_gives_what_their_list_gives(
    book: House, monkeypatch: pytest.MonkeyPatch, page: int, wanted: dict[str, Any]
) -> None:
    monkeypatch.setattr(exports, "PAGE", page)
    exported = [charge for answer in book.admin.ExportCharges(**wanted) for charge in answer.charges]
    assert exported == book.charges(**wanted)


@pytest.mark.parametrize("page", [1, 3, 1_000])
@pytest.mark.parametrize("below_cost", [False, True])
def test_an_export_of_a_statement_gives_what_the_list_of_its_lines_gives(
    book: House, monkeypatch: pytest.MonkeyPatch, page: int, below_cost: bool
) -> None:
    monkeypatch.setattr(exports, "PAGE", page)
    wanted = {"reseller": "resellers/a", "month": month("2026-02"), "below_cost": below_cost}
    exported = [line for answer in book.admin.ExportStatementLines(**wanted) for line in answer.statement_lines]
    assert exported == list(book.admin.ListStatementLines(page_size=1000, **wanted).statement_lines)


def test_an_export_is_divided_into_answers_that_fit(book: House, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(book.admin.ExportCharges())
    assert len(whole) == 1
    charges = book.charges()
    monkeypatch.setattr(calls, "STREAMED_REPLY_BYTES", 3 * max(charge.ByteSize() for charge in charges))
    divided = [list(answer.charges) for answer in book.admin.ExportCharges()]
    assert all(3 <= len(some) < 7 for some in divided[:-1])
    assert [charge for some in divided for charge in some] == charges


def test_an_export_holds_a_connection_only_while_a_page_is_read(book: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    database: Any = book.deployment.store._database
    pages = 0

    def count_page(query: Any) -> None:
        nonlocal pages
        pages += "LIMIT" in query.sql

    database.query_hooks.append(count_page)
    for number, _ in enumerate(exports.export_charges(book.deployment, ADMIN, ChargeFilter()), start=1):
        assert database.is_closed()
        # A page is read when the one before it has been given, and no earlier.
        assert pages == (number + 1) // 2
    database.query_hooks.clear()
    assert number == len(book.charges())


# All of them.


def test_only_so_many_streams_are_open_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, threads=6)
    house.make_product()
    house.assign(house.make_account("a", "a0"))
    house.bill("2026-01-31")
    open_ones = [Waiting(house.admin, "StreamQuotes") for _ in range(3)]
    # Each of them has been let in.
    assert [len(one.answer_to(asked(0)).results) for one in open_ones] == [1, 1, 1]
    for method in STREAMS:
        assert _told(house, method) == "TOO_MANY_STREAMS"
    for one in open_ones:
        one.cancel()
    wait_for(lambda: all(_told(house, method) == "OK" for method in STREAMS))
    house.close()


def _told(house: House, method: str) -> str:
    return said(house.admin, method, **requests("a")[method])


@pytest.mark.parametrize("data", [MALFORMED["text"], MALFORMED["a group that does not end"]])
@pytest.mark.parametrize("method", TAKING)
def test_malformed_bytes_in_the_middle_of_a_stream_are_refused(own_world: World, method: str, data: bytes) -> None:
    fields = {name: value for name, value in requests("a")[method].items() if name != "last"}
    right = encoded(method, fields)
    refused = send(own_world.channel, path_of(method), [right, data, right], own_world.admin.metadata)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "REQUEST_MALFORMED")


@pytest.mark.parametrize("method", TAKING)
def test_a_stream_without_a_key_is_refused_before_anything_is_sent(own_world: World, method: str) -> None:
    refused = send(own_world.channel, path_of(method), [])
    assert isinstance(refused, Refusal)
    assert refused.reason == "KEY_INVALID"


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("method", STREAMS)
def test_many_streams_that_their_callers_leave_are_all_ended(
    own_world: World, no_collector: None, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    # More than a server has room for, and more than a connection has.
    for _ in range(110):
        _opened(own_world, method).cancel()
    wait_for(lambda: _is_answered(own_world, method))
    assert "incident" not in caplog.text


def _opened(world: World, method: str) -> Any:
    if method in TAKING:
        return Waiting(world.admin, method)
    return getattr(world.admin, method)(**requests("a")[method])


def _is_answered(world: World, method: str) -> bool:
    """Whether there is room for a call: those that were left are in its way until the server has noticed."""
    try:
        answer = getattr(world.admin, method)(**requests("a")[method])
        return bool(list(answer) if gives_stream(method) else answer)
    except grpc.RpcError:
        return False
