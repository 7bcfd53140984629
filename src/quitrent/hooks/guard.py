"""The guard: the process between the core and a host, which takes all with it that the host has started.

A plugin may fork, and its children may leave its group: neither the end of the host nor that of the
core would end them. The guard adopts them. No code of a plugin runs in it, and it ends them all when
the host ends, when the core tells it to with SIGTERM, and when the core is gone.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PARENT, _SESSION = 1, 3
_WATCHED = {signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1}


def fork_host(connection: int, parent: int) -> None:
    """Fork, and return in the host; this process is the guard from here on, and ends with the host.

    connection: the file of the connection, which is the host's alone. parent: the core's process.
    """
    _tell_kernel(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _tell_kernel(_PR_SET_CHILD_SUBREAPER, 1)
    guard = os.getpid()
    if os.getppid() != parent:
        os._exit(1)
    # Whoever started the core may have had it ignore the ends of children; ours are waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Blocked before there is a host: what comes early waits until it is looked for.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    host = os.fork()
    if host:
        # In a group of its own, so that a plugin that ends its group leaves the guard. Whoever is first sees to it.
        with suppress(OSError):
            os.setpgid(host, host)
        _let_go(connection)
        _end_as(_status_of(host))
    with suppress(OSError):
        os.setpgid(0, 0)
    _tell_kernel(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)


def end_orphans(guard: int) -> None:
    """End the hosts that a guard has left, which someone has killed: they are of its session."""
    for process in _processes(_SESSION, guard):
        with suppress(OSError):
            # Its number may have become another's meanwhile.
            if __package__.encode() in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)


def _tell_kernel(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _let_go(connection: int) -> None:
    """Close what is the host's: its connection and its output end when it does."""
    os.close(connection)
    null = os.open(os.devnull, os.O_RDWR)
    for file in (1, 2):
        os.dup2(null, file)


def _status_of(host: int) -> int:
    """Wait for the end of the host or for the order to end it; give how it ended, once nothing is left of it."""
    while True:
        number = signal.sigwait(_WATCHED)
        if number == signal.SIGUSR1:
            os.kill(host, signal.SIGUSR1)
        elif number == signal.SIGTERM:
            _end(host)
            return 0
        elif _has_ended(host):
            return _end(host)


def _has_ended(host: int) -> bool:
    """Whether the host has ended; it is not waited for yet, so that its number stays its own."""
    while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if found.si_pid == host:
            return True
        os.waitpid(found.si_pid, 0)
    return False


def _end(host: int) -> int:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(host, signal.SIGKILL)
    os.kill(host, signal.SIGKILL)
    _, status = os.waitpid(host, 0)
    # Whatever a child leaves behind becomes ours as well, until there is nobody.
    with suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                for child in _processes(_PARENT, os.getpid()):
                    os.kill(child, signal.SIGKILL)
                os.waitpid(-1, 0)
    return status


def _processes(field: int, value: int) -> Iterator[int]:
    """Give the processes of which a field has a value."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            # The fields come after the name, which may hold anything.
            if int((folder / "stat").read_bytes().rpartition(b")")[2].split()[field]) == value:
                yield int(folder.name)


def _end_as(status: int) -> None:
    """End as the host did, for the core to tell."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
