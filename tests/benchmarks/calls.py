"""What calls cost: quotes beside an empty handler of bare grpcio, and an assignment beside a bare INSERT."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

import grpc

from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.caller import Role
from quitrent.services.keys import create_key
from quitrent.services.once import Mutation, once
from quitrent.services.subscriptions import assign_product
from quitrent.settings import Settings
from quitrent.v1 import billing_service_pb2 as pb
from tests.benchmarks.book import ADMIN, START, fill
from tests.benchmarks.runs import PLUGINS
from tests.benchmarks.servers import database
from tests.databases import raw
from tests.harness import day

METHOD = "/quitrent.v1.BillingService/QuotePrice"
# Calls at once, of one client process.
CALLERS = 8
ACCOUNTS = 2_000


@dataclass(frozen=True)
class CallCost:
    """How long each call took, and all of them together, of two servers in turns."""

    calls: int
    quote_ns: list[int]
    quote_all_ns: int
    bare_ns: list[int]
    bare_all_ns: int

    @property
    def ratio(self) -> float:
        """The quotes in a second against the empty calls in a second."""
        return self.bare_all_ns / self.quote_all_ns

    @property
    def p99_ratio(self) -> float:
        """The 99th percentile of the quotes' times against that of the empty calls."""
        return p99(self.quote_ns) / p99(self.bare_ns)


@dataclass(frozen=True)
class AssignCost:
    """How long assignments and bare INSERTs took, each one with its commit, in turns."""

    database: str
    assign_ns: list[int]
    insert_ns: list[int]

    @property
    def ratio(self) -> float:
        """The assignments in a second against the INSERTs in a second."""
        return sum(self.insert_ns) / sum(self.assign_ns)


def call_cost(calls: int, rounds: int) -> CallCost:
    """Measure quotes of one server process on SQLite, its keys checked and two plugins in hosts."""
    with TemporaryDirectory(prefix="quitrent-benchmarks-") as name:
        folder = Path(name)
        (folder / "quitrent.toml").write_text(PLUGINS, encoding="utf-8")
        with closing(build_deployment(Settings(f"sqlite:///{folder}/quitrent.db"), Plugins())) as deployment:
            fill(deployment, ACCOUNTS)
            key = create_key(deployment, Role.ADMIN)
        with served(folder) as (address, _):
            reply = _call(address, key)(quote_request(0))
            with _bare(folder, reply.SerializeToString()) as bare_address:
                ours, bare = _call(address, key), _call(bare_address, key)
                took: dict[str, list[int]] = {"ours": [], "bare": []}
                whole = dict.fromkeys(took, 0)
                _many(ours, calls // 10)
                _many(bare, calls // 10)
                for _ in range(rounds):
                    for who, call in (("ours", ours), ("bare", bare)):
                        begin = perf_counter_ns()
                        took[who] += _many(call, calls // rounds)
                        whole[who] += perf_counter_ns() - begin
    return CallCost(calls, took["ours"], whole["ours"], took["bare"], whole["bare"])


def assign_cost(server: str | None, times: int) -> AssignCost:
    """Measure assignments through the services, and INSERTs of as wide a row with the same settings."""
    with (
        database(server) as url,
        closing(build_deployment(Settings(url), Plugins())) as deployment,
        closing(raw(url)) as connection,
    ):
        fill(deployment, 2 * times)
        connection.execute("DELETE FROM wholesale_side WHERE id > 1")
        connection.execute("DELETE FROM retail_side WHERE id > 1")
        connection.execute("DELETE FROM subscription WHERE id > 1")
        connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, name TEXT NOT NULL, made TEXT NOT NULL)")
        if server is None:
            connection.execute("PRAGMA synchronous = FULL")
        assign: list[int] = []
        insert: list[int] = []
        for number in range(2, times + 2):
            account = f"resellers/r{(number - 1) % 10}/customers/c1/accounts/a{number}"
            begin = perf_counter_ns()
            once(
                deployment,
                ADMIN,
                Mutation(str(number).encode(), within=account),
                lambda name=f"{account}/subscriptions/s1": (  # type: ignore[misc]
                    assign_product(deployment, ADMIN, name, "products/gold", START).name.encode()
                ),
            )
            middle = perf_counter_ns()
            connection.execute(f"INSERT INTO bare VALUES ({number}, '{account}', '{datetime.now(UTC)}')")
            insert.append(perf_counter_ns() - middle)
            assign.append(middle - begin)
    return AssignCost("PostgreSQL" if server else "SQLite", assign, insert)


def _many(call: Any, calls: int) -> list[int]:
    def some(first: int) -> list[int]:
        took = []
        for number in range(first, calls, CALLERS):
            request = quote_request(number % ACCOUNTS)
            begin = perf_counter_ns()
            call(request)
            took.append(perf_counter_ns() - begin)
        return took

    with ThreadPoolExecutor(CALLERS) as pool:
        return [one for found in pool.map(some, range(CALLERS)) for one in found]


def quote_request(number: int) -> pb.QuotePriceRequest:
    """Ask for a quote of one of the accounts of a book."""
    account = f"resellers/r{number % 10}/customers/c1/accounts/a{number + 1}"
    return pb.QuotePriceRequest(subscription=f"{account}/subscriptions/s1", date=day("2026-02-10"))


def _call(address: str, key: str) -> Any:
    channel = grpc.insecure_channel(address)
    method = channel.unary_unary(
        METHOD,
        request_serializer=pb.QuotePriceRequest.SerializeToString,
        response_deserializer=pb.QuotePriceResponse.FromString,
    )
    return lambda request: method(request, metadata=(("authorization", f"Bearer {key}"),), timeout=30)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve in a folder; give the address, and the number of the process."""
    command = [f"{Path(sys.executable).parent}/quitrent", "serve", "--listen", "localhost:0"]
    with _process(command, folder) as (line, process):
        yield line.split()[3].rstrip(","), process


@contextmanager
def _bare(folder: Path, reply: bytes) -> Iterator[str]:
    (folder / "reply").write_bytes(reply)
    with _process([sys.executable, str(Path(__file__).parent / "bare_server.py"), str(folder / "reply")], folder) as (
        line,
        _,
    ):
        yield line.strip()


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline(), process.pid
    finally:
        process.terminate()
        process.communicate()


def p99(took: list[int]) -> int:
    """Give the 99th percentile of some times."""
    return sorted(took)[len(took) * 99 // 100]
