"""One process of a server that has several, as its supervisor sees it: started, listened to, told to stop, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from quitrent.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to be: the server of these settings, and whether it carries billing runs out."""

    settings: Settings
    bills: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """What a process says last, where something keeps it from serving that the operator can mend."""

    why: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What a process says when it serves; with the first admin key, where it has made that."""

    first_key: str | None


@dataclass(frozen=True, slots=True)
class Serves:
    """It has come about that a process serves."""

    process: ServerProcess
    first_key: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """It has come about that a process has ended."""

    process: ServerProcess


@dataclass(frozen=True, slots=True)
class ToldToStop:
    """It has come about that somebody wants the whole server to stop."""


Event = Serves | Ended | ToldToStop


class ServerProcess:
    """A process with a fresh interpreter: grpcio does not survive a fork.

    It is on the other end of a connection, and stops by itself when this end is closed, also by our death.
    """

    def __init__(self, order: Order, events: SimpleQueue[Event]) -> None:
        """Start it; what becomes of it is put to `events`. Errors: OSError."""
        self._events = events
        # What keeps it from serving, in words for the operator.
        self.refusal = ""
        self._started_seconds = monotonic()
        self._connection, theirs = Pipe()
        with theirs:
            self._popen = _popen(theirs.fileno())
        self.pid = self._popen.pid
        # It may have been ended by someone already, which is noticed below.
        with suppress(OSError):
            self._connection.send(order)
        Thread(target=self._listen, name="server-process", daemon=True).start()

    def stop(self) -> None:
        """Have it take no more calls, and end when those in flight have ended."""
        self._popen.terminate()

    def kill(self) -> None:
        """End it at once."""
        self._popen.kill()

    def age_seconds(self) -> float:
        """Give how long ago it was started."""
        return monotonic() - self._started_seconds

    def has_failed(self) -> bool:
        """Whether it has ended otherwise than one that was told to stop."""
        return self._popen.returncode != 0

    def how_it_ended(self) -> str:
        """Give the signal or the exit code that it has ended with."""
        code = self._popen.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _listen(self) -> None:
        with self._connection, suppress(EOFError, OSError):
            while True:
                match self._connection.recv():
                    case Refused(why):
                        self.refusal = why
                    case Ready(first_key):
                        self._events.put(Serves(self, first_key))
        self._popen.wait()
        self._events.put(Ended(self))


def _popen(connection: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- this interpreter, with a module of ours.
        [sys.executable, "-P", "-m", "quitrent.supervised", str(connection)],
        stdin=subprocess.DEVNULL,
        pass_fds=[connection],
        # Apart from our terminal and our group: a Ctrl-C is for us, and we tell it.
        start_new_session=True,
    )
