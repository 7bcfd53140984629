"""What a check found: for each thing that was looked at whether it is well, and the first line that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quitrent.domain.line import Line


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    READY = "ready"
    PROCESS = "process"
    ADJUSTMENTS = "adjustments"
    CURRENCY = "currency"
    REVIEWS = "reviews"
    TWICE = "twice"
    ORDER = "order"
    ALONE = "alone"
    ELSEWHERE = "elsewhere"
    ARGUMENTS = "arguments"
    IMPORTS = "imports"
    PRICES = "prices"
    TIME = "time"
    MEMORY = "memory"


class Outcome(StrEnum):
    """How it stands with one check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


_BY_WEIGHT = (Outcome.NOT_CHECKED, Outcome.OK, Outcome.WARNING, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome, what is to be told of it, and the first line that shows it."""

    check: Check
    outcome: Outcome
    told: str = ""
    line: Line | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of a plugin found, a finding for every check; `str` of it is for people."""

    plugin: str
    line_count: int
    seed: int
    findings: tuple[Finding, ...]
    # What the plugin printed, tracebacks and all; its first lines.
    printed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing failed; warnings are allowed."""
        return not self.of(Outcome.FAILED)

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        """Give the findings with an outcome."""
        return tuple(finding for finding in self.findings if finding.outcome is outcome)

    def __getitem__(self, check: str) -> Finding:
        """Give the finding of a check. Errors: ValueError for one that there is not."""
        return self.findings[list(Check).index(Check(check))]

    def __str__(self) -> str:
        """Tell it in lines: each check with its outcome, and what the plugin printed where one failed."""
        head = f"plugin {self.plugin}, checked with {self.line_count} lines (seed {self.seed})"
        rows = [row for finding in self.findings for row in _rows(finding)]
        printed = [] if self.passed or not self.printed else ["it printed:", *(f"  {line}" for line in self.printed)]
        return "\n".join((head, *rows, *printed))

    def as_json(self) -> dict[str, Any]:
        """Give it as values that JSON knows; a line is a text that Python reads."""
        findings = [
            {
                "check": str(finding.check),
                "outcome": str(finding.outcome),
                "told": finding.told,
                "line": repr(finding.line) if finding.line else None,
            }
            for finding in self.findings
        ]
        return {
            "plugin": self.plugin,
            "passed": self.passed,
            "line_count": self.line_count,
            "seed": self.seed,
            "findings": findings,
            "printed": list(self.printed),
        }


class Notes:
    """A report that is being written: of each check, the gravest finding and of those the first is kept."""

    def __init__(self) -> None:
        self._findings: dict[Check, Finding] = {}

    def note(self, check: Check, outcome: Outcome, told: str = "", line: Line | None = None) -> None:
        """Note an outcome."""
        found = self._findings.get(check)
        if found is None or _BY_WEIGHT.index(outcome) > _BY_WEIGHT.index(found.outcome):
            self._findings[check] = Finding(check, outcome, told, line)

    def has_failed(self, check: Check) -> bool:
        """Whether a check is known to have failed."""
        return check in self._findings and self._findings[check].outcome is Outcome.FAILED

    def findings(self) -> tuple[Finding, ...]:
        """Give a finding for every check."""
        return tuple(self._findings.get(check, Finding(check, Outcome.NOT_CHECKED)) for check in Check)


def _rows(finding: Finding) -> list[str]:
    row = f"  {finding.outcome:<11}  {finding.check:<11}  {finding.told}".rstrip()
    return [row] if finding.line is None else [row, f"{'':28}first seen with {finding.line!r}"]
