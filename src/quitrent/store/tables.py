"""The tables, as they are after the last migration. Each index says what it is for.

`name` is the resource name of the API; `id` is the store's own key, which never leaves it.
"""

from __future__ import annotations

from typing import Any

import peewee
from peewee import AutoField, BigIntegerField, BlobField, BooleanField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.shortcuts import ThreadSafeDatabaseMetadata

from quitrent.domain.billing_run import RunPhase, RunState
from quitrent.domain.calendar import PartCharge, PeriodBoundary, PeriodUnit, Timing
from quitrent.domain.catalog import PlanKind, ProductKind, ProductState, SuspensionPolicy
from quitrent.domain.charge import ChargeReason, Side
from quitrent.domain.money import Rounding
from quitrent.domain.price_rule import PriceBasis
from quitrent.store.fields import CivilDateField, EnumField, InstantField, LabelsField


class Row(Model):
    """A row of any of our tables."""

    id = AutoField()

    class Meta:
        # Several databases may be open in one process, each in threads of its own.
        model_metadata_class = ThreadSafeDatabaseMetadata
        legacy_table_names = False
        strict_tables = True


class NamedRow(Row):
    """A row that the API knows by its name."""

    name = TextField(unique=True)
    create_time = InstantField()
    update_time = InstantField()


class PartyRow(NamedRow):
    """What resellers, customers and accounts have in common."""

    display_name = TextField()
    labels = LabelsField()


class ResellerRow(PartyRow):
    """A reseller."""

    class Meta:
        table_name = "reseller"


class CustomerRow(PartyRow):
    """A customer of a reseller."""

    reseller = ForeignKeyField(ResellerRow)
    reseller_id: int

    class Meta:
        table_name = "customer"


class AccountRow(PartyRow):
    """An account of a customer."""

    reseller = ForeignKeyField(ResellerRow)
    reseller_id: int
    customer = ForeignKeyField(CustomerRow)
    customer_id: int

    class Meta:
        table_name = "account"


class PlanRow(NamedRow):
    """A plan; `managed_by` is null for the provider's."""

    display_name = TextField()
    kind = EnumField(PlanKind)
    managed_by = ForeignKeyField(ResellerRow, null=True)
    managed_by_id: int
    shared_with_resellers = BooleanField()
    applied_more_than_once = BooleanField()
    fee_micros = BigIntegerField(constraints=[peewee.Check("fee_micros >= 0")])
    currency = TextField()
    period_unit = EnumField(PeriodUnit)
    period_boundary = EnumField(PeriodBoundary)
    timing = EnumField(Timing)
    first_part = EnumField(PartCharge)
    last_part = EnumField(PartCharge)
    rounding = EnumField(Rounding)
    suspension = EnumField(SuspensionPolicy)

    class Meta:
        table_name = "plan"


class ProductRow(NamedRow):
    """A product; `managed_by` is null for the provider's."""

    display_name = TextField()
    kind = EnumField(ProductKind)
    managed_by = ForeignKeyField(ResellerRow, null=True)
    managed_by_id: int
    shared_with_resellers = BooleanField()
    account_plan = ForeignKeyField(PlanRow)
    account_plan_id: int
    reseller_plan = ForeignKeyField(PlanRow)
    reseller_plan_id: int
    labels = LabelsField()
    state = EnumField(ProductState)

    class Meta:
        table_name = "product"


class PriceRuleRow(NamedRow):
    """A price rule; exactly one of `fixed_micros`, `percent` and `amount_micros` is set."""

    reseller = ForeignKeyField(ResellerRow, index=False)
    reseller_id: int
    product = ForeignKeyField(ProductRow)
    product_id: int
    customer = ForeignKeyField(CustomerRow, null=True, index=False)
    customer_id: int
    account = ForeignKeyField(AccountRow, null=True, index=False)
    account_id: int
    fixed_micros = BigIntegerField(null=True, constraints=[peewee.Check("fixed_micros >= 0")])
    percent = TextField(null=True)
    amount_micros = BigIntegerField(null=True)
    currency = TextField()
    basis = EnumField(PriceBasis)
    effective_date = CivilDateField()
    end_date = CivilDateField(null=True)

    class Meta:
        table_name = "price_rule"


