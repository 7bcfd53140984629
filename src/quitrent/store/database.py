"""The database: opened with settings that lose nothing, brought up to date, one connection a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import peewee
from playhouse.migrations import Runner

from quitrent.domain.errors import Reason, Unavailable
from quitrent.store.tables import TABLES

MIGRATIONS = Path(__file__).parent / "migrations"

# How long a writer waits for the one before it.
BUSY_TIMEOUT_SECONDS = 5
RETRY_SECONDS = 0.05

_PRAGMAS = {
    "journal_mode": "wal",
    # NORMAL would lose acknowledged commits at a power cut.
    "synchronous": "full",
    "foreign_keys": 1,
    # With it REPLACE meets the triggers that keep charges from being deleted.
    "recursive_triggers": 1,
}


class StoreError(Exception):
    """The database cannot be used; the text says why, for the operator."""


class _StrictSqlite(peewee.SqliteDatabase):
    """SQLite whose column types are those that STRICT tables know."""

    field_types = {  # noqa: RUF012 -- Peewee reads it from the class.
        **peewee.SqliteDatabase.field_types,
        "BIGINT": "INTEGER",
        "BOOL": "INTEGER",
        "DATE": "TEXT",
    }


class Store:
    """A database that is up to date; use it in `with store.connection():`."""

    def __init__(self, database: peewee.Database) -> None:
        """Take an opened database; `open_store` is how to get one."""
        self._database = database

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Hold a connection for the calling thread; inside of one that is held, that one.

        Errors: Unavailable where the database is busy or out of reach.
        """
        # Each thread has the tables bound to the database that it used last.
        if TABLES[0]._meta.database is not self._database:
            self._database.bind(TABLES, bind_refs=False, bind_backrefs=False)
        try:
            with nullcontext() if not self._database.is_closed() else self._database.connection_context():
                yield
        except peewee.OperationalError as error:
            raise Unavailable(
                Reason.DATABASE_UNAVAILABLE, "the database is busy or out of reach; nothing was changed, try again"
            ) from error

    @contextmanager
    def write(self) -> Iterator[None]:
        """Hold a connection and a transaction that alone may write; all of it counts, or nothing."""
        with self.connection(), self._database.atomic("IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold a connection on which several reads see the same state."""
        with self.connection(), self._database.atomic():
            yield

    def in_transaction(self) -> bool:
        """Whether the calling thread is in a transaction."""
        return bool(self._database.in_transaction())

    def close(self) -> None:
        """Close what the calling thread still holds open."""
        if not self._database.is_closed():
            self._database.close()


def open_store(url: str, *, must_exist: bool = False) -> Store:
    """Open a database and bring its schema up to date.

    url: `sqlite:///quitrent.db`, a path from the working folder, or `sqlite:////var/lib/quitrent.db`.
    must_exist: whether a database that is not there is an error, and not made.
    Errors: StoreError.
    """
    path = _sqlite_path(url)
    if must_exist and not database_exists(url):
        raise StoreError(f"there is no database at {url}; `quitrent serve` or `quitrent migrate` makes one")
    database = _StrictSqlite(str(path), pragmas=_PRAGMAS, timeout=BUSY_TIMEOUT_SECONDS, autoconnect=False)
    try:
        _open(database)
    except peewee.OperationalError as error:
        raise StoreError(f"{url} cannot be opened: {error}") from error
    except peewee.DatabaseError as error:
        raise StoreError(f"{url} is not a database of quitrent's: {error}") from error
    return Store(database)


def database_exists(url: str) -> bool:
    """Whether there is a database at an address. Errors: StoreError, where it is no address."""
    return _sqlite_path(url).exists()


def _open(database: peewee.Database) -> None:
    """Connect for the first time. SQLite does not wait by itself where another is turning the log on."""
    give_up = monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            with database.connection_context():
                _migrate(database)
        except peewee.OperationalError as error:
            if "locked" not in str(error) or monotonic() > give_up:
                raise
            sleep(RETRY_SECONDS)
        else:
            return


def _sqlite_path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:
        raise StoreError(f"the database's address is {url}; it has to be like sqlite:///quitrent.db")
    path = Path(parts.path[1:])
    if not path.parent.is_dir():
        raise StoreError(f"{url}: there is no folder {path.parent}")
    return path


def _migrate(database: peewee.Database) -> None:
    runner = Runner(database, str(MIGRATIONS))
    unknown = sorted(migration.name for migration in runner.status() if migration.path is None)
    if unknown:
        raise StoreError(
            f"the database was made by a newer quitrent (it has {', '.join(unknown)}); use that one, or a backup"
        )
    if all(migration.applied for migration in runner.status()):
        return
    # Two servers may start at once; the second finds nothing left to do.
    with database.atomic("IMMEDIATE"):
        runner.up()
