"""What a whole book costs: an import beside a COPY of the same rows, and quotes by the stream."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Any

import grpc

from quitrent.domain.book_row import Imported
from quitrent.hooks.manager import Plugins
from quitrent.importing import import_file
from quitrent.server import build_deployment
from quitrent.services.caller import Role
from quitrent.services.importing import ImportMode
from quitrent.services.keys import create_key
from quitrent.settings import Settings
from quitrent.store.tables import AccountRow, CustomerRow, ResellerRow, RetailSideRow, SubscriptionRow, WholesaleSideRow
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1.billing_service_pb2_grpc import BillingServiceStub
from tests.benchmarks.book import RESELLERS, fill, make_product
from tests.benchmarks.calls import ACCOUNTS, quote_request, served
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.runs import PLUGINS
from tests.benchmarks.servers import database
from tests.databases import raw

AT_ONCE = 500
_TABLES = (ResellerRow, CustomerRow, AccountRow, SubscriptionRow, WholesaleSideRow, RetailSideRow)


@dataclass(frozen=True)
class ImportCost:
    """How long an import of a CSV file took, the same again, and a COPY of the same rows into the same tables."""

    accounts: int
    import_ns: int
    again_ns: int
    copy_ns: int

    @property
    def ratio(self) -> float:
        """The import against the COPY."""
        return self.import_ns / self.copy_ns


@dataclass(frozen=True)
class StreamCost:
    """How long quotes took by so many streams at once, and how much of it the server process computed."""

    streams: int
    quotes: int
    took_ns: int
    computed_seconds: float


def import_cost(server: str, accounts: int) -> ImportCost:
    """Import accounts with a subscription each into a new database on PostgreSQL, and copy its rows into another."""
    with (
        database(server) as url,
        database(server) as copy_url,
        TemporaryDirectory(prefix="quitrent-benchmarks-") as name,
    ):
        for one in (url, copy_url):
            with closing(build_deployment(Settings(one), Plugins())) as deployment, deployment.store.write():
                make_product(deployment)
        file = Path(name) / "book.csv"
        file.write_text("".join(f"{row}\n" for row in _book(accounts)), encoding="utf-8")
        return ImportCost(accounts, _imported_ns(url, file), _imported_ns(url, file), _copied_ns(url, copy_url))


def stream_cost(streams: int, quotes: int) -> StreamCost:
    """Measure quotes of one server process on SQLite with two plugins in hosts, 500 with each request."""
    with TemporaryDirectory(prefix="quitrent-benchmarks-") as name:
        folder = Path(name)
        (folder / "quitrent.toml").write_text(PLUGINS, encoding="utf-8")
        with closing(build_deployment(Settings(f"sqlite:///{folder}/quitrent.db"), Plugins())) as deployment:
            fill(deployment, ACCOUNTS)
            key = create_key(deployment, Role.ADMIN)
        with served(folder) as (address, process), grpc.insecure_channel(address) as channel:
            stub = BillingServiceStub(channel)
            _streamed(stub, key, streams, ACCOUNTS)
            computed, begin = cpu_seconds([process]), perf_counter_ns()
            _streamed(stub, key, streams, quotes)
            took_ns = perf_counter_ns() - begin
            return StreamCost(streams, quotes, took_ns, cpu_seconds([process]) - computed)


def _book(accounts: int) -> Iterator[str]:
    yield "kind,name,display_name,label.site,product,start_date"
    for number in range(RESELLERS):
        yield f"reseller,resellers/r{number},Reseller {number},,,"
        yield f"customer,resellers/r{number}/customers/c1,Customer,,,"
    for number in range(accounts):
        account = f"resellers/r{number % RESELLERS}/customers/c1/accounts/a{number}"
        yield f"account,{account},Account {number},north,,"
        yield f"subscription,{account}/subscriptions/s1,,,products/gold,2026-01-01"


def _imported_ns(url: str, file: Path) -> int:
    begin = perf_counter_ns()
    imported: Imported = import_file(Settings(url), file, ImportMode.KEEP_GOOD_ROWS, None)
    assert not imported.bad_row_count
    return perf_counter_ns() - begin


def _copied_ns(source: str, target: str) -> int:
    took_ns = 0
    with closing(raw(source)) as read, closing(raw(target)) as written:
        for table in _TABLES:
            name = table._meta.table_name
            with read.cursor().copy(f"COPY {name} TO STDOUT") as copy:
                rows = b"".join(copy)
            begin = perf_counter_ns()
            with written.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                copy.write(rows)
            took_ns += perf_counter_ns() - begin
    return took_ns


def _streamed(stub: Any, key: str, streams: int, quotes: int) -> None:
    def stream(first: int) -> None:
        requests = (
            pb.StreamQuotesRequest(
                requests=[quote_request(number % ACCOUNTS) for number in range(begin, begin + AT_ONCE)]
            )
            for begin in range(first * AT_ONCE, quotes, streams * AT_ONCE)
        )
        for answer in stub.StreamQuotes(requests, metadata=(("authorization", f"Bearer {key}"),), timeout=300):
            assert len(answer.results) == AT_ONCE
            assert answer.results[0].HasField("quote")

    with ThreadPoolExecutor(streams) as pool:
        list(pool.map(stream, range(streams)))
