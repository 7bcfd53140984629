"""PostgreSQL 15 and later: many writers at once, which lock what they read and change.

Every transaction is READ COMMITTED, and takes its locks in this order, so that none wait in a ring:

1. the books: alone (the catalog, prices and rules change), or shared with all who only use them;
2. names: the account that a call changes, and its request_id;
3. subscriptions, in the order of their places, each before its sides;
4. explanations, in the order of their digests;
5. a run, and then its partitions, in the order of their keys.

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
from playhouse.pool import PooledPostgresqlDatabase

from quitrent.store.errors import StoreError

OLDEST_VERSION = 150000

# How long a call waits for a connection, for the server, and for a lock.
WAIT_SECONDS = 5
LONGEST_STATEMENT_SECONDS = 60

# More than a server has threads: each call holds one connection, and so does each thread of the biller.
MOST_CONNECTIONS = 64

# The first key of our advisory locks, so that another program's are not met.
BOOKS, _NAMES, _MIGRATIONS = 0x71750001, 0x71750002, 0x71750003

_SESSION = {
    "lock_timeout": f"{WAIT_SECONDS}s",
    "statement_timeout": f"{LONGEST_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{LONGEST_STATEMENT_SECONDS}s",
}


class Pooled(PooledPostgresqlDatabase):  # type: ignore[misc]  # playhouse has no types
    """PostgreSQL whose whole numbers are all of 64 bits, through a pool of connections."""

    field_types = {  # noqa: RUF012 -- Peewee reads it from the class.
        **peewee.PostgresqlDatabase.field_types,
        "AUTO": "BIGSERIAL",
        "INT": "BIGINT",
    }


class Postgresql:
    """What the store needs to know of PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Take an address, like `postgresql://user:password@host:5432/quitrent`."""
        self.url = _without_password(url)
        self.database: Any = Pooled(
            url,
            prefer_psycopg3=True,
            autoconnect=False,
            max_connections=MOST_CONNECTIONS,
            timeout=WAIT_SECONDS,
            connect_timeout=WAIT_SECONDS,
            application_name="quitrent",
            options=" ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
        )

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
        with self.beside_others():
            for name in sorted(names):
                self.database.execute_sql("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_NAMES, name))
            self.database.execute_sql(
                "SELECT id FROM subscription WHERE account_id IN (SELECT id FROM account WHERE name = ANY(%s)) "
                "ORDER BY id FOR NO KEY UPDATE",
                (names,),
            )
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


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = parts.username or ""
    # One may stand among the options too: `?password=` and `?sslpassword=`.
    options = "&".join(option for option in parts.query.split("&") if "password=" not in option)
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, query=options))
