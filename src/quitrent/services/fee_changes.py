"""Fee changes: a plan's new fee from a date on, which changes no period that has been billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Side
from quitrent.domain.errors import AlreadyExists, FailedPrecondition, Reason, not_found
from quitrent.domain.plan import FeeChange, Plan, PlanKind
from quitrent.domain.plan_rules import check_fee_change
from quitrent.domain.terms import Terms
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.plans import editable_plan
from quitrent.services.price_effects import PriceChange, PriceEffects, effects_of
from quitrent.services.visibility import find_visible_plan, visible_plan
from quitrent.store import plans as stored
from quitrent.store.terms import terms_of_plan


def create_fee_change(deployment: Deployment, caller: Caller, change: FeeChange) -> FeeChange:
    """Give a plan a new fee from a date on. The same change again gives the stored one.

    Errors: NotFound, PermissionDenied, InvalidArgument, AlreadyExists (FEE_CHANGE_DATE_TAKEN),
    FailedPrecondition (INSIDE_BILLED_PERIOD).
    """
    plan = _checked_plan(caller, change)
    if change not in plan.fee_changes:
        _check_not_billed(plan, change)
        stored.insert_fee_change(change, plan.key, deployment.now())
    return get_fee_change(caller, change.name)


def preview_fee_change(deployment: Deployment, caller: Caller, change: FeeChange, request: PageRequest) -> PriceEffects:
    """Give whom a fee change would touch and by how much. Errors: those of `create_fee_change`."""
    plan = _checked_plan(caller, change)
    others = [one for one in plan.fee_changes if one != change]
    if len(others) == len(plan.fee_changes):
        _check_not_billed(plan, change)
    before = replace(plan, fee_changes=tuple(others))
    after = replace(plan, fee_changes=tuple(sorted([*others, change], key=lambda one: one.effective)))
    return effects_of(deployment, caller, _price_change(before, after, change.effective), request)


def get_fee_change(caller: Caller, name: str) -> FeeChange:
    """Give a fee change. Errors: NotFound."""
    plan = find_visible_plan(caller, name.split("/feeChanges/", maxsplit=1)[0])
    found = [change for change in plan.fee_changes if change.name == name] if plan else []
    if not found:
        raise not_found(name)
    return found[0]


def list_fee_changes(caller: Caller, plan: str, request: PageRequest) -> Page[FeeChange]:
    """Give a page of a plan's fee changes, in the order in which they were made. Errors: NotFound (the plan)."""

    def load(after: int, limit: int) -> list[FeeChange]:
        changes = sorted(visible_plan(caller, plan).fee_changes, key=lambda change: change.key)
        return [change for change in changes if change.key > after][:limit]

    return page_of(caller, request, load)


def delete_fee_change(caller: Caller, name: str) -> None:
    """Withdraw a fee change that no billed period has.

    Errors: NotFound, PermissionDenied, FailedPrecondition (INSIDE_BILLED_PERIOD).
    """
    change = get_fee_change(caller, name)
    plan = editable_plan(caller, change.plan)
    charged = stored.charged_since(plan, _side(plan), change)
    if charged:
        raise FailedPrecondition(
            Reason.INSIDE_BILLED_PERIOD,
            f"{name} has been billed ({charged}), and could be withdrawn only before; change the fee again from a "
            "later date",
        )
    stored.delete_fee_change(change)


def _checked_plan(caller: Caller, change: FeeChange) -> Plan:
    plan = editable_plan(caller, change.plan)
    check_fee_change(plan, change)
    if any(one.effective == change.effective and one != change for one in plan.fee_changes):
        raise AlreadyExists(
            Reason.FEE_CHANGE_DATE_TAKEN,
            f"{plan.name} has another fee change on {change.effective}; withdraw that one or choose another day",
        )
    return plan


def _check_not_billed(plan: Plan, change: FeeChange) -> None:
    billed_until = stored.billed_past(plan, _side(plan), change)
    if billed_until is not None:
        raise FailedPrecondition(
            Reason.INSIDE_BILLED_PERIOD,
            f"periods of {plan.name} have been billed up to {billed_until}; its fee can change from that day on, "
            f"and would change from {change.effective} on",
            metadata={"earliest_date": str(billed_until)},
        )


def _price_change(before: Plan, after: Plan, since: date) -> PriceChange:
    side = _side(before)

    def with_plan(terms: Terms, plan: Plan) -> Terms:
        if side is Side.WHOLESALE:
            return replace(terms, reseller_plan=plan)
        return replace(terms, account_plan=plan)

    return PriceChange(
        side=side,
        since=since,
        load=lambda key, limit: [with_plan(terms, before) for terms in terms_of_plan(before, side, key, limit)],
        changed=lambda terms: with_plan(terms, after),
    )


def _side(plan: Plan) -> Side:
    return Side.RETAIL if plan.kind is PlanKind.ACCOUNT else Side.WHOLESALE
