"""What a batch of a run asks of the database: so many statements, however many subscriptions it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Any

import pytest

from quitrent import Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.domain.billing_run import RunState
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import bills, checking
from quitrent.services.billing import carry_out_partition, left_to_do
from quitrent.services.deployment import Deployment
from quitrent.services.runs import ask_for_run, get_run
from quitrent.settings import Settings
from quitrent.store import postgresql_pool, sqlite
from quitrent.store.billing_runs import find_run_by_key
from tests.benchmarks.book import fill
from tests.databases import fresh_database, raw, read

FEW, MANY = 50, 500
MONTHS = [date(2026, 1, 31), date(2026, 2, 28)]
# Every second one was suspended, and is put right; what has been settled of the others is not.
SUSPENSIONS = """
    INSERT INTO suspension (subscription_id, start_date, end_date, paused_days, carried_out)
    SELECT id, '2026-01-10', '2026-01-20', 'CREDIT', {} FROM subscription WHERE id - id / 2 * 2 = 0
"""


class Refuses:
    """Refuses the prices of every seventh account, and of every third: in February of other ones than in January."""

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        number = int(line.account.name.rpartition("/a")[2])
        is_refused = number % 7 == 0 or number % 3 == self.month
        return Review(Verdict.REFUSE, "not this one") if is_refused else None

    month = 0


@pytest.fixture(params=[False, True], ids=["sqlite", "postgresql"])
def on_postgresql(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Something for each statement from now on, COPY among them: a cursor is made for each."""
    made: list[None] = []
    for database in (postgresql_pool.Pooled, sqlite.StrictSqlite):
        cursor: Any = database.cursor

        def counted(self: Any, cursor: Any = cursor) -> Any:
            # Another test's server may have a thread that still looks at its own database.
            if current_thread() is main_thread():
                made.append(None)
            return cursor(self)

        monkeypatch.setattr(database, "cursor", counted)
    return made


def test_a_batch_of_many_takes_as_many_statements_as_one_of_few(
    tmp_path: Path, on_postgresql: bool, statements: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for size in (FEW, MANY):
        for module in (bills, checking):
            monkeypatch.setattr(module, "BATCH", size)
        folder = tmp_path / f"{size}"
        folder.mkdir()
        url = fresh_database(folder, on_postgresql=on_postgresql)
        counts.append(list(counted_phases(url, size, statements)))
        # Parked, parked again, charged after all, and put right.
        assert read(url, "SELECT DISTINCT attempt_count FROM parked_charge ORDER BY attempt_count") == [(1,), (2,)]
        assert read(
            url, "SELECT 1 FROM charge WHERE side = 'RETAIL' AND period_start = '2026-01-01' AND billing_run_id = 2"
        )
        assert read(url, "SELECT count(*) FROM suspension WHERE carried_out") == [(size // 2,)]
    few, many = counts
    assert [phase for phase, _ in few] == ["FEES", "RETAIL", "CHECK"] * len(MONTHS)
    assert few == many


def counted_phases(url: str, size: int, statements: list[None]) -> Iterator[tuple[str, int]]:
    """Carry out two runs over so many subscriptions, and give the statements that each of their phases takes."""
    plugins, refuses = Plugins(), Refuses()
    plugins.register("refuses", refuses)
    with closing(build_deployment(Settings(url), plugins)) as deployment:
        fill(deployment, size)
        with closing(raw(url)) as connection:
            connection.execute(SUSPENSIONS.format("false" if url.startswith("postgresql") else 0))
        for refuses.month, through in enumerate(MONTHS):
            yield from _run(deployment, through, statements)


def _run(deployment: Deployment, through: date, statements: list[None]) -> Iterator[tuple[str, int]]:
    with deployment.store.write():
        run = ask_for_run(deployment, through)
    while left := left_to_do(deployment):
        [partition] = left
        with deployment.store.connection():
            now = find_run_by_key(run.key)
        assert now is not None
        before = len(statements)
        carry_out_partition(deployment, now, partition, Event())
        yield str(partition.phase), len(statements) - before
    with deployment.store.connection():
        ended = get_run(run.name)
    assert ended.state is RunState.SUCCEEDED, ended.failure