# The rules of a reseller for a product; and one rule for a scope and a day, where a missing
# customer or account counts as a value.
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
    """A subscription. The two due dates are null where nothing more will be due."""

    reseller = ForeignKeyField(ResellerRow)
    reseller_id: int
    customer = ForeignKeyField(CustomerRow)
    customer_id: int
    account = ForeignKeyField(AccountRow)
    account_id: int
    product = ForeignKeyField(ProductRow)
    product_id: int
    account_plan = ForeignKeyField(PlanRow)
    account_plan_id: int
    reseller_plan = ForeignKeyField(PlanRow)
    reseller_plan_id: int
    start_date = CivilDateField()
    end_date = CivilDateField(null=True)
    wholesale_billed_until = CivilDateField()
    retail_billed_until = CivilDateField()
    retail_settled_until = CivilDateField()
    # A run finds what is due by one scan of each of these.
    wholesale_due_date = CivilDateField(null=True, index=True)
    retail_due_date = CivilDateField(null=True, index=True)

    class Meta:
        table_name = "subscription"


class SuspensionRow(Row):
    """A stretch of suspended days of a subscription."""

    subscription = ForeignKeyField(SubscriptionRow)
    subscription_id: int
    start_date = CivilDateField()
    end_date = CivilDateField(null=True)

    class Meta:
        table_name = "suspension"


class BillingRunRow(Row):
    """A billing run; `amounts` and `plugins` are JSON, sums in it are texts of any length."""

    name = TextField(unique=True)
    through_date = CivilDateField()
    state = EnumField(RunState)
    phase = EnumField(RunPhase)
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
    """The steps of a charge as JSON, once for each content."""

    digest = TextField(unique=True)
    steps = TextField()

    class Meta:
        table_name = "explanation"


class ChargeRow(Row):
    """A charge. Triggers refuse to change or delete one."""

    reseller = ForeignKeyField(ResellerRow, index=False)
    reseller_id: int
    account = ForeignKeyField(AccountRow, index=False)
    account_id: int
    product = ForeignKeyField(ProductRow, index=False)
    product_id: int
    subscription = ForeignKeyField(SubscriptionRow, index=False)
    subscription_id: int
    side = EnumField(Side)
    reason = EnumField(ChargeReason)
    period_start = CivilDateField()
    period_end = CivilDateField()
    due_date = CivilDateField()
    amount_micros = BigIntegerField()
    currency = TextField()
    explanation = ForeignKeyField(ExplanationRow, index=False)
    explanation_id: int
    # A charge is taken back once.
    reverses = ForeignKeyField("self", null=True, unique=True)
    reverses_id: int | None
    billing_run = ForeignKeyField(BillingRunRow, null=True, index=False)
    billing_run_id: int
    create_time = InstantField()

    class Meta:
        table_name = "charge"
        indexes = (
            # A subscription's charges: its list, its credits, and the check of its fees.
            (("subscription", "side", "period_start"), False),
            # A reseller's statement of a month.
            (("reseller", "period_start"), False),
        )


# The promise itself: one fee (and one price, and one credit of each kind) for an account, a
# product and a period. Reversals are unique by what they reverse.
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
    """A retail charge that could not be priced yet. It is deleted when it has been charged."""

    reseller = ForeignKeyField(ResellerRow)
    reseller_id: int
    subscription = ForeignKeyField(SubscriptionRow, index=False)
    subscription_id: int
    period_start = CivilDateField()
    period_end = CivilDateField()
    due_date = CivilDateField()
    plugin = TextField()
    cause = TextField()
    billing_run = ForeignKeyField(BillingRunRow, index=False)
    billing_run_id: int
    attempt_count = IntegerField()
    create_time = InstantField()
    update_time = InstantField()

    class Meta:
        table_name = "parked_charge"
        # A period is parked once, and the next run finds it by its subscription.
        indexes = ((("subscription", "period_start"), True),)


class KeyRow(Row):
    """A caller's key: the public part, and a digest of the secret part."""

    key_id = TextField(unique=True)
    secret_digest = TextField()
    role = TextField()
    reseller = ForeignKeyField(ResellerRow, null=True)
    reseller_id: int
    create_time = InstantField()
    revoke_time = InstantField(null=True)

    class Meta:
        table_name = "api_key"


class RequestRow(Row):
    """The answer to a call that carried a request_id, so that a repetition gets it again."""

    caller = TextField()
    request_id = TextField()
    digest = TextField()
    response = BlobField()
    create_time = InstantField()

    class Meta:
        table_name = "request"
        indexes = ((("caller", "request_id"), True),)


class SecretRow(Row):
    """What the server has to remember for itself, such as the key that signs page tokens."""

    name = TextField(unique=True)
    value = TextField()

    class Meta:
        table_name = "secret"


def tuples_of(query: Any) -> list[tuple[Any, ...]]:
    """Run a query for plain tuples, which Peewee's types do not know of."""
    return list(query.tuples())


TABLES: tuple[type[Row], ...] = (
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
