"""A worker in this process: it stops whenever it is told to, and what it cannot note is not lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from quitrent.domain.billing_run import RunState
from quitrent.services.runs import ask_for_run, get_run
from quitrent.workers.queue import Queue
from quitrent.workers.worker import Worker
from tests.databases import raw, read
from tests.harness import House, wait_for


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server on PostgreSQL with one subscription, since January."""
    opened = House(tmp_path, on_postgresql=True)
    opened.make_product()
    opened.assign(opened.make_account("acme"))
    yield opened
    opened.close()


@contextmanager
def working(house: House) -> Iterator[None]:
    """Have a worker at work, whose lease is longer than any test."""
    worker = Worker(house.deployment, house.settings.database_url, lease_seconds=3_600)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(timeout=20)
        assert not thread.is_alive(), "it does not stop"


@pytest.mark.parametrize("seconds", [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1])
def test_a_worker_that_is_told_to_stop_while_it_starts_stops(house: House, seconds: float) -> None:
    with working(house):
        sleep(seconds)


def test_a_job_whose_end_cannot_be_noted_is_left_to_another_though_its_worker_lives(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    # As where the connection breaks in that very moment.
    on_jobs = "BEFORE DELETE ON procrastinate_jobs FOR EACH ROW WHEN (OLD.task_name = 'partition')"
    execute(house, f"CREATE TRIGGER breaks {on_jobs} EXECUTE FUNCTION refuse_change()")
    with house.deployment.store.write():
        run = ask_for_run(house.deployment, date(2026, 1, 31))
    with caplog.at_level(logging.WARNING), working(house):
        wait_for(lambda: "that partition" in caplog.text)
        execute(house, "DROP TRIGGER breaks ON procrastinate_jobs")
        wait_for(lambda: ended(house, run.name))


def execute(house: House, statement: str) -> None:
    with closing(raw(house.settings.database_url)) as connection:
        connection.execute(statement)


def ended(house: House, run: str) -> bool:
    with house.deployment.store.connection():
        return get_run(run).state is RunState.SUCCEEDED


def test_several_who_are_the_first_to_ask_share_the_connections_of_a_queue(house: House) -> None:
    queue = Queue(house.settings.database_url)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: queue.ask_for_look(), range(8)))
    connected = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{}'"
    assert len(read(house.settings.database_url, connected.format("quitrent queue"))) <= 2
    assert read(house.settings.database_url, "SELECT task_name FROM procrastinate_jobs") == [("look",)]
    queue.close()
    # It lets go of all of them, and asks for nothing more.
    queue.ask_for_news()
    wait_for(lambda: not read(house.settings.database_url, connected.format("quitrent queue")))
