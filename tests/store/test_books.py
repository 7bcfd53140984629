"""What the database itself refuses, whoever asks it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from quitrent.store import postgresql, sqlite
from tests.databases import about_sqlite, contents, kept_busy, on_either, raw
from tests.harness import House

COLUMNS = (
    "reseller_id, account_id, product_id, subscription_id, side, reason, period_start, period_end, due_date, "
    "amount_micros, currency, explanation_id, reverses_id, billing_run_id, create_time"
)


COPY = f"INSERT INTO charge ({COLUMNS}) SELECT {COLUMNS} FROM charge WHERE id = 1"
NEVER = "a charge is never changed or deleted"

# The statement | how SQLite refuses it | how PostgreSQL does
REFUSED = [
    (COPY, "UNIQUE constraint failed", "violates unique constraint"),
    ("UPDATE charge SET amount_micros = 0", NEVER, NEVER),
    ("UPDATE charge SET billing_run_id = NULL WHERE id = 1", NEVER, NEVER),
    ("DELETE FROM charge WHERE side = 'RETAIL'", NEVER, NEVER),
    ("UPDATE explanation SET steps = '[]'", "never changed or deleted", "never changed or deleted"),
    ("DELETE FROM explanation", "never changed or deleted", "never changed or deleted"),
    ("DELETE FROM subscription", "FOREIGN KEY constraint failed", "violates foreign key constraint"),
    ("DELETE FROM plan", "FOREIGN KEY constraint failed", "violates foreign key constraint"),
    ("UPDATE plan SET fee_micros = -1", "CHECK constraint failed", "violates check constraint"),
    (
        "UPDATE plan SET fee_micros = 'ten'",
        "cannot store TEXT value in INTEGER",
        "invalid input syntax for type bigint",
    ),
    # What only one of them has.
    (COPY.replace("INSERT", "INSERT OR REPLACE"), NEVER, None),
    # PostgreSQL would round it.
    ("UPDATE plan SET fee_micros = 9.99", "cannot store REAL value in INTEGER column", None),
    (f"{COPY} ON CONFLICT (reverses_id) DO UPDATE SET amount_micros = 0", None, "violates unique constraint"),
    ("TRUNCATE charge CASCADE", None, NEVER),
    ("TRUNCATE explanation CASCADE", None, "never changed or deleted"),
]


@on_either
def test_the_database_refuses_whatever_would_harm_the_books(tmp_path: Path, on_postgresql: bool) -> None:
    house = House(tmp_path, on_postgresql=on_postgresql)
    house.make_product()
    house.assign(house.make_account("acme"))
    house.bill("2026-01-31")
    before = contents(house.settings.database_url)
    assert before["charge"]
    told = {statement: words[on_postgresql] for statement, *words in REFUSED if words[on_postgresql]}
    with closing(raw(house.settings.database_url)) as connection:
        for statement, refused_for in told.items():
            # Each driver has errors of its own.
            with pytest.raises(Exception, match=refused_for):
                connection.execute(statement)
            assert contents(house.settings.database_url) == before, statement
    house.close()


@about_sqlite
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
    found = contents(gold.settings.database_url)
    assert (len(found["charge"]), len(found["explanation"])) == (30, 2)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever writes wait for a moment only."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setitem(postgresql._SESSION, "lock_timeout", "200ms")


@pytest.mark.usefixtures("impatient")
def test_a_database_that_is_busy_or_gone_is_told_in_words(gold: House) -> None:
    with kept_busy(gold.settings.database_url):
        refusal = gold.admin.refusal("CreateReseller", reseller_id="acme", reseller={})
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
    assert gold.admin.CreateReseller(reseller_id="acme", reseller={}).reseller.name == "resellers/acme"


def test_a_folder_is_not_taken_for_a_database(tmp_path: Path) -> None:
    from quitrent.store.database import StoreError, open_store

    for url, told in (
        ("mysql://localhost/quitrent", "has to be like sqlite:///quitrent.db or postgresql://"),
        (
            "postgresql://u:secret@localhost:1/quitrent?sslpassword=secret",
            "postgresql://u@localhost:1/quitrent cannot be opened",
        ),
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
