"""What plugins say, and what becomes of it: left out, final, or refused; and what a run says of its plugins."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from quitrent.domain.billing_run import BillingRun, RunPhase, UsedPlugin, priced_with
from quitrent.domain.calendar import Calendar
from quitrent.domain.charge import Priced, Step, StepKind
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.price import Adjustments, Reviews, retail_price, reviewed
from quitrent.domain.price_rule import Basis
from quitrent.domain.proposal import Adjustment, LeftOut, Review, Speaker, Verdict
from quitrent.domain.schedule import Schedule

PLAN = Plan("plans/gold", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
PART = next(Calendar().parts(Schedule.starting(date(2026, 1, 1))))
BASIS = Basis(Fraction(20_000_000), (Step(StepKind.RECOMMENDED, "recommended", "20.00"),))
A, B = Speaker("a", "1.1"), Speaker("b", "2.0")
FINAL_A, FINAL_Z = Speaker("a", "1.1", sets_final_price=True), Speaker("z", "3.0", sets_final_price=True)
TEN_PERCENT = Adjustment("ten", "a tenth", percent=Decimal(10))
ONE_LESS = Adjustment("less", "one less", amount=Decimal(-1), currency="USD")
FAILED = LeftOut("raised ValueError")

TENTH = "ADJUSTMENT", "a", "ten", "+10 % of the basis: a tenth"
# What is said | the amount, and each step after the basis: its kind, plugin, code and text
SAID: list[tuple[Adjustments, str, list[tuple[str, ...]]]] = [
    ([], "20.00", []),
    ([(A, TEN_PERCENT)], "22.00", [TENTH]),
    ([(A, FAILED)], "20.00", [("LEFT_OUT", "a", "", "made without this plugin, which raised ValueError")]),
    (
        [(A, TEN_PERCENT), (B, FAILED)],
        "22.00",
        [TENTH, ("LEFT_OUT", "b", "", "made without this plugin, which raised ValueError")],
    ),
    (
        [(A, TEN_PERCENT), (FINAL_Z, ONE_LESS)],
        "19.00",
        [
            ("LEFT_OUT", "a", "ten", "+10 % of the basis is not counted, since plugin z sets the final price: a tenth"),
            ("ADJUSTMENT", "z", "less", "-1 USD: one less"),
        ],
    ),
    (
        [(FINAL_A, ONE_LESS), (B, TEN_PERCENT)],
        "19.00",
        [
            ("ADJUSTMENT", "a", "less", "-1 USD: one less"),
            ("LEFT_OUT", "b", "ten", "+10 % of the basis is not counted, since plugin a sets the final price: a tenth"),
        ],
    ),
    # One that sets the final price and failed, or said nothing, sets none.
    (
        [(A, TEN_PERCENT), (FINAL_Z, FAILED)],
        "22.00",
        [TENTH, ("LEFT_OUT", "z", "", "made without this plugin, which raised ValueError")],
    ),
    (
        [(FINAL_A, ONE_LESS), (FINAL_A, TEN_PERCENT)],
        "21.00",
        [("ADJUSTMENT", "a", "less", "-1 USD: one less"), TENTH],
    ),
]


@pytest.mark.parametrize(("said", "amount", "steps"), SAID)
def test_an_amount_and_its_steps_are_what_counts_of_what_is_said(
    said: Adjustments, amount: str, steps: list[tuple[str, ...]]
) -> None:
    whole, priced = retail_price(BASIS, said, PLAN, PART)
    assert whole == Fraction(amount) * 1_000_000
    assert priced.amount == Money(int(Fraction(amount) * 1_000_000), "USD")
    found = [(step.kind.value, step.plugin, step.code, step.text) for step in priced.steps[1:-1]]
    assert (priced.steps[0], found, priced.steps[-1].kind) == (BASIS.steps[0], steps, StepKind.ROUNDING)
    versions = {one.plugin: one.version for one, _ in said}
    assert {step.plugin: step.plugin_version for step in priced.steps if step.plugin} == versions


def test_the_result_of_each_step_is_the_amount_after_it_and_what_is_left_out_has_none() -> None:
    _, priced = retail_price(BASIS, [(A, ONE_LESS), (A, TEN_PERCENT), (B, FAILED)], PLAN, PART)
    assert [step.result for step in priced.steps] == ["20.00", "19.00", "21.00", "", "21.00"]


def test_two_final_prices_of_one_line_are_none() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        retail_price(BASIS, [(FINAL_Z, ONE_LESS), (FINAL_A, TEN_PERCENT)], PLAN, PART)
    assert (refused.value.reason, refused.value.metadata) == (Reason.PLUGIN_FAILED, {"plugin": "a"})
    assert refused.value.message == "plugins a and z both set the final price; one of them has to go"


def off(percent: int) -> Adjustment:
    return Adjustment("off", "less", percent=Decimal(-percent))


# What is said | the plugin that is named for a price below zero
BLAMED: list[tuple[Adjustments, str]] = [
    ([(A, off(60)), (B, off(50))], "a"),
    ([(A, off(50)), (B, off(60))], "b"),
    # Many small ones are more than a large one.
    ([(A, off(70)), (B, off(40)), (B, off(40))], "b"),
    ([(A, TEN_PERCENT), (B, off(200))], "b"),
]


@pytest.mark.parametrize(("said", "plugin"), BLAMED)
def test_named_for_a_price_below_zero_is_who_took_off_the_most_in_all(said: Adjustments, plugin: str) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        retail_price(BASIS, said, PLAN, PART)
    assert (refused.value.reason, refused.value.metadata) == (Reason.RETAIL_PRICE_BELOW_ZERO, {"plugin": plugin})
    assert refused.value.message.startswith(f"the adjustments, of plugin {plugin} above all, make a price of -")


def test_named_for_a_price_that_is_too_large_is_who_put_on_the_most_in_all() -> None:
    more = Adjustment("more", "more", amount=Decimal(999_999_999), currency="USD")
    with pytest.raises(FailedPrecondition) as refused:
        retail_price(BASIS, [(B, more), (A, off(50)), *([(A, more)] * 1_000)], PLAN, PART)
    assert (refused.value.reason, refused.value.metadata) == (Reason.RETAIL_PRICE_TOO_LARGE, {"plugin": "a"})


PRICED = Priced(Money(20_000_000, "USD"), BASIS.steps)
# What is said | the kind, plugin, version, code and text of each step that is added
REVIEWS: list[tuple[Reviews, list[tuple[str, ...]]]] = [
    ([], []),
    ([(A, Review(Verdict.ALLOW))], []),
    ([(A, Review(Verdict.ALLOW, "fair"))], [("REVIEW", "a", "1.1", "ALLOW", "fair")]),
    ([(A, Review(Verdict.WARN))], [("REVIEW", "a", "1.1", "WARN", "warn")]),
    (
        [(A, Review(Verdict.WARN, "low")), (B, FAILED)],
        [
            ("REVIEW", "a", "1.1", "WARN", "low"),
            ("LEFT_OUT", "b", "2.0", "", "not reviewed by this plugin, which raised ValueError"),
        ],
    ),
]


@pytest.mark.parametrize(("reviews", "steps"), REVIEWS)
def test_a_review_that_says_something_is_a_step_and_changes_no_amount(
    reviews: Reviews, steps: list[tuple[str, ...]]
) -> None:
    after = reviewed(PRICED, reviews)
    assert after.amount == PRICED.amount
    assert after.steps[:1] == BASIS.steps
    found = [(one.kind.value, one.plugin, one.plugin_version, one.code, one.text) for one in after.steps[1:]]
    assert found == steps
    assert {one.result for one in after.steps[1:]} <= {""}


ONE, OTHER = UsedPlugin("markup", "1.0", "ab12"), UsedPlugin("floor", "2.0", "cd34")
# What a run is at and has priced with, and what it goes on with | its plugins and its remarks
SETS: list[tuple[RunPhase, tuple[UsedPlugin, ...], list[UsedPlugin], tuple[UsedPlugin, ...], tuple[str, ...]]] = [
    (RunPhase.FEES, (), [ONE, OTHER], (OTHER, ONE), ("before",)),
    (RunPhase.FEES, (ONE,), [], (), ("before",)),
    (RunPhase.RETAIL, (OTHER, ONE), [ONE, OTHER], (OTHER, ONE), ("before",)),
    (RunPhase.RETAIL, (ONE,), [], (),
     ("before", "went on with the plugins none, after markup 1.0 (settings ab12)")),
    (RunPhase.CHECK, (), [ONE, OTHER], (OTHER, ONE),
     ("before", "went on with the plugins floor 2.0 (settings cd34), markup 1.0 (settings ab12), after none")),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "had", "has", "plugins", "remarks"), SETS)
def test_a_run_says_where_it_goes_on_with_other_plugins(
    phase: RunPhase,
    had: tuple[UsedPlugin, ...],
    has: list[UsedPlugin],
    plugins: tuple[UsedPlugin, ...],
    remarks: tuple[str, ...],
) -> None:
    run = priced_with(BillingRun(date(2026, 1, 31), phase=phase, plugins=had, remarks=("before",)), has)
    assert (run.plugins, run.remarks, run.phase) == (plugins, remarks, phase)
