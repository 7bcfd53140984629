"""How servers stop: when they are told to, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from signal import SIGINT, SIGTERM, signal

# How long calls in flight have to end when a server stops, and after that the batch that its biller is at.
GRACE_SECONDS = 10

# After so long a server process is ended in the middle of what it is at: nothing that counts is lost by that.
LAST_SECONDS = 3 * GRACE_SECONDS


def when_told_to_stop(act: Callable[[], None]) -> None:
    """Have SIGINT and SIGTERM do something, which has to be such that it can be done at any moment.

    An Event may be held by the very thread that a signal interrupts, and would never be set; a SimpleQueue
    can be put to.
    """
    for number in (SIGINT, SIGTERM):
        signal(number, lambda _number, _frame: act())
