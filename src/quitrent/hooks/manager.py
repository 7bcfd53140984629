"""The one class through which the rest of quitrent speaks with plugins."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import current_thread, main_thread
from traceback import format_tb
from typing import TypeVar

import pluggy
from pluggy import HookImpl

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.charge import Charge
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import Adjustment, Review, Speaker, checked_adjustment, checked_review, type_name
from quitrent.hooks import spec

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

Adjustments = tuple[tuple[Speaker, Adjustment], ...]
Reviews = tuple[tuple[Speaker, Review], ...]

# More than any plugin has a use for, and little enough to store with a charge.
MOST_ADJUSTMENTS = 20
LONGEST_FAILURE = 500


class PluginError(Exception):
    """A plugin cannot be used as it is configured; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """A plugin that is in use: its name, its package with version, and the hooks that it implements."""

    name: str
    version: str
    package: str
    hooks: tuple[str, ...]


class Plugins:
    """The plugins in use, in the order of their names, which is the order in which they are called."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(spec.NAMESPACE)
        self._manager.add_hookspecs(spec)
        self._records: dict[str, PluginRecord] = {}

    def register(self, name: str, plugin: object, version: str = "", package: str = "") -> None:
        """Take a plugin into use: a module, or an object whose methods are the hooks.

        Errors: PluginError for a hook that does not exist, has a wrong argument or wraps others.
        """
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except (ValueError, pluggy.PluginValidationError) as error:
            raise PluginError(f"plugin {name}: {error}") from error
        callers = self._manager.get_hookcallers(plugin) or []
        for caller in callers:
            # Pluggy lets a plugin mark a hook as optional, which is to say that it need not exist.
            if not caller.has_spec():
                raise PluginError(f"plugin {name}: there is no hook {caller.name}")
            if any(impl.wrapper or impl.hookwrapper for impl in caller.get_hookimpls() if impl.plugin is plugin):
                raise PluginError(f"plugin {name}: {caller.name} is a wrapper; a plugin cannot wrap another's answer")
        hooks = tuple(sorted(caller.name for caller in callers))
        unmarked = sorted(name for name in dir(plugin) if name.startswith("quitrent_") and name not in hooks)
        if unmarked:
            raise PluginError(f"plugin {name}: {unmarked[0]} is not marked with @hookimpl, and would never be called")
        if not hooks:
            raise PluginError(f"plugin {name} implements no hook")
        self._records[name] = PluginRecord(name, version, package, hooks)

    def records(self) -> list[PluginRecord]:
        """Give the plugins in use, by name."""
        return [self._records[name] for name in sorted(self._records)]

    def adjust(self, lines: Sequence[Line]) -> list[Adjustments | FailedPrecondition]:
        """Ask every plugin for its adjustments; for each line they, or the failure of one of them."""
        return [
            self._ask("quitrent_adjust_retail", partial(_checked_adjustments, line.currency), line=line)
            for line in lines
        ]

    def review(self, priced: Sequence[tuple[Line, RetailAmount]]) -> list[Reviews | FailedPrecondition]:
        """Ask every plugin for its review; for each price they, or the failure of one of them."""
        return [self._ask("quitrent_review_retail", _checked_reviews, line=line, price=price) for line, price in priced]

    @property
    def hear_of_charges(self) -> bool:
        """Whether any plugin wants to be told of charges."""
        return bool(self._implementations("quitrent_charges_posted"))

    def charges_posted(self, charges: Sequence[Charge]) -> None:
        """Tell every plugin of charges that have been committed."""
        self._notify("quitrent_charges_posted", charges=tuple(charges))

    def run_finished(self, run: BillingRun) -> None:
        """Tell every plugin of a run that has finished."""
        self._notify("quitrent_run_finished", run=run)

    def _ask(
        self, hook: str, check: Callable[[object], tuple[_Answer, ...]], **arguments: object
    ) -> tuple[tuple[Speaker, _Answer], ...] | FailedPrecondition:
        implementations = self._implementations(hook)
        # Every argument is made of values of ours, which can be frozen.
        frozen = pickle.dumps(arguments) if implementations else b""
        said: list[tuple[Speaker, _Answer]] = []
        for impl in implementations:
            speaker = Speaker(impl.plugin_name, self._records[impl.plugin_name].version)
            try:
                answers = check(_call(impl, frozen))
            except _ProposalError as error:
                return _failure(speaker, str(error))
            # Whatever a plugin raises, SystemExit and all, is its failure and not the server's.
            except BaseException as error:  # noqa: BLE001
                _let_through(error)
                _log_failure(speaker.plugin, hook, error)
                return _failure(speaker, f"raised {type_name(error)}")
            said += [(speaker, answer) for answer in answers]
        return tuple(said)

    def _notify(self, hook: str, **arguments: object) -> None:
        implementations = self._implementations(hook)
        frozen = pickle.dumps(arguments) if implementations else b""
        for impl in implementations:
            try:
                _call(impl, frozen)
            # The charges are committed: what a plugin makes of the news changes nothing.
            except BaseException as error:  # noqa: BLE001
                _let_through(error)
                _log_failure(impl.plugin_name, hook, error)

    def _implementations(self, hook: str) -> list[HookImpl]:
        # One plugin after the other, by name: pluggy's own call would stop at the first exception
        # and not say whose it was.
        caller = getattr(self._manager.hook, hook)
        return sorted(caller.get_hookimpls(), key=lambda impl: impl.plugin_name)


class _ProposalError(Exception):
    """A plugin answered with something that it may not say; the text goes on 'plugin x ...'."""


def _let_through(error: BaseException) -> None:
    """Raise what is not a plugin's: an operator's Ctrl-C, which reaches the main thread alone."""
    if isinstance(error, KeyboardInterrupt) and current_thread() is main_thread():
        raise error


def _log_failure(plugin: str, hook: str, error: BaseException) -> None:
    """Write down what a plugin raised, which may not even be willing to tell what it is."""
    try:
        told = str.__str__(str(error))
    except BaseException:  # noqa: BLE001 -- the text of the exception is the plugin's code as well.
        told = "what cannot be told"
    lines = "".join(format_tb(error.__traceback__))
    _log.error("plugin %s raised %s in %s: %s\n%s", plugin, type_name(error), hook, told, lines)


def _call(impl: HookImpl, frozen: bytes) -> object:
    # Thawed for each plugin, so that what one does to its arguments reaches nobody else.
    arguments = pickle.loads(frozen)  # noqa: S301 -- frozen by ourselves, a moment ago.
    return impl.function(*(arguments[name] for name in impl.argnames))


def _failure(speaker: Speaker, what: str) -> FailedPrecondition:
    message = f"plugin {speaker.plugin} {what}"[:LONGEST_FAILURE]
    return FailedPrecondition(Reason.PLUGIN_FAILED, message, metadata={"plugin": speaker.plugin})


def _checked_adjustments(currency: str, answer: object) -> tuple[Adjustment, ...]:
    if answer is None:
        return ()
    proposals: tuple[object, ...] = (answer,)
    if type(answer) is list or type(answer) is tuple:
        proposals = tuple(answer)
    if len(proposals) > MOST_ADJUSTMENTS:
        raise _ProposalError(f"proposed {len(proposals)} adjustments; at most {MOST_ADJUSTMENTS} are allowed")
    try:
        return tuple(checked_adjustment(proposal, currency) for proposal in proposals)
    except ValueError as error:
        raise _ProposalError(str(error)) from error


def _checked_reviews(answer: object) -> tuple[Review, ...]:
    try:
        return () if answer is None else (checked_review(answer),)
    except ValueError as error:
        raise _ProposalError(str(error)) from error
