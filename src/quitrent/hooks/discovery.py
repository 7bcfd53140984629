"""Finds the plugins that are installed, and takes those into use that the settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import msgspec

from quitrent.hooks.declared_settings import SettingsRefusedError, settings_of
from quitrent.hooks.errors import PluginBrokenError, PluginError
from quitrent.hooks.hosted import HostedPlugin
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.inline import InlinePlugin
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin import PluginSource, load_plugin
from quitrent.hooks.seat import Seat
from quitrent.hooks.spec import NAMESPACE

# The table of a plugin that is quitrent's, and not the plugin's own.
HOSTING = "hosting"


@dataclass(frozen=True, slots=True)
class PluginsSettings:
    """What the settings file says of plugins: the table of each, how they are hosted, and where paths begin."""

    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    hosting: Hosting = field(default_factory=Hosting)
    folder: Path = Path()


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A plugin that is installed, in use or not: its name, its package with version, and its code's place."""

    name: str
    version: str
    package: str
    location: str


def installed_plugins() -> list[InstalledPlugin]:
    """Give the plugins that are installed, by name; none of their code is imported."""
    return [_installed(entry) for _, entry in sorted(_entries().items())]


def host_plugins(settings: PluginsSettings) -> Plugins:
    """Take the plugins that have a table in the settings into use, each in hosts of its own.

    Errors: PluginError for one that is not installed, refuses its settings or declares a hook wrongly.
    """
    return hosted(sources_of(settings))


def hosted(sources: Sequence[tuple[PluginSource, Hosting]]) -> Plugins:
    """Take plugins into use, each in hosts of its own; `close` them in the end. Errors: PluginError."""
    seats = [HostedPlugin(source, hosting) for source, hosting in sources]
    try:
        for seat in seats:
            _open(seat)
        return Plugins(seats)
    except BaseException:
        for seat in seats:
            seat.close()
        raise


def load_plugins(settings: PluginsSettings) -> Plugins:
    """Take the plugins that have a table in the settings into use in this very process.

    Errors: PluginError, also for one whose code fails.
    """
    return Plugins([_inline(source, hosting) for source, hosting in sources_of(settings)])


def sources_of(settings: PluginsSettings) -> list[tuple[PluginSource, Hosting]]:
    """Give where each plugin with a table comes from and how it is hosted. Errors: PluginError."""
    installed = _entries()
    return [_source(installed, name, table, settings) for name, table in sorted(settings.tables.items())]


def _open(seat: HostedPlugin) -> None:
    try:
        seat.open()
    except PluginError as error:
        error.plugin = seat.record.name
        raise


def _source(
    installed: Mapping[str, EntryPoint], name: str, table: Mapping[str, object], settings: PluginsSettings
) -> tuple[PluginSource, Hosting]:
    try:
        found = _found(installed, name)
        own = {key: value for key, value in table.items() if key != HOSTING}
        digest = digest_of(own)
        source = PluginSource(name, found.location, found.version, found.package, own, digest, settings.folder)
        return source, _hosting(name, table.get(HOSTING, {}), settings)
    except PluginError as error:
        error.plugin = name
        raise


def _found(installed: Mapping[str, EntryPoint], name: str) -> InstalledPlugin:
    if name in installed:
        return _installed(installed[name])
    raise PluginError(
        f"plugin {name} has a table in the settings and is not installed; installed: "
        + (", ".join(sorted(installed)) or "none")
    )


def digest_of(table: Mapping[str, object]) -> str:
    """Give what tells a table of settings from another, whatever the order of its keys."""
    return sha256(msgspec.json.encode(table, order="deterministic")).hexdigest()[:16]


def _hosting(name: str, table: object, settings: PluginsSettings) -> Hosting:
    """Give how a plugin is hosted: as its own table says, and for the rest as all are."""
    if not isinstance(table, Mapping):
        raise PluginError(f"plugin {name}: hosting is {table!r}; it takes a table, [plugins.{name}.hosting]")
    try:
        own = settings_of(table, Hosting, Path())
    except SettingsRefusedError as error:
        raise PluginError(f"plugin {name}: hosting: {error}") from error
    return replace(settings.hosting, **{key: getattr(own, key) for key in table})


def _inline(source: PluginSource, hosting: Hosting) -> Seat:
    try:
        return InlinePlugin(load_plugin(source), hosting)
    except PluginBrokenError as error:
        raise PluginError(f"plugin {source.name} {error}") from error


def _installed(entry: EntryPoint) -> InstalledPlugin:
    version, package = (entry.dist.version, entry.dist.name) if entry.dist else ("", "")
    return InstalledPlugin(entry.name, version, package, entry.value)


def _entries() -> dict[str, EntryPoint]:
    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=NAMESPACE):
        other = entries.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise PluginError(
                f"two packages bring a plugin {entry.name}: {_installed(other).package} and "
                f"{_installed(entry).package}; uninstall one"
            )
    return entries
