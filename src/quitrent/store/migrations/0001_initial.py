"""The first schema: a frozen copy of the tables as they were, and the laws that triggers keep."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import SQL, BigIntegerField, BlobField, BooleanField, ForeignKeyField, IntegerField, Model, TextField

from quitrent.store.fields import CivilDateField, EnumField, InstantField, LabelsField


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 -- the runner gives both.
    """Make the tables, and have the database itself refuse to change what is in the books."""
    db.bind(TABLES)
    db.create_tables(TABLES)
    for table in ("charge", "explanation"):
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                SQL(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'a {table} is never changed or deleted'); END"
                )
            )


class Row(Model):
    class Meta:
        legacy_table_names = False
        strict_tables = True


class NamedRow(Row):
    name = TextField(unique=True)
    create_time = InstantField()
    update_time = InstantField()


class PartyRow(NamedRow):
    display_name = TextField()
    labels = LabelsField()


class ResellerRow(PartyRow):
    class Meta:
        table_name = "reseller"


class CustomerRow(PartyRow):
    reseller = ForeignKeyField(ResellerRow)

    class Meta:
        table_name = "customer"


class AccountRow(PartyRow):
    reseller = ForeignKeyField(ResellerRow)
    customer = ForeignKeyField(CustomerRow)

    class Meta:
        table_name = "account"


class PlanRow(NamedRow):
    display_name = TextField()
    kind = EnumField()
    managed_by = ForeignKeyField(ResellerRow, null=True)
    shared_with_resellers = BooleanField()
    applied_more_than_once = BooleanField()
    fee_micros = BigIntegerField(constraints=[peewee.Check("fee_micros >= 0")])
    currency = TextField()
    period_unit = EnumField()
    period_boundary = EnumField()
    timing = EnumField()
    first_part = EnumField()
    last_part = EnumField()
    rounding = EnumField()
    suspension = EnumField()

    class Meta:
        table_name = "plan"


class ProductRow(NamedRow):
    display_name = TextField()
    kind = EnumField()
    managed_by = ForeignKeyField(ResellerRow, null=True)
    shared_with_resellers = BooleanField()
    account_plan = ForeignKeyField(PlanRow)
    reseller_plan = ForeignKeyField(PlanRow)
    labels = LabelsField()
    state = EnumField()

    class Meta:
        table_name = "product"


class PriceRuleRow(NamedRow):
    reseller = ForeignKeyField(ResellerRow, index=False)
    product = ForeignKeyField(ProductRow)
    customer = ForeignKeyField(CustomerRow, null=True, index=False)
    account = ForeignKeyField(AccountRow, null=True, index=False)
    fixed_micros = BigIntegerField(null=True, constraints=[peewee.Check("fixed_micros >= 0")])
    percent = TextField(null=True)
    amount_micros = BigIntegerField(null=True)
    currency = TextField()
    basis = EnumField()
    effective_date = CivilDateField()
    end_date = CivilDateField(null=True)

    class Meta:
        table_name = "price_rule"


PriceRuleRow.add_index(
    PriceRuleRow.index(
        PriceRuleRow.reseller,
        PriceRuleRow.product,
        peewee.fn.COALESCE(PriceRuleRow.customer, 0),
        peewee.fn.COALESCE(PriceRuleRow.account, 0),
        PriceRuleRow.effective_date,
        unique=True,
        name="price_rule_scope_date",
    )
)


class SubscriptionRow(NamedRow):
    reseller = ForeignKeyField(ResellerRow)
    customer = ForeignKeyField(CustomerRow)
    account = ForeignKeyField(AccountRow)
    product = ForeignKeyField(ProductRow)
    account_plan = ForeignKeyField(PlanRow)
    reseller_plan = ForeignKeyField(PlanRow)
    start_date = CivilDateField()
    end_date = CivilDateField(null=True)
    wholesale_billed_until = CivilDateField()
    retail_billed_until = CivilDateField()
    retail_settled_until = CivilDateField()
    wholesale_due_date = CivilDateField(null=True, index=True)
    retail_due_date = CivilDateField(null=True, index=True)

    class Meta:
        table_name = "subscription"


class SuspensionRow(Row):
    subscription = ForeignKeyField(SubscriptionRow)
    start_date = CivilDateField()
    end_date = CivilDateField(null=True)

    class Meta:
        table_name = "suspension"


class BillingRunRow(Row):
    name = TextField(unique=True)
    through_date = CivilDateField()
    state = EnumField()
    phase = EnumField()
    total_count = BigIntegerField()
    done_count = BigIntegerField()
    amounts = TextField()
    parked_count = BigIntegerField()
    failure = TextField()
    plugins = TextField()
    create_time = InstantField()
    finish_time = InstantField(null=True)

    class Meta:
        table_name = "billing_run"


class ExplanationRow(Row):
    digest = TextField(unique=True)
    steps = TextField()

    class Meta:
        table_name = "explanation"


class ChargeRow(Row):
    reseller = ForeignKeyField(ResellerRow, index=False)
    account = ForeignKeyField(AccountRow, index=False)
    product = ForeignKeyField(ProductRow, index=False)
    subscription = ForeignKeyField(SubscriptionRow, index=False)
    side = EnumField()
    reason = EnumField()
    period_start = CivilDateField()
    period_end = CivilDateField()
    due_date = CivilDateField()
    amount_micros = BigIntegerField()
    currency = TextField()
    explanation = ForeignKeyField(ExplanationRow, index=False)
    reverses = ForeignKeyField("self", null=True, unique=True)
    billing_run = ForeignKeyField(BillingRunRow, null=True, index=False)
    create_time = InstantField()

    class Meta:
        table_name = "charge"
        indexes = (
            (("subscription", "side", "period_start"), False),
            (("reseller", "period_start"), False),
        )


ChargeRow.add_index(
    ChargeRow.index(
        ChargeRow.account,
        ChargeRow.product,
        ChargeRow.side,
        ChargeRow.reason,
        ChargeRow.period_start,
        unique=True,
        where=peewee.SQL("reverses_id IS NULL"),
        name="charge_identity",
    )
)


class ParkedChargeRow(Row):
    reseller = ForeignKeyField(ResellerRow)
    subscription = ForeignKeyField(SubscriptionRow, index=False)
    period_start = CivilDateField()
    period_end = CivilDateField()
    due_date = CivilDateField()
    plugin = TextField()
    cause = TextField()
    billing_run = ForeignKeyField(BillingRunRow, index=False)
    attempt_count = IntegerField()
    create_time = InstantField()
    update_time = InstantField()

    class Meta:
        table_name = "parked_charge"
        indexes = ((("subscription", "period_start"), True),)


class KeyRow(Row):
    key_id = TextField(unique=True)
    secret_digest = TextField()
    role = TextField()
    reseller = ForeignKeyField(ResellerRow, null=True)
    create_time = InstantField()
    revoke_time = InstantField(null=True)

    class Meta:
        table_name = "api_key"


class RequestRow(Row):
    caller = TextField()
    request_id = TextField()
    digest = TextField()
    response = BlobField()
    create_time = InstantField()

    class Meta:
        table_name = "request"
        indexes = ((("caller", "request_id"), True),)


class SecretRow(Row):
    name = TextField(unique=True)
    value = TextField()

    class Meta:
        table_name = "secret"


TABLES = (
    ResellerRow,
    CustomerRow,
    AccountRow,
    PlanRow,
    ProductRow,
    PriceRuleRow,
    SubscriptionRow,
    SuspensionRow,
    BillingRunRow,
    ExplanationRow,
    ChargeRow,
    ParkedChargeRow,
    KeyRow,
    RequestRow,
    SecretRow,
)
