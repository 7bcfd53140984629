"""Billing runs: what was asked for, and how far it has come."""

from __future__ import annotations

import json
from datetime import datetime

from peewee import Expression

from quitrent.domain.billing_run import AmountsBySide, BillingRun, RunAmount, RunState, UsedPlugin
from quitrent.domain.charge import Side
from quitrent.store.tables import BillingRunRow


def insert_run(run: BillingRun, now: datetime) -> BillingRun:
    """Write a new run, named by its date and by which run for that date it is."""
    number = BillingRunRow.select().where(BillingRunRow.through_date == run.through).count() + 1
    name = f"billingRuns/{run.through}-{number}"
    key = BillingRunRow.insert(**_columns(run), name=name, through_date=run.through, create_time=now).execute()
    found = find_run_by_key(key)
    assert found is not None, "it was written just now"
    return found


def update_run(run: BillingRun) -> None:
    """Write how far a run has come."""
    BillingRunRow.update(**_columns(run), finish_time=run.finish_time).where(BillingRunRow.id == run.key).execute()


def find_run(name: str) -> BillingRun | None:
    """Give a run by its name."""
    row = BillingRunRow.get_or_none(BillingRunRow.name == name)
    return None if row is None else _run(row)


def find_run_by_key(key: int) -> BillingRun | None:
    """Give a run by the store's key."""
    row = BillingRunRow.get_or_none(BillingRunRow.id == key)
    return None if row is None else _run(row)


def unfinished_runs() -> list[BillingRun]:
    """Give the runs that wait, are at work, or were cut off, in the order in which they were made."""
    return list_runs(RunState.RUNNING, after=0, limit=None)


def list_runs(state: RunState | None, after: int, limit: int | None) -> list[BillingRun]:
    """Give runs after a key, in the order in which they were made."""
    where: list[Expression] = [BillingRunRow.id > after]
    if state:
        where.append(BillingRunRow.state == state)
    return [_run(row) for row in BillingRunRow.select().where(*where).order_by(BillingRunRow.id).limit(limit)]


def _columns(run: BillingRun) -> dict[str, object]:
    return {
        "state": run.state,
        "phase": run.phase,
        "total_count": run.total_count,
        "done_count": run.done_count,
        "amounts": _amounts_text(run.amounts),
        "parked_count": run.parked_count,
        "failure": run.failure,
        "plugins": json.dumps([[one.name, one.version, one.settings_digest] for one in run.plugins]),
        "remarks": json.dumps(run.remarks, ensure_ascii=False),
    }


def _amounts_text(amounts: AmountsBySide) -> str:
    # Sums as texts: a JSON number, like a column, has an end.
    rows = [
        [side, currency, str(amount.amount_micros), amount.charge_count]
        for (side, currency), amount in sorted(amounts.items())
    ]
    return json.dumps(rows)


def _run(row: BillingRunRow) -> BillingRun:
    return BillingRun(
        through=row.through_date,
        name=row.name,
        state=row.state,
        phase=row.phase,
        total_count=row.total_count,
        done_count=row.done_count,
        amounts={
            (Side(side), currency): RunAmount(int(micros), count)
            for side, currency, micros, count in json.loads(row.amounts)
        },
        parked_count=row.parked_count,
        failure=row.failure,
        # A run of an older version has no digests.
        plugins=tuple(UsedPlugin(*one) for one in json.loads(row.plugins)),
        remarks=tuple(json.loads(row.remarks)),
        create_time=row.create_time,
        finish_time=row.finish_time,
        key=row.id,
    )
