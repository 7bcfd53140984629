"""SQLite and PostgreSQL give the same replies and the same charges for the same random scripts of calls.

`QUITRENT_SCRIPTS=500 uv run pytest tests/e2e/test_same_on_both.py --timeout=0` plays five hundred scripts.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import pytest

from quitrent import Adjustment, Line, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.services import bills, progress
from tests.databases import forget
from tests.e2e.random_calls import RESELLERS, Call, Script
from tests.harness import Caller, House, Refusal, message_type, month, refusal_of

SCRIPTS = int(os.environ.get("QUITRENT_SCRIPTS", "4"))
CALLS = 60
MOST_PAGES = 40
# The last part of a name that the caller has left to the server. What takes its place is as long, so that it
# may be put into the bytes of a message.
MADE_BY_SERVER = re.compile(rb"(?<=/)[0-9a-f]{16}")

# What is listed in the end, to the last page.
LISTS = [
    "ListPlans",
    "ListProducts",
    "ListPriceRules",
    "ListPriceRuleRevisions",
    "ListResellers",
    "ListCustomers",
    "ListAccounts",
    "ListSubscriptions",
    "ListBillingRuns",
    "ListCharges",
    "ListParkedCharges",
]


class Tenth:
    """Asks a tenth more, and fails for some of one reseller's lines."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        if line.reseller.name == "resellers/r2" and line.period_start.month % 2:
            raise RuntimeError("not in these months")
        return Adjustment("tenth", "a tenth more", percent=Decimal(10))


class Player:
    """A house in which a script is played."""

    def __init__(self, folder: Path, *, on_postgresql: bool) -> None:
        folder.mkdir()
        plugins = Plugins()
        plugins.register("tenth", Tenth(), "1.0")
        self.house = House(folder, plugins, on_postgresql=on_postgresql)
        self._callers = {"admin": self.house.admin}
        self._ids: dict[bytes, bytes] = {}

    def close(self) -> None:
        """Stop the server, and drop its database."""
        self.house.close()
        forget(self.house.folder)

    def answers(self, call: Call, today: date) -> list[Any]:
        """Make a call, and all that it takes to see what comes of it; give the replies, or the refusal."""
        self.house.today = today
        caller = self._caller(call.caller)
        request = type(call.request).FromString(self._with_own_ids(call.request.SerializeToString()))
        try:
            replies = [caller.send(call.method, request)]
            if call.method == "StartBillingRun" and not request.validate_only:
                # How far it has come when one looks is a matter of time: the end counts.
                replies += list(caller.WatchBillingRun(name=replies[0].billing_run.name))[-1:]
            while token := getattr(replies[-1], "next_page_token", ""):
                # It is signed with a secret of the database's own.
                replies[-1].next_page_token = "more"
                if len(replies) == MOST_PAGES:
                    break
                request.page_token = token
                replies.append(caller.send(call.method, request))
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            return [replace(refusal, raw=self._with_common_ids(refusal.raw))]
        return [type(one).FromString(self._with_common_ids(bytes_of(one))) for one in replies]

    def _with_common_ids(self, answer: bytes) -> bytes:
        """Put what is the same for each player in place of the ids that its server has made."""
        for own in MADE_BY_SERVER.findall(answer):
            self._ids.setdefault(own, b"made-%011d" % len(self._ids))
        return MADE_BY_SERVER.sub(lambda found: self._ids[found[0]], answer)

    def _with_own_ids(self, request: bytes) -> bytes:
        for own, common in self._ids.items():
            request = request.replace(common, own)
        return request

    def _caller(self, name: str) -> Caller:
        if name not in self._callers:
            self._callers[name] = self.house.reseller(name)
        return self._callers[name]


@pytest.fixture
def players(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Player, Player]]:
    """Two players, whose runs have several partitions and batches."""
    monkeypatch.setattr(progress, "PARTITION", 4)
    monkeypatch.setattr(bills, "BATCH", 3)
    with ExitStack() as opened:
        on_sqlite, on_postgresql = (
            opened.enter_context(closing(Player(tmp_path / name, on_postgresql=name == "postgresql")))
            for name in ("sqlite", "postgresql")
        )
        yield on_sqlite, on_postgresql


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_a_random_script_of_calls_has_the_same_replies_and_charges_on_both(
    players: tuple[Player, Player], seed: int
) -> None:
    script = Script(seed)
    codes: Counter[str] = Counter()

    def play(call: Call) -> list[Any]:
        expected, found = (player.answers(call, script.today) for player in players)
        assert list(map(bytes_of, found)) == list(map(bytes_of, expected)), (call, expected, found)
        codes[getattr(found[0], "code", "OK")] += 1
        return found

    for call in script.beginning():
        play(call)
    for _ in range(CALLS):
        script.learn(play(script.next())[0])
    for call in everything():
        play(call)
    # A script of refusals alone would show little, and one without any either.
    assert codes["OK"] > 40
    assert codes.total() - codes["OK"] > 5
    assert not codes.keys() & {"INTERNAL", "UNAVAILABLE", "UNKNOWN"}


def everything() -> list[Call]:
    """Give the calls that tell all that there is."""
    lists = [Call("admin", method, message_type(method)(page_size=7)) for method in LISTS]
    statements = [
        Call("admin", "ListStatementLines", message_type("ListStatementLines")(reseller=name, month=month(when)))
        for name in RESELLERS
        for when in ("2026-01", "2026-02", "2026-03")
    ]
    return [*lists, *statements]


def bytes_of(answer: Any) -> bytes:
    """Give an answer byte by byte."""
    found: bytes = answer.raw if isinstance(answer, Refusal) else answer.SerializeToString(deterministic=True)
    return found
