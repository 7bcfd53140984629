"""Reads the file of prices, and refuses it with its first broken rows where some are broken."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from quitrent_contract_price.contract import COLUMNS, Contract, WrongCellError, contract_of, shown

MOST_TOLD = 10
HEADER = ",".join(COLUMNS)


class Broken(NamedTuple):
    """A row that cannot be used: the line it begins on, its column where it has one, and what is wrong."""

    line: int
    column: str
    what: str

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{place}: {self.what}"


def read_contracts(path: Path) -> list[Contract]:
    """Give the prices that a file holds, in its order.

    Errors: ValueError naming the file, its first broken rows, and what would be right.
    """
    contracts: list[Contract] = []
    broken: list[Broken] = []
    for row in _rows(path):
        try:
            if isinstance(row, Broken):
                broken.append(row)
            else:
                contracts.append(contract_of(*row))
        except WrongCellError as error:
            broken.append(Broken(row[0], error.column, str(error)))
    broken = sorted([*broken, *_overlaps(contracts)])
    if broken:
        raise ValueError(_told(path, broken))
    return contracts


def _rows(path: Path) -> Iterator[tuple[int, list[str]] | Broken]:
    """Give the rows below the header that are not blank, each with the line that it begins on."""
    reader = csv.reader(StringIO(_text(path), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if line == 1:
                _check_header(path, cells)
            elif any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
        if line == 1:
            raise ValueError(f"file {path} is empty; its first line has to be {HEADER}")
    except csv.Error as error:
        # What comes after it cannot be told apart any more.
        yield Broken(line, "", f"cannot be read: {error}; a cell with a quote in it is quoted, and its quotes doubled")


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"file {path} cannot be read: {error.strerror}; it takes the path of a CSV file") from error
    try:
        # Spreadsheets begin a file with a mark that is none of its text.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"file {path} is not UTF-8 from line {line} on; save it as UTF-8") from error


def _check_header(path: Path, cells: Sequence[str]) -> None:
    if tuple(cells) != COLUMNS:
        found = shown(",".join(cells))
        raise ValueError(f"file {path}: line 1 is {found}; it has to be {HEADER}, with commas and without spaces")


def _overlaps(contracts: Sequence[Contract]) -> Iterator[Broken]:
    """Give the rows that have a day with another row of the same customer, product and currency."""
    last: Contract | None = None
    for contract in sorted(contracts, key=lambda one: (one.terms, one.begins, one.line)):
        if last is None or last.terms != contract.terms:
            last = contract
        elif last.until is None or contract.begins < last.until:
            earlier, later = sorted((last, contract))
            yield Broken(
                later.line,
                "from",
                f"{later.days} overlaps line {earlier.line}, {earlier.days}, for the same customer, product and "
                "currency; a day takes one price",
            )
            last = max(last, contract, key=lambda one: (one.until is None, one.until))
        else:
            last = contract


def _told(path: Path, broken: Sequence[Broken]) -> str:
    count = "1 broken row" if len(broken) == 1 else f"{len(broken)} broken rows"
    more = [f"and {len(broken) - MOST_TOLD} more"] if len(broken) > MOST_TOLD else []
    # On one line, as quitrent tells it.
    return f"file {path} has {count}: " + "; ".join([*map(str, broken[:MOST_TOLD]), *more])
