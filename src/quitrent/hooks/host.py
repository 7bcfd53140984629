"""A host: the process in which one plugin lives. `python -m quitrent.hooks.host FD` is how it is started.

It reads requests from a socket and writes replies to it. A host is nobody's to end but its owner's:
it ignores Ctrl-C, may not outlive the process that started it (`guard` sees to that), and is ended
with SIGKILL, so nothing of a plugin's runs at its end.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import pickle
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from quitrent.hooks import wire
from quitrent.hooks.answers import LONGEST_REFUSAL, told
from quitrent.hooks.errors import AskFailedError, PluginBrokenError, PluginError
from quitrent.hooks.framing import ClosedError, receive, send
from quitrent.hooks.guard import fork_host
from quitrent.hooks.plugin import LoadedPlugin, load_plugin

# Beside what a plugin may use: the interpreter, its libraries and the stacks of threads take addresses too.
SPARE_MIB = 256
MOST_FILES = 256

_MIB = 1024 * 1024
_PAGE_BYTES = resource.getpagesize()


def main() -> None:
    """Make a plugin ready and answer for it until the connection closes."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    # The first message is the core's own: what a host sends back is never read this way.
    source, memory_mib, parent = pickle.loads(receive(connection))  # noqa: S301
    fork_host(connection.fileno(), parent)
    _confine(memory_mib)
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    plugin = None
    try:
        plugin = load_plugin(source)
        start: wire.Start = wire.Ready(plugin.record)
    except PluginError as error:
        start = wire.Unusable(told(str(error), LONGEST_REFUSAL))
    except PluginBrokenError as error:
        start = wire.Broken(str(error))
    send(connection, wire.encode(start))
    if plugin is not None:
        # What is there by now stays: the collector need not look at it again with every batch.
        gc.freeze()
        _answer_all(connection, plugin)
    os._exit(0)


def _answer_all(connection: socket.socket, plugin: LoadedPlugin) -> None:
    memory = _Memory()
    while True:
        try:
            asked = wire.read_asked(receive(connection))
        except ClosedError:
            return
        send(connection, wire.encode(_reply(plugin, asked, memory)))


def _reply(plugin: LoadedPlugin, asked: wire.Asked, memory: _Memory) -> wire.Reply:
    try:
        match asked.what:
            case wire.Adjust(about):
                said = plugin.adjust(about)
                return wire.Prices(asked.number, memory.mib(), said)
            case wire.Judge(about):
                reviews = plugin.review(about)
                return wire.Reviews(asked.number, memory.mib(), reviews)
            case news:
                failure = plugin.hear(news)
                return wire.Heard(asked.number, memory.mib(), failure)
    except AskFailedError as failed:
        return wire.Failed(asked.number, failed.how, failed.is_spent)


def _confine(memory_mib: int) -> None:
    # Ctrl-C on the server's terminal is not for us; what is raised as KeyboardInterrupt is the plugin's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The owner asks where a plugin hangs before it ends the host.
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    limit = (memory_mib + SPARE_MIB) * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Where the machine runs out of memory, we go first and not the server.
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


class _Memory:
    """How much memory the process has by now."""

    def __init__(self) -> None:
        self._statm = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else None

    def mib(self) -> int:
        if self._statm is None:
            # In bytes where it is not Linux: the peak, since there is no cheap way to what it is now.
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MIB
        try:
            resident = os.pread(self._statm, 100, 0).split()[1]
        except (OSError, IndexError):
            # A plugin has closed it, or put something else in its place.
            return 0
        return int(resident) * _PAGE_BYTES // _MIB


if __name__ == "__main__":
    main()
