"""Callers who go on while a database is in trouble: they are told UNAVAILABLE, and call again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import grpc

from tests.harness import GOLD, House, day, refusal_of

# How a call ends while the database cannot be used.
TOLD = ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
# What they have priced.
QUOTED = "resellers/r0/customers/c1/accounts/a0/subscriptions/s1"


def asked(call: Callable[[], Any]) -> Any:
    """Make a call, again while the database is away, and give the reply."""
    until = monotonic() + 60
    while True:
        try:
            return call()
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            assert (refusal.code, refusal.reason) == TOLD, refusal
            assert monotonic() < until, "the server does not recover"
            sleep(0.05)


class Callers:
    """Callers who read, ask for quotes, watch, make and assign, all the time and each again where it was refused."""

    def __init__(self, house: House, through: str) -> None:
        """Take a house with the subscription `QUOTED`, which is billed through a day meanwhile."""
        self._house = house
        self._ended = Event()
        # What they were told, beside what they asked for: the codes and reasons, and the words.
        self.refused: set[tuple[str, str]] = set()
        self.words: set[str] = set()
        self._numbers = count()
        # The names in the replies to those who make something, and leave the last part of the name to the server.
        self._made: list[str] = []
        self._threads = [
            Thread(target=self._call_on, args=(call,))
            for call in (
                lambda: house.admin.GetPlan(name="plans/gold-fee"),
                lambda: house.admin.QuotePrice(subscription=QUOTED, date=day(through)),
                lambda: self._watch(f"billingRuns/{through}-1"),
                self._make_reseller,
                self._assign,
                self._assign,
            )
        ]

    def __enter__(self) -> Callers:
        self._before = self._there()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        # The server is there again for everyone, and what was made is there, once.
        assert self._house.admin.GetProduct(name=GOLD).product.name == GOLD
        assert len(self._made) > 3
        assert sorted(self._there() - self._before) == sorted(self._made)

    def _there(self) -> set[str]:
        """Give the names of all that callers may have made."""
        admin = self._house.admin
        lists = (("ListResellers", "resellers"), ("ListAccounts", "accounts"), ("ListSubscriptions", "subscriptions"))
        return {one.name for method, many in lists for one in every(getattr(admin, method), many)}

    def _call_on(self, call: Callable[[], Any]) -> None:
        while not self._ended.is_set():
            try:
                call()
            except grpc.RpcError as error:
                self._note(error)
            self._ended.wait(0.02)

    def _note(self, error: grpc.RpcError) -> None:
        refusal = refusal_of(error)
        self.refused.add((refusal.code, refusal.reason))
        self.words.add(refusal.message)

    def _watch(self, run: str) -> None:
        try:
            for _ in self._house.admin.WatchBillingRun(name=run):
                pass
        except grpc.RpcError as error:
            # The run is there only in a while, and may take longer than a caller waits.
            if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.DEADLINE_EXCEEDED):
                self._note(error)

    def _make_reseller(self) -> None:
        self._makes("CreateReseller", reseller={})

    def _assign(self) -> None:
        account = self._makes("CreateAccount", parent="resellers/r0/customers/c1", account={}).account.name
        # Long after the day through which is billed.
        subscription = {"product": GOLD, "start_date": day("2030-01-01")}
        self._makes("CreateSubscription", parent=account, subscription=subscription)

    def _makes(self, method: str, **wanted: Any) -> Any:
        # With the same request_id the second call has the answer of the first, whether that was heard or not.
        request_id = f"n{next(self._numbers)}"
        while True:
            try:
                reply = getattr(self._house.admin, method)(**wanted, request_id=request_id)
            except grpc.RpcError as error:
                self._note(error)
                sleep(0.05)
            else:
                self._made.append(getattr(reply, method.removeprefix("Create").lower()).name)
                return reply


def every(list_page: Callable[..., Any], many: str) -> Iterator[Any]:
    """Give all that there is of something, page by page."""
    page = list_page(page_size=1000)
    yield from getattr(page, many)
    while page.next_page_token:
        page = list_page(page_size=1000, page_token=page.next_page_token)
        yield from getattr(page, many)
