"""A process that asks a plugin while it watches what becomes of the arguments and of the memory.

`python -m quitrent.testing.probe QUESTIONS ANSWERS` is how it is started: the first file holds what
to ask, the second is written. What is written is JSON, since it is other people's code that was run.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic_ns
from typing import Any

from quitrent.domain.line import Line
from quitrent.hooks.errors import AskFailedError, PluginBrokenError
from quitrent.hooks.plugin import LoadedPlugin, PluginSource, load_plugin
from quitrent.hooks.process import KEPT_VARIABLES
from quitrent.testing.asking import BATCH, Priced, batches_of

_Ask = Callable[[Any], Sequence[object]]

_MIB = 1024 * 1024
# For how long and how often the same lines are asked for to see whether memory grows, and how much is enough.
_ROUNDS_NS = 1_000_000_000
_MOST_ROUNDS = 40
_MOST_GROWN_KIB = 64 * 1024
_SPARE_MIB = 256


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe saw: the answers as texts, the arguments that were changed, and the memory after each round."""

    adjustments: Sequence[str] = ()
    reviews: Sequence[str] = ()
    # The number of the line, and which hook changed it.
    changed: Sequence[tuple[int, str]] = ()
    memory_kib: Sequence[int] = ()
    # How it ended, where it came to no end of its own.
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What a probe asks. The answers of a plugin to lines that it has no hook for are none."""

    source: PluginSource
    memory_mib: int
    lines: Sequence[Line] = ()
    priced: Sequence[Priced] = ()
    watches_memory: bool = False


@dataclass
class Probe:
    """A probe that runs, seen from outside. A plugin in it meets another order of sets than elsewhere."""

    questions: Questions
    hash_seed: int
    _folder: TemporaryDirectory[str] = field(default_factory=lambda: TemporaryDirectory(prefix="quitrent-probe-"))

    def __post_init__(self) -> None:
        """Start it; `probed` waits for it."""
        asked, self._answers = Path(self._folder.name, "questions"), Path(self._folder.name, "answers.json")
        asked.write_bytes(pickle.dumps(self.questions))
        # As hosts are started: the same code, and nothing else of what surrounds us.
        surroundings = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        paths = os.pathsep.join(path for path in sys.path if Path(path).is_absolute())
        self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, with this module.
            [sys.executable, "-P", "-m", "quitrent.testing.probe", str(asked), str(self._answers)],
            env=surroundings | {"PYTHONPATH": paths, "PYTHONHASHSEED": str(self.hash_seed)},
            cwd=self._folder.name,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def probed(self, limit_seconds: int) -> Probed:
        """Wait for what it saw; `end` is to be called next, whatever happens."""
        try:
            code = self._process.wait(limit_seconds)
            found: dict[str, Any] = json.loads(self._answers.read_text("utf-8"))
            return self._whole(Probed(**found))
        except subprocess.TimeoutExpired:
            return Probed(failure=f"took longer than {limit_seconds} s in another process")
        except (OSError, ValueError, TypeError):
            return Probed(failure=f"ended another process (exit code {code})")

    def _whole(self, probed: Probed) -> Probed:
        counts = len(self.questions.lines), len(self.questions.priced)
        if not probed.failure and (len(probed.adjustments), len(probed.reviews)) != counts:
            raise ValueError("something else was written")
        return probed

    def end(self) -> None:
        """End it, and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()


def main() -> None:
    """Ask what is asked, and write what was seen."""
    asked, answers = map(Path, sys.argv[1:])
    # Written by the process that started this one.
    questions: Questions = pickle.loads(asked.read_bytes())  # noqa: S301
    limit = (questions.memory_mib + _SPARE_MIB) * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        found = _seen(load_plugin(questions.source), questions)
    except (PluginBrokenError, AskFailedError) as error:
        found = {"failure": f"{error} in another process"}
    answers.write_text(json.dumps(found), "utf-8")
    # Without what the plugin may have left to be done at the end.
    os._exit(0)


def _seen(plugin: LoadedPlugin, questions: Questions) -> dict[str, object]:
    changed: list[tuple[int, str]] = []

    def watched(ask: _Ask, about: Sequence[Any], hook: str) -> list[str]:
        before = [_text(one) for one in about]
        answers = _asked(ask, about)
        changed.extend((place, hook) for place, one in enumerate(about) if _text(one) != before[place])
        return answers

    adjustments = watched(plugin.adjust, questions.lines, "adjust")
    reviews = watched(plugin.review, questions.priced, "review")
    # What has been changed is not asked for again.
    memory = _memory(plugin, questions) if questions.watches_memory and not changed else []
    return {"adjustments": adjustments, "reviews": reviews, "changed": changed, "memory_kib": memory}


def _asked(ask: _Ask, about: Sequence[Any]) -> list[str]:
    """Ask in batches, and give the answers as texts."""
    answers: list[str] = []
    for batch in batches_of(about, BATCH):
        try:
            answers += map(_text, ask(batch))
        except AskFailedError as failed:
            # It has run out of something, which is not the doing of one line.
            if failed.is_spent:
                raise
            answers += [_text(failed.how)] * len(batch)
    return answers


def _text(value: object) -> str:
    """Give all that a value is; a plugin may have taken some of it away."""
    try:
        return repr(value)
    except AttributeError:
        return "what is not whole any more"


def _memory(plugin: LoadedPlugin, questions: Questions) -> list[int]:
    """Ask the same again and again, and give what the process uses after each round."""
    used = [_used_kib()]
    until_ns = monotonic_ns() + _ROUNDS_NS
    while len(used) < _MOST_ROUNDS and monotonic_ns() < until_ns and used[-1] - used[0] < _MOST_GROWN_KIB:
        try:
            _asked(plugin.adjust, questions.lines)
            _asked(plugin.review, questions.priced)
        except AskFailedError:
            until_ns = 0
        used.append(_used_kib())
    return used


def _used_kib() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() // 1024


if __name__ == "__main__":
    main()
