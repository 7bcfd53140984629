"""Databases that earlier programs have made and filled: they come forward whole, and are billed on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import run
from sys import executable
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from playhouse.migrations import Migration

from quitrent.domain.billing_run import RunState
from quitrent.server import build_deployment
from quitrent.services.biller import carry_out_unfinished
from quitrent.services.billing import carry_out
from quitrent.services.runs import ask_for_run, get_run
from quitrent.settings import Settings
from quitrent.store.database import StoreError, open_store
from quitrent.store.migrating import MIGRATIONS, _Runner
from quitrent.store.moving import move
from quitrent.store.sqlite import Sqlite
from tests.databases import fresh_database, new_database, raw, read
from tests.store.lived import CUT_OFF_RUN, moody
from tests.store.old_schemas import (
    OLD,
    OLD_ON_POSTGRESQL,
    columns_of,
    migrated,
    restored,
    restored_on_postgresql,
    tables_of,
)

Restore = Callable[[str, Path], str]
Rows = dict[str, list[tuple[Any, ...]]]

ALL = [
    *(pytest.param(restored, name, id=f"sqlite {name}") for name in OLD),
    *(pytest.param(restored_on_postgresql, name, id=f"postgresql {name}") for name in OLD_ON_POSTGRESQL),
]
# Of commits at which a migration was not yet what it is.
UNFINISHED = {name for name in OLD if "-" in name}
NUMBERS = [path.stem[:4] for path in sorted(MIGRATIONS.glob("0*.py"))]

# What is in the books through May, in cents. Fees: a0, a1 and a3 have gold, 10.00 for five months,
# a2 silver, 5.00, and a4 gold for three; one of 10.00 is taken back. From the fourth schema on, a1
# has silver from March on, and gold costs 11.00. Prices: gold was 20.00, one taken back, and is 7.50
# from February on, less 10 of 28 days of a0's; a4 pays 20.00, a3 is parked; silver is 9.00, in arrears.
BOOKED = {
    False: {"WHOLESALE": 3 * 5000 + 2500 + 3000 - 1000, "RETAIL": 2 * 5000 - 268 + 4 * 900 + 6000 - 2000},
    True: {
        "WHOLESALE": 2 * 5300 + 2000 + 1500 + 2500 + 3100 - 1000,
        "RETAIL": 5000 - 268 + 2750 + 2 * 900 + 4 * 900 + 6000 - 2000,
    },
}


# What a subscription's row had, and rows of its sides have since the eighth migration.
MOVED = {
    f"{side}_{column}": f"(SELECT {column} FROM {side}_side WHERE {side}_side.id = subscription.id)"
    for side in ("wholesale", "retail")
    for column in ("billed_until", "settled_until", "activation_billed", "cancellation_billed", "due_date")
}


def rows_of(url: str, columns: dict[str, list[str]]) -> Rows:
    """All rows, past all of our code, with what has moved in its old place."""
    moved = MOVED if "wholesale_side" in {row[0] for row in schema_of(url)} else {}
    return {
        table: read(url, f"SELECT {', '.join(moved.get(name, name) for name in names)} FROM {table} ORDER BY id")
        for table, names in columns.items()
    }


def kept_columns(name: str, folder: Path) -> dict[str, list[str]]:
    """The tables of an old schema, with their columns."""
    (folder / "columns").mkdir()
    with closing(raw(restored(name, folder / "columns"))) as connection:
        return {table: columns_of(connection, table) for table in tables_of(connection)}


def schema_of(url: str) -> set[tuple[Any, ...]]:
    """Columns, indexes and triggers."""
    if url.startswith("postgresql:"):
        columns = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        indexes = "SELECT tablename, indexdef FROM pg_indexes"
        triggers = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
        return {
            *read(url, f"{columns} WHERE table_schema = 'public'"),
            *read(url, f"{indexes} WHERE schemaname = 'public'"),
            *read(url, triggers),
        }
    columns = "SELECT t.name, c.name, c.type, c.[notnull], c.dflt_value FROM sqlite_master t"
    others = "SELECT type, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
    return {*read(url, f"{columns}, pragma_table_info(t.name) c WHERE t.type = 'table'"), *read(url, others)}


def test_every_schema_before_the_newest_is_kept_with_rows_in_each_of_its_tables(tmp_path: Path) -> None:
    assert {name[:4] for name in OLD} == set(NUMBERS[:-1])
    for name in OLD:
        (tmp_path / name).mkdir()
        with closing(raw(restored(name, tmp_path / name))) as connection:
            tables = tables_of(connection)
            assert [one for one in tables if not connection.execute(f"SELECT id FROM {one}").fetchone()] == []


@pytest.mark.parametrize("name", sorted(set(OLD) - UNFINISHED))
def test_a_kept_schema_is_what_its_migrations_make(name: str, tmp_path: Path) -> None:
    made = f"sqlite:///{tmp_path}/made.db"
    migrated(Sqlite(made).database, name)
    assert schema_of(made) == schema_of(restored(name, tmp_path))


@pytest.mark.parametrize(("restore", "name"), ALL)
def test_every_row_comes_forward_as_it_was(restore: Restore, name: str, tmp_path: Path) -> None:
    url, columns = restore(name, tmp_path), kept_columns(name, tmp_path)
    before = rows_of(url, columns)
    open_store(url).close()
    after = rows_of(url, columns)
    (tmp_path / "new").mkdir()
    assert schema_of(url) == schema_of(fresh_database(tmp_path / "new", on_postgresql="postgresql" in url))
    # A run that was cut off is divided anew; nothing else is touched.
    place = columns["billing_run"].index("phase")
    *_, cut_off = after.pop("billing_run")
    *_, was_cut_off = before.pop("billing_run")
    assert cut_off[place] == ("FEES" if name < "0006" else was_cut_off[place])
    assert [*cut_off[:place], *cut_off[place + 1 :]] == [*was_cut_off[:place], *was_cut_off[place + 1 :]]
    assert after == before


@pytest.mark.parametrize(("restore", "name"), ALL)
def test_it_is_billed_on_from_where_the_program_of_its_time_was_cut_off(
    restore: Restore, name: str, tmp_path: Path
) -> None:
    url = restore(name, tmp_path)
    noon = datetime(2026, 4, 15, 12, tzinfo=UTC)
    with closing(build_deployment(Settings(database_url=url), moody(), lambda: noon)) as deployment:
        carry_out_unfinished(deployment, Event())
        with deployment.store.connection():
            assert get_run(CUT_OFF_RUN).state is RunState.SUCCEEDED
        with deployment.store.write():
            asked = ask_for_run(deployment, date(2026, 5, 31))
        ended = carry_out(deployment, asked, Event())
    assert ended.state is RunState.SUCCEEDED, ended.failure
    booked = {
        side: int(micros) for side, micros in read(url, "SELECT side, sum(amount_micros) FROM charge GROUP BY side")
    }
    assert booked == {side: 10_000 * cents for side, cents in BOOKED[name >= "0004"].items()}


# The suite kills at some of the statements; with QUITRENT_KILLS it kills at all of them.
EVERY = 1 if "QUITRENT_KILLS" in os.environ else 19


def killed(*urls: str) -> list[int]:
    """Have the first opened, and the others killed at one statement after the other, or at each so-manieth."""
    command = [executable, "-m", "tests.store.killed_migration", str(EVERY), *urls]
    root = Path(__file__).parents[2]
    ended = run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr
    return list(map(int, ended.stdout.split()))


@pytest.mark.parametrize("restore", [restored, restored_on_postgresql])
def test_killed_at_any_statement_it_comes_forward_all_the_same(restore: Restore, tmp_path: Path) -> None:
    oldest = OLD[0] if restore is restored else OLD_ON_POSTGRESQL[0]
    url, columns = restore(oldest, tmp_path), kept_columns(oldest, tmp_path)
    others = copies(url, tmp_path)
    undisturbed = next(others)
    count = "SELECT count(*) FROM schema_migration"
    old = read(url, count)
    [statements] = killed(undisturbed)
    assert statements > 20
    wanted = schema_of(undisturbed), rows_of(undisturbed, columns)
    ours = [next(others) for _ in range(statements // EVERY)]
    assert killed(undisturbed, *ours)[1:] == [-1] * len(ours)
    for other in ours:
        # Whole or not at all.
        assert read(other, count) in (old, read(undisturbed, count))
        open_store(other).close()
        assert (schema_of(other), rows_of(other, columns)) == wanted


def copies(url: str, folder: Path) -> Iterator[str]:
    """Copy a database as often as is asked for."""
    while True:
        name = f"copy_{uuid4().hex}"
        if url.startswith("postgresql:"):
            yield new_database(name, template=url.partition("?")[0].rpartition("/")[2])
        else:
            yield f"sqlite:///{shutil.copy(folder / 'quitrent.db', folder / name)}"


@pytest.mark.parametrize("on_postgresql", [False, True], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize("number", NUMBERS[:-1])
def test_a_program_of_an_older_schema_refuses_the_newest_in_words(
    number: str, on_postgresql: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database(tmp_path, on_postgresql=on_postgresql)
    known = _Runner.migrations

    def of_then(runner: _Runner) -> list[Migration]:
        return [one for one in known(runner) if one.name[:4] <= number]

    monkeypatch.setattr(_Runner, "migrations", of_then)
    before = schema_of(url)
    with pytest.raises(StoreError, match=rf"made by a newer quitrent \(it has .*{NUMBERS[-1]}_\w+\); use that one"):
        open_store(url)
    assert schema_of(url) == before


def test_a_database_of_the_first_schema_moves_to_postgresql(tmp_path: Path) -> None:
    url, columns = restored("0001", tmp_path), kept_columns("0001", tmp_path)
    before = rows_of(url, columns)
    target = fresh_database(tmp_path, on_postgresql=True)
    moved = move(url, target, lambda *told: None)
    assert {name: moved.contents[name].count for name in columns} == {name: len(rows) for name, rows in before.items()}
    assert read(target, "SELECT amount_micros FROM charge ORDER BY id") == [
        (row[columns["charge"].index("amount_micros")],) for row in before["charge"]
    ]
