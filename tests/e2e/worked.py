"""Runs quitrent's command line with small partitions, and kills it when a job of a worker's is at its n-th statement.

`worked.py 120 worker --lease 1`; with 0 nothing is killed, and it tells how many statements there were.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from quitrent.cli import main
from quitrent.services import bills, checking, progress
from quitrent.store.postgresql_pool import Pooled
from quitrent.workers import queue, tasks

# Small, so that a few subscriptions make many partitions and batches.
PARTITION, BATCH = 5, 2


def kill_at(number: int) -> list[str]:
    """Count what jobs execute, and give the list to which it is added."""
    executed: list[str] = []
    execute: Any = Pooled.execute_sql

    def counted(database: Pooled, statement: str, *args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            executed.append(statement)
            if len(executed) == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(database, statement, *args, **kwargs)

    vars(sys.modules[Pooled.__module__])["Pooled"].execute_sql = counted
    return executed


if __name__ == "__main__":
    bills.BATCH = checking.BATCH = BATCH
    progress.PARTITION = PARTITION
    # So that little is waited for in vain.
    queue.WAIT_SECONDS = tasks.LOOK_AGAIN_SECONDS = 1
    found = kill_at(int(sys.argv[1]))
    del sys.argv[1:2]
    try:
        main()
    finally:
        sys.stdout.write(f"{len(found)} statements\n")
