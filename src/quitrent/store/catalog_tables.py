"""The tables of who takes part, what is sold, at which price, and what is assigned to whom."""

from __future__ import annotations

import peewee
from peewee import BigIntegerField, BooleanField, ForeignKeyField, IntegerField, TextField

from quitrent.domain.calendar import DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.money import Rounding
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.plan import EarlyCancellation, PlanKind, SuspensionPolicy, UnusedDays
from quitrent.domain.price_rule import PriceBasis, RevisionKind
from quitrent.domain.product import ProductKind, ProductState
from quitrent.domain.subscription import PausedDays
from quitrent.store.fields import CivilDateField, EnumField, InstantField, LabelsField
from quitrent.store.row import Row


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
    period_count = IntegerField()
    period_boundary = EnumField(PeriodBoundary)
    fixed_day = IntegerField()
    day_count = EnumField(DayCount)
    periods_in_advance = IntegerField()
    prepay_percent_off = TextField()
    timing = EnumField(Timing)
    first_part = EnumField(PartCharge)
    last_part = EnumField(PartCharge)
    rounding = EnumField(Rounding)
    suspension = EnumField(SuspensionPolicy)
    unused_days = EnumField(UnusedDays)
    # JSON: a list of [period_count, fee_micros].
    promotions = TextField()
    activation_fee_micros = BigIntegerField(null=True)
    minimum_term_periods = IntegerField()
    early_cancellation = EnumField(EarlyCancellation)
    early_cancellation_fee_micros = BigIntegerField(null=True)

    class Meta:
        table_name = "plan"


class FeeChangeRow(Row):
    """A plan's new fee from a date on."""

    plan = ForeignKeyField(PlanRow, index=False)
    plan_id: int
    effective_date = CivilDateField()
    fee_micros = BigIntegerField(constraints=[peewee.Check("fee_micros >= 0")])
    applies_to_existing = BooleanField()
    create_time = InstantField()

    class Meta:
        table_name = "fee_change"
        # A plan's changes, of which one begins on a day.
        indexes = ((("plan", "effective_date"), True),)


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
    applies_to_existing = BooleanField()

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


class PriceRuleRevisionRow(Row):
    """A price rule as it was; `content` is the rule as JSON, which no later change reaches."""

    reseller = ForeignKeyField(ResellerRow, index=False)
    reseller_id: int
    price_rule = TextField()
    kind = EnumField(RevisionKind)
    actor = TextField()
    content = TextField()
    create_time = InstantField()

    class Meta:
        table_name = "price_rule_revision"
        # The history of a reseller's rules, and of one of them.
        indexes = ((("reseller", "price_rule"), False),)


class SubscriptionRow(NamedRow):
    """A subscription, with the schedule that each side is billed on (its breaks as JSON).

    The retail side starts with the subscription and ends with it.
    """

    reseller = ForeignKeyField(ResellerRow, index=False)
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
    wholesale_end_date = CivilDateField(null=True)
    wholesale_start_date = CivilDateField()
    wholesale_anchor_date = CivilDateField()
    wholesale_first_index = IntegerField()
    wholesale_days_before = IntegerField()
    wholesale_periods_before = IntegerField()
    wholesale_breaks = TextField()
    wholesale_continues = BooleanField()
    retail_anchor_date = CivilDateField()
    retail_first_index = IntegerField()
    retail_breaks = TextField()
    # The subscription whose product was changed to this one's, and by it the one that came after.
    replaces = ForeignKeyField("self", null=True)
    replaces_id: int | None

    class Meta:
        table_name = "subscription"
        # The order in which runs and statements go through a book.
        indexes = ((("reseller", "customer", "id"), False),)


class SideRow(Row):
    """How far the books of one side of a subscription are, whose key it has.

    A run writes it for every subscription, and so it is short and has few indexes. The due date is
    null where nothing more will be due.
    """

    billed_until = CivilDateField()
    settled_until = CivilDateField()
    activation_billed = BooleanField()
    cancellation_billed = BooleanField()
    # A run finds what is due by one scan of it.
    due_date = CivilDateField(null=True, index=True)


class WholesaleSideRow(SideRow):
    """How far the books of the wholesale side of a subscription are."""

    class Meta:
        table_name = "wholesale_side"


class RetailSideRow(SideRow):
    """How far the books of the retail side of a subscription are."""

    class Meta:
        table_name = "retail_side"


class SuspensionRow(Row):
    """A stretch of suspended days of a subscription; `paused_days` is null where the plan decides."""

    subscription = ForeignKeyField(SubscriptionRow)
    subscription_id: int
    start_date = CivilDateField()
    end_date = CivilDateField(null=True)
    paused_days = EnumField(PausedDays, null=True)
    carried_out = BooleanField()

    class Meta:
        table_name = "suspension"
