"""Each index is there for a query, which is told; and no query of a batch goes through all charges."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from quitrent import store
from quitrent.store import booked_charges, charges, line_facts
from quitrent.store.database import open_store
from quitrent.store.kept import Kept
from tests.databases import about_sqlite, fresh_database, on_either, read

PAGE = Path(store.__file__).with_name("README.md")
INDEXES_ON_SQLITE = "SELECT name FROM sqlite_schema WHERE type = 'index'"
# Those of keys are part of the table on SQLite, and the queue's are its own.
INDEXES_ON_POSTGRESQL = r"""
    SELECT indexname FROM pg_indexes WHERE schemaname = 'public'
    AND indexname NOT LIKE '%\_pkey' AND tablename NOT LIKE 'procrastinate%'
"""

# What is asked for each batch of a run.
OF_A_BATCH: tuple[Kept, ...] = (
    charges._unsettled,
    charges._paused,
    booked_charges._by_subscription,
    line_facts._standing,
)


@on_either
def test_every_index_says_which_query_needs_it(tmp_path: Path, on_postgresql: bool) -> None:
    url = fresh_database(tmp_path, on_postgresql=on_postgresql)
    found = [name for (name,) in read(url, INDEXES_ON_POSTGRESQL if on_postgresql else INDEXES_ON_SQLITE)]
    told = re.findall(r"^\| `(\w+)` \| [A-Z].{20,}\. \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == sorted(found)


@about_sqlite
def test_a_batch_finds_its_charges_by_their_subscriptions(tmp_path: Path) -> None:
    with closing(open_store(fresh_database(tmp_path))) as opened, opened.connection():
        for query in OF_A_BATCH:
            text, values = query._make().sql()
            plan = opened._database.execute_sql(f"EXPLAIN QUERY PLAN {text}", ["1"] * len(values)).fetchall()
            steps = [step for *_, step in plan if "charge" in step or "SCAN t" in step]
            assert "USING INDEX charge_identity (subscription_id=?" in steps[0], plan
