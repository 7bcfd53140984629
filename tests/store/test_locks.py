"""What one writer sees of what another one is doing, and what it waits for: on PostgreSQL, where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from quitrent.domain.billing_run import BillingRun, Partition, RunPhase
from quitrent.services.billing import carry_out_partition
from quitrent.services.progress import divide, fail, finish_phase
from quitrent.services.runs import ask_for_run, get_run
from quitrent.store.partitions import partitions_of
from tests.databases import raw, read
from tests.harness import GOLD, House, day, iso, wait_for

JANUARY = date(2026, 1, 31)
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server on PostgreSQL with one subscription, since January."""
    opened = House(tmp_path, on_postgresql=True)
    opened.make_product()
    opened.assign(opened.make_account("acme"))
    yield opened
    opened.close()


@pytest.fixture
def at_work(house: House) -> tuple[BillingRun, Partition]:
    """A run through January that has been divided, and its one partition."""
    deployment = house.deployment
    with deployment.store.write():
        run = ask_for_run(deployment, JANUARY)
    divide(deployment, run)
    with deployment.store.connection():
        [partition] = partitions_of([run.key])
    return run, partition


@contextmanager
def another_writer(house: House, *statements: str) -> Iterator[None]:
    """Hold a transaction in which all of this has happened, which counts in the end."""
    with closing(raw(house.settings.database_url)) as connection:
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement)
        yield
        connection.execute("COMMIT")


def done_beside(house: House, work: Callable[[], object], *statements: str) -> None:
    """Begin some work when this has happened in a transaction, and end that once the work is waiting for it."""
    with ThreadPoolExecutor() as threads:
        with another_writer(house, *statements):
            done: Future[object] = threads.submit(work)
            wait_for(lambda: done.done() or bool(read(house.settings.database_url, WAITING)))
            assert not done.done(), "it waits for the other one"
        done.result(timeout=10)


@pytest.mark.parametrize("phase", [RunPhase.FEES, RunPhase.RETAIL])
def test_what_another_run_has_billed_meanwhile_is_neither_billed_again_nor_moved_back(
    house: House, at_work: tuple[BillingRun, Partition], phase: RunPhase
) -> None:
    run, partition = at_work
    if phase is RunPhase.RETAIL:
        carry_out_partition(house.deployment, run, partition, Event())
        with house.deployment.store.connection():
            [partition] = partitions_of([run.key])
    before = len(house.charges())
    side = "wholesale_side" if phase is RunPhase.FEES else "retail_side"
    done_beside(
        house,
        lambda: carry_out_partition(house.deployment, run, partition, Event()),
        # As a run through March does it.
        "SELECT id FROM subscription FOR UPDATE",
        f"UPDATE {side} SET billed_until = '2026-04-01', due_date = '2026-04-01'",
    )
    assert len(house.charges()) == before
    assert read(house.settings.database_url, f"SELECT billed_until FROM {side}") == [(date(2026, 4, 1),)]


def test_a_run_comes_to_its_next_phase_beside_others_who_write_charges_of_it(
    house: House, at_work: tuple[BillingRun, Partition]
) -> None:
    run, partition = at_work
    # As a new charge locks it by its foreign key.
    with another_writer(house, f"SELECT id FROM billing_run WHERE id = {run.key} FOR KEY SHARE"):
        assert finish_phase(house.deployment, partition).phase is RunPhase.RETAIL


def test_a_run_that_ends_counts_what_is_being_posted(house: House, at_work: tuple[BillingRun, Partition]) -> None:
    run, _ = at_work
    done_beside(
        house,
        lambda: fail(house.deployment, run, "it went wrong"),
        """UPDATE billing_partition SET done_count = 1, amounts = '[["WHOLESALE", "USD", "10000000", 1]]'""",
    )
    with house.deployment.store.connection():
        ended = get_run(run.name)
    assert (ended.failure, ended.done_count) == ("it went wrong", 1)
    assert [amount.charge_count for amount in ended.amounts.values()] == [1]


def test_an_import_builds_on_the_fees_that_a_run_has_posted_meanwhile(house: House) -> None:
    account = "resellers/acme/customers/c1/accounts/a1"
    house.admin.CloseSubscription(name=f"{account}/subscriptions/s1", end_date=day("2026-01-15"))
    again = {"name": f"{account}/subscriptions/s2", "product": GOLD, "start_date": day("2026-01-20")}
    done_beside(
        house,
        lambda: house.admin.ImportBook(rows=[{"subscription": again}], last=True),
        # As a run does it that had charged the whole of January before the end was known.
        "SELECT id FROM subscription FOR UPDATE",
        "UPDATE wholesale_side SET billed_until = '2026-02-01', due_date = NULL",
    )
    made = house.admin.GetSubscription(name=str(again["name"])).subscription
    assert iso(made.wholesale_start_date) == "2026-02-01"
