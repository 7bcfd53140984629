"""The tally of a rehearsal: lines come one after the other, and sums stay, with the few lines that stand out.

There is a sum for each currency and for each product of a reseller, so a rehearsal of a million lines needs no
more room than one of a thousand. A sum holds every line that has a price with that set: `after` is what a run
with the other set would charge for the recurring parts of the span. The amounts of two currencies are never
held against each other: the largest rises and falls are those of each currency.

The fees are computed with the one set and with the other, and their difference is always zero: the function
that computes them has no parameter for a plugin. So what a change does to the margins of the resellers is what
it does to their prices.

Worked by hand: of three lines at 20.00, one rises by 10 % to 22.00, one stays, and the plugin fails for the
third. 60.00 become 42.00. With fees of 10.00 each the margin was 30.00 and is 12.00: 18.00 less.

>>> from datetime import date
>>> from fractions import Fraction
>>> usd = lambda units: Money(units * 1_000_000, "USD")
>>> def line(subscription, after):
...     return RehearsedLine(subscription, "resellers/acme", "products/gold", date(2026, 1, 1), date(2026, 2, 1),
...                          "USD", usd(10), LinePrice(usd(20), Fraction(20_000_000)), after)
>>> tally = Tally()
>>> tally.add_fees([usd(10)] * 3, [usd(10)] * 3)
>>> for name, after in (("s1", LinePrice(usd(22), Fraction(22_000_000))),
...                     ("s2", LinePrice(usd(20), Fraction(20_000_000))),
...                     ("s3", LinePrice(plugin="more", cause="plugin more raised ValueError"))):
...     tally.add(line(name, after))
>>> found = tally.finished(Span(date(2026, 1, 1), date(2026, 1, 31)))
>>> found.counts
LineCounts(lines=3, compared=2, changed=1, only_before=1, only_after=0, neither=0)
>>> [total] = found.totals
>>> [money.amount_micros // 1_000_000 for money in (total.before, total.after, total.difference)]
[60, 42, -18]
>>> total.wholesale_difference.amount_micros, total.margin_difference.amount_micros // 1_000_000
(0, -18)
>>> [(one.subscription, one.difference.amount_micros) for one in found.rises], found.falls
([('s1', 2000000)], ())
>>> [(one.plugin, one.unpriced_line_count, one.causes) for one in found.failures_after]
[('more', 1, ('plugin more raised ValueError',))]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from heapq import heappush, heapreplace
from itertools import count

from quitrent.domain.billing_run import UsedPlugin
from quitrent.domain.money import Money
from quitrent.domain.rehearsal import (
    LineCounts,
    LinePrice,
    PluginFailure,
    Rehearsal,
    RehearsedGroup,
    RehearsedLine,
    RehearsedTotal,
    Span,
)

# How many lines that stand out are kept, of each kind.
MOST_LINES = 10
# How many products of resellers are told apart.
MOST_GROUPS = 1_000
# How many causes of a plugin's failures are told.
MOST_CAUSES = 3


class Tally:
    """Takes lines and fees one after the other, and keeps what a rehearsal tells of them."""

    def __init__(self) -> None:
        self._counts = LineCounts()
        self._by_currency: dict[str, _Sums] = {}
        self._groups: dict[tuple[str, str, str], _Sums] = {}
        self._rises: dict[str, _Largest] = {}
        self._falls: dict[str, _Largest] = {}
        self._below_cost_count, self._below_cost = 0, list[RehearsedLine]()
        self._failures: tuple[dict[str, PluginFailure], dict[str, PluginFailure]] = ({}, {})

    def add_fees(self, before: Iterable[Money], after: Iterable[Money]) -> None:
        """Take what resellers owe the provider with each set."""
        for money in before:
            self._sums(money.currency).wholesale_before += money.amount_micros
        for money in after:
            self._sums(money.currency).wholesale_after += money.amount_micros

    def add(self, line: RehearsedLine) -> None:
        """Take a line."""
        self._counts = _counted(self._counts, line)
        group = self._groups.setdefault((line.currency, line.reseller, line.product), _Sums())
        for sums in (self._sums(line.currency), group):
            sums.add(line)
        micros = line.difference.amount_micros if line.difference else 0
        if micros:
            of_kind = self._rises if micros > 0 else self._falls
            of_kind.setdefault(line.currency, _Largest(MOST_LINES)).add(abs(micros), line)
        if line.is_newly_below_cost:
            self._below_cost_count += 1
            self._below_cost += [line][: MOST_LINES - len(self._below_cost)]
        for failures, price in zip(self._failures, (line.before, line.after), strict=True):
            _note_failures(failures, price)

    def finished(self, span: Span, before: Iterable[UsedPlugin] = (), after: Iterable[UsedPlugin] = ()) -> Rehearsal:
        """Give what was found of a span, with the plugins of both sets."""
        groups, rest = self._ranked()
        failures_before, failures_after = (
            tuple(one for _, one in sorted(failures.items())) for failures in self._failures
        )
        return Rehearsal(
            span=span,
            counts=self._counts,
            totals=tuple(sums.total(currency) for currency, sums in sorted(self._by_currency.items())),
            groups=groups,
            rest=rest,
            rises=_in_order(self._rises),
            falls=_in_order(self._falls),
            newly_below_cost_count=self._below_cost_count,
            newly_below_cost=tuple(self._below_cost),
            failures_before=failures_before,
            failures_after=failures_after,
            plugins_before=tuple(before),
            plugins_after=tuple(after),
        )

    def _sums(self, currency: str) -> _Sums:
        return self._by_currency.setdefault(currency, _Sums())

    def _ranked(self) -> tuple[tuple[RehearsedGroup, ...], tuple[RehearsedGroup, ...]]:
        """Give the groups with the largest difference, whatever its currency, and the rest summed up."""
        ranked = sorted(self._groups.items(), key=lambda item: (-abs(item[1].after - item[1].before), item[0]))
        told = tuple(
            sums.group(reseller, product, currency) for (currency, reseller, product), sums in ranked[:MOST_GROUPS]
        )
        rest: dict[str, _Sums] = {}
        for (currency, _, _), sums in ranked[MOST_GROUPS:]:
            rest.setdefault(currency, _Sums()).add_sums(sums)
        return told, tuple(sums.group("", "", currency) for currency, sums in sorted(rest.items()))


@dataclass(slots=True)
class _Sums:
    """Running sums, in micros."""

    lines: int = 0
    changed: int = 0
    before: int = 0
    after: int = 0
    wholesale_before: int = 0
    wholesale_after: int = 0
    groups: int = 0

    def add(self, line: RehearsedLine) -> None:
        self.lines += 1
        self.changed += bool(line.difference and line.difference.amount_micros)
        self.before += line.before.amount.amount_micros if line.before.amount else 0
        self.after += line.after.amount.amount_micros if line.after.amount else 0

    def add_sums(self, other: _Sums) -> None:
        self.lines, self.changed = self.lines + other.lines, self.changed + other.changed
        self.before, self.after = self.before + other.before, self.after + other.after
        self.groups += 1

    def group(self, reseller: str, product: str, currency: str) -> RehearsedGroup:
        before, after = Money(self.before, currency), Money(self.after, currency)
        return RehearsedGroup(reseller, product, self.lines, self.changed, before, after, self.groups or 1)

    def total(self, currency: str) -> RehearsedTotal:
        sums = (self.before, self.after, self.wholesale_before, self.wholesale_after)
        return RehearsedTotal(self.lines, self.changed, *(Money(micros, currency) for micros in sums))


@dataclass(slots=True)
class _Largest:
    """The lines with the largest numbers so far; of equal ones those that came first."""

    most: int
    heap: list[tuple[int, int, RehearsedLine]] = field(default_factory=list)
    number: Callable[[], int] = field(default_factory=lambda: count().__next__)

    def add(self, size: int, line: RehearsedLine) -> None:
        entry = (size, -self.number(), line)
        if len(self.heap) < self.most:
            heappush(self.heap, entry)
        elif entry > self.heap[0]:
            heapreplace(self.heap, entry)


def _in_order(largest: dict[str, _Largest]) -> tuple[RehearsedLine, ...]:
    """Give the lines by currency, the largest first."""
    return tuple(line for _, one in sorted(largest.items()) for _, _, line in sorted(one.heap, reverse=True))


def _counted(counts: LineCounts, line: RehearsedLine) -> LineCounts:
    priced = (line.before.amount is not None, line.after.amount is not None)
    return LineCounts(
        lines=counts.lines + 1,
        compared=counts.compared + (priced == (True, True)),
        changed=counts.changed + bool(line.difference and line.difference.amount_micros),
        only_before=counts.only_before + (priced == (True, False)),
        only_after=counts.only_after + (priced == (False, True)),
        neither=counts.neither + (priced == (False, False)),
    )


def _note_failures(failures: dict[str, PluginFailure], price: LinePrice) -> None:
    lacks = price.amount is None
    for plugin, cause in price.failures():
        noted = failures.get(plugin, PluginFailure(plugin))
        causes = noted.causes if cause in noted.causes else (*noted.causes, cause)[:MOST_CAUSES]
        failures[plugin] = replace(
            noted,
            unpriced_line_count=noted.unpriced_line_count + lacks,
            left_out_line_count=noted.left_out_line_count + (not lacks),
            causes=causes,
        )
