"""Keeps which plugins are set aside, what they have not been told yet, and what is to be known of a run."""

from __future__ import annotations

from typing import Any

from peewee import SQL

STATEMENTS = (
    "ALTER TABLE billing_run ADD COLUMN remarks TEXT NOT NULL DEFAULT '[]'",
    "CREATE TABLE set_aside_plugin (id INTEGER NOT NULL PRIMARY KEY, plugin TEXT NOT NULL, cause TEXT NOT NULL, "
    "create_time INTEGER NOT NULL) STRICT",
    "CREATE UNIQUE INDEX set_aside_plugin_plugin ON set_aside_plugin (plugin)",
    "CREATE TABLE plugin_news (id INTEGER NOT NULL PRIMARY KEY, plugin TEXT NOT NULL, "
    "billing_run_id INTEGER NOT NULL REFERENCES billing_run (id), told_charge INTEGER NOT NULL, "
    "failure_count INTEGER NOT NULL, failure TEXT NOT NULL, next_time INTEGER NOT NULL, "
    "create_time INTEGER NOT NULL) STRICT",
    "CREATE UNIQUE INDEX plugin_news_plugin_billing_run_id ON plugin_news (plugin, billing_run_id)",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add them."""
    for statement in STATEMENTS:
        db.execute(SQL(statement))
