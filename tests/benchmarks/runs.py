"""What a month's bill costs: both sides of every subscription, with two plugins in hosts, beside bare SQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter_ns, sleep

from quitrent.domain.billing_run import BillingRun, RunState
from quitrent.hooks.discovery import host_plugins
from quitrent.server import build_deployment
from quitrent.services.billing import carry_out
from quitrent.services.deployment import Deployment
from quitrent.services.runs import ask_for_run, get_run
from quitrent.settings import Settings, read_settings_file
from quitrent.workers.queue import Queue
from tests.benchmarks.book import fill
from tests.benchmarks.processes import cpu_seconds, descendants, forget_peak, named, peak_mib
from tests.benchmarks.servers import copy_of_charges, database
from tests.databases import raw

THROUGH = date(2026, 1, 31)

# Two plugins that adjust every line: a tenth more, and a campaign's five percent less.
PLUGINS = """
[plugins.market-entry.campaigns.launch]
product = "products/gold"
currency = "USD"
percent = "5"
until = 2027-01-01
cap_per_account = "10.00"
floor = "1.00"
[plugins.markup]
percent = "10"
"""

# The same for these accounts, which have no labels; but now each of them is looked at.
LABELS = """
[plugins.markup.labels]
"tier=silver" = "-1"
"""


@dataclass(frozen=True)
class RunCost:
    """What one run took, what writing its charges alone takes, and what it takes to find that nothing is due.

    `cpu` are seconds of computing, by where; `peak_mib` is the most memory of one process that carried out.
    """

    database: str
    subscriptions: int
    each_looked_at: bool
    charges: int
    workers: int
    run_ns: int
    limit_ns: int
    rerun_ns: int
    scan_ns: int
    cpu: dict[str, float]
    peak_mib: float

    @property
    def ratio(self) -> float:
        """The run against the limit."""
        return self.run_ns / self.limit_ns


def run_cost(server: str | None, subscriptions: int, workers: int = 0, *, each_looked_at: bool = False) -> RunCost:
    """Bill a month of a new book: in this process, or by so many workers (on PostgreSQL).

    each_looked_at: whether a plugin looks at each account, so that none is priced together with others.
    """
    plugins = PLUGINS + (LABELS if each_looked_at else "")
    with database(server) as url, _settings(plugins) as file, closing(_deployment(url, file)) as deployment:
        fill(deployment, subscriptions)
        with _workers(url, file, workers) as processes:
            carrying = processes or [os.getpid()]
            for process in carrying:
                forget_peak(process)
            before = _computed(carrying)
            run, run_ns = _timed(deployment, url, workers)
            cpu = {where: seconds - before[where] for where, seconds in _computed(carrying).items()}
            again, rerun_ns = _timed(deployment, url, workers)
            peak = max(map(peak_mib, carrying))
        assert run.state is again.state is RunState.SUCCEEDED, (run.failure, again.failure)
        charges = sum(amount.charge_count for amount in run.amounts.values())
        assert charges == 2 * subscriptions, charges
        limit_ns, scan_ns = _limits(url)
    return RunCost(
        database="PostgreSQL" if server else "SQLite",
        subscriptions=subscriptions,
        each_looked_at=each_looked_at,
        charges=charges,
        workers=workers,
        run_ns=run_ns,
        limit_ns=limit_ns,
        rerun_ns=rerun_ns,
        scan_ns=scan_ns,
        cpu=cpu,
        peak_mib=peak,
    )


def _timed(deployment: Deployment, url: str, workers: int) -> tuple[BillingRun, int]:
    with deployment.store.write():
        run = ask_for_run(deployment, THROUGH)
    begin = perf_counter_ns()
    run = _worked(deployment, run, url) if workers else carry_out(deployment, run, Event())
    return run, perf_counter_ns() - begin


def _worked(deployment: Deployment, run: BillingRun, url: str) -> BillingRun:
    queue = Queue(url)
    queue.ask_for_look()
    while run.state is RunState.RUNNING:
        sleep(0.02)
        with deployment.store.connection():
            run = get_run(run.name)
    queue.close()
    return run


def _limits(url: str) -> tuple[int, int]:
    """Give what it takes to write the same charges by SQL alone, and to find by an index that nothing is due."""
    with closing(raw(url)) as connection:
        copy_of_charges(connection)
        begin = perf_counter_ns()
        connection.execute("INSERT INTO charge_limit SELECT * FROM charge ORDER BY id")
        written = perf_counter_ns()
        for side in ("wholesale", "retail"):
            connection.execute(f"SELECT count(*) FROM {side}_side WHERE due_date <= '{THROUGH}'").fetchall()
        return written - begin, perf_counter_ns() - written


def _computed(carrying: list[int]) -> dict[str, float]:
    return {
        "python": cpu_seconds(carrying),
        "plugins": cpu_seconds({one for process in carrying for one in descendants(process)} - {*named("postgres")}),
        "database": cpu_seconds(named("postgres")),
    }


def _deployment(url: str, file: Path) -> Deployment:
    plugins = read_settings_file(file)["plugins"]
    return build_deployment(Settings(database_url=url), host_plugins(plugins))  # type: ignore[arg-type]


@contextmanager
def _settings(plugins: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="quitrent-benchmarks-") as folder:
        file = Path(folder) / "quitrent.toml"
        file.write_text(plugins, encoding="utf-8")
        yield file


@contextmanager
def _workers(url: str, file: Path, count: int) -> Iterator[list[int]]:
    command = [f"{Path(sys.executable).parent}/quitrent", "--config", str(file), "--database-url", url, "worker"]
    quiet = subprocess.DEVNULL
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) for _ in range(count)]
    try:
        for process in started:
            assert process.stdout is not None
            # Its first line tells that it is ready.
            process.stdout.readline()
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate()
