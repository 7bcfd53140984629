"""The same call many times at once has one effect and one answer; two runs at once charge nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import DEVNULL, Popen
from sys import executable
from threading import Barrier, Event
from typing import Any

import pytest

from quitrent import Adjustment, BillingRun, Line, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.billing import carry_out
from quitrent.services.runs import ask_for_run
from tests.databases import copied
from tests.harness import GOLD, House, day, identities, money

THREADS = 32
ACCOUNT = "resellers/acme/customers/c1/accounts/a1"
FREE_ACCOUNT = "resellers/acme/customers/c1/accounts/a2"
SUBSCRIPTION = f"{ACCOUNT}/subscriptions/s1"


@pytest.fixture
def busy(gold: House) -> House:
    """A server with a subscription that is billed, and an account without one. All threads may call at once."""
    gold.assign(gold.make_account("acme"))
    gold.make_account("acme", "a2")
    gold.bill("2026-01-31")
    return gold


def things(house: House) -> list[int]:
    """How many there are of everything that a call can make."""
    admin = house.admin
    return [
        len(admin.ListResellers(page_size=1000).resellers),
        len(admin.ListCustomers(page_size=1000).customers),
        len(admin.ListAccounts(page_size=1000).accounts),
        len(admin.ListSubscriptions(page_size=1000).subscriptions),
        len(admin.ListPriceRules(page_size=1000).price_rules),
        len(admin.ListBillingRuns(page_size=1000).billing_runs),
        len(admin.ListPlans(page_size=1000).plans),
        len(house.charges()),
        len(admin.GetSubscription(name=SUBSCRIPTION).subscription.suspensions),
    ]


PLAN = {"kind": "PLAN_KIND_ACCOUNT", "fee": money("1.00")}
RULE = {"product": GOLD, "price": {"fixed": money("8.00")}, "effective_date": day("2026-06-01")}
FEE = f"{SUBSCRIPTION}/charges/wholesale-recurring-2026-01-01"

# The call, without an id where the server makes one | which of the things there are one more of
CALLS: dict[str, tuple[str, dict[str, Any], int]] = {
    "a reseller": ("CreateReseller", {"reseller": {}}, 0),
    "a customer": ("CreateCustomer", {"parent": "resellers/acme", "customer": {}}, 1),
    "an account": ("CreateAccount", {"parent": "resellers/acme/customers/c1", "account": {}}, 2),
    "a subscription": (
        "CreateSubscription",
        {"parent": FREE_ACCOUNT, "subscription": {"product": GOLD, "start_date": day("2026-06-01")}},
        3,
    ),
    "a price rule": ("CreatePriceRule", {"parent": "resellers/acme", "price_rule": RULE}, 4),
    "a run": ("StartBillingRun", {"through_date": day("2026-01-31")}, 5),
    "a plan": ("CreatePlan", {"plan": PLAN}, 6),
    "a reversal": ("ReverseCharge", {"name": FEE}, 7),
    "a suspension": ("SuspendSubscription", {"name": SUBSCRIPTION, "start_date": day("2026-02-03")}, 8),
}


def at_once(work: Callable[[], Any], threads: int = THREADS) -> list[Any]:
    """Do the same in many threads, which begin together."""
    barrier = Barrier(threads)

    def begin(_: int) -> Any:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


@pytest.mark.parametrize(("method", "wanted", "made"), CALLS.values(), ids=CALLS)
def test_a_request_id_has_one_effect_and_one_answer_however_many_send_it_at_once(
    busy: House, method: str, wanted: dict[str, Any], made: int
) -> None:
    before = things(busy)
    replies = at_once(lambda: getattr(busy.admin, method)(**wanted, request_id="again"))
    assert len({reply.SerializeToString(deterministic=True) for reply in replies}) == 1
    assert things(busy) == [count + (place == made) for place, count in enumerate(before)]
    # And later, when the server has been started again.
    busy.use_plugins(busy.plugins)
    assert getattr(busy.admin, method)(**wanted, request_id="again") == replies[0]
    assert things(busy) == [count + (place == made) for place, count in enumerate(before)]


class Meets:
    """Meets another run's plugin at its first line; at its second one it may wait until another run has finished."""

    def __init__(self, barrier: Barrier, *, fails: bool = False) -> None:
        self.barrier, self.fails = barrier, fails
        self.waits_for: Event | None = None
        self.has_finished = Event()
        self.lines = 0

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        self.lines += 1
        if self.lines == 1:
            self.barrier.wait(timeout=30)
        if self.lines == 2 and self.waits_for is not None:
            assert self.waits_for.wait(timeout=30)
        if self.fails:
            raise RuntimeError("not today")
        return Adjustment("more", "a tenth more", percent=Decimal(10))


