"""What `quitrent plugins rehearse` does: it works on the database, with a server beside it or without."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from quitrent.domain.rehearsal import Rehearsal, Span
from quitrent.hooks.discovery import PluginsSettings, sources_of
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin_set import PluginSet
from quitrent.server import build_deployment
from quitrent.services.rehearsal import Added, Change, check_span, rehearse
from quitrent.settings import Settings, read_settings_file
from quitrent.shown_progress import shown_progress


def rehearsed(
    settings: Settings, span: Span, added: Sequence[str], without: Sequence[str], file: Path | None
) -> Rehearsal:
    """Rehearse with the plugins that the settings have in use, and a change of them.

    file: a settings file whose tables come before those in use for the plugins that are added.
    Errors: InvalidArgument, FailedPrecondition, PluginError, SettingsError, StoreError.
    """
    check_span(span)
    given: Any = read_settings_file(file)["plugins"] if file else PluginsSettings()
    change = Change(
        added=tuple(_added(name, given, settings.plugins) for name in added),
        without={f"--without {name}": name for name in without},
    )
    in_use = PluginSet(tuple(sources_of(settings.plugins)))
    # Both sets have hosts of their own: none is started for the deployment.
    with (
        closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment,
        shown_progress("rehearse", "lines") as shown,
    ):
        return rehearse(deployment, span, change, Event(), in_use, shown.at)


def _added(name: str, given: PluginsSettings, in_use: PluginsSettings) -> Added:
    """Give a plugin with its table: the given one, or the one in use, or an empty one."""
    source = given if name in given.tables else in_use
    table = source.tables.get(name, {})
    # What a file says of all plugins counts for those whose table is in it, where it says something.
    hosting = in_use.hosting if source.hosting == Hosting() else source.hosting
    return Added(name, table, "--with", f"--with {name}", replace(source, hosting=hosting))
