"""What plugins print, taken from where the log of a server would have it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def taken_from_the_log() -> Iterator[list[str]]:
    """Take what plugins print, and what is said of their hosts, from the log."""
    found: list[str] = []
    log = logging.getLogger("quitrent.hooks")
    keeper = _Keeper(found)
    was_passed_on = log.propagate
    log.addHandler(keeper)
    log.propagate = False
    try:
        yield found
    finally:
        log.propagate = was_passed_on
        log.removeHandler(keeper)


class _Keeper(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record.getMessage())
