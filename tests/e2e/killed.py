"""Runs quitrent's command line until one of its threads is about to execute its n-th SQL statement, and kills it then.

`killed.py MainThread 120 bill --through 2026-03-31`; with 0 it is not killed, and tells how many there were.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from typing import Any

from quitrent.cli import main
from quitrent.services import bills

# Small, so that a few subscriptions make many batches.
BATCH = 4


def kill_at(thread: str, number: int) -> list[str]:
    """Have every connection count what the thread executes, and give the list to which it is added."""
    executed: list[str] = []
    connect: Any = sqlite3.connect

    def count(statement: str) -> None:
        if threading.current_thread().name == thread:
            executed.append(statement)
            if len(executed) == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        # SQLite calls it before a statement is executed: a COMMIT at which it is killed has not happened.
        connection.set_trace_callback(count)
        return connection

    # Peewee takes its connections from the module.
    vars(sqlite3)["connect"] = connected
    return executed


if __name__ == "__main__":
    bills.BATCH = BATCH
    found = kill_at(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]
    try:
        main()
    finally:
        sys.stderr.write("\n".join(statement.split()[0] for statement in found))
