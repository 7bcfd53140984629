"""A plugin that lives in hosts: asked in batches, which are halved where a host fails, until it is known why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from quitrent.hooks.errors import AskFailedError, HostEndedError, HostFailedError, PluginBrokenError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.pool import HostPool
from quitrent.hooks.process import Host
from quitrent.hooks.seat import SET_ASIDE, Answers, Waiting, in_halves
from quitrent.hooks.standing import SetAside, Standing
from quitrent.hooks.wire import News, PluginRecord, Question, Said


class HostedPlugin:
    """A seat whose plugin is never imported here."""

    def __init__(self, source: PluginSource, hosting: Hosting) -> None:
        """Start the plugin's first host; `open` waits for it."""
        self.source: PluginSource | None = source
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

    def ask(self, question: Question) -> Waiting:
        """Begin to ask; what is given waits for the plugin, has to be called, and gives what it says of each line."""
        try:
            return partial(self._wait, self._begin(question), question)
        except PluginBrokenError as error:
            how = str(error)
            self._standing.failed(how)
            return lambda: lambda: [how] * len(question.about)
        except HostFailedError as failed:
            halved = partial(self._halved, question, failed)
            return lambda: halved

    def tell(self, news: News) -> str:
        """Tell the plugin; give how it failed, or nothing."""
        try:
            return self._told(news)
        except HostEndedError:
            # Someone else may have ended it: once more, in a new one.
            try:
                return self._told(news, new=True)
            except HostFailedError as again:
                return again.how
        except HostFailedError as failed:
            return failed.how

    def close(self) -> None:
        """End all hosts."""
        self._pool.close()

    def _wait(self, host: Host, question: Question) -> Answers:
        try:
            said = self._finish(host, question)
        except AskFailedError as failed:
            return partial(self._halved, question, failed)
        # What it says of a line is its answer, though it be that it failed; to answer no line is a failure.
        if all(isinstance(one, str) for one in said):
            self._standing.failed(str(said[0]))
        else:
            self._standing.went_well()
        return lambda: said

    def _halved(self, question: Question, failed: AskFailedError) -> Sequence[Said]:
        if len(question.about) > 1:
            return in_halves(question, failed, self._ask_again)
        try:
            return self._once_more(question, failed)
        except AskFailedError as again:
            return [again.how]

    def _ask_again(self, question: Question, failed: AskFailedError) -> Sequence[Said]:
        """Ask for a half. A line by itself is asked for in a new host where the batch that it was in cost one."""
        if self.set_aside:
            return [f"{SET_ASIDE}{self.set_aside}"] * len(question.about)
        is_alone = len(question.about) == 1
        try:
            return self._asked(question, new=is_alone and isinstance(failed, HostFailedError))
        except HostFailedError as again:
            if is_alone:
                return self._once_more(question, again)
            raise

    def _once_more(self, question: Question, failed: AskFailedError) -> Sequence[Said]:
        """Ask for one line in a new host, unless it is known that the failure is its own doing.

        It may be the doing of what the host was asked before, or of whoever ended it.
        """
        if isinstance(failed, HostEndedError) or (isinstance(failed, HostFailedError) and not failed.was_new):
            try:
                return self._asked(question, new=True)
            except AskFailedError as again:
                failed = again
        self._standing.failed(failed.how)
        raise failed

    def _asked(self, question: Question, *, new: bool) -> Sequence[Said]:
        try:
            return self._finish(self._begin(question, new=new), question)
        except PluginBrokenError as error:
            return [str(error)] * len(question.about)

    def _told(self, news: News, *, new: bool = False) -> str:
        try:
            host = self._pool.take(new=new)
        except PluginBrokenError as error:
            return str(error)
        try:
            host.send(news)
            failure = host.heard()
        except HostFailedError:
            self._pool.end(host)
            raise
        except AskFailedError as failed:
            failure = failed.how
        self._pool.give_back(host)
        return failure

    def _begin(self, question: Question, *, new: bool = False) -> Host:
        host = self._pool.take(new=new)
        try:
            host.send(question)
        except HostFailedError as failed:
            self._end(host, failed)
            raise
        return host

    def _finish(self, host: Host, question: Question) -> Sequence[Said]:
        try:
            said = host.said(question)
        except HostFailedError as failed:
            self._end(host, failed)
            raise
        except AskFailedError:
            self._pool.give_back(host)
            raise
        self._pool.give_back(host)
        return said

    def _end(self, host: Host, failed: HostFailedError) -> None:
        failed.was_new = host.is_new
        self._pool.end(host)
