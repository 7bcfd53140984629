"""SQLite is busy, has no room, may only be read, or lies on a disk that fails while a server bills.

Callers are told UNAVAILABLE in words, the run goes on by itself afterwards or `quitrent bill` says what is left,
and nothing is lost or there twice. `QUITRENT_TROUBLE_SECONDS=10 uv run pytest
tests/e2e/test_sqlite_adversity.py --timeout=0` has every trouble last ten seconds, with the waits of a real server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from subprocess import PIPE, STDOUT, CompletedProcess, Popen, run
from sys import executable
from threading import Event
from time import sleep
from typing import Any

import grpc
import pytest

from quitrent import Line, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import bills
from quitrent.services.caller import Role
from quitrent.services.keys import create_key, revoke_key
from quitrent.settings import Settings
from quitrent.store import sqlite
from quitrent.store.unavailable import BROKEN, BUSY, FULL, READ_ONLY
from tests.cli.served import QUITRENT
from tests.databases import about_sqlite, copied, fresh_database, kept_busy
from tests.e2e.callers import TOLD, Callers
from tests.e2e.test_kills import Books, books_of
from tests.harness import Caller, House, day, refusal_of, wait_for

SECONDS = float(os.environ.get("QUITRENT_TROUBLE_SECONDS", "0.5"))
SUBSCRIPTIONS = 20
THROUGH = "2026-03-31"
RUN = f"billingRuns/{THROUGH}-1"
# Enough for what SQLite keeps beside the file, and not for a batch.
SMALL_BYTES = 64 * 1024
LIMITED = f"""
from resource import RLIM_INFINITY, RLIMIT_FSIZE, setrlimit
setrlimit(RLIMIT_FSIZE, ({SMALL_BYTES}, RLIM_INFINITY))
from quitrent.cli import main
main()
"""

pytestmark = about_sqlite


class Waits:
    """A plugin that has no say, and at a run's second line waits for the trouble to be there."""

    def __init__(self) -> None:
        self.is_waiting, self.is_there = Event(), Event()

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        # The first line is the one for which callers ask quotes.
        if line.account.name == "resellers/r0/customers/c1/accounts/a3":
            self.is_waiting.set()
            assert self.is_there.wait(timeout=30)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server with subscriptions for which nothing has been charged."""
    folder = tmp_path_factory.mktemp("prepared")
    house = House(folder)
    house.make_product()
    for number in range(SUBSCRIPTIONS):
        house.assign(house.make_account(f"r{number % 3}", f"a{number}"), f"2026-01-{number % 20 + 1:02}")
    house.close()
    return folder


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books after a run in which nothing happened."""
    house = House(copied(prepared, tmp_path_factory.mktemp("undisturbed")))
    house.bill(THROUGH)
    books = books_of(house)
    house.close()
    return books


@pytest.fixture
def plugin() -> Waits:
    return Waits()


