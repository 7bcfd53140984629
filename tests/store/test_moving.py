"""Moving from SQLite to PostgreSQL: all of it, unchanged and proved so, or nothing at all."""

from __future__ import annotations

import os
import pty
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGKILL
from subprocess import DEVNULL, Popen, run
from sys import executable

import pytest
from click.testing import CliRunner

from quitrent.cli import quitrent
from quitrent.store import content, sqlite
from quitrent.store.database import StoreError
from quitrent.store.moving import move
from quitrent.store.tables import TABLES
from tests.databases import fresh_database, raw, read
from tests.store.lived import CUT_OFF_RUN, TEXTS, Lived, books_of, lived_in, served

# Killed when it has told of so many pages.
KILLED = """
import os, signal, sys
from quitrent.store import content, moving
content.PAGE, left = 2, iter(range(int(sys.argv[3]) - 1, -1, -1))
def watch(*told):
    if not next(left):
        os.kill(os.getpid(), signal.SIGKILL)
moving.move(sys.argv[1], sys.argv[2], watch)
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return lived_in(tmp_path_factory.mktemp("lived"))


@pytest.fixture
def target(tmp_path: Path) -> str:
    """An empty database of PostgreSQL's, which is that of the folder `there`."""
    return fresh_database(tmp_path / "there", on_postgresql=True)


def unwatched(*told: object) -> None:
    """Not looked at."""


def rows_of(url: str) -> dict[str, int]:
    """How many rows each table has, past all of our code."""
    names = [str(table._meta.table_name) for table in TABLES]
    return {name: read(url, f"SELECT count(*) FROM {name}")[0][0] for name in names}


def is_empty(url: str) -> bool:
    return {name for name, count in rows_of(url).items() if count} == {"catalog_version"}


def test_a_house_that_has_lived_moves_with_every_row_of_every_table(lived: Lived, target: str) -> None:
    moved = move(lived.url, target, unwatched)
    counts = {table: found.count for table, found in moved.contents.items()}
    assert all(counts.values()), "something of each table has to be moved"
    assert rows_of(lived.url) == rows_of(target) == counts
    query = "SELECT side, currency, sum(amount_micros) FROM charge GROUP BY side, currency"
    sums = {(side, currency): int(amount_micros) for side, currency, amount_micros in read(target, query)}
    assert moved.charges.sums_micros == sums
    assert read(lived.url, "SELECT * FROM explanation ORDER BY id") == read(target, "SELECT * FROM explanation")


def test_what_is_moved_is_served_and_the_next_run_charges_what_it_would_have(
    lived: Lived, target: str, tmp_path: Path
) -> None:
    move(lived.url, target, unwatched)
    books = []
    for folder in (lived.copied(tmp_path / "here").folder, tmp_path / "there"):
        with served(folder, on_postgresql=folder.name == "there") as house:
            # It was cut off in the middle of its fees.
            *_, ended = house.admin.WatchBillingRun(name=CUT_OFF_RUN)
            assert not ended.billing_run.failure
            house.bill("2026-05-31")
            books.append(books_of(house))
    assert books[0] == books[1]
    assert len(books[0][0]) > rows_of(lived.url)["charge"] + 10


def test_keys_page_tokens_answers_and_texts_are_those_from_before(lived: Lived, target: str, tmp_path: Path) -> None:
    move(lived.url, target, unwatched)
    with served(tmp_path / "there", on_postgresql=True) as house:
        caller = house.caller(lived.key)
        assert len(caller.ListCharges(page_size=3, page_token=lived.page_token).charges) == 3
        assert caller.CreateReseller(**lived.request).reseller.display_name == "late"
        for name, text in TEXTS.items():
            found = caller.GetReseller(name=f"resellers/{name}").reseller
            assert (found.display_name, dict(found.labels)) == (text, {"text": text})
        assert house.admin.CreateReseller(reseller_id="new", reseller={}).reseller.name == "resellers/new"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("charge", "IF NEW.id = 7 THEN NEW.amount_micros := NEW.amount_micros + 1; END IF"),
        # Neither the count nor a sum knows of it.
        ("charge", "IF NEW.id = 7 THEN NEW.due_date := NEW.due_date + 1; END IF"),
        ("plan", "NEW.shared_with_resellers := NOT NEW.shared_with_resellers"),
        ("secret", "NEW.value := ''"),
        ("request", "NEW.response := NEW.response || '\\x00'"),
        ("request", "IF NEW.id = 1 THEN RETURN NULL; END IF"),
    ],
)
def test_a_planted_difference_is_noticed_and_nothing_is_moved(
    lived: Lived, target: str, table: str, fault: str
) -> None:
    with closing(raw(target)) as connection:
        connection.execute(
            f"CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {fault}; RETURN NEW; END $$"
        )
        connection.execute(f"CREATE TRIGGER fault BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fault()")
    with pytest.raises(StoreError, match=rf"nothing was moved: {table} is not the same .* has \d+ rows.* digest"):
        move(lived.url, target, unwatched)
    assert is_empty(target)


