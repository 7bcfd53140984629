"""Finds the plugins that are installed, and makes those that the settings name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from quitrent.hooks.manager import PluginError, Plugins
from quitrent.hooks.spec import NAMESPACE

PluginSettings = Mapping[str, Mapping[str, object]]


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


def load_plugins(settings: PluginSettings) -> Plugins:
    """Make the plugins that have a table in the settings, each with its table.

    Errors: PluginError for one that is not installed, cannot be imported, refuses its settings or
    declares a hook wrongly.
    """
    installed = _entries()
    plugins = Plugins()
    for name, table in sorted(settings.items()):
        if name not in installed:
            raise PluginError(
                f"plugin {name} has a table in the settings and is not installed; installed: "
                + (", ".join(sorted(installed)) or "none")
            )
        found = _installed(installed[name])
        plugins.register(name, _made(installed[name], table), found.version, found.package)
    return plugins


def _made(entry: EntryPoint, table: Mapping[str, object]) -> object:
    try:
        plugin: Any = entry.load()
        if inspect.isclass(plugin):
            make: Callable[..., object] = plugin
            return make(deepcopy(dict(table)))
    # A plugin is other people's code: whatever it raises here has to be told with its name.
    except Exception as error:
        raise PluginError(f"plugin {entry.name}: {type(error).__name__}: {error}") from error
    if table:
        raise PluginError(f"plugin {entry.name} takes no settings; leave its table empty")
    return plugin


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
