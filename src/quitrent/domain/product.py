"""Products: what can be assigned to an account, and which plans one may name.

A rule that a caller can break is one function here, and raises with a reason of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.plan_rules import refuse_immutable


class ProductKind(StrEnum):
    """How many of a product an account has at a time."""

    MAIN = "MAIN"
    ADD_ON = "ADD_ON"


class ProductState(StrEnum):
    """Whether a product can be assigned."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


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


def changed_product(stored: Product, wanted: Product, fields: frozenset[str]) -> Product:
    """Give the stored product with the named fields of the wanted one.

    Errors: InvalidArgument (FIELD_IMMUTABLE).
    """
    refuse_immutable("product", fields & {"name", "kind", "managed_by"})
    return replace(stored, **{name: getattr(wanted, name) for name in fields})


def _party(managed_by: str) -> str:
    return managed_by or "the provider"
