"""The README is true: its walk is walked with the real grpcurl, and its tables are those of the program."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from quitrent.cli import quitrent
from quitrent.hooks.hosting import Hosting
from quitrent.settings import Settings
from quitrent.v1.plan_pb2 import Plan
from tests.docs.imports import ROOMS
from tests.docs.page import LEFT_OUT, Block, Page, blocks_of, missing
from tests.docs.terminals import BIN, SERVE, Terminals, environment

ROOT = Path(__file__).parents[2]
PAGE = Page(ROOT / "README.md")
PAGES = [
    PAGE,
    *(Page(path) for folder in ("plugins", "src", "tests") for path in sorted((ROOT / folder).glob("**/README.md"))),
]

FIRST_TERMINAL, SECOND_TERMINAL, REPLY = "console", "sh", "text"

COMMANDS = ["pip install uv && uv run quitrent serve", "uv run pytest", "uv run quitrent demo"]


def steps(blocks: list[Block]) -> list[tuple[Block, Block | None]]:
    """What is typed, each with the reply that is shown for it, where one is."""
    found: list[tuple[Block, Block | None]] = []
    for block in blocks:
        if block.language == REPLY:
            typed, shown = found.pop()
            assert shown is None, f"line {block.line} of the page shows a second reply"
            found.append((typed, block))
        else:
            assert block.language in {FIRST_TERMINAL, SECOND_TERMINAL}, f"line {block.line}: {block.language}"
            found.append((block, None))
    return found


def mutants(shown: str) -> list[str]:
    """The block with one digit changed, for each digit of it."""
    return [
        f"{shown[:place]}{(int(shown[place]) + 1) % 10}{shown[place + 1 :]}"
        for place in range(len(shown))
        if shown[place].isascii() and shown[place].isdigit()
    ]


def check_reply(typed: Block, shown: Block | None, said: str) -> None:
    text = shown.text if shown else ""
    gone = missing(text, said)
    place = f"README.md, line {shown.line if shown else typed.line}"
    assert not gone, f"{place}: the reply lacks, in its place:\n{gone}\n\ntyped:\n{typed.text}\nsaid:\n{said}"
    loose = [mutant for mutant in mutants(text) if not missing(mutant, said)]
    assert not loose, f"{place}: a wrong number would go unseen; show more of the reply around it:\n{loose[0]}"


def top_of_the_page() -> str:
    return PAGE.text[: PAGE.text.index("\n## ")]


def test_the_walk_goes_as_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    folder.mkdir()
    walk = steps(blocks_of(PAGE.section("The walk")))
    assert len(walk) > 20
    with Terminals(folder) as terminals:
        for typed, shown in walk:
            type_it = (
                terminals.typed_in_the_first if typed.language == FIRST_TERMINAL else terminals.typed_in_the_second
            )
            check_reply(typed, shown, type_it(typed.text))


def test_the_demo_prints_what_is_shown(tmp_path: Path) -> None:
    typed, shown = steps(blocks_of(top_of_the_page()))[2]
    assert typed.text == f"{COMMANDS[2]}\n"
    ran = subprocess.run(
        [BIN / "quitrent", "demo"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    check_reply(typed, shown, ran.stdout + ran.stderr)


def test_the_life_of_a_subscription_is_what_is_shown(tmp_path: Path) -> None:
    [(typed, shown)] = steps(blocks_of(PAGE.section("One subscription's life")))
    assert typed.text == "uv run quitrent demo --life\n"
    ran = subprocess.run(
        [BIN / "quitrent", "demo", "--life"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    check_reply(typed, shown, ran.stdout)


def test_the_table_of_a_plans_fields_names_those_that_exist() -> None:
    table = [line for line in PAGE.section("Plans").splitlines() if line.startswith("|")]
    named = set(re.findall(r"`([a-z_]+)`", "".join(table)))
    others = {"kind", "name", "managed_by", "display_name", "shared_with_resellers", "applied_more_than_once", "fee"}
    output = {"current_fee", "create_time", "update_time"}
    assert named == {field.name for field in Plan.DESCRIPTOR.fields} - others - output


def test_the_commands_that_count_stand_at_the_top_a_line_each() -> None:
    assert [block.text.rstrip("\n") for block in blocks_of(top_of_the_page()) if block.language == "sh"] == COMMANDS


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("a\nb", "a\nb\n"),
        ("  a\n b  c", "a\nb c"),
        ("a\n...\nd", "a\nb\nc\nd"),
        ("a\n...\nd", "a\nd"),
        ("...\nd", "a\nd"),
        ("a\n...", "a\nb"),
        ("a ... d", "a b c d"),
        ("...\na\nb\n...\nb\n...", "a\na\nb\nc\nb\nd"),
        ("...\nb\n...\nb", "a\nb\nc\nb"),
        ('"display_name": "a_b"', '"displayName": "a_b"'),
        ("", ""),
    ],
)
def test_a_reply_is_what_is_shown(shown: str, said: str) -> None:
    assert not missing(shown, said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("a\nb", "a\nb\nc"),
        ("a\nb", "z\na\nb"),
        ("a\nb", "a"),
        ("a\nb", "a\nx\nb"),
        ("a", "ab"),
        ("a\n...\nd", "a\nb\nc"),
        ("a\n...\nd", "b\nd"),
        ("...\nb\n...\na\n...", "a\nb"),
        ("...\nb\n...\nb", "a\nb"),
        ("a ... d", "a b\nc d"),
        ('"display_name": "a_b"', '"displayName": "aB"'),
        ("", "a"),
        ("a", ""),
    ],
)
def test_a_reply_is_not_what_is_shown(shown: str, said: str) -> None:
    assert missing(shown, said)


def test_every_digit_that_is_shown_is_changed_once() -> None:
    assert mutants('"units": "19"') == ['"units": "29"', '"units": "10"']


# The tables, against the program.


def rows(section: str) -> list[list[str]]:
    """The rows of the tables in a section of the README, without their heads."""
    lines = re.findall(r"^\| (.*) \|$", PAGE.section(section), re.MULTILINE)
    cells = [re.split(r" ?\| ?", line) for line in lines]
    rules = [number for number, row in enumerate(cells) if row[0] == "---"]
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]


def command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and the words that are left."""
    found: click.Command = quitrent
    while words and isinstance(found, click.Group) and words[0] in found.commands:
        found, words = found.commands[words[0]], words[1:]
    return found, words


