"""`quitrent import` and `quitrent export`, and how far a long command says that it is."""

from __future__ import annotations

import csv
import sys
from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from quitrent import shown_progress
from quitrent.cli import quitrent
from quitrent.csv_file import NotWrittenError, csv_file
from quitrent.services import exports, importing
from quitrent.shown_progress import shown_progress as progress
from tests.harness import House, iso, month, text_of

A, C1 = "resellers/a", "resellers/a/customers/c1"
A1 = f"{C1}/accounts/a1"
HEADER = "kind,name,display_name,label.tier,product,start_date"
BOOK = [
    f"reseller,{A},Ä & sons,gold,,",
    f'customer,{C1},"Corner\nshop, ""the first""",,,',
    f"account,{A1},=cmd(),,,",
    ",,,,,",
    f"subscription,{A1}/subscriptions/s1,,,products/gold,2026-01-31",
]


def run(house: House, *arguments: str | Path) -> Result:
    """Run a command on a house's database."""
    return CliRunner().invoke(quitrent, ["--database-url", house.settings.database_url, *map(str, arguments)])


def book(folder: Path, *rows: str, header: str = HEADER, end: str = "\n") -> Path:
    """Write a file of rows, as they are."""
    path = folder / "book.csv"
    path.write_bytes("".join(f"{row}{end}" for row in (header, *rows)).encode())
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_book_is_imported_from_a_file(gold: House, tmp_path: Path, mark: bytes, end: str) -> None:
    path = book(tmp_path, *BOOK, end=end)
    path.write_bytes(mark + path.read_bytes())
    ended = run(gold, "import", path)
    assert ended.stdout == "made: 1 reseller, 1 customer, 1 account, 1 subscription\n"
    assert ended.exit_code == 0
    reseller = gold.admin.GetReseller(name=A).reseller
    assert (reseller.display_name, reseller.labels) == ("Ä & sons", {"tier": "gold"})
    assert gold.admin.GetCustomer(name=C1).customer.display_name == 'Corner\nshop, "the first"'
    assert gold.admin.GetAccount(name=A1).account.display_name == "=cmd()"
    assert iso(gold.admin.GetSubscription(name=f"{A1}/subscriptions/s1").subscription.start_date) == "2026-01-31"


def test_an_import_is_resumed_by_making_it_again(gold: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    run(gold, "import", book(tmp_path, *BOOK[:3]))
    again = run(gold, "import", book(tmp_path, *BOOK))
    assert again.stdout == "made: 1 subscription\nthere already: 1 reseller, 1 customer, 1 account\n"
    assert again.exit_code == 0


# A row in the place of line 7 | its column, and what is wrong
BAD: list[tuple[str, str, str]] = [
    (f"account,{C1}/accounts/A2,,,,", "name", "account.name: must be an account's name, like resellers/acme"),
    ("account,resellers/b/customers/c1/accounts/a1,,,,", "", "resellers/b/customers/c1 is not found"),
    (f"account,{C1}/accounts/a2,{'x' * 256},,,", "display_name", "at most 255 characters"),
    (f"account,{C1}/accounts/a2,,{'x' * 256},,", "label.", "a value at most 255 characters"),
    (f"account,{C1}/accounts/a2,,,products/gold,", "product", "is not for a row of kind account"),
    ("account,,,,,", "name", "account.name: must be given"),
    (f"acount,{C1}/accounts/a2,,,,", "kind", "must be reseller, customer, account or subscription"),
    (f"account,{C1}/accounts/a2", "row", "must have 6 cells; it has 2"),
    (f"account,{C1}/accounts/a2,,,,,", "row", "must have 6 cells; it has 7"),
    (f'account,{C1}/accounts/a2,"x"y,,,', "row", "must be CSV"),
    (f"subscription,{A1}/subscriptions/s2,,,products/gold,31.1.2026", "start_date", "must be a day, like 2026-01-31"),
    (f"subscription,{A1}/subscriptions/s2,,,products/gold,2026-02-30", "start_date", "is not a day of the calendar"),
    (f"subscription,{A1}/subscriptions/s2,,,products/gold,1900-01-01", "start_date", "must be from 1970 to 2199"),
    (f"subscription,{A1}/subscriptions/s2,,,products/gold,", "start_date", "must be given"),
    (f"subscription,{A1}/subscriptions/s2,Gold,,products/gold,2026-01-31", "display_name", "kind subscription"),
    (f"subscription,{A1}/subscriptions/s2,,gold,products/gold,2026-01-31", "label.tier", "kind subscription"),
    (f"subscription,{A1}/subscriptions/s2,,,products/none,2026-01-31", "", "products/none is not found"),
    (f"subscription,{A1}/subscriptions/s2,,,products/gold,2026-01-31", "", "the account has products/gold"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "column", "told"), BAD)
def test_a_bad_row_is_named_by_its_line_and_the_others_are_kept(
    gold: House, tmp_path: Path, row: str, column: str, told: str
) -> None:
    # The customer's name takes two lines, and one is empty.
    path = book(tmp_path, *BOOK, row, f"account,{C1}/accounts/a3,,,,")
    ended = run(gold, "import", path, "--errors", tmp_path / "bad.csv")
    assert ended.exit_code == 1
    assert "made: 1 reseller, 1 customer, 2 accounts, 1 subscription\nbad: 1 row\n" in ended.stdout
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("line ")]
    assert line.startswith("line 8: ")
    assert told in line
    [bad] = rows_of(tmp_path / "bad.csv")
    assert (bad["line"], bad["column"]) == ("8", column)
    assert f"line 8: {bad['message']}" == line


