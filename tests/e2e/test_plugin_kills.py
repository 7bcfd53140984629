"""kill -9 of the biller, of the hosts of its plugins, and of both, at any moment of a run.

Nothing is lost and nothing is there twice, and a plugin that listens hears of everything at least
once, in order for each run. `QUITRENT_KILLS=200 uv run pytest tests/e2e/test_plugin_kills.py
--timeout=0` tries two hundred other moments.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from signal import SIGKILL
from subprocess import CompletedProcess, run
from sys import executable

import pytest

from tests.databases import copied, fresh_database
from tests.e2e.test_kills import DRIVER, Books, books_of
from tests.harness import House, day
from tests.installed import install

THROUGH = "2026-03-31"
WITNESS = """
import os
from decimal import Decimal
from quitrent import Adjustment, hookimpl

class Plugin:
    def __init__(self, settings):
        self.file = settings["file"]

    @hookimpl
    def quitrent_adjust_retail(self, line):
        if line.reseller.name == "resellers/r2":
            raise RuntimeError("never for this one")
        return Adjustment("more", "a tenth more", percent=Decimal(10))

    @hookimpl
    def quitrent_charges_posted(self, charges):
        self.write(*(f"{charge.billing_run} {charge.name}" for charge in charges))

    @hookimpl
    def quitrent_run_finished(self, run):
        self.write(f"{run.name} {run.state}")

    def write(self, *lines):
        with open(self.file, "a", encoding="utf-8") as file:
            file.write("".join(line + "\\n" for line in lines))
"""

MOMENTS = int(os.environ.get("QUITRENT_KILLS", "1"))
CASES = [(whom, number) for whom in ("self", "hosts", "both") for number in range(MOMENTS)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server with twelve subscriptions and two plugins, for which nothing has been charged."""
    folder = tmp_path_factory.mktemp("prepared")
    install(folder, "witness", WITNESS)
    house = House(folder)
    house.make_product()
    for number in range(12):
        house.assign(house.make_account(f"r{number % 3}", f"a{number}"), f"2026-01-{number + 1:02}")
    house.admin.CloseSubscription(
        name="resellers/r0/customers/c1/accounts/a0/subscriptions/s1", end_date=day("2026-03-10")
    )
    house.close()
    return folder


def copied_with_settings(folder: Path, to: Path) -> Path:
    copied(folder, to)
    settings = f'[plugins.witness]\nfile = "{to}/heard"\n[plugins.markup]\npercent = "5"\n'
    (to / "quitrent.toml").write_text(settings, encoding="utf-8")
    return to


def billed(folder: Path, whom: str = "self", number: int = 0) -> CompletedProcess[str]:
    """Bill by the command line, with someone killed at the n-th statement."""
    command = [executable, str(DRIVER), whom, "MainThread", str(number), "bill", "--through", THROUGH]
    environment = {**os.environ, "PYTHONPATH": str(folder), "QUITRENT_DATABASE_URL": fresh_database(folder)}
    return run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Books]:
    """How many statements a run takes that nobody is killed in, and the books after it."""
    folder = copied_with_settings(prepared, tmp_path_factory.mktemp("undisturbed") / "data")
    ended = billed(folder)
    assert ended.returncode == 0, ended.stderr
    _, books = read(folder)
    assert all(len(found) > 10 for found in books)
    # Among what the plugins print, the statements are words of capitals.
    return sum(line.isalpha() and line.isupper() for line in ended.stderr.splitlines()), books


def read(folder: Path) -> tuple[dict[str, list[str]], Books]:
    """What each run has charged, in its order, and the books."""
    house = House(folder)
    by_run: dict[str, list[str]] = {}
    for billing_run in house.admin.ListBillingRuns().billing_runs:
        by_run[billing_run.name] = []
    for charge in house.charges():
        by_run[charge.billing_run].append(charge.name)
    books = books_of(house)
    house.close()
    return by_run, books


@pytest.mark.parametrize(("whom", "number"), CASES)
def test_whoever_is_killed_in_a_run_nothing_is_lost_or_there_twice_and_all_of_it_is_told(
    prepared: Path, undisturbed: tuple[int, Books], tmp_path: Path, whom: str, number: int
) -> None:
    statements, books = undisturbed
    # After the first tenth, in which the database is opened and the run is made.
    moment = random.Random(f"{whom} {number}").randrange(statements // 10, statements)
    folder = copied_with_settings(prepared, tmp_path / "data")
    ended = billed(folder, whom, moment)
    assert ended.returncode == (0 if whom == "hosts" else -SIGKILL), ended.stderr
    again = billed(folder)
    assert again.returncode == 0, again.stderr

    charged, found = read(folder)
    assert found == books, moment
    heard = (folder / "heard").read_text(encoding="utf-8").splitlines()
    for name, charges in charged.items():
        told = [line.partition(" ")[2] for line in heard if line.startswith(f"{name} ")]
        # The first time that each is told of: everything, in order, and the end last.
        assert list(dict.fromkeys(told)) == [*charges, "SUCCEEDED"], moment
