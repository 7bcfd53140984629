"""Gives plans every calendar and the fees beside the recurring one, and subscriptions their whole life."""

from __future__ import annotations

from typing import Any

from peewee import SQL

PLAN_COLUMNS = (
    "period_count INTEGER NOT NULL DEFAULT 1",
    "fixed_day INTEGER NOT NULL DEFAULT 0",
    "day_count TEXT NOT NULL DEFAULT 'ACTUAL'",
    "periods_in_advance INTEGER NOT NULL DEFAULT 1",
    "prepay_percent_off TEXT NOT NULL DEFAULT '0'",
    "unused_days TEXT NOT NULL DEFAULT 'KEEP'",
    "promotions TEXT NOT NULL DEFAULT '[]'",
    "activation_fee_micros INTEGER",
    "minimum_term_periods INTEGER NOT NULL DEFAULT 0",
    "early_cancellation TEXT NOT NULL DEFAULT 'NOTHING'",
    "early_cancellation_fee_micros INTEGER",
)
SUBSCRIPTION_COLUMNS = (
    "wholesale_start_date TEXT NOT NULL DEFAULT ''",
    "wholesale_anchor_date TEXT NOT NULL DEFAULT ''",
    "wholesale_first_index INTEGER NOT NULL DEFAULT 0",
    "wholesale_days_before INTEGER NOT NULL DEFAULT 0",
    "wholesale_periods_before INTEGER NOT NULL DEFAULT 0",
    "wholesale_breaks TEXT NOT NULL DEFAULT '[]'",
    "wholesale_continues INTEGER NOT NULL DEFAULT 0",
    "wholesale_settled_until TEXT NOT NULL DEFAULT ''",
    "wholesale_activation_billed INTEGER NOT NULL DEFAULT 0",
    "wholesale_cancellation_billed INTEGER NOT NULL DEFAULT 0",
    "retail_anchor_date TEXT NOT NULL DEFAULT ''",
    "retail_first_index INTEGER NOT NULL DEFAULT 0",
    "retail_breaks TEXT NOT NULL DEFAULT '[]'",
    "retail_activation_billed INTEGER NOT NULL DEFAULT 0",
    "retail_cancellation_billed INTEGER NOT NULL DEFAULT 0",
    "replaces_id INTEGER REFERENCES subscription (id)",
)
STATEMENTS = (
    *(f"ALTER TABLE plan ADD COLUMN {column}" for column in PLAN_COLUMNS),
    # As it was until now: the unused days of a customer were given back, those of a reseller were not.
    "UPDATE plan SET unused_days = 'CREDIT' WHERE kind = 'ACCOUNT'",
    "CREATE TABLE fee_change (id INTEGER NOT NULL PRIMARY KEY, plan_id INTEGER NOT NULL REFERENCES plan (id), "
    "effective_date TEXT NOT NULL, fee_micros INTEGER NOT NULL CHECK (fee_micros >= 0), "
    "applies_to_existing INTEGER NOT NULL, create_time INTEGER NOT NULL) STRICT",
    "CREATE UNIQUE INDEX fee_change_plan_id_effective_date ON fee_change (plan_id, effective_date)",
    *(f"ALTER TABLE subscription ADD COLUMN {column}" for column in SUBSCRIPTION_COLUMNS),
    "UPDATE subscription SET wholesale_start_date = start_date, wholesale_anchor_date = start_date, "
    "wholesale_settled_until = start_date, retail_anchor_date = start_date",
    "CREATE INDEX subscription_replaces_id ON subscription (replaces_id)",
    "ALTER TABLE price_rule ADD COLUMN applies_to_existing INTEGER NOT NULL DEFAULT 1",
    "CREATE TABLE price_rule_revision (id INTEGER NOT NULL PRIMARY KEY, "
    "reseller_id INTEGER NOT NULL REFERENCES reseller (id), price_rule TEXT NOT NULL, kind TEXT NOT NULL, "
    "actor TEXT NOT NULL, content TEXT NOT NULL, create_time INTEGER NOT NULL) STRICT",
    "CREATE INDEX price_rule_revision_reseller_id_price_rule ON price_rule_revision (reseller_id, price_rule)",
    "ALTER TABLE suspension ADD COLUMN paused_days TEXT",
    "ALTER TABLE suspension ADD COLUMN carried_out INTEGER NOT NULL DEFAULT 0",
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Add the columns, each with what it was before there was a choice."""
    for statement in STATEMENTS:
        db.execute(SQL(statement))
