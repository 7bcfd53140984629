"""The schema as SQLite has it after its fifth migration, frozen, and the laws that triggers keep."""

from __future__ import annotations

from typing import Any

from peewee import SQL

STATEMENTS = (
    """
    CREATE TABLE reseller (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, display_name TEXT NOT NULL, labels TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX reseller_name ON reseller (name)",
    """
    CREATE TABLE customer (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, display_name TEXT NOT NULL, labels TEXT NOT NULL,
        reseller_id BIGINT NOT NULL REFERENCES reseller (id)
    )
    """,
    "CREATE UNIQUE INDEX customer_name ON customer (name)",
    "CREATE INDEX customer_reseller_id ON customer (reseller_id)",
    """
    CREATE TABLE account (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, display_name TEXT NOT NULL, labels TEXT NOT NULL,
        reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        customer_id BIGINT NOT NULL REFERENCES customer (id)
    )
    """,
    "CREATE UNIQUE INDEX account_name ON account (name)",
    "CREATE INDEX account_reseller_id ON account (reseller_id)",
    "CREATE INDEX account_customer_id ON account (customer_id)",
    """
    CREATE TABLE plan (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, display_name TEXT NOT NULL, kind TEXT NOT NULL,
        managed_by_id BIGINT REFERENCES reseller (id), shared_with_resellers BOOLEAN NOT NULL,
        applied_more_than_once BOOLEAN NOT NULL, fee_micros BIGINT NOT NULL CHECK (fee_micros >= 0),
        currency TEXT NOT NULL, period_unit TEXT NOT NULL, period_count BIGINT NOT NULL,
        period_boundary TEXT NOT NULL, fixed_day BIGINT NOT NULL, day_count TEXT NOT NULL,
        periods_in_advance BIGINT NOT NULL, prepay_percent_off TEXT NOT NULL, timing TEXT NOT NULL,
        first_part TEXT NOT NULL, last_part TEXT NOT NULL, rounding TEXT NOT NULL, suspension TEXT NOT NULL,
        unused_days TEXT NOT NULL, promotions TEXT NOT NULL, activation_fee_micros BIGINT,
        minimum_term_periods BIGINT NOT NULL, early_cancellation TEXT NOT NULL,
        early_cancellation_fee_micros BIGINT
    )
    """,
    "CREATE UNIQUE INDEX plan_name ON plan (name)",
    "CREATE INDEX plan_managed_by_id ON plan (managed_by_id)",
    """
    CREATE TABLE fee_change (
        id BIGSERIAL PRIMARY KEY, plan_id BIGINT NOT NULL REFERENCES plan (id),
        effective_date DATE NOT NULL, fee_micros BIGINT NOT NULL CHECK (fee_micros >= 0),
        applies_to_existing BOOLEAN NOT NULL, create_time BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX fee_change_plan_id_effective_date ON fee_change (plan_id, effective_date)",
    """
    CREATE TABLE product (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, display_name TEXT NOT NULL, kind TEXT NOT NULL,
        managed_by_id BIGINT REFERENCES reseller (id), shared_with_resellers BOOLEAN NOT NULL,
        account_plan_id BIGINT NOT NULL REFERENCES plan (id),
        reseller_plan_id BIGINT NOT NULL REFERENCES plan (id), labels TEXT NOT NULL, state TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX product_name ON product (name)",
    "CREATE INDEX product_managed_by_id ON product (managed_by_id)",
    "CREATE INDEX product_account_plan_id ON product (account_plan_id)",
    "CREATE INDEX product_reseller_plan_id ON product (reseller_plan_id)",
    """
    CREATE TABLE price_rule (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        product_id BIGINT NOT NULL REFERENCES product (id), customer_id BIGINT REFERENCES customer (id),
        account_id BIGINT REFERENCES account (id), fixed_micros BIGINT CHECK (fixed_micros >= 0),
        percent TEXT, amount_micros BIGINT, currency TEXT NOT NULL, basis TEXT NOT NULL,
        effective_date DATE NOT NULL, end_date DATE, applies_to_existing BOOLEAN NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX price_rule_name ON price_rule (name)",
    "CREATE INDEX price_rule_product_id ON price_rule (product_id)",
    "CREATE UNIQUE INDEX price_rule_scope_date "
    "ON price_rule (reseller_id, product_id, COALESCE(customer_id, 0), COALESCE(account_id, 0), effective_date)",
    """
    CREATE TABLE price_rule_revision (
        id BIGSERIAL PRIMARY KEY, reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        price_rule TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, content TEXT NOT NULL,
        create_time BIGINT NOT NULL
    )
    """,
    "CREATE INDEX price_rule_revision_reseller_id_price_rule ON price_rule_revision (reseller_id, price_rule)",
    """
    CREATE TABLE subscription (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL, reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        customer_id BIGINT NOT NULL REFERENCES customer (id),
        account_id BIGINT NOT NULL REFERENCES account (id),
        product_id BIGINT NOT NULL REFERENCES product (id),
        account_plan_id BIGINT NOT NULL REFERENCES plan (id),
        reseller_plan_id BIGINT NOT NULL REFERENCES plan (id), start_date DATE NOT NULL, end_date DATE,
        wholesale_end_date DATE, wholesale_billed_until DATE NOT NULL, retail_billed_until DATE NOT NULL,
        retail_settled_until DATE NOT NULL, wholesale_due_date DATE, retail_due_date DATE,
        wholesale_start_date DATE NOT NULL, wholesale_anchor_date DATE NOT NULL,
        wholesale_first_index BIGINT NOT NULL, wholesale_days_before BIGINT NOT NULL,
        wholesale_periods_before BIGINT NOT NULL, wholesale_breaks TEXT NOT NULL,
        wholesale_continues BOOLEAN NOT NULL, wholesale_settled_until DATE NOT NULL,
        wholesale_activation_billed BOOLEAN NOT NULL, wholesale_cancellation_billed BOOLEAN NOT NULL,
        retail_anchor_date DATE NOT NULL, retail_first_index BIGINT NOT NULL, retail_breaks TEXT NOT NULL,
        retail_activation_billed BOOLEAN NOT NULL, retail_cancellation_billed BOOLEAN NOT NULL,
        replaces_id BIGINT REFERENCES subscription (id)
    )
    """,
    "CREATE UNIQUE INDEX subscription_name ON subscription (name)",
    "CREATE INDEX subscription_reseller_id ON subscription (reseller_id)",
    "CREATE INDEX subscription_customer_id ON subscription (customer_id)",
    "CREATE INDEX subscription_account_id ON subscription (account_id)",
    "CREATE INDEX subscription_product_id ON subscription (product_id)",
    "CREATE INDEX subscription_account_plan_id ON subscription (account_plan_id)",
    "CREATE INDEX subscription_reseller_plan_id ON subscription (reseller_plan_id)",
    "CREATE INDEX subscription_wholesale_due_date ON subscription (wholesale_due_date)",
    "CREATE INDEX subscription_retail_due_date ON subscription (retail_due_date)",
    "CREATE INDEX subscription_replaces_id ON subscription (replaces_id)",
    """
    CREATE TABLE suspension (
        id BIGSERIAL PRIMARY KEY, subscription_id BIGINT NOT NULL REFERENCES subscription (id),
        start_date DATE NOT NULL, end_date DATE, paused_days TEXT, carried_out BOOLEAN NOT NULL
    )
    """,
    "CREATE INDEX suspension_subscription_id ON suspension (subscription_id)",
    """
    CREATE TABLE billing_run (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, through_date DATE NOT NULL, state TEXT NOT NULL,
        phase TEXT NOT NULL, total_count BIGINT NOT NULL, done_count BIGINT NOT NULL, amounts TEXT NOT NULL,
        parked_count BIGINT NOT NULL, failure TEXT NOT NULL, plugins TEXT NOT NULL, remarks TEXT NOT NULL,
        create_time BIGINT NOT NULL, finish_time BIGINT
    )
    """,
    "CREATE UNIQUE INDEX billing_run_name ON billing_run (name)",
    """
    CREATE TABLE explanation (
        id BIGSERIAL PRIMARY KEY, digest TEXT NOT NULL, steps TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX explanation_digest ON explanation (digest)",
    """
    CREATE TABLE charge (
        id BIGSERIAL PRIMARY KEY, reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        account_id BIGINT NOT NULL REFERENCES account (id),
        product_id BIGINT NOT NULL REFERENCES product (id),
        subscription_id BIGINT NOT NULL REFERENCES subscription (id), side TEXT NOT NULL,
        reason TEXT NOT NULL, period_start DATE NOT NULL, period_end DATE NOT NULL, due_date DATE NOT NULL,
        amount_micros BIGINT NOT NULL, currency TEXT NOT NULL,
        explanation_id BIGINT NOT NULL REFERENCES explanation (id),
        reverses_id BIGINT REFERENCES charge (id), billing_run_id BIGINT REFERENCES billing_run (id),
        create_time BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX charge_reverses_id ON charge (reverses_id)",
    "CREATE INDEX charge_reseller_id_period_start ON charge (reseller_id, period_start)",
    "CREATE UNIQUE INDEX charge_one_fee ON charge (account_id, product_id, reason, period_start) "
    "WHERE side = 'WHOLESALE' AND reverses_id IS NULL",
    "CREATE UNIQUE INDEX charge_identity ON charge (subscription_id, side, period_start, reason) "
    "WHERE reverses_id IS NULL",
    "CREATE INDEX charge_billing_run ON charge (billing_run_id) WHERE billing_run_id IS NOT NULL",
    """
    CREATE TABLE parked_charge (
        id BIGSERIAL PRIMARY KEY, reseller_id BIGINT NOT NULL REFERENCES reseller (id),
        subscription_id BIGINT NOT NULL REFERENCES subscription (id), period_start DATE NOT NULL,
        period_end DATE NOT NULL, due_date DATE NOT NULL, plugin TEXT NOT NULL, cause TEXT NOT NULL,
        billing_run_id BIGINT NOT NULL REFERENCES billing_run (id), attempt_count BIGINT NOT NULL,
        create_time BIGINT NOT NULL, update_time BIGINT NOT NULL
    )
    """,
    "CREATE INDEX parked_charge_reseller_id ON parked_charge (reseller_id)",
    "CREATE UNIQUE INDEX parked_charge_subscription_id_period_start ON parked_charge (subscription_id, period_start)",
    """
    CREATE TABLE set_aside_plugin (
        id BIGSERIAL PRIMARY KEY, plugin TEXT NOT NULL, cause TEXT NOT NULL, create_time BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX set_aside_plugin_plugin ON set_aside_plugin (plugin)",
    """
    CREATE TABLE plugin_news (
        id BIGSERIAL PRIMARY KEY, plugin TEXT NOT NULL,
        billing_run_id BIGINT NOT NULL REFERENCES billing_run (id), told_charge BIGINT NOT NULL,
        failure_count BIGINT NOT NULL, failure TEXT NOT NULL, next_time BIGINT NOT NULL,
        create_time BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX plugin_news_plugin_billing_run_id ON plugin_news (plugin, billing_run_id)",
    """
    CREATE TABLE api_key (
        id BIGSERIAL PRIMARY KEY, key_id TEXT NOT NULL, secret_digest TEXT NOT NULL, role TEXT NOT NULL,
        reseller_id BIGINT REFERENCES reseller (id), create_time BIGINT NOT NULL, revoke_time BIGINT
    )
    """,
    "CREATE UNIQUE INDEX api_key_key_id ON api_key (key_id)",
    "CREATE INDEX api_key_reseller_id ON api_key (reseller_id)",
    """
    CREATE TABLE request (
        id BIGSERIAL PRIMARY KEY, caller TEXT NOT NULL, request_id TEXT NOT NULL, digest TEXT NOT NULL,
        response BYTEA NOT NULL, create_time BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX request_caller_request_id ON request (caller, request_id)",
    """
    CREATE TABLE secret (
        id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX secret_name ON secret (name)",
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        RAISE EXCEPTION 'a %% is never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION refuse_change()"
        for table in ("charge", "explanation")
        for verb, level in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))
    ),
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Make the tables, and have the database itself refuse to change what is in the books."""
    for statement in STATEMENTS:
        db.execute(SQL(statement))
