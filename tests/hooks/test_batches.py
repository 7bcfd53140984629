"""The batch form of the adjust hook, and the halving that finds the line that it fails for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from quitrent import Adjustment, Line, Named, hookimpl
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.proposal import LeftOut, Speaker
from quitrent.hooks.errors import PluginError
from quitrent.hooks.manager import Plugins
from tests.hooks.test_hostile_values import LINE

LINES = [replace(LINE, customer=Named(f"resellers/victim/customers/c{number}")) for number in range(20)]
BAD = LINES[13].customer.name


def numbered(line: Line) -> Adjustment:
    return Adjustment(
        "number", "by its number", percent=Decimal(line.customer.name.removeprefix(LINE.customer.name[:-1]))
    )


class Batches:
    """Answers many lines at once, and remembers how many they were."""

    def __init__(self, act: Callable[[Sequence[Line]], object] = lambda lines: None) -> None:
        self.act = act
        self.sizes: list[int] = []

    @hookimpl
    def quitrent_adjust_retail_batch(self, lines: Sequence[Line]) -> Any:
        self.sizes.append(len(lines))
        return self.act(lines) or [numbered(line) for line in lines]


def asked(plugin: object) -> list[Any]:
    """The percentage of each line, or what is said where there is none."""
    plugins = Plugins()
    plugins.register("batches", plugin)
    answers = plugins.adjust(LINES)
    return [one.message if isinstance(one, FailedPrecondition) else percent_of(one) for one in answers]


def percent_of(said: Sequence[tuple[Speaker, Adjustment | LeftOut]]) -> Decimal | None:
    [(_, adjustment)] = said
    assert isinstance(adjustment, Adjustment)
    return adjustment.percent


def test_a_plugin_is_asked_for_all_lines_at_once_and_answers_each_in_its_place() -> None:
    plugin = Batches()
    assert asked(plugin) == [Decimal(number) for number in range(20)]
    assert plugin.sizes == [20]


def holds_the_bad_line(lines: Sequence[Line]) -> bool:
    return any(line.customer.name == BAD for line in lines)


def raises_for_one(lines: Sequence[Line]) -> None:
    if holds_the_bad_line(lines):
        raise ValueError("not this one")


# What it does with a batch that holds the bad line | what is said of that line
WRONG: dict[str, tuple[Callable[[Sequence[Line]], object], str]] = {
    "raises": (raises_for_one, "plugin batches raised ValueError"),
    "one answer too many": (
        lambda lines: [*map(numbered, lines), None] if holds_the_bad_line(lines) else None,
        "plugin batches gave 2 answers for 1 line",
    ),
    "no list": (
        lambda lines: 7 if holds_the_bad_line(lines) else None,
        "plugin batches gave a int instead of a list of answers",
    ),
    "a wrong answer for one": (
        lambda lines: ["7" if line.customer.name == BAD else numbered(line) for line in lines],
        "plugin batches proposed a str instead of an Adjustment",
    ),
}


@pytest.mark.parametrize(("act", "said"), WRONG.values(), ids=WRONG)
def test_the_line_that_a_batch_fails_for_is_found_and_the_others_are_answered(
    act: Callable[[Sequence[Line]], object], said: str
) -> None:
    wanted: list[Any] = [Decimal(number) for number in range(20)]
    wanted[13] = said
    assert asked(Batches(act)) == wanted


class Both(Batches):
    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None: ...


def test_a_plugin_adjusts_line_by_line_or_in_batches() -> None:
    with pytest.raises(PluginError, match="adjusts both line by line and in batches; leave one out"):
        Plugins().register("both", Both())
