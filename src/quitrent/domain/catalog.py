"""What is sold: plans and products, and what a product may name.

A rule that a caller can break is one function here, and raises with a reason of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from quitrent.domain.calendar import Calendar, PartCharge, PeriodBoundary, PeriodUnit, Timing
from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, Money, Rounding, is_currency


class PlanKind(StrEnum):
    """Whom a plan's fee is asked of."""

    ACCOUNT = "ACCOUNT"
    RESELLER = "RESELLER"


class ProductKind(StrEnum):
    """How many of a product an account has at a time."""

    MAIN = "MAIN"
    ADD_ON = "ADD_ON"


class ProductState(StrEnum):
    """Whether a product can be assigned."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class SuspensionPolicy(StrEnum):
    """What a customer pays while its account is suspended."""

    CHARGE_ON = "CHARGE_ON"
    CREDIT_DAYS = "CREDIT_DAYS"


@dataclass(frozen=True, slots=True)
class Plan:
    """A recurring fee with its calendar. `managed_by` is a reseller's name, or empty for the provider."""

    name: str
    kind: PlanKind
    fee: Money
    display_name: str = ""
    managed_by: str = ""
    shared_with_resellers: bool = False
    applied_more_than_once: bool = False
    period_unit: PeriodUnit = PeriodUnit.MONTH
    period_boundary: PeriodBoundary = PeriodBoundary.CALENDAR
    timing: Timing = Timing.IN_ADVANCE
    first_part: PartCharge = PartCharge.BY_DAYS
    last_part: PartCharge = PartCharge.BY_DAYS
    rounding: Rounding = Rounding.HALF_UP
    suspension: SuspensionPolicy = SuspensionPolicy.CHARGE_ON
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    @property
    def calendar(self) -> Calendar:
        """Give the calendar on which the fee recurs."""
        return Calendar(self.period_boundary)


@dataclass(frozen=True, slots=True)
class Product:
    """What can be assigned to an account; `account_plan` and `reseller_plan` are the names of its plans."""

    name: str
    kind: ProductKind
    account_plan: str
    reseller_plan: str
    display_name: str = ""
    managed_by: str = ""
    shared_with_resellers: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    state: ProductState = ProductState.ACTIVE
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


# What the provider alone sets of a product; the reseller that manages it edits the rest.
PRODUCT_ADMIN_FIELDS = frozenset({"reseller_plan", "managed_by", "shared_with_resellers", "kind"})

# What can be changed of a plan that is in use. Everything else has a part in amounts that were or
# will be charged.
PLAN_FIELDS_FREE_IN_USE = frozenset({"display_name", "shared_with_resellers"})


def check_fee(fee: Money) -> None:
    """Refuse a fee that could not be charged.

    Errors: InvalidArgument naming the field.
    """
    if not is_currency(fee.currency):
        raise invalid("plan.fee.currency_code", "must be a currency of ISO 4217, like USD")
    if not 0 <= fee.amount_micros <= LARGEST_AMOUNT_MICROS:
        raise invalid("plan.fee", "must be zero or more, and at most 1,000,000,000 units")


def check_plan(plan: Plan) -> None:
    """Refuse a plan whose fields do not fit each other.

    Errors: InvalidArgument naming the field.
    """
    check_fee(plan.fee)
    if plan.applied_more_than_once and plan.kind is not PlanKind.RESELLER:
        raise invalid("plan.applied_more_than_once", "is only for plans of kind RESELLER")
    if plan.suspension is not SuspensionPolicy.CHARGE_ON and plan.kind is not PlanKind.ACCOUNT:
        raise invalid(
            "plan.suspension",
            "is only for plans of kind ACCOUNT: the provider's fee does not depend on suspension",
        )


def check_plan_sharing(plan: Plan) -> None:
    """Refuse to share what is not an account plan of the provider's. Errors: InvalidArgument."""
    if plan.shared_with_resellers and (plan.kind is not PlanKind.ACCOUNT or plan.managed_by):
        raise invalid("plan.shared_with_resellers", "is only for account plans that the provider manages")


def check_product_sharing(product: Product) -> None:
    """Refuse to share a product that a reseller manages. Errors: InvalidArgument."""
    if product.shared_with_resellers and product.managed_by:
        raise invalid("product.shared_with_resellers", "is only for products that the provider manages")


