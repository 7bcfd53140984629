"""Finds the charges of a run by an index."""

from __future__ import annotations

from typing import Any

from peewee import SQL


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add the index."""
    db.execute(SQL("CREATE INDEX charge_billing_run ON charge (billing_run_id) WHERE billing_run_id IS NOT NULL"))
