"""`quitrent plugins new` and `quitrent plugins check`, as an author and an operator type them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quitrent.testing import Check
from quitrent.testing.package import package_files
from tests.installed import install
from tests.testing.bad_plugins import ADJUST, HEAD, body

QUITRENT = str(Path(sys.executable).with_name("quitrent"))

# Proposes the percentage of its settings, whatever that is.
SOURCE = HEAD + ADJUST + body("return percent(self.settings['percent'])")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "installed")}
    return subprocess.run(
        [QUITRENT, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a plugin `percents` that is installed, and two settings files, of which one is in use."""
    (tmp_path / "installed").mkdir()
    install(tmp_path / "installed", "percents", SOURCE)
    # Read as a Decimal, as a number with a point is, and as an int.
    (tmp_path / "quitrent.toml").write_text("[plugins.percents]\npercent = 2.5\n", "utf-8")
    (tmp_path / "other.toml").write_text("[plugins.percents]\npercent = 2\n", "utf-8")
    return tmp_path


def test_a_package_is_written_into_a_folder_of_its_name(tmp_path: Path) -> None:
    ended = run(tmp_path, "plugins", "new", "happy-hour")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.split() == [f"happy-hour/{path}" for path in package_files("happy-hour")]
    for path, text in package_files("happy-hour").items():
        assert (tmp_path / "happy-hour" / path).read_text("utf-8") == text


def test_a_package_is_written_into_the_folder_that_is_given(tmp_path: Path) -> None:
    assert run(tmp_path, "plugins", "new", "happy-hour", "--into", "deep/down").returncode == 0
    assert (tmp_path / "deep" / "down" / "pyproject.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("new", "Happy"), "'Happy' is no name for a plugin"),
        (("new", "happy", "--into", "."), ". is there already and is not empty; nothing was written"),
        (("check", "nowhere"), "plugin nowhere is not installed; installed: "),
        (("check", "percents", "--settings", "none.toml"), "none.toml cannot be read"),
        (("check", "percents", "--lines", "1"), "1 is not in the range"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(installed: Path, arguments: tuple[str, ...], told: str) -> None:
    ended = run(installed, "plugins", *arguments)
    assert ended.returncode in (1, 2)
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_good_plugin_is_told_to_be_well_with_the_settings_in_use(installed: Path) -> None:
    ended = run(installed, "plugins", "check", "percents", "--lines", "40")
    assert (ended.returncode, ended.stderr) == (0, "")
    first, *rows = ended.stdout.splitlines()
    assert first == "plugin percents, checked with 40 lines (seed 0)"
    assert [row.split()[:2] for row in rows if not row.split()[0].startswith("not")] == [
        ["ok", check] for check in Check if check is not Check.REVIEWS
    ]


def test_a_bad_one_ends_with_1_and_says_where(installed: Path) -> None:
    ended = run(installed, "plugins", "check", "percents", "--lines", "40", "--settings", "other.toml")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "failed       adjustments  proposed a int as percent; it takes a Decimal" in ended.stdout
    assert "first seen with Line(reseller=Named(name='resellers/" in ended.stdout


def test_a_plugin_without_a_table_is_checked_with_an_empty_one(installed: Path) -> None:
    (installed / "quitrent.toml").unlink()
    ended = run(installed, "plugins", "check", "percents", "--lines", "40")
    assert ended.returncode == 1
    assert "raised KeyError" in ended.stdout
    assert "KeyError: percent" in ended.stdout or "'percent'" in ended.stdout


def test_programs_are_told_the_same(installed: Path) -> None:
    told = json.loads(
        run(installed, "plugins", "check", "percents", "--json", "--lines", "40", "--settings", "other.toml").stdout
    )
    assert (told["plugin"], told["passed"], told["line_count"]) == ("percents", False, 40)
    [finding] = [one for one in told["findings"] if one["outcome"] == "failed"]
    assert finding["check"] == "adjustments"


def test_the_code_of_a_plugin_is_not_run_by_the_one_who_checks(installed: Path) -> None:
    wrote = "import os, pathlib\npathlib.Path('{}').open('a').write(os.environ.get('SECRET', 'none') + ' ')\n"
    source = wrote.format(installed / "imported.txt") + SOURCE
    (installed / "installed" / "percents.py").write_text(source, "utf-8")
    os.environ["SECRET"] = "known"
    try:
        assert run(installed, "plugins", "check", "percents", "--lines", "10").returncode == 0
    finally:
        del os.environ["SECRET"]
    imported = (installed / "imported.txt").read_text("utf-8").split()
    # By a host and two probes, none of which has the environment of the one who checks.
    assert imported == ["none"] * 3
