"""A plugin that lives in hosts: asked in batches, which are halved where a host fails, until it is known why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from quitrent.hooks.errors import AskFailedError, PluginBrokenError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.pool import HostPool
from quitrent.hooks.process import Host, HostFailedError
from quitrent.hooks.seat import SET_ASIDE, Answers, in_halves
from quitrent.hooks.standing import SetAside, Standing
from quitrent.hooks.wire import News, PluginRecord, Question, Said


class HostedPlugin:
    """A seat whose plugin is never imported here."""

    def __init__(self, source: PluginSource, hosting: Hosting) -> None:
        """Start the plugin's first host; `open` waits for it."""
        self.hosting = hosting
        self._pool = HostPool(source, hosting)
        self._standing = Standing(source.name, hosting.failures_in_a_row)

    def open(self) -> None:
        """Wait until the plugin is ready. Errors: PluginError."""
        self._pool.open()

    @property
    def record(self) -> PluginRecord:
        """What the plugin is and declares."""
        return self._pool.record

    @property
    def set_aside(self) -> str:
        """Why the plugin is set aside; empty where it is in use."""
        return self._standing.cause

    def keep_set_aside_in(self, kept: SetAside) -> None:
        """Keep it there whether the plugin is set aside."""
        self._standing.keep_in(kept)

    def ask(self, question: Question) -> Answers:
        """Begin to ask; what is given waits for what the plugin says of each line, and has to be called."""
        try:
            return partial(self._answers, self._begin(question), question)
        except PluginBrokenError as error:
            how = str(error)
            self._standing.failed(how)
            return lambda: [how] * len(question.about)
        except HostFailedError as failed:
            return partial(self._halved, question, failed)

    def tell(self, news: News) -> str:
        """Tell the plugin; give how it failed, or nothing."""
        try:
            host = self._pool.take()
        except PluginBrokenError as error:
            return str(error)
        try:
            host.send(news)
            failure = host.heard()
        except HostFailedError as failed:
            self._pool.end(host)
            return failed.how
        except AskFailedError as failed:
            failure = failed.how
        self._pool.give_back(host)
        return failure

    def close(self) -> None:
        """End all hosts."""
        self._pool.close()

    def _answers(self, host: Host, question: Question) -> Sequence[Said]:
        try:
            said = self._finish(host, question)
        except AskFailedError as failed:
            return self._halved(question, failed)
        # What it says of a line is its answer, though it be that it failed; to answer no line is a failure.
        if all(isinstance(one, str) for one in said):
            self._standing.failed(str(said[0]))
        else:
            self._standing.went_well()
        return said

    def _halved(self, question: Question, failed: AskFailedError) -> Sequence[Said]:
        if len(question.about) > 1:
            return in_halves(question, self._ask_again)
        self._standing.failed(failed.how)
        return [failed.how]

    def _ask_again(self, question: Question) -> Sequence[Said]:
        if self.set_aside:
            return [f"{SET_ASIDE}{self.set_aside}"] * len(question.about)
        try:
            return self._finish(self._begin(question), question)
        except PluginBrokenError as error:
            return [str(error)] * len(question.about)
        except HostFailedError as failed:
            if len(question.about) == 1:
                self._standing.failed(failed.how)
            raise

    def _begin(self, question: Question) -> Host:
        host = self._pool.take()
        try:
            host.send(question)
        except HostFailedError:
            self._pool.end(host)
            raise
        return host

    def _finish(self, host: Host, question: Question) -> Sequence[Said]:
        try:
            said = host.said(len(question.about))
        except HostFailedError:
            self._pool.end(host)
            raise
        except AskFailedError:
            self._pool.give_back(host)
            raise
        self._pool.give_back(host)
        return said
