"""Where the commands find their data: in the folder that they are run in, or on PostgreSQL in its own database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import ON_POSTGRESQL, fresh_database


@pytest.fixture(autouse=True)
def _database_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if ON_POSTGRESQL:
        monkeypatch.setenv("QUITRENT_DATABASE_URL", fresh_database(tmp_path))
