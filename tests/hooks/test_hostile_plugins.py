"""Whatever a plugin does: the fee arrives, everyone else is charged, and its own line as soon as it is mended."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from quitrent import BillingRun, Charge, Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.hooks.manager import Plugins
from tests.harness import House, day, identities, text_of
from tests.hooks.hostile import (
    FAIR,
    JUDGING,
    PARKING,
    Act,
    ChangesItLater,
    Judgement,
    changes_its_line,
    changes_the_arithmetic,
    nameless,
    text,
)

VICTIM, BYSTANDER = "resellers/victim", "resellers/bystander"
SUBSCRIPTIONS = [f"{reseller}/customers/c1/accounts/a1/subscriptions/s1" for reseller in (VICTIM, BYSTANDER)]


class Plugin:
    """Does what it likes with the lines of one reseller until it is mended; apart from that it is fair."""

    def __init__(self, act: Act = lambda line: FAIR, judgement: Judgement = lambda line, price: None) -> None:
        self.act, self.judgement = act, judgement
        self.mended = False

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> object:
        return FAIR if self.mended or line.reseller.name != VICTIM else self.act(line)

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> object:
        return None if self.mended or line.reseller.name != VICTIM else self.judgement(line, price)


class Witness:
    """Says nothing, and remembers what it was asked and told, after the other plugin."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        self.seen.append(line)

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> None:
        self.seen += [line, price]

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        self.seen += charges

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        self.seen.append(run)


@pytest.fixture(autouse=True)
def log() -> Iterator[list[str]]:
    """What is logged of plugins, formatted as it would be, and kept from pytest, which cannot send every text."""
    written: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        written.append(logging.Formatter().format(record))
        return False

    logger = logging.getLogger("quitrent.hooks.plugin")
    logger.addFilter(keep)
    yield written
    logger.removeFilter(keep)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which two resellers have the product gold since January."""
    house = House(tmp_path_factory.mktemp("prepared"))
    house.make_product(wholesale={"first_part": "PART_CHARGE_WHOLE"})
    for reseller in ("victim", "bystander"):
        house.assign(house.make_account(reseller), start="2026-01-11")
    house.close()
    return house.folder / "quitrent.db"


Opened = Callable[..., House]


@pytest.fixture(scope="module")
def open_house(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Opens a house in a copy of the database, with plugins whose names are in their order."""
    houses: list[House] = []

    def opened(*made: object) -> House:
        folder = tmp_path_factory.mktemp("house")
        shutil.copy(prepared, folder)
        plugins = Plugins()
        for name, plugin in zip(("hostile", "later"), made, strict=False):
            plugins.register(name, plugin)
        houses.append(House(folder, plugins))
        return houses[-1]

    yield opened
    for house in houses:
        house.close()


Books = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def fees_without_plugins(open_house: Opened) -> Books:
    house = open_house()
    house.bill("2026-03-31")
    return fees_of(house)


@pytest.fixture(scope="module")
def books_of_the_mended(open_house: Opened) -> Books:
    house = open_house(Plugin())
    house.bill("2026-03-31")
    return identities(house.charges())


def fees_of(house: House) -> Books:
    return identities(house.charges(side="SIDE_WHOLESALE"))


def retail_of(books: Books, reseller: str) -> Books:
    return [one for one in books if one[0].startswith(reseller) and "/retail-" in one[0]]


def quotes(house: House) -> Any:
    """The quotes of both subscriptions for February, in one call."""
    requests = [{"subscription": name, "date": day("2026-02-01")} for name in SUBSCRIPTIONS]
    return house.admin.BatchQuotePrices(requests=requests).results


TITLES = [title for title, *_ in PARKING] + [f"reviews and {title}" for title, *_ in JUDGING]
CASES = [(Plugin(act), said) for _, act, said in PARKING] + [
    (Plugin(judgement=judgement), said) for _, judgement, said in JUDGING
]


