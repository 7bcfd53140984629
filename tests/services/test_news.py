"""What plugins hear of runs: everything, in order, again where it was not taken well, and after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from quitrent import BillingRun, Charge, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.services import news
from tests.harness import House, wait_for


class Listener:
    """Remembers what it is told; may fail for a while."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fails_after = 1_000
        self.fails_at_the_end = False

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        if len(self.heard) >= self.fails_after:
            raise OSError("the ledger is closed")
        self.heard += [charge.name for charge in charges]

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        if self.fails_at_the_end:
            raise OSError("the ledger is closed")
        self.heard.append(f"{run.name} {run.state}")


@pytest.fixture
def listening(gold: House, monkeypatch: pytest.MonkeyPatch) -> tuple[House, Listener]:
    """A house with two accounts and a listener, which is told of one charge at a time."""
    monkeypatch.setattr(news, "BATCH", 1)
    for number in range(2):
        gold.assign(gold.make_account("acme", f"a{number}"))
    listener, plugins = Listener(), Plugins()
    plugins.register("listener", listener)
    gold.use_plugins(plugins)
    return gold, listener


def of_run(house: House, through: str, number: int = 1) -> list[str]:
    run = f"billingRuns/{through}-{number}"
    return [*(charge.name for charge in house.charges(billing_run=run)), f"{run} SUCCEEDED"]


def tell(house: House) -> None:
    """Tell as a server does that looks again."""
    news.tell_plugins(house.deployment, Event())


def untold(house: House) -> tuple[int, str]:
    [plugin] = house.admin.ListPlugins().plugins
    return plugin.untold_run_count, plugin.telling_failure


def test_a_plugin_hears_of_each_run_its_charges_in_order_and_then_its_end(listening: tuple[House, Listener]) -> None:
    house, listener = listening
    for through in ("2026-01-31", "2026-02-28"):
        house.bill(through)
    house.wait_until_told()
    assert listener.heard == of_run(house, "2026-01-31") + of_run(house, "2026-02-28")
    assert untold(house) == (0, "")


def test_what_was_not_taken_well_is_told_again_later_and_from_there_on(listening: tuple[House, Listener]) -> None:
    house, listener = listening
    listener.fails_after = 2
    house.bill("2026-01-31")
    wait_for(lambda: untold(house)[1] != "")
    assert untold(house) == (1, "raised OSError")
    told = of_run(house, "2026-01-31")
    assert listener.heard == told[:2]
    # Too early: it would fail again.
    tell(house)
    assert listener.heard == told[:2]
    listener.fails_after, listener.fails_at_the_end = 1_000, True
    house.today += timedelta(days=1)
    tell(house)
    assert listener.heard == told[:4]
    listener.fails_at_the_end = False
    house.today += timedelta(days=1)
    tell(house)
    assert listener.heard == told
    assert untold(house) == (0, "")


def test_a_plugin_that_fails_keeps_no_news_from_the_others_nor_a_later_run_from_itself(
    listening: tuple[House, Listener],
) -> None:
    house, listener = listening
    other = Listener()
    house.plugins.register("other", other)
    listener.fails_at_the_end = True
    house.bill("2026-01-31")
    first = of_run(house, "2026-01-31")
    wait_for(lambda: other.heard == first)
    listener.fails_at_the_end = False
    house.bill("2026-02-28")
    second = of_run(house, "2026-02-28")
    # The end of the first run is not due to be told again yet.
    wait_for(lambda: listener.heard == first[:-1] + second)
    wait_for(lambda: other.heard == first + second)


def test_what_was_waiting_when_the_server_stopped_is_told_after_its_next_start(
    listening: tuple[House, Listener],
) -> None:
    house, listener = listening
    listener.fails_after = 0
    house.bill("2026-01-31")
    wait_for(lambda: untold(house)[1] != "")
    listener.fails_after = 1_000
    house.today += timedelta(days=1)
    house.use_plugins(house.plugins)
    house.wait_until_told()
    assert listener.heard == of_run(house, "2026-01-31")


def test_a_plugin_that_does_not_listen_is_told_nothing_and_nothing_waits_for_it(gold: House) -> None:
    class Deaf:
        @hookimpl
        def quitrent_adjust_retail(self) -> None: ...

    plugins = Plugins()
    plugins.register("deaf", Deaf())
    gold.use_plugins(plugins)
    gold.assign(gold.make_account("acme"))
    gold.bill("2026-01-31")
    assert untold(gold) == (0, "")


def test_no_plugin_is_told_of_anything_while_a_transaction_is_open(listening: tuple[House, Listener]) -> None:
    house, listener = listening
    listener.fails_after = 0
    house.bill("2026-01-31")
    wait_for(lambda: untold(house)[1] != "")
    house.today += timedelta(days=1)
    with pytest.raises(RuntimeError, match="others wait for the database"), house.deployment.store.write():
        tell(house)
    assert listener.heard == []
