"""Two runs at once over the same dates, several who carry them out, and a crowd: the fees are those of the model.

`QUITRENT_CROWDS=50 uv run pytest tests/e2e/test_crowds.py --timeout=0` tries fifty rounds on each database. Who comes
before whom is another order each time.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random, random
from threading import Event
from time import sleep

import pytest

from quitrent import Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.domain.billing_run import BillingRun, Partition, RunState
from quitrent.domain.charge import Charge, ChargeFilter, ChargeReason, Side
from quitrent.domain.errors import Unavailable
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import bills, checking, progress
from quitrent.services.billing import carry_out_partition, left_to_do
from quitrent.services.deployment import Deployment
from quitrent.services.runs import ask_for_run
from quitrent.settings import Settings
from quitrent.store.billing_runs import find_run_by_key
from quitrent.store.charge_lists import list_charges
from tests.databases import fresh_database, read
from tests.e2e.crew import Working
from tests.e2e.crowd import Someone, Told, fill
from tests.e2e.model import fees, one_offs
from tests.e2e.worked import BATCH, PARTITION
from tests.harness import TODAY, wait_for

ROUNDS = int(os.environ.get("QUITRENT_CROWDS", "1"))
MONTHS = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
LAST = MONTHS[-1]
# How many there are of those who change things, and how many carry runs out.
CROWD, CREW = 3, (2, 8)
PAUSE_SECONDS = 0.02
# How many subscriptions there are before the first run; the crowd makes more.
FIRST_ASSIGNED = 30


# Sides whose books are said to be elsewhere than they are.
MOVED = """
    SELECT side.id FROM {side}_side AS side JOIN (
        SELECT subscription_id, max(period_end) AS until FROM (
            SELECT subscription_id, period_end FROM charge
            WHERE side = upper('{side}') AND reason = 'RECURRING' AND reverses_id IS NULL
            UNION SELECT subscription_id, period_end FROM parked_charge WHERE '{side}' = 'retail'
        ) AS held GROUP BY subscription_id
    ) AS billed ON billed.subscription_id = side.id WHERE side.billed_until <> billed.until
