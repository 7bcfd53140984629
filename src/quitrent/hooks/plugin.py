"""A plugin that is at hand: its code made ready, checked, and called.

This is what a host holds, and, for authors who debug, the server itself.
"""

from __future__ import annotations

import errno
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from pkgutil import resolve_name
from signal import SIGINT, default_int_handler, getsignal
from threading import current_thread, main_thread
from traceback import format_tb
from typing import Any, TypeVar

from msgspec import structs

from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import type_name
from quitrent.hooks.answers import checked_adjustments, checked_batch, checked_review, told
from quitrent.hooks.declared_hooks import checked_hooks, fields_looked_at, flag
from quitrent.hooks.errors import AskFailedError, PluginBrokenError, PluginError
from quitrent.hooks.wire import LINE_FIELDS, News, PluginRecord, Posted, SaidOfPrice, SaidOfReview

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

# What an operating system says when a process may have no more of something.
_NOTHING_LEFT = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOSPC})


@dataclass(frozen=True, slots=True)
class PluginSource:
    """Where a plugin comes from and what it is given: all that a host needs to make it ready.

    location: like `happy_hour:HappyHour`. folder: where relative paths in its settings begin.
    """

    name: str
    location: str
    version: str = ""
    package: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    settings_digest: str = ""
    folder: Path = Path()


def load_plugin(source: PluginSource) -> LoadedPlugin:
    """Import a plugin's code and make the plugin with its settings.

    Errors: PluginError, PluginBrokenError.
    """
    try:
        made, files = _made(source)
        record = PluginRecord(source.name, source.version, source.package, source.settings_digest, files)
        return LoadedPlugin(record, made)
    except PluginError:
        raise
    # Whatever its code raises, it is the plugin's failure, which may not even be willing to be told.
    except BaseException as error:  # noqa: BLE001
        _let_through(error)
        _log_failure(source.name, "its start", error)
        raise PluginBrokenError(told(f"raised {type_name(error)}") + " when it was made ready") from None


def _made(source: PluginSource) -> tuple[object, str]:
    """Give the plugin, and the digest of the files that its settings name."""
    # An entry point may name extras of its package behind it.
    plugin: Any = resolve_name(source.location.partition(" ")[0])
    settings: Any = dict(source.settings)
    if not inspect.isclass(plugin) or plugin.__init__ is object.__init__:
        if settings:
            raise PluginError(f"plugin {source.name} takes no settings; leave its table empty")
        return (plugin() if inspect.isclass(plugin) else plugin), ""
    declared = getattr(plugin, "settings_type", None)
    try:
        if declared is not None:
            if not is_dataclass(declared) or not inspect.isclass(declared):
                raise PluginError(f"plugin {source.name}: settings_type has to be a dataclass")
            # What a plugin without a declaration never needs would take a third of a host's start.
            from quitrent.hooks.declared_settings import files_digest, settings_of  # noqa: PLC0415

            settings = settings_of(settings, declared, source.folder)
        make: Callable[..., object] = plugin
        made = make(settings)
        # After the plugin has read them: what is wrong with a file is for it to say.
        return made, "" if declared is None else files_digest(settings)
    except ValueError as error:
        raise PluginError(f"plugin {source.name}: {error}") from error


