"""A billing run: what it was asked for, how far it has come, and what it has charged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from quitrent.domain.charge import Charge, Side


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


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
    # Name and version of each plugin that it prices with.
    plugins: tuple[tuple[str, str], ...] = ()
    create_time: datetime | None = field(default=None, compare=False)
    finish_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


def added(amounts: AmountsBySide, charges: Iterable[Charge]) -> AmountsBySide:
    """Give the sums with some more charges. Python's integers cannot overflow, a column's can."""
    sums = dict(amounts)
    for charge in charges:
        place = (charge.side, charge.amount.currency)
        before = sums.get(place, RunAmount())
        sums[place] = RunAmount(before.amount_micros + charge.amount.amount_micros, before.charge_count + 1)
    return sums
