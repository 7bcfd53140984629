"""A rehearsal: what lines would cost with another set of plugins, beside what they cost with the set in use.

A line is one part of a subscription's retail side that is due in the span, charged or not. What no plugin has
a part in is not compared: activation fees, early cancellations and credits. `rehearsal_tally` sums lines up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import takewhile

from quitrent.domain.billing_run import UsedPlugin
from quitrent.domain.charge import Step, StepKind
from quitrent.domain.fee import fee
from quitrent.domain.money import Money
from quitrent.domain.part import Part
from quitrent.domain.plan import Plan
from quitrent.domain.subscription import SideBooks
from quitrent.domain.terms import Terms

_DAY = timedelta(days=1)
_SPEAKING = frozenset({StepKind.ADJUSTMENT, StepKind.REVIEW})


@dataclass(frozen=True, slots=True)
class Span:
    """Whose parts are compared: those that are due from `first` up to and including `through`."""

    first: date
    through: date


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What one set of plugins makes of a line: an amount and the exact price of a whole period, or a failure.

    `plugin` is the one that failed, empty where the price failed without one.
    """

    amount: Money | None = None
    whole_micros: Fraction = Fraction(0)
    steps: tuple[Step, ...] = ()
    plugin: str = ""
    cause: str = ""

    def failures(self) -> Iterator[tuple[str, str]]:
        """Give the plugins that failed, each with its cause: for the line, or left out of its price."""
        if self.amount is None:
            yield self.plugin, self.cause
        for step in self.steps:
            # With a code it is what a plugin proposed, and what another one's final price set aside.
            if step.kind is StepKind.LEFT_OUT and not step.code:
                yield step.plugin, step.text


@dataclass(frozen=True, slots=True)
class RehearsedLine:
    """One line with both prices. `own_cost` is None where the reseller's cost is in another currency."""

    subscription: str
    reseller: str
    product: str
    period_start: date
    period_end: date
    currency: str
    own_cost: Money | None
    before: LinePrice
    after: LinePrice

    @property
    def difference(self) -> Money | None:
        """The price after less the price before; None where either is missing."""
        if self.before.amount is None or self.after.amount is None:
            return None
        return Money(self.after.amount.amount_micros - self.before.amount.amount_micros, self.currency)

    @property
    def plugins(self) -> tuple[str, ...]:
        """The plugins that spoke of the price after."""
        return tuple(sorted({step.plugin for step in self.after.steps if step.kind in _SPEAKING}))

    @property
    def is_newly_below_cost(self) -> bool:
        """Whether a whole period costs less than the reseller's own cost after, and did not before.

        Whole periods are compared, and exact: the amount of a part has been rounded, and the days of a part
        differ where the two plans have different calendars.
        """
        return self._is_below_cost(self.after) and not self._is_below_cost(self.before)

    def _is_below_cost(self, price: LinePrice) -> bool:
        if self.own_cost is None or price.amount is None:
            return False
        return price.whole_micros < self.own_cost.amount_micros


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How many lines are due; how many have both prices, and other ones; how many lack one, or both."""

    lines: int = 0
    compared: int = 0
    changed: int = 0
    only_before: int = 0
    only_after: int = 0
    neither: int = 0


@dataclass(frozen=True, slots=True)
class RehearsedGroup:
    """The lines of one reseller's product, or, without a name, of `group_count` that are not told apart."""

    reseller: str
    product: str
    line_count: int
    changed_line_count: int
    before: Money
    after: Money
    group_count: int = 1

    @property
    def difference(self) -> Money:
        """What they cost after, less what they cost before."""
        return Money(self.after.amount_micros - self.before.amount_micros, self.before.currency)


@dataclass(frozen=True, slots=True)
class RehearsedTotal:
    """The sums of one currency on both sides."""

    line_count: int
    changed_line_count: int
    before: Money
    after: Money
    wholesale_before: Money
    wholesale_after: Money

    @property
    def difference(self) -> Money:
        """What customers owe after, less what they owe before."""
        return Money(self.after.amount_micros - self.before.amount_micros, self.before.currency)

    @property
    def wholesale_difference(self) -> Money:
        """What resellers owe the provider after, less what they owe before: zero."""
        micros = self.wholesale_after.amount_micros - self.wholesale_before.amount_micros
        return Money(micros, self.before.currency)

    @property
    def margin_difference(self) -> Money:
        """What the change does to the margins of the resellers together."""
        micros = self.difference.amount_micros - self.wholesale_difference.amount_micros
        return Money(micros, self.before.currency)


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """How a plugin failed: for how many lines that lack a price, for how many that were priced without it.

    `plugin` is empty where lines lack a price without one. `causes` are the first that differ.
    """

    plugin: str
    unpriced_line_count: int = 0
    left_out_line_count: int = 0
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal found. `groups` are those with the largest difference, `rest` the others by currency."""

    span: Span
    counts: LineCounts
    totals: tuple[RehearsedTotal, ...]
    groups: tuple[RehearsedGroup, ...]
    rest: tuple[RehearsedGroup, ...]
    rises: tuple[RehearsedLine, ...]
    falls: tuple[RehearsedLine, ...]
    newly_below_cost_count: int
    newly_below_cost: tuple[RehearsedLine, ...]
    failures_before: tuple[PluginFailure, ...]
    failures_after: tuple[PluginFailure, ...]
    plugins_before: tuple[UsedPlugin, ...] = ()
    plugins_after: tuple[UsedPlugin, ...] = ()


def parts_due_within(side: SideBooks, plan: Plan, span: Span) -> Iterator[Part]:
    """Give the parts of a side that are due in a span, charged or not, in order."""
    schedule, timing = side.charged_schedule, plan.timing
    # Due in arrears, a part that is due on the first day ends there, and holds the day before.
    holding = plan.calendar.part_on(schedule, span.first - _DAY)
    since = max(schedule.start, holding.start if holding else span.first)
    parts = takewhile(lambda part: part.due_date(timing) <= span.through, plan.calendar.parts(schedule, since))
    return (part for part in parts if part.due_date(timing) >= span.first)


def fees_within(terms: Terms, span: Span) -> Iterator[Money]:
    """Give the fee of every part of the wholesale side that is due in a span."""
    subscription, plan = terms.subscription, terms.reseller_plan
    for part in parts_due_within(subscription.wholesale, plan, span):
        yield fee(plan, part, subscription.start).amount


def rehearsed_line(terms: Terms, part: Part, before: LinePrice, after: LinePrice) -> RehearsedLine:
    """Put both prices of a part together."""
    currency, own_cost = terms.account_plan.fee.currency, terms.own_cost_on(part.priced_on)
    return RehearsedLine(
        subscription=terms.subscription.name,
        reseller=terms.reseller.name,
        product=terms.product.name,
        period_start=part.start,
        period_end=part.end,
        currency=currency,
        own_cost=own_cost if own_cost.currency == currency else None,
        before=before,
        after=after,
    )