@pytest.mark.parametrize(("plugin", "said"), CASES, ids=TITLES)
def test_a_plugin_that_fails_costs_its_line_the_retail_price_until_it_is_mended(
    open_house: Opened, fees_without_plugins: Books, books_of_the_mended: Books, plugin: Plugin, said: str
) -> None:
    house = open_house(plugin)
    foreseen = house.admin.StartBillingRun(through_date=day("2026-03-31"), validate_only=True)
    run = house.bill("2026-03-31")

    assert fees_of(house) == fees_without_plugins
    books = identities(house.charges())
    assert retail_of(books, VICTIM) == []
    assert retail_of(books, BYSTANDER) == retail_of(books_of_the_mended, BYSTANDER)
    parked = house.admin.ListParkedCharges().parked_charges
    assert [(one.subscription, one.plugin) for one in parked] == [(SUBSCRIPTIONS[0], "hostile")] * 3
    assert [one.cause for one in foreseen.preview_parked_charges] == [one.cause for one in parked]
    assert (foreseen.billing_run.parked_count, run.parked_count) == (3, 3)
    for one in parked:
        assert "plugin hostile" in one.cause
        assert said in one.cause

    refused, quoted = quotes(house)
    assert text_of(quoted.quote.retail.amount) == "22.00"
    assert "plugin hostile" in refused.error.message
    refusal = house.admin.refusal("QuotePrice", subscription=SUBSCRIPTIONS[0], date=day("2026-02-01"))
    assert (refusal.code, refusal.metadata["plugin"]) == ("FAILED_PRECONDITION", "hostile")

    plugin.mended = True
    house.bill("2026-03-31")
    assert identities(house.charges()) == books_of_the_mended
    assert not house.admin.ListParkedCharges().parked_charges
    plugin.mended = False


class Raises(Plugin):
    """Is fair, and raises when it is told of something."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        raise self.error

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        raise self.error


class Changes(Plugin):
    """Is fair, and changes what it is told of."""

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        for charge in charges:
            object.__setattr__(charge.amount, "amount_micros", 1)
            object.__setattr__(charge, "subscription", "")

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        object.__setattr__(run, "state", "FAILED")


HARMLESS: dict[str, Callable[[], object]] = {
    "changes its line": lambda: Plugin(changes_its_line),
    "changes what it was given and what it answered later, from a thread": ChangesItLater,
    "changes the arithmetic of the thread": lambda: Plugin(changes_the_arithmetic),
    "changes the price that it reviews": lambda: Plugin(
        judgement=lambda line, price: object.__setattr__(price, "amount", 0)
    ),
    "allows without a word": lambda: Plugin(judgement=lambda line, price: Review(Verdict.ALLOW)),
    "raises when it is told of something": lambda: Raises(RuntimeError("no")),
    "raises SystemExit when it is told of something": lambda: Raises(SystemExit()),
    "raises what has no name when it is told of something": lambda: Raises(nameless(Exception)),
    "changes the charges that it is told of": Changes,
}


@pytest.mark.parametrize("made", HARMLESS.values(), ids=HARMLESS)
def test_what_a_plugin_does_to_its_arguments_and_its_surroundings_changes_nothing(
    open_house: Opened, fees_without_plugins: Books, books_of_the_mended: Books, made: Callable[[], object]
) -> None:
    seen: list[list[object]] = []
    for plugin in (made(), Plugin()):
        witness = Witness()
        house = open_house(plugin, witness)
        for run, through in enumerate(("2026-02-28", "2026-03-31"), start=1):
            house.bill(through)
            # What the other one is told it may not have taken well.
            until = monotonic() + 30
            while sum(isinstance(one, BillingRun) for one in witness.seen) < run:
                assert monotonic() < until
                sleep(0.01)
        assert fees_of(house) == fees_without_plugins
        assert identities(house.charges()) == books_of_the_mended
        house.close()
        seen.append(witness.seen)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("\ud800", "?"),
        ("a\0b", "a?b"),
        ("\U0001f4b6" * 255, "\U0001f4b6" * 255),
        ("two\nlines", "two\nlines"),
        ("", ""),
    ],
    ids=["a lone surrogate", "NUL", "the longest text", "a line break", "nothing"],
)
def test_a_reason_is_kept_as_far_as_it_can_be_written(
    open_house: Opened, fees_without_plugins: Books, reason: str, kept: str
) -> None:
    house = open_house(Plugin(text(reason=reason), lambda line, price: Review(Verdict.WARN, reason)))
    house.bill("2026-03-31")
    assert fees_of(house) == fees_without_plugins
    steps = house.charges(parent=VICTIM, side="SIDE_RETAIL")[0].explanation.steps
    said = {step.kind: step.text for step in steps if step.plugin}
    assert list(said.values()) == [f"+10 % of the basis: {kept}", kept or "warn"]
