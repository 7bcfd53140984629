"""What a rehearsal found, as tables for people and as figures for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from quitrent.domain.billing_run import UsedPlugin
from quitrent.domain.money import Money, units_text
from quitrent.domain.rehearsal import (
    PluginFailure,
    Rehearsal,
    RehearsedGroup,
    RehearsedLine,
    RehearsedTotal,
)

# How many products of resellers a terminal shows.
MOST_SHOWN = 20

_BEFORE_AFTER = ("before", "after", "difference")


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its title; the columns named in `right` hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()


def title_of(found: Rehearsal) -> str:
    """Give the sentence over it: the span and both sets."""
    before, after = _set_text(found.plugins_before), _set_text(found.plugins_after, found.plugins_before)
    return f"Rehearsal of {found.span.first} to {found.span.through}: {after} in the place of {before}"


def tables_of(found: Rehearsal, most_groups: int | None = None) -> list[Table]:
    """Give the tables that have rows. most_groups: how many products of resellers are shown, all where it is None."""
    tables = [
        _sets(found),
        _counts(found),
        _totals(found.totals),
        _groups(found, most_groups),
        _moved("The largest rises", found.rises),
        _moved("The largest falls", found.falls),
        _below_cost(found),
        _failures(found),
    ]
    return [table for table in tables if table.rows]


def signed(money: Money) -> str:
    """Write a difference, with its sign."""
    return ("+" if money.amount_micros > 0 else "") + _text(money)


def _set_text(plugins: Sequence[UsedPlugin], others: Sequence[UsedPlugin] = ()) -> str:
    """Name the plugins of a set, and say which of them have other settings than in the other set."""
    settings = {other.name: other.settings_digest for other in others}
    names = [
        plugin.name
        if settings.get(plugin.name, plugin.settings_digest) == plugin.settings_digest
        else f"{plugin.name} with other settings"
        for plugin in plugins
    ]
    return ", ".join(names) or "no plugins"


def _sets(found: Rehearsal) -> Table:
    sides = [{plugin.name: plugin for plugin in plugins} for plugins in (found.plugins_before, found.plugins_after)]
    rows = [(name, *(_plugin_text(side.get(name)) for side in sides)) for name in sorted({*sides[0], *sides[1]})]
    return Table("The plugins of both sets", ("plugin", "in use", "rehearsed"), tuple(rows))


def _plugin_text(plugin: UsedPlugin | None) -> str:
    return "" if plugin is None else f"{plugin.version} (settings {plugin.settings_digest})".strip()


def _counts(found: Rehearsal) -> Table:
    counts = found.counts
    rows = (
        ("due in the span", counts.lines),
        ("with a price before and after", counts.compared),
        ("of these, with another price", counts.changed),
        ("with a price before alone", counts.only_before),
        ("with a price after alone", counts.only_after),
        ("without any price", counts.neither),
        ("newly below the reseller's own cost", found.newly_below_cost_count),
    )
    return Table("Lines", ("lines", "how many"), tuple((text, str(number)) for text, number in rows), ("how many",))


def _totals(totals: Sequence[RehearsedTotal]) -> Table:
    rows = [
        row
        for total in totals
        for row in (
            _total_row("customers owe resellers", total.before, total.after, total.difference),
            _total_row(
                "resellers owe the provider",
                total.wholesale_before,
                total.wholesale_after,
                total.wholesale_difference,
            ),
            ("the margin of resellers", total.before.currency, "", "", signed(total.margin_difference)),
        )
    ]
    return Table("All in all", ("what", "currency", *_BEFORE_AFTER), tuple(rows), _BEFORE_AFTER)


def _total_row(what: str, before: Money, after: Money, difference: Money) -> tuple[str, ...]:
    return (what, before.currency, _text(before), _text(after), signed(difference))


def _groups(found: Rehearsal, most: int | None) -> Table:
    shown = found.groups[:most]
    rows = [(one.reseller, one.product, one.before.currency, *_group_counts(one), *_prices(one)) for one in shown]
    if len(shown) < len(found.groups):
        rows.append((f"and {len(found.groups) - len(shown)} more", "", "", "", "", "", "", ""))
    rows += [
        (f"{one.group_count} others", "", one.before.currency, *_group_counts(one), *_prices(one)) for one in found.rest
    ]
    numbers = ("lines", "changed", *_BEFORE_AFTER)
    return Table("By reseller and product", ("reseller", "product", "currency", *numbers), tuple(rows), numbers)


def _group_counts(group: RehearsedGroup) -> tuple[str, str]:
    return str(group.line_count), str(group.changed_line_count)


def _prices(group: RehearsedGroup) -> tuple[str, str, str]:
    return _text(group.before), _text(group.after), signed(group.difference)


def _moved(title: str, lines: Iterable[RehearsedLine]) -> Table:
    rows = [
        (
            *_line(line),
            _optional_text(line.before.amount),
            _optional_text(line.after.amount),
            signed(line.difference) if line.difference else "",
            ", ".join(line.plugins),
        )
        for line in lines
    ]
    columns = ("subscription", "period", "currency", *_BEFORE_AFTER, "spoke")
    return Table(title, columns, tuple(rows), _BEFORE_AFTER)


def _below_cost(found: Rehearsal) -> Table:
    rows = [
        (*_line(line), _optional_text(line.own_cost), _whole_text(line), ", ".join(line.plugins))
        for line in found.newly_below_cost
    ]
    numbers = ("own cost", "whole period after")
    columns = ("subscription", "period", "currency", *numbers, "spoke")
    return Table("The first that are newly below the reseller's own cost", columns, tuple(rows), numbers)


def _failures(found: Rehearsal) -> Table:
    rows = [
        (
            which,
            one.plugin or "no plugin",
            str(one.unpriced_line_count),
            str(one.left_out_line_count),
            "\n".join(one.causes),
        )
        for which, failures in (("in use", found.failures_before), ("rehearsed", found.failures_after))
        for one in failures
    ]
    numbers = ("no price", "priced without")
    return Table("Failures", ("set", "plugin", *numbers, "the first causes"), tuple(rows), numbers)


def _line(line: RehearsedLine) -> tuple[str, str, str]:
    return line.subscription, f"{line.period_start} to {line.period_end}", line.currency


def _text(money: Money) -> str:
    return units_text(money.amount_micros, money.currency)


def _optional_text(money: Money | None) -> str:
    return "" if money is None else _text(money)


def _whole_text(line: RehearsedLine) -> str:
    return units_text(line.after.whole_micros, line.currency)


def figures_of(found: Rehearsal) -> dict[str, Any]:
    """Give all figures, by the names that the RPC has for them. Amounts are exact decimal text."""
    counts = found.counts
    return {
        "from_date": str(found.span.first),
        "through_date": str(found.span.through),
        "plugins_before": list(map(_plugin_figures, found.plugins_before)),
        "plugins_after": list(map(_plugin_figures, found.plugins_after)),
        "line_count": counts.lines,
        "compared_line_count": counts.compared,
        "changed_line_count": counts.changed,
        "only_before_line_count": counts.only_before,
        "only_after_line_count": counts.only_after,
        "unpriced_line_count": counts.neither,
        "totals": list(map(_total_figures, found.totals)),
        "groups": list(map(_group_figures, found.groups)),
        "rest": list(map(_group_figures, found.rest)),
        "rises": list(map(_line_figures, found.rises)),
        "falls": list(map(_line_figures, found.falls)),
        "newly_below_cost_line_count": found.newly_below_cost_count,
        "newly_below_cost": list(map(_line_figures, found.newly_below_cost)),
        "failures_before": list(map(_failure_figures, found.failures_before)),
        "failures_after": list(map(_failure_figures, found.failures_after)),
    }


def _plugin_figures(plugin: UsedPlugin) -> dict[str, Any]:
    return {"name": plugin.name, "version": plugin.version, "settings_digest": plugin.settings_digest}


def _total_figures(total: RehearsedTotal) -> dict[str, Any]:
    moneys = ("before", "after", "difference", "wholesale_before", "wholesale_after", "wholesale_difference")
    return {
        "line_count": total.line_count,
        "changed_line_count": total.changed_line_count,
        **_money_figures(total, (*moneys, "margin_difference")),
    }


def _group_figures(group: RehearsedGroup) -> dict[str, Any]:
    return {
        "reseller": group.reseller,
        "product": group.product,
        "group_count": group.group_count,
        "line_count": group.line_count,
        "changed_line_count": group.changed_line_count,
        **_money_figures(group, _BEFORE_AFTER),
    }


def _line_figures(line: RehearsedLine) -> dict[str, Any]:
    return {
        "subscription": line.subscription,
        "product": line.product,
        "period_start": str(line.period_start),
        "period_end": str(line.period_end),
        "before": _money_figure(line.before.amount),
        "after": _money_figure(line.after.amount),
        "difference": _money_figure(line.difference),
        "plugins": list(line.plugins),
        "own_cost": _money_figure(line.own_cost),
        "whole_after": None if line.after.amount is None else _whole_text(line),
    }


def _failure_figures(failure: PluginFailure) -> dict[str, Any]:
    return {
        "plugin": f"plugins/{failure.plugin}" if failure.plugin else "",
        "unpriced_line_count": failure.unpriced_line_count,
        "left_out_line_count": failure.left_out_line_count,
        "causes": list(failure.causes),
    }


def _money_figures(of: RehearsedTotal | RehearsedGroup, names: Iterable[str]) -> dict[str, Any]:
    return {name: _money_figure(getattr(of, name)) for name in names}


def _money_figure(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"currency_code": money.currency, "amount": _text(money)}
