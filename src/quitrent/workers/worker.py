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
from quitrent.workers.jobs import Jobs
from quitrent.workers.queue import BILLING, CONNECTION, LOOK, NEWS, PARTITION, WAIT_SECONDS, Queue
from quitrent.workers.tasks import LOOK_AGAIN_SECONDS, Tasks, never_failing

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
        # Without a least number of connections it opens at once, wherever the database is.
        connector = PsycopgConnector(conninfo=url, kwargs=CONNECTION, min_size=0, max_size=4, timeout=WAIT_SECONDS)
        self._app = App(connector=connector)
        self._app.job_manager = Jobs(connector, self._begin_anew)
        tasks = Tasks(deployment, self._queue, self._stopping, self._pause)
        for name, task in ((LOOK, tasks.look), (PARTITION, tasks.partition), (NEWS, tasks.news)):
            self._app.task(name=name, queue=BILLING)(never_failing(task))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_stop = asyncio.Event()
        # Its methods have no types.
        self._jobs: Any = None
        self._wait_seconds = RETRY_SECONDS
        self._is_away = False

    def stop(self) -> None:
        """Have it end after the batch that it is at; any thread may call it, at any moment."""
        self._stopping.set()
        # Before there is a loop nothing has been taken, and nothing will be.
        if self._loop is not None:
            # Where it is closed, all has ended.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._told_to_stop.set)

    def run(self) -> None:
        """Take jobs until it is stopped."""
        try:
            asyncio.run(self._run())
        finally:
            self._queue.close()

    def _pause(self) -> None:
        """Take no job for a while: the ones that there are are not for us."""
        self._wait_seconds = LOOK_AGAIN_SECONDS
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._jobs.stop()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        told = asyncio.create_task(self._told_to_stop.wait())
        while not self._stopping.is_set():
            self._wait_seconds = RETRY_SECONDS
            taking = asyncio.create_task(self._take_jobs())
            await asyncio.wait((told, taking), return_when=asyncio.FIRST_COMPLETED)
            await self._end(taking)
            await asyncio.wait((told,), timeout=self._wait_seconds)
        told.cancel()

    async def _end(self, taking: asyncio.Task[None]) -> None:
        """Have it take no more jobs; it ends with the one that it is at."""
        taking.cancel()
        # A second cancellation, where the first was lost, would not wait for the job.
        while not (await asyncio.wait((taking,), timeout=RETRY_SECONDS))[0]:
            if self._jobs is not None:
                self._jobs.stop()
        try:
            with suppress(asyncio.CancelledError):
                await taking
        except ConnectorException as error:
            self._note_away(error)
        # Whatever it was, what is left to do is in the books.
        except Exception:  # noqa: BLE001
            _log.exception("the worker tries again")

    def _note_away(self, error: ConnectorException) -> None:
        """Say once that the queue is out of reach, and why."""
        if not self._is_away:
            self._is_away = True
            why, *_ = f"{error.__cause__ or error}".splitlines() or [""]
            _log.warning("the database is out of reach, and the worker waits for it: %s", why)

    def _note_there(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("the database is there again")

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
                await _cancelled(looking)

    async def _look_after_others(self) -> None:
        """Take away the jobs of workers that have died, and see what is left: by now, and ever again."""
        while True:
            try:
                await self._take_away_stalled()
                self._note_there()
                await asyncio.to_thread(self._queue.ask_for_look)
            # Where the database is away, the worker says so.
            except ConnectorException:
                pass
            await asyncio.sleep(self._lease_seconds / 3)

    async def _take_away_stalled(self) -> None:
        stalled = await self._app.job_manager.get_stalled_jobs(
            queue=BILLING, seconds_since_heartbeat=self._lease_seconds
        )
        for job in stalled:
            assert job.id is not None, "it is in the database"
            # Another one that looks has perhaps taken it away by now.
            with suppress(ConnectorException):
                await self._app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
                _log.warning("whoever was at %s has not said that it lives; it is left to another", job.call_string)


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended: drivers lose a cancellation that comes as they wait for an answer."""
    task.cancel()
    while not (await asyncio.wait((task,), timeout=RETRY_SECONDS))[0]:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task
