"""What hosts cost above a plugin's own work, and what a plugin that hangs on one line costs a run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter_ns, sleep
from typing import Any

from quitrent import Adjustment, Line, Named, hookimpl
from quitrent.hooks.discovery import hosted
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.inline import InlinePlugin
from quitrent.hooks.manager import Plugins
from quitrent.hooks.plugin import PluginSource, load_plugin
from quitrent.server import build_deployment
from quitrent.services.billing import carry_out
from quitrent.services.runs import ask_for_run
from quitrent.settings import Settings
from tests.benchmarks.book import fill
from tests.benchmarks.measured import in_turns, middle_us

BATCH = 500
HANGING_LIMIT_MS = 1_000
# 500 lines are halved nine times until one is left, and each time the limit is waited for; then it is parked.
RETRIES = 10


class Percent:
    """Adds a tenth: next to no work of its own."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        return Adjustment("tenth", "a tenth more", percent=Decimal(10))


class Silent:
    """Looks at a line and has nothing to say."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        return None if line.currency else Adjustment("none", "never", percent=Decimal(0))


class HangsOnOne(Percent):
    """Adds a tenth, and never comes back from one line."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        while line.account.name.endswith("/a5000"):
            sleep(60)
        return super().quitrent_adjust_retail(line)


@dataclass(frozen=True)
class Cost:
    """What one line costs, in microseconds: the plugin's own work, in this process, and in a host.

    Medians; `least` is what a host costs above the own work in the quietest rounds.
    """

    plugin: str
    lines: int
    own: float
    inline: float
    hosted: float
    raw_ns: dict[str, list[int]]

    least: float

    @property
    def above_own(self) -> float:
        """What a host costs above the plugin's own work."""
        return self.hosted - self.own


def source_of(plugin: type) -> PluginSource:
    """Where a plugin of this module comes from."""
    return PluginSource(plugin.__name__.lower(), f"{__name__}:{plugin.__name__}")


def cost_of(plugin: type, lines: int, rounds: int) -> Cost:
    """Measure a plugin on so many lines at a time."""
    wanted = [line(number) for number in range(lines)]
    made: Any = load_plugin(source_of(plugin))
    own = plugin()
    inline = Plugins([InlinePlugin(made, Hosting())])
    # One line takes so little that it is asked for many times in a round.
    times = max(1, 100 // lines)
    with closing(hosted([(source_of(plugin), Hosting())])) as hosts:
        took = in_turns(
            {
                "own": lambda: [own.quitrent_adjust_retail(one) for one in wanted * times],
                "inline": lambda: [inline.adjust(wanted) for _ in range(times)],
                "hosted": lambda: [hosts.adjust(wanted) for _ in range(times)],
            },
            rounds,
        )
    per_line = {name: middle_us(some, lines * times) for name, some in took.items()}
    # The quietest round of each: what the machine does beside it is not in it.
    least = (min(took["hosted"]) - min(took["own"])) / (lines * times) / 1_000
    return Cost(plugin.__name__, lines, per_line["own"], per_line["inline"], per_line["hosted"], took, least)


def line(number: int) -> Line:
    """A line like any other."""
    account = f"resellers/acme/customers/c{number}/accounts/a{number}"
    return Line(
        reseller=Named("resellers/acme", {"tier": "gold"}),
        customer=Named(f"resellers/acme/customers/c{number}", {"segment": "small", "region": "north"}),
        account=Named(account),
        product=Named("products/gold"),
        subscription=f"{account}/subscriptions/s1",
        subscription_start=date(2026, 1, 1),
        period_start=date(2026, 1, 1),
        period_end=date(2026, 2, 1),
        period_index=0,
        currency="USD",
        recommended=Decimal("20.00"),
        basis=Decimal("20.00"),
        own_cost=Decimal("10.00"),
    )


def run_ns(plugin: type, subscriptions: int) -> tuple[int, int]:
    """Give how long a run over a book took with a plugin, and how many lines it parked."""
    with TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/quitrent.db")
        plugins = hosted([(source_of(plugin), Hosting(time_limit_ms=HANGING_LIMIT_MS))])
        with closing(build_deployment(settings, plugins)) as deployment:
            fill(deployment, subscriptions)
            with deployment.store.write():
                run = ask_for_run(deployment, date(2026, 1, 31))
            begin = perf_counter_ns()
            finished = carry_out(deployment, run, Event())
            end = perf_counter_ns()
    assert not finished.failure, finished.failure
    return end - begin, finished.parked_count
