"""Has a reseller's month lie together in the indexes, in the order of its subscriptions. For both databases."""

from __future__ import annotations

from typing import Any

from peewee import SQL, PostgresqlDatabase

STATEMENTS = (
    "CREATE INDEX charge_month ON charge (reseller_id, {month}, subscription_id)",
    "DROP INDEX charge_reseller_id_period_start",
    "CREATE INDEX parked_charge_month ON parked_charge (reseller_id, {month}, subscription_id)",
    "DROP INDEX parked_charge_reseller_id",
)
# The first day of the month in which the period begins.
SQLITE = "(substr(period_start, 1, 8) || '01')"
POSTGRESQL = "(period_start - (EXTRACT(DAY FROM period_start)::int - 1))"


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Replace the indexes."""
    month = POSTGRESQL if isinstance(db, PostgresqlDatabase) else SQLITE
    for statement in STATEMENTS:
        db.execute(SQL(statement.format(month=month)))
