"""A worker: takes jobs until it is stopped, tells that it lives, and sees after those that do not."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from threading import Event
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.worker import Worker as JobWorker

from quitrent.services.deployment import Deployment
from quitrent.workers.queue import BILLING, LOOK, NEWS, PARTITION, Queue
from quitrent.workers.tasks import LOOK_AGAIN_SECONDS, Tasks

_log = logging.getLogger(__name__)

RETRY_SECONDS = 1


class Worker:
    """Takes partitions of runs, one at a time.

    A worker that has not said for `lease_seconds` that it lives loses what it was at to another one.
    """

    def __init__(self, deployment: Deployment, url: str, lease_seconds: int) -> None:
        """Take what carries out, and the database in which the queue is."""
        self._lease_seconds = lease_seconds
        self._stopping = Event()
        self._queue = Queue(url)
        self._app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
        tasks = Tasks(deployment, self._queue, self._stopping, self._pause)
        for name, task in ((LOOK, tasks.look), (PARTITION, tasks.partition), (NEWS, tasks.news)):
            self._app.task(name=name, queue=BILLING)(task)
        # Its methods have no types.
        self._jobs: Any = None
        self._wait_seconds = RETRY_SECONDS

    def stop(self) -> None:
        """Have it end after the batch that it is at; it may be called at any moment, by a signal too."""
        self._stopping.set()
        if self._jobs is not None:
            self._jobs.stop()

    def run(self) -> None:
        """Take jobs until it is stopped."""
        try:
            asyncio.run(self._run())
        finally:
            self._queue.close()

    def _pause(self) -> None:
        """Take no job for a while: the ones that there are are not for us."""
        self._wait_seconds = LOOK_AGAIN_SECONDS
        self._jobs.stop()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._wait_seconds = RETRY_SECONDS
            try:
                await self._take_jobs()
            # The database may be away, for whatever reason and for however long.
            except Exception:  # noqa: BLE001
                _log.exception("the worker tries again")
            # In short steps, so that a stop is noticed.
            for _ in range(self._wait_seconds // RETRY_SECONDS):
                if not self._stopping.is_set():
                    await asyncio.sleep(RETRY_SECONDS)

    async def _take_jobs(self) -> None:
        async with self._app.open_async():
            self._jobs = JobWorker(
                self._app,
                queues=[BILLING],
                fetch_job_polling_interval=RETRY_SECONDS,
                update_heartbeat_interval=self._lease_seconds / 3,
                stalled_worker_timeout=self._lease_seconds,
                delete_jobs=DeleteJobCondition.ALWAYS,
                install_signal_handlers=False,
            )
            looking = asyncio.create_task(self._look_after_others())
            try:
                await self._jobs.run()
            finally:
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    async def _look_after_others(self) -> None:
        """Take away the jobs of workers that have died, and see what is left: by now, and ever again."""
        while True:
            try:
                stalled = await self._app.job_manager.get_stalled_jobs(
                    queue=BILLING, seconds_since_heartbeat=self._lease_seconds
                )
                for job in stalled:
                    _log.warning("a worker has died at %s; it is left to another", job.call_string)
                    assert job.id is not None, "it is in the database"
                    await self._app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
                await asyncio.to_thread(self._queue.ask_for_look)
            except ConnectorException:
                _log.warning("what other workers have left could not be looked at")
            await asyncio.sleep(self._lease_seconds / 3)
