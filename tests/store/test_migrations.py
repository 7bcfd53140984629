"""The schema: what the migrations make is what the tables say, and a newer one is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from quitrent.store.database import Store, StoreError, open_store
from quitrent.store.tables import TABLES
from tests.databases import ON_POSTGRESQL, about_sqlite, fresh_database, new_database, raw, read

SCHEMA_ON_SQLITE = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql"
SCHEMA_ON_POSTGRESQL = """
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) FROM information_schema.columns
        WHERE table_schema = 'public'
    UNION SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint ORDER BY 1
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a database in which there is nothing."""
    if ON_POSTGRESQL:
        return new_database(f"empty_{sha256(str(tmp_path).encode()).hexdigest()[:24]}")
    return f"sqlite:///{tmp_path}/quitrent.db"


def schema(url: str) -> list[str]:
    return [text for (text,) in read(url, SCHEMA_ON_POSTGRESQL if ON_POSTGRESQL else SCHEMA_ON_SQLITE)]


def test_the_migrations_make_the_tables_as_they_are_declared(url: str) -> None:
    with closing(open_store(url)) as store, store.connection():
        assert not diff_models(store._database, list(TABLES))


def test_the_indexes_that_keep_the_promise_are_there(url: str) -> None:
    # schema_diff does not see indexes over expressions or with a condition.
    open_store(url)
    made = "\n".join(schema(url))
    for name in (
        "charge_identity",
        "charge_one_fee",
        "charge_billing_run",
        "price_rule_scope_date",
        "charge_no_update",
        "charge_no_delete",
    ):
        assert f'"{name}"' in made or f" {name} " in made


@about_sqlite
def test_every_table_takes_only_values_of_its_types(url: str) -> None:
    open_store(url)
    assert "\n".join(schema(url)).count("STRICT") == len(TABLES)


def test_both_databases_have_the_same_columns_and_indexes(tmp_path: Path) -> None:
    on_sqlite, on_postgresql = (open_store(fresh_database(tmp_path, on_postgresql=where)) for where in (False, True))
    assert found_in(on_sqlite) == found_in(on_postgresql)


def found_in(store: Store) -> dict[str, tuple[list[tuple[str, bool]], list[tuple[str, bool]]]]:
    """The columns of each table, and whether they may be NULL; its indexes, and whether they are UNIQUE."""
    found = {}
    with closing(store), store.connection():
        for table in TABLES:
            name = table._meta.table_name
            columns = sorted((one.name, bool(one.null)) for one in store._database.get_columns(name))
            indexes = sorted((one.name, bool(one.unique)) for one in store._database.get_indexes(name))
            # PostgreSQL makes an index for the key; for SQLite the table is one.
            found[name] = columns, [one for one in indexes if one[0] != f"{name}_pkey"]
    return found


def test_opening_a_database_again_changes_nothing(url: str) -> None:
    open_store(url)
    before = schema(url)
    assert before
    open_store(url)
    assert schema(url) == before


def test_many_servers_may_open_a_new_database_at_once(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(open_store, [url] * 8))
    assert len(stores) == 8


def test_a_schema_of_a_newer_quitrent_is_refused_in_words(url: str) -> None:
    open_store(url)
    with closing(raw(url)) as connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-01-01')")
    with pytest.raises(StoreError, match=r"made by a newer quitrent .*9999_later"):
        open_store(url)
