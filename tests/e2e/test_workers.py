"""Workers as programs of their own: killed, stopped, refused, cut off from the database; the books are always whole.

`QUITRENT_WORKER_KILLS=50 uv run pytest tests/e2e/test_workers.py --timeout=0` kills a worker at fifty moments.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import chdir
from decimal import Decimal
from pathlib import Path
from signal import SIGKILL
from time import monotonic
from typing import Any

import pytest
from click.testing import CliRunner

from quitrent.cli import quitrent
from tests.databases import read
from tests.e2e.crew import OTHERS, OURS, Books, Crew, held, prepared
from tests.e2e.proxy import Proxy
from tests.harness import text_of, wait_for

KILLS = int(os.environ.get("QUITRENT_WORKER_KILLS", "1"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def crew(template: tuple[str, str], tmp_path: Path) -> Iterator[Crew]:
    opened = Crew(tmp_path, *template)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def undisturbed(template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books after a run that a server carried out by itself."""
    crew = Crew(tmp_path_factory.mktemp("undisturbed"), *template)
    crew.admin = crew.serve(OURS, runs="server")
    crew.finished(crew.start_run())
    books = crew.books()
    crew.close()
    assert all(len(found) > 10 for found in books)
    return books


def count(crew: Crew, query: str) -> int:
    [(found,)] = read(crew.url, query)
    return int(found)


def check_finished(crew: Crew, run: Any, undisturbed: Books) -> None:
    """Everything is there once, and what the run says of itself is so."""
    assert crew.books() == undisturbed
    for side in run.amounts:
        charged = crew.admin.ListCharges(billing_run=run.name, side=side.side, page_size=1000).charges
        assert len(charged) == side.charge_count
        assert f"{sum(Decimal(text_of(one.amount)) for one in charged)}" == text_of(side.amount)
    assert run.done_count == run.total_count


def test_two_workers_share_a_run_that_is_cancelled_and_continued_and_leave_nothing_in_the_queue(
    crew: Crew, undisturbed: Books
) -> None:
    crew.admin = crew.serve_alone()
    workers = [crew.work(), crew.work()]
    for worker in workers:
        wait_for(lambda worker=worker: worker.has_said("takes parts of runs"))  # type: ignore[misc]
    run = crew.start_run()
    wait_for(lambda: bool(crew.posted_count()))
    crew.admin.CancelBillingRun(name=run)
    posted = crew.posted_count()
    assert posted < len(undisturbed[0])
    wait_for(lambda: not count(crew, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'partition'"))
    cancelled = crew.run(run)
    assert (crew.posted_count(), cancelled.state) == (posted, cancelled.STATE_CANCELLED)
    crew.admin.ContinueBillingRun(name=run)
    check_finished(crew, crew.finished(run), undisturbed)
    assert all(worker.has_said("its partition") for worker in workers)
    assert [worker.stop() for worker in workers] == [0, 0]
    # What is left is at the most one look, and the news that it asks for.
    assert count(crew, "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo'") == 0
    assert count(crew, "SELECT count(*) FROM procrastinate_jobs") <= 2
    assert count(crew, "SELECT count(*) FROM procrastinate_events") <= 2
    assert count(crew, "SELECT count(*) FROM procrastinate_workers") == 0


@pytest.mark.parametrize("number", range(KILLS))
def test_what_a_killed_worker_was_at_is_finished_by_another_after_its_lease(
    crew: Crew, undisturbed: Books, number: int
) -> None:
    # One that works alone executes some eight hundred statements. Each second time there is another one beside it.
    is_alone = number % 2 == 0
    moment = random.Random(number).randrange(1, 750 if is_alone else 350)
    run = crew.start_run()
    killed = crew.work(kill_at=moment)
    if not is_alone:
        crew.work()
    assert killed.process.wait(timeout=30) == -SIGKILL
    if is_alone:
        crew.work()
    check_finished(crew, crew.finished(run), undisturbed)


def test_a_worker_with_other_settings_is_refused_and_keeps_nobody_from_work(crew: Crew, undisturbed: Books) -> None:
    run = crew.start_run()
    wrong = crew.work(settings=OTHERS)
    wait_for(lambda: wrong.has_said("this worker is refused"))
    assert not crew.posted_count()
    right = crew.work()
    check_finished(crew, crew.finished(run), undisturbed)
    assert len([line for line in right.said() if "its partition" in line]) == 15
    assert not wrong.has_said("its partition")
    assert len([line for line in wrong.said() if "refused" in line]) == 1


def test_a_worker_that_is_told_to_stop_leaves_the_rest_which_goes_on_at_a_server_with_the_plugins_of_another(
    crew: Crew, undisturbed: Books
) -> None:
    run = crew.start_run()
    # The lease of one that says that it goes is not waited for.
    going = crew.work(lease_seconds=3_600)
    with held(crew, "retail_side"):
        going.process.terminate()
        wait_for(lambda: going.has_said("stops after the batch"))
    told = monotonic()
    assert going.process.wait(timeout=30) == 0
    assert monotonic() - told < 10
    posted = crew.posted_count()
    assert len(fees(undisturbed)) < posted < len(undisturbed[0])
    there = crew.work(settings=OTHERS)
    wait_for(lambda: there.has_said("this worker is refused"))
    assert crew.posted_count() == posted
    other = crew.serve(OTHERS)
    other.CancelBillingRun(name=run)
    other.ContinueBillingRun(name=run)
    finished = crew.finished(run)
    assert [remark[:28] for remark in finished.remarks] == ["went on with the plugins mar"]
    assert there.has_said("its partition")
    assert fees(crew.books()) == fees(undisturbed)


def fees(books: Books) -> list[tuple[str, ...]]:
    return [charge for charge in books[0] if "/wholesale-" in charge[0]]


def test_a_worker_whose_database_goes_away_waits_for_it_and_goes_on(crew: Crew, undisturbed: Books) -> None:
    with Proxy(crew.url) as proxy:
        worker = crew.work(url=proxy.url)
        run = crew.start_run()
        with held(crew, "retail_side"):
            proxy.cut()
        wait_for(lambda: worker.has_said("the database is out of reach, and the worker waits for it"))
        proxy.restore()
        check_finished(crew, crew.finished(run), undisturbed)
        assert worker.has_said("the database is there again")
        assert not worker.has_said("Traceback")
        proxy.cut()
        wait_for(lambda: len([line for line in worker.said() if "the worker waits" in line]) == 2)
        assert worker.stop() == 0


# Where the data is | what is wrong with it
NO_PLACES: dict[str, Callable[[Crew], tuple[str, str]]] = {
    "SQLite": lambda _: ("sqlite:///quitrent.db", "runs: workers need PostgreSQL, and the data is at sqlite:///"),
    "nobody": lambda _: ("postgresql://me@localhost:1/quitrent", "quitrent cannot be opened: connection failed"),
    "none": lambda crew: (crew.url.replace("/crew_", "/no_crew_"), "does not exist"),
}


@pytest.mark.parametrize("place", NO_PLACES.values(), ids=NO_PLACES)
def test_a_worker_that_has_no_queue_says_so_in_one_line(
    crew: Crew, place: Callable[[Crew], tuple[str, str]], tmp_path: Path
) -> None:
    url, wrong = place(crew)
    with chdir(tmp_path):
        ended = CliRunner().invoke(quitrent, ["--database-url", url, "worker"])
    assert ended.exit_code == 1
    [line] = ended.stderr.splitlines()
    assert wrong in line
