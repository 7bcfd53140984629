"""What a running quitrent is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from quitrent.domain.billing_run import UsedPlugin
from quitrent.hooks.manager import Plugins
from quitrent.store.database import Store


@dataclass(frozen=True, slots=True)
class Deployment:
    """The store, the plugins, and the clock with the zone in which a day begins."""

    store: Store
    plugins: Plugins
    time_zone: ZoneInfo
    clock: Callable[[], datetime]

    def now(self) -> datetime:
        """Give the instant."""
        return self.clock()

    def used_plugins(self) -> list[UsedPlugin]:
        """Give the plugins in use, as a run names them."""
        return [UsedPlugin(one.name, one.version, one.settings_digest) for one in self.plugins.records()]

    def check_plugins_may_be_called(self) -> None:
        """Fail where the calling thread is in a transaction. Every call of a plugin asks first."""
        if self.store.in_transaction():
            raise RuntimeError("a plugin may take its time, and others wait for the database")

    def close(self) -> None:
        """End the hosts of plugins, and let go of the database."""
        self.plugins.close()
        self.store.close()

    def today(self) -> date:
        """Give the day it is in the billing time zone."""
        return self.clock().astimezone(self.time_zone).date()
