"""One host, seen from outside: a process that is started, asked, and ended at any time without a word."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic_ns
from typing import TypeVar

from quitrent.hooks import wire
from quitrent.hooks.answers import LONGEST_REFUSAL, told
from quitrent.hooks.errors import AskFailedError, HostEndedError, HostFailedError, PluginBrokenError, PluginError
from quitrent.hooks.framing import LARGEST_BYTES, SECOND_NS, ClosedError, GarbageError, receive, send, widen
from quitrent.hooks.guard import end_orphans
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.printed import log_lines
from quitrent.hooks.wire import News, PluginRecord, Question, Said

_log = logging.getLogger(__name__)
_Message = TypeVar("_Message")

# All that a host is told of our surroundings: where programs are, and how people write and count hours here.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")

# What a host may write: a word at its start, and of a line twenty of the longest adjustments.
LARGEST_START_BYTES = 64 * 1024
LARGEST_LINE_BYTES = 32 * 1024

_MS_NS = 1_000_000
_LAST_WORDS_SECONDS = 1
_LAST_BREATH_SECONDS = 5


class Host:
    """A process with one plugin in it. It is asked by one thread at a time."""

    def __init__(self, source: PluginSource, hosting: Hosting) -> None:
        """Start the process, in a folder of its own; `wait_until_ready` is to be called next. Errors: OSError."""
        self._name, self._hosting = source.name, hosting
        self._number = 0
        self.memory_mib = 0
        # What a plugin leaves in it, or has made of it, is of no concern to the next host.
        self._folder = TemporaryDirectory(prefix="quitrent-plugin-", ignore_cleanup_errors=True)
        self._connection, theirs = socket.socketpair()
        widen(self._connection)
        with theirs:
            self._process = self._popen(theirs.fileno())
        self._started_ns = monotonic_ns()
        try:
            self._start_log()
            self._connection.settimeout(hosting.start_limit_ms * _MS_NS / SECOND_NS)
            with suppress(ClosedError, TimeoutError):
                send(self._connection, pickle.dumps((source, hosting.memory_mib, os.getpid())))
        except BaseException:
            self.end()
            raise

    def _popen(self, theirs: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 -- this interpreter, with a module of ours.
                [sys.executable, "-P", "-u", "-m", "quitrent.hooks.host", str(theirs)],
                env=_environment(),
                cwd=self._folder.name,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs],
                # Apart from our terminal and our group: what is sent to us is not meant for it.
                start_new_session=True,
            )
        except BaseException:
            self._connection.close()
            self._remove_folder()
            raise

    def _start_log(self) -> None:
        assert self._process.stdout is not None, "it was asked for"
        log = Thread(target=log_lines, args=(self._name, self._process.stdout), daemon=True, name="plugin-log")
        try:
            log.start()
        except RuntimeError as error:
            self._process.stdout.close()
            raise OSError(str(error)) from error

    def wait_until_ready(self) -> PluginRecord:
        """Give what the plugin declares, once it has been made ready.

        Errors: PluginError; PluginBrokenError where its code failed, or took too long; HostEndedError.
        """
        try:
            start = _read(wire.read_start.decode, self._received(self._hosting.start_limit_ms, LARGEST_START_BYTES))
        except HostEndedError:
            self.end()
            raise
        except HostFailedError as error:
            self.end()
            raise PluginBrokenError(f"{error.how} when it was made ready") from None
        match start:
            case wire.Ready(record):
                return record
            case wire.Unusable(why):
                self.end()
                # Nobody speaks for another plugin.
                who, why = f"plugin {self._name}", told(why, LONGEST_REFUSAL)
                raise PluginError(why if why.startswith((f"{who} ", f"{who}: ")) else f"{who}: {why}")
            case wire.Broken(how):
                self.end()
                raise PluginBrokenError(told(how))

    def send(self, what: Question | News) -> None:
        """Send a question or news; `said` or `heard` is to be called next. Errors: HostFailedError."""
        self._number += 1
        self._started_ns = monotonic_ns()
        self._connection.settimeout(self._hosting.time_limit_ms * _MS_NS / SECOND_NS)
        try:
            send(self._connection, wire.request(self._number, what))
        except TimeoutError:
            raise self._too_late(self._hosting.time_limit_ms) from None
        except ClosedError:
            raise self._ended() from None

    def said(self, question: Question) -> Sequence[Said]:
        """Give what the plugin said of each line of what it was sent. Errors: AskFailedError, HostFailedError."""
        count, expected = len(question.about), wire.Prices if isinstance(question, wire.Adjust) else wire.Reviews
        reply = self._reply(LARGEST_START_BYTES + count * LARGEST_LINE_BYTES)
        if not isinstance(reply, expected) or len(reply.said) != count:
            raise HostFailedError(_GARBAGE)
        return [told(one) if isinstance(one, str) else one for one in reply.said]

    def heard(self) -> str:
        """Give how the plugin took the news: nothing, where it did well. Errors: AskFailedError, HostFailedError."""
        reply = self._reply(LARGEST_START_BYTES)
        if not isinstance(reply, wire.Heard):
            raise HostFailedError(_GARBAGE)
        return told(reply.failure)

    @property
    def is_unused(self) -> bool:
        """Whether the process has not been asked anything yet."""
        return self._number == 0

    @property
    def is_new(self) -> bool:
        """Whether the process has been asked one thing at most: a failure is not the doing of what was before."""
        return self._number <= 1

    def is_idle(self) -> bool:
        """Whether the process is there, and has said nothing that it was not asked for."""
        self._connection.settimeout(0)
        try:
            self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @property
    def is_too_large(self) -> bool:
        """Whether the process has grown past what it may use."""
        return self.memory_mib > self._hosting.memory_mib

    def end(self) -> None:
        """End the process, and those that it has started."""
        # The guard is told: it knows what is to end. That a process has been waited for, Popen remembers.
        self._process.terminate()
        # A plugin may have had it stand still.
        self._process.send_signal(signal.SIGCONT)
        if not self._has_ended():
            _log.error("plugin %s: process %d does not end", self._name, self._process.pid)
            self._process.kill()
            self._has_ended()
        if self._process.returncode == -signal.SIGKILL:
            end_orphans(self._process.pid)
        self._connection.close()
        self._remove_folder()

    def _has_ended(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_BREATH_SECONDS)
        return self._process.returncode is not None

    def _remove_folder(self) -> None:
        try:
            self._folder.cleanup()
        # A plugin may have made of it what nothing can remove: another's, or folders without an end.
        except Exception:  # noqa: BLE001
            _log.exception("plugin %s: the folder of its process cannot be removed", self._name)

    def _reply(self, largest: int) -> wire.Prices | wire.Reviews | wire.Heard:
        reply = _read(wire.read_reply.decode, self._received(self._hosting.time_limit_ms, largest))
        if reply.number != self._number:
            raise HostFailedError(_GARBAGE)
        if isinstance(reply, wire.Failed):
            raise (HostFailedError if reply.is_spent else AskFailedError)(told(reply.how))
        self.memory_mib = reply.memory_mib
        return reply

    def _received(self, limit_ms: int, largest: int) -> bytearray:
        try:
            return receive(self._connection, self._started_ns + limit_ms * _MS_NS, min(largest, LARGEST_BYTES))
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
        return HostEndedError(f"ended its process ({how})")


_GARBAGE = "wrote to the connection of its process"


def _read(decode: Callable[[bytes | bytearray], _Message], written: bytes | bytearray) -> _Message:
    try:
        return decode(written)
    # Not only msgspec's own: a text that is none and lists without an end raise what Python raises for them.
    except Exception as error:
        raise HostFailedError(_GARBAGE) from error


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    # The same code as here, from wherever it was imported.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute())}
