"""Batches in which each item goes its own way: what failed stays in its place, the rest goes on.

A failure is kept without its traceback, which would hold on to everything that led to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from quitrent.domain.errors import QuitrentError

_Before = TypeVar("_Before")
_After = TypeVar("_After")
_Failure = TypeVar("_Failure", bound=QuitrentError)


def each(
    outcomes: Sequence[_Before | _Failure], go_on: Callable[[list[_Before]], Sequence[_After | _Failure]]
) -> list[_After | _Failure]:
    """Go on with those that have not failed, all at once; `go_on` answers one for one.

    >>> each([1, QuitrentError("REASON", "failed"), 3], lambda good: [number * 10 for number in good])
    [10, QuitrentError('failed'), 30]
    """
    good: list[_Before] = []
    failures: dict[int, _Failure] = {}
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, QuitrentError):
            failures[place] = cast("_Failure", outcome)
        else:
            good.append(outcome)
    gone_on = iter(go_on(good))
    return [failures[place] if place in failures else next(gone_on) for place in range(len(outcomes))]