def check_product(product: Product, account_plan: Plan, reseller_plan: Plan) -> None:
    """Refuse a product whose plans do not fit it. The order of the checks is the order of the errors.

    Errors: InvalidArgument; FailedPrecondition with a reason for each rule.
    """
    check_product_sharing(product)
    for plan, kind in ((account_plan, PlanKind.ACCOUNT), (reseller_plan, PlanKind.RESELLER)):
        if plan.kind is not kind:
            raise FailedPrecondition(
                Reason.PLAN_KIND_WRONG,
                f"{plan.name} is of kind {plan.kind}; product.{kind.lower()}_plan needs one of kind {kind}",
            )
        if plan.managed_by != product.managed_by:
            raise FailedPrecondition(
                Reason.PLAN_MANAGED_BY_OTHER,
                f"{plan.name} is managed by {_party(plan.managed_by)}; a product that is managed by "
                f"{_party(product.managed_by)} needs plans that are too",
            )
    if product.shared_with_resellers and not account_plan.shared_with_resellers:
        raise FailedPrecondition(
            Reason.ACCOUNT_PLAN_NOT_SHARED,
            f"{account_plan.name} is not shared with resellers; a product that is shared needs an "
            "account plan that is shared too",
        )
    if not reseller_plan.applied_more_than_once:
        raise FailedPrecondition(
            Reason.RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE,
            f"{reseller_plan.name} is not applied_more_than_once; the fee of a product is charged "
            "once for every account, so its reseller plan has to be",
        )


def check_assignable(product: Product, reseller: str) -> None:
    """Refuse to assign a product that the reseller may not sell, or that is off sale.

    Errors: FailedPrecondition.
    """
    if product.managed_by not in ("", reseller):
        raise FailedPrecondition(
            Reason.PRODUCT_MANAGED_BY_OTHER,
            f"{product.name} is managed by {product.managed_by}, and {reseller} cannot assign it",
        )
    if not product.managed_by and not product.shared_with_resellers:
        raise FailedPrecondition(
            Reason.PRODUCT_NOT_SHARED,
            f"{product.name} is not shared with resellers, so none can assign it",
        )
    if product.state is ProductState.ARCHIVED:
        raise FailedPrecondition(Reason.PRODUCT_ARCHIVED, f"{product.name} is archived: it can no longer be assigned")


def changed_plan(stored: Plan, wanted: Plan, fields: frozenset[str], users: str) -> Plan:
    """Give the stored plan with the named fields of the wanted one.

    `users` says who uses the plan, or is empty where no one does.
    Errors: InvalidArgument (FIELD_IMMUTABLE), FailedPrecondition (PLAN_IN_USE).
    """
    _refuse_immutable("plan", fields & {"name", "kind", "managed_by"})
    if "fee" in fields and wanted.fee.currency != stored.fee.currency:
        raise invalid(
            "plan.fee.currency_code",
            f"cannot be changed from {stored.fee.currency}; make a new plan",
            Reason.FIELD_IMMUTABLE,
        )
    changed = replace(stored, **{name: getattr(wanted, name) for name in fields})
    check_plan(changed)
    check_plan_sharing(changed)
    in_use = sorted(
        name for name in fields - PLAN_FIELDS_FREE_IN_USE if getattr(stored, name) != getattr(changed, name)
    )
    if users and in_use:
        raise FailedPrecondition(
            Reason.PLAN_IN_USE,
            f"{stored.name} is used by {users}; {', '.join(in_use)} cannot be changed any more. Make a new plan",
        )
    return changed


def changed_product(stored: Product, wanted: Product, fields: frozenset[str]) -> Product:
    """Give the stored product with the named fields of the wanted one.

    Errors: InvalidArgument (FIELD_IMMUTABLE).
    """
    _refuse_immutable("product", fields & {"name", "kind", "managed_by"})
    return replace(stored, **{name: getattr(wanted, name) for name in fields})


def _refuse_immutable(noun: str, fields: frozenset[str]) -> None:
    for name in sorted(fields):
        raise invalid(f"{noun}.{name}", f"cannot be changed; make a new {noun}", Reason.FIELD_IMMUTABLE)


def _party(managed_by: str) -> str:
    return managed_by or "the provider"
