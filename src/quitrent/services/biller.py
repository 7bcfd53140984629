"""The biller: the threads of a server that carry runs out, in the order in which they were asked for.

One posts fees, one does what plugins have a part in, and one tells the plugins what runs have done.
So a plugin that takes its time keeps no fee waiting, and one that listens no price.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

from quitrent.domain.billing_run import BillingRun, RunPhase
from quitrent.services.billing import carry_out, finish_run, post_fees
from quitrent.services.books import RunInterruptedError
from quitrent.services.deployment import Deployment
from quitrent.services.news import tell_plugins
from quitrent.store.billing_runs import unfinished_runs

_log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0
# What another process has left undone, and what is to be tried again, is looked for so often.
LOOK_AGAIN_SECONDS = 30


class CarriesOutRuns(Protocol):
    """What a server has to see to its runs: a biller, or a queue in front of workers."""

    def start(self) -> None:
        """Begin with the runs that are unfinished."""

    def wake(self) -> None:
        """Say that there is a new run."""

    def stop(self, grace_seconds: int) -> None:
        """Stop, within so long."""


def carry_out_unfinished(deployment: Deployment, stopping: Event) -> None:
    """Carry out every run that waits or was cut off, the fees of all of them first.

    Errors: RunInterruptedError, Unavailable.
    """
    runs = runs_left(deployment)
    for run in runs:
        post_fees(deployment, run, stopping)
    for run in runs:
        carry_out(deployment, run, stopping)


def runs_left(deployment: Deployment) -> list[BillingRun]:
    """Give the runs that are still to be carried out, or to be carried on with. Errors: Unavailable."""
    with deployment.store.connection():
        return unfinished_runs()


class Biller:
    """Carries out what was cut off when it starts, and then whatever it is woken for."""

    def __init__(self, deployment: Deployment, look_again_seconds: int = LOOK_AGAIN_SECONDS) -> None:
        """Take what the runs need; nothing runs before `start`.

        look_again_seconds: how often it looks for runs that nobody has woken it for.
        """
        self._deployment, self._look_again_seconds = deployment, look_again_seconds
        self._stopping = Event()
        self._fees_woken, self._retail_woken, self._news_woken = Event(), Event(), Event()
        self._threads = tuple(
            Thread(target=self._work, args=(woken, step), name=name, daemon=True)
            for name, woken, step in (
                ("fees", self._fees_woken, self._post_fees),
                ("retail", self._retail_woken, self._finish_runs),
                ("news", self._news_woken, self._tell_plugins),
            )
        )

    def start(self) -> None:
        """Begin with the runs that are unfinished."""
        self.wake()
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell it that there is a new run."""
        for woken in (self._fees_woken, self._retail_woken, self._news_woken):
            woken.set()

    def stop(self, grace_seconds: int) -> None:
        """Have it stop after the batch that it is at, and wait so long for that: a plugin may be hanging."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(grace_seconds)

    def _post_fees(self) -> None:
        for run in runs_left(self._deployment):
            if run.phase is RunPhase.FEES:
                post_fees(self._deployment, run, self._stopping)
                self._retail_woken.set()
                # A run with nothing due has ended by now.
                self._news_woken.set()

    def _finish_runs(self) -> None:
        for run in runs_left(self._deployment):
            if run.phase is not RunPhase.FEES:
                finish_run(self._deployment, run, self._stopping)
                self._news_woken.set()

    def _tell_plugins(self) -> None:
        tell_plugins(self._deployment, self._stopping)

    def _work(self, woken: Event, step: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            woken.wait(self._look_again_seconds)
            woken.clear()
            try:
                step()
            except RunInterruptedError:
                return
            # Whatever it was, what is left to do is in the books, and is tried again.
            except Exception:  # noqa: BLE001
                _log.exception("the biller tries again")
                self._stopping.wait(RETRY_SECONDS)
                woken.set()
