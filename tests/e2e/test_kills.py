"""kill -9 in the middle of a run: nothing is lost, nothing is there twice, and the run comes to its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from signal import SIGKILL
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen, run
from sys import executable
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from quitrent.cli import quitrent
from quitrent.hooks.discovery import PluginsSettings, load_plugins
from quitrent.services.keys import revoke_key
from tests.databases import copied, fresh_database
from tests.harness import Caller, House, day, identities, iso, text_of

THROUGH = "2026-03-31"
RUN = f"billingRuns/{THROUGH}-1"
KILLS = 20
DRIVER = Path(__file__).parent / "killed.py"
# Together they go below zero for one reseller, whose lines are parked.
MARKUP = {"resellers": {"resellers/r2": "-60"}, "products": {"products/gold": "-60"}}
SETTINGS = """
[plugins.markup.resellers]
"resellers/r2" = "-60"
[plugins.markup.products]
"products/gold" = "-60"
"""


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """A server with the data of a folder."""
    house = House(folder, load_plugins(PluginsSettings({"markup": MARKUP})))
    yield house
    # A house makes a key each time it is opened, and there may be two.
    revoke_key(house.deployment, str(house.admin.key).split("_")[1])
    house.close()


def driven(folder: Path, thread: str, number: int, *command: str) -> CompletedProcess[str]:
    """Run the command line in a folder, killed when a thread is at its n-th statement."""
    arguments = [executable, str(DRIVER), "self", thread, str(number), *command]
    # What is killed with a plugin's hosts has tests of its own.
    inline = {**os.environ, "QUITRENT_PLUGINS_RUN_IN": "inline", "QUITRENT_DATABASE_URL": fresh_database(folder)}
    return run(arguments, cwd=folder, env=inline, capture_output=True, text=True, timeout=60, check=False)


Books = tuple[list[tuple[str, ...]], list[tuple[str, ...]]]


def books_of(house: House) -> Books:
    """All that is charged and all that is parked."""
    parked = house.admin.ListParkedCharges(page_size=1000).parked_charges
    return identities(house.charges()), sorted((one.subscription, iso(one.period_start), one.cause) for one in parked)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server with eighteen subscriptions of all kinds, for which nothing has been charged."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "quitrent.toml").write_text(SETTINGS, encoding="utf-8")
    with house_in(folder) as house:
        house.make_product(retail={"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
        arrears = {"timing": "TIMING_IN_ARREARS", "period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
        house.make_product("silver", wholesale=arrears, retail=arrears)
        for number in range(18):
            product = "products/silver" if number % 4 == 1 else "products/gold"
            account = house.make_account(f"r{number % 3}", f"a{number}")
            name = house.assign(account, f"2026-01-{number + 1:02}", product)
            if number % 3 == 0:
                house.admin.SuspendSubscription(name=name, start_date=day("2026-02-03"))
            if number % 5 == 0:
                house.admin.CloseSubscription(name=name, end_date=day("2026-03-10"))
    return folder


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books after a run that nobody killed."""
    with house_in(copied(prepared, tmp_path_factory.mktemp("undisturbed") / "data")) as house:
        house.bill(THROUGH)
        books = books_of(house)
    assert all(len(found) > 10 for found in books)
    return books


