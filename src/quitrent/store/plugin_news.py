"""The outbox: of which runs a plugin has still to be told, and how far it has been."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from quitrent.store.tables import PluginNewsRow


@dataclass(frozen=True, slots=True)
class PluginNews:
    """What a plugin has still to be told of one run: its charges after a key, and its end."""

    key: int
    plugin: str
    run_key: int
    told_charge: int
    failure_count: int
    failure: str
    next_time: datetime


def insert_news(plugins: Collection[str], run_key: int, now: datetime) -> None:
    """Note that plugins have to be told of a run. Inside the transaction that ends the run."""
    for plugin in plugins:
        PluginNewsRow.insert(
            plugin=plugin,
            billing_run=run_key,
            told_charge=0,
            failure_count=0,
            failure="",
            next_time=now,
            create_time=now,
        ).execute()


def list_news(plugins: Collection[str]) -> list[PluginNews]:
    """Give what some plugins have still to be told, the oldest first."""
    rows = PluginNewsRow.select().where(PluginNewsRow.plugin.in_(list(plugins))).order_by(PluginNewsRow.id)
    return [
        PluginNews(
            key=row.id,
            plugin=row.plugin,
            run_key=row.billing_run_id,
            told_charge=row.told_charge,
            failure_count=row.failure_count,
            failure=row.failure,
            next_time=row.next_time,
        )
        for row in rows
    ]


def note_told(news: PluginNews, charge_key: int) -> None:
    """Note that a plugin has been told of a run's charges up to a key."""
    PluginNewsRow.update(told_charge=charge_key).where(PluginNewsRow.id == news.key).execute()


def note_failure(news: PluginNews, failure: str, next_time: datetime) -> None:
    """Note how telling a plugin failed, and when it is tried again."""
    PluginNewsRow.update(failure_count=news.failure_count + 1, failure=failure, next_time=next_time).where(
        PluginNewsRow.id == news.key
    ).execute()


def delete_news(news: PluginNews) -> None:
    """Note that a plugin has been told of all of a run."""
    PluginNewsRow.delete().where(PluginNewsRow.id == news.key).execute()
