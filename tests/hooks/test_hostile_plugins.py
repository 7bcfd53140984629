"""What a plugin at hand answers and does that nobody should; `test_zoo` has those that live in hosts.

Most are asked without a server: what becomes of a line that has no price is the same for all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quitrent import Adjustment, BillingRun, Charge, Line, Named, RetailAmount, Review, Verdict, hookimpl
from quitrent.domain.calendar import Calendar
from quitrent.domain.charge import ChargeReason, Priced, Side
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.price import retail_price, reviewed
from quitrent.domain.price_rule import Basis
from quitrent.domain.schedule import Schedule
from quitrent.hooks.manager import Plugins
from tests.harness import House, day, identities, text_of
from tests.hooks.hostile import (
    FAIR,
    JUDGING,
    PARKING,
    Act,
    ChangesItLater,
    Judgement,
    answers,
    changes_its_line,
    changes_the_arithmetic,
    nameless,
    raises,
)
from tests.hooks.test_hostile_values import LINE
from tests.zoo.houses import BYSTANDER, SUBSCRIPTIONS
from tests.zoo.keeper import VICTIM

LINES = [LINE, replace(LINE, reseller=Named(BYSTANDER))]
PLAN = Plan("plans/gold", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
BASIS = Basis(Fraction(20_000_000), ())
PART = next(Calendar().parts(Schedule.starting(LINE.period_start)))


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


def with_plugins(**made: object) -> Plugins:
    plugins = Plugins()
    for name, plugin in made.items():
        plugins.register(name, plugin)
    return plugins


def priced(plugins: Plugins) -> list[Priced | str]:
    """The price of each line, or what is said instead. A thread asks, as a server's: the main one is an operator's."""
    with ThreadPoolExecutor(1) as thread:
        adjustments = thread.submit(plugins.adjust, LINES).result()
        return [
            thread.submit(_priced, plugins, line, one).result() for line, one in zip(LINES, adjustments, strict=True)
        ]


def _priced(plugins: Plugins, line: Line, adjustments: Any) -> Priced | str:
    try:
        _, price = retail_price(BASIS, _or_raised(adjustments), PLAN, PART)
        [reviews] = plugins.review([(line, RetailAmount(whole=LINE.basis, amount=LINE.basis))])
        return reviewed(price, _or_raised(reviews))
    except FailedPrecondition as failure:
        return f"{failure.metadata['plugin']}: {failure.message}"


def _or_raised(outcome: Any) -> Any:
    if isinstance(outcome, FailedPrecondition):
        raise outcome
    return outcome


TITLES = [title for title, *_ in PARKING] + [f"reviews and {title}" for title, *_ in JUDGING]
CASES = [(Plugin(act), said) for _, act, said in PARKING] + [
    (Plugin(judgement=judgement), said) for _, judgement, said in JUDGING
]


@pytest.mark.parametrize(("plugin", "said"), CASES, ids=TITLES)
def test_an_answer_that_may_not_be_given_leaves_its_line_without_a_price(plugin: Plugin, said: str) -> None:
    failure, price = priced(with_plugins(hostile=plugin))
    assert isinstance(failure, str)
    assert failure.startswith("hostile: ")
    assert "plugin hostile" in failure
    assert said in failure
    assert [price] == priced(with_plugins(hostile=Plugin()))[1:]


@pytest.fixture
def shop(house: House) -> House:
    """Two resellers have the product gold since January."""
    house.make_product(wholesale={"first_part": "PART_CHARGE_WHOLE"})
    for reseller in ("victim", "bystander"):
        house.assign(house.make_account(reseller), start="2026-01-11")
    return house


def test_a_plugin_that_fails_costs_its_line_the_retail_price_until_it_is_mended(shop: House) -> None:
    # In three periods it fails in three ways.
    ways = (raises(ValueError("\ud800\0")), answers(7), lambda line: FAIR)
    refuse: Judgement = lambda line, price: Review(Verdict.REFUSE, "\ud800\0")  # noqa: E731
    plugin = Plugin(lambda line: ways[line.period_index](line), refuse)
    shop.use_plugins(with_plugins(hostile=plugin))
    foreseen = shop.admin.StartBillingRun(through_date=day("2026-03-31"), validate_only=True)
    run = shop.bill("2026-03-31")

    parked = shop.admin.ListParkedCharges().parked_charges
    assert [(one.subscription, one.plugin) for one in parked] == [(SUBSCRIPTIONS[0], "hostile")] * 3
    said = ("raised ValueError", "proposed a int instead of an Adjustment", "refused the price: ??")
    assert [one.cause for one in parked] == [f"plugin hostile {one}" for one in said]
    assert [one.cause for one in foreseen.preview_parked_charges] == [one.cause for one in parked]
    assert (foreseen.billing_run.parked_count, run.parked_count) == (3, 3)

    requests = [{"subscription": name, "date": day("2026-02-01")} for name in SUBSCRIPTIONS]
    refused, quoted = shop.admin.BatchQuotePrices(requests=requests).results
    assert text_of(quoted.quote.retail.amount) == "22.00"
    assert "plugin hostile" in refused.error.message
    refusal = shop.admin.refusal("QuotePrice", subscription=SUBSCRIPTIONS[0], date=day("2026-02-01"))
    assert (refusal.code, refusal.metadata["plugin"]) == ("FAILED_PRECONDITION", "hostile")

    plugin.mended = True
    shop.bill("2026-03-31")
    assert not shop.admin.ListParkedCharges().parked_charges
    victim, bystander = (
        [one[1:] for one in identities(shop.charges(parent=parent))] for parent in ("resellers/victim", BYSTANDER)
    )
    assert victim == bystander


# What is said as a reason | what is kept of it, in one period each
REASONS = {
    "\ud800": "?",
    "a\0b": "a?b",
    "\U0001f4b6" * 255: "\U0001f4b6" * 255,
    "two\nlines": "two\nlines",
    "": "",
}


def test_a_reason_is_kept_as_far_as_it_can_be_written(shop: House) -> None:
    said = list(REASONS)

    def adjust(line: Line) -> Adjustment:
        return replace(FAIR, reason=said[line.period_index])

    def review(line: Line, price: RetailAmount) -> Review:
        return Review(Verdict.WARN, said[line.period_index])

    shop.use_plugins(with_plugins(hostile=Plugin(adjust, review)))
    shop.bill("2026-05-31")
    charges = shop.charges(parent=VICTIM, side="SIDE_RETAIL")
    charges.sort(key=lambda charge: (charge.period_start.year, charge.period_start.month))
    for charge, kept in zip(charges, REASONS.values(), strict=True):
        texts = [step.text for step in charge.explanation.steps if step.plugin]
        assert texts == [f"+10 % of the basis: {kept}", kept or "warn"]


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


def charge() -> Charge:
    return Charge(
        subscription=LINE.subscription,
        side=Side.RETAIL,
        reason=ChargeReason.RECURRING,
        period_start=LINE.period_start,
        period_end=LINE.period_end,
        due_date=LINE.period_start,
        amount=Money(1_000_000, "USD"),
    )


@pytest.mark.parametrize("made", HARMLESS.values(), ids=HARMLESS)
def test_what_a_plugin_does_to_its_arguments_and_its_surroundings_changes_nothing(made: Callable[[], object]) -> None:
    outcomes = []
    for plugin in (made(), Plugin()):
        witness = Witness()
        plugins = with_plugins(hostile=plugin, later=witness)
        prices = priced(plugins)
        charges, run = [charge()], BillingRun(date(2026, 1, 31))
        for name in plugins.listeners():
            plugins.charges_posted(name, charges)
            plugins.run_finished(name, run)
        assert (charges, run) == ([charge()], BillingRun(date(2026, 1, 31)))
        outcomes.append((prices, witness.seen))
    assert outcomes[0] == outcomes[1]
