"""Bringing a schema up to date: every migration once, in order, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

import peewee
from playhouse.migrations import Migration, Runner

from quitrent.store.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


class _Runner(Runner):  # type: ignore[misc]  # playhouse has no types
    """The migrations of one kind of database: PostgreSQL came in with the sixth."""

    def migrations(self) -> list[Migration]:
        found: list[Migration] = super().migrations()
        if isinstance(self.database, peewee.PostgresqlDatabase):
            first = Migration.load_directory(MIGRATIONS / "postgresql")
            return [*first, *(one for one in found if one.idx > first[-1].idx)]
        return found


def migrate(database: peewee.Database) -> None:
    """Apply what has not been applied. Call it where nobody else migrates.

    Errors: StoreError, where the database is of a newer quitrent.
    """
    runner = _Runner(database, str(MIGRATIONS))
    status = runner.status()
    unknown = sorted(migration.name for migration in status if migration.path is None)
    if unknown:
        raise StoreError(
            f"the database was made by a newer quitrent (it has {', '.join(unknown)}); use that one, or a backup"
        )
    if any(not migration.applied for migration in status):
        # On SQLite two servers may start at once; the second finds nothing left to do.
        with database.atomic(*(["IMMEDIATE"] if isinstance(database, peewee.SqliteDatabase) else [])):
            runner.up()
