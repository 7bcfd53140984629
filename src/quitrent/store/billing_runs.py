"""Billing runs: what was asked for, and how far it has come."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from peewee import Expression

from quitrent.domain.billing_run import BillingRun, Partition, RunState, UsedPlugin, with_partitions
from quitrent.store.kept import Query, fetched, for_update, given, kept
from quitrent.store.partitions import amounts_in, amounts_text, partitions_of
from quitrent.store.tables import BillingRunRow
from quitrent.store.writing import insert, update_all


def insert_run(run: BillingRun, now: datetime) -> BillingRun:
    """Write a new run, named by its date and by which run for that date it is."""
    number = BillingRunRow.select().where(BillingRunRow.through_date == run.through).count() + 1
    name = f"billingRuns/{run.through}-{number}"
    key = insert(BillingRunRow, **_columns(run), name=name, through_date=run.through, create_time=now)
    found = find_run_by_key(key)
    assert found is not None, "it was written just now"
    return found


def update_run(run: BillingRun) -> None:
    """Write how far a run has come. Its sums are those beside the sums of its partitions."""
    update_all(BillingRunRow, [{"id": run.key, **_columns(run), "finish_time": run.finish_time}])


def update_run_state(run: BillingRun, state: RunState) -> None:
    """Write whether a run is at work."""
    update_all(BillingRunRow, [{"id": run.key, "state": state}])


def find_run(name: str) -> BillingRun | None:
    """Give a run by its name."""
    found = _with_sums(_by_name.rows(name=name))
    return found[0] if found else None


def find_run_by_key(key: int) -> BillingRun | None:
    """Give a run by the store's key."""
    found = _with_sums(_by_key.rows(key=key))
    return found[0] if found else None


def locked_run(key: int) -> BillingRun:
    """Give a run without the sums of its partitions, and keep others from changing it in this transaction."""
    [row] = _by_key_locked.rows(key=key)
    return _run(row)


def state_and_plugins(key: int) -> tuple[RunState, tuple[UsedPlugin, ...]]:
    """Give the state of a run, and what it is priced with, by its key."""
    [row] = _state_and_plugins.rows(key=key)
    return row.state, _plugins_in(row.plugins)


def unfinished_runs() -> list[BillingRun]:
    """Give the runs that wait, are at work, or were cut off, in the order in which they were made."""
    return list_runs(RunState.RUNNING, after=0, limit=None)


def list_runs(state: RunState | None, after: int, limit: int | None) -> list[BillingRun]:
    """Give runs after a key, in the order in which they were made."""
    where: list[Expression] = [BillingRunRow.id > after]
    if state:
        where.append(BillingRunRow.state == state)
    return _with_sums(fetched(BillingRunRow.select().where(*where).order_by(BillingRunRow.id).limit(limit)))


@kept
def _by_name() -> Query:
    return BillingRunRow.select().where(BillingRunRow.name == given("name"))


@kept
def _by_key() -> Query:
    return BillingRunRow.select().where(BillingRunRow.id == given("key"))


@kept
def _by_key_locked() -> Query:
    return for_update(BillingRunRow.select().where(BillingRunRow.id == given("key")), BillingRunRow)


@kept
def _state_and_plugins() -> Query:
    row = BillingRunRow
    return row.select(row.state, row.plugins).where(row.id == given("key"))


def _with_sums(rows: list[Any]) -> list[BillingRun]:
    partitions: dict[int, list[Partition]] = {}
    for partition in partitions_of([row.id for row in rows]) if rows else ():
        partitions.setdefault(partition.run_key, []).append(partition)
    return [with_partitions(_run(row), partitions.get(row.id, ())) for row in rows]


def _columns(run: BillingRun) -> dict[str, object]:
    return {
        "state": run.state,
        "phase": run.phase,
        "total_count": run.total_count,
        "done_count": run.done_count,
        "amounts": amounts_text(run.amounts),
        "parked_count": run.parked_count,
        "failure": run.failure,
        "plugins": json.dumps([[one.name, one.version, one.settings_digest] for one in run.plugins]),
        "remarks": json.dumps(run.remarks, ensure_ascii=False),
    }


def _run(row: Any) -> BillingRun:
    return BillingRun(
        through=row.through_date,
        name=row.name,
        state=row.state,
        phase=row.phase,
        total_count=row.total_count,
        done_count=row.done_count,
        amounts=amounts_in(row.amounts),
        parked_count=row.parked_count,
        failure=row.failure,
        plugins=_plugins_in(row.plugins),
        remarks=tuple(json.loads(row.remarks)),
        create_time=row.create_time,
        finish_time=row.finish_time,
        key=row.id,
    )


def _plugins_in(text: str) -> tuple[UsedPlugin, ...]:
    # A run of an older version has no digests.
    return tuple(UsedPlugin(*one) for one in json.loads(text))