def with_plugin(plugin: object) -> Plugins:
    plugins = Plugins()
    plugins.register("meets", plugin)
    return plugins


def run_at_once(house: House, plugins: Sequence[Meets], through: str) -> list[BillingRun]:
    """Carry runs for the same date out, each in a thread and with a deployment and a plugin of its own."""

    def carried_out(plugin: Meets) -> BillingRun:
        with closing(build_deployment(house.settings, with_plugin(plugin))) as deployment:
            with deployment.store.write():
                run = ask_for_run(deployment, date.fromisoformat(through))
            finished = carry_out(deployment, run, Event())
        plugin.has_finished.set()
        return finished

    with ThreadPoolExecutor(len(plugins)) as pool:
        return list(pool.map(carried_out, plugins))


@pytest.fixture
def subscribed(gold: House) -> House:
    """A server with three subscriptions, for which nothing has been charged."""
    for number in range(3):
        gold.assign(gold.make_account("acme", f"a{number}"), start=f"2026-01-0{number + 1}")
    return gold


def test_two_runs_that_price_the_same_lines_at_the_same_time_charge_them_once(
    subscribed: House, tmp_path: Path
) -> None:
    copied(tmp_path, tmp_path / "alone")
    barrier = Barrier(2)
    runs = run_at_once(subscribed, [Meets(barrier), Meets(barrier)], "2026-03-31")
    assert [run.failure for run in runs] == ["", ""]
    charged = subscribed.charges()
    assert len(charged) == 18
    assert sum(amount.charge_count for run in runs for amount in run.amounts.values()) == 18
    alone = House(tmp_path / "alone", with_plugin(Meets(Barrier(1))))
    alone.bill("2026-03-31")
    assert identities(charged) == identities(alone.charges())
    alone.close()


@pytest.mark.parametrize("mended_is_first", [True, False], ids=["mended first", "failing first"])
def test_a_line_that_is_charged_by_one_run_and_fails_in_another_is_not_parked(
    subscribed: House, mended_is_first: bool
) -> None:
    run_at_once(subscribed, [Meets(Barrier(1), fails=True)], "2026-01-31")
    assert len(subscribed.admin.ListParkedCharges().parked_charges) == 3
    met = Barrier(2)
    mended, failing = Meets(met), Meets(met, fails=True)
    first, second = (mended, failing) if mended_is_first else (failing, mended)
    second.waits_for = first.has_finished
    assert [run.failure for run in run_at_once(subscribed, [mended, failing], "2026-01-31")] == ["", ""]
    assert subscribed.amounts("RETAIL") == ["22.00"] * 3
    assert not subscribed.admin.ListParkedCharges().parked_charges


def test_two_command_lines_at_once_charge_nothing_twice(subscribed: House, tmp_path: Path) -> None:
    copied(tmp_path, tmp_path / "alone")
    command = [executable, str(Path(__file__).parent / "killed.py"), "self", "MainThread", "0"]
    billed = [*command, "--database-url", subscribed.settings.database_url, "bill", "--through", "2026-12-31"]
    started = [Popen(billed, cwd=tmp_path, stdout=DEVNULL, stderr=DEVNULL) for _ in "ab"]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    alone = House(tmp_path / "alone")
    alone.bill("2026-12-31")
    assert identities(subscribed.charges()) == identities(alone.charges())
    assert {run.failure for run in subscribed.admin.ListBillingRuns().billing_runs} == {""}
    alone.close()
