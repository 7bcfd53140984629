"""What the core asks: a plugin, wherever it lives, and the halving of batches that have no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import structs

from quitrent.hooks.errors import AskFailedError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.standing import SetAside
from quitrent.hooks.wire import News, PluginRecord, Question, Said

# How a failure begins that is one because the plugin is set aside.
SET_ASIDE = "is set aside: it "

# What has been asked has to be waited for, which lends no host any longer; what is given then asks
# again where there is no answer. Whoever held one plugin's host and wanted another's might wait for ever.
Answers = Callable[[], Sequence[Said]]
Waiting = Callable[[], Answers]


class Seat(Protocol):
    """A plugin as the core knows it.

    `source` is where it comes from, to host it once more; None for one that is at hand in this process.
    """

    source: PluginSource | None

    @property
    def hosting(self) -> Hosting:
        """How it is hosted."""

    @property
    def record(self) -> PluginRecord:
        """What the plugin is and declares."""

    @property
    def set_aside(self) -> str:
        """Why the plugin is set aside; empty where it is in use."""

    def keep_set_aside_in(self, kept: SetAside) -> None:
        """Keep it there whether the plugin is set aside; what is kept there counts from now on."""

    def ask(self, question: Question) -> Waiting:
        """Begin to ask; what is given waits for the plugin, has to be called, and gives what it says of each line."""

    def tell(self, news: News) -> str:
        """Tell the plugin; give how it failed, or nothing."""

    def close(self) -> None:
        """End what the plugin lives in."""


def in_halves(
    question: Question, failed: AskFailedError, ask: Callable[[Question, AskFailedError], Sequence[Said]]
) -> list[Said]:
    """Ask for the halves of a batch that has no answer, and so on down to the lines that there is none for.

    failed: why it has none. ask: asks for one batch, and is told why. Errors it may raise: AskFailedError.
    """
    middle = len(question.about) // 2
    said: list[Said] = []
    for about in (question.about[:middle], question.about[middle:]):
        half = structs.replace(question, about=about)
        try:
            said += ask(half, failed)
        except AskFailedError as again:
            said += [again.how] if len(about) == 1 else in_halves(half, again, ask)
    return said
