"""How a plugin has been doing: its failures in a row, and whether it is set aside because of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Lock
from time import monotonic_ns
from typing import Protocol

from quitrent.domain.errors import QuitrentError
from quitrent.hooks.framing import SECOND_NS

_log = logging.getLogger(__name__)

# How often a plugin is looked up, for another process may have set it aside, or put it back.
LOOK_AGAIN_SECONDS = 1


class SetAside(Protocol):
    """Where it is kept which plugins are set aside, for all processes and until someone puts them back."""

    def causes(self) -> Mapping[str, str]:
        """Give the plugins that are set aside, and why."""

    def add(self, plugin: str, cause: str) -> None:
        """Set a plugin aside."""


class Standing:
    """One plugin's, in one process; used by several threads."""

    def __init__(self, plugin: str, failures_in_a_row: int) -> None:
        """Take how many failures in a row are too many; 0 is never."""
        self._plugin, self._limit = plugin, failures_in_a_row
        self._kept: SetAside | None = None
        self._lock = Lock()
        self._failures = 0
        self._cause = ""
        self._looked_ns = 0

    def keep_in(self, kept: SetAside) -> None:
        """Keep it there whether the plugin is set aside; without it, it is for this process alone."""
        self._kept = kept
        self._look()

    @property
    def cause(self) -> str:
        """Why the plugin is set aside; empty where it is in use."""
        if monotonic_ns() - self._looked_ns > LOOK_AGAIN_SECONDS * SECOND_NS:
            self._look()
        return self._cause

    def went_well(self) -> None:
        """Note a batch that the plugin answered."""
        self._failures = 0

    def failed(self, how: str) -> None:
        """Note a failure; one too many sets the plugin aside."""
        with self._lock:
            self._failures += 1
            if self._cause or not self._limit or self._failures < self._limit:
                return
            self._cause = f"failed {self._failures} times in a row, at last it {how}"
            self._failures = 0
            self._looked_ns = monotonic_ns()
            _log.error("plugin %s is set aside: it %s", self._plugin, self._cause)
            if self._kept is not None:
                self._kept.add(self._plugin, self._cause)

    def _look(self) -> None:
        if self._kept is None:
            return
        with self._lock:
            self._looked_ns = monotonic_ns()
            try:
                self._cause = self._kept.causes().get(self._plugin, "")
            except QuitrentError as error:
                # It stays as it was: other plugins have been asked already, and wait for us to go on.
                _log.warning("whether plugin %s is set aside could not be looked up: %s", self._plugin, error)
