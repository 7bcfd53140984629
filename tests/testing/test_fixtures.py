"""The kit as a plugin of pytest, in a folder of an author's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.testing.bad_plugins import ADJUST, HEAD, body

TESTS = """
from bad import Plugin
from quitrent.testing import lines

def test_it_has_lines(quitrent_lines):
    assert quitrent_lines == lines(200)

def test_it_passes(check_plugin):
    report = check_plugin(Plugin, {"of": "3"}, count=30)
    assert report.passed
"""


def run(folder: Path, source: str) -> str:
    (folder / "conftest.py").write_text(
        'from quitrent.testing import lines\npytest_plugins = ["quitrent.testing"]\n', "utf-8"
    )
    (folder / "bad.py").write_text(HEAD + source, "utf-8")
    (folder / "test_bad.py").write_text(TESTS, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


def test_the_fixtures_are_there_for_an_author(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, ADJUST + body("return FAIR"))


def test_a_plugin_that_breaks_a_law_fails_the_test_with_the_report(tmp_path: Path) -> None:
    told = run(tmp_path, ADJUST + body("return percent(0.1)"))
    assert "1 failed, 1 passed" in told
    assert "proposed a float as percent; it takes a Decimal" in told
