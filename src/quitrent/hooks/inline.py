"""A plugin in this very process, for authors who debug: the same questions and answers, and no protection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeVar, cast

from quitrent.hooks import wire
from quitrent.hooks.errors import AskFailedError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import LoadedPlugin, PluginSource
from quitrent.hooks.seat import Waiting, in_halves
from quitrent.hooks.standing import SetAside
from quitrent.hooks.wire import Adjust, Asked, News, PluginRecord, Prices, Question, Reviews, Said

_Message = TypeVar("_Message", Question, News)


class InlinePlugin:
    """A seat whose plugin is at hand."""

    set_aside = ""
    source: PluginSource | None = None

    def __init__(self, plugin: LoadedPlugin, hosting: Hosting) -> None:
        """Take a plugin that is ready."""
        self._plugin, self.hosting = plugin, hosting

    @property
    def record(self) -> PluginRecord:
        """What the plugin is and declares."""
        return self._plugin.record

    def keep_set_aside_in(self, kept: SetAside) -> None:
        """A plugin in this process is never set aside."""

    def ask(self, question: Question) -> Waiting:
        """Begin to ask; what is given asks."""
        return lambda: partial(self._answers, question)

    def tell(self, news: News) -> str:
        """Tell the plugin; give how it failed, or nothing."""
        try:
            return self._plugin.hear(_copied(news))
        except AskFailedError as failed:
            return failed.how

    def close(self) -> None:
        """There is nothing to end."""

    def _answers(self, question: Question) -> Sequence[Said]:
        try:
            return self._asked(question, None)
        except AskFailedError as failed:
            return [failed.how] if len(question.about) == 1 else in_halves(question, failed, self._asked)

    def _asked(self, question: Question, _: AskFailedError | None) -> Sequence[Said]:
        copied = _copied(question)
        if isinstance(copied, Adjust):
            reply: Prices | Reviews = Prices(0, 0, self._plugin.adjust(copied.about))
        else:
            reply = Reviews(0, 0, self._plugin.review(copied.about))
        return cast("Prices | Reviews", wire.read_reply.decode(wire.encode(reply))).said


def _copied(what: _Message) -> _Message:
    """Give what a host would be given: nothing that the plugin does to it reaches us. Its answers are copied too."""
    return cast("_Message", wire.read_asked(wire.encode(Asked(0, what))).what)
