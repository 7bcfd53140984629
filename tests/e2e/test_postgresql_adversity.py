"""PostgreSQL crashes and comes back, and ends connections, while a server bills: nothing is lost or there twice.

Callers are told UNAVAILABLE meanwhile, and the server goes on by itself. `QUITRENT_RESTARTS=20
QUITRENT_ENDED_CONNECTIONS=100 uv run pytest tests/e2e/test_postgresql_adversity.py --timeout=0` has it crash
twenty times during one run, and end all connections a hundred times during another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from signal import SIGKILL
from socket import create_server
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest

from quitrent.domain.errors import Unavailable
from quitrent.services import bills, progress
from quitrent.store.database import Store
from quitrent.store.postgresql import Postgresql
from tests.databases import raw, read
from tests.e2e.callers import QUOTED, TOLD, Callers, asked
from tests.e2e.test_kills import Books, books_of
from tests.e2e.test_retries import at_once
from tests.harness import GOLD, House, day, wait_for
from tests.own_postgresql import OwnPostgresql

RESTARTS = int(os.environ.get("QUITRENT_RESTARTS", "1"))
ENDED_CONNECTIONS = int(os.environ.get("QUITRENT_ENDED_CONNECTIONS", "2"))
# Enough batches of both phases for something to happen in many of them.
SUBSCRIPTIONS = 6 * max(3, RESTARTS, ENDED_CONNECTIONS)
THROUGH = "2026-03-31"
QUOTE = {"subscription": QUOTED, "date": day("2026-03-01")}
DAWDLES_AT_COMMIT = (
    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER dawdles AFTER INSERT ON reseller DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION dawdle()",
)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with closing(OwnPostgresql()) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bills, "BATCH", 1)
        patch.setattr(progress, "PARTITION", 5)
        yield


@pytest.fixture(scope="module")
def prepared(postgresql: OwnPostgresql, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with subscriptions for which nothing has been charged."""
    folder = tmp_path_factory.mktemp("prepared")
    name = postgresql.new_database(folder)
    with house_in(folder) as house:
        house.make_product()
        for number in range(SUBSCRIPTIONS):
            house.assign(house.make_account(f"r{number % 3}", f"a{number}"), f"2026-01-{number % 20 + 1:02}")
    return name


