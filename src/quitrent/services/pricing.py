"""The one way to a retail price: the rule, the plugins' adjustments, the price, the plugins' reviews.

Quotes, previews and runs all come through here, a batch at a time. A run prices the periods of a
subscription one after the other, since a plugin is told what the one before was charged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache

from quitrent.domain.charge import Priced
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.line_facts import LineFacts, line_of
from quitrent.domain.money import Money, units_decimal
from quitrent.domain.part import Part
from quitrent.domain.price import Adjustments, Reviews, retail_price, reviewed
from quitrent.domain.terms import Terms, WholePrices
from quitrent.services.deployment import Deployment
from quitrent.services.line_facts import Facts, Priceds, Wanted
from quitrent.services.outcomes import each


@dataclass(frozen=True, slots=True)
class PricedLine:
    """What a line costs: its amount, and the exact price of one whole period in micros."""

    priced: Priced
    whole_micros: Fraction


@dataclass(frozen=True, slots=True)
class _Started:
    """What is to be priced, with its prices before any plugin has spoken."""

    terms: Terms
    part: Part
    prices: WholePrices
    facts: LineFacts

    def identity(self) -> tuple[object, ...]:
        """Give what its price depends on, but for whom it is for. What is alike is mostly one and the same value."""
        terms = self.terms
        values = (terms.account_plan, terms.product, self.part, self.prices)
        return (*map(id, values), terms.subscription.start, self.facts)


@dataclass(frozen=True, slots=True)
class _Finished:
    """A line whose price is known, and not yet reviewed."""

    line: Line
    price: PricedLine
    amount: RetailAmount


def price_retail(deployment: Deployment, wanted: Sequence[Wanted]) -> list[Priced | FailedPrecondition]:
    """Price parts of subscriptions, each for itself; for each its amount, or why it has none.

    Plugins are called, so no transaction may be open.
    """
    return _amounts(_price(deployment, wanted, Facts(deployment), {}))


def price_in_turn(deployment: Deployment, wanted: Sequence[Wanted], facts: Facts) -> list[Priced | FailedPrecondition]:
    """Price parts of subscriptions for a run: those of one subscription in their order, as if each had been charged.

    facts: what the run has learned so far. Plugins are called, so no transaction may be open.
    """
    return _amounts(price_lines_in_turn(deployment, wanted, facts))


def price_lines_in_turn(
    deployment: Deployment, wanted: Sequence[Wanted], facts: Facts
) -> list[PricedLine | FailedPrecondition]:
    """Price as `price_in_turn` does, and give the price of a whole period beside each amount."""
    outcomes: dict[int, PricedLine | FailedPrecondition] = {}
    priced: dict[tuple[int, date], Money] = {}
    for places in _one_of_each(wanted):
        some = [wanted[place] for place in places]
        for (terms, part), place, outcome in zip(some, places, _price(deployment, some, facts, priced), strict=True):
            outcomes[place] = outcome
            if isinstance(outcome, PricedLine):
                priced[terms.subscription.key, part.end] = outcome.priced.amount
    return [outcomes[place] for place in range(len(wanted))]


def _amounts(outcomes: Sequence[PricedLine | FailedPrecondition]) -> list[Priced | FailedPrecondition]:
    return [outcome.priced if isinstance(outcome, PricedLine) else outcome for outcome in outcomes]


def _one_of_each(wanted: Sequence[Wanted]) -> list[list[int]]:
    """Give the places of the first part of each subscription, then of the second of each, and so on."""
    waves: list[list[int]] = []
    seen: Counter[int] = Counter()
    for place, (terms, _) in enumerate(wanted):
        key = terms.subscription.key
        if seen[key] == len(waves):
            waves.append([])
        waves[seen[key]].append(place)
        seen[key] += 1
    return waves


def _price(
    deployment: Deployment, wanted: Sequence[Wanted], facts: Facts, priced: Priceds
) -> list[PricedLine | FailedPrecondition]:
    deployment.check_plugins_may_be_called()
    seen = deployment.plugins.seen
    started = [_started(*one) for one in zip(wanted, facts.of(wanted, priced), strict=True)]
    return each(started, lambda some: _priced_once(deployment, some, seen))


def _started(wanted: Wanted, facts: LineFacts) -> _Started | FailedPrecondition:
    terms, part = wanted
    try:
        return _Started(terms, part, terms.whole_prices_of(part), facts)
    except FailedPrecondition as failure:
        return failure.with_traceback(None)


def _priced_once(
    deployment: Deployment, started: Sequence[_Started], seen: frozenset[str]
) -> list[PricedLine | FailedPrecondition]:
    """Price lines, and those once that differ in nothing that any plugin looks at."""
    differing = [_LOOKED_AT[name] for name in sorted(seen & _LOOKED_AT.keys())]
    places: dict[tuple[object, ...], int] = {}
    distinct: list[_Started] = []
    place_of_each: list[int] = []
    for one in started:
        key = (*one.identity(), *(look(one.terms) for look in differing))
        place = places.setdefault(key, len(distinct))
        if place == len(distinct):
            distinct.append(one)
        place_of_each.append(place)
    finished = _adjusted(deployment, distinct)
    outcomes = each(finished, lambda lines: _reviewed(deployment, lines))
    return [outcomes[place] for place in place_of_each]


# By these fields of a line those are told apart who have the same prices for the same part.
_LOOKED_AT: dict[str, Callable[[Terms], str]] = {
    "reseller": lambda terms: terms.reseller.name,
    "customer": lambda terms: terms.customer.name,
    "account": lambda terms: terms.account.name,
    "subscription": lambda terms: terms.subscription.name,
}


def _adjusted(deployment: Deployment, started: list[_Started]) -> list[_Finished | FailedPrecondition]:
    lines = [line_of(one.terms, one.part, one.prices, one.facts) for one in started]
    answers = deployment.plugins.adjust(lines)
    return [_finished(one, line, answer) for one, line, answer in zip(started, lines, answers, strict=True)]


def _finished(
    started: _Started, line: Line, adjustments: Adjustments | FailedPrecondition
) -> _Finished | FailedPrecondition:
    if isinstance(adjustments, FailedPrecondition):
        return adjustments
    try:
        whole, priced = retail_price(started.prices.basis, adjustments, started.terms.account_plan, started.part)
    except FailedPrecondition as failure:
        return failure.with_traceback(None)
    amount = _retail_amount(whole.numerator, whole.denominator, priced.amount.amount_micros)
    return _Finished(line, PricedLine(priced, whole), amount)


# By whole numbers, which are found much quicker than a Fraction is.
@lru_cache(maxsize=4_096)
def _retail_amount(whole_numerator: int, whole_denominator: int, amount_micros: int) -> RetailAmount:
    whole = Fraction(whole_numerator, whole_denominator)
    return RetailAmount(whole=units_decimal(whole), amount=units_decimal(Fraction(amount_micros)))


def _reviewed(deployment: Deployment, finished: list[_Finished]) -> list[PricedLine | FailedPrecondition]:
    answers = deployment.plugins.review([(line.line, line.amount) for line in finished])
    return [_judged(line.price, answer) for line, answer in zip(finished, answers, strict=True)]


def _judged(price: PricedLine, reviews: Reviews | FailedPrecondition) -> PricedLine | FailedPrecondition:
    if isinstance(reviews, FailedPrecondition):
        return reviews
    if not reviews:
        return price
    try:
        return replace(price, priced=reviewed(price.priced, reviews))
    except FailedPrecondition as failure:
        return failure.with_traceback(None)
