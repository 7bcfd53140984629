"""Rehearsals: every line of a span, priced with the plugins in use and with another set, and nothing changed.

Both sets get hosts of their own, for the rehearsal alone. So it takes no host away from quotes and runs, and a
plugin that fails here is set aside here: what is kept of that in the database is read at the beginning and
never written. A plugin that is given anew begins with a clean slate.

Lines are priced as a run prices them (`pricing.price_lines_in_turn`), a batch at a time, each batch with both
sets before the next is loaded. What was charged before the first line of a subscription comes out of the
books: a rehearsal from where they end has exactly what a run would then charge. Fees are computed with the one
set and with the other, like a run's before any plugin is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Event

from quitrent.domain.errors import FailedPrecondition, InvalidArgument, Reason, invalid
from quitrent.domain.line_facts import LineFacts
from quitrent.domain.money import Money
from quitrent.domain.place import Stretch
from quitrent.domain.rehearsal import (
    LinePrice,
    Rehearsal,
    Span,
    fees_within,
    parts_due_within,
    rehearsed_line,
)
from quitrent.domain.rehearsal_tally import Tally
from quitrent.domain.terms import Terms
from quitrent.hooks.discovery import PluginsSettings, installed_plugins
from quitrent.hooks.errors import PluginError
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin_set import PluginSet, changed_set
from quitrent.services.deployment import Deployment
from quitrent.services.line_facts import Facts, Priceds, Wanted
from quitrent.services.pricing import PricedLine, price_lines_in_turn
from quitrent.store import terms as stored_terms
from quitrent.store.set_aside_plugins import set_aside_causes

# Subscriptions that are loaded at a time, and lines that are priced at a time: a daily plan has many.
BATCH = 500
MOST_LINES = 10_000

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
LONGEST_YEARS = 5


@dataclass(frozen=True, slots=True)
class Added:
    """A plugin to rehearse, with its table of settings; the fields are what the caller calls them.

    `settings` says how it is hosted and where its paths begin; None is like the one that it replaces.
    """

    name: str
    table: Mapping[str, object]
    name_field: str
    table_field: str
    settings: PluginsSettings | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different: plugins that come, in the place of one of the same name, and plugins that go.

    `without` has the plugins' names by what the caller calls the field.
    """

    added: tuple[Added, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)


