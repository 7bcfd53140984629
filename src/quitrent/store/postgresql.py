"""PostgreSQL 15 and later: many writers at once, which lock what they read and change.

Every transaction is READ COMMITTED, and takes its locks in this order, so that none wait in a ring:

1. the books: alone (the catalog, prices and rules change), or shared with all who only use them;
2. accounts: all of them (an import, which has too many for a lock each), or shared with all who
   change one;
3. names: the account that a call changes, and its request_id;
4. subscriptions, in the order of their places, each before its sides;
5. explanations, in the order of their digests;
6. a run, and then its partitions, in the order of their keys.

Runs take no account: they go on beside an import, and it waits for the subscriptions of their batches.

A statement that waits for a row gets it as it is by then, and what it reads beside it as it was when
it began. So whoever decides by what another writer may be changing locks just that (`kept.for_update`),
or reads it in a statement of its own after the lock.

SERIALIZABLE would need none of these, and would have the batches of two workers, which both read
and write pages of one table, fail each other again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import peewee
import psycopg
from playhouse.pool import MaxConnectionsExceeded
from psycopg.conninfo import conninfo_to_dict

from quitrent.store.errors import StoreError
from quitrent.store.postgresql_pool import CommitInDoubtError, Pooled
from quitrent.store.unavailable import BUSY, FULL, IN_DOUBT, READ_ONLY

OLDEST_VERSION = 150000

# How long a call waits for a connection, for the server, and for a lock.
WAIT_SECONDS = 5
LONGEST_STATEMENT_SECONDS = 60

# More than a server has threads: each call holds one connection, and so does each thread of the biller.
MOST_CONNECTIONS = 64

# The first key of our advisory locks, so that another program's are not met.
BOOKS, _NAMES, _MIGRATIONS, _ACCOUNTS = 0x71750001, 0x71750002, 0x71750003, 0x71750004

_LOCK_SUBSCRIPTIONS = (
    "SELECT subscription.id FROM account JOIN subscription ON account_id = account.id WHERE account.name IN ({}) "
    "ORDER BY subscription.id FOR NO KEY UPDATE OF subscription"
)

_CONNECTION: dict[str, str | int] = {
    "application_name": "quitrent",
    "connect_timeout": WAIT_SECONDS,
    # A machine that is gone says nothing, and the system would wait for it for a quarter of an hour.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_SESSION = {
    "lock_timeout": f"{WAIT_SECONDS}s",
    "statement_timeout": f"{LONGEST_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{LONGEST_STATEMENT_SECONDS}s",
}

# What errors mean that are not plainly of the server or of the way to it.
_WHY = {
    "53100": FULL,
    # A server that only follows another one, as after a change of which one leads.
    "25006": READ_ONLY,
    # We have been still for too long in a transaction, as when a machine was stopped for a while.
    "25P03": BUSY,
    "25P04": BUSY,
}


class Postgresql:
    """What the store needs to know of PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Take an address, like `postgresql://user:password@host:5432/quitrent`."""
        self.url = _without_password(url)
        # The short form of the scheme is known to PostgreSQL and not to Peewee.
        self.database: Any = Pooled(
            url.replace("postgres://", "postgresql://", 1),
            prefer_psycopg3=True,
            autoconnect=False,
            max_connections=MOST_CONNECTIONS,
            timeout=WAIT_SECONDS,
            **_connection_settings(url),
        )

    def why_unavailable(self, error: Exception) -> str | None:
        """Say for callers why an error keeps everyone from the database; None for a fault of ours."""
        if isinstance(error, MaxConnectionsExceeded):
            return BUSY
        if not isinstance(error, peewee.DatabaseError | peewee.InterfaceError):
            return None
        if isinstance(error, CommitInDoubtError):
            return IN_DOUBT
        state = getattr(getattr(error, "orig", None), "sqlstate", None)
        if state in _WHY:
            return _WHY[state]
        return BUSY if isinstance(error, peewee.OperationalError | peewee.InterfaceError) else None

    def exists(self) -> bool:
        """Whether there is a database of ours. One that is out of reach is not said to be missing."""
        self.database.connect()
        try:
            return bool(self.database.table_exists("schema_migration"))
        finally:
            self.database.manual_close()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold a first connection, on which nobody else migrates meanwhile, however long it takes."""
        self.database.connect()
        try:
            version = self.database.server_version
            if version < OLDEST_VERSION:
                raise StoreError(f"{self.url} is PostgreSQL {version // 10000}; it has to be 15 or later")
            self.database.execute_sql("SET lock_timeout = 0")
            self.database.execute_sql("SET statement_timeout = 0")
            self.database.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATIONS,))
            yield
        finally:
            # The session has settings of its own and perhaps the lock: it is not given back to the pool.
            self.database.manual_close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a transaction that alone may write, from its start on."""
        with self.database.atomic():
            self.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (BOOKS,))
            yield

    @contextmanager
    def within(self, names: list[str]) -> Iterator[None]:
        """Hold a transaction that keeps to what has these names, and to the subscriptions of an account among them."""
        with self.database.atomic():
            # It calls them one after the other, in one turn to the server and back.
            ours = ", pg_advisory_xact_lock(%s, hashtext(%s))" * len(names)
            self.database.execute_sql(
                f"SELECT pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock_shared(%s){ours}",
                (BOOKS, _ACCOUNTS, *(part for name in sorted(names) for part in (_NAMES, name))),
            )
            # A list of places and not an array: such a query is planned once.
            places = ", ".join(["%s"] * len(names))
            self.database.execute_sql(_LOCK_SUBSCRIPTIONS.format(places), names)
            yield

    @contextmanager
    def with_accounts(self) -> Iterator[None]:
        """Hold a transaction that alone changes accounts and what they have."""
        with self.beside_others():
            self.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_ACCOUNTS,))
            yield

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Hold a transaction that locks the subscriptions that it reads itself."""
        with self.database.atomic():
            self.database.execute_sql("SELECT pg_advisory_xact_lock_shared(%s)", (BOOKS,))
            yield

    def snapshot(self) -> Any:
        """Hold a transaction whose reads all see the same state."""
        return self.database.atomic("REPEATABLE READ")


def _connection_settings(url: str) -> dict[str, str | int]:
    """Give what we ask of every connection, where the address does not ask for something else."""
    try:
        asked = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise StoreError(f"the database's address is {_without_password(url)}: {error}") from error
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    settings = {name: value for name, value in _CONNECTION.items() if name not in asked}
    # Of two that set the same the last one counts.
    return {**settings, "options": f"{options} {asked.get('options') or ''}".strip()}


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = parts.username or ""
    # One may stand among the options too: `?password=` and `?sslpassword=`.
    options = "&".join(option for option in parts.query.split("&") if "password=" not in option)
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, query=options))
