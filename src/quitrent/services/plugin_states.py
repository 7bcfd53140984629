"""The plugins in use as operators know them: how each is doing, and what it has not been told yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quitrent.domain.errors import not_found
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.wire import PluginRecord
from quitrent.services.deployment import Deployment
from quitrent.store.plugin_news import PluginNews, list_news
from quitrent.store.set_aside_plugins import put_back, set_aside_causes


class PluginCondition(StrEnum):
    """Whether a plugin has its part in prices."""

    IN_USE = "IN_USE"
    BROKEN = "BROKEN"
    SET_ASIDE = "SET_ASIDE"


@dataclass(frozen=True, slots=True)
class PluginState:
    """A plugin in use. `cause` says why it is broken or set aside; `untold_runs` have not been told to it yet."""

    name: str
    version: str
    package: str
    settings_digest: str
    hooks: tuple[str, ...]
    condition: PluginCondition
    cause: str
    on_failure: str
    untold_runs: int = 0
    telling_failure: str = ""


def plugin_states(deployment: Deployment) -> list[PluginState]:
    """Give the plugins in use, by name."""
    with deployment.store.connection():
        aside = set_aside_causes()
        untold = list_news([record.name for record in deployment.plugins.records()])
    return [
        _state(record, hosting, aside, [news for news in untold if news.plugin == record.name])
        for record, hosting in deployment.plugins.hosted()
    ]


def resume_plugin(deployment: Deployment, name: str) -> PluginState:
    """Put a plugin back that is set aside, and give it; one that is not stays as it is. Inside a transaction.

    Errors: NotFound, where no plugin of the name is in use.
    """
    put_back(name)
    for state in plugin_states(deployment):
        if state.name == name:
            return state
    raise not_found(f"plugins/{name}")


def _state(
    record: PluginRecord, hosting: Hosting, aside: Mapping[str, str], untold: Sequence[PluginNews]
) -> PluginState:
    condition, cause = PluginCondition.IN_USE, ""
    if record.failure:
        condition, cause = PluginCondition.BROKEN, f"it {record.failure}"
    if record.name in aside:
        condition, cause = PluginCondition.SET_ASIDE, f"it {aside[record.name]}"
    return PluginState(
        name=record.name,
        version=record.version,
        package=record.package,
        settings_digest=record.settings_digest,
        hooks=record.hooks,
        condition=condition,
        cause=cause,
        on_failure=hosting.on_failure,
        untold_runs=len(untold),
        telling_failure=next((news.failure for news in untold if news.failure), ""),
    )
