"""A line: what is to be priced, as a plugin sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from quitrent.domain.money import Money, units_decimal
from quitrent.domain.part import Part
from quitrent.domain.party import Party
from quitrent.domain.price_rule import Basis
from quitrent.domain.product import Product
from quitrent.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Named:
    """A party or a product, as a plugin sees it: its name and its labels."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be priced, as a plugin sees it. Amounts are in units of `currency`, for one whole period.

    `period_index` counts the subscription's periods from 0. Where a plan charges several periods at a
    time they are one line, from the first day of the first to the last of the last.

    `own_cost` is None where the reseller's cost is in another currency. `subscription` is empty in a
    quote of a product that is not assigned yet. `charged_before` is what the customer was charged for
    the part of the subscription that ends where this one begins, and None where nothing stands
    charged for it.

    `account_count` is how many accounts of the reseller have the product on the first day of the
    period, and `subscription_count` how many products are assigned to its accounts then, this line
    among them. Both are None unless a plugin in use counts accounts.
    """

    reseller: Named
    customer: Named
    account: Named
    product: Named
    subscription: str
    subscription_start: date
    period_start: date
    period_end: date
    period_index: int
    currency: str
    recommended: Decimal
    basis: Decimal
    own_cost: Decimal | None
    charged_before: Decimal | None = None
    account_count: int | None = None
    subscription_count: int | None = None


@dataclass(frozen=True, slots=True)
class RetailAmount:
    """The finished price of a line, as a review sees it, in units of the line's currency.

    `whole` is the price of one whole period, `amount` what is charged for this one.
    """

    whole: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a plugin sees of a line beside its terms: `Line` says what each is."""

    charged_before: Money | None = None
    account_count: int | None = None
    subscription_count: int | None = None


def line_of(terms: Terms, part: Part, basis: Basis, facts: LineFacts) -> Line:
    """Give what a plugin sees of one part of a subscription's retail side."""
    subscription = terms.subscription
    fee, cost = terms.recommended_for(part).money, terms.own_cost_on(part.priced_on)
    return Line(
        reseller=_named(terms.reseller),
        customer=_named(terms.customer),
        account=_named(terms.account),
        product=_named(terms.product),
        subscription=subscription.name,
        subscription_start=subscription.start,
        period_start=part.start,
        period_end=part.end,
        period_index=part.index,
        currency=fee.currency,
        recommended=_units(fee),
        basis=units_decimal(basis.micros),
        own_cost=_units(cost) if cost.currency == fee.currency else None,
        charged_before=None if facts.charged_before is None else _units(facts.charged_before),
        account_count=facts.account_count,
        subscription_count=facts.subscription_count,
    )


def _units(money: Money) -> Decimal:
    return units_decimal(Fraction(money.amount_micros))


def _named(thing: Party | Product) -> Named:
    return Named(thing.name, dict(thing.labels))
