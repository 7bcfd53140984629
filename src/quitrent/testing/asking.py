"""Asking a plugin in its host, as a server does: many lines at once, again, in another order, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from re import compile as compiled
from time import perf_counter_ns
from typing import Any, TypeVar

from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import Adjustment, Review
from quitrent.testing.report import Check, Notes, Outcome

# What was said of one line: proposals or a judgement, or how the plugin failed.
Said = list[Any] | str
Priced = tuple[Line, RetailAmount]

_Thing = TypeVar("_Thing")

BATCH = 50
MOST_ALONE = 100
# What the default limit of 5 s leaves for each of the 500 lines of a batch.
SLOW_NS = 10_000_000
# What a batch is meant to take at most, by what one line takes; hosts have at least that long.
_BATCH_NS = 1_000_000_000
# What one way of asking may take on the whole; a slow plugin is asked about fewer lines.
_BUDGET_NS = 5_000_000_000

_OF_THE_PROCESS = compiled(
    "(took longer than|ended its process|closed the connection of|wrote to the connection of) .*"
    "|.* when it was made ready"
)
_OF_THE_CURRENCY = compiled("proposed an amount (in .* for a line in|whose currency is) .*")


@dataclass
class Asking:
    """One question about many lines, with what the plugin said of each at first.

    question: adjustments or reviews. ask: asks for some. has_ended: the plugin is asked no more.
    """

    question: Check
    about: Sequence[Line] | Sequence[Priced]
    ask: Callable[[Any], Sequence[Any]]
    notes: Notes
    said: dict[int, Said] = field(default_factory=dict)
    has_ended: bool = False

    def ask_in_each_way(self) -> None:
        """Ask, and note what is wrong. A plugin that fails for whole batches, or ends its host, is asked no more."""
        size = self._batch_size()
        began_ns = perf_counter_ns()
        self.said |= self._answers(batches_of(range(len(self.about)), size))
        if not self.said:
            return
        times_ns = [(perf_counter_ns() - began_ns) // len(self.said)]
        self._note_failures()
        answered = self.answered
        for check, batches in (
            (Check.TWICE, batches_of(answered, size)),
            (Check.ORDER, batches_of(answered[::-1], size)),
            (Check.ALONE, batches_of(answered[:MOST_ALONE], 1)),
        ):
            began_ns = perf_counter_ns()
            count = self._compare(check, batches)
            times_ns.append((perf_counter_ns() - began_ns) // max(1, count))
        if answered and not self.has_ended:
            # Of the batches the quicker ones: the first has it to get going.
            self._note_time(min(times_ns[:3]))

    @property
    def answered(self) -> list[int]:
        """The places of the lines that it had an answer for."""
        return [place for place, said in self.said.items() if not isinstance(said, str)]

    def line(self, place: int) -> Line:
        """Give the line that the question is about in a place."""
        about = self.about[place]
        return about if isinstance(about, Line) else about[0]

    def differs(self, check: Check, place: int, other: object) -> None:
        """Note an answer that is not the one of before."""
        self.notes.note(check, Outcome.FAILED, f"{self.question}: {self.said[place]}, then {other}", self.line(place))

    def _batch_size(self) -> int:
        """Ask for a line to see how long it takes, so that no batch of a slow plugin takes too long."""
        began_ns = perf_counter_ns()
        first = self._answers(batches_of(range(len(self.about))[:1], 1))
        # Its failure counts; its answer does not, for it was not given in a batch.
        self.said = {place: said for place, said in first.items() if isinstance(said, str)}
        return max(2, min(BATCH, _BATCH_NS // (perf_counter_ns() - began_ns)))

    def _answers(self, batches: Iterator[Sequence[int]]) -> dict[int, Said]:
        """Ask for batches, as many as there is time for."""
        answers: dict[int, Said] = {}
        until_ns = perf_counter_ns() + _BUDGET_NS
        for places in batches:
            if self.has_ended or perf_counter_ns() > until_ns:
                break
            for place, outcome in zip(places, self.ask([self.about[place] for place in places]), strict=True):
                if isinstance(outcome, FailedPrecondition) and outcome.reason is Reason.PLUGIN_SET_ASIDE:
                    self.has_ended = True
                else:
                    answers[place] = _said(outcome)
        return answers

    def _note_failures(self) -> None:
        for place, said in self.said.items():
            if isinstance(said, str):
                self.notes.note(_check_of(said, self.question), Outcome.FAILED, said, self.line(place))
        spoken = sum(bool(said) and not isinstance(said, str) for said in self.said.values())
        is_adjusting = self.question is Check.ADJUSTMENTS
        told = f"it {'proposed' if is_adjusting else 'said'} something for {spoken} of {len(self.said)} lines"
        # Nothing can be told of a plugin that has nothing to say; one that reviews need not have.
        self.notes.note(self.question, Outcome.OK if spoken or not is_adjusting else Outcome.WARNING, told)
        self.notes.note(Check.PROCESS, Outcome.OK)
        if is_adjusting:
            self.notes.note(Check.CURRENCY, Outcome.OK)

    def _compare(self, check: Check, batches: Iterator[Sequence[int]]) -> int:
        """Ask once more, and note what is different; give for how many lines."""
        again = self._answers(batches)
        for place, said in again.items():
            if said != self.said[place]:
                self.differs(check, place, said)
        if again and not self.has_ended:
            self.notes.note(check, Outcome.OK)
        return len(again)

    def _note_time(self, line_ns: int) -> None:
        hundredths = line_ns // 10_000
        outcome = Outcome.WARNING if line_ns > SLOW_NS else Outcome.OK
        told = f"{self.question}: {hundredths // 100}.{hundredths % 100:02} ms a line"
        self.notes.note(Check.TIME, outcome, told + ("; more than 10 ms" if outcome is Outcome.WARNING else ""))


def batches_of(things: Sequence[_Thing], size: int) -> Iterator[Sequence[_Thing]]:
    """Give so many at a time."""
    return (things[first : first + size] for first in range(0, len(things), size))


def _said(outcome: Any) -> Said:
    if isinstance(outcome, FailedPrecondition):
        # Without the name of the plugin, of which everything here is.
        return outcome.message.removeprefix(f"plugin {outcome.metadata.get('plugin')} ")
    return [one for _, one in outcome if isinstance(one, Adjustment | Review)]


def _check_of(how: str, own: Check) -> Check:
    if _OF_THE_PROCESS.fullmatch(how):
        return Check.PROCESS
    return Check.CURRENCY if _OF_THE_CURRENCY.fullmatch(how) else own