def test_a_move_that_is_killed_leaves_nothing_and_can_be_done_again(
    lived: Lived, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed_at(page: int) -> int:
        command = [executable, "-c", KILLED, lived.url, target, str(page)]
        return run(command, timeout=60, check=False).returncode

    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(content, "PAGE", 2)
    moved = move(lived.url, fresh_database(tmp_path / "undisturbed", on_postgresql=True), lambda *of: told.append(of))
    in_charges = told.index(("copied", "charge", 14, moved.charges.count)) + 1
    # At the last one only the commit is left.
    for page in (1, in_charges, len(told)):
        assert killed_at(page) == -SIGKILL
        assert is_empty(target)
    assert move(lived.url, target, unwatched).contents == moved.contents


def test_nobody_writes_while_it_is_copied(lived: Lived, target: str) -> None:
    refused: set[str] = set()

    def write(*told: object) -> None:
        with (
            closing(sqlite3.connect(lived.folder / "quitrent.db", timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError) as error,
        ):
            other.execute("UPDATE reseller SET display_name = 'x'")
        refused.add(str(error.value))

    move(lived.url, target, write)
    assert refused == {"database is locked"}


def test_a_source_that_others_do_not_stop_writing_to_is_told_as_busy(
    lived: Lived, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_SECONDS", 0.1)
    with closing(raw(lived.url)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"nothing was moved: .* is busy or out of reach \(database is locked\)"):
            move(lived.url, target, unwatched)
    assert is_empty(target)


def test_a_target_that_has_rows_is_left_alone(lived: Lived, target: str, tmp_path: Path) -> None:
    # Serving it once has made a key.
    with served(tmp_path / "there", on_postgresql=True):
        before = rows_of(target)
    with pytest.raises(StoreError, match=r"nothing was moved: .* is not empty, it has rows of api_key"):
        move(lived.url, target, unwatched)
    assert rows_of(target) == before


@pytest.fixture
def with_a_zero(lived: Lived, tmp_path: Path) -> Lived:
    """A text with the one character that PostgreSQL does not keep."""
    copied = lived.copied(tmp_path / "here")
    with closing(raw(copied.url)) as connection:
        connection.execute("UPDATE reseller SET display_name = 'a' || char(0) || 'b' WHERE name = 'resellers/cord'")
    return copied


def test_a_text_that_postgresql_does_not_keep_is_named(with_a_zero: Lived, target: str) -> None:
    with pytest.raises(StoreError, match=r"the display_name of reseller resellers/cord has a character of code 0"):
        move(with_a_zero.url, target, unwatched)
    assert is_empty(target)


@pytest.mark.parametrize(
    ("source", "to", "told"),
    [
        ("sqlite:///{here}/none.db", "{there}", "there is no database at"),
        ("{there}", "sqlite:///{here}/quitrent.db", "has to be an SQLite database"),
        ("sqlite:///{here}/quitrent.db", "sqlite:///{here}/other.db", "like postgresql://user@host/quitrent"),
        ("sqlite:///{here}/quitrent.db", "postgresql://u:hush@localhost:1/x", "u@localhost:1/x cannot be opened"),
    ],
)
def test_what_cannot_be_moved_is_told_in_a_line(lived: Lived, target: str, source: str, to: str, told: str) -> None:
    names = {"here": lived.folder, "there": target}
    options = ["--database-url", source.format(**names), "migrate", "--to", to.format(**names)]
    ended = CliRunner().invoke(quitrent, options)
    assert (ended.exit_code, told in ended.stderr) == (1, True), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hush" not in ended.stderr


def test_the_command_prints_what_was_moved_and_the_digest(lived: Lived, target: str) -> None:
    ended = CliRunner().invoke(quitrent, ["--database-url", lived.url, "migrate", "--to", target])
    assert ended.exit_code == 0, ended.output
    moved = move(lived.url, fresh_database(lived.folder / "again", on_postgresql=True), unwatched)
    assert f"same in both: {moved.charges.digest}" in ended.stdout
    assert f"│ charge              │ {moved.charges.count:4} │" in ended.stdout
    assert f"charge is copied: {moved.charges.count} rows\n" in ended.stderr


def test_on_a_terminal_it_shows_how_far_it_is(lived: Lived, target: str) -> None:
    ours, its = pty.openpty()
    program = str(Path(executable).with_name("quitrent"))
    command = [program, "--database-url", lived.url, "migrate", "--to", target]
    with Popen(command, stdout=DEVNULL, stderr=its) as moving:
        os.close(its)
        shown = "".join(read_all(ours))
        assert moving.wait(60) == 0, shown
    os.close(ours)
    assert "━" in shown
    assert "rows" not in shown


def read_all(terminal: int) -> Iterator[str]:
    """What is written to a terminal until it is closed."""
    while True:
        try:
            yield os.read(terminal, 10_000).decode(errors="replace")
        except OSError:
            return
