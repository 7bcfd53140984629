"""Runs quitrent's command line until one of its threads is about to execute its n-th SQL statement, and kills then.

`killed.py self MainThread 120 bill --through 2026-03-31` kills the program, `hosts` the processes in
which its plugins live, and `both` first these and then the program. With 0 nothing is killed, and it
tells how many statements there were.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from quitrent.cli import main
from quitrent.services import bills, news

# Small, so that a few subscriptions make many batches.
BATCH = 4


def kill_at(whom: str, thread: str, number: int) -> list[str]:
    """Have every connection count what the thread executes, and give the list to which it is added."""
    executed: list[str] = []

    def count(statement: str) -> None:
        if threading.current_thread().name == thread:
            executed.append(statement)
            if len(executed) == number:
                for pid in (*(children() if whom != "self" else ()), *([os.getpid()] if whom != "hosts" else ())):
                    os.kill(pid, signal.SIGKILL)

    count_on_sqlite(count)
    count_on_postgresql(count)
    return executed


# Both call it before a statement is executed: a COMMIT at which it is killed has not happened. And
# Peewee takes its connections from the drivers' modules.


def count_on_sqlite(count: Callable[[str], None]) -> None:
    connect: Any = sqlite3.connect

    def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(count)
        return connection

    vars(sqlite3)["connect"] = connected


def count_on_postgresql(count: Callable[[str], None]) -> None:
    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            count(query)
            return super().execute(query, *args, **kwargs)

        def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
            count(statement)
            return super().copy(statement, *args, **kwargs)

    connect: Any = psycopg.connect
    vars(psycopg)["connect"] = lambda **kwargs: connect(cursor_factory=Counting, **kwargs)


def children() -> list[int]:
    """The processes that this one has started."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]


if __name__ == "__main__":
    bills.BATCH = news.BATCH = BATCH
    found = kill_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    del sys.argv[1:4]
    try:
        main()
    finally:
        sys.stderr.write("\n".join(statement.split()[0] for statement in found))