class LoadedPlugin:
    """A plugin with its record; what fails for a line is told in words, in the place of its answer."""

    def __init__(self, record: PluginRecord, plugin: object) -> None:
        """Take an object or a module whose functions are the hooks.

        Errors: PluginError for a hook that does not exist, has a wrong argument or wraps others.
        """
        self._hooks = checked_hooks(record.name, plugin)
        self.record = structs.replace(
            record,
            hooks=tuple(sorted(self._hooks)),
            sets_final_price=flag(record.name, plugin, "sets_final_price"),
            counts_accounts=flag(record.name, plugin, "counts_accounts"),
            looks_at=fields_looked_at(record.name, plugin),
        )

    def adjust(self, lines: Sequence[Line]) -> list[SaidOfPrice]:
        """Ask for the adjustments of each line, one at a time or all at once, as the plugin has it.

        Errors: AskFailedError.
        """
        if "quitrent_adjust_retail" in self._hooks:
            return [
                self._said("quitrent_adjust_retail", (self._seen(line),), checked_adjustments, line.currency)
                for line in lines
            ]
        seen = tuple(self._seen(line) for line in lines)
        answers = self._said("quitrent_adjust_retail_batch", (seen,), checked_batch, len(lines))
        if isinstance(answers, str):
            raise AskFailedError(answers)
        return [
            _checked(checked_adjustments, answer, line.currency) for answer, line in zip(answers, lines, strict=True)
        ]

    def review(self, priced: Sequence[tuple[Line, RetailAmount]]) -> list[SaidOfReview]:
        """Ask for the review of each price.

        Errors: AskFailedError.
        """
        return [
            self._said("quitrent_review_retail", (self._seen(line), price), checked_review) for line, price in priced
        ]

    def hear(self, news: News) -> str:
        """Tell the plugin, where it listens; give how it failed, or nothing.

        Errors: AskFailedError.
        """
        hook, what = _told_of(news)
        # Nobody waits for an answer to news.
        said = self._said(hook, (what,), lambda _: ()) if hook in self._hooks else ()
        return said if isinstance(said, str) else ""

    def _seen(self, line: Line) -> Line:
        """Give a line as the plugin sees it: what it does not look at is not there."""
        if self.record.looks_at == LINE_FIELDS:
            return line
        seen = object.__new__(Line)
        for name in self.record.looks_at:
            object.__setattr__(seen, name, getattr(line, name))
        return seen

    def _said(
        self, hook: str, given: Sequence[object], check: Callable[..., _Answer], *checked_with: object
    ) -> _Answer | str:
        try:
            answer = self._hooks[hook](*given)
        # Whatever a plugin raises, SystemExit and all, is its failure and not the process's.
        except BaseException as error:  # noqa: BLE001
            _let_through(error)
            _log_failure(self.record.name, hook, error)
            how = _not_declared(error) or told(f"raised {type_name(error)}")
            if _is_out_of_something(error):
                raise AskFailedError(how, is_spent=True) from None
            return how
        return _checked(check, answer, *checked_with)


def _not_declared(error: BaseException) -> str:
    """Say at what a plugin looked that it has not declared; nothing where it was something else."""
    if type(error) is AttributeError and type(error.obj) is Line and error.name in LINE_FIELDS:
        return f"looked at line.{error.name}, which its looks_at does not name"
    return ""


def _told_of(news: News) -> tuple[str, object]:
    if isinstance(news, Posted):
        return "quitrent_charges_posted", tuple(news.charges)
    return "quitrent_run_finished", news.run


def _checked(check: Callable[..., _Answer], answer: object, *checked_with: object) -> _Answer | str:
    try:
        return check(answer, *checked_with)
    except ValueError as error:
        return told(str(error))
    # To look at an answer is to run the plugin's code, unless it is of exactly our types, and whole.
    except BaseException as error:  # noqa: BLE001
        return f"gave an answer that raised {type_name(error)}"


def _is_out_of_something(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NOTHING_LEFT
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
    )


def _let_through(error: BaseException) -> None:
    """Raise what is not a plugin's: an operator's Ctrl-C, which reaches the main thread alone."""
    is_operators = getsignal(SIGINT) is default_int_handler and current_thread() is main_thread()
    if isinstance(error, KeyboardInterrupt) and is_operators:
        raise error


def _log_failure(plugin: str, where: str, error: BaseException) -> None:
    """Write down what a plugin raised, which may not even be willing to tell what it is."""
    try:
        told = str.__str__(str(error))
    except BaseException:  # noqa: BLE001 -- the text of the exception is the plugin's code as well.
        told = "what cannot be told"
    lines = "".join(format_tb(error.__traceback__))
    _log.error("plugin %s raised %s in %s: %s\n%s", plugin, type_name(error), where, told, lines)
