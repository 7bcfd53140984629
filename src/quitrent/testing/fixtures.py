"""The fixtures that pytest has once it is told of `quitrent.testing`.

PYTEST_DONT_REWRITE: there is no assertion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pytest

from quitrent.domain.line import Line
from quitrent.testing.checker import check
from quitrent.testing.line_maker import lines
from quitrent.testing.report import Report

_COUNT = 200


class PluginCheck(Protocol):
    """`quitrent.testing.check`, which fails the test where it does not pass."""

    def __call__(self, plugin: object, settings: Mapping[str, object] | None = None, **options: Any) -> Report:
        """Check a plugin; the report may hold warnings."""


@pytest.fixture
def quitrent_lines() -> list[Line]:
    """Lines that look like those of a deployment."""
    return lines(_COUNT)


@pytest.fixture
def check_plugin() -> PluginCheck:
    """Check a plugin, and fail with the report where it does not keep the laws."""

    def checked(plugin: object, settings: Mapping[str, object] | None = None, **options: Any) -> Report:
        report = check(plugin, settings, **options)
        if not report.passed:
            pytest.fail(str(report), pytrace=False)
        return report

    return checked
