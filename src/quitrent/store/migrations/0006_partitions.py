"""Counts the versions of the catalog, divides runs into partitions, and moves how far books are to rows of their own.

For both databases. A run writes how far the books of every subscription are. In the subscription's
own row, each time PostgreSQL wrote all of its ten indexes anew: that took longer than the charges.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL, PostgresqlDatabase

STATEMENTS = (
    "CREATE TABLE catalog_version ({key}, version {number} NOT NULL) {strict}",
    "INSERT INTO catalog_version (version) VALUES (1)",
    # The order in which runs and statements go through a book: a reseller's customers, each with its own.
    "CREATE INDEX subscription_reseller_id_customer_id ON subscription (reseller_id, customer_id, id)",
    "DROP INDEX subscription_reseller_id",
    "CREATE TABLE billing_partition ({key}, billing_run_id {number} NOT NULL REFERENCES billing_run (id), "
    "after_reseller {number} NOT NULL, after_customer {number} NOT NULL, after_subscription {number} NOT NULL, "
    "last_reseller {number} NOT NULL, last_customer {number} NOT NULL, last_subscription {number} NOT NULL, "
    "phase TEXT NOT NULL, done_count {number} NOT NULL, amounts TEXT NOT NULL, "
    "parked_count {number} NOT NULL) {strict}",
    # A run that was cut off is divided when it is taken up again; what it has posted is no longer due.
    "UPDATE billing_run SET phase = 'FEES' WHERE state = 'RUNNING'",
    "CREATE INDEX billing_partition_billing_run_id_phase ON billing_partition (billing_run_id, phase)",
    *(
        statement.replace("{side}", side)
        for side in ("wholesale", "retail")
        for statement in (
            "CREATE TABLE {side}_side ({own_key} REFERENCES subscription (id), billed_until {day} NOT NULL, "
            "settled_until {day} NOT NULL, activation_billed {truth} NOT NULL, cancellation_billed {truth} NOT NULL, "
            "due_date {day}) {strict}",
            "INSERT INTO {side}_side "
            "(id, billed_until, settled_until, activation_billed, cancellation_billed, due_date) "
            "SELECT id, {side}_billed_until, {side}_settled_until, {side}_activation_billed, "
            "{side}_cancellation_billed, {side}_due_date FROM subscription ORDER BY id",
            "CREATE INDEX {side}_side_due_date ON {side}_side (due_date)",
            "DROP INDEX subscription_{side}_due_date",
            "ALTER TABLE subscription DROP COLUMN {side}_billed_until",
            "ALTER TABLE subscription DROP COLUMN {side}_settled_until",
            "ALTER TABLE subscription DROP COLUMN {side}_activation_billed",
            "ALTER TABLE subscription DROP COLUMN {side}_cancellation_billed",
            "ALTER TABLE subscription DROP COLUMN {side}_due_date",
        )
    ),
)
SQLITE = {
    "key": "id INTEGER NOT NULL PRIMARY KEY",
    "own_key": "id INTEGER NOT NULL PRIMARY KEY",
    "number": "INTEGER",
    "day": "TEXT",
    "truth": "INTEGER",
    "strict": "STRICT",
}
POSTGRESQL = {
    "key": "id BIGSERIAL PRIMARY KEY",
    "own_key": "id BIGINT PRIMARY KEY",
    "number": "BIGINT",
    "day": "DATE",
    "truth": "BOOLEAN",
    "strict": "",
}


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add them."""
    words = POSTGRESQL if isinstance(db, PostgresqlDatabase) else SQLITE
    for statement in STATEMENTS:
        db.execute(SQL(statement.format(**words)))
