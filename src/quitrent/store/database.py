"""The store: a database that is up to date, and the transactions in which it is read and written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import peewee
from playhouse.pool import MaxConnectionsExceeded

from quitrent.domain.errors import Reason, Unavailable
from quitrent.store.catalog_version import catalog_changes
from quitrent.store.errors import StoreError
from quitrent.store.migrating import migrate
from quitrent.store.row import Row
from quitrent.store.sqlite import Sqlite
from quitrent.store.tables import TABLES

_log = logging.getLogger(__name__)

__all__ = ["Store", "StoreError", "database_exists", "open_store", "shown", "up_to_date"]


class Backend(Protocol):
    """What a kind of database does in its own way."""

    url: str
    database: Any

    def why_unavailable(self, error: Exception) -> str | None:
        """Say for callers why an error keeps everyone from the database; None for a fault of ours."""

    def exists(self) -> bool:
        """Whether there is a database."""

    def opened(self) -> AbstractContextManager[None]:
        """Hold a first connection, with which the schema is brought up to date."""

    def alone(self) -> AbstractContextManager[object]:
        """Hold a transaction that alone may write."""

    def within(self, names: list[str]) -> AbstractContextManager[object]:
        """Hold a transaction that keeps to what has these names."""

    def with_accounts(self) -> AbstractContextManager[object]:
        """Hold a transaction that alone changes accounts and what they have."""

    def beside_others(self) -> AbstractContextManager[object]:
        """Hold a transaction that locks what it reads itself."""

    def snapshot(self) -> AbstractContextManager[object]:
        """Hold a transaction whose reads all see the same state."""


class Store:
    """A database that is up to date; use it in `with store.connection():`."""

    def __init__(self, backend: Backend) -> None:
        """Take an opened database; `open_store` is how to get one."""
        self._backend, self._database = backend, backend.database

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Hold a connection for the calling thread; inside of one that is held, that one.

        Errors: Unavailable where the database is busy, full, read-only or out of reach.
        """
        # Each thread has the tables bound to the database that it used last.
        if Row._meta.database is not self._database:
            self._database.bind([Row, *TABLES], bind_refs=False, bind_backrefs=False)
        if not self._database.is_closed():
            yield
            return
        try:
            with self._database.connection_context():
                yield
        except (peewee.DatabaseError, peewee.InterfaceError, MaxConnectionsExceeded) as error:
            why = self._backend.why_unavailable(error)
            if why is None:
                raise
            _log.warning("the database cannot be used: %s", _in_one_line(error))
            raise Unavailable(Reason.DATABASE_UNAVAILABLE, why) from error

    @contextmanager
    def write(self) -> Iterator[None]:
        """Hold a connection and a transaction that alone may write; all of it counts, or nothing.

        What is kept of the catalog is read anew after it.
        """
        with self.connection(), self._backend.alone(), catalog_changes():
            yield

    @contextmanager
    def write_within(self, *names: str) -> Iterator[None]:
        """Hold a transaction that keeps to what has these names: an account with its subscriptions, a request.

        It may read the catalog, which does not change meanwhile, and changes nothing of it.
        """
        with self.connection(), self._backend.within(list(names)):
            yield

    @contextmanager
    def write_accounts(self) -> Iterator[None]:
        """Hold a transaction that alone makes and changes parties and what accounts have, beside runs.

        It may read the catalog, and locks the subscriptions that it reads itself.
        """
        with self.connection(), self._backend.with_accounts():
            yield

    @contextmanager
    def write_batch(self) -> Iterator[None]:
        """Hold a transaction that may read the catalog, and locks the subscriptions that it reads itself."""
        with self.connection(), self._backend.beside_others():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold a connection on which several reads see the same state."""
        with self.connection(), self._backend.snapshot():
            yield

    @property
    def url(self) -> str:
        """The database's address, without its password."""
        return self._backend.url

    def in_transaction(self) -> bool:
        """Whether the calling thread is in a transaction."""
        return bool(self._database.in_transaction())

    def close(self) -> None:
        """Close the connections that nobody is using."""
        if not self._database.is_closed():
            self._database.close()
        self._database.close_idle()


def open_store(url: str, *, must_exist: bool = False) -> Store:
    """Open a database and bring its schema up to date.

    url: `sqlite:///quitrent.db`, a path from the working folder, `sqlite:////var/lib/quitrent.db`, or
    `postgresql://user:password@host/quitrent`.
    must_exist: whether a database that is not there is an error, and not made.
    Errors: StoreError.
    """
    with up_to_date(url, must_exist=must_exist) as backend:
        return Store(backend)


@contextmanager
def up_to_date(url: str, *, must_exist: bool = False) -> Iterator[Backend]:
    """Bring a database up to date, and hold the connection on which nobody else migrates it meanwhile.

    Errors: StoreError, as it is opened.
    """
    backend = _backend(url)
    with ExitStack() as held:
        with _told_to_operators(backend):
            if must_exist and not backend.exists():
                raise StoreError(
                    f"there is no database at {backend.url}; `quitrent serve` or `quitrent migrate` makes one"
                )
            held.enter_context(backend.opened())
            migrate(backend.database)
        yield backend


def database_exists(url: str) -> bool:
    """Whether there is a database at an address. Errors: StoreError, where it is no address or out of reach."""
    backend = _backend(url)
    with _told_to_operators(backend):
        return backend.exists()


@contextmanager
def _told_to_operators(backend: Backend) -> Iterator[None]:
    try:
        yield
    except peewee.OperationalError as error:
        raise StoreError(f"{backend.url} cannot be opened: {_in_one_line(error)}") from error
    except peewee.DatabaseError as error:
        raise StoreError(f"{backend.url} is not a database of quitrent's: {_in_one_line(error)}") from error


def shown(url: str) -> str:
    """Give an address as it may be shown: without the password. Errors: StoreError, where it is no address."""
    return _backend(url).url


def _backend(url: str) -> Backend:
    match urlsplit(url).scheme:
        case "sqlite":
            return Sqlite(url)
        case "postgresql" | "postgres":
            # Its driver takes a tenth of a second to import.
            from quitrent.store.postgresql import Postgresql  # noqa: PLC0415

            return Postgresql(url)
        case _:
            raise StoreError(
                f"the database's address is {url}; it has to be like sqlite:///quitrent.db "
                "or postgresql://user@host/quitrent"
            )


def _in_one_line(error: Exception) -> str:
    """Give what a driver says, which may be a line for each address that it has tried."""
    return " ".join(f"{error}".split())
