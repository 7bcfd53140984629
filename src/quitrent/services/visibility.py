"""What a caller may see of the catalog; what it may not is not found."""

from __future__ import annotations

from collections.abc import Mapping

from quitrent.domain.continuation import Assignable
from quitrent.domain.errors import not_found
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.product import Product
from quitrent.services.caller import Caller
from quitrent.store.plans import find_plan
from quitrent.store.products import find_product


def visible_plan(caller: Caller, name: str) -> Plan:
    """Give a plan that the caller may read: the provider every one, a reseller its own and shared ones.

    Errors: NotFound.
    """
    plan = find_visible_plan(caller, name)
    if plan is None:
        raise not_found(name)
    return plan


def find_visible_plan(caller: Caller, name: str) -> Plan | None:
    """Give a plan, or None where the caller may not read it."""
    plan = find_plan(name)
    return plan if plan is not None and may_read_plan(caller, plan) else None


def visible_product(caller: Caller, name: str) -> Product:
    """Give a product that the caller may read: the provider every one, a reseller its own and shared ones.

    Errors: NotFound.
    """
    product = find_product(name)
    if product is None or not may_read_product(caller, product):
        raise not_found(name)
    return product


def visible_assignable(caller: Caller, name: str, found: Mapping[str, Assignable]) -> Assignable:
    """Give one of the products that were found, by its name, if the caller may read it. Errors: NotFound."""
    assignable = found.get(name)
    if assignable is None or not may_read_product(caller, assignable.product):
        raise not_found(name)
    return assignable


def may_read_product(caller: Caller, product: Product) -> bool:
    """Whether the caller may read a product."""
    return caller.is_admin or product.shared_with_resellers or product.managed_by == caller.reseller


def may_read_plan(caller: Caller, plan: Plan) -> bool:
    """Whether the caller may read a plan. The provider's reseller plans are its own affair."""
    shared = plan.shared_with_resellers and plan.kind is PlanKind.ACCOUNT
    return caller.is_admin or shared or plan.managed_by == caller.reseller