@pytest.fixture
def house(prepared: Path, tmp_path: Path, plugin: Waits, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A server on a copy, whose batches are of one subscription, and whose waits are shorter than the trouble."""
    monkeypatch.setattr(bills, "BATCH", 1)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", min(SECONDS / 2, sqlite.BUSY_TIMEOUT_SECONDS))
    plugins = Plugins()
    plugins.register("waits", plugin)
    opened = House(copied(prepared, tmp_path), plugins)
    yield opened
    opened.close()


def busy(house: House) -> AbstractContextManager[None]:
    """Have another program hold the lock of those who write."""
    return kept_busy(house.settings.database_url)


@contextmanager
def no_room(house: House) -> Iterator[None]:
    """Have the file be as long as it may be."""
    with setting(house, "max_page_count", 1, 2**31 - 2):
        yield


@contextmanager
def read_only(house: House) -> Iterator[None]:
    """Have the file be one that may only be read."""
    with setting(house, "query_only", 1, 0):
        yield


@contextmanager
def setting(house: House, name: str, value: int, before: int) -> Iterator[None]:
    """Have all connections of a server, those that are at work too, have another setting for a while."""
    database: Any = vars(house.deployment.store)["_database"]

    def have(value: int) -> None:
        # Those to come first, so that none is missed.
        database._pragmas = [*(one for one in database._pragmas if one[0] != name), (name, value)]
        with database._pool_lock:
            idle = [connection for _, _, connection in database._connections]
            used = [one.connection for one in database._in_use.values()]
        for connection in [*idle, *used]:
            connection.execute(f"PRAGMA {name} = {value}")

    have(value)
    try:
        yield
    finally:
        have(before)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(busy, BUSY), (no_room, FULL), (read_only, READ_ONLY)],
    ids=["busy", "no room", "read-only"],
)
def test_a_run_goes_on_when_the_trouble_is_over_and_callers_are_told_which_it_was(
    house: House,
    plugin: Waits,
    undisturbed: Books,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[House], AbstractContextManager[None]],
    words: str,
) -> None:
    house.admin.StartBillingRun(through_date=day(THROUGH))
    assert plugin.is_waiting.wait(timeout=30)
    with Callers(house, THROUGH) as callers:
        with trouble(house):
            plugin.is_there.set()
            wait_for(lambda: words in callers.words and "the biller tries again" in caplog.text)
            sleep(SECONDS)
            # What is read is read meanwhile, and the run is where it stopped.
            assert SUBSCRIPTIONS < seen(house.admin).done_count < 2 * SUBSCRIPTIONS
        wait_for(lambda: seen(house.admin).state != seen(house.admin).STATE_RUNNING)
    check_finished(seen(house.admin))
    assert books_of(house) == undisturbed
    assert callers.refused == {TOLD}
    # Who waits for others for too long is told so.
    assert callers.words <= {words, BUSY}


def test_a_server_on_a_disk_that_fails_goes_on_when_it_is_mended(
    prepared: Path, undisturbed: Books, tmp_path: Path
) -> None:
    folder = copied(prepared, tmp_path)
    with serving(folder) as (process, admin):
        admin.StartBillingRun(through_date=day(THROUGH))
        wait_for(lambda: BROKEN in refused_plans(admin))
        sleep(SECONDS)
        assert (seen(admin).done_count, seen(admin).failure) == (0, "")
        prlimit(process.pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
        wait_for(lambda: seen(admin).state != seen(admin).STATE_RUNNING)
        check_finished(seen(admin))
        plans = {one.name for one in admin.ListPlans(page_size=1000).plans}
    house = House(folder)
    assert books_of(house) == undisturbed
    assert {one.name for one in house.admin.ListPlans(page_size=1000).plans} == plans
    house.close()


def test_a_bill_from_the_command_line_that_a_disk_stops_says_what_is_left(
    prepared: Path, undisturbed: Books, tmp_path: Path
) -> None:
    folder = copied(prepared, tmp_path)
    stopped = billed(folder, executable, "-c", LIMITED)
    assert stopped.returncode == 1
    assert stopped.stderr.splitlines()[-1] == (
        "Error: the database's disk does not work for now. What has been posted stands. "
        f"Left to a server or the next `quitrent bill`: {RUN}, 0 of {2 * SUBSCRIPTIONS} steps are done"
    )
    assert billed(folder, QUITRENT).returncode == 0
    house = House(folder)
    check_finished(seen(house.admin))
    assert books_of(house) == undisturbed
    house.close()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Popen[str], Caller]]:
    """Serve a folder's database, with a disk that takes no long files; give the process and a caller."""
    deployment = build_deployment(Settings(database_url=fresh_database(folder)))
    key = create_key(deployment, Role.ADMIN)
    command = [executable, "-c", LIMITED, "serve", "--listen", "localhost:0"]
    with Popen(command, cwd=folder, stdout=PIPE, stderr=STDOUT, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[3].rstrip(",")
        try:
            with grpc.insecure_channel(address) as channel:
                yield process, Caller(channel, key)
        finally:
            process.terminate()
            process.communicate(timeout=30)
    # There may be two, and a house makes one.
    revoke_key(deployment, key.split("_")[1])
    deployment.close()


def billed(folder: Path, *program: str) -> CompletedProcess[str]:
    return run(
        [*program, "bill", "--through", THROUGH], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def refused_plans(admin: Caller) -> str:
    """Try to make a plan, and give the words with which that was refused, if it was."""
    try:
        admin.CreatePlan(plan={"kind": "PLAN_KIND_ACCOUNT", "fee": {"currency_code": "USD"}})
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        assert (refusal.code, refusal.reason) == TOLD
        return refusal.message
    return ""


def seen(admin: Caller) -> Any:
    return admin.GetBillingRun(name=RUN).billing_run


def check_finished(finished: Any) -> None:
    assert finished.State.Name(finished.state) == "STATE_SUCCEEDED", finished.failure
    assert finished.done_count == finished.total_count == 2 * SUBSCRIPTIONS
