"""A billing run: what it was asked for, how far it has come, and what it has charged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from quitrent.domain.charge import Charge, Side
from quitrent.domain.place import Stretch


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class RunPhase(StrEnum):
    """What a run is at, in this order."""

    FEES = "FEES"
    RETAIL = "RETAIL"
    CHECK = "CHECK"
    FINISHED = "FINISHED"


@dataclass(frozen=True, slots=True)
class RunAmount:
    """What a run has charged on one side in one currency."""

    amount_micros: int = 0
    charge_count: int = 0


AmountsBySide = Mapping[tuple[Side, str], RunAmount]


@dataclass(frozen=True, slots=True, order=True)
class UsedPlugin:
    """A plugin that a run prices with. Another table of settings has another digest."""

    name: str
    version: str = ""
    settings_digest: str = ""


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of a run that one worker carries out: a stretch of the book, and what it is at.

    Its sums are those of what has been posted in it.
    """

    run_key: int
    stretch: Stretch
    phase: RunPhase = RunPhase.FEES
    done_count: int = 0
    amounts: AmountsBySide = field(default_factory=dict)
    parked_count: int = 0
    key: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BillingRun:
    """Bills everything due up to and including `through`. A preview has no name."""

    through: date
    name: str = ""
    state: RunState = RunState.RUNNING
    phase: RunPhase = RunPhase.FEES
    total_count: int = 0
    done_count: int = 0
    amounts: AmountsBySide = field(default_factory=dict)
    parked_count: int = 0
    failure: str = ""
    # The plugins that it prices with, by name.
    plugins: tuple[UsedPlugin, ...] = ()
    # What is to be known of how it went: that it went on with other plugins, say.
    remarks: tuple[str, ...] = ()
    create_time: datetime | None = field(default=None, compare=False)
    finish_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


def priced_with(run: BillingRun, plugins: Iterable[UsedPlugin]) -> BillingRun:
    """Give a run that prices with these plugins from now on, and says so where it has priced with others.

    >>> run = BillingRun(date(2026, 1, 31), phase=RunPhase.RETAIL, plugins=(UsedPlugin("markup", "1.0", "ab12"),))
    >>> priced_with(run, [UsedPlugin("markup", "1.1", "ab12")]).remarks
    ('went on with the plugins markup 1.1 (settings ab12), after markup 1.0 (settings ab12)',)
    """
    now = tuple(sorted(plugins))
    remarks = run.remarks
    if run.phase is not RunPhase.FEES and now != run.plugins:
        remarks = (*remarks, f"went on with the plugins {_listed(now)}, after {_listed(run.plugins)}")
    return replace(run, plugins=now, remarks=remarks)


def _listed(plugins: Iterable[UsedPlugin]) -> str:
    return ", ".join(f"{one.name} {one.version} (settings {one.settings_digest})" for one in plugins) or "none"


def with_partitions(run: BillingRun, partitions: Iterable[Partition]) -> BillingRun:
    """Give a run whose sums hold those of its partitions."""
    amounts, done_count, parked_count = dict(run.amounts), run.done_count, run.parked_count
    for partition in partitions:
        done_count += partition.done_count
        parked_count += partition.parked_count
        for place, more in partition.amounts.items():
            before = amounts.get(place, RunAmount())
            amounts[place] = RunAmount(
                before.amount_micros + more.amount_micros, before.charge_count + more.charge_count
            )
    # What was parked before the run was cut off is done once more.
    total_count = max(run.total_count, done_count)
    return replace(run, amounts=amounts, done_count=done_count, parked_count=parked_count, total_count=total_count)


def added(amounts: AmountsBySide, charges: Iterable[tuple[Charge, int]]) -> AmountsBySide:
    """Give the sums with some more charges, each of which comes so often.

    Python's integers cannot overflow, a column's can.
    """
    sums = dict(amounts)
    for charge, count in charges:
        place = (charge.side, charge.amount.currency)
        before = sums.get(place, RunAmount())
        micros = before.amount_micros + count * charge.amount.amount_micros
        sums[place] = RunAmount(micros, before.charge_count + count)
    return sums
