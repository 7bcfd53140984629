"""A billing run on a database whose file system is recorded, and what may be asked of a folder after a cut.

SQLite is the one of apsw while it is recorded, and Python's own before and afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playhouse.apsw_ext import APSWDatabase

from quitrent.domain.billing_run import RunState
from quitrent.hooks.manager import Plugins
from quitrent.services.biller import carry_out_unfinished
from quitrent.services.deployment import Deployment
from quitrent.services.runs import ask_for_run, get_run
from quitrent.store.database import Store, open_store
from quitrent.store.sqlite import Sqlite
from tests.benchmarks.book import fill
from tests.store.power_cut import Disk, Files, Recorder, Step
from tests.store.test_books import COPY

RUN = "billingRuns/2026-03-31-1"
# Small, so that a short run has many checkpoints.
CHECKPOINT_PAGES = 30

CHARGES = """
    SELECT subscription.name, charge.side, charge.reason, charge.period_start, charge.period_end,
        charge.due_date, charge.amount_micros, charge.currency, explanation.steps
    FROM charge JOIN subscription ON subscription.id = charge.subscription_id
        JOIN explanation ON explanation.id = charge.explanation_id
"""
Charges = frozenset[tuple[object, ...]]


@dataclass
class Recording:
    """What a run did to a folder, and after how many steps it was told that some charges are in the books."""

    before: Files
    steps: list[Step]
    acknowledged: list[tuple[int, Charges]] = field(default_factory=list)

    def cuts(self) -> Iterator[tuple[Disk, Charges]]:
        """Give the disk, and what had been acknowledged: before the first step, and after each one."""
        disk = Disk(self.before)
        yield disk, frozenset()
        for number, step in enumerate(self.steps, start=1):
            disk.take(step)
            yield disk, self._acknowledged_by(number)

    def states(self) -> set[Charges]:
        """Give what was in the books after each of the transactions, and before them."""
        return {frozenset(), *(charges for _, charges in self.acknowledged)}

    def _acknowledged_by(self, number: int) -> Charges:
        return next((charges for after, charges in reversed(self.acknowledged) if after <= number), frozenset())


class _Unpooled(APSWDatabase):  # type: ignore[misc]  # playhouse has no types
    """Closes each connection, so that the log is made and deleted with it."""

    def close_idle(self) -> None:
        """Keep none."""

    def cursor(self, named_cursor: object = None) -> Any:
        return _Cursor(super().cursor(), self.connection())


class _Cursor:
    """A cursor of apsw with what Python's own tells after writing."""

    def __init__(self, cursor: Any, connection: Any) -> None:
        self._cursor, self._connection = cursor, connection
        self._before = connection.total_changes()

    @property
    def rowcount(self) -> int:
        return int(self._connection.total_changes() - self._before)

    @property
    def lastrowid(self) -> int:
        return int(self._connection.last_insert_rowid())

    def executemany(self, text: str, rows: list[list[object]]) -> _Cursor:
        self._cursor.executemany(text, rows)
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)


class AcknowledgingStore(Store):
    """Notes which charges are in the books whenever a transaction has been acknowledged."""

    def __init__(self, backend: Sqlite, recording: Recording) -> None:
        super().__init__(backend)
        self._recording = recording

    @contextmanager
    def write_batch(self) -> Iterator[None]:
        with super().write_batch():
            yield
            charges = frozenset(self._database.execute_sql(CHARGES))
        if not self.in_transaction():
            self._recording.acknowledged.append((len(self._recording.steps), charges))


def recorded(prepared: Files, *, hold: bool, **weaker: str) -> Recording:
    """Carry the run out with the settings of the store, or with weaker ones.

    hold: whether a connection is open all the while, as in a server at work; otherwise each
    transaction has one of its own, and the log is made and deleted with it.
    """
    with folder_with(prepared) as folder:
        backend = Sqlite(f"sqlite:///{folder}/quitrent.db")
        recorder = Recorder(folder)
        recording = Recording(recorder.before, recorder.steps)
        opened = backend.database
        settings = {**dict(opened._pragmas), "wal_autocheckpoint": CHECKPOINT_PAGES, **weaker}
        backend.database = _Unpooled(opened.database, pragmas=settings, autoconnect=False, vfs=recorder.name)
        store = AcknowledgingStore(backend, recording)
        with store.connection() if hold else nullcontext():
            carry_out_unfinished(_deployment(store), Event())
        recorder.unregister()
    return recording


def prepared_run(subscriptions: int) -> Files:
    """Make a database with a run over three months that has been asked for and not begun."""
    with folder_with({}) as folder:
        with closing(_deployment(open_store(f"sqlite:///{folder}/quitrent.db"))) as deployment:
            fill(deployment, subscriptions)
            with deployment.store.write():
                ask_for_run(deployment, date(2026, 3, 31))
        return {"quitrent.db": (folder / "quitrent.db").read_bytes()}


def found_in(files: Files) -> Charges:
    """Open what is there after a cut, check what holds of every database of ours, and give the charges."""
    with folder_with(files) as folder, closing(sqlite3.connect(folder / "quitrent.db", isolation_level=None)) as books:
        # Power is not lost a second time.
        books.execute("PRAGMA synchronous = OFF")
        assert books.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert books.execute("PRAGMA foreign_key_check").fetchall() == []
        charges = books.execute(CHARGES).fetchall()
        for statement in (COPY, "UPDATE charge SET amount_micros = 0", "DELETE FROM charge") if charges else ():
            with pytest.raises(sqlite3.IntegrityError):
                books.execute(statement)
        return frozenset(charges)


def taken_up(files: Files) -> Charges:
    """Start again on what is there, as a server does, and give the charges in the end."""
    with folder_with(files) as folder:
        with closing(_deployment(open_store(f"sqlite:///{folder}/quitrent.db"))) as deployment:
            carry_out_unfinished(deployment, Event())
            with deployment.store.connection():
                assert get_run(RUN).state is RunState.SUCCEEDED
        with closing(sqlite3.connect(folder / "quitrent.db")) as books:
            return frozenset(books.execute(CHARGES))


@contextmanager
def folder_with(files: Files) -> Iterator[Path]:
    """A folder that is there for a while."""
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder)


def _deployment(store: Store) -> Deployment:
    return Deployment(store, Plugins(), ZoneInfo("UTC"), lambda: datetime(2026, 4, 15, 12, tzinfo=UTC))
