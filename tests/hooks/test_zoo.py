"""Whatever a plugin in a host does: the fees are those of a run without plugins, and everyone else is charged.

Each animal of `tests.zoo` lives beside a healthy plugin, and acts for the lines of one reseller where
it can tell lines apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from quitrent.hooks.discovery import hosted
from quitrent.hooks.errors import PluginError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.v1.explanation_pb2 import StepKind
from tests.harness import House, day
from tests.zoo.houses import (
    BYSTANDER,
    HEALTHY,
    SUBSCRIPTIONS,
    THROUGH,
    Books,
    Zoo,
    amounts_of,
    condition,
    fees_of,
    left_behind,
    quoted,
    retail_of,
    source,
)
from tests.zoo.keeper import VICTIM

# Long enough for a loaded machine, and short enough to wait for.
IMPATIENT = Hosting(time_limit_ms=600, failures_in_a_row=0)
PATIENT = Hosting(failures_in_a_row=0)

# What comes of an animal: nothing; another price of the victim's; the victim's lines, or all, are
# parked; or it cannot be made ready, and all are.
HARMLESS, UNSTEADY, PARKS, PARKS_ALL, BROKEN = "HARMLESS", "UNSTEADY", "PARKS", "PARKS_ALL", "BROKEN"


@dataclass(frozen=True)
class Animal:
    """A plugin of the zoo, what comes of it, and what is said of that."""

    location: str
    outcome: str
    said: str = ""
    hosting: Hosting = PATIENT


GARBAGE = "wrote to the connection of its process"
READY = "when it was made ready"

ZOO: dict[str, Animal] = {
    "raises Exception": Animal("raising:RaisesException", PARKS, "raised Exception"),
    "raises BaseException": Animal("raising:RaisesBaseException", PARKS, "raised BaseException"),
    "raises SystemExit": Animal("raising:RaisesSystemExit", PARKS, "raised SystemExit"),
    "raises StopIteration": Animal("raising:RaisesStopIteration", PARKS, "raised StopIteration"),
    "raises KeyboardInterrupt": Animal("raising:RaisesKeyboardInterrupt", PARKS, "raised KeyboardInterrupt"),
    "recurses": Animal("raising:Recurses", PARKS, "raised RecursionError"),
    "fails at import": Animal("fails_at_import:Plugin", BROKEN, f"raised RuntimeError {READY}"),
    "hangs at import": Animal(
        "hangs_at_import:Plugin", BROKEN, f"took longer than 1000 ms {READY}", replace(PATIENT, start_limit_ms=1_000)
    ),
    "fails when it is made": Animal("starting:FailsWhenMade", BROKEN, f"raised RuntimeError {READY}"),
    "ends its process when it is made": Animal(
        "starting:EndsWhenMade", BROKEN, f"ended its process (exit code 3) {READY}"
    ),
    "says that it is another": Animal("starting:SaysItIsAnother", PARKS_ALL, GARBAGE),
    "declares nonsense": Animal("starting:DeclaresNonsense", BROKEN, "declared hooks that there are not"),
    "declares without end": Animal("starting:DeclaresWithoutEnd", BROKEN, f"{GARBAGE} {READY}"),
    "does not want to end": Animal("tearing:ClingsOn", HARMLESS),
    "hangs in Python": Animal("hanging:InPython", PARKS, "took longer than 600 ms", IMPATIENT),
    "hangs in C": Animal("hanging:InC", PARKS, "took longer than 600 ms", IMPATIENT),
    "hangs in C with the interpreter": Animal("hanging:InCForEveryThread", PARKS, "took longer than 600 ms", IMPATIENT),
    "sleeps 50 ms a line": Animal("hanging:Slow", HARMLESS),
    "answers NaN": Animal("answering:NaN", PARKS, "proposed NaN as percent"),
    "answers Infinity": Animal("answering:Infinite", PARKS, "proposed Infinity as percent"),
    "answers a float": Animal("answering:Float", PARKS, "proposed a float as percent"),
    "answers a text": Animal("answering:Text", PARKS, "proposed a str as percent"),
    "answers a bool": Animal("answering:Bool", PARKS, "proposed a bool as percent"),
    "answers an evil Decimal": Animal("answering:Evil", PARKS, "proposed a EvilDecimal as percent"),
    "answers 10**30": Animal("answering:Huge", PARKS, "at most 100000 either way"),
    "answers minus 500 %": Animal("answering:Minus500", PARKS, "a retail price is zero or more"),
    "answers in euros": Animal("answering:Euros", PARKS, "proposed an amount in EUR for a line in USD"),
    "answers otherwise each time": Animal("answering:Unsteady", UNSTEADY),
    "gives too few answers": Animal("answering:miscounts", PARKS, "gave 0 answers for 1 line"),
    "changes its line": Animal("mutating:ChangesItsLine", HARMLESS),
    "changes it later from a thread": Animal("mutating:ChangesItLater", HARMLESS),
    "exits": Animal("dying:Exits", PARKS, "ended its process (exit code 7)"),
    "exits later": Animal("dying:ExitsLater", HARMLESS),
    "crashes": Animal("dying:Crashes", PARKS, "ended its process (SIGSEGV)"),
    "ends its group": Animal("dying:EndsItsGroup", PARKS, "ended its process (SIGKILL)"),
    "ends its parent": Animal("dying:EndsItsParent", PARKS, "ended its process (SIGKILL)"),
    "leaves its guard": Animal("dying:LeavesItsGuard", PARKS, "took longer than 600 ms", IMPATIENT),
    "stops its parent and itself": Animal("dying:StopsItsParent", PARKS, "took longer than 600 ms", IMPATIENT),
    "removes its folder": Animal("dying:RemovesItsFolder", PARKS, "ended its process (exit code 7)"),
    "forks": Animal("dying:Forks", HARMLESS),
    "leaves children in their own sessions": Animal("dying:LeavesChildren", HARMLESS),
    "leaves its session": Animal("dying:LeavesItsSession", HARMLESS),
    "takes 4 GiB": Animal("eating:TakesFourGiB", PARKS, "raised MemoryError"),
    "leaks 1 MiB a line": Animal("eating:Leaks", HARMLESS),
    "grows past what it may use": Animal("eating:Grows", HARMLESS, hosting=replace(PATIENT, memory_mib=100)),
    "takes all files": Animal("eating:TakesAllFiles", PARKS, "raised OSError"),
    "takes all threads": Animal("eating:TakesAllThreads", PARKS, "raised RuntimeError"),
    "closes all files": Animal("eating:ClosesAllFiles", PARKS, "ended its process"),
    "nests folders": Animal("eating:NestsFolders", HARMLESS),
    "writes noise": Animal("garbling:WritesNoise", PARKS, GARBAGE),
    "writes noise later": Animal("garbling:WritesNoiseLater", HARMLESS),
    "writes a huge length": Animal("garbling:WritesAHugeLength", PARKS, GARBAGE),
    "answers another question": Animal("garbling:AnswersAnotherQuestion", PARKS, GARBAGE),
    "answers too often": Animal("garbling:AnswersTooOften", PARKS, GARBAGE),
    "answers with reviews": Animal("garbling:AnswersWithReviews", PARKS, GARBAGE),
    "says half": Animal("garbling:SaysHalf", PARKS, "took longer than 600 ms", IMPATIENT),
    "drips": Animal("garbling:Drips", PARKS, "took longer than 600 ms", IMPATIENT),
    "writes what is no text": Animal("garbling:WritesNoText", PARKS, GARBAGE),
    "nests lists": Animal("garbling:NestsLists", PARKS, GARBAGE),
    "counts without end": Animal("garbling:CountsWithoutEnd", PARKS, GARBAGE),
    "says the unsayable": Animal("garbling:SaysTheUnsayable", PARKS, "said? ?[31mxxx"),
    "claims to be huge": Animal("garbling:ClaimsToBeHuge", HARMLESS),
    "closes the connection": Animal("garbling:Closes", PARKS, "ended its process (exit code 1)"),
    "writes into the store": Animal("meddling:WritesIntoTheStore", HARMLESS),
    "patches money": Animal("meddling:PatchesMoney", PARKS, "proposed -1000000 as percent"),
    "takes others out": Animal("meddling:TakesOthersOut", HARMLESS),
    "looks for secrets": Animal("meddling:LooksForSecrets", HARMLESS),
    "prints 200 MB": Animal("meddling:Prints", HARMLESS),
    "changes its surroundings": Animal("meddling:ChangesItsSurroundings", HARMLESS),
}


@dataclass(frozen=True)
class Expected:
    """The books that should come of it."""

    fees: Books
    victim: Books
    bystander: Books
    without_the_hostile: list[str]


@pytest.fixture(scope="module")
def expected(zoo: Zoo) -> Expected:
    with zoo.house() as house:
        house.bill(THROUGH)
        fees = fees_of(house)
    with zoo.house(HEALTHY) as house:
        house.bill(THROUGH)
        alone = amounts_of(house, BYSTANDER)
    with zoo.house(HEALTHY, (source("hostile", "keeper:Fair"), Hosting())) as house:
        house.bill(THROUGH)
        return Expected(fees, retail_of(house, VICTIM), retail_of(house, BYSTANDER), alone)


def billed(house: House) -> list[str]:
    """Bill, and give what the bystander was quoted meanwhile and afterwards."""
    run = house.admin.StartBillingRun(through_date=day(THROUGH)).billing_run
    quotes = [quoted(house)]
    for seen in house.admin.WatchBillingRun(name=run.name):
        run = seen.billing_run
    assert (run.State.Name(run.state), run.failure) == ("STATE_SUCCEEDED", "")
    return [*quotes, quoted(house)]


@pytest.mark.parametrize("title", [title for title, one in ZOO.items() if one.outcome not in (PARKS_ALL, BROKEN)])
def test_an_animal_costs_nobody_else_anything(zoo: Zoo, expected: Expected, title: str) -> None:
    animal = ZOO[title]
    with zoo.house((source("hostile", animal.location), animal.hosting), HEALTHY) as house:
        assert billed(house) == ["22.50", "22.50"]
        assert fees_of(house) == expected.fees
        assert retail_of(house, BYSTANDER) == expected.bystander
        parked = house.admin.ListParkedCharges().parked_charges
        if animal.outcome == PARKS:
            assert [(one.subscription, one.plugin) for one in parked] == [(SUBSCRIPTIONS[0], "hostile")] * 2
            for one in parked:
                assert "plugin hostile" in one.cause
                assert animal.said in one.cause
                assert len(one.cause) < 600
            assert not retail_of(house, VICTIM)
        else:
            assert not parked
            assert animal.outcome == UNSTEADY or retail_of(house, VICTIM) == expected.victim
            assert len(retail_of(house, VICTIM)) == 2
        assert condition(house, "hostile") == ("IN_USE", "")


@pytest.mark.parametrize("title", [title for title, one in ZOO.items() if one.outcome in (PARKS_ALL, BROKEN)])
def test_an_animal_that_fails_for_all_parks_all_or_is_left_out(zoo: Zoo, expected: Expected, title: str) -> None:
    animal = ZOO[title]
    hostile = source("hostile", animal.location)
    with zoo.house((hostile, animal.hosting), HEALTHY) as house:
        run = house.bill(THROUGH)
        assert (fees_of(house), run.parked_count) == (expected.fees, 4)
        assert not house.charges(side="SIDE_RETAIL")
        for one in house.admin.ListParkedCharges().parked_charges:
            assert one.plugin == "hostile"
            assert f"plugin hostile {animal.said}" in one.cause
        refusal = house.admin.refusal("QuotePrice", subscription=SUBSCRIPTIONS[1], date=day("2026-03-01"))
        assert (refusal.reason, refusal.metadata["plugin"]) == ("PLUGIN_FAILED", "hostile")
        is_broken = animal.outcome == BROKEN
        assert condition(house, "hostile") == (("BROKEN", f"it {animal.said}") if is_broken else ("IN_USE", ""))
    with zoo.house((hostile, replace(animal.hosting, on_failure="price-without")), HEALTHY) as house:
        assert billed(house) == ["20.50", "20.50"]
        assert fees_of(house) == expected.fees
        assert amounts_of(house, BYSTANDER) == amounts_of(house, VICTIM) == expected.without_the_hostile
        for charge in house.charges(side="SIDE_RETAIL"):
            # One that cannot say which hooks it has was to adjust and to review.
            left_out = [step for step in charge.explanation.steps if step.kind == StepKind.STEP_KIND_LEFT_OUT]
            assert {(step.plugin, animal.said in step.text) for step in left_out} == {("hostile", True)}


def test_two_that_disagree_come_to_the_same_amount_whatever_they_are_called(zoo: Zoo) -> None:
    amounts = []
    for names in (("a", "b"), ("b", "a")):
        sources = [source(name, f"declaring:{animal}") for name, animal in zip(names, ("More", "Less"), strict=True)]
        with zoo.house(*((one, Hosting()) for one in sources)) as house:
            house.bill(THROUGH)
            amounts.append(amounts_of(house, VICTIM))
    assert amounts[0] == amounts[1]
    # A basis of 20.00 with +33.333333 % and -7.777777, for March.
    assert amounts[0][1] == "18.89"


# What is configured | what the server says instead of starting
REFUSED: dict[str, tuple[list[PluginSource], str]] = {
    "two that set the final price": (
        [source("a", "declaring:Final"), source("b", "declaring:Final")],
        "plugins a and b both set the final price",
    ),
    "an unknown setting": (
        [source("a", "declaring:Configured", percent="10", percnt="10")],
        "plugin a: the table has no setting percnt; there are percent",
    ),
    "a setting of the wrong type": (
        [source("a", "declaring:Configured", percent=True)],
        "plugin a: percent is True; it takes a number",
    ),
    "another's trouble": ([source("a", "starting:SpeaksForAnother")], "plugin a: plugin healthy: its author"),
    "what nobody can say": ([source("a", "starting:RefusesUnsayably")], "plugin a: ???[2Jxxx"),
    "a setting that is missing": ([source("a", "declaring:Configured")], "plugin a: percent is missing"),
}


@pytest.mark.parametrize(("sources", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_keeps_the_server_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[PluginSource], said: str
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(PluginError) as refused:
        hosted([(one, Hosting()) for one in sources])
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 5_000
    assert not left_behind(tmp_path)
