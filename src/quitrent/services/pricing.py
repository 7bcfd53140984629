"""The one way to a retail price: the rule, the plugins' adjustments, the price, the plugins' reviews.

Quotes, previews and runs all come through here, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from quitrent.domain.charge import Priced
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.line import Line, RetailAmount, line_of
from quitrent.domain.money import units_decimal
from quitrent.domain.part import Part
from quitrent.domain.price import retail_price, reviewed
from quitrent.domain.price_rule import Basis
from quitrent.domain.proposal import Adjustment, Review, Speaker
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.services.outcomes import each


@dataclass(frozen=True, slots=True)
class _Started:
    """A line whose basis is known."""

    terms: Terms
    part: Part
    basis: Basis
    line: Line


@dataclass(frozen=True, slots=True)
class _Finished:
    """A line whose price is known, and not yet reviewed."""

    line: Line
    priced: Priced
    amount: RetailAmount


def price_retail(deployment: Deployment, wanted: Sequence[tuple[Terms, Part]]) -> list[Priced | FailedPrecondition]:
    """Price parts of subscriptions; for each its amount, or why it has none.

    Plugins are called, so no transaction may be open.
    """
    if deployment.store.in_transaction():
        raise RuntimeError("a plugin may take its time, and others wait for the database")
    started = [_started(terms, part) for terms, part in wanted]
    finished = each(started, lambda lines: _adjusted(deployment, lines))
    return each(finished, lambda lines: _reviewed(deployment, lines))


def _started(terms: Terms, part: Part) -> _Started | FailedPrecondition:
    try:
        basis = terms.basis_of(part)
    except FailedPrecondition as failure:
        return failure.with_traceback(None)
    return _Started(terms, part, basis, line_of(terms, part, basis))


def _adjusted(deployment: Deployment, started: list[_Started]) -> list[_Finished | FailedPrecondition]:
    answers = deployment.plugins.adjust([line.line for line in started])
    return [_finished(line, answer) for line, answer in zip(started, answers, strict=True)]


def _finished(
    started: _Started, adjustments: Sequence[tuple[Speaker, Adjustment]] | FailedPrecondition
) -> _Finished | FailedPrecondition:
    if isinstance(adjustments, FailedPrecondition):
        return adjustments
    try:
        whole, priced = retail_price(started.basis, adjustments, started.terms.account_plan, started.part)
    except FailedPrecondition as failure:
        return failure.with_traceback(None)
    amount = RetailAmount(whole=units_decimal(whole), amount=units_decimal(Fraction(priced.amount.amount_micros)))
    return _Finished(started.line, priced, amount)


def _reviewed(deployment: Deployment, finished: list[_Finished]) -> list[Priced | FailedPrecondition]:
    answers = deployment.plugins.review([(line.line, line.amount) for line in finished])
    return [_judged(line.priced, answer) for line, answer in zip(finished, answers, strict=True)]


def _judged(
    priced: Priced, reviews: Sequence[tuple[Speaker, Review]] | FailedPrecondition
) -> Priced | FailedPrecondition:
    if isinstance(reviews, FailedPrecondition):
        return reviews
    try:
        return reviewed(priced, reviews)
    except FailedPrecondition as failure:
        return failure.with_traceback(None)
