"""Price rules: a reseller's own prices, which change no period that has been billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from quitrent.domain.errors import AlreadyExists, FailedPrecondition, Reason, invalid, not_found
from quitrent.domain.party import reseller_of
from quitrent.domain.price_rule import PriceRule, basis_of, check_price_rule
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent, get_account, get_customer, get_reseller
from quitrent.services.products import get_product
from quitrent.store import price_rules as stored


def create_price_rule(deployment: Deployment, caller: Caller, rule: PriceRule) -> PriceRule:
    """Make a rule of the reseller that its name tells.

    Errors: NotFound (the reseller, product, customer or account), InvalidArgument, AlreadyExists,
    FailedPrecondition.
    """
    get_reseller(caller, reseller_of(rule.name))
    _check_rule(caller, rule)
    existing = stored.find_price_rule(rule.name)
    if existing is not None:
        return same_or_taken(rule.name, existing, rule)
    _check_date_free(rule)
    _check_not_billed(rule, rule.effective, "effective_date")
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
    parent = existing_parent(caller, parent)
    return page_of(caller, request, lambda after, limit: stored.list_price_rules(parent, product, after, limit))


def update_price_rule(deployment: Deployment, caller: Caller, wanted: PriceRule, fields: frozenset[str]) -> PriceRule:
    """Change the price or the dates of a rule; once it has priced a billed period, its end alone.

    Errors: NotFound, InvalidArgument, AlreadyExists, FailedPrecondition.
    """
    rule = get_price_rule(caller, wanted.name)
    changed = replace(rule, **{name: getattr(wanted, name) for name in fields})
    _check_rule(caller, changed)
    _check_date_free(changed)
    if (changed.price, changed.effective) != (rule.price, rule.effective):
        _check_not_billed(rule, min(rule.effective, changed.effective), "effective_date")
    elif changed.end != rule.end:
        # What lies between the old end and the new one changes its price.
        _check_not_billed(rule, min(end for end in (rule.end, changed.end) if end is not None), "end_date")
    stored.update_price_rule(changed, deployment.now())
    return get_price_rule(caller, rule.name)


def delete_price_rule(caller: Caller, name: str) -> None:
    """Delete a rule that has priced nothing.

    Errors: NotFound, FailedPrecondition (INSIDE_BILLED_PERIOD).
    """
    rule = get_price_rule(caller, name)
    _check_not_billed(rule, rule.effective, "effective_date")
    stored.delete_price_rule(rule)


def _check_rule(caller: Caller, rule: PriceRule) -> None:
    offered = get_product(caller, rule.product)
    reseller = reseller_of(rule.name)
    if offered.product.managed_by not in ("", reseller):
        raise not_found(rule.product)
    for scope, get in ((rule.customer, get_customer), (rule.account, get_account)):
        if scope:
            get(caller, scope)
            if reseller_of(scope) != reseller:
                raise invalid("price_rule.scope", f"{scope} is not a customer or an account of {reseller}")
    check_price_rule(rule)
    basis_of(offered.account_plan, offered.reseller_plan, rule)


def _check_date_free(rule: PriceRule) -> None:
    other = stored.same_scope_and_date(rule)
    if other:
        raise AlreadyExists(
            Reason.PRICE_RULE_DATE_TAKEN,
            f"{other} begins on {rule.effective} for the same product and scope; change that one or choose another day",
        )


def _check_not_billed(rule: PriceRule, since: date, field: str) -> None:
    billed_until = stored.billed_until(rule)
    if billed_until is not None and since < billed_until:
        raise FailedPrecondition(
            Reason.INSIDE_BILLED_PERIOD,
            f"{field}: retail periods of {rule.product} in the reach of this rule have been billed up to "
            f"{billed_until}; the rule can change prices from that day on",
            metadata={"earliest_date": str(billed_until)},
        )
