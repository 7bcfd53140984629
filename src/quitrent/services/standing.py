"""Which plugins are set aside: kept in the database, for every process and until an operator puts them back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from quitrent.domain.errors import QuitrentError
from quitrent.store.database import Store
from quitrent.store.set_aside_plugins import set_aside, set_aside_causes

_log = logging.getLogger(__name__)


class SetAsideInStore:
    """What the plugin room keeps in the database, through us."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Take where it is kept."""
        self._store, self._clock = store, clock

    def causes(self) -> Mapping[str, str]:
        """Give the plugins that are set aside, and why. Errors: Unavailable."""
        with self._store.connection():
            return set_aside_causes()

    def add(self, plugin: str, cause: str) -> None:
        """Set a plugin aside; where the database is out of reach, in this process alone."""
        try:
            with self._store.write():
                set_aside(plugin, cause, self._clock())
        except QuitrentError:
            _log.exception("that plugin %s is set aside could not be written", plugin)
