"""Checks whether a plugin keeps the laws of the hooks: it is asked about many lines, in hosts and in probes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from quitrent.domain.line import Line
from quitrent.hooks.discovery import PluginsSettings, digest_of, hosted, installed_plugins, sources_of
from quitrent.hooks.errors import PluginError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import ADJUSTING, REVIEWING, Plugins
from quitrent.hooks.plugin import PluginSource
from quitrent.testing.asking import Asking
from quitrent.testing.line_maker import lines, names_in
from quitrent.testing.prices import priced_of
from quitrent.testing.printed import taken_from_the_log
from quitrent.testing.probe import Probe, Probed, Questions
from quitrent.testing.report import Check, Notes, Outcome, Report
from quitrent.testing.sources import files_of, inner_imports

DEFAULT_COUNT = 300
# Shorter than a deployment's: a batch is a tenth of one of theirs.
HOSTING = Hosting(time_limit_ms=2_000)

_HASH_SEEDS = (1, 2)
# One more than the line that is asked for first.
_FAILURES = 2
# What a process may grow by while it asks the same again, and it is said to be its surroundings.
_GROWN_KIB = 512
# However it went.
_GROWN_AT_ONCE_KIB = 32 * 1024
_MOST_PRINTED = 40


def check(
    plugin: object,
    settings: Mapping[str, object] | None = None,
    *,
    count: int = DEFAULT_COUNT,
    seed: int = 0,
    hosting: Hosting = HOSTING,
    folder: Path | None = None,
) -> Report:
    """Check a plugin, and report what was found.

    plugin: the name of an installed one, a place like `happy_hour:HappyHour`, or the class or module.
    settings: its table, as it is written in TOML. folder: where relative paths in it begin.
    Errors: PluginError where there is none of that name; ValueError where it cannot be imported elsewhere.
    """
    table = dict(settings or {})
    name, version, location = _found(plugin)
    source = PluginSource(name, location, version, "", table, digest_of(table), folder or Path.cwd())
    return check_source(source, hosting, count=count, seed=seed)


def check_installed(name: str, settings: PluginsSettings, *, count: int = DEFAULT_COUNT) -> Report:
    """Check an installed plugin with its table of the settings, or with an empty one where it has none.

    Errors: PluginError where none of that name is installed, and for what is wrong with how it is hosted.
    """
    _check_installed(name)
    [(source, hosting)] = sources_of(replace(settings, tables={name: settings.tables.get(name, {})}))
    return check_source(source, hosting, count=count)


def check_source(source: PluginSource, hosting: Hosting, *, count: int = DEFAULT_COUNT, seed: int = 0) -> Report:
    """Check a plugin of which it is known where it comes from.

    hosting: how it is hosted where it is used; its limit of time is shortened.
    """
    notes = Notes()
    limit_ms = min(hosting.time_limit_ms, HOSTING.time_limit_ms)
    short = replace(hosting, time_limit_ms=limit_ms, failures_in_a_row=_FAILURES, hosts=1, on_failure="park")
    with taken_from_the_log() as printed:
        try:
            with closing(hosted([(source, short)])) as plugins:
                _Checker(source, short, plugins, notes).check(lines(count, seed, names_in(source.settings)))
        except PluginError as error:
            notes.note(Check.READY, Outcome.FAILED, str(error))
    _note_imports(source, notes)
    return Report(source.name, count, seed, notes.findings(), tuple(printed[:_MOST_PRINTED]))


@dataclass
class _Checker:
    """One check, on its way."""

    source: PluginSource
    hosting: Hosting
    plugins: Plugins
    notes: Notes

    def check(self, made: Sequence[Line]) -> None:
        """Ask the plugin, and probe what it answered."""
        [record] = self.plugins.records()
        if record.failure:
            self.notes.note(Check.READY, Outcome.FAILED, record.failure)
            return
        self.notes.note(Check.READY, Outcome.OK, f"it implements {', '.join(record.hooks)}")
        asked = made if record.counts_accounts else _without_counts(made)
        adjusting = reviewing = None
        if not set(ADJUSTING).isdisjoint(record.hooks):
            adjusting = Asking(Check.ADJUSTMENTS, asked, self.plugins.adjust, self.notes)
            adjusting.ask_in_each_way()
        if not set(REVIEWING).isdisjoint(record.hooks):
            reviewing = Asking(Check.REVIEWS, priced_of(adjusting, asked, self.notes), self.plugins.review, self.notes)
            reviewing.ask_in_each_way()
        elif adjusting is not None:
            priced_of(adjusting, asked, self.notes)
        askings = [asking for asking in (adjusting, reviewing) if asking is not None]
        if any(asking.answered for asking in askings) and not any(asking.has_ended for asking in askings):
            self._probe(adjusting, reviewing)

    def _probe(self, adjusting: Asking | None, reviewing: Asking | None) -> None:
        """Ask in other processes about what was answered well, and compare."""
        about = _answered(adjusting), _answered(reviewing)
        questions = Questions(self.source, self.hosting.memory_mib, *about)
        probes = [Probe(replace(questions, watches_memory=seed == 1), seed) for seed in _HASH_SEEDS]
        try:
            for probe in probes:
                self._look_at(questions, probe, adjusting, reviewing)
                if self.notes.has_failed(Check.PROCESS):
                    break
        finally:
            for probe in probes:
                probe.end()

    def _look_at(self, questions: Questions, probe: Probe, adjusting: Asking | None, reviewing: Asking | None) -> None:
        # It is made ready there too, and is asked in one way for each of the several here.
        probed = probe.probed(1 + (self.hosting.start_limit_ms + 10 * self.hosting.time_limit_ms) // 1_000)
        if probed.failure:
            self.notes.note(Check.PROCESS, Outcome.FAILED, probed.failure)
            return
        self._compare(adjusting, probed.adjustments)
        self._compare(reviewing, probed.reviews)
        self._note_changes(questions, probed)
        self._note_memory(probed)

    def _compare(self, asking: Asking | None, answers: Sequence[str]) -> None:
        if asking is not None:
            for place, answer in zip(asking.answered, answers, strict=True):
                if repr(asking.said[place]) != answer:
                    asking.differs(Check.ELSEWHERE, place, answer)
            self.notes.note(Check.ELSEWHERE, Outcome.OK)

    def _note_changes(self, questions: Questions, probed: Probed) -> None:
        for place, hook in probed.changed:
            line = questions.lines[place] if hook == "adjust" else questions.priced[place][0]
            self.notes.note(Check.ARGUMENTS, Outcome.FAILED, f"its {hook} hook changes what it is given", line)
        self.notes.note(Check.ARGUMENTS, Outcome.OK)

    def _note_memory(self, probed: Probed) -> None:
        used = probed.memory_kib
        if len(used) < 2:
            return
        grown = used[-1] - used[len(used) // 4]
        quarters = [used[(len(used) - 1) * part // 4] for part in (1, 2, 3, 4)]
        is_steady = sorted(set(quarters)) == quarters and grown >= _GROWN_KIB
        told = f"{grown} KiB more after {len(used) * 3 // 4} more times the same lines"
        is_grave = is_steady or grown >= _GROWN_AT_ONCE_KIB
        self.notes.note(Check.MEMORY, Outcome.WARNING if is_grave else Outcome.OK, told)


def _found(plugin: object) -> tuple[str, str, str]:
    """Give a plugin's name, its version and its place."""
    if isinstance(plugin, str):
        known = {one.name: one for one in installed_plugins()}
        if plugin in known:
            return plugin, known[plugin].version, known[plugin].location
        if ":" not in plugin and find_spec(plugin.partition(".")[0]) is None:
            _check_installed(plugin)
        return plugin, "", plugin
    if isinstance(plugin, ModuleType):
        return plugin.__name__, "", plugin.__name__
    if not inspect.isclass(plugin):
        raise ValueError(
            "a plugin is checked by its class or its module, not by an object: it is made in other processes"
        )
    if plugin.__module__ == "__main__" or "<locals>" in plugin.__qualname__:
        raise ValueError(f"{plugin.__qualname__} cannot be imported elsewhere; put it at the top of a module")
    return plugin.__qualname__, "", f"{plugin.__module__}:{plugin.__qualname__}"


def _check_installed(name: str) -> None:
    """Refuse a name that no plugin has. Errors: PluginError."""
    names = [one.name for one in installed_plugins()]
    if name not in names:
        raise PluginError(f"plugin {name} is not installed; installed: {', '.join(names) or 'none'}")


def _without_counts(made: Sequence[Line]) -> list[Line]:
    """Take the counts of accounts from every other line: another plugin may have asked for them, or none."""
    return [
        replace(line, account_count=None, subscription_count=None) if number % 2 == 0 else line
        for number, line in enumerate(made)
    ]


def _answered(asking: Asking | None) -> list[Any]:
    return [] if asking is None else [asking.about[place] for place in asking.answered]


def _note_imports(source: PluginSource, notes: Notes) -> None:
    files = files_of(source.location)
    if not files:
        return
    try:
        inside = [told for file in files for told in inner_imports(file)]
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        notes.note(Check.IMPORTS, Outcome.WARNING, f"its source cannot be read: {error}")
        return
    told = f"{inside[0]} is not offered; only what `from quitrent import ...` gives is" if inside else ""
    notes.note(Check.IMPORTS, Outcome.FAILED if inside else Outcome.OK, told)