@pytest.fixture(scope="module")
def statements(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The first words of the statements of an undisturbed run of the command line, up to the end of the run."""
    folder = copied(prepared, tmp_path_factory.mktemp("counted") / "data")
    ended = driven(folder, "MainThread", 0, "bill", "--through", THROUGH)
    assert ended.returncode == 0, ended.stderr
    words = ended.stderr.split()
    # Its partitions are deleted last. What comes after is asked as often as it takes.
    return words[: len(words) - words[::-1].index("DELETE")]


def kill_points(statements: list[str]) -> list[int]:
    """Twenty places in a run: at a COMMIT, right after one, and anywhere, from the first batch to the last check."""
    commits = [number for number, word in enumerate(statements, start=1) if word == "COMMIT"]
    # By its first COMMIT the run is there; before that there is nothing to lose.
    first, *commits = commits
    spread = [commits[place * len(commits) // 7] for place in range(7)]
    anywhere = [first + place * (len(statements) - first) // 7 for place in range(1, 7)]
    return sorted([*spread, *(number + 1 for number in spread), *anywhere])


@pytest.mark.parametrize("place", range(KILLS))
def test_a_run_that_is_killed_is_finished_by_the_next_run_or_the_next_start(
    prepared: Path, undisturbed: Books, statements: list[str], tmp_path: Path, place: int
) -> None:
    points = kill_points(statements)
    assert len(points) == KILLS
    folder = copied(prepared, tmp_path / "killed")
    killed = driven(folder, "MainThread", points[place], "bill", "--through", THROUGH)
    assert killed.returncode == -SIGKILL, killed.stderr

    if place % 2:
        options = [*options_of(folder), "bill", "--plugins", "inline", "--through", THROUGH]
        billed = CliRunner().invoke(quitrent, options)
        assert billed.exit_code == 0, billed.output
    with house_in(folder) as house:
        # Without the other run, the start alone has to bring it to its end.
        check_finished(house, wait_for_end(house), undisturbed)


@pytest.mark.parametrize(("thread", "number"), [("fees", 60), ("retail", 40), ("retail", 120)])
def test_a_server_that_is_killed_in_the_middle_of_a_run_finishes_it_at_its_next_start(
    prepared: Path, undisturbed: Books, tmp_path: Path, thread: str, number: int
) -> None:
    folder = copied(prepared, tmp_path / "data")
    key = CliRunner().invoke(quitrent, [*options_of(folder), "keys", "create", "--role", "admin"]).output.strip()
    serve = [*options_of(folder), "serve", "--listen", "localhost:0", "--runs", "server"]
    command = [executable, str(DRIVER), "self", thread, str(number), *serve]
    with Popen(command, cwd=folder, stdout=PIPE, stderr=DEVNULL, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[3].rstrip(",")
        with grpc.insecure_channel(address) as channel, suppress(grpc.RpcError):
            Caller(channel, key).StartBillingRun(through_date=day(THROUGH))
        try:
            assert server.wait(timeout=30) == -SIGKILL
        finally:
            server.kill()

    with house_in(folder) as house:
        check_finished(house, wait_for_end(house), undisturbed)


def test_a_run_that_is_taken_up_again_counts_what_it_has_parked_once(
    prepared: Path, undisturbed: Books, statements: list[str], tmp_path: Path
) -> None:
    # Killed in its check, when everything has been parked that will be.
    folder = copied(prepared, tmp_path / "data")
    killed = driven(folder, "MainThread", len(statements) - 10, "bill", "--through", THROUGH)
    assert killed.returncode == -SIGKILL, killed.stderr
    with house_in(folder) as house:
        assert wait_for_end(house).parked_count == len(undisturbed[1])


def options_of(folder: Path) -> list[str]:
    """The command line's options for a folder other than the one it is in."""
    return ["--config", f"{folder}/quitrent.toml", "--database-url", fresh_database(folder)]


def wait_for_end(house: House) -> Any:
    """Watch the run to its end, which it has to come to without being asked."""
    return [seen.billing_run for seen in house.admin.WatchBillingRun(name=RUN)][-1]


def check_finished(house: House, run: Any, undisturbed: Books) -> None:
    """Everything is there once, and what the run says of itself is so."""
    assert run.State.Name(run.state) == "STATE_SUCCEEDED", run.failure
    assert books_of(house) == undisturbed
    charged = house.charges(billing_run=RUN)
    for side in run.amounts:
        amounts = [Decimal(text_of(one.amount)) for one in charged if one.side == side.side]
        assert len(amounts) == side.charge_count
        assert f"{sum(amounts)}" == text_of(side.amount)
    assert sum(side.charge_count for side in run.amounts) == len(charged)
    assert run.done_count == run.total_count