def rehearse(
    deployment: Deployment,
    span: Span,
    change: Change,
    ended: Event,
    in_use: PluginSet | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Rehearsal:
    """Give what a change of plugins would do to the lines of a span, and change nothing.

    Plugins are called, so no transaction may be open. `ended` stops it, and what it gives then is not whole.
    in_use: in the place of the deployment's plugins.
    told: is told how many lines have been compared.
    Errors: InvalidArgument, naming the field; FailedPrecondition where a plugin in use can be used no longer.
    """
    check_span(span)
    in_use = PluginSet.of(deployment.plugins) if in_use is None else in_use
    other = _other_set(in_use, change)
    with deployment.store.connection():
        aside = set_aside_causes()
    anew = {added.name for added in change.added}
    with closing(_hosted_again(in_use)) as before, closing(_hosted(other, change)) as after:
        before.keep_set_aside_in(_SetAsideHere(aside))
        after.keep_set_aside_in(_SetAsideHere({name: why for name, why in aside.items() if name not in anew}))
        sets = (replace(deployment, plugins=before), replace(deployment, plugins=after))
        return _compared(sets, span, ended, told)


def check_span(span: Span) -> None:
    """Refuse a span that can only be a mistake. Errors: InvalidArgument."""
    if span.first < EARLIEST:
        raise invalid("from_date", f"must be {EARLIEST} or later")
    if span.through > LATEST:
        raise invalid("through_date", f"must be {LATEST} or earlier")
    if span.first > span.through:
        raise invalid("from_date", f"must not be after the last day, {span.through}")
    is_leap_day = (span.first.month, span.first.day) == (2, 29)
    month, day = (3, 1) if is_leap_day else (span.first.month, span.first.day)
    if span.through >= date(span.first.year + LONGEST_YEARS, month, day):
        raise invalid("through_date", f"must be within {LONGEST_YEARS} years from the first day, {span.first}")


class _SetAsideHere:
    """Which plugins are set aside, for one rehearsal."""

    def __init__(self, causes: Mapping[str, str]) -> None:
        self._causes = dict(causes)

    def causes(self) -> Mapping[str, str]:
        return self._causes

    def add(self, plugin: str, cause: str) -> None:
        self._causes[plugin] = cause


def _other_set(in_use: PluginSet, change: Change) -> PluginSet:
    """Give the set to compare with. Errors: InvalidArgument."""
    if not change.added and not change.without:
        raise invalid("with", "must name a plugin that comes, or without one that goes: nothing would be different")
    _check_names(in_use, change)
    settings = [
        replace(added.settings or in_use.settings_like(added.name), tables={added.name: added.table})
        for added in change.added
    ]
    try:
        return changed_set(in_use, settings, set(change.without.values()))
    except PluginError as error:
        raise _refused(error, change) from error


def _check_names(in_use: PluginSet, change: Change) -> None:
    installed = [plugin.name for plugin in installed_plugins()]
    seen: set[str] = set()
    for added in change.added:
        if added.name not in installed:
            raise invalid(added.name_field, f"no plugin {added.name} is installed; there are {_listed(installed)}")
        if added.name in seen:
            raise invalid(added.name_field, f"plugin {added.name} is given twice")
        seen.add(added.name)
    names = in_use.names()
    for where, name in change.without.items():
        if name not in names:
            raise invalid(where, f"plugin {name} is not in use; in use are {_listed(sorted(names))}")
        if name in seen:
            raise invalid(where, f"plugin {name} is to come as well; with alone replaces the one in use")


def _hosted_again(in_use: PluginSet) -> Plugins:
    """Take the plugins in use into use once more. Errors: FailedPrecondition."""
    try:
        return in_use.hosted()
    except PluginError as error:
        # It was right when the server started: what its settings lead to has changed since.
        raise FailedPrecondition(Reason.PLUGIN_FAILED, str(error), metadata={"plugin": error.plugin}) from error


def _hosted(other: PluginSet, change: Change) -> Plugins:
    """Take the other set into use. Errors: InvalidArgument."""
    try:
        return other.hosted()
    except PluginError as error:
        raise _refused(error, change) from error


def _refused(error: PluginError, change: Change) -> InvalidArgument:
    """Name the field of the plugin that cannot be used as it is given."""
    where = next((added.table_field for added in change.added if added.name == error.plugin), "with")
    return invalid(where, str(error))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _compared(sets: tuple[Deployment, Deployment], span: Span, ended: Event, told: Callable[[int], None]) -> Rehearsal:
    before, after = sets
    tally, count = Tally(), 0
    for batch, wanted in _batches(before, span):
        # Whoever asked may be gone, and nobody is told then.
        if ended.is_set():
            break
        fees_before, prices_before = _priced(before, batch, wanted, span)
        fees_after, prices_after = _priced(after, batch, wanted, span)
        tally.add_fees(fees_before, fees_after)
        for (terms, part), *prices in zip(wanted, prices_before, prices_after, strict=True):
            tally.add(rehearsed_line(terms, part, *prices))
        count += len(wanted)
        told(count)
    return tally.finished(span, before.used_plugins(), after.used_plugins())


def _priced(
    deployment: Deployment, batch: Sequence[Terms], wanted: Sequence[Wanted], span: Span
) -> tuple[list[Money], list[LinePrice]]:
    """Give the fees of some subscriptions, and then the prices of their lines, with one set of plugins."""
    fees = [money for terms in batch for money in fees_within(terms, span)]
    return fees, [_line_price(one) for one in price_lines_in_turn(deployment, wanted, _FactsHere(deployment))]


class _FactsHere(Facts):
    """The facts of lines as if those before them had been charged here, and not as the books have them."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(deployment)
        self._seen: set[int] = set()

    def of(self, wanted: Sequence[Wanted], priced: Priceds) -> list[LineFacts]:
        # The books know what was charged before the first line of a subscription; of the others they may
        # hold a charge where a plugin fails here.
        found = super().of(wanted, priced)
        keys = [terms.subscription.key for terms, _ in wanted]
        facts = [
            replace(one, charged_before=None) if key in self._seen and (key, part.start) not in priced else one
            for one, key, (_, part) in zip(found, keys, wanted, strict=True)
        ]
        self._seen.update(keys)
        return facts


def _line_price(outcome: PricedLine | FailedPrecondition) -> LinePrice:
    if isinstance(outcome, FailedPrecondition):
        return LinePrice(plugin=outcome.metadata.get("plugin", ""), cause=outcome.message)
    return LinePrice(outcome.priced.amount, outcome.whole_micros, outcome.priced.steps)


def _batches(deployment: Deployment, span: Span) -> Iterator[tuple[list[Terms], list[Wanted]]]:
    """Give subscriptions with their lines: all lines of each, and no more lines than fit in memory at a time."""
    batch: list[Terms] = []
    wanted: list[Wanted] = []
    for terms in _subscriptions(deployment, span):
        parts = [(terms, part) for part in parts_due_within(terms.subscription.retail, terms.account_plan, span)]
        if len(batch) == BATCH or (wanted and len(wanted) + len(parts) > MOST_LINES):
            yield batch, wanted
            batch, wanted = [], []
        batch.append(terms)
        wanted += parts
    if batch:
        yield batch, wanted


def _subscriptions(deployment: Deployment, span: Span) -> Iterable[Terms]:
    stretch = Stretch()
    while True:
        with deployment.store.snapshot():
            batch = stored_terms.started(span.through, stretch, BATCH)
        if not batch.terms:
            return
        yield from batch.terms
        stretch = batch.after(stretch)