def test_the_table_of_settings_is_that_of_the_program() -> None:
    told = {row[0].strip("`"): row[1:] for row in rows("Settings")}
    assert list(told) == list(Settings.__slots__)
    for key, (option, in_environment, default, _) in told.items():
        if key == "plugins":
            assert (option, in_environment) == ("", "")
            continue
        assert default == f"`{json.dumps(getattr(Settings(), key))}`", key
        path, _, flag = option.strip("`").rpartition(" ")
        [parameter] = [one for one in command(path.split()[1:])[0].params if flag in one.opts]
        assert parameter.name == key
        assert in_environment == f"`{parameter.envvar}`" == f"`QUITRENT_{key.upper()}`"


@pytest.mark.parametrize("row", [row for row in rows("Settings") if row[2]], ids=lambda row: row[0].strip("`"))
def test_a_variable_of_the_table_reaches_its_setting(
    row: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key, option, in_environment, default, _ = (cell.strip("`") for cell in row)
    others = {"true": "false", "false": "true", "16": "17", "1": "2", '"hosts"': "inline"}
    given = "workers" if key == "runs" else others.get(default, "given")
    monkeypatch.setenv(in_environment, given)
    monkeypatch.chdir(tmp_path)
    context = quitrent.make_context("quitrent", ["serve"])
    if option.startswith(SERVE):
        context = quitrent.commands["serve"].make_context("serve", [], parent=context)
    assert str(context.params[key]).lower() == given


def test_the_table_of_hosting_is_that_of_the_program() -> None:
    told = {row[0].strip("`"): row[1] for row in rows("Where plugins run")}
    assert told == {key: f"`{json.dumps(getattr(Hosting(), key))}`" for key in Hosting.__slots__}


def test_the_table_of_codes_is_that_of_the_protos() -> None:
    proto = (ROOT / "protos" / "quitrent" / "v1" / "error_reason.proto").read_text("utf-8")
    codes = set(re.findall(r"^  // ([A-Z_]+): ", proto, re.MULTILINE))
    order = [row[0].strip("`") for row in rows("Errors")]
    catalog = (ROOT / "protos" / "quitrent" / "v1" / "catalog_service.proto").read_text("utf-8")
    stated = catalog[catalog.index("Errors are looked for in this order") : catalog.index("service CatalogService")]
    assert order == re.findall(r"\b[A-Z]+_?[A-Z]{4,}\b", stated)
    assert {*order, *re.findall(r"`([A-Z_]{5,})`", PAGE.section("Errors"))} == codes


def test_the_table_of_rooms_has_every_room() -> None:
    assert [re.findall(r"\[(\w+)\]", row[0])[0] for row in rows("The house")] == list(ROOMS)


def test_the_table_of_checks_is_what_the_gate_runs() -> None:
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    assert [row[0].strip("`") for row in rows("Developing")] == re.findall(
        r"^ *((?:[A-Z_]+=\w+ )?uv run .*)$", gate, re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_exists_with_its_options(page: Page) -> None:
    typed = [line for block in page.blocks("sh") for line in block.text.splitlines()]
    typed += re.findall(r"`([^`\n]+)`", page.text)
    for words in [line.split() for line in typed if line.startswith(("quitrent ", "uv run quitrent "))]:
        found, rest = command(words[words.index("quitrent") + 1 :])
        assert found is not quitrent or rest[0].startswith("--"), words
        options = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Page) -> None:
    titles = re.findall(r"^#+ (.*)$", page.text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}
    for link in re.findall(r"\]\(([^)]+)\)", page.text):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https"
        elif parts.path:
            assert (page.path.parent / parts.path).exists(), link
        else:
            assert parts.fragment in anchors, link


def test_what_is_left_out_is_written_one_way() -> None:
    assert LEFT_OUT == "..."
    assert "\N{HORIZONTAL ELLIPSIS}" not in PAGE.text