def test_what_is_not_utf_8_and_a_quote_that_does_not_end_are_bad_rows(gold: House, tmp_path: Path) -> None:
    path = book(tmp_path, *BOOK[:2], 'account,"x', f"account,{A1},,,,")
    path.write_bytes(path.read_bytes().replace(b"Corner", b"\xff").replace(b"resellers/a,", b"resellers/a,"))
    ended = run(gold, "import", path)
    assert "line 3: row: must be UTF-8" in ended.stderr
    assert "line 5: row: must be CSV: unexpected end of data" in ended.stderr
    assert ended.stdout == "made: 1 reseller\nbad: 2 rows\n"


def test_all_or_nothing_makes_nothing_of_a_book_with_a_bad_row(gold: House, tmp_path: Path) -> None:
    path = book(tmp_path, *BOOK, f"account,{C1}/accounts/A2,,,,")
    ended = run(gold, "import", path, "--all-or-nothing")
    assert (ended.stdout, ended.exit_code) == ("made: nothing\nbad: 1 row\n", 1)
    assert not gold.admin.ListResellers().resellers
    ended = run(gold, "import", book(tmp_path, *BOOK), "--all-or-nothing")
    assert (ended.stdout.count("1 account"), ended.exit_code) == (1, 0)


def test_bad_rows_are_written_so_that_no_spreadsheet_takes_them_for_formulas(gold: House, tmp_path: Path) -> None:
    run(gold, "import", book(tmp_path, "account,=cmd(),,,,"), "--errors", tmp_path / "bad.csv")
    assert [bad["name"] for bad in rows_of(tmp_path / "bad.csv")] == ["'=cmd()"]


def test_of_many_bad_rows_the_first_are_printed_and_all_are_written(gold: House, tmp_path: Path) -> None:
    path = book(tmp_path, *[f"account,{C1}/accounts/a{number},,,," for number in range(150)])
    ended = run(gold, "import", path, "--errors", tmp_path / "bad.csv")
    printed = [line for line in ended.stderr.splitlines() if line.startswith("line ")]
    assert len(printed) == 100
    assert "and 50 more" in ended.stderr
    assert [bad["line"] for bad in rows_of(tmp_path / "bad.csv")] == [str(line) for line in range(2, 152)]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "it has none; the first line has to name the columns, of kind, name"),
        ("kind;name", "it has no use for a column 'kind;name'"),
        ("kind,name,label.", "it has no use for a column 'label.'"),
        ("kind,name,prodct", "it has no use for a column 'prodct'"),
        ("kind,name,name", "it has the column name twice"),
        ("name,product", "it lacks the column kind"),
        ('"kind', "it has none"),
    ],
)
def test_a_file_that_is_no_book_is_refused_as_a_whole(gold: House, tmp_path: Path, header: str, told: str) -> None:
    ended = run(gold, "import", book(tmp_path, header=header))
    assert ended.exit_code == 1
    assert f"book.csv is no book: {told}" in ended.stderr


@pytest.fixture
def billed(gold: House) -> House:
    """Three accounts of two resellers, billed for two months, with one charge taken back."""
    for reseller, number in (("a", 1), ("a", 2), ("b", 1)):
        gold.assign(gold.make_account(reseller, f"a{number}"))
    gold.bill("2026-02-28")
    gold.admin.ReverseCharge(name=f"{A1}/subscriptions/s1/charges/wholesale-recurring-2026-02-01", note="-1")
    return gold


