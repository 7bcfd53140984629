import re
from pathlib import Path

import pytest
from quitrent_contract_price import ContractPrice, Settings
from quitrent_contract_price.file import read_contracts

from quitrent.hooks.declared_settings import settings_of

HEADER = "customer,product,currency,price,from,until"
C1 = "resellers/r/customers/c1"
GOOD = f"{C1},products/gold,USD,7.50,2026-01-01,2026-07-01"


def refusal(folder: Path, content: bytes) -> str:
    file = folder / "prices.csv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"^file {re.escape(str(file))}") as refused:
        ContractPrice(Settings(file))
    return str(refused.value).replace(f"file {file}", "FILE")


def rows(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


# A column, what is right in it and what is not; the row is line 3.
CELLS = [
    ("customer", C1, "c1", "'c1' is not the name of a customer, like resellers/acme/customers/c1"),
    ("customer", C1, "resellers/r", "'resellers/r' is not the name of a customer, like resellers/acme/customers/c1"),
    ("customer", C1, f" {C1}", f"' {C1}' is not the name of a customer, like resellers/acme/customers/c1"),
    ("customer", C1, "", "'' is not the name of a customer, like resellers/acme/customers/c1"),
    ("customer", C1, "x" * 99, f"'{'x' * 60}'... is not the name of a customer, like resellers/acme/customers/c1"),
    ("product", "products/gold", "gold", "'gold' is not the name of a product, like products/gold"),
    ("currency", "USD", "usd", "'usd' is not the code of a currency, like USD"),
    *(
        (
            "price",
            "7.50",
            price,
            f"{price!r} is not a price; it takes a number from 0 to 1000000000 with at most 6 decimals, like 7.50",
        )
        for price in ("", "seven", "-1", "+1", "1e2", "NaN", "7.", ".5", "0.0000001", "1000000000.000001", "7 ", "٣")
    ),
    ("from", "2026-01-01", "", "'' is not a day; it takes one like 2026-07-01"),
    ("from", "2026-01-01", "01/02/2026", "'01/02/2026' is not a day; it takes one like 2026-07-01"),
    ("from", "2026-01-01", "20260101", "'20260101' is not a day; it takes one like 2026-07-01"),
    ("from", "2026-01-01", "2026-02-30", "'2026-02-30' is no day of the calendar; it takes one like 2026-07-01"),
    ("until", "2026-07-01", "soon", "'soon' is not a day; it takes one like 2026-07-01"),
    ("until", "2026-07-01", "2026-01-01", "2026-01-01 is not after from, 2026-01-01; it takes a later day, or nothing"),
    ("until", "2026-07-01", "2025-12-31", "2025-12-31 is not after from, 2026-01-01; it takes a later day, or nothing"),
]


@pytest.mark.parametrize(("column", "good", "bad", "expected"), CELLS)
def test_a_bad_cell_is_refused_with_its_line_its_column_and_what_would_be_right(
    tmp_path: Path, column: str, good: str, bad: str, expected: str
) -> None:
    other = GOOD.replace("c1", "other")
    said = refusal(tmp_path, rows(other, GOOD.replace(good, bad, 1)))
    assert said == f"FILE has 1 broken row: line 3, column {column}: {expected}"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{C1},products/gold,USD,7.50", "column from: is missing; a row has 6 columns"),
        (
            f"{C1},products/gold,USD,7.50,2026-01-01",
            "column until: is missing; a row has 6 columns; where there is no until, the row ends with a comma",
        ),
        (
            f"{C1},products/gold,USD,7,50,2026-01-01,",
            "column 7: '' is one too many; a row has 6, and a price has a point and no comma, like 7.50",
        ),
        (f"{C1};products/gold", "column product: is missing; a row has 6 columns"),
    ],
)
def test_a_row_with_too_few_columns_or_too_many_is_refused(tmp_path: Path, row: str, expected: str) -> None:
    assert refusal(tmp_path, rows(row)) == f"FILE has 1 broken row: line 2, {expected}"


