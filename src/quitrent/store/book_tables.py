"""The tables of runs and of what they charge."""

from __future__ import annotations

import peewee
from peewee import BigIntegerField, ForeignKeyField, IntegerField, TextField

from quitrent.domain.billing_run import RunPhase, RunState
from quitrent.domain.charge import ChargeReason, Side
from quitrent.store.catalog_tables import AccountRow, ProductRow, ResellerRow, SubscriptionRow
from quitrent.store.fields import CivilDateField, EnumField, InstantField
from quitrent.store.row import Row


class BillingRunRow(Row):
    """A billing run; `amounts`, `plugins` and `remarks` are JSON, sums in it are texts of any length."""

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
    remarks = TextField()
    create_time = InstantField()
    finish_time = InstantField(null=True)

    class Meta:
        table_name = "billing_run"


class BillingPartitionRow(Row):
    """A part of a run that is at work: the subscriptions after one place of the book, up to another.

    Places are in the order of resellers, customers and keys. `phase` is what the part is at.
    """

    billing_run = ForeignKeyField(BillingRunRow, index=False)
    billing_run_id: int
    after_reseller = BigIntegerField()
    after_customer = BigIntegerField()
    after_subscription = BigIntegerField()
    last_reseller = BigIntegerField()
    last_customer = BigIntegerField()
    last_subscription = BigIntegerField()
    phase = EnumField(RunPhase)
    done_count = BigIntegerField()
    amounts = TextField()
    parked_count = BigIntegerField()

    class Meta:
        table_name = "billing_partition"
        # What is left of a run's phase, and the sums of a run.
        indexes = ((("billing_run", "phase"), False),)


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


# The first day of the month in which a period begins, in SQLite's words; `expressions` has PostgreSQL's.
_MONTH = peewee.SQL("(substr(period_start, 1, 8) || '01')")

# A reseller's statement of a month, line by line: with the days in its place, a page would have to go
# through all charges of the month. By its first column a reseller's charges are found.
ChargeRow.add_index(ChargeRow.index(ChargeRow.reseller, _MONTH, ChargeRow.subscription, name="charge_month"))

# The promise itself: one fee for an account, a product and a period, whatever subscription it comes
# from. Reversals are unique by what they reverse.
ChargeRow.add_index(
    ChargeRow.index(
        ChargeRow.account,
        ChargeRow.product,
        ChargeRow.reason,
        ChargeRow.period_start,
        unique=True,
        where=peewee.SQL("side = 'WHOLESALE' AND reverses_id IS NULL"),
        name="charge_one_fee",
    )
)

# A charge's own name: one for a subscription, a side, a period and a reason. By it a subscription's
# charges are found: its list, its credits, and the check of its fees.
ChargeRow.add_index(
    ChargeRow.index(
        ChargeRow.subscription,
        ChargeRow.side,
        ChargeRow.period_start,
        ChargeRow.reason,
        unique=True,
        where=peewee.SQL("reverses_id IS NULL"),
        name="charge_identity",
    )
)

# A run's charges: their list, and what plugins are told of it. Reversals belong to no run.
ChargeRow.add_index(
    ChargeRow.index(ChargeRow.billing_run, where=peewee.SQL("billing_run_id IS NOT NULL"), name="charge_billing_run")
)


class ParkedChargeRow(Row):
    """A retail charge that could not be priced yet. It is deleted when it has been charged."""

    reseller = ForeignKeyField(ResellerRow, index=False)
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


# The lines of a statement on which something is parked, as those with charges. And a reseller's.
ParkedChargeRow.add_index(
    ParkedChargeRow.index(ParkedChargeRow.reseller, _MONTH, ParkedChargeRow.subscription, name="parked_charge_month")
)
