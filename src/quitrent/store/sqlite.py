"""SQLite: a file beside the program, with settings that lose nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import peewee
from playhouse.pool import PooledSqliteDatabase

from quitrent.store.errors import StoreError
from quitrent.store.unavailable import BROKEN, BUSY, FULL, READ_ONLY

# How long a writer waits for the one before it.
BUSY_TIMEOUT_SECONDS = 5
RETRY_SECONDS = 0.05

PRAGMAS = {
    "journal_mode": "wal",
    # NORMAL would lose acknowledged commits at a power cut.
    "synchronous": "full",
    "foreign_keys": 1,
    # With it REPLACE meets the triggers that keep charges from being deleted.
    "recursive_triggers": 1,
    # 8 MiB a connection: with 2, a run would read the pages of its indexes again and again.
    "cache_size": -8_192,
    # In pages: a run changes the same ones with every batch, which need not reach the file each time.
    "wal_autocheckpoint": 10_000,
}

_WHY = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_CANTOPEN: BUSY,
    # What the system says of a file that may not grow, too.
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
}


class StrictSqlite(PooledSqliteDatabase):  # type: ignore[misc]  # playhouse has no types
    """SQLite whose column types are those that STRICT tables know."""

    field_types = {  # noqa: RUF012 -- Peewee reads it from the class.
        **peewee.SqliteDatabase.field_types,
        "BIGINT": "INTEGER",
        "BOOL": "INTEGER",
        "DATE": "TEXT",
    }

    def rollback(self) -> None:
        """Roll back, unless SQLite has done so with the error itself, which another one would hide."""
        if self.connection().in_transaction:
            super().rollback()

    def savepoint(self) -> Any:
        """Hold a part of a transaction that may be rolled back by itself."""
        return _Savepoint(self)


class _Savepoint(peewee._savepoint):
    def rollback(self, begin: bool = True) -> None:  # noqa: FBT001, FBT002 -- as Peewee calls it.
        """Roll back, unless SQLite has done so with the whole transaction: a disk without room ends that."""
        if self.db.connection().in_transaction:
            super().rollback(begin)


class Sqlite:
    """What the store needs to know of SQLite. One writer at a time: whoever writes is alone."""

    def __init__(self, url: str) -> None:
        """Take an address. Errors: StoreError."""
        self.url = url
        self._path = _path_in(url)
        self.database: Any = StrictSqlite(
            str(self._path),
            # The pool has taken the word timeout for itself.
            pragmas={"busy_timeout": int(BUSY_TIMEOUT_SECONDS * 1_000), **PRAGMAS},
            autoconnect=False,
            max_connections=None,
            check_same_thread=False,
        )

    def why_unavailable(self, error: Exception) -> str | None:
        """Say for callers why an error keeps everyone from the database; None for a fault of ours."""
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
        # The upper bits tell more than is needed here.
        return None if code is None else _WHY.get(code & 0xFF)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def alone(self) -> Any:
        """Hold a transaction that alone may write, from its start on."""
        return self.database.atomic("IMMEDIATE")

    def within(self, names: list[str]) -> Any:  # noqa: ARG002 -- every writer is alone here.
        """Hold a transaction that keeps to what has these names."""
        return self.alone()

    def with_accounts(self) -> Any:
        """Hold a transaction that alone changes accounts."""
        return self.alone()

    def beside_others(self) -> Any:
        """Hold a transaction that locks what it reads itself."""
        return self.alone()

    def snapshot(self) -> Any:
        """Hold a transaction whose reads all see the same state."""
        return self.database.atomic()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold a first connection. SQLite does not wait by itself where another is turning the log on."""
        give_up = monotonic() + BUSY_TIMEOUT_SECONDS
        while True:
            try:
                self.database.connect()
                break
            except peewee.OperationalError as error:
                if "locked" not in str(error) or monotonic() > give_up:
                    raise
                sleep(RETRY_SECONDS)
        try:
            yield
        finally:
            self.database.close()


def _path_in(url: str) -> Path:
    path = Path(urlsplit(url).path[1:])
    if urlsplit(url).netloc or not path.name:
        raise StoreError(f"the database's address is {url}; it has to be like sqlite:///quitrent.db")
    if not path.parent.is_dir():
        raise StoreError(f"{url}: there is no folder {path.parent}")
    return path
