"""Which plugins are set aside, and why."""

from __future__ import annotations

from datetime import datetime

from quitrent.store.tables import SetAsidePluginRow


def set_aside_causes() -> dict[str, str]:
    """Give the plugins that are set aside, and why."""
    return {row.plugin: row.cause for row in SetAsidePluginRow.select()}


def set_aside(plugin: str, cause: str, now: datetime) -> None:
    """Set a plugin aside. Where it is already, the first cause stays."""
    SetAsidePluginRow.insert(plugin=plugin, cause=cause, create_time=now).on_conflict(action="nothing").execute()


def put_back(plugin: str) -> bool:
    """Put a plugin back; give whether it was set aside."""
    return bool(SetAsidePluginRow.delete().where(SetAsidePluginRow.plugin == plugin).execute())
