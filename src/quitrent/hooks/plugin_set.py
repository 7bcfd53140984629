"""A set of plugins that can be taken into use once more, and changed: what a rehearsal compares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from quitrent.hooks.discovery import PluginsSettings, hosted, sources_of
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.seat import Seat


@dataclass(frozen=True, slots=True)
class PluginSet:
    """Plugins that can be taken into use once more, apart from where they are in use already.

    Those that come from somewhere get hosts of their own; those at hand in this process are the same.
    """

    sources: tuple[tuple[PluginSource, Hosting], ...] = ()
    at_hand: tuple[Seat, ...] = ()

    @classmethod
    def of(cls, plugins: Plugins) -> PluginSet:
        """Give the set that is in use."""
        seats = plugins.seats()
        sources = tuple((seat.source, seat.hosting) for seat in seats if seat.source is not None)
        return cls(sources, tuple(seat for seat in seats if seat.source is None))

    def names(self) -> set[str]:
        """Give the names of the plugins."""
        return {source.name for source, _ in self.sources} | {seat.record.name for seat in self.at_hand}

    def settings_like(self, name: str) -> PluginsSettings:
        """Give how a plugin is hosted and where its paths begin: as that of the name has it, or as is the default."""
        for source, hosting in self.sources:
            if source.name == name:
                return PluginsSettings(hosting=hosting, folder=source.folder)
        return PluginsSettings(folder=next((source.folder for source, _ in self.sources), Path()))

    def hosted(self) -> Plugins:
        """Take the plugins into use; `close` them in the end. Errors: PluginError."""
        plugins = hosted(self.sources)
        try:
            for seat in self.at_hand:
                plugins.add(seat)
        except BaseException:
            plugins.close()
            raise
        return plugins


def changed_set(in_use: PluginSet, added: Sequence[PluginsSettings], without: Collection[str]) -> PluginSet:
    """Give the set in use with the plugins that have a table in `added`, in the place of one of the same name.

    without: those that are left out. Errors: PluginError, which names the plugin.
    """
    gone = {*without, *(name for settings in added for name in settings.tables)}
    kept = tuple((source, hosting) for source, hosting in in_use.sources if source.name not in gone)
    at_hand = tuple(seat for seat in in_use.at_hand if seat.record.name not in gone)
    new = [source for settings in added for source in sources_of(settings)]
    return PluginSet((*kept, *new), at_hand)
