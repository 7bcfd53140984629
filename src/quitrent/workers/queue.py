"""The queue: what is asked for, and how. Each thing waits in it once, however often it is asked for."""

from __future__ import annotations

import logging
from threading import Lock

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, AppNotOpen, ConnectorException

from quitrent.domain.billing_run import Partition

_log = logging.getLogger(__name__)

# The queue's name in the database, and those of its tasks.
BILLING = "billing"
LOOK, PARTITION, NEWS = "look", "partition", "news"

# How long a connection is waited for.
WAIT_SECONDS = 5

# A database that has vanished from the network says nothing; so it is asked whether it is there.
CONNECTION = {
    "application_name": "quitrent queue",
    "connect_timeout": WAIT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


class Queue:
    """Asks for jobs; where the database is out of reach the next look asks again."""

    def __init__(self, url: str) -> None:
        """Take the address of the database. Its pool is opened when it is needed."""
        self._app = App(
            connector=SyncPsycopgConnector(
                conninfo=url, kwargs=CONNECTION, min_size=0, max_size=2, timeout=WAIT_SECONDS
            )
        )
        self._opening = Lock()
        self._is_open = self._is_closed = False

    def ask_for_look(self, *, in_seconds: int = 0) -> None:
        """Ask for someone to see what is left to do of all runs."""
        # One that is to come later does not keep one away that is to come now.
        self._ask(LOOK, f"{LOOK}-later" if in_seconds else LOOK, in_seconds=in_seconds, priority=2)

    def ask_for_partition(self, partition: Partition) -> None:
        """Ask for the phase that a partition is at to be carried out."""
        place = f"{PARTITION}-{partition.key}"
        self._ask(PARTITION, f"{place}-{partition.phase}", lock=place, key=partition.key, phase=partition.phase.value)

    def ask_for_news(self) -> None:
        """Ask for the plugins to be told of what runs have done."""
        self._ask(NEWS, NEWS, lock=NEWS, priority=1)

    def close(self) -> None:
        """Let go of the database; nothing is asked for any more."""
        with self._opening:
            self._is_closed = True
            if self._is_open:
                self._app.close()

    def _ask(
        self,
        task: str,
        waits_as: str,
        *,
        lock: str | None = None,
        in_seconds: int = 0,
        priority: int = 0,
        **about: str | int,
    ) -> None:
        try:
            self._open()
            job = self._app.configure_task(
                task,
                queue=BILLING,
                lock=lock,
                queueing_lock=waits_as,
                priority=priority,
                schedule_in={"seconds": in_seconds} if in_seconds else None,
            )
            job.defer(**about)
        except AlreadyEnqueued:
            return
        except (ConnectorException, AppNotOpen):
            _log.warning("a job (%s) could not be asked for; the next look asks again", waits_as)

    def _open(self) -> None:
        # Several calls may be the first to ask.
        with self._opening:
            if not self._is_open and not self._is_closed:
                self._app.open()
                self._is_open = True


class QueuedRuns:
    """What a server has in the place of a biller where workers carry out runs: it asks for a look."""

    def __init__(self, queue: Queue) -> None:
        """Take the queue."""
        self._queue = queue

    def start(self) -> None:
        """Have someone look: a run may have been asked for just before this server's database went away."""
        self._queue.ask_for_look()

    def wake(self) -> None:
        """Say that there is a new run."""
        self._queue.ask_for_look()

    def stop(self, grace_seconds: int) -> None:  # noqa: ARG002 -- as a biller is stopped.
        """Let go of the queue."""
        self._queue.close()