"""


class Moody:
    """Takes its time, and refuses a price now and then, which is parked."""

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        sleep(random() / 100)
        return Review(Verdict.REFUSE, "not today") if random() < 0.2 else None


class Round:
    """A book, and what is done with it by several at once, each with a deployment of its own as in a process."""

    def __init__(self, folder: Path, seed: int, plugins: Plugins, *, on_postgresql: bool) -> None:
        self.url = fresh_database(folder, on_postgresql=on_postgresql)
        self.folder, self.random, self.told = folder, Random(seed), Told()
        self.deployments = [self._deployment(plugins) for _ in range(CROWD + CREW[1])]
        fill(self.deployments[0])
        first = Someone(self.deployments[0], self.told, seed)
        while len(self.told.lived) < FIRST_ASSIGNED:
            first.assign()

    def close(self) -> None:
        for deployment in self.deployments:
            deployment.close()

    def _deployment(self, plugins: Plugins) -> Deployment:
        return build_deployment(Settings(self.url), plugins, lambda: datetime(*TODAY.timetuple()[:3], 12, tzinfo=UTC))

    def bill_amid_the_crowd(self, through: date, *, by_processes: bool) -> None:
        """Have two runs carried out while the crowd changes what it can; one is perhaps for a month before."""
        dates = [through, self.random.choice([one for one in MONTHS if one <= through])]
        runs = [self._asked(one) for one in self.random.sample(dates, 2)]
        over = Event()
        with ThreadPoolExecutor(CROWD + CREW[1]) as threads:
            crowd = [threads.submit(self._disturb, place, over) for place in range(CROWD)]
            try:
                if by_processes:
                    self._carried_out_by_processes(runs)
                else:
                    crew = self.deployments[CROWD : CROWD + self.random.randint(*CREW)]
                    self._wait(*[threads.submit(self._carry_out, one, runs) for one in crew])
            finally:
                over.set()
            self._wait(*crowd)
        for run in runs:
            self._check_ended(run)
        for side in ("wholesale", "retail"):
            assert not read(self.url, MOVED.format(side=side)), side

    def bill_alone(self) -> None:
        """Bill once more with nobody disturbing; the run checks all fees, and that the retail periods tile."""
        run = self._asked(LAST)
        self._carry_out(self.deployments[0], [run])
        self._check_ended(run)

    def fees(self) -> list[Charge]:
        """Give all that has been charged on the wholesale side, without what was taken back."""
        with self.deployments[0].store.connection():
            found = list_charges(ChargeFilter(side=Side.WHOLESALE), 0, 1_000_000)
        return [charge for charge in found if charge.reason is not ChargeReason.REVERSAL]

    def _asked(self, through: date) -> BillingRun:
        deployment = self.deployments[0]
        with deployment.store.write():
            return ask_for_run(deployment, through)

    def _disturb(self, place: int, over: Event) -> None:
        someone = Someone(self.deployments[place], self.told, self.random.getrandbits(64))
        # A caller is heard from a moment after it was answered.
        while not over.wait(PAUSE_SECONDS):
            someone.act()

    def _carry_out(self, deployment: Deployment, runs: list[BillingRun]) -> None:
        """Take what is left to do, as a worker does, until there is nothing left; often what another is at, too."""
        order = Random(self.random.getrandbits(64))
        while any(self._now(deployment, run).state is RunState.RUNNING for run in runs):
            try:
                left = left_to_do(deployment)
                if left:
                    partition = self._one_of(left, order)
                    run = self._now(deployment, partition)
                    carry_out_partition(deployment, run, partition, Event())
            except Unavailable as error:
                self.told.unavailable.append(f"a partition: {error.__cause__}")

    def _one_of(self, left: list[Partition], order: Random) -> Partition:
        run_key = order.choice(left).run_key
        return order.choice([one for one in left if one.run_key == run_key][:2])

    def _carried_out_by_processes(self, runs: list[BillingRun]) -> None:
        workers = [Working(self.folder, self.url, settings="") for _ in range(2)]
        try:
            for run in runs:
                wait_for(lambda run=run: self._now(self.deployments[0], run).state is not RunState.RUNNING)  # type: ignore[misc]
            assert [worker.stop() for worker in workers] == [0, 0]
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.wait()
                self.told.unavailable += [line for line in worker.said() if "could not" in line or "wrong" in line]

    def _now(self, deployment: Deployment, of: BillingRun | Partition) -> BillingRun:
        with deployment.store.connection():
            run = find_run_by_key(of.key if isinstance(of, BillingRun) else of.run_key)
        assert run is not None, "no run is deleted"
        return run

    def _check_ended(self, run: BillingRun) -> None:
        ended = self._now(self.deployments[0], run)
        assert ended.state is RunState.SUCCEEDED, ended.failure

    def _wait(self, *done: Future[None]) -> None:
        for one in done:
            one.result()


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few subscriptions make many partitions and batches."""
    monkeypatch.setattr(progress, "PARTITION", PARTITION)
    for module in (bills, checking):
        monkeypatch.setattr(module, "BATCH", BATCH)


def cents(charge: Charge) -> int:
    return charge.amount.amount_micros // 10_000


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("on_postgresql", [False, True], ids=["sqlite", "postgresql"])
def test_whatever_a_crowd_does_while_two_runs_are_at_work_the_fees_are_those_of_the_model(
    tmp_path: Path, number: int, on_postgresql: bool
) -> None:
    by_processes = on_postgresql and number % 5 == 4
    plugins = Plugins()
    if not by_processes:
        plugins.register("moody", Moody())
    played = Round(tmp_path, number, plugins, on_postgresql=on_postgresql)
    try:
        for through in MONTHS:
            played.bill_amid_the_crowd(through, by_processes=by_processes)
        played.bill_alone()
        booked = played.fees()
    finally:
        played.close()
    told = played.told
    lives = told.lives(LAST)
    recurring = [
        (one.subscription, one.period_start, one.period_end, cents(one))
        for one in booked
        if one.reason is ChargeReason.RECURRING
    ]
    assert len(recurring) == len(set(recurring))
    wanted = fees(lives)
    assert set(recurring) == wanted, (sorted(set(recurring) - wanted), sorted(wanted - set(recurring)))
    others = {
        (one.subscription, str(one.reason), one.period_start, one.period_end, cents(one))
        for one in booked
        if one.reason is not ChargeReason.RECURRING
    }
    assert others == one_offs(lives)
    # Nobody has waited for longer than a caller waits, and no two for each other.
    assert not told.unavailable
    if on_postgresql:
        assert read(played.url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]
