"""The processes of plugins: ended from outside, replaced, never left behind, and never waited for in vain."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from signal import SIGKILL
from subprocess import PIPE, Popen
from threading import Event, Thread, active_count
from time import monotonic, sleep
from typing import Any

import pytest

from quitrent import Line, Named
from quitrent.domain.errors import FailedPrecondition
from quitrent.hooks import pool, process
from quitrent.hooks.discovery import hosted
from quitrent.hooks.errors import HostFailedError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin import PluginSource
from tests.databases import kept_busy
from tests.hooks.test_hostile_values import LINE
from tests.zoo.houses import HEALTHY, Zoo, left_behind, processes, source

FAIR_LINE = replace(LINE, reseller=Named("resellers/bystander"))
HOSTING = Hosting(failures_in_a_row=0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """By it the processes that belong to a test are found; none may be left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield tmp_path
    assert not left_behind(tmp_path)


def failures(plugins: Plugins, lines: Sequence[Line]) -> dict[int, str]:
    """The places of the lines that have no answer, and why."""
    answers = plugins.adjust(lines)
    assert len(answers) == len(lines)
    return {place: one.message for place, one in enumerate(answers) if isinstance(one, FailedPrecondition)}


class Counted:
    """Counts the hosts that are started, and those that took too long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.starts = self.waits = 0
        counted = self

        class Host(process.Host):
            def __init__(self, source: PluginSource, hosting: Hosting) -> None:
                counted.starts += 1
                super().__init__(source, hosting)

            def _too_late(self, limit_ms: int) -> HostFailedError:
                counted.waits += 1
                return super()._too_late(limit_ms)

        monkeypatch.setattr(pool, "Host", Host)


@pytest.mark.parametrize("place", [0, 63])
def test_of_64_lines_with_one_that_hangs_63_are_priced_for_seven_time_limits(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    counted = Counted(monkeypatch)
    lines = [LINE if number == place else FAIR_LINE for number in range(64)]
    plugins = hosted([(source("hostile", "hanging:InC"), replace(HOSTING, time_limit_ms=300))])
    with closing(plugins):
        assert failures(plugins, lines) == {place: "plugin hostile took longer than 300 ms"}
    assert counted.waits <= 7
    assert counted.starts <= 1 + 7 + 1


def test_a_host_that_has_grown_is_replaced_and_no_line_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    plugins = hosted([(source("hostile", "eating:Grows"), replace(HOSTING, memory_mib=100))])
    with closing(plugins):
        assert not any(failures(plugins, [LINE, FAIR_LINE]) for _ in range(3))
        assert not failures(plugins, [FAIR_LINE])
    assert counted.starts == 4


def test_a_host_that_is_out_of_memory_is_replaced_and_asked_once_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    # What does not fit beside what was kept before fits into a process of its own.
    plugins = hosted([(source("hostile", "eating:Grows"), replace(HOSTING, memory_mib=64))])
    monkeypatch.setattr(process.Host, "is_too_large", False)
    with closing(plugins):
        assert not any(failures(plugins, [LINE]) for _ in range(3))
    assert counted.starts >= 2


def test_hosts_that_are_killed_from_outside_cost_no_line_its_price(folder: Path) -> None:
    chance, stopping, answered = Random(5), Event(), [0]

    def kill() -> None:
        while not stopping.is_set():
            sleep(chance.random() / 20)
            before = answered[0]
            for number in processes(folder):
                with suppress(ProcessLookupError):
                    os.kill(number, SIGKILL)
            while answered[0] < before + 2 and not stopping.is_set():
                sleep(0.01)

    killer = Thread(target=kill)
    sources = [(source(name, "hanging:Slow"), HOSTING) for name in ("a", "b")]
    with closing(hosted(sources)) as plugins:
        killer.start()
        try:
            for number in range(12):
                assert not failures(plugins, [LINE] * (1 + number % 3))
                answered[0] += 1
        finally:
            stopping.set()
            killer.join()


def test_hosts_that_are_killed_while_a_run_is_going_on_park_nothing(zoo: Zoo) -> None:
    with zoo.house((source("slow", "hanging:Slow"), HOSTING), HEALTHY) as house:
        for seconds, through in ((0, "2026-02-28"), (0.05, "2026-03-31"), (0.1, "2026-04-30")):
            killer = Thread(target=_kill_after, args=(seconds, house.folder))
            killer.start()
            assert house.bill(through).parked_count == 0
            killer.join()


def _kill_after(seconds: float, folder: Path) -> None:
    sleep(seconds)
    for number in processes(folder):
        with suppress(ProcessLookupError):
            os.kill(number, SIGKILL)


def test_a_killed_server_leaves_no_host_behind(folder: Path) -> None:
    script = """