def dated(*days: str, terms: str = f"{C1},products/gold,USD") -> list[str]:
    return [f"{terms},7.50,{one}" for one in days]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (dated("2026-01-01,2026-07-01", "2026-07-01,"), []),
        (dated("2026-07-01,", "2026-01-01,2026-07-01"), []),
        (dated("2026-01-01,2026-07-01", "2026-06-30,"), ["line 3: from 2026-06-30 on overlaps line 2"]),
        (dated("2026-06-30,", "2026-01-01,2026-07-01"), ["line 3: from 2026-01-01 up to 2026-07-01 overlaps line 2"]),
        (dated("2026-01-01,", "2026-01-01,"), ["line 3: from 2026-01-01 on overlaps line 2"]),
        (dated("2026-01-01,", "2030-01-01,2030-01-02"), ["line 3: from 2030-01-01 up to 2030-01-02 overlaps line 2"]),
        # A long row that others lie in: the one after a short one lies in the long one as well.
        (
            dated("2026-01-01,2027-01-01", "2026-02-01,2026-03-01", "2026-04-01,2026-05-01", "2027-01-01,"),
            [
                "line 3: from 2026-02-01 up to 2026-03-01 overlaps line 2",
                "line 4: from 2026-04-01 up to 2026-05-01 overlaps line 2",
            ],
        ),
        # Of another customer, product or currency.
        (dated("2026-01-01,") + dated("2026-01-01,", terms=f"{C1},products/gold,EUR"), []),
        (dated("2026-01-01,") + dated("2026-01-01,", terms=f"{C1},products/silver,USD"), []),
        (dated("2026-01-01,") + dated("2026-01-01,", terms=f"{C1}2,products/gold,USD"), []),
    ],
)
def test_rows_for_the_same_thing_may_not_have_a_day_in_common(
    tmp_path: Path, lines: list[str], expected: list[str]
) -> None:
    file = tmp_path / "prices.csv"
    file.write_bytes(rows(*lines))
    try:
        ContractPrice(Settings(file))
        said = []
    except ValueError as error:
        _, _, told = str(error).partition(": ")
        said = [row.replace(", column from", "").partition(",")[0] for row in told.split("; ") if "overlaps" in row]
    assert said == expected


def test_the_first_ten_broken_rows_are_told_in_their_order(tmp_path: Path) -> None:
    bad = [GOOD.replace("7.50", f"x{number}") for number in range(2, 14)]
    said = refusal(tmp_path, rows(*bad, GOOD, GOOD)).split("; ")
    assert said[0].startswith("FILE has 13 broken rows: line 2, column price: ")
    assert said[-1] == "and 3 more"
    assert [row.rpartition("line")[2].partition(" is not")[0] for row in said[:-1:2]] == [
        f" {number}, column price: 'x{number}'" for number in range(2, 12)
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", f"FILE is empty; its first line has to be {HEADER}"),
        (
            b"\n" + rows(GOOD),
            f"FILE: line 1 is ''; it has to be {HEADER}, with commas and without spaces",
        ),
        (
            rows(GOOD).replace(b",", b";"),
            f"FILE: line 1 is '{HEADER.replace(',', ';')}'; it has to be {HEADER}, with commas and without spaces",
        ),
        (
            f"product,customer,currency,price,from,until\n{GOOD}".encode(),
            "FILE: line 1 is 'product,customer,currency,price,from,until'; "
            f"it has to be {HEADER}, with commas and without spaces",
        ),
        (rows(GOOD, "gr\xf6\xdfe").decode().encode("latin-1"), "FILE is not UTF-8 from line 3 on; save it as UTF-8"),
        (rows(GOOD).decode().encode("utf-16"), "FILE is not UTF-8 from line 1 on; save it as UTF-8"),
        (
            rows(GOOD, f'"{C1},products/gold,USD,7.50,2026-01-01,'),
            "FILE has 1 broken row: line 3: cannot be read: unexpected end of data; "
            "a cell with a quote in it is quoted, and its quotes doubled",
        ),
        (
            b'"customer',
            "FILE has 1 broken row: line 1: cannot be read: unexpected end of data; "
            "a cell with a quote in it is quoted, and its quotes doubled",
        ),
    ],
)
def test_a_file_that_is_none_of_prices_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    assert refusal(tmp_path, content) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none.csv", "cannot be read: No such file or directory; it takes the path of a CSV file"),
        ("", "cannot be read: Is a directory; it takes the path of a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^file {re.escape(str(tmp_path / name))} {expected}$"):
        ContractPrice(Settings(tmp_path / name))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER.encode(), []),
        (rows(GOOD), [2]),
        (rows(GOOD, ""), [2]),
        (rows("", GOOD, " ", ",,,,,", GOOD.replace("c1", "c2"), "", ""), [3, 6]),
        (b"\xef\xbb\xbf" + rows(GOOD), [2]),
        (rows(GOOD, GOOD.replace("c1", "c2")).replace(b"\n", b"\r\n"), [2, 3]),
        (rows(f'"{C1}","products/gold",USD,"0",2026-01-01,""', GOOD.replace("c1", "c2")), [2, 3]),
        (rows(f"{C1},resellers/r/products/own,JPY,1000000000.000000,0001-01-01,9999-12-31"), [2]),
    ],
)
def test_a_good_file_is_taken_with_the_lines_that_its_rows_begin_on(
    tmp_path: Path, content: bytes, expected: list[int]
) -> None:
    (tmp_path / "prices.csv").write_bytes(content)
    assert [contract.line for contract in read_contracts(tmp_path / "prices.csv")] == expected


def test_a_table_names_the_file_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    assert settings_of({"file": "sub/prices.csv"}, Settings, tmp_path) == Settings(tmp_path / "sub" / "prices.csv")
    assert settings_of({"file": "/prices.csv"}, Settings, tmp_path) == Settings(Path("/prices.csv"))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, "file is missing"),
        ({"file": 3}, 'file is 3; it takes a path, like "prices.csv"'),
        ({"file": "a", "fil": "b"}, "the table has no setting fil; there are file"),
    ],
)
def test_a_bad_setting_is_refused(table: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        settings_of(table, Settings, Path())
