"""Everything that prices one subscription: what it is, for whom, on which plans and by which rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from quitrent.domain.money import Money
from quitrent.domain.part import Part
from quitrent.domain.party import Party
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import PlanFee, fee_of, standard_fee
from quitrent.domain.price_rule import Basis, PriceRule, basis_of, rule_in_force
from quitrent.domain.product import Product
from quitrent.domain.schedule import Schedule
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

    @property
    def key(self) -> int:
        """The store's key of the subscription."""
        return self.subscription.key

    def basis_of(self, part: Part) -> Basis:
        """Give the reseller's price for a whole period of a part of the retail side.

        Errors: FailedPrecondition, where its rule makes no price.
        """
        rule = rule_in_force(self.rules, self.customer.name, self.account.name, part.priced_on, self.subscription.start)
        return basis_of(self.account_plan.name, self.recommended_for(part), self.own_cost_on(part.priced_on), rule)

    def recommended_for(self, part: Part) -> PlanFee:
        """Give the account plan's fee for a whole period of a part."""
        return fee_of(self.account_plan, part, self.subscription.start)

    def own_cost_on(self, day: date) -> Money:
        """Give the reseller plan's fee for the whole period that holds a day."""
        return _own_cost_on(day, self.reseller_plan, self.subscription.wholesale.schedule, self.subscription.start)


# Of the many subscriptions whose schedules are alike it is the same.
@lru_cache(maxsize=4_096)
def _own_cost_on(day: date, plan: Plan, schedule: Schedule, assigned: date) -> Money:
    part = plan.calendar.part_on(replace(schedule, end=None), day)
    if part is None:
        return standard_fee(plan, day, assigned).money
    return fee_of(plan, part, assigned).money
