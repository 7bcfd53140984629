"""Price rules: a reseller's own prices, which change no period that has been billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from quitrent.domain.catalog import Plan
from quitrent.domain.errors import AlreadyExists, FailedPrecondition, Reason, invalid, not_found
from quitrent.domain.party import reseller_of
from quitrent.domain.price_rule import PriceRule, basis_of, check_price_rule
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent, get_account, get_customer, get_reseller
from quitrent.services.products import OfferedProduct, get_product
from quitrent.store import price_rules as stored


def create_price_rule(deployment: Deployment, caller: Caller, rule: PriceRule) -> PriceRule:
    """Make a rule of the reseller that its name tells.

    Errors: NotFound (the reseller, product, customer or account), InvalidArgument, AlreadyExists,
    FailedPrecondition.
    """
    check_price_rule(rule)
    get_reseller(caller, reseller_of(rule.name))
    offered = _offered(caller, rule)
    _check_scope(caller, rule)
    _check_price(rule, offered.account_plan, offered.reseller_plan)
    existing = stored.find_price_rule(rule.name)
    if existing is not None:
        return same_or_taken(rule.name, existing, rule)
    _check_date_free(rule)
    _check_not_billed(rule, rule.effective, rule.end)
    stored.insert_price_rule(rule, deployment.now())
    return get_price_rule(caller, rule.name)


def get_price_rule(caller: Caller, name: str) -> PriceRule:
    """Give a rule. Errors: NotFound."""
    caller.check_sees(name)
    rule = stored.find_price_rule(name)
    if rule is None:
        raise not_found(name)
    return rule


def list_price_rules(caller: Caller, parent: str, product: str, request: PageRequest) -> Page[PriceRule]:
    """Give a page of the rules of a reseller. Errors: NotFound (the parent)."""
    return page_of(
        caller,
        request,
        lambda after, limit: stored.list_price_rules(existing_parent(caller, parent), product, after, limit),
    )


def update_price_rule(deployment: Deployment, caller: Caller, wanted: PriceRule, fields: frozenset[str]) -> PriceRule:
    """Change the price or the dates of a rule; once it has priced a billed period, its end alone.

    Errors: NotFound, InvalidArgument, AlreadyExists, FailedPrecondition.
    """
    rule = get_price_rule(caller, wanted.name)
    changed = replace(rule, **{name: getattr(wanted, name) for name in fields})
    # A product that is no longer shared is billed on, and so are its prices.
    _check_price(changed, *stored.plans_of_product(rule.product))
    _check_date_free(changed)
    _check_not_billed(rule, *_days_changed(rule, changed))
    stored.update_price_rule(changed, deployment.now())
    return get_price_rule(caller, rule.name)


def delete_price_rule(caller: Caller, name: str) -> None:
    """Delete a rule that has priced nothing.

    Errors: NotFound, FailedPrecondition (INSIDE_BILLED_PERIOD).
    """
    rule = get_price_rule(caller, name)
    _check_not_billed(rule, rule.effective, rule.end)
    stored.delete_price_rule(rule)


def _offered(caller: Caller, rule: PriceRule) -> OfferedProduct:
    offered = get_product(caller, rule.product)
    if offered.product.managed_by not in ("", reseller_of(rule.name)):
        raise not_found(rule.product)
    return offered


def _check_scope(caller: Caller, rule: PriceRule) -> None:
    reseller = reseller_of(rule.name)
    for field, scope, get in (("customer", rule.customer, get_customer), ("account", rule.account, get_account)):
        if scope:
            get(caller, scope)
            if reseller_of(scope) != reseller:
                raise invalid(f"price_rule.{field}", f"must be one of {reseller}")


def _check_price(rule: PriceRule, account_plan: Plan, reseller_plan: Plan) -> None:
    check_price_rule(rule)
    basis_of(account_plan, reseller_plan, rule)


def _days_changed(rule: PriceRule, changed: PriceRule) -> tuple[date, date | None]:
    """Give the days on which a period may begin whose price the change changes."""
    if (changed.price, changed.effective) == (rule.price, rule.effective):
        ends = [end for end in (rule.end, changed.end) if end is not None]
        return min(ends, default=rule.effective), (max(ends) if len(ends) == 2 else None)
    both_end = rule.end is not None and changed.end is not None
    until = max(rule.end, changed.end) if both_end and rule.end and changed.end else None
    return min(rule.effective, changed.effective), until


def _check_date_free(rule: PriceRule) -> None:
    other = stored.same_scope_and_date(rule)
    if other:
        raise AlreadyExists(
            Reason.PRICE_RULE_DATE_TAKEN,
            f"{other} begins on {rule.effective} for the same product and scope; change that one or choose another day",
        )


def _check_not_billed(rule: PriceRule, since: date, until: date | None) -> None:
    if since == until:
        return
    billed_until = stored.billed_until(rule, since, until)
    if billed_until is not None:
        raise FailedPrecondition(
            Reason.INSIDE_BILLED_PERIOD,
            f"retail periods of {rule.product} in the reach of this rule have been billed up to {billed_until}; "
            f"it can change prices from that day on, and would change them from {since} on",
            metadata={"earliest_date": str(billed_until)},
        )
