"""The schema: what the migrations make is what the tables say, and a newer one is refused."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from quitrent.store.database import StoreError, open_store
from quitrent.store.tables import TABLES


def schema(path: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(path)
    rows: list[tuple[str]] = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return sorted(rows)


def test_the_migrations_make_the_tables_as_they_are_declared(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/quitrent.db")
    with store.connection():
        assert not diff_models(store._database, list(TABLES))


def test_the_indexes_that_keep_the_promise_are_there(tmp_path: Path) -> None:
    # schema_diff does not see indexes over expressions or with a condition.
    open_store(f"sqlite:///{tmp_path}/quitrent.db")
    made = "\n".join(row[0] for row in schema(tmp_path / "quitrent.db"))
    for name in (
        "charge_identity",
        "charge_billing_run",
        "price_rule_scope_date",
        "charge_no_update",
        "charge_no_delete",
    ):
        assert f'"{name}"' in made or f" {name} " in made
    assert made.count("STRICT") == len(TABLES)


def test_opening_a_database_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/quitrent.db"
    open_store(url)
    before = schema(tmp_path / "quitrent.db")
    open_store(url)
    assert schema(tmp_path / "quitrent.db") == before


def test_many_servers_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/quitrent.db"
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(open_store, [url] * 8))
    assert len(stores) == 8


def test_a_schema_of_a_newer_quitrent_is_refused_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/quitrent.db"
    open_store(url)
    connection = sqlite3.connect(tmp_path / "quitrent.db")
    connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-01-01')")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"made by a newer quitrent .*9999_later"):
        open_store(url)
