"""What a rehearsal found: from domain values to messages."""

from __future__ import annotations

from quitrent.domain.billing_run import UsedPlugin
from quitrent.domain.money import units_text
from quitrent.domain.rehearsal import (
    PluginFailure,
    Rehearsal,
    RehearsedGroup,
    RehearsedLine,
    RehearsedTotal,
)
from quitrent.rpc.values import date_out, decimal_out, money_out, optional_money_out
from quitrent.v1 import billing_run_pb2, rehearsal_pb2


def rehearsal_out(found: Rehearsal, plugin_prefix: str) -> rehearsal_pb2.Rehearsal:
    """Write a rehearsal. plugin_prefix: what stands before a plugin's name in the name of its resource."""
    return rehearsal_pb2.Rehearsal(
        from_date=date_out(found.span.first),
        through_date=date_out(found.span.through),
        plugins_before=map(_plugin_out, found.plugins_before),
        plugins_after=map(_plugin_out, found.plugins_after),
        line_count=found.counts.lines,
        compared_line_count=found.counts.compared,
        changed_line_count=found.counts.changed,
        only_before_line_count=found.counts.only_before,
        only_after_line_count=found.counts.only_after,
        unpriced_line_count=found.counts.neither,
        totals=map(_total_out, found.totals),
        groups=map(_group_out, found.groups),
        rest=map(_group_out, found.rest),
        rises=map(_line_out, found.rises),
        falls=map(_line_out, found.falls),
        newly_below_cost_line_count=found.newly_below_cost_count,
        newly_below_cost=map(_line_out, found.newly_below_cost),
        failures_before=[_failure_out(one, plugin_prefix) for one in found.failures_before],
        failures_after=[_failure_out(one, plugin_prefix) for one in found.failures_after],
    )


def _plugin_out(plugin: UsedPlugin) -> billing_run_pb2.RunPlugin:
    return billing_run_pb2.RunPlugin(name=plugin.name, version=plugin.version, settings_digest=plugin.settings_digest)


def _total_out(total: RehearsedTotal) -> rehearsal_pb2.RehearsalTotal:
    return rehearsal_pb2.RehearsalTotal(
        line_count=total.line_count,
        changed_line_count=total.changed_line_count,
        before=money_out(total.before),
        after=money_out(total.after),
        difference=money_out(total.difference),
        wholesale_before=money_out(total.wholesale_before),
        wholesale_after=money_out(total.wholesale_after),
        wholesale_difference=money_out(total.wholesale_difference),
        margin_difference=money_out(total.margin_difference),
    )


def _group_out(group: RehearsedGroup) -> rehearsal_pb2.RehearsalGroup:
    return rehearsal_pb2.RehearsalGroup(
        reseller=group.reseller,
        product=group.product,
        group_count=group.group_count,
        line_count=group.line_count,
        changed_line_count=group.changed_line_count,
        before=money_out(group.before),
        after=money_out(group.after),
        difference=money_out(group.difference),
    )


def _line_out(line: RehearsedLine) -> rehearsal_pb2.RehearsalLine:
    has_price = line.after.amount is not None
    return rehearsal_pb2.RehearsalLine(
        subscription=line.subscription,
        product=line.product,
        period_start=date_out(line.period_start),
        period_end=date_out(line.period_end),
        before=optional_money_out(line.before.amount),
        after=optional_money_out(line.after.amount),
        difference=optional_money_out(line.difference),
        plugins=line.plugins,
        own_cost=optional_money_out(line.own_cost),
        whole_after=decimal_out(units_text(line.after.whole_micros, line.currency)) if has_price else None,
    )


def _failure_out(failure: PluginFailure, plugin_prefix: str) -> rehearsal_pb2.RehearsalFailure:
    return rehearsal_pb2.RehearsalFailure(
        plugin=plugin_prefix + failure.plugin if failure.plugin else "",
        unpriced_line_count=failure.unpriced_line_count,
        left_out_line_count=failure.left_out_line_count,
        causes=failure.causes,
    )
