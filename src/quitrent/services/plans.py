"""Plans: made, read, changed, deleted, each by whom it is allowed to."""

from __future__ import annotations

from dataclasses import replace

from quitrent.domain.errors import FailedPrecondition, PermissionDenied, Reason, Violation, not_found
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.plan_rules import changed_plan, check_plan, check_plan_sharing
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import get_reseller
from quitrent.services.visibility import visible_plan
from quitrent.store import plans as stored
from quitrent.store.products import shared_product_of_plan


def create_plan(deployment: Deployment, caller: Caller, plan: Plan) -> Plan:
    """Make a plan; its name holds its id, and its manager where that is a reseller.

    Errors: NotFound (the reseller), PermissionDenied, InvalidArgument, AlreadyExists.
    """
    check_plan(plan)
    if plan.managed_by:
        get_reseller(caller, plan.managed_by)
    _check_admin_sets(caller, plan)
    check_plan_sharing(plan)
    existing = stored.find_plan(plan.name)
    if existing is not None:
        # What a plan was made with holds no later fees.
        same_or_taken(plan.name, replace(existing, fee_changes=()), plan)
        return existing
    stored.insert_plan(plan, deployment.now())
    return visible_plan(caller, plan.name)


def list_plans(
    caller: Caller, kind: PlanKind | None, managed_by: str, currency: str, request: PageRequest
) -> Page[Plan]:
    """Give a page of the plans that the caller may read."""
    return page_of(
        caller,
        request,
        lambda after, limit: stored.list_plans(kind, managed_by, currency, caller.reseller, after, limit),
    )


def update_plan(deployment: Deployment, caller: Caller, wanted: Plan, fields: frozenset[str]) -> Plan:
    """Change the named fields of a plan.

    Errors: NotFound, PermissionDenied, InvalidArgument, FailedPrecondition (PLAN_IN_USE).
    """
    plan = editable_plan(caller, wanted.name)
    caller.check_admin_fields("plan", fields & {"shared_with_resellers"})
    changed = changed_plan(plan, wanted, fields, stored.subscription_of_plan(plan))
    _check_still_fits(plan, changed)
    stored.update_plan(changed, deployment.now())
    return visible_plan(caller, plan.name)


def delete_plan(caller: Caller, name: str) -> None:
    """Delete a plan that nothing uses.

    Errors: NotFound, PermissionDenied, FailedPrecondition (PLAN_IN_USE).
    """
    plan = editable_plan(caller, name)
    users = ", ".join(stored.products_of_plan(plan)) or stored.subscription_of_plan(plan)
    if users:
        raise FailedPrecondition(Reason.PLAN_IN_USE, f"{plan.name} is used by {users} and cannot be deleted")
    stored.delete_plan(plan)


def editable_plan(caller: Caller, name: str) -> Plan:
    """Give a plan that the caller may change. Errors: NotFound, PermissionDenied."""
    plan = visible_plan(caller, name)
    if not caller.is_admin and (plan.managed_by != caller.reseller or plan.kind is PlanKind.RESELLER):
        raise PermissionDenied(Reason.ADMIN_ONLY, f"{name} is changed by the provider only")
    return plan


def _check_admin_sets(caller: Caller, plan: Plan) -> None:
    if not caller.is_admin and not plan.managed_by:
        raise not_found(plan.name)
    caller.check_admin_fields("plan", frozenset({"shared_with_resellers"} if plan.shared_with_resellers else ()))
    if not caller.is_admin and plan.kind is PlanKind.RESELLER:
        raise PermissionDenied(
            Reason.ADMIN_ONLY,
            "only the provider creates plans of kind RESELLER",
            Violation("plan.kind", "has to be PLAN_KIND_ACCOUNT"),
        )


def _check_still_fits(plan: Plan, changed: Plan) -> None:
    """Refuse what would leave a product with a plan that it would not take today."""
    if plan.shared_with_resellers and not changed.shared_with_resellers:
        product = shared_product_of_plan(plan)
        if product:
            raise FailedPrecondition(
                Reason.PLAN_IN_USE, f"{plan.name} is used by {product}, which is shared; stop sharing that one first"
            )
    if plan.applied_more_than_once and not changed.applied_more_than_once:
        products = stored.products_of_plan(plan)
        if products:
            raise FailedPrecondition(
                Reason.PLAN_IN_USE,
                f"{plan.name} is used by {', '.join(products)}, whose fee is charged once for every account",
            )
