"""What a change of prices does to one subscription: what it pays before and after, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import dropwhile, islice

from quitrent.domain.charge import Side
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money, round_to_minor_unit
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.plan_fee import fee_of
from quitrent.domain.subscription import SideBooks
from quitrent.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """What one whole period costs a subscription from a boundary on, before and after a change.

    On the wholesale side it is the fee, on the retail side the reseller's price after its price rule;
    plugins are not asked, and what several periods in advance cost less is not taken off. `problem`
    says why there is no price after the change, where there is none.
    """

    subscription: str
    effective: date
    before: Money
    after: Money
    problem: str = ""
    key: int = 0


@dataclass(frozen=True, slots=True)
class EffectTotal:
    """The sums of effects in one currency, for one whole period of each subscription."""

    subscription_count: int
    before: Money
    after: Money


def price_effect(before: Terms, after: Terms, side: Side, since: date) -> PriceEffect | None:
    """Give the effect on the first period that begins on a day or later and costs another price, or None."""
    parts = {part.start: part for part in _parts_with_news(before, after, side, since)}
    for _, part in sorted(parts.items()):
        old, _ = _whole_price(before, side, part)
        new, problem = _whole_price(after, side, part)
        if (new, problem) != (old, ""):
            subscription = before.subscription
            return PriceEffect(subscription.name, part.start, old, new, problem, subscription.key)
    return None


def totals_of(effects: Iterable[PriceEffect]) -> tuple[EffectTotal, ...]:
    """Sum effects up, by currency."""
    totals: dict[str, EffectTotal] = {}
    for effect in effects:
        currency = effect.before.currency
        so_far = totals.get(currency, EffectTotal(0, Money(0, currency), Money(0, currency)))
        totals[currency] = EffectTotal(
            so_far.subscription_count + 1,
            Money(so_far.before.amount_micros + effect.before.amount_micros, currency),
            Money(so_far.after.amount_micros + effect.after.amount_micros, currency),
        )
    return tuple(total for _, total in sorted(totals.items()))


def _parts_with_news(before: Terms, after: Terms, side: Side, since: date) -> Iterator[Part]:
    """Give the first part on or after each day on which a price may change: between them it does not."""
    plan, books = _of_side(before, side)
    first_day = max(since, books.schedule.start)
    days = {first_day} | {day for terms in (before, after) for day in _days_with_news(terms) if day > first_day}
    for day in sorted(days):
        yield from islice(plan.calendar.parts(books.schedule, day), 1)
    # A promotion hides a change of the standard fee until it is over.
    for one in (before.account_plan, before.reseller_plan):
        parts = plan.calendar.parts(books.schedule, first_day)
        yield from islice(dropwhile(partial(_is_promoted, one), parts), 1)


def _is_promoted(plan: Plan, part: Part) -> bool:
    return plan.promotional_fee(part.index) is not None


def _days_with_news(terms: Terms) -> Iterator[date]:
    for rule in terms.rules:
        yield rule.effective
        if rule.end is not None:
            yield rule.end
    for plan in (terms.account_plan, terms.reseller_plan):
        yield from (change.effective for change in plan.fee_changes)


def _whole_price(terms: Terms, side: Side, part: Part) -> tuple[Money, str]:
    plan, _ = _of_side(terms, side)
    if side is Side.WHOLESALE:
        return fee_of(plan, part, terms.subscription.start).money, ""
    try:
        micros = terms.basis_of(part).micros
    except FailedPrecondition as failure:
        return Money(0, plan.fee.currency), failure.message
    return round_to_minor_unit(Fraction(micros), plan.fee.currency, plan.rounding), ""


def _of_side(terms: Terms, side: Side) -> tuple[Plan, SideBooks]:
    if side is Side.WHOLESALE:
        return terms.reseller_plan, terms.subscription.wholesale
    return terms.account_plan, terms.subscription.retail
