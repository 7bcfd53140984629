"""From a part of a subscription's retail side, and what is known beside its terms, to the line that plugins see."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from quitrent.domain.line import Line, Named
from quitrent.domain.money import Money, units_decimal
from quitrent.domain.part import Part
from quitrent.domain.party import Party
from quitrent.domain.product import Product
from quitrent.domain.terms import Terms, WholePrices


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a plugin sees of a line beside its terms: `Line` says what each is."""

    charged_before: Money | None = None
    account_count: int | None = None
    subscription_count: int | None = None


def line_of(terms: Terms, part: Part, prices: WholePrices, facts: LineFacts) -> Line:
    """Give what a plugin sees of one part of a subscription's retail side."""
    subscription, before = terms.subscription, facts.charged_before
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
        currency=prices.currency,
        recommended=prices.recommended_units,
        basis=prices.basis_units,
        own_cost=prices.own_cost_units,
        charged_before=None if before is None else units_decimal(Fraction(before.amount_micros)),
        account_count=facts.account_count,
        subscription_count=facts.subscription_count,
    )


def _named(thing: Party | Product) -> Named:
    return Named(thing.name, dict(thing.labels))
