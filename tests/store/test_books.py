"""What the database itself refuses, whoever asks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import House

COLUMNS = (
    "reseller_id, account_id, product_id, subscription_id, side, reason, period_start, period_end, due_date, "
    "amount_micros, currency, explanation_id, reverses_id, billing_run_id, create_time"
)


@pytest.fixture
def books(gold: House) -> Iterator[sqlite3.Connection]:
    """The database file of a house in which January has been billed, opened past all of our code."""
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-01-31")
    connection = sqlite3.connect(gold.folder / "quitrent.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA recursive_triggers = 1")
    yield connection
    connection.close()


COPY = f"INSERT INTO charge ({COLUMNS}) SELECT {COLUMNS} FROM charge WHERE id = 1"


@pytest.mark.parametrize(
    ("statement", "refused_for"),
    [
        (COPY, "UNIQUE constraint failed"),
        (COPY.replace("INSERT", "INSERT OR REPLACE"), "never changed or deleted"),
        ("UPDATE charge SET amount_micros = 0", "never changed or deleted"),
        ("UPDATE charge SET billing_run_id = NULL WHERE id = 1", "never changed or deleted"),
        ("DELETE FROM charge WHERE side = 'RETAIL'", "never changed or deleted"),
        ("UPDATE explanation SET steps = '[]'", "never changed or deleted"),
        ("DELETE FROM explanation", "never changed or deleted"),
        ("DELETE FROM subscription", "FOREIGN KEY constraint failed"),
        ("DELETE FROM plan", "FOREIGN KEY constraint failed"),
        ("UPDATE plan SET fee_micros = -1", "CHECK constraint failed"),
        ("UPDATE plan SET fee_micros = 9.99", "cannot store REAL value in INTEGER column"),
        ("UPDATE plan SET fee_micros = 'ten'", "cannot store TEXT value in INTEGER column"),
    ],
)
def test_the_database_refuses(books: sqlite3.Connection, statement: str, refused_for: str) -> None:
    before = books.execute(f"SELECT {COLUMNS} FROM charge ORDER BY id").fetchall()
    assert before
    with pytest.raises(sqlite3.IntegrityError, match=refused_for):
        books.execute(statement)
    assert books.execute(f"SELECT {COLUMNS} FROM charge ORDER BY id").fetchall() == before


def test_a_connection_loses_nothing_that_was_acknowledged(house: House) -> None:
    # 2 is FULL. With 1, NORMAL, a power cut loses acknowledged commits; see the room's docstring.
    with house.deployment.store.connection():
        database: Any = house.deployment.store._database
        pragmas = {
            name: database.execute_sql(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_million_charges_with_one_story_keep_it_once(gold: House) -> None:
    for number in range(5):
        gold.assign(gold.make_account("acme", f"a{number}"))
    gold.bill("2026-03-31")
    connection = sqlite3.connect(gold.folder / "quitrent.db")
    charges, stories = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("charge", "explanation")
    )
    connection.close()
    assert (charges, stories) == (30, 2)


def test_a_database_that_is_busy_or_gone_is_told_in_words(gold: House) -> None:
    blocker = sqlite3.connect(gold.folder / "quitrent.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    refusal = gold.admin.refusal("CreateReseller", reseller_id="acme", reseller={})
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
    assert gold.admin.CreateReseller(reseller_id="acme", reseller={}).reseller.name == "resellers/acme"


def test_a_folder_is_not_taken_for_a_database(tmp_path: Path) -> None:
    from quitrent.store.database import StoreError, open_store

    for url, told in (
        ("mysql://localhost/quitrent", "has to be like sqlite:///quitrent.db or postgresql://"),
        ("postgresql://u:secret@localhost:1/quitrent", "postgresql://u@localhost:1/quitrent cannot be opened"),
        (f"sqlite:///{tmp_path}/missing/quitrent.db", "there is no folder"),
        (f"sqlite:///{tmp_path}", "cannot be opened"),
    ):
        with pytest.raises(StoreError, match=told):
            open_store(url)
    (tmp_path / "text.db").write_text("this is no database" * 100)
    with pytest.raises(StoreError, match="not a database of quitrent's"):
        open_store(f"sqlite:///{tmp_path}/text.db")


def test_no_password_is_shown_with_the_address_of_a_database() -> None:
    from quitrent.store.database import shown

    assert shown("postgresql://me:secret@db.example:5433/books?sslmode=require") == (
        "postgresql://me@db.example:5433/books?sslmode=require"
    )
