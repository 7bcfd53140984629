"""What the jobs do: look what is left, carry out a partition, tell the plugins."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from threading import Event
from typing import Any

from quitrent.domain.billing_run import RunPhase, RunState
from quitrent.domain.errors import Unavailable
from quitrent.services.billing import carry_out_partition, left_to_do
from quitrent.services.books import RunInterruptedError
from quitrent.services.deployment import Deployment
from quitrent.services.news import tell_plugins
from quitrent.services.runs import run_of_partition
from quitrent.workers.queue import Queue

_log = logging.getLogger(__name__)

# When what could not be done is looked at again.
LOOK_AGAIN_SECONDS = 5


def never_failing(task: Callable[..., None]) -> Callable[..., None]:
    """Give a task that logs a fault of ours: what is left to do is in the books, and is asked for again."""

    @wraps(task)
    def run(**about: Any) -> None:
        try:
            task(**about)
        # A job that failed would only be one that nobody looks at.
        except Exception:  # noqa: BLE001
            _log.exception("a job (%s) went wrong; the next look asks again", task.__name__)

    return run


class Tasks:
    """The jobs of one worker."""

    def __init__(self, deployment: Deployment, queue: Queue, stopping: Event, pause: Callable[[], None]) -> None:
        """Take what carries out, what asks for more, and what tells a partition to stop between batches.

        pause: has the worker take no job for a while.
        """
        self._deployment, self._queue, self._stopping, self._pause = deployment, queue, stopping, pause
        self._refused: set[str] = set()

    def look(self) -> None:
        """Ask for every partition of every run to be carried out that can be now."""
        try:
            for partition in left_to_do(self._deployment):
                self._queue.ask_for_partition(partition)
            self._queue.ask_for_news()
        except Unavailable as error:
            self._look_again("what is left to do could not be looked at", error)

    def partition(self, key: int, phase: str) -> None:
        """Carry out the phase that a partition is at, unless that has been done."""
        try:
            if self._carried_out(key, RunPhase(phase)):
                self._queue.ask_for_look()
        except Unavailable as error:
            self._look_again(f"partition {key} of a run could not be carried out", error)
        except RunInterruptedError:
            _log.info("the worker stops; partition %s of a run is left to another", key)
            self._queue.ask_for_look()

    def news(self) -> None:
        """Tell the plugins what they have not been told yet."""
        try:
            tell_plugins(self._deployment, self._stopping)
        except Unavailable as error:
            self._look_again("the plugins could not be told", error)

    def _look_again(self, what: str, error: Unavailable) -> None:
        _log.warning("%s: %s; it is looked at again in %s s", what, error.__cause__ or error, LOOK_AGAIN_SECONDS)
        self._queue.ask_for_look(in_seconds=LOOK_AGAIN_SECONDS)

    def _carried_out(self, key: int, phase: RunPhase) -> bool:
        """Carry out a partition; give whether there may be more to do by now."""
        run, partition = run_of_partition(self._deployment, key)
        if run is None or partition is None or partition.phase is not phase or run.state is not RunState.RUNNING:
            return False
        if tuple(sorted(self._deployment.used_plugins())) != run.plugins:
            self._refuse(run.name)
            self._queue.ask_for_partition(partition)
            return False
        _log.info("%s: its partition %s is at %s", run.name, key, phase)
        carry_out_partition(self._deployment, run, partition, self._stopping)
        now, _ = run_of_partition(self._deployment, key, run.key)
        return now is None or now.phase is not run.phase

    def _refuse(self, run: str) -> None:
        """Leave a run to workers that have its plugins, and keep out of their way; and say so, once."""
        if run not in self._refused:
            self._refused.add(run)
            _log.error(
                "this worker is refused: %s is priced with other plugins, or with other settings of them; give it "
                "those, or cancel and continue the run at a server that has the ones of this worker",
                run,
            )
        self._pause()
