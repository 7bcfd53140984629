"""Databases of earlier schemas, each filled by the program of its time, and kept as SQL.

Every program played what `lived` plays, as far as it knew of it, and was killed in the middle of a
run. What has a word behind its number is of commits at which a migration was not yet what it is.

A new migration makes one more: at the commit before it, `uv run python -m tests.store.old_schemas
0007` keeps the schema that ends with 0007.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from quitrent.store.migrating import MIGRATIONS, _Runner
from quitrent.store.postgresql import Postgresql
from tests.databases import new_database, raw
from tests.store.lived import lived_in

SCHEMAS = Path(__file__).parent / "schemas"

OLD = sorted(path.stem for path in SCHEMAS.glob("*.sql"))
# For a while the sixth migration did what is the eighth's.
WITH_SIDES = {"0006-second", "0007-first"}
# PostgreSQL came in with the sixth, and begins with what SQLite had after its fifth.
OLD_ON_POSTGRESQL = [name for name in OLD if name >= "0005"]


def restored(name: str, folder: Path) -> str:
    """Make a database of an old schema in a folder, and give its address."""
    with closing(sqlite3.connect(folder / "quitrent.db")) as connection:
        connection.executescript((SCHEMAS / f"{name}.sql").read_bytes().decode())
    return f"sqlite:///{folder}/quitrent.db"


def restored_on_postgresql(name: str, folder: Path) -> str:
    """Make a database of PostgreSQL's with an old schema and the rows that SQLite has kept of it."""
    kept, url = restored(name, folder), new_database(f"old_{uuid4().hex}")
    migrated(Postgresql(url).database, name)
    with closing(raw(kept)) as source, closing(raw(url)) as target:
        for table in tables_of(source):
            columns = columns_of(source, table)
            # Some tables have a row from the start.
            target.execute(f"DELETE FROM {table}")
            rows = source.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
            with target.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            target.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    return url


def migrated(database: Any, name: str) -> None:
    """Make an empty database's schema by the migrations up to one of them."""
    runner = _Runner(database, str(MIGRATIONS))
    with database.connection_context():
        runner.up(next(one.name for one in runner.migrations() if one.name.startswith(name[:4])))
        if name in WITH_SIDES:
            [eighth] = (one for one in runner.migrations() if one.name.startswith("0008"))
            eighth.load().up(runner.migrator, database)
    database.close_all()


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """The tables of a database, each after those that it refers to."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migration' ORDER BY rowid"
    left = [name for (name,) in connection.execute(query)]
    refers = {
        name: {row[2] for row in connection.execute(f"PRAGMA foreign_key_list({name})")} - {name} for name in left
    }
    found: list[str] = []
    while left:
        found += (ready := [name for name in left if refers[name] <= set(found)])
        left = [name for name in left if name not in ready]
    return found


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def main(name: str) -> None:
    """Keep the schema of this program."""
    with TemporaryDirectory() as folder:
        lived = lived_in(Path(folder))
        with closing(sqlite3.connect(lived.folder / "quitrent.db")) as connection:
            (SCHEMAS / f"{name}.sql").write_bytes("\n".join([*connection.iterdump(), ""]).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
