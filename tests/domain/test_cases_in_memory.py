"""The tables of `tests/cases`, which were worked by hand for a server, lived in memory: quick enough for mutants."""

from __future__ import annotations

from typing import Any, cast

import pytest

from quitrent.domain.charge import Side
from tests.cases.test_calendars_by_hand import CASES as CALENDARS
from tests.cases.test_fees_beside_by_hand import CASES as FEES_BESIDE
from tests.cases.test_fees_beside_by_hand import GIVEN_BACK
from tests.cases.test_lives_by_hand import ASSIGNED_AGAIN, ENDS, PAUSES, Step
from tests.cases.test_worked_figures import FIGURES
from tests.domain.ledger import ACCOUNT, FIRST, Ledger, both, lived, plan_of
from tests.harness import House

Plan = dict[str, Any]


def both_sides(ledger: Ledger) -> list[list[str]]:
    return [ledger.lines(side) for side in Side]


def live(ledger: Ledger, steps: list[Step], start: str = "2026-01-01") -> Ledger:
    ledger.assign(ACCOUNT, start)
    for step in steps:
        # The tables' steps ask of a house what a ledger has too.
        step(cast("House", ledger), FIRST)
    return ledger


@pytest.mark.parametrize(("plan", "start", "end", "through", "charged"), CALENDARS + FEES_BESIDE)
def test_a_plan_charges_what_is_worked_by_hand_on_both_sides(
    plan: Plan, start: str, end: str, through: str, charged: list[str]
) -> None:
    ledger = lived(*both(plan), start, [through], end)
    assert both_sides(ledger) == [charged, charged]


@pytest.mark.parametrize(("plan", "fee", "start", "runs", "charged"), FIGURES)
def test_a_plan_charges_the_worked_figures_on_both_sides(
    plan: Plan, fee: str, start: str, runs: list[str], charged: list[str]
) -> None:
    ledger = lived(*both(plan, fee), start, runs)
    assert both_sides(ledger) == [charged, charged]


@pytest.mark.parametrize(("plan", "billed", "end", "charged"), GIVEN_BACK)
def test_what_an_end_gives_back_of_what_was_charged_in_advance_is_worked_by_hand(
    plan: Plan, billed: str, end: str, charged: list[str]
) -> None:
    ledger = live(Ledger(*both(plan)), [lambda house, name: house.bill(billed)], billed)
    before = both_sides(ledger)
    ledger.close(FIRST, ledger.today.fromisoformat(end))
    for through in (billed, end, "2026-12-31"):
        ledger.bill(through)
    after = both_sides(ledger)
    assert [sorted(set(new) - set(old)) for new, old in zip(after, before, strict=True)] == [charged, charged]


@pytest.mark.parametrize(("retail", "steps", "charged"), PAUSES)
def test_what_a_resume_does_with_the_suspended_days_is_worked_by_hand(
    retail: Plan, steps: list[Step], charged: list[str]
) -> None:
    ledger = live(Ledger(plan_of("RESELLER", "10.00", {}), plan_of("ACCOUNT", "20.00", retail)), steps)
    assert [line for line in ledger.lines(Side.RETAIL) if not line.startswith("UNUSED_CREDIT")] == charged
    fees = [line.replace("20.00", "10.00") for line in charged if line.startswith("2026")]
    assert ledger.lines(Side.WHOLESALE) == fees


@pytest.mark.parametrize(("wholesale", "steps", "charged"), ASSIGNED_AGAIN)
def test_a_product_assigned_again_costs_no_second_fee_for_the_same_period(
    wholesale: Plan, steps: list[Step], charged: list[str]
) -> None:
    ledger = live(Ledger(plan_of("RESELLER", "10.00", wholesale), plan_of("ACCOUNT", "20.00", {})), steps)
    assert ledger.lines(Side.WHOLESALE) == charged


@pytest.mark.parametrize(("steps", "charged"), ENDS)
def test_an_end_that_is_moved_or_taken_back_leaves_parts_that_add_up(steps: list[Step], charged: list[str]) -> None:
    ledger = live(Ledger(*both({})), steps)
    assert both_sides(ledger) == [charged, charged]
