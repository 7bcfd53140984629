"""Quotes: what a period costs on both sides, with nothing stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.errors import FailedPrecondition, QuitrentError, Reason
from quitrent.domain.fee import fee
from quitrent.domain.money import Money, units_text
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import SideBooks, Subscription
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.services.outcomes import each
from quitrent.services.pricing import price_retail
from quitrent.services.terms_asked import QuoteRequest, terms_asked


@dataclass(frozen=True, slots=True)
class QuotedSide:
    """One side of a quote: the amount for a part of its plan's calendar."""

    priced: Priced
    part: Part
    due_date: date

    def __hash__(self) -> int:
        """Give a number that tells most apart, and is made quickly."""
        return hash((self.priced.amount.amount_micros, self.due_date))


@dataclass(frozen=True, slots=True)
class Quote:
    """Both sides of the period that holds a day."""

    day: date
    subscription: str
    product: str
    account: str
    wholesale: QuotedSide
    retail: QuotedSide

    @property
    def margin(self) -> Money | None:
        """Retail less wholesale; None where the two cannot be compared."""
        if self.margin_absent_reason:
            return None
        retail, wholesale = self.retail.priced.amount, self.wholesale.priced.amount
        return Money(retail.amount_micros - wholesale.amount_micros, retail.currency)

    @property
    def margin_absent_reason(self) -> str:
        """Why the two cannot be compared; empty where they can."""
        if self.retail.priced.amount.currency != self.wholesale.priced.amount.currency:
            return "the two sides are in different currencies"
        if (self.retail.part.start, self.retail.part.end) != (self.wholesale.part.start, self.wholesale.part.end):
            return "the two sides have different periods"
        return ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be quoted: its terms, its name if it has one, and the part of each side."""

    request: QuoteRequest
    terms: Terms
    wholesale_part: Part
    retail_part: Part


def quote_prices(deployment: Deployment, requests: Sequence[QuoteRequest]) -> list[Quote | QuitrentError]:
    """Quote many prices, perhaps of several callers; for each the quote, or why there is none."""
    with deployment.store.connection():
        terms = terms_asked(requests)
    asked = [_asked(request, one) for request, one in zip(requests, terms, strict=True)]
    return each(asked, lambda known: _quotes(deployment, known))


def _asked(request: QuoteRequest, terms: Terms | QuitrentError) -> _Asked | QuitrentError:
    if isinstance(terms, QuitrentError):
        return terms
    try:
        retail_part = _part_on(terms.subscription, terms.account_plan, terms.subscription.retail, request.day)
        wholesale_part = _wholesale_part_on(terms.subscription, terms.reseller_plan, request.day)
    except QuitrentError as error:
        return error.with_traceback(None)
    return _Asked(request, terms, wholesale_part, retail_part)


def _quotes(deployment: Deployment, asked: list[_Asked]) -> list[Quote | QuitrentError]:
    # The fee first: nothing that a plugin says comes before it.
    fees = [_fee(one) for one in asked]
    prices = price_retail(deployment, [(one.terms, one.retail_part) for one in asked])
    return [
        price if isinstance(price, QuitrentError) else _quote(one, fee_price, price)
        for one, fee_price, price in zip(asked, fees, prices, strict=True)
    ]


def _quote(asked: _Asked, wholesale: Priced, retail: Priced) -> Quote:
    terms = asked.terms
    return Quote(
        day=asked.request.day,
        subscription=asked.request.subscription,
        product=terms.product.name,
        account=terms.account.name,
        wholesale=_side(wholesale, asked.wholesale_part, terms.reseller_plan),
        retail=_side(retail, asked.retail_part, terms.account_plan),
    )


def _side(priced: Priced, part: Part, plan: Plan) -> QuotedSide:
    return QuotedSide(priced, part, part.due_date(plan.timing))


def _part_on(subscription: Subscription, plan: Plan, side: SideBooks, day: date) -> Part:
    # A part that had been charged before its end was known is quoted as it was charged.
    part = plan.calendar.part_on(side.charged_schedule, day)
    if part is None or (subscription.end is not None and day >= subscription.end):
        until = f"to {subscription.end} (exclusive)" if subscription.end else "on"
        raise FailedPrecondition(
            Reason.DATE_OUTSIDE_SUBSCRIPTION,
            f"{subscription.name} is assigned from {subscription.start} {until}; {day} lies outside",
        )
    return part


def _wholesale_part_on(subscription: Subscription, plan: Plan, day: date) -> Part:
    schedule = subscription.wholesale.schedule
    if subscription.start <= day < schedule.start:
        return Part(0, subscription.start, schedule.start, periods=(), priced_on=subscription.start)
    return _part_on(subscription, plan, subscription.wholesale, day)


def _fee(asked: _Asked) -> Priced:
    part, terms = asked.wholesale_part, asked.terms
    if part.periods:
        return fee(terms.reseller_plan, part, terms.subscription.start)
    currency = terms.reseller_plan.fee.currency
    text = f"charged up to {part.end} for an earlier subscription of the product"
    return Priced(Money(0, currency), (Step(StepKind.FEE, text, units_text(0, currency)),))
