"""The package that a new plugin begins as, and the names that it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from quitrent.hooks.errors import PluginError
from quitrent.testing.package import package_files, write_package
from tests.docs.imports import wrong_in_plugin

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["happy", "happy-hour", "a1-b2", "x" * 63])
def test_a_good_name_is_taken(tmp_path: Path, name: str) -> None:
    written = write_package(name, tmp_path / "made")
    assert all(path.is_file() for path in written)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "Happy_Hour",
            "is no name for a plugin; it takes at most 63 small letters and digits in words with a - between",
        ),
        ("HappyHour", ", like happy-hour"),
        ("happy_hour", ", like happy-hour"),
        ("24-7", ", like plugin-24-7"),
        ("-", ", like happy-hour"),
        ("größe", ", like gr-e"),
        ("x" * 64, f", like {'x' * 63}"),
        ("../up", ", like up"),
        ("happy\n", ", like happy"),
        ("class", "class is a word of Python's; take another name, like class-prices"),
        ("click", "there is a module click here already; take another name, like click-prices"),
        ("json", "there is a module json here already"),
        ("quitrent-markup", "there is a module quitrent_markup here already"),
    ],
)
def test_a_bad_name_is_refused_with_one_that_would_be_right(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(PluginError, match=re.escape(told)):
        write_package(name, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(PluginError, match="is there already and is not empty; nothing was written"):
        write_package("happy", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(PluginError, match="cannot be written: Not a directory"):
        write_package("happy", tmp_path / "mine.txt")


def test_what_is_written_imports_what_is_offered_and_is_in_form(tmp_path: Path) -> None:
    import quitrent

    write_package("happy-hour", tmp_path)
    source = package_files("happy-hour")["src/happy_hour/__init__.py"]
    assert wrong_in_plugin("happy_hour.py", source, "happy_hour", frozenset(quitrent.__all__)) == []
    for command in (["ruff", "format", "--check", "--diff"], ["ruff", "check"], ["mypy", "--strict"]):
        config = ["--config", f"{ROOT}/pyproject.toml"] if command[0] == "ruff" else ["--config-file", ""]
        what = str(tmp_path) if command[1:2] == ["format"] else str(tmp_path / "src")
        ran = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:], *config, what],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
