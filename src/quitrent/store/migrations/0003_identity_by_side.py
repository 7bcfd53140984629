"""Keeps a retail charge unique for its subscription, and the day to which fees are owed."""

from __future__ import annotations

from typing import Any

from peewee import SQL

STATEMENTS = (
    # A fee is one for an account, a product and a period, whatever subscription it comes from. On the
    # retail side two subscriptions may each have charged a part of the same days.
    "DROP INDEX charge_identity",
    "CREATE UNIQUE INDEX charge_one_fee ON charge (account_id, product_id, reason, period_start) "
    "WHERE side = 'WHOLESALE' AND reverses_id IS NULL",
    "DROP INDEX charge_subscription_id_side_period_start",
    "CREATE UNIQUE INDEX charge_identity ON charge (subscription_id, side, period_start, reason) "
    "WHERE reverses_id IS NULL",
    # A subscription that was closed until now owes fees up to its end.
    "ALTER TABLE subscription ADD COLUMN wholesale_end_date TEXT",
    "UPDATE subscription SET wholesale_end_date = end_date",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Replace the index, and add the column."""
    for statement in STATEMENTS:
        db.execute(SQL(statement))