def test_charges_are_exported_as_they_are_listed(
    billed: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    ended = run(billed, "export", "charges", "--output", tmp_path / "charges.csv")
    charges = billed.charges()
    assert ended.stdout == f"{len(charges)} charges are in {tmp_path / 'charges.csv'}\n"
    rows = rows_of(tmp_path / "charges.csv")
    assert len(rows) == len(charges) == 13
    for row, charge in zip(rows, charges, strict=True):
        names = ("name", "debtor", "creditor", "subscription", "product", "reverses", "reversed_by", "billing_run")
        assert [row[name] for name in names] == [getattr(charge, name) for name in names]
        days = ("period_start", "period_end", "due_date")
        assert [row[name] for name in days] == [iso(getattr(charge, name)) for name in days]
        assert (Decimal(row["amount"]), row["currency"]) == (Decimal(text_of(charge.amount)), "USD")
        assert all(step.text in row["explanation"] for step in charge.explanation.steps)
    assert rows[-1]["amount"] == "-10.00"


def test_charges_are_exported_by_side_span_and_whose_they_are(billed: House, tmp_path: Path) -> None:
    output = ("--output", tmp_path / "charges.csv")
    for options, count in [
        (("--side", "retail"), 6),
        (("--parent", A), 9),
        (("--from", "2026-02-01"), 7),
        (("--from", "2026-01-01", "--before", "2026-02-01"), 6),
        (("--product", "products/silver"), 0),
        (("--run", "billingRuns/2026-02-28-1", "--side", "wholesale"), 6),
    ]:
        assert run(billed, "export", "charges", *output, *options).exit_code == 0
        assert len(rows_of(tmp_path / "charges.csv")) == count, options
    for options, told in [
        (("--parent", "a"), "parent: must be the name of a reseller"),
        (("--parent", "resellers/z"), "resellers/z is not found"),
        (("--run", "2026"), "billing_run: must be a billing run's name"),
    ]:
        ended = run(billed, "export", "charges", *output, *options)
        assert (ended.exit_code, told in ended.stderr) == (1, True)


def test_statements_are_exported_of_all_resellers_or_of_one(billed: House, tmp_path: Path) -> None:
    output = ("--output", tmp_path / "lines.csv", "--month", "2026-01")
    lines = [
        line
        for reseller in (A, "resellers/b")
        for line in billed.admin.ListStatementLines(reseller=reseller, month=month("2026-01")).statement_lines
    ]
    assert run(billed, "export", "statements", *output).exit_code == 0
    rows = rows_of(tmp_path / "lines.csv")
    assert [(row["subscription"], row["wholesale_due"], row["retail_billed"], row["margin"]) for row in rows] == [
        (line.subscription, *map(text_of, (line.wholesale_due, line.retail_billed, line.margin))) for line in lines
    ]
    assert {(row["month"], row["below_cost"]) for row in rows} == {("2026-01", "no")}
    run(billed, "export", "statements", *output, "--reseller", "resellers/b")
    assert [row["reseller"] for row in rows_of(tmp_path / "lines.csv")] == ["resellers/b"]
    run(billed, "export", "statements", *output, "--below-cost")
    assert rows_of(tmp_path / "lines.csv") == []


# CSV files.


def test_no_text_of_a_file_is_taken_for_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
    with csv_file(tmp_path / "x.csv", ["texts"] * 7) as file:
        file.write(formulas)
        file.write(["a=1", "", "'=1", Decimal("-20.50"), 0, None, date(2026, 1, 31)])
    with (tmp_path / "x.csv").open(newline="") as read:
        _, texts, others = csv.reader(read)
    assert texts == [f"'{text}" for text in formulas]
    assert others == ["a=1", "", "'=1", "-20.50", "0", "", "2026-01-31"]


def test_a_file_that_is_not_finished_leaves_the_one_before_it(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")
    with suppress(KeyError), csv_file(path, ["a"]) as file:
        file.write(["1"])
        raise KeyError
    assert [one.name for one in tmp_path.iterdir()] == ["x.csv"]
    assert path.read_text() == "before"
    with (
        pytest.raises(NotWrittenError, match=r"none/x\.csv cannot be written: No such file"),
        csv_file(tmp_path / "none" / "x.csv", ["a"]),
    ):
        pass


# How far.


def test_long_commands_say_how_far_they_have_come(gold: House, tmp_path: Path) -> None:
    path = book(tmp_path, *BOOK)
    assert "import: 7 of 7 lines in " in run(gold, "import", path).stderr
    assert "bill: 2 of 2 sides of subscriptions in " in run(gold, "bill", "--through", "2026-01-31").stderr
    assert "export: 2 charges in " in run(gold, "export", "charges", "--output", tmp_path / "charges.csv").stderr


def test_a_line_is_said_now_and_then_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0
    monkeypatch.setattr(shown_progress, "monotonic", lambda: now)
    with progress("count", "things") as shown:
        for now in range(13):
            shown.at(1_000 * now, 12_000)
    assert capsys.readouterr().err.splitlines() == [
        "count: 5,000 of 12,000 things in 5 s",
        "count: 10,000 of 12,000 things in 10 s",
        "count: 12,000 of 12,000 things in 12 s",
    ]


class Terminal(StringIO):
    """A place to write to that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal: Any = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("count", "things") as shown:
        shown.at(600, 1_200)
        shown.at(1_200, 1_200)
    assert "1,200 of 1,200 things" in terminal.getvalue()
    assert "━" in terminal.getvalue()
