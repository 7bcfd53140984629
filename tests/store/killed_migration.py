"""Opens databases as the program does, each in a process of its own that is killed before its n-th SQL statement.

`killed_migration.py 5 URL URL URL`: the first is not disturbed, the second is killed before its fifth
statement, the third before its tenth. Prints how many statements each had come to.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from quitrent.store.database import open_store
from quitrent.store.postgresql_pool import Pooled
from quitrent.store.sqlite import StrictSqlite


class Counting:
    """A cursor that counts what it executes, BEGIN and COMMIT among it."""

    executed = 0
    kill_before = 0

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, *statement: object) -> object:
        Counting.executed += 1
        if Counting.executed == Counting.kill_before:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._cursor.execute(*statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Any:
        return iter(self._cursor)


def opened(url: str, kill_before: int) -> int:
    """Open a database in a process of its own, and give how many statements that took; -1 where it was killed."""
    ours, its = os.pipe()
    child = os.fork()
    if not child:
        Counting.kill_before = kill_before
        open_store(url).close()
        os.write(its, str(Counting.executed).encode())
        os._exit(0)
    os.close(its)
    _, status = os.waitpid(child, 0)
    counted = int(os.read(ours, 20) or -1)
    os.close(ours)
    assert (counted == -1) == (os.waitstatus_to_exitcode(status) == -signal.SIGKILL), status
    return counted


def counting(cursor: Any) -> Any:
    """Have a database give cursors that count."""
    return lambda database, named_cursor=None: Counting(cursor(database, named_cursor))


if __name__ == "__main__":
    for database in (StrictSqlite, Pooled):
        database.cursor = counting(database.cursor)
    every = int(sys.argv[1])
    sys.stdout.write(" ".join(str(opened(url, number * every)) for number, url in enumerate(sys.argv[2:])))
