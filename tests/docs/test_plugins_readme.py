"""The page 'How to write a pricing plugin' works as it stands: its commands, its code, its settings, its tables."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from json import dumps, loads
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from quitrent import BillingRun, Charge, ChargeReason, Money, RunState, Side
from quitrent.hooks import spec
from quitrent.hooks.declared_settings import SettingsRefusedError, settings_of
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource, load_plugin
from quitrent.settings import read_settings_file
from quitrent.testing import Check, Outcome, check
from quitrent.testing.package import package_files
from tests.docs.page import Page, blocks_of, missing
from tests.docs.terminals import BIN

ROOT = Path(__file__).parents[2]
PAGE = Page(ROOT / "plugins" / "README.md")
HOOKS: dict[str, Callable[..., object]] = {
    name: function for name, function in vars(spec).items() if name.startswith("quitrent_")
}
RunBlock = Callable[[str], dict[str, Any]]
HAPPY_HOUR = package_files("happy-hour")


def python(section: str) -> str:
    """The one Python block of a section."""
    [block] = [block for block in blocks_of(PAGE.section(section)) if block.language == "python"]
    return block.text


def toml(section: str) -> list[dict[str, Any]]:
    return [
        tomllib.loads(block.text, parse_float=Decimal)
        for block in blocks_of(PAGE.section(section))
        if block.language == "toml"
    ]


def rows(section: str, head: str) -> list[list[str]]:
    """The cells of the table of a section that begins with a head, without their backticks."""
    lines = PAGE.section(section).splitlines()
    first = lines.index(head) + 2
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[first:]]
    return cells[: next(number for number, line in enumerate(lines[first:]) if not line.startswith("|"))]


def test_every_block_of_the_page_is_of_a_kind_that_is_tried_here() -> None:
    found = {title: [b.language for b in blocks_of(PAGE.section(title))] for title in titles()}
    assert {title: languages for title, languages in found.items() if languages} == {
        "Ten minutes": ["sh", "text", "python", "toml", "sh", "toml", "sh", "text"],
        "The settings": ["python", "toml"],
        "Where it runs": ["toml"],
        "Final prices, counts, and what is looked at": ["python"],
        "The hooks": ["python"],
        "Testing": ["python"],
    }


def titles() -> list[str]:
    return re.findall(r"^## (.*)$", PAGE.text, re.MULTILINE)


class Shell:
    """A newcomer's: its `pip` installs into a folder of its own, which its programs import from."""

    def __init__(self, folder: Path) -> None:
        uv = shutil.which("uv")
        assert uv, "the suite is run with uv"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUITRENT_", "PYTEST_"))}
        self._folder, installed = folder / "work", folder / "installed"
        self._folder.mkdir()
        self._environment = {**kept, "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "PYTHONPATH": str(installed)}
        # What it depends on is there already.
        install = f"install -q --no-deps --python '{sys.executable}' --target '{installed}'"
        self._pip = f'pip() {{ [ "$1" = install ] && shift && \'{uv}\' pip {install} "$@"; }}'

    def said(self, typed: str) -> str:
        ran = subprocess.run(
            ["bash", "-e", "-c", f"{self._pip}\n{typed}"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{typed}\n{ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

    def write(self, path: str, text: str) -> None:
        (self._folder / path).write_text(text, "utf-8")


def test_from_nothing_to_a_checked_plugin_as_it_is_written(tmp_path: Path) -> None:
    new, listed, _, _, install, settings, look, seen = blocks_of(PAGE.section("Ten minutes"))
    shell = Shell(tmp_path)
    assert shell.said(new.text) == listed.text
    # The tests that the page shows later are of this very package.
    shell.write("happy-hour/tests/test_page.py", python("Testing"))
    assert "10 passed" in shell.said(install.text)
    shell.write("quitrent.toml", settings.text)
    said = shell.said(look.text)
    assert not missing(seen.text, said), said


def test_the_plugin_and_the_entry_point_that_are_shown_are_those_that_are_written() -> None:
    assert python("Ten minutes") == HAPPY_HOUR["src/happy_hour/__init__.py"]
    entry_point, _ = toml("Ten minutes")
    written = tomllib.loads(HAPPY_HOUR["pyproject.toml"])
    assert entry_point["project"]["entry-points"] == written["project"]["entry-points"]


@pytest.fixture
def run_block(monkeypatch: pytest.MonkeyPatch) -> RunBlock:
    """Run the Python block of a section as a module, and give its names."""

    def run(section: str) -> dict[str, Any]:
        # Where a dataclass looks up what its annotations mean.
        module = ModuleType("block_of_the_page")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(python(section), section, "exec"), vars(module))
        return vars(module)

    return run


def test_the_settings_that_are_declared_are_read_from_the_table_that_is_shown(
    run_block: RunBlock,
) -> None:
    [document] = toml("The settings")
    found = settings_of(document["plugins"]["seasons"], run_block("The settings")["Settings"], Path("/etc/quitrent"))
    assert vars(found).keys() == document["plugins"]["seasons"].keys()
    assert (found.percent, found.most_accounts, found.weekends) == (Decimal("2.5"), 20, True)
    assert found.prices == Path("/etc/quitrent/tables/prices.csv")
    assert found.resellers == {"resellers/acme": Decimal("-1.25")}
    assert found.seasons["summer"].from_ == date(2026, 6, 21)


@pytest.mark.parametrize(("written", "said"), rows("The settings", "| Written | Said |"))
def test_a_wrong_setting_is_told_as_it_is_shown(run_block: RunBlock, written: str, said: str) -> None:
    base = "" if "percent" in written.partition("=")[0] or said == "percent is missing" else "percent = 10\n"
    declared = run_block("The settings")["Settings"]
    with pytest.raises(SettingsRefusedError) as caught:
        settings_of(tomllib.loads(f"{base}{written}", parse_float=Decimal), declared, Path())
    assert str(caught.value) == said


def test_the_table_of_hosting_has_every_key_with_its_default() -> None:
    told = {key: loads(default) for key, default, _ in rows("Where it runs", "| Key | Default | What it is |")}
    assert told == {name: getattr(Hosting(), name) for name in Hosting.__slots__}


def test_the_hosting_that_is_shown_is_taken(tmp_path: Path) -> None:
    from quitrent.hooks.discovery import HOSTING

    [block] = [block for block in blocks_of(PAGE.section("Where it runs")) if block.language == "toml"]
    (tmp_path / "quitrent.toml").write_text(block.text, "utf-8")
    found: Any = read_settings_file(tmp_path / "quitrent.toml")["plugins"]
    assert found.hosting == Hosting(time_limit_ms=2000)
    assert settings_of(found.tables["happy-hour"][HOSTING], Hosting, Path()).on_failure == "price-without"


def test_the_example_of_a_final_price_passes_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "flat_price.py").write_text(python("Final prices, counts, and what is looked at"), "utf-8")
    report = check("flat_price:FlatPrice", count=100)
    assert not report.of(Outcome.FAILED), str(report)
    source = PluginSource("flat-price", "flat_price:FlatPrice")
    record = load_plugin(source).record
    assert (record.sets_final_price, record.counts_accounts) == (True, True)


def test_the_example_that_listens_writes_what_comes_again_once(tmp_path: Path, run_block: RunBlock) -> None:
    namespace = run_block("The hooks")
    journal = namespace["Journal"](settings_of({"folder": "told"}, namespace["Settings"], tmp_path))
    (tmp_path / "told").mkdir()
    first, last = date(2026, 1, 1), date(2026, 2, 1)
    subscription = "resellers/r/customers/c/accounts/a/subscriptions/s"
    money = Money(20_000_000, "USD")
    charge = Charge(subscription, Side.RETAIL, ChargeReason.RECURRING, first, last, first, money)
    for _ in range(2):
        journal.quitrent_charges_posted([charge])
        journal.quitrent_run_finished(BillingRun(last, "billingRuns/2026-02-01-1", RunState.SUCCEEDED))
    told = {loads(path.read_text("utf-8"))["name"]: path.read_text("utf-8") for path in (tmp_path / "told").iterdir()}
    assert told == {
        charge.name: dumps({"name": charge.name, "amount": {"micros": 20_000_000, "currency": "USD"}}),
        "billingRuns/2026-02-01-1": dumps({"name": "billingRuns/2026-02-01-1", "state": "SUCCEEDED"}),
    }


def test_the_table_of_checks_has_every_check() -> None:
    assert [row[0] for row in rows("Testing", "| Check | Fails where the plugin |")] == list(Check)


def test_it_has_a_heading_for_every_hook_with_its_arguments() -> None:
    headings = [f"### `{name}({', '.join(inspect.signature(hook).parameters)})`" for name, hook in HOOKS.items()]
    assert re.findall(r"^### `.*`$", PAGE.text, re.MULTILINE) == headings


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_an_example_implements_a_hook_as_it_is_specified(hook: str) -> None:
    signature = inspect.signature(HOOKS[hook])
    blocks = "".join(block.text for block in PAGE.blocks("python"))
    [(arguments, answer)] = re.findall(rf"def {hook}\(self, (.*)\) -> (.*):", blocks)
    assert arguments == ", ".join(map(str, signature.parameters.values())).replace("'", "")
    # An example may promise less than a hook may answer.
    assert set(answer.split(" | ")) <= set(str(signature.return_annotation).split(" | "))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_called_by_some_test(hook: str) -> None:
    folders = [ROOT / "tests", *(ROOT / "plugins").glob("*/tests")]
    tests = [path for folder in folders for path in folder.rglob("test_*.py") if path.parent != Path(__file__).parent]
    assert [path.name for path in tests if hook in path.read_text("utf-8")]
