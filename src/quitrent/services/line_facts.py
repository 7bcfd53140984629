"""What plugins are told of lines beside their terms, looked up a batch at a time, and only where one of them asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from quitrent.domain.line_facts import LineFacts
from quitrent.domain.money import Money
from quitrent.domain.part import Part
from quitrent.domain.terms import Terms
from quitrent.services.deployment import Deployment
from quitrent.store import line_facts as stored

Wanted = tuple[Terms, Part]

# What parts that end on a day cost, by the store's key of their subscription and that day.
Priceds = Mapping[tuple[int, date], Money]

_DAY = timedelta(days=1)


class Facts:
    """Of all lines of one run or one quote; what is counted is counted once."""

    def __init__(self, deployment: Deployment) -> None:
        """Take the deployment, whose plugins say what they want to know."""
        self._store, self._plugins = deployment.store, deployment.plugins
        self._counts: dict[tuple[int, date], dict[int, int]] = {}

    def of(self, wanted: Sequence[Wanted], priced: Priceds) -> list[LineFacts]:
        """Give the facts of lines. `priced` are lines of the same run that are not in the books yet."""
        if not self._plugins.price:
            return [LineFacts()] * len(wanted)
        with self._store.connection():
            asked = "charged_before" in self._plugins.seen
            before = _charged_before(wanted, priced) if asked else [None] * len(wanted)
            counts = self._counted(wanted) if self._plugins.count_accounts else [(None, None)] * len(wanted)
        return [LineFacts(money, *count) for money, count in zip(before, counts, strict=True)]

    def _counted(self, wanted: Sequence[Wanted]) -> list[tuple[int, int]]:
        missing: dict[date, set[int]] = {}
        for terms, part in wanted:
            if (terms.reseller.key, part.start) not in self._counts:
                missing.setdefault(part.start, set()).add(terms.reseller.key)
        for day, resellers in missing.items():
            counts = stored.assigned_counts(resellers, day)
            self._counts.update({(key, day): counts.get(key, {}) for key in resellers})
        found = []
        for terms, part in wanted:
            counts_of_day = self._counts[terms.reseller.key, part.start]
            # A product that is only asked for is one more than is assigned.
            prospective = 0 if terms.subscription.key else 1
            on_product = counts_of_day.get(terms.product.key, 0)
            found.append((on_product + prospective, sum(counts_of_day.values()) + prospective))
        return found


def _charged_before(wanted: Sequence[Wanted], priced: Priceds) -> list[Money | None]:
    before = [_part_before(terms, part) for terms, part in wanted]
    ends = {
        (terms.subscription.key, part.start): one.periods[0].start
        for (terms, part), one in zip(wanted, before, strict=True)
        if one is not None and terms.subscription.key and (terms.subscription.key, part.start) not in priced
    }
    found = {**stored.charged_up_to(ends), **priced}
    return [found.get((terms.subscription.key, part.start)) for terms, part in wanted]


def _part_before(terms: Terms, part: Part) -> Part | None:
    """Give the part of the retail side that ends where another begins, as the calendar has it."""
    return terms.account_plan.calendar.part_on(terms.subscription.retail.schedule, part.start - _DAY)
