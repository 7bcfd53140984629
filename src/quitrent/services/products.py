"""Products: made, read, changed, archived, deleted, each by whom it is allowed to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quitrent.domain.errors import FailedPrecondition, PermissionDenied, Reason, not_found
from quitrent.domain.plan import Plan
from quitrent.domain.product import (
    PRODUCT_ADMIN_FIELDS,
    Product,
    ProductKind,
    ProductState,
    changed_product,
    check_product,
    check_product_sharing,
)
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import get_reseller
from quitrent.services.visibility import may_read_plan, visible_plan, visible_product
from quitrent.store import products as stored
from quitrent.store.plans import find_plan


@dataclass(frozen=True, slots=True)
class OfferedProduct:
    """A product with its two plans, and whether the caller may read the reseller plan."""

    product: Product
    account_plan: Plan
    reseller_plan: Plan
    reseller_plan_is_visible: bool

    @property
    def key(self) -> int:
        """The store's key."""
        return self.product.key


def create_product(deployment: Deployment, caller: Caller, product: Product) -> OfferedProduct:
    """Make a product. Only the provider may call this.

    Errors: NotFound (the reseller, a plan), InvalidArgument, FailedPrecondition, AlreadyExists.
    """
    check_product_sharing(product)
    if product.managed_by:
        get_reseller(caller, product.managed_by)
    check_product(product, visible_plan(caller, product.account_plan), visible_plan(caller, product.reseller_plan))
    existing = stored.find_product(product.name)
    if existing is None:
        stored.insert_product(product, deployment.now())
    else:
        same_or_taken(product.name, replace(existing, state=product.state), product)
    return get_product(caller, product.name)


def get_product(caller: Caller, name: str) -> OfferedProduct:
    """Give a product with its plans. Errors: NotFound."""
    return _offered(caller, visible_product(caller, name))


def list_products(
    caller: Caller, kind: ProductKind | None, managed_by: str, state: ProductState | None, request: PageRequest
) -> Page[OfferedProduct]:
    """Give a page of the products that the caller may read."""
    return page_of(
        caller,
        request,
        lambda after, limit: [
            _offered(caller, product)
            for product in stored.list_products(kind, managed_by, state, caller.reseller, after, limit)
        ],
    )


def update_product(deployment: Deployment, caller: Caller, wanted: Product, fields: frozenset[str]) -> OfferedProduct:
    """Change the named fields of a product; the reseller that manages it changes but a few.

    Errors: NotFound (the product, a plan), PermissionDenied, InvalidArgument, FailedPrecondition.
    """
    product = visible_product(caller, wanted.name)
    if not caller.is_admin and product.managed_by != caller.reseller:
        raise PermissionDenied(Reason.ADMIN_ONLY, f"{product.name} is changed by the provider only")
    caller.check_admin_fields("product", fields & PRODUCT_ADMIN_FIELDS)
    changed = changed_product(product, wanted, fields)
    check_product(changed, visible_plan(caller, changed.account_plan), _plan(changed.reseller_plan))
    stored.update_product(changed, deployment.now())
    return get_product(caller, product.name)


def archive_product(deployment: Deployment, caller: Caller, name: str) -> OfferedProduct:
    """Take a product off sale. Only the provider may call this. Errors: NotFound."""
    product = visible_product(caller, name)
    stored.update_product(replace(product, state=ProductState.ARCHIVED), deployment.now())
    return get_product(caller, name)


def delete_product(caller: Caller, name: str) -> None:
    """Delete a product that nothing uses. Only the provider may call this.

    Errors: NotFound, FailedPrecondition (PRODUCT_IN_USE).
    """
    product = visible_product(caller, name)
    user = stored.user_of_product(product)
    if user:
        raise FailedPrecondition(
            Reason.PRODUCT_IN_USE, f"{name} is used by {user} and cannot be deleted; archive it to take it off sale"
        )
    stored.delete_product(product)


def _offered(caller: Caller, product: Product) -> OfferedProduct:
    reseller_plan = _plan(product.reseller_plan)
    return OfferedProduct(product, _plan(product.account_plan), reseller_plan, may_read_plan(caller, reseller_plan))


def _plan(name: str) -> Plan:
    plan = find_plan(name)
    if plan is None:
        raise not_found(name)
    return plan
