"""Everything that prices one subscription: what it is, for whom, on which plans and by which rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from quitrent.domain.money import Money, units_decimal
from quitrent.domain.part import Part
from quitrent.domain.party import Party
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import fee_of, standard_fee
from quitrent.domain.price_rule import Basis, PriceRule, basis_of, rule_in_force
from quitrent.domain.product import Product
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class WholePrices:
    """What a whole period costs before any plugin has spoken: the basis, and in units of `currency` what plugins see.

    `own_cost` is None where the reseller's cost is in another currency.
    """

    basis: Basis
    currency: str
    recommended_units: Decimal
    basis_units: Decimal
    own_cost_units: Decimal | None


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
        return self.whole_prices_of(part).basis

    def whole_prices_of(self, part: Part) -> WholePrices:
        """Give what a whole period of a part of the retail side costs. Errors: those of `basis_of`."""
        assigned = self.subscription.start
        rule = rule_in_force(self.rules, self.customer.name, self.account.name, part.priced_on, assigned)
        # Percentages that are equal may be written otherwise, and the steps show what was written.
        written = "" if rule is None else str(rule.price.percent)
        schedule = self.subscription.wholesale.schedule
        return _whole_prices(self.account_plan, self.reseller_plan, schedule, assigned, part, rule, written)

    def own_cost_on(self, day: date) -> Money:
        """Give the reseller plan's fee for the whole period that holds a day."""
        return _own_cost_on(day, self.reseller_plan, self.subscription.wholesale.schedule, self.subscription.start)


# Of the many subscriptions whose schedules are alike both are the same.
@lru_cache(maxsize=4_096)
def _whole_prices(
    account_plan: Plan,
    reseller_plan: Plan,
    schedule: Schedule,
    assigned: date,
    part: Part,
    rule: PriceRule | None,
    _written: str,
) -> WholePrices:
    recommended = fee_of(account_plan, part, assigned)
    cost = _own_cost_on(part.priced_on, reseller_plan, schedule, assigned)
    basis, currency = basis_of(account_plan.name, recommended, cost, rule), recommended.money.currency
    return WholePrices(
        basis,
        currency,
        recommended_units=units_decimal(Fraction(recommended.money.amount_micros)),
        basis_units=units_decimal(basis.micros),
        own_cost_units=units_decimal(Fraction(cost.amount_micros)) if cost.currency == currency else None,
    )


@lru_cache(maxsize=4_096)
def _own_cost_on(day: date, plan: Plan, schedule: Schedule, assigned: date) -> Money:
    part = plan.calendar.part_on(replace(schedule, end=None), day)
    if part is None:
        return standard_fee(plan, day, assigned).money
    return fee_of(plan, part, assigned).money