import sys, time
from tests.hooks.test_host_processes import FAIR_LINE, HOSTING, LINE, hosted, source
if __name__ == "__main__":
    plugins = hosted([(source(name, f"dying:{name}"), HOSTING) for name in ("Forks", "LeavesChildren")])
    plugins.adjust([LINE, FAIR_LINE])
    print("ready", flush=True)
    time.sleep(1000)
"""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Popen([sys.executable, "-c", script], env=environ, stdout=PIPE, cwd=folder) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        # The server, two guards, two hosts, and the children of these.
        assert len(processes(folder)) > 5
        server.kill()
    assert not left_behind(folder)


def test_hosts_are_closed_while_they_are_asked(folder: Path) -> None:
    plugins = hosted([(source("hostile", "hanging:InCForEveryThread"), HOSTING)])
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(failures, plugins, [LINE]) for _ in range(4)]
        sleep(0.1)
        started = monotonic()
        plugins.close()
        assert all(set(one.result(timeout=10)) == {0} for one in asked)
        assert monotonic() - started < HOSTING.time_limit_ms / 1000 - 1


def test_askers_of_two_plugins_do_not_wait_for_each_other_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has one host. Who held that of one plugin while the other's is replaced would wait for whoever took that."""
    end = pool.HostPool.end

    def end_and_let_others_go_first(self: pool.HostPool, host: process.Host) -> None:
        end(self, host)
        sleep(0.05)

    monkeypatch.setattr(pool.HostPool, "end", end_and_let_others_go_first)
    alone = replace(HOSTING, hosts=1)
    plugins = hosted([(source("a", "dying:Exits"), alone), (source("b", "keeper:Healthy"), alone)])
    with closing(plugins), ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(failures, plugins, [LINE, FAIR_LINE]) for _ in range(3)]
        for one in asked:
            assert one.result(timeout=30) == {0: "plugin a ended its process (exit code 7)"}


def test_hosts_that_fail_leave_no_files_and_threads_behind(folder: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = (open_files(), active_count())
    with closing(hosted([(source("hostile", "dying:LeavesChildren"), HOSTING)])) as plugins:
        failures(plugins, [LINE])
    with closing(hosted([(source("hostile", "garbling:WritesNoise"), HOSTING)])) as plugins:
        for _ in range(4):
            failures(plugins, [LINE])
    until = monotonic() + 10
    while (open_files(), active_count()) != before and monotonic() < until:
        sleep(0.02)
    assert (open_files(), active_count()) == before
    assert not list(folder.glob("quitrent-plugin-*"))


def test_what_a_plugin_declares_it_declares_once(folder: Path) -> None:
    """One that came to set the final price later would speak over the others, or park what they priced."""
    changing = source("hostile", "declaring:DeclaresOtherwiseLater", mark=str(folder / "mark"))
    with closing(hosted([(changing, HOSTING)])) as plugins:
        said = "plugin hostile declared something else than before; restart the server if that is meant"
        assert failures(plugins, [LINE]) == {0: said}
        assert not plugins.records()[0].sets_final_price


def test_a_process_that_cannot_be_started_is_the_plugins_failure_for_now(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(hosted([(source("hostile", "dying:Exits"), HOSTING)])) as plugins:
        monkeypatch.setattr(sys, "executable", str(folder / "nowhere"))
        said = "plugin hostile had no process: it could not be started"
        assert failures(plugins, [LINE, FAIR_LINE]) == {0: said, 1: said}
        monkeypatch.undo()
        sleep(pool.FIRST_WAIT_SECONDS)
        assert not failures(plugins, [FAIR_LINE])


def test_nobody_else_waits_for_the_database_while_a_plugin_is_called(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    with zoo.house(HEALTHY, (source("listener", "keeper:Listener"), HOSTING)) as house:

        def watched(name: str) -> Callable[..., Any]:
            method = getattr(Plugins, name)

            def call(*args: Any) -> Any:
                called.append(name)
                assert not house.deployment.store.in_transaction()
                with kept_busy(house.settings.database_url):
                    pass
                return method(*args)

            return call

        for name in ("adjust", "review", "charges_posted", "run_finished"):
            monkeypatch.setattr(Plugins, name, watched(name))
        assert house.bill("2026-03-31").parked_count == 0
        house.admin.StartBillingRun(through_date={"year": 2026, "month": 4, "day": 30}, validate_only=True)
        house.wait_until_told()
    assert set(called) == {"adjust", "review", "charges_posted", "run_finished"}
