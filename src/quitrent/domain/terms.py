"""Everything that prices one subscription: what it is, for whom, on which plans and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quitrent.domain.catalog import Plan, Product
from quitrent.domain.party import Party
from quitrent.domain.price_rule import Basis, PriceRule, basis_of, rule_in_force
from quitrent.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Terms:
    """A subscription with its plans, product, parties and the reseller's rules for the product."""

    subscription: Subscription
    account_plan: Plan
    reseller_plan: Plan
    product: Product
    reseller: Party
    customer: Party
    account: Party
    rules: tuple[PriceRule, ...] = ()

    def basis_on(self, day: date) -> Basis:
        """Give the reseller's price for a whole period that begins on a day.

        Errors: FailedPrecondition, where its rule makes no price.
        """
        rule = rule_in_force(self.rules, self.customer.name, self.account.name, day)
        return basis_of(self.account_plan, self.reseller_plan, rule)
