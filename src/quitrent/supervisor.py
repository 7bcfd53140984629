"""The supervisor: has several processes serve on one port, and puts another in the place of one that has ended.

It serves nothing itself. It holds the port, and tells the operator once what a single server would tell. Its
first process starts alone, so that the database is brought up to date by one, and what is wrong with the settings
or a plugin is told by one. Until all of them have served, one that does not come to it ends them all. After that a
process is replaced however it ended, for as long as another is there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

import click

from quitrent.logs import log_to_stderr
from quitrent.server_process import Ended, Event, Order, ServerProcess, Serves, ToldToStop
from quitrent.settings import Settings
from quitrent.shared_port import reserved
from quitrent.stopping import LAST_SECONDS, when_told_to_stop
from quitrent.store.database import shown

_log = logging.getLogger(__name__)

# One that breaks down so soon after its start will perhaps do so again. It is replaced at once the first time, and
# then after a second, two, four.
SOON_SECONDS = 30
LONGEST_WAIT_SECONDS = 16


class NotServingError(Exception):
    """No process has come to serve; the text says why the last one has not."""


def supervise(settings: Settings) -> None:
    """Serve with as many processes as the settings say, until SIGTERM or SIGINT.

    Errors: SettingsError where the port is taken, NotServingError.
    """
    log_to_stderr(with_process=True)
    events: SimpleQueue[Event] = SimpleQueue()
    when_told_to_stop(lambda: events.put(ToldToStop()))
    with reserved(settings) as found:
        supervisor = Supervisor(found, events)
        try:
            supervisor.work()
        finally:
            supervisor.end()


@dataclass
class _Place:
    """A place for a process: the one that is there, or when there is to be one."""

    bills: bool
    process: ServerProcess | None = None
    serves: bool = False
    due_seconds: float | None = None
    soon_broken_count: int = 0


class Supervisor:
    """Works until it is told to stop."""

    def __init__(self, settings: Settings, events: SimpleQueue[Event]) -> None:
        """Take the settings for every process, and where what happens is put to; nothing is started before `work`."""
        self._settings, self._events = settings, events
        # One of them carries out the billing runs. Nothing else knows which.
        self._places = [_Place(bills=number == 0) for number in range(settings.processes)]
        self._all_have_served = False

    def work(self) -> None:
        """Start the processes and replace those that end, until it is told to stop. Errors: NotServingError."""
        self._places[0].due_seconds = monotonic()
        while True:
            self._start_due()
            match self._next_event([place.due_seconds for place in self._places]):
                case Serves(process, first_key):
                    self._note_serving(process, first_key)
                case Ended(process):
                    self._note_end(process)
                case ToldToStop():
                    click.echo("quitrent stops: calls in flight may end")
                    return

    def end(self) -> None:
        """Stop all processes side by side, and kill those that are left after LAST_SECONDS."""
        for process in self._processes():
            process.stop()
        until_seconds = monotonic() + LAST_SECONDS
        while self._processes():
            match self._next_event([until_seconds]):
                case Ended(process):
                    self._place_of(process).process = None
                case None:
                    until_seconds = monotonic() + LAST_SECONDS
                    for process in self._processes():
                        _log.error("process %d does not stop, and is killed", process.pid)
                        process.kill()

    def _start_due(self) -> None:
        for place in self._places:
            if place.due_seconds is not None and place.due_seconds <= monotonic():
                place.due_seconds = None
                try:
                    place.process = ServerProcess(Order(self._settings, bills=place.bills), self._events)
                except OSError as error:
                    self._replace(place, f"a server process cannot be started: {error.strerror}", soon=True)

    def _next_event(self, due_seconds: Sequence[float | None]) -> Event | None:
        """Wait for something to happen; give None where something is due before that."""
        waits = [due - monotonic() for due in due_seconds if due is not None]
        try:
            return self._events.get(timeout=max(0, min(waits)) if waits else None)
        except Empty:
            return None

    def _note_serving(self, process: ServerProcess, first_key: str | None) -> None:
        self._place_of(process).serves = True
        if first_key:
            click.echo(f"The first admin key, shown this once: {first_key}")
        if self._all_have_served:
            _log.info("process %d serves in the place of one that has ended", process.pid)
        elif all(place.serves for place in self._places):
            self._all_have_served = True
            data = shown(self._settings.database_url)
            click.echo(f"quitrent serves at {self._settings.listen}, its data is at {data}")
        else:
            for place in self._places:
                if place.process is None and place.due_seconds is None:
                    place.due_seconds = monotonic()

    def _note_end(self, process: ServerProcess) -> None:
        place = self._place_of(process)
        why = process.refusal or f"server process {process.pid} {process.how_it_ended()}"
        place.process = None
        self._replace(place, why, soon=process.has_failed() and process.age_seconds() < SOON_SECONDS)

    def _replace(self, place: _Place, why: str, *, soon: bool) -> None:
        """Have another process in a place: at once, or later where those before broke down soon, too."""
        if not place.serves and not (self._all_have_served and self._processes()):
            raise NotServingError(why)
        place.serves = False
        place.soon_broken_count = place.soon_broken_count + 1 if soon else 0
        wait_seconds = _wait_seconds(place.soon_broken_count)
        place.due_seconds = monotonic() + wait_seconds
        _log.warning("%s; another is started %s", why, f"in {wait_seconds} s" if wait_seconds else "at once")

    def _processes(self) -> list[ServerProcess]:
        return [place.process for place in self._places if place.process is not None]

    def _place_of(self, process: ServerProcess) -> _Place:
        return next(place for place in self._places if place.process is process)


def _wait_seconds(soon_broken_count: int) -> int:
    return min(1 << (soon_broken_count - 2), LONGEST_WAIT_SECONDS) if soon_broken_count > 1 else 0