@pytest.fixture(scope="module")
def undisturbed(postgresql: OwnPostgresql, prepared: str, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books after a run in which nothing happened."""
    folder = tmp_path_factory.mktemp("undisturbed")
    postgresql.new_database(folder, prepared)
    with house_in(folder) as house:
        house.bill(THROUGH)
        return books_of(house)


@pytest.fixture
def house(postgresql: OwnPostgresql, prepared: str, tmp_path: Path) -> Iterator[House]:
    postgresql.new_database(tmp_path, prepared)
    with house_in(tmp_path) as opened:
        yield opened


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    with closing(House(folder, on_postgresql=True)) as opened:
        yield opened


def test_a_server_that_crashes_and_comes_back_during_a_run_costs_nothing(
    postgresql: OwnPostgresql, house: House, undisturbed: Books
) -> None:
    with Callers(house, THROUGH) as callers:
        run_disturbed(house, postgresql.restart, RESTARTS)
    assert books_of(house) == undisturbed
    assert callers.refused == {TOLD}


def test_connections_that_are_ended_during_a_run_cost_nothing(
    postgresql: OwnPostgresql, house: House, undisturbed: Books
) -> None:
    name = house.folder.name

    def end_connections() -> None:
        assert postgresql.end_connections(name) > 0

    with Callers(house, THROUGH) as callers:
        run_disturbed(house, end_connections, ENDED_CONNECTIONS)
    assert books_of(house) == undisturbed
    assert callers.refused <= {TOLD}


def test_connections_that_a_crash_has_ended_cost_no_call_that_comes_later(
    postgresql: OwnPostgresql, house: House
) -> None:
    at_once(lambda: house.admin.QuotePrice(**QUOTE), 8)
    name = house.folder.name
    [[connections]] = read(postgresql.url, f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")
    assert connections > 1
    postgresql.restart()
    # Nobody is refused.
    at_once(lambda: house.admin.QuotePrice(**QUOTE), 8)


def test_a_call_whose_commit_is_lost_is_told_that_it_may_have_happened(postgresql: OwnPostgresql, house: House) -> None:
    name = house.folder.name
    commits = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND query = 'COMMIT' AND state = 'active'"
    wanted: dict[str, Any] = {"reseller_id": "new", "reseller": {}, "request_id": "new"}
    with closing(raw(house.settings.database_url)) as database, ThreadPoolExecutor(1) as other:
        for statement in DAWDLES_AT_COMMIT:
            database.execute(statement)
        refused = other.submit(house.admin.refusal, "CreateReseller", **wanted)
        wait_for(lambda: bool(read(postgresql.url, commits)))
        [[pid]] = read(postgresql.url, commits)
        os.kill(pid, SIGKILL)
        refusal = refused.result()
        # The whole server crashes with one of its processes, a moment later, and is there again soon.
        wait_for(lambda: is_lost(database))
    assert (refusal.code, refusal.reason) == TOLD
    assert refusal.message.startswith("the database was lost while it was told to keep what was done")
    wait_for(lambda: answers(house, "SELECT 1"))
    with closing(raw(house.settings.database_url)) as database:
        database.execute("DROP TRIGGER dawdles ON reseller")
    assert asked(lambda: house.admin.CreateReseller(**wanted)).reseller.name == "resellers/new"


def test_a_database_that_may_only_be_read_is_read_and_what_would_change_it_is_refused_in_words(
    postgresql: OwnPostgresql, house: House
) -> None:
    name = house.folder.name
    wanted: dict[str, Any] = {"reseller_id": "new", "reseller": {}}
    with closing(raw(postgresql.url)) as server:
        # As one is that follows another, after a change of which one leads.
        server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        postgresql.end_connections(name)
        refusal = house.admin.refusal("CreateReseller", **wanted)
        assert (refusal.code, refusal.reason) == TOLD
        assert "can only be read for now" in refusal.message
        assert house.admin.GetProduct(name=GOLD).product.name == GOLD
        server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        postgresql.end_connections(name)
    assert house.admin.CreateReseller(**wanted).reseller.name == "resellers/new"


def test_whoever_waits_for_a_server_that_does_not_answer_waits_beside_the_others() -> None:
    with create_server(("localhost", 0)) as silent:
        store = Store(Postgresql(f"postgresql://nobody@localhost:{silent.getsockname()[1]}/none?connect_timeout=2"))

        def connect() -> None:
            with pytest.raises(Unavailable, match="busy or out of reach"), store.connection():
                raise AssertionError("nobody has answered")

        began = monotonic()
        at_once(connect, 4)
        assert monotonic() - began < 4


def is_lost(connection: Any) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def answers(house: House, query: str) -> bool:
    try:
        return bool(read(house.settings.database_url, query))
    except psycopg.OperationalError:
        return False


def run_disturbed(house: House, disturb: Callable[[], None], times: int) -> None:
    """Have a server carry a run out, and disturb it at so many moments, all over the run."""
    random = Random(times)
    run = asked(lambda: house.admin.StartBillingRun(through_date=day(THROUGH), request_id="run")).billing_run

    def seen() -> Any:
        return asked(lambda: house.admin.GetBillingRun(name=run.name)).billing_run

    in_time = 0
    for number in range(times):
        # The last ones, too, come while there is something left to do, unless the run is very fast.
        wait_for(lambda: seen().done_count >= (number + 0.5) / times * 0.9 * 2 * SUBSCRIPTIONS)  # noqa: B023
        in_time += seen().state == seen().STATE_RUNNING
        # Anywhere in the batches that come next.
        sleep(random.random() * 0.03)
        disturb()
    assert in_time >= times / 2
    wait_for(lambda: seen().state != seen().STATE_RUNNING)
    assert seen().State.Name(seen().state) == "STATE_SUCCEEDED", seen().failure
