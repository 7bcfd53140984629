"""What plugins are given, in which order they are asked, and which of them are refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import run
from sys import executable
from typing import Any

import pluggy
import pytest

from quitrent import (
    Adjustment,
    BillingRun,
    Charge,
    Line,
    Money,
    Named,
    RetailAmount,
    Review,
    RunState,
    UsedPlugin,
    Verdict,
    hookimpl,
)
from quitrent.hooks.errors import PluginError
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD, House, day

Transcript = list[tuple[str, ...]]


class Writer:
    """Implements every hook, and writes down who was asked what."""

    def __init__(self, name: str, transcript: Transcript) -> None:
        self.name, self.transcript = name, transcript
        self.given: list[Any] = []

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        self.given.append(line)
        self.transcript.append((self.name, "adjust", line.reseller.name, f"{line.period_start}"))
        return Adjustment(self.name, "one more", amount=Decimal(1), currency=line.currency)

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review:
        self.given += [line, price]
        self.transcript.append((self.name, "review", line.reseller.name, f"{price.whole} {price.amount}"))
        return Review(Verdict.WARN, "seen")

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        self.given += charges
        self.transcript.append((self.name, "posted", *(f"{one.side} {one.subscription[:12]}" for one in charges)))

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        self.given.append(run)
        self.transcript.append((self.name, "finished", run.name, run.state))


@pytest.fixture
def writers(gold: House) -> tuple[House, list[Writer], Transcript]:
    """A house with two plugins that write into one transcript, registered against the order of their names."""
    transcript: Transcript = []
    made = [Writer("b", transcript), Writer("a", transcript)]
    plugins = Plugins()
    for writer in made:
        plugins.register(writer.name, writer, "1.5")
    for reseller in ("r1", "r2"):
        gold.assign(gold.make_account(reseller), start="2026-01-17")
    gold.use_plugins(plugins)
    return gold, made, transcript


R1, R2 = "resellers/r1", "resellers/r2"


def test_a_run_asks_every_plugin_by_name_for_each_line_and_tells_them_last_what_it_has_posted(
    writers: tuple[House, list[Writer], Transcript],
) -> None:
    house, _, transcript = writers
    house.bill("2026-01-31")
    house.wait_until_told()
    posted = [f"{side} {reseller}" for side in ("WHOLESALE", "RETAIL") for reseller in (R1, R2)]
    assert transcript == [
        ("a", "adjust", R1, "2026-01-17"),
        ("a", "adjust", R2, "2026-01-17"),
        ("b", "adjust", R1, "2026-01-17"),
        ("b", "adjust", R2, "2026-01-17"),
        ("a", "review", R1, "22 22"),
        ("a", "review", R2, "22 22"),
        ("b", "review", R1, "22 22"),
        ("b", "review", R2, "22 22"),
        ("a", "posted", *posted),
        ("a", "finished", "billingRuns/2026-01-31-1", "SUCCEEDED"),
        ("b", "posted", *posted),
        ("b", "finished", "billingRuns/2026-01-31-1", "SUCCEEDED"),
    ]
    transcript.clear()
    house.bill("2026-01-31")
    house.wait_until_told()
    # Nothing was posted, and so nothing is told of it.
    assert [line[1] for line in transcript] == ["finished", "finished"]


def test_a_quote_and_a_preview_ask_and_tell_nothing(writers: tuple[House, list[Writer], Transcript]) -> None:
    house, _, transcript = writers
    asked = [
        ("a", "adjust", R1, "2026-02-01"),
        ("b", "adjust", R1, "2026-02-01"),
        ("a", "review", R1, "22 22"),
        ("b", "review", R1, "22 22"),
    ]
    subscription = f"{R1}/customers/c1/accounts/a1/subscriptions/s1"
    house.admin.QuotePrice(subscription=subscription, date=day("2026-02-10"))
    assert transcript == asked
    transcript.clear()
    house.admin.StartBillingRun(through_date=day("2026-01-31"), validate_only=True)
    assert [line[:2] for line in transcript] == [
        (plugin, hook) for hook in ("adjust", "review") for plugin in ("a", "a", "b", "b")
    ]


def test_hooks_are_given_values_of_the_documented_types(writers: tuple[House, list[Writer], Transcript]) -> None:
    house, made, _ = writers
    house.admin.UpdateReseller(reseller={"name": R1, "labels": {"tier": "gold"}}, update_mask={"paths": ["labels"]})
    house.bill("2026-01-31")
    house.wait_until_told()
    given = made[0].given
    assert {type(one) for one in given} == {Line, RetailAmount, Charge, BillingRun}
    line = next(one for one in given if isinstance(one, Line))
    account = f"{R1}/customers/c1/accounts/a1"
    assert line == Line(
        reseller=Named(R1, {"tier": "gold"}),
        customer=Named(f"{R1}/customers/c1"),
        account=Named(account),
        product=Named(GOLD),
        subscription=f"{account}/subscriptions/s1",
        subscription_start=date(2026, 1, 17),
        period_start=date(2026, 1, 17),
        period_end=date(2026, 2, 1),
        period_index=0,
        currency="USD",
        recommended=Decimal(20),
        basis=Decimal(20),
        own_cost=Decimal(10),
    )
    assert {type(amount) for amount in (line.recommended, line.basis, line.own_cost)} == {Decimal}
    charge = next(one for one in given if isinstance(one, Charge) and one.side == "RETAIL")
    assert (charge.amount, charge.subscription) == (Money(22_000_000, "USD"), line.subscription)
    told = next(one for one in given if isinstance(one, BillingRun))
    assert (told.state, told.plugins) == (RunState.SUCCEEDED, (UsedPlugin("a", "1.5"), UsedPlugin("b", "1.5")))
    assert all(one is not other for one in made[0].given for other in made[1].given)


_pluggy = pluggy.HookimplMarker("quitrent")


class _Unmarked:
    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None: ...

    def quitrent_adjust_retail(self, line: Line) -> None: ...


class _Misspelled:
    @hookimpl
    def quitrent_adjust_retial(self, line: Line) -> None: ...


class _Quietly:
    @_pluggy(optionalhook=True)
    def quitrent_adjust_retial(self, line: Line) -> None: ...


class _WrongArgument:
    @hookimpl
    def quitrent_adjust_retail(self, price: Line) -> None: ...


class _Wraps:
    @_pluggy(wrapper=True)
    def quitrent_adjust_retail(self, line: Line) -> Any:
        return (yield)


class _WrapsAsOfOld:
    @_pluggy(hookwrapper=True)
    def quitrent_adjust_retail(self, line: Line) -> Any:
        yield


class _Nothing:
    pass


# What is registered | what is said of it
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a hook that does not exist": (_Misspelled, "unknown hook 'quitrent_adjust_retial'"),
    "a hook that does not exist and need not": (_Quietly, "quitrent_adjust_retial"),
    "an argument that the hook does not have": (_WrongArgument, "Argument(s) {'price'} are declared"),
    "a wrapper": (_Wraps, "quitrent_adjust_retail is a wrapper; a plugin cannot wrap another's answer"),
    "a wrapper of the old kind": (_WrapsAsOfOld, "quitrent_adjust_retail is a wrapper"),
    "a hook that is not marked": (_Unmarked, "quitrent_adjust_retail is not marked with @hookimpl"),
    "nothing": (_Nothing, "implements no hook"),
}


@pytest.mark.parametrize(("made", "said"), REFUSED.values(), ids=REFUSED)
def test_a_plugin_that_declares_its_hooks_wrongly_is_refused_by_name(made: Callable[[], object], said: str) -> None:
    with pytest.raises(PluginError, match=r"^plugin lab-7") as refused:
        Plugins().register("lab-7", made())
    assert said in str(refused.value)


def test_a_name_is_given_once() -> None:
    plugins = Plugins()
    plugins.register("lab-7", Writer("x", []))
    with pytest.raises(PluginError, match=r"^plugin lab-7 is in use already"):
        plugins.register("lab-7", Writer("y", []))


# The settings file | what `quitrent serve` says before it ends
SETTINGS = {
    "not installed": (
        "[plugins.markdown]",
        "plugin markdown has a table in the settings and is not installed; installed: contract-price, market-entry,",
    ),
    "refuses its table": (
        "[plugins.markup]\npercnt = '1'",
        "plugin markup: the table has no setting percnt; there are labels, percent, products, resellers",
    ),
    "no table": ("plugins = ['markup']", "plugins has to hold a table for each plugin, like [plugins.markup]"),
}


@pytest.mark.parametrize(("text", "said"), SETTINGS.values(), ids=SETTINGS)
def test_a_plugin_that_is_configured_and_cannot_be_used_keeps_the_server_from_starting(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "quitrent.toml").write_text(text, encoding="utf-8")
    command = [executable, "-c", "from quitrent.cli import main; main()", "serve", "--listen", "localhost:0"]
    ended = run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=os.environ, check=False)
    assert ended.returncode != 0
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "quitrent.db").exists()
