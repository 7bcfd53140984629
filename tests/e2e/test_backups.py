"""A backup taken in the middle of a run holds whole batches, and what is restored from it is billed to the end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest

from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.biller import carry_out_unfinished
from quitrent.services.billing import carry_out
from quitrent.services.runs import ask_for_run
from quitrent.settings import Settings
from tests.benchmarks.book import fill
from tests.databases import new_database, program, raw, read
from tests.harness import wait_for

CHARGES = "SELECT subscription_id, side, reason, period_start, amount_micros FROM charge ORDER BY 1, 2, 3, 4"


def copied_file(url: str, folder: Path) -> str:
    """Copy a file of SQLite's as the README says."""
    with closing(raw(url)) as database:
        database.execute(f"VACUUM INTO '{folder}/copy.db'")
    return f"sqlite:///{folder}/copy.db"


def dumped(url: str, folder: Path) -> str:
    """Dump a database of PostgreSQL's and restore it in another, as the README says."""
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={folder}/dump", url], check=True)
    restored = new_database(f"restored_{folder.name}"[:60])
    subprocess.run([program("pg_restore"), f"--dbname={restored}", f"{folder}/dump"], check=True)
    return restored


@pytest.mark.parametrize(
    ("on_postgresql", "backed_up"), [(False, copied_file), (True, dumped)], ids=["SQLite", "PostgreSQL"]
)
def test_what_is_restored_from_a_backup_taken_in_a_run_is_billed_to_the_same_end(
    tmp_path: Path, *, on_postgresql: bool, backed_up: Callable[[str, Path], str]
) -> None:
    url = new_database(f"whole_{tmp_path.name}"[:60]) if on_postgresql else f"sqlite:///{tmp_path}/quitrent.db"
    with closing(build_deployment(Settings(url), Plugins())) as deployment:
        fill(deployment, 2_500)
        with deployment.store.write():
            run = ask_for_run(deployment, date(2026, 2, 28))
        biller = Thread(target=lambda: carry_out(deployment, run, Event()))
        biller.start()
        wait_for(lambda: bool(read(url, "SELECT 1 FROM charge LIMIT 1")))
        copy = backed_up(url, tmp_path)
        biller.join()
    at_backup = read(copy, CHARGES)
    with closing(build_deployment(Settings(copy), Plugins())) as restored:
        carry_out_unfinished(restored, Event())
    whole = read(url, CHARGES)
    assert 0 < len(at_backup) < len(whole) == 10_000
    assert set(at_backup) < set(whole)
    assert read(copy, CHARGES) == whole
