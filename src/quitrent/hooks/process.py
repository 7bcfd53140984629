"""One host, seen from outside: a process that is started, asked, and ended at any time without a word."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic_ns
from typing import IO

import msgspec

from quitrent.hooks import wire
from quitrent.hooks.errors import AskFailedError, PluginBrokenError, PluginError
from quitrent.hooks.framing import SECOND_NS, ClosedError, GarbageError, receive, send
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.wire import News, PluginRecord, Question, Said

_log = logging.getLogger(__name__)

# All that a host is told of our surroundings: where programs are, and how people write and count hours here.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")

# What a plugin prints is kept out of the way of everyone else's log.
MOST_LOGGED_LINES = 200
LONGEST_LOGGED_LINE = 500

_MS_NS = 1_000_000
_LAST_WORDS_SECONDS = 1


class HostFailedError(AskFailedError):
    """A host has to be replaced: it took too long, ended, or wrote what is no reply."""


class Host:
    """A process with one plugin in it. It is asked by one thread at a time."""

    def __init__(self, source: PluginSource, hosting: Hosting, folder: Path) -> None:
        """Start the process, in a folder of its own; `wait_until_ready` is to be called next."""
        self._name, self._hosting = source.name, hosting
        self._connection, theirs = socket.socketpair()
        self._number = 0
        self.memory_mib = 0
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, with a module of ours.
                [sys.executable, "-P", "-u", "-m", "quitrent.hooks.host", str(theirs.fileno())],
                env=_environment(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                # A session of its own: with the host go the processes that it has started.
                start_new_session=True,
            )
        assert self._process.stdout is not None, "it was asked for"
        Thread(target=_log_lines, args=(source.name, self._process.stdout), daemon=True, name="plugin-log").start()
        self._started_ns = monotonic_ns()
        with suppress(ClosedError):
            send(self._connection, pickle.dumps((source, hosting.memory_mib, os.getpid())))

    def wait_until_ready(self) -> PluginRecord:
        """Give what the plugin declares, once it has been made ready.

        Errors: PluginError; PluginBrokenError where its code failed, or took too long.
        """
        try:
            limit_ms = self._hosting.start_limit_ms
            start = wire.read_start.decode(self._received(self._started_ns, limit_ms))
        except (msgspec.MsgspecError, HostFailedError) as error:
            self.end()
            how = error.how if isinstance(error, HostFailedError) else _GARBAGE
            raise PluginBrokenError(f"{how} when it was made ready") from None
        match start:
            case wire.Ready(record):
                return record
            case wire.Unusable(why):
                self.end()
                raise PluginError(why)
            case wire.Broken(how):
                self.end()
                raise PluginBrokenError(how)

    def send(self, what: Question | News) -> None:
        """Send a question or news; `said` or `heard` is to be called next. Errors: HostFailedError."""
        self._number += 1
        self._started_ns = monotonic_ns()
        self._connection.settimeout(self._hosting.time_limit_ms * _MS_NS / SECOND_NS)
        try:
            send(self._connection, wire.encode(wire.Asked(self._number, what)))
        except TimeoutError:
            raise self._too_late(self._hosting.time_limit_ms) from None
        except ClosedError:
            raise self._ended() from None

    def said(self, count: int) -> Sequence[Said]:
        """Give what the plugin said of so many lines. Errors: AskFailedError, HostFailedError."""
        reply = self._reply()
        if isinstance(reply, wire.Heard) or len(reply.said) != count:
            raise HostFailedError(_GARBAGE)
        return reply.said

    def heard(self) -> str:
        """Give how the plugin took the news: nothing, where it did well. Errors: AskFailedError, HostFailedError."""
        reply = self._reply()
        if not isinstance(reply, wire.Heard):
            raise HostFailedError(_GARBAGE)
        return reply.failure

    @property
    def is_too_large(self) -> bool:
        """Whether the process has grown past what it may use."""
        return self.memory_mib > self._hosting.memory_mib

    def end(self) -> None:
        """End the process, and those that it has started and not sent away."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # Once more by itself: it may have left the group.
        self._process.kill()
        self._connection.close()
        self._process.wait()

    def _reply(self) -> wire.Prices | wire.Reviews | wire.Heard:
        try:
            reply = wire.read_reply.decode(self._received(self._started_ns, self._hosting.time_limit_ms))
        except msgspec.MsgspecError:
            raise HostFailedError(_GARBAGE) from None
        if reply.number != self._number:
            raise HostFailedError(_GARBAGE)
        if isinstance(reply, wire.Failed):
            raise (HostFailedError if reply.is_spent else AskFailedError)(reply.how)
        self.memory_mib = reply.memory_mib
        return reply

    def _received(self, started_ns: int, limit_ms: int) -> bytes:
        try:
            return receive(self._connection, started_ns + limit_ms * _MS_NS)
        except TimeoutError:
            raise self._too_late(limit_ms) from None
        except ClosedError:
            raise self._ended() from None
        except GarbageError:
            raise HostFailedError(_GARBAGE) from None

    def _too_late(self, limit_ms: int) -> HostFailedError:
        # The process prints where it hangs, which goes to the log.
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGUSR1)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORDS_SECONDS / 20)
        return HostFailedError(f"took longer than {limit_ms} ms")

    def _ended(self) -> HostFailedError:
        try:
            code = self._process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            return HostFailedError("closed the connection of its process")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return HostFailedError(f"ended its process ({how})")


_GARBAGE = "wrote to the connection of its process"


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    # The same code as here, from wherever it was imported.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute())}


def _log_lines(plugin: str, output: IO[bytes]) -> None:
    """Log the first lines that a host prints; read on after that, so that it can go on printing."""
    with output:
        for number, line in enumerate(iter(lambda: output.readline(LONGEST_LOGGED_LINE), b"")):
            if number < MOST_LOGGED_LINES:
                _log.warning("plugin %s prints: %s", plugin, line.decode("utf-8", "replace").rstrip())
            elif number == MOST_LOGGED_LINES:
                _log.warning("plugin %s prints more than is logged of one process", plugin)
                break
        while output.read(1024 * 1024):
            pass
