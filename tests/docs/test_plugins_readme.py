"""The page 'How to write a pricing plugin' works as it stands: its code, its test, its settings, its signatures."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quitrent.hooks import spec
from quitrent.hooks.manager import Plugins
from tests.docs.page import Page

ROOT = Path(__file__).parents[2]
PAGE = Page(ROOT / "plugins" / "README.md")
# A plugin adjusts line by line or in batches: the example does the first.
BATCH = "quitrent_adjust_retail_batch"
HOOKS: dict[str, Callable[..., object]] = {
    name: function for name, function in vars(spec).items() if name.startswith("quitrent_")
}


def test_every_block_of_the_page_is_of_a_kind_that_is_tried_here() -> None:
    assert [block.language for block in PAGE.blocks()] == ["text", "python", "toml", "python", "sh", "toml"]


def test_the_example_and_its_test_run_as_they_are_printed(tmp_path: Path) -> None:
    module, tests = PAGE.blocks("python")
    (tmp_path / "happy_hour").mkdir()
    (tmp_path / "happy_hour" / "__init__.py").write_text(module.text, "utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_happy_hour.py").write_text(tests.text, "utf-8")
    (tmp_path / "pyproject.toml").write_text(PAGE.blocks("toml")[0].text, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "7 passed" in ran.stdout
    tree = [line.strip().rstrip("/") for line in PAGE.blocks("text")[0].text.splitlines()]
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert tree[0] == "happy-hour"
    assert set(tree[1:]) == files


def test_its_package_names_the_class_that_it_shows() -> None:
    package = tomllib.loads(PAGE.blocks("toml")[0].text)
    assert package["project"]["entry-points"]["quitrent"] == {"happy-hour": "happy_hour:HappyHour"}
    assert PAGE.blocks("sh")[0].text == "pip install ./happy-hour\n"


def test_its_table_of_settings_makes_a_plugin_with_every_hook() -> None:
    [(name, table)] = tomllib.loads(PAGE.blocks("toml")[1].text)["plugins"].items()
    namespace: dict[str, Any] = {"__name__": "happy_hour"}
    exec(compile(PAGE.blocks("python")[0].text, "happy_hour", "exec"), namespace)
    plugins = Plugins()
    plugins.register(name, namespace["HappyHour"](table))
    [record] = plugins.records()
    assert record.name == "happy-hour"
    assert set(record.hooks) == set(HOOKS) - {BATCH}


def test_it_has_a_heading_for_every_hook_with_its_arguments() -> None:
    headings = [f"### `{name}({', '.join(inspect.signature(hook).parameters)})`" for name, hook in HOOKS.items()]
    assert re.findall(r"^### `.*`$", PAGE.text, re.MULTILINE) == headings


@pytest.mark.parametrize("hook", sorted(HOOKS.keys() - {BATCH}))
def test_its_example_implements_a_hook_as_it_is_specified(hook: str) -> None:
    signature = inspect.signature(HOOKS[hook])
    [(arguments, answer)] = re.findall(rf"def {hook}\(self, (.*)\) -> (.*):", PAGE.blocks("python")[0].text)
    assert arguments == ", ".join(map(str, signature.parameters.values())).replace("'", "")
    # An example may promise less than a hook may answer.
    assert set(answer.split(" | ")) <= set(str(signature.return_annotation).split(" | "))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_called_by_some_test(hook: str) -> None:
    folders = [ROOT / "tests", *(ROOT / "plugins").glob("*/tests")]
    tests = [path for folder in folders for path in folder.rglob("test_*.py") if path.parent != Path(__file__).parent]
    assert [path.name for path in tests if hook in path.read_text("utf-8")]
