"""The partitions of runs: divided when a run begins, counted up batch by batch, gone when it has ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from quitrent.domain.billing_run import AmountsBySide, Partition, RunAmount, RunPhase
from quitrent.domain.charge import Side
from quitrent.domain.place import Place, Stretch
from quitrent.store.kept import Query, among, for_update, given, kept
from quitrent.store.tables import BillingPartitionRow
from quitrent.store.writing import insert_all, update_all


def insert_partitions(run_key: int, stretches: Iterable[Stretch]) -> None:
    """Write the partitions of a run that has none."""
    rows = [
        {
            "billing_run": run_key,
            **{f"after_{name}": key for name, key in stretch.after._asdict().items()},
            **{f"last_{name}": key for name, key in stretch.last._asdict().items()},
            "phase": RunPhase.FEES,
            "done_count": 0,
            "amounts": "[]",
            "parked_count": 0,
        }
        for stretch in stretches
    ]
    insert_all(BillingPartitionRow, rows)


def partitions_of(run_keys: Collection[int]) -> list[Partition]:
    """Give the partitions of some runs, in the order of the book."""
    return [_partition(row) for row in _by_runs.rows(runs=run_keys)]


def find_partition(key: int) -> Partition | None:
    """Give a partition by its key; None where its run has ended."""
    row = _by_key.row(key=key)
    return None if row is None else _partition(row)


def locked_partition(key: int) -> Partition | None:
    """Give a partition by its key, and keep others from counting it up until the transaction has ended."""
    row = _by_key_locked.row(key=key)
    return None if row is None else _partition(row)


def locked_partitions(run_key: int) -> list[Partition]:
    """Give the partitions of a run once nobody is counting one of them up, and keep others from it."""
    return [_partition(row) for row in _by_run_locked.rows(run=run_key)]


def update_partition(partition: Partition) -> None:
    """Write how far a partition has come."""
    columns = {
        "id": partition.key,
        "phase": partition.phase,
        "done_count": partition.done_count,
        "amounts": amounts_text(partition.amounts),
        "parked_count": partition.parked_count,
    }
    update_all(BillingPartitionRow, [columns])


def delete_partitions(run_key: int) -> None:
    """Delete the partitions of a run that has ended."""
    BillingPartitionRow.delete().where(BillingPartitionRow.billing_run == run_key).execute()


def amounts_text(amounts: AmountsBySide) -> str:
    """Write sums, as texts: a JSON number, like a column, has an end."""
    rows = [
        [side, currency, str(amount.amount_micros), amount.charge_count]
        for (side, currency), amount in sorted(amounts.items())
    ]
    return json.dumps(rows)


def amounts_in(text: str) -> AmountsBySide:
    """Read sums."""
    rows: Sequence[tuple[str, str, str, int]] = json.loads(text)
    return {(Side(side), currency): RunAmount(int(micros), count) for side, currency, micros, count in rows}


@kept
def _by_runs() -> Query:
    row = BillingPartitionRow
    return row.select().where(among(row.billing_run, "runs")).order_by(row.id)


@kept
def _by_run_locked() -> Query:
    row = BillingPartitionRow
    return for_update(row.select().where(row.billing_run == given("run")).order_by(row.id), row)


@kept
def _by_key() -> Query:
    return BillingPartitionRow.select().where(BillingPartitionRow.id == given("key"))


@kept
def _by_key_locked() -> Query:
    query = BillingPartitionRow.select().where(BillingPartitionRow.id == given("key"))
    return for_update(query, BillingPartitionRow)


def _partition(row: Any) -> Partition:
    after = Place(row.after_reseller, row.after_customer, row.after_subscription)
    last = Place(row.last_reseller, row.last_customer, row.last_subscription)
    return Partition(
        run_key=row.billing_run_id,
        stretch=Stretch(after, last),
        phase=row.phase,
        done_count=row.done_count,
        amounts=amounts_in(row.amounts),
        parked_count=row.parked_count,
        key=row.id,
    )
