"""The check finds each law that a plugin breaks, and has nothing to say against a good one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quitrent.hooks.errors import PluginError
from quitrent.hooks.hosting import Hosting
from quitrent.testing import Check, Outcome, Report, check
from tests.testing.bad_plugins import ADJUST, BAD, GOOD, HEAD, body

Checked = Callable[..., Report]
LIMITS = Hosting(time_limit_ms=250)
# What a plugin does | how it is hosted
HOSTED = {
    "hangs": LIMITS,
    "hangs when it is made": Hosting(start_limit_ms=1_500),
    "hangs elsewhere": Hosting(start_limit_ms=2_000, time_limit_ms=100),
    "takes all memory": Hosting(memory_mib=100),
}

# What takes its time with every line.
SHORT = ("is slow", "takes all memory")


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Check a plugin that is the class Plugin of a module with this body."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(source: str, settings: dict[str, object] | None = None, **options: Any) -> Report:
        (tmp_path / "bad.py").write_text(HEAD + source, "utf-8")
        return check("bad:Plugin", settings, **{"count": 60, **options})

    return run


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_a_good_plugin_passes_without_a_warning(checked: Checked, source: str) -> None:
    report = checked(source)
    assert report.of(Outcome.FAILED) == report.of(Outcome.WARNING) == (), str(report)
    assert report.passed
    not_its_own = {Check.REVIEWS} if "adjust" in source else {Check.ADJUSTMENTS, Check.CURRENCY}
    assert {finding.check for finding in report.of(Outcome.NOT_CHECKED)} == not_its_own


@pytest.mark.parametrize("what", BAD)
def test_a_bad_plugin_is_found_by_the_check_of_its_law(checked: Checked, what: str) -> None:
    source, by, outcome, told = BAD[what]
    report = checked(source, count=20 if what in SHORT else 60, hosting=HOSTED.get(what, Hosting()))
    finding = report[by]
    assert finding.outcome == outcome, str(report)
    assert told in finding.told
    assert report.passed is (outcome == "warning")


def test_every_check_has_a_plugin_that_it_finds() -> None:
    assert {by for _, by, _, _ in BAD.values()} == set(Check)


def test_the_first_line_that_shows_it_is_told_as_a_value_of_python(checked: Checked) -> None:
    source, by, _, _ = BAD["takes every currency for dollars"]
    report = checked(source)
    line = report[by].line
    assert line is not None
    assert line.currency == "JPY"
    assert f"first seen with {line!r}" in str(report)
    from datetime import date

    import quitrent

    names = {**vars(quitrent), "Decimal": Decimal, "datetime": type("datetime", (), {"date": date})}
    assert eval(repr(line), names) == line


def test_a_traceback_of_the_plugin_is_told_where_it_failed(checked: Checked) -> None:
    report = checked(ADJUST + body("raise KeyError('the price list')"))
    assert any("the price list" in line for line in report.printed)
    assert "it printed:" in str(report)


def test_after_a_hang_nothing_more_is_asked(checked: Checked) -> None:
    report = checked(BAD["hangs"][0], hosting=LIMITS)
    assert {one.check for one in report.of(Outcome.NOT_CHECKED)} >= {Check.TWICE, Check.ALONE, Check.ELSEWHERE}


def test_names_of_the_settings_are_among_the_lines(checked: Checked) -> None:
    source = ADJUST + body("return FAIR if line.reseller.name in self.settings['resellers'] else None")
    report = checked(source, {"resellers": {"resellers/elsewhere": "10"}})
    assert report["adjustments"].outcome is Outcome.OK, str(report)


def test_a_plugin_is_named_by_its_class_or_its_module(checked: Checked, tmp_path: Path) -> None:
    assert checked(ADJUST + body("return FAIR")).passed
    (tmp_path / "bad_module.py").write_text(
        "from quitrent import Line, hookimpl\n@hookimpl\ndef quitrent_adjust_retail(line: Line) -> None: ...\n", "utf-8"
    )
    for name in ("bad", "bad_module"):
        sys.modules.pop(name, None)
    module = importlib.import_module("bad_module")
    assert check(module, count=20).plugin == "bad_module"
    assert check("bad_module", count=20).passed
    assert check(importlib.import_module("bad").Plugin, count=20).plugin == "Plugin"


@pytest.mark.parametrize(
    ("plugin", "error", "told"),
    [
        ("nowhere", PluginError, "plugin nowhere is not installed; installed: .*markup"),
        (object(), ValueError, "by its class or its module, not by an object"),
        (type("Here", (), {"__module__": "__main__"}), ValueError, "Here cannot be imported elsewhere"),
    ],
)
def test_what_cannot_be_checked_is_told(plugin: object, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        check(plugin)


def test_a_report_is_told_to_programs(checked: Checked) -> None:
    told = checked(ADJUST + body("return percent(0.1)")).as_json()
    assert [one["check"] for one in told["findings"]] == list(Check)
    assert told["passed"] is False
    assert told["findings"][2]["line"].startswith("Line(reseller=Named(name='resellers/")
