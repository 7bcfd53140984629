"""Price rules: a reseller's own prices, which change no period that has been billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from quitrent.domain.charge import Side
from quitrent.domain.errors import AlreadyExists, FailedPrecondition, Reason, invalid, not_found
from quitrent.domain.party import reseller_of
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import standard_fee
from quitrent.domain.price_rule import PriceRule, PriceRuleRevision, RevisionKind, basis_of, check_price_rule
from quitrent.domain.terms import Terms
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent, get_account, get_customer, get_reseller
from quitrent.services.price_effects import PriceChange, PriceEffects, effects_of
from quitrent.services.products import OfferedProduct, get_product
from quitrent.store import price_rules as stored
from quitrent.store.terms import terms_of_rule


def create_price_rule(deployment: Deployment, caller: Caller, rule: PriceRule) -> PriceRule:
    """Make a rule of the reseller that its name tells.

    Errors: NotFound (the reseller, product, customer or account), InvalidArgument, AlreadyExists,
    FailedPrecondition.
    """
    if not _is_made(caller, rule):
        stored.insert_price_rule(rule, deployment.now())
        _keep(deployment, caller, rule, RevisionKind.CREATED)
    return get_price_rule(caller, rule.name)


def preview_new_price_rule(
    deployment: Deployment, caller: Caller, rule: PriceRule, request: PageRequest
) -> PriceEffects:
    """Give whom a new rule would touch and by how much. Errors: those of `create_price_rule`."""
    before = [rule] if _is_made(caller, rule) else []
    return effects_of(deployment, caller, _price_change(rule, before, [rule], rule.effective), request)


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
    rule, changed = _changed(caller, wanted, fields)
    stored.update_price_rule(changed, deployment.now())
    if changed != rule:
        _keep(deployment, caller, changed, RevisionKind.CHANGED)
    return get_price_rule(caller, rule.name)


def preview_changed_price_rule(
    deployment: Deployment, caller: Caller, wanted: PriceRule, fields: frozenset[str], request: PageRequest
) -> tuple[PriceRule, PriceEffects]:
    """Give a rule as it would be, whom that would touch and by how much. Errors: those of `update_price_rule`."""
    rule, changed = _changed(caller, wanted, fields)
    since, _ = _days_changed(rule, changed)
    return changed, effects_of(deployment, caller, _price_change(rule, [rule], [changed], since), request)


def delete_price_rule(deployment: Deployment, caller: Caller, name: str) -> None:
    """Delete a rule that has priced nothing.

    Errors: NotFound, FailedPrecondition (INSIDE_BILLED_PERIOD).
    """
    rule = get_price_rule(caller, name)
    _check_not_billed(rule, rule.effective, rule.end)
    _keep(deployment, caller, rule, RevisionKind.DELETED)
    stored.delete_price_rule(rule)


def list_revisions(caller: Caller, parent: str, price_rule: str, request: PageRequest) -> Page[PriceRuleRevision]:
    """Give a page of the history of a reseller's rules, or of one of them, also where it was deleted.

    Errors: NotFound (the reseller).
    """
    return page_of(
        caller,
        request,
        lambda after, limit: stored.list_revisions(existing_parent(caller, parent), price_rule, after, limit),
    )


def _is_made(caller: Caller, rule: PriceRule) -> bool:
    """Whether a rule has been made already, with this very content; else it can be made.

    Errors: those of `create_price_rule`.
    """
    check_price_rule(rule)
    get_reseller(caller, reseller_of(rule.name))
    offered = _offered(caller, rule)
    _check_scope(caller, rule)
    _check_price(rule, offered.account_plan, offered.reseller_plan)
    existing = stored.find_price_rule(rule.name)
    if existing is not None:
        same_or_taken(rule.name, existing, rule)
        return True
    _check_date_free(rule)
    _check_not_billed(rule, rule.effective, rule.end)
    return False


def _changed(caller: Caller, wanted: PriceRule, fields: frozenset[str]) -> tuple[PriceRule, PriceRule]:
    """Give a rule as it is, and as it is to be. Errors: those of `update_price_rule`."""
    rule = get_price_rule(caller, wanted.name)
    changed = replace(rule, **{name: getattr(wanted, name) for name in fields})
    # A product that is no longer shared is billed on, and so are its prices.
    _check_price(changed, *stored.plans_of_product(rule.product))
    _check_date_free(changed)
    _check_not_billed(rule, *_days_changed(rule, changed))
    return rule, changed


def _price_change(
    scope: PriceRule, before: Sequence[PriceRule], after: Sequence[PriceRule], since: date
) -> PriceChange:
    """Give the change of prices that some forms of one rule make in place of others."""

    def with_rules(terms: Terms, rules: Sequence[PriceRule]) -> Terms:
        others = [rule for rule in terms.rules if rule.name != scope.name]
        return replace(terms, rules=(*others, *rules))

    return PriceChange(
        side=Side.RETAIL,
        since=since,
        load=lambda key, limit: [with_rules(terms, before) for terms in terms_of_rule(scope, key, limit)],
        changed=lambda terms: with_rules(terms, after),
    )


def _keep(deployment: Deployment, caller: Caller, rule: PriceRule, kind: RevisionKind) -> None:
    stored.insert_revision(PriceRuleRevision(rule, kind, caller.principal), deployment.now())


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
    recommended, own_cost = (
        standard_fee(plan, rule.effective, rule.effective) for plan in (account_plan, reseller_plan)
    )
    basis_of(account_plan.name, recommended, own_cost.money, rule)


def _days_changed(rule: PriceRule, changed: PriceRule) -> tuple[date, date | None]:
    """Give the days on which a period may begin whose price the change changes."""
    if replace(changed, end=rule.end) == rule:
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
