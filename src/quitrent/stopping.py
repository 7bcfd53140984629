"""How servers stop: when they are told to, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from signal import SIGINT, SIGTERM, set_wakeup_fd, signal
from socket import socket, socketpair
from threading import Thread

# How long calls in flight have to end when a server stops, and after that the batch that its biller is at.
GRACE_SECONDS = 10

# After so long a server process is ended in the middle of what it is at: nothing that counts is lost by that.
LAST_SECONDS = 3 * GRACE_SECONDS


def when_told_to_stop(act: Callable[[], None]) -> None:
    """Have SIGINT and SIGTERM do something, in a thread of its own. Call it in the main thread.

    Python runs a handler in the main thread, when that comes to its next instruction: a signal that
    arrives just before it begins to wait for something would be noticed by nobody. So a byte is
    written the moment a signal arrives, and the thread waits for that.
    """
    told, written = socketpair()
    written.settimeout(0)
    set_wakeup_fd(written.fileno(), warn_on_full_buffer=False)
    for number in (SIGINT, SIGTERM):
        signal(number, lambda _number, _frame: None)
    Thread(target=_act_when_told, args=(told, written, act), name="signals", daemon=True).start()


def _act_when_told(told: socket, _written: socket, act: Callable[[], None]) -> None:
    # The other end is held here, so that it stays open.
    while True:
        if told.recv(1)[0] in (SIGINT, SIGTERM):
            act()
