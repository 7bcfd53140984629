"""What `quitrent plugins` lists and does, with a server beside it or without."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace
from tempfile import TemporaryDirectory
from typing import Any

from quitrent.domain.errors import not_found
from quitrent.hooks.discovery import installed_plugins
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.plugin_states import plugin_states
from quitrent.settings import Settings
from quitrent.store.database import database_exists
from quitrent.store.set_aside_plugins import put_back


def listed_plugins(settings: Settings) -> list[dict[str, Any]]:
    """Give every installed plugin: who it is, and whether it is in use and how it is doing then.

    Errors: PluginError, SettingsError, StoreError.
    """
    with TemporaryDirectory() as folder:
        if not database_exists(settings.database_url):
            # Nothing has been set aside yet, and listing makes no database.
            settings = replace(settings, database_url=f"sqlite:///{folder}/empty.db")
        with closing(build_deployment(settings)) as deployment:
            in_use = {state.name: asdict(state) for state in plugin_states(deployment)}
    unused = {"in_use": False, "condition": "NOT_IN_USE", "hooks": (), "cause": ""}
    return [
        asdict(plugin) | ({"in_use": True} | in_use[plugin.name] if plugin.name in in_use else unused)
        for plugin in installed_plugins()
    ]


def put_plugin_back(settings: Settings, name: str) -> bool:
    """Put a plugin back that is set aside; give whether it was. Running servers ask it again within seconds.

    Errors: NotFound, where none of the name is installed; SettingsError, StoreError.
    """
    if name not in {plugin.name for plugin in installed_plugins()}:
        raise not_found(f"plugins/{name}")
    with closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment, deployment.store.write():
        return put_back(name)
