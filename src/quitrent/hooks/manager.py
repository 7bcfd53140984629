"""The one class through which the rest of quitrent speaks with plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import structs

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.charge import Charge
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import Adjustment, LeftOut, Review, Speaker, checked_adjustment, checked_review
from quitrent.hooks.answers import told
from quitrent.hooks.errors import PluginError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.inline import InlinePlugin
from quitrent.hooks.plugin import LoadedPlugin
from quitrent.hooks.seat import SET_ASIDE, Answers, Seat, Waiting
from quitrent.hooks.standing import SetAside
from quitrent.hooks.wire import Adjust, Finished, Judge, News, PluginRecord, Posted, Question

_Answer = TypeVar("_Answer")
_Outcome = list[tuple[Speaker, _Answer | LeftOut]] | FailedPrecondition

# Lines in one question: one that a plugin fails for is looked for among so many.
MOST_LINES = 500

ADJUSTING = ("quitrent_adjust_retail", "quitrent_adjust_retail_batch")
REVIEWING = ("quitrent_review_retail",)
LISTENING = ("quitrent_charges_posted", "quitrent_run_finished")


class Plugins:
    """The plugins in use, in the order of their names, which is the order in which they stand in an explanation."""

    def __init__(self, seats: Sequence[Seat] = ()) -> None:
        """Take plugins into use. Errors: PluginError for two that set the final price."""
        self._seats: dict[str, Seat] = {}
        for seat in seats:
            self.add(seat)

    def add(self, seat: Seat) -> None:
        """Take a plugin into use. Errors: PluginError."""
        name = seat.record.name
        if name in self._seats:
            raise PluginError(f"plugin {name} is in use already")
        self._seats = dict(sorted({**self._seats, name: seat}.items()))
        final = [record.name for record in self.records() if record.sets_final_price]
        if len(final) > 1:
            raise PluginError(f"plugins {' and '.join(final)} both set the final price; use one of them")

    def register(
        self, name: str, plugin: object, version: str = "", package: str = "", hosting: Hosting | None = None
    ) -> None:
        """Take a plugin that is at hand into use, in this process: a module, or an object with the hooks.

        Errors: PluginError for a hook that does not exist, has a wrong argument or wraps others.
        """
        record = PluginRecord(name, version, package)
        self.add(InlinePlugin(LoadedPlugin(record, plugin), hosting or Hosting()))

    def records(self) -> list[PluginRecord]:
        """Give the plugins in use, by name."""
        return [seat.record for seat in self._seats.values()]

    def hosted(self) -> list[tuple[PluginRecord, Hosting]]:
        """Give the plugins in use, by name, and how each is hosted."""
        return [(seat.record, seat.hosting) for seat in self._seats.values()]

    def seats(self) -> list[Seat]:
        """Give the seats of the plugins in use, by name."""
        return list(self._seats.values())

    def keep_set_aside_in(self, kept: SetAside) -> None:
        """Keep it there which plugins are set aside."""
        for seat in self._seats.values():
            seat.keep_set_aside_in(kept)

    @property
    def price(self) -> bool:
        """Whether any plugin has a part in prices."""
        return any(_implements(seat, (*ADJUSTING, *REVIEWING)) for seat in self._seats.values())

    @property
    def seen(self) -> frozenset[str]:
        """The fields of a line that any plugin with a part in prices looks at."""
        pricing = [seat for seat in self._seats.values() if _implements(seat, (*ADJUSTING, *REVIEWING))]
        return frozenset(name for seat in pricing for name in seat.record.looks_at)

    @property
    def count_accounts(self) -> bool:
        """Whether any plugin wants to know how many accounts a reseller has."""
        return any(record.counts_accounts for record in self.records())

    def adjust(self, lines: Sequence[Line]) -> list[_Outcome[Adjustment]]:
        """Ask every plugin for its adjustments; for each line they, or the failure of one of them."""
        return self._asked(
            ADJUSTING, Adjust(lines), lambda said, place: checked_adjustment(said, lines[place].currency)
        )

    def review(self, priced: Sequence[tuple[Line, RetailAmount]]) -> list[_Outcome[Review]]:
        """Ask every plugin for its review; for each price they, or the failure of one of them."""
        return self._asked(REVIEWING, Judge(priced), lambda said, _: checked_review(said))

    def listeners(self) -> list[str]:
        """Give the names of the plugins that want to hear of charges or of runs."""
        return [name for name, seat in self._seats.items() if _implements(seat, LISTENING)]

    def charges_posted(self, plugin: str, charges: Sequence[Charge]) -> str:
        """Tell a plugin of charges that have been committed; give how it failed, or nothing."""
        return self._told(plugin, Posted(charges))

    def run_finished(self, plugin: str, run: BillingRun) -> str:
        """Tell a plugin of a run that has finished; give how it failed, or nothing."""
        return self._told(plugin, Finished(run))

    def close(self) -> None:
        """End what the plugins live in."""
        for seat in self._seats.values():
            seat.close()

    def _asked(
        self, hooks: tuple[str, ...], question: Question, check: Callable[[object, int], _Answer]
    ) -> list[_Outcome[_Answer]]:
        """Ask all that implement a hook, side by side, and put together what they say of each line."""
        outcomes: list[_Outcome[_Answer]] = [[] for _ in question.about]
        seats = [seat for seat in self._seats.values() if _implements(seat, hooks)]
        for first in range(0, len(question.about), MOST_LINES):
            some = structs.replace(question, about=question.about[first : first + MOST_LINES])
            self._ask_at_once(seats, some, check, first, outcomes)
        return outcomes

    def _ask_at_once(
        self,
        seats: Sequence[Seat],
        question: Question,
        check: Callable[[object, int], _Answer],
        first: int,
        outcomes: list[_Outcome[_Answer]],
    ) -> None:
        """Ask about lines of which the first is in this place, and add what is said to the outcomes."""
        for seat, answers in _heard([(seat, _ask(seat, question)) for seat in seats]):
            record = seat.record
            speaker = Speaker(record.name, record.version, record.sets_final_price)
            for place, said in enumerate(answers(), start=first):
                outcome = outcomes[place]
                if not said or isinstance(outcome, FailedPrecondition):
                    continue
                how = said if isinstance(said, str) else ""
                try:
                    # Checked again, though the host has done so: it holds other people's code.
                    outcome += [] if how else [(speaker, check(one, place)) for one in said]
                except ValueError as error:
                    how = str(error)
                if how:
                    outcomes[place] = _failed(seat.hosting, speaker, told(how), outcome)

    def _told(self, plugin: str, news: News) -> str:
        seat = self._seats[plugin]
        return f"{SET_ASIDE}{seat.set_aside}" if seat.set_aside else seat.tell(news)


def _implements(seat: Seat, hooks: tuple[str, ...]) -> bool:
    return any(seat.record.may_implement(hook) for hook in hooks)


def _ask(seat: Seat, question: Question) -> Waiting:
    set_aside = seat.set_aside
    if not set_aside:
        return seat.ask(question)
    return lambda: lambda: [f"{SET_ASIDE}{set_aside}"] * len(question.about)


def _heard(asked: Sequence[tuple[Seat, Waiting]]) -> list[tuple[Seat, Answers]]:
    """Wait for all that were asked, side by side; none is asked again while another is waited for."""
    return [(seat, wait()) for seat, wait in asked]


def _failed(
    hosting: Hosting, speaker: Speaker, how: str, said: list[tuple[Speaker, _Answer | LeftOut]]
) -> _Outcome[_Answer]:
    """Give what becomes of a line that a plugin failed for: its failure, or what the others said of it."""
    if hosting.on_failure == "price-without":
        return [*said, (speaker, LeftOut(how))]
    reason = Reason.PLUGIN_SET_ASIDE if how.startswith(SET_ASIDE) else Reason.PLUGIN_FAILED
    return FailedPrecondition(reason, f"plugin {speaker.plugin} {how}", metadata={"plugin": speaker.plugin})
