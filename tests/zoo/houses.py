"""Houses with animals in them: each has a copy of one database, and is looked through for what is left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from quitrent.hooks.discovery import hosted
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from tests.databases import copied
from tests.harness import House, day, identities, text_of
from tests.zoo.keeper import VICTIM

BYSTANDER = "resellers/bystander"
SUBSCRIPTIONS = [f"{reseller}/customers/c1/accounts/a1/subscriptions/s1" for reseller in (VICTIM, BYSTANDER)]
THROUGH = "2026-03-31"


def source(name: str, location: str, **settings: object) -> PluginSource:
    return PluginSource(name, f"tests.zoo.{location}", "1.0", f"lab-{name}", settings)


HEALTHY = (source("healthy", "keeper:Healthy"), Hosting())


@dataclass
class Zoo:
    """Opens houses, each in a copy of the database, with the plugins of these sources in hosts."""

    prepared: Path
    temporary: pytest.TempPathFactory
    patch: pytest.MonkeyPatch

    @contextmanager
    def house(self, *sources: tuple[PluginSource, Hosting]) -> Iterator[House]:
        folder = self.temporary.mktemp("house")
        copied(self.prepared, folder)
        # By it the processes that belong to us are found, wherever they have gone.
        self.patch.setenv("TMPDIR", str(folder))
        self.patch.setenv("QUITRENT_DATABASE_URL", f"sqlite:///{folder}/quitrent.db?hush")
        self.patch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
        self.patch.chdir(folder)
        house = House(folder, hosted(sources))
        try:
            yield house
        finally:
            house.close()
            self.patch.chdir("/")
        assert not left_behind(folder)


def processes(folder: Path) -> list[int]:
    """The processes that were started with a folder for their temporary files, but ours and those that have ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"TMPDIR={folder}\0" in (process / "environ").read_text(errors="replace"):
                found.append(int(process.name))
    return sorted(set(found) - {os.getpid()})


def left_behind(folder: Path) -> list[int]:
    """The processes that are still there when they have had time to go."""
    until = monotonic() + 5
    while (found := processes(folder)) and monotonic() < until:
        sleep(0.02)
    return found


Books = list[tuple[str, ...]]


def fees_of(house: House) -> Books:
    return identities(house.charges(side="SIDE_WHOLESALE"))


def retail_of(house: House, reseller: str) -> Books:
    return identities(house.charges(side="SIDE_RETAIL", parent=reseller))


def amounts_of(house: House, reseller: str) -> list[str]:
    return house.amounts("RETAIL", parent=reseller)


def quoted(house: House) -> str:
    """What the bystander would be charged for March."""
    return text_of(house.admin.QuotePrice(subscription=SUBSCRIPTIONS[1], date=day("2026-03-01")).quote.retail.amount)


def condition(house: House, name: str) -> tuple[str, str]:
    """How a plugin is doing, as operators are told."""
    for plugin in house.admin.ListPlugins().plugins:
        if plugin.name == f"plugins/{name}":
            return plugin.State.Name(plugin.state).removeprefix("STATE_"), plugin.cause
    raise AssertionError(name)
