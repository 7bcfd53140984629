"""How far a long command is: a bar on a terminal, and a line now and then where there is none, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 5


class Shown(Protocol):
    """What is told how far a command is."""

    def at(self, done: int, total: int = 0) -> None:
        """Say how many are done, and of how many; 0 where nobody knows."""


@contextmanager
def shown_progress(command: str, unit: str) -> Iterator[Shown]:
    """Show how far a command is, in a unit like `rows`, and at its end how far it has come."""
    with _bar(command, unit) if sys.stderr.isatty() else _lines(command, unit) as shown:
        yield shown


@contextmanager
def _bar(command: str, unit: str) -> Iterator[Shown]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=Console(stderr=True)) as progress:
        yield _Bar(progress, command, unit)


class _Bar:
    def __init__(self, progress: Progress, command: str, unit: str) -> None:
        self._progress, self._unit = progress, unit
        self._task = progress.add_task(command, total=None, count="")

    def at(self, done: int, total: int = 0) -> None:
        self._progress.update(self._task, completed=done, total=total or None, count=_count(done, total, self._unit))


@contextmanager
def _lines(command: str, unit: str) -> Iterator[Shown]:
    lines = _Lines(command, unit)
    try:
        yield lines
    finally:
        lines.say()


class _Lines:
    def __init__(self, command: str, unit: str) -> None:
        self._command, self._unit = command, unit
        self._begin = self._said = monotonic()
        self._done, self._total = 0, 0

    def at(self, done: int, total: int = 0) -> None:
        self._done, self._total = done, total
        if monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self.say()

    def say(self) -> None:
        """Write a line."""
        self._said = monotonic()
        count, took = _count(self._done, self._total, self._unit), self._said - self._begin
        click.echo(f"{self._command}: {count} in {took:.0f} s", err=True)


def _count(done: int, total: int, unit: str) -> str:
    return f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
