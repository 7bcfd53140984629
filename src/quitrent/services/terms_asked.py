"""The terms of what is to be quoted: however many requests there are, by a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quitrent.domain.continuation import Assignable, Assignment, assigned_to
from quitrent.domain.errors import QuitrentError, not_found
from quitrent.domain.party import Party, lineage, parent_of, reseller_of
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.terms import Terms
from quitrent.services.caller import Caller
from quitrent.services.parties import found_party
from quitrent.services.visibility import visible_assignable
from quitrent.store.assignments import assigned_accounts
from quitrent.store.catalog import current_catalog
from quitrent.store.parties import parties_named
from quitrent.store.terms import terms_named


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What to price on a day, and who asks: a subscription, or a product on an account."""

    caller: Caller
    day: date
    subscription: str = ""
    product: str = ""
    account: str = ""


def terms_asked(requests: Sequence[QuoteRequest]) -> list[Terms | QuitrentError]:
    """Give the terms of each request, or why there are none. Call it with a connection held.

    A product on an account has the terms that it would have if it were assigned on the day.
    Errors: NotFound, FailedPrecondition.
    """
    assigned = terms_named({one.subscription for one in requests if one.subscription})
    prospective = _Prospective([one for one in requests if not one.subscription])
    return [
        _assigned(one.caller, one.subscription, assigned) if one.subscription else prospective.terms(one)
        for one in requests
    ]


def _assigned(caller: Caller, name: str, found: Mapping[str, Terms]) -> Terms | QuitrentError:
    terms = found.get(name)
    return not_found(name) if terms is None or not caller.sees(name) else terms


class _Prospective:
    """What products have for terms on accounts that do not have them yet."""

    def __init__(self, requests: Collection[QuoteRequest]) -> None:
        self._parties: Mapping[str, Party] = {}
        self._products: Mapping[str, Assignable] = {}
        self._assignments: Mapping[str, Sequence[Assignment]] = {}
        self._rules: Mapping[tuple[int, int], tuple[PriceRule, ...]] = {}
        if requests:
            accounts = {one.account for one in requests}
            self._parties = parties_named({name for account in accounts for name in lineage(account)})
            self._products = current_catalog().assignables({one.product for one in requests})
            self._assignments = {name: one.assignments for name, one in assigned_accounts(accounts).items()}
            self._rules = current_catalog().rules(self._rule_keys(requests))

    def terms(self, request: QuoteRequest) -> Terms | QuitrentError:
        try:
            return self._terms(request)
        except QuitrentError as error:
            return error.with_traceback(None)

    def _terms(self, request: QuoteRequest) -> Terms:
        name = request.account
        account = found_party(request.caller, name, self._parties.get(name))
        assignable = visible_assignable(request.caller, request.product, self._products)
        new = assigned_to(name, "", assignable, request.day, self._assignments.get(name, ()))
        reseller = self._parties[reseller_of(name)]
        return Terms(
            subscription=new.subscription,
            account_plan=new.account_plan,
            reseller_plan=new.reseller_plan,
            product=new.product,
            reseller=reseller,
            customer=self._parties[parent_of(name)],
            account=account,
            rules=self._rules[reseller.key, new.product.key],
        )

    def _rule_keys(self, requests: Collection[QuoteRequest]) -> set[tuple[int, int]]:
        pairs = {(reseller_of(one.account), one.product) for one in requests}
        return {
            (self._parties[reseller].key, self._products[product].product.key)
            for reseller, product in pairs
            if reseller in self._parties and product in self._products
        }
