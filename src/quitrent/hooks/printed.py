"""What a host prints, in the log: the beginning of it, told as the plugin's."""

from __future__ import annotations

import logging
from typing import IO

from quitrent.hooks.answers import told

_log = logging.getLogger(__name__)

# What a plugin prints is kept out of the way of everyone else's log.
MOST_LOGGED_LINES = 200
LONGEST_LOGGED_LINE = 500


def log_lines(plugin: str, output: IO[bytes]) -> None:
    """Log the first lines that a host prints; read on after that, so that it can go on printing."""
    with output:
        for number, line in enumerate(iter(lambda: output.readline(LONGEST_LOGGED_LINE), b"")):
            if number < MOST_LOGGED_LINES:
                _log.warning("plugin %s prints: %s", plugin, told(line.decode("utf-8", "replace").rstrip()))
            elif number == MOST_LOGGED_LINES:
                _log.warning("plugin %s prints more than is logged of one process", plugin)
                break
        while output.read(1024 * 1024):
            pass
