"""The biller: the one thread of a server that carries runs out, in the order in which they were asked for."""

from __future__ import annotations

import logging
from threading import Event, Thread

from quitrent.domain.errors import Unavailable
from quitrent.services.billing import carry_out
from quitrent.services.books import RunInterruptedError
from quitrent.services.deployment import Deployment
from quitrent.store.billing_runs import unfinished_runs

_log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0


def carry_out_unfinished(deployment: Deployment, stopping: Event) -> None:
    """Carry out every run that waits or was cut off.

    Errors: RunInterruptedError, Unavailable.
    """
    while True:
        with deployment.store.connection():
            runs = unfinished_runs()
        if not runs:
            return
        carry_out(deployment, runs[0], stopping)


class Biller:
    """Carries out what was cut off when it starts, and then whatever it is woken for."""

    def __init__(self, deployment: Deployment) -> None:
        """Take what the runs need; nothing runs before `start`."""
        self._deployment = deployment
        self._stopping, self._woken = Event(), Event()
        self._thread = Thread(target=self._work, name="biller", daemon=True)

    def start(self) -> None:
        """Begin with the runs that are unfinished."""
        self._woken.set()
        self._thread.start()

    def wake(self) -> None:
        """Tell it that there is a new run."""
        self._woken.set()

    def stop(self) -> None:
        """Have it stop after the batch that it is at, and wait for that."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait()
            self._woken.clear()
            try:
                carry_out_unfinished(self._deployment, self._stopping)
            except RunInterruptedError:
                return
            except Unavailable:
                _log.warning("the database is out of reach; the biller tries again")
                self._stopping.wait(RETRY_SECONDS)
                self._woken.set()
