"""The README's section on whole books is true: what it types is typed, on what it shows, and says what it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.page import Page, blocks_of, missing
from tests.harness import House

SECTION = Page(Path(__file__).parents[2] / "README.md").section("A whole book at once")
BIN = Path(sys.executable).parent
CALL = 'call() { grpcurl -plaintext -H "authorization: Bearer $KEY" -d "$2" "$ADDRESS" "quitrent.v1.$1"; }\n'


def test_a_whole_book_goes_in_and_out_as_it_is_written(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.make_product()
    [book] = [block for block in blocks_of(SECTION) if block.language == "csv"]
    (tmp_path / "book.csv").write_text(book.text, "utf-8")
    said = ""
    for block in blocks_of(SECTION):
        if block.language == "sh":
            said = _said(house, block.text)
        elif block.language == "text":
            assert not missing(block.text, said), f"line {block.line}:\n{missing(block.text, said)}\n\nsaid:\n{said}"
    house.close()
    assert (tmp_path / "bad.csv").read_text("utf-8").splitlines()[1:] == [
        "6,resellers/acme/customers/c2/accounts/a1,,NOT_FOUND,resellers/acme/customers/c2 is not found"
    ]
    assert {(tmp_path / name).exists() for name in ("charges.csv", "january.csv")} == {True}


def _said(house: House, typed: str) -> str:
    """Type commands in the folder of a house; give what they say, first of what is wrong."""
    variables = {
        "KEY": str(house.admin.key),
        "ADDRESS": house.address,
        "QUITRENT_DATABASE_URL": house.settings.database_url,
    }
    ran = subprocess.run(
        ["bash", "-c", CALL + typed],
        cwd=house.folder,
        env={**os.environ, **variables, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.stderr + ran.stdout
