"""Counts the versions of the catalog, and divides runs into partitions of customers. For both databases."""

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
)
SQLITE = {"key": "id INTEGER NOT NULL PRIMARY KEY", "number": "INTEGER", "strict": "STRICT"}
POSTGRESQL = {"key": "id BIGSERIAL PRIMARY KEY", "number": "BIGINT", "strict": ""}


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add them."""
    words = POSTGRESQL if isinstance(db, PostgresqlDatabase) else SQLITE
    for statement in STATEMENTS:
        db.execute(SQL(statement.format(**words)))
