"""From a part of a subscription's retail side, and what is known beside its terms, to the line that plugins see."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from quitrent.domain.line import Line, Named
from quitrent.domain.money import Money, units_decimal
from quitrent.domain.part import Part
from quitrent.domain.party import Party
from quitrent.domain.price_rule import Basis
from quitrent.domain.product import Product
from quitrent.domain.terms import Terms


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
