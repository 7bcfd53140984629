"""What holds for every plan, start, end and split of runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.calendar import Calendar
from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.days import share_of
from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money, Rounding, round_to_minor_unit
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.plan import EarlyCancellation, Plan, PlanKind, Promotion, SuspensionPolicy, UnusedDays
from quitrent.domain.plan_rules import check_plan
from quitrent.domain.proration import priced_part
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import PausedDays, resumed, suspended
from tests.domain.ledger import ACCOUNT, FIRST, Ledger
from tests.domain.test_calendar import calendars

BY_DAYS = PartCharge.BY_DAYS
starts = st.dates(min_value=date(1970, 1, 1), max_value=date(2190, 12, 31))
fees = st.integers(0, 10**6).map(lambda cents: Money(cents * 10_000, "USD"))


def _calendar_fields(calendar: Calendar) -> dict[str, Any]:
    return {name: getattr(calendar, name) for name in Calendar.__dataclass_fields__}


@st.composite
def plans(draw: st.DrawFn, kind: PlanKind = PlanKind.ACCOUNT) -> Plan:
    """Any plan that passes the checks of one."""
    calendar = draw(calendars())
    ahead = calendar.periods_in_advance
    term = draw(st.sampled_from([0, 0, 1, 3, 12]))
    plan = Plan(
        "plans/any",
        kind,
        draw(fees),
        **_calendar_fields(calendar),
        timing=draw(st.sampled_from(Timing)) if ahead == 1 else Timing.IN_ADVANCE,
        first_part=draw(st.sampled_from(PartCharge)),
        last_part=draw(st.sampled_from(PartCharge)),
        rounding=draw(st.sampled_from(Rounding)),
        unused_days=draw(st.sampled_from(UnusedDays)),
        prepay_percent_off=draw(st.sampled_from([Decimal(0), Decimal("12.5")])) if ahead > 1 else Decimal(0),
        suspension=draw(st.sampled_from(SuspensionPolicy)) if kind is PlanKind.ACCOUNT else SuspensionPolicy.CHARGE_ON,
        promotions=draw(st.sampled_from([(), (Promotion(ahead * 2, Money(1_230_000, "USD")),)])),
        activation_fee=draw(st.sampled_from([None, Money(5_000_000, "USD")])),
        minimum_term_periods=term,
        early_cancellation=EarlyCancellation.REST_OF_TERM if term else EarlyCancellation.NOTHING,
    )
    check_plan(plan)
    return plan


both_plans = st.tuples(plans(PlanKind.RESELLER), plans(PlanKind.ACCOUNT))
offsets = st.integers(0, 400)


def opened(wholesale: Plan, retail: Plan, start: date) -> Ledger:
    ledger = Ledger(wholesale, retail, today=start)
    ledger.assign(ACCOUNT, str(start))
    return ledger


def suspend(ledger: Ledger, start: date, length: int, choice: PausedDays | None) -> None:
    ledger.change(FIRST, suspended, start)
    ledger.change(FIRST, resumed, start + timedelta(days=length), choice)


def sorted_charges(ledger: Ledger) -> Sequence[Charge]:
    return sorted(ledger.charges, key=lambda one: one.name)


def check_credits(ledger: Ledger) -> None:
    """Hold what is given back of each charge against the charge."""
    charged: dict[tuple[str, Side, date], int] = {}
    given_back: dict[tuple[str, Side, date], int] = defaultdict(int)
    for one in ledger.charges:
        if one.reason is ChargeReason.RECURRING:
            charged[one.subscription, one.side, one.period_start] = one.amount.amount_micros
        elif one.reason in {ChargeReason.UNUSED_CREDIT, ChargeReason.SUSPENSION_CREDIT}:
            given_back[one.subscription, one.side, one.period_start] -= one.amount.amount_micros
    assert all(0 <= amount <= charged[place] for place, amount in given_back.items())


@given(
    both=both_plans,
    start=starts,
    end=st.one_of(st.none(), st.integers(1, 400)),
    pause=st.tuples(st.integers(0, 100), st.integers(1, 100), st.sampled_from([None, *PausedDays])),
    runs=st.lists(offsets, max_size=4),
    last=offsets,
)
def test_the_charges_over_any_split_of_runs_are_those_of_one_run(
    both: tuple[Plan, Plan],
    start: date,
    end: int | None,
    pause: tuple[int, int, PausedDays | None],
    runs: list[int],
    last: int,
) -> None:
    ledgers = []
    for through in ([last], [*sorted(day for day in runs if day < last), last]):
        ledger = opened(*both, start)
        if end is None or pause[0] + pause[1] < end:
            suspend(ledger, start + timedelta(days=pause[0]), *pause[1:])
        if end is not None:
            ledger.close(FIRST, start + timedelta(days=end))
        for day in through:
            ledger.run(start + timedelta(days=day))
        ledgers.append(ledger)
    assert sorted_charges(ledgers[0]) == sorted_charges(ledgers[1])
    assert ledgers[0].subscriptions == ledgers[1].subscriptions


@given(plan=plans(), start=starts, count=st.integers(1, 8))
def test_a_whole_period_costs_exactly_its_fee_and_a_part_never_more(plan: Plan, start: date, count: int) -> None:
    share = 1 - Fraction(plan.prepay_percent_off) / 100
    micros = plan.fee.amount_micros
    whole = round_to_minor_unit(micros * plan.periods_in_advance * share, "USD", plan.rounding).amount_micros
    assert plan.periods_in_advance > 1 or whole == micros
    for part in islice(plan.calendar.parts(Schedule.starting(start)), count):
        amount = priced_part(Fraction(micros), plan, part).amount.amount_micros
        assert 0 <= amount <= whole
        if part.start == part.periods[0].start:
            assert amount == whole


@given(plan=plans(), start=starts, lengths=st.lists(st.integers(1, 60), min_size=2, max_size=5))
def test_parts_between_ends_that_were_taken_back_cost_together_what_the_whole_costs(
    plan: Plan, start: date, lengths: list[int]
) -> None:
    cuts = [start + timedelta(days=sum(lengths[: place + 1])) for place in range(len(lengths))]
    whole = Schedule.starting(start, cuts[-1])
    totals = []
    # Where a last part is charged whole, what follows a cut may cost nothing more.
    for schedule in (whole, replace(whole, breaks=tuple(cuts[:-1]))):
        priced = [priced_part(Fraction(plan.fee.amount_micros), plan, part) for part in plan.calendar.parts(schedule)]
        amounts = [one.amount.amount_micros for one in priced]
        assert all(amount >= 0 for amount in amounts)
        totals.append(sum(amounts))
    assert totals[0] == totals[1]


@given(
    both=both_plans,
    start=starts,
    first_run=offsets,
    end=st.integers(0, 500),
    pause=st.tuples(st.integers(0, 300), st.integers(1, 300), st.sampled_from([None, *PausedDays])),
)
def test_credits_never_exceed_what_was_charged_for_the_same_days(
    both: tuple[Plan, Plan], start: date, first_run: int, end: int, pause: tuple[int, int, PausedDays | None]
) -> None:
    ledger = opened(*both, start)
    ledger.run(start + timedelta(days=first_run))
    settled = ledger.first.retail.settled_until
    paused_from = max(settled, start + timedelta(days=pause[0]))
    suspend(ledger, paused_from, *pause[1:])
    # Told late, and never before what is settled.
    ledger.close(FIRST, max(settled, start + timedelta(days=end)))
    ledger.run(start + timedelta(days=2000))
    check_credits(ledger)


@given(both=both_plans, start=starts, end=st.one_of(st.none(), st.integers(1, 400)), last=offsets)
def test_charges_tile_the_days_of_a_side_up_to_where_it_is_billed(
    both: tuple[Plan, Plan], start: date, end: int | None, last: int
) -> None:
    ledger = opened(*both, start)
    if end is not None:
        ledger.close(FIRST, start + timedelta(days=end))
    ledger.run(start + timedelta(days=last))
    for side, books in ((Side.WHOLESALE, ledger.first.wholesale), (Side.RETAIL, ledger.first.retail)):
        recurring = [one for one in ledger.charges if one.side is side and one.reason is ChargeReason.RECURRING]
        days = [start, *(one.period_end for one in recurring)]
        assert [one.period_start for one in recurring] == days[:-1]
        assert days[-1] == books.billed_until
        assert all(before < after for before, after in pairwise(days))


@given(plan=plans(), start=starts, length=st.integers(1, 400))
def test_by_days_a_schedule_costs_the_days_that_it_has(plan: Plan, start: date, length: int) -> None:
    schedule = Schedule.starting(start, start + timedelta(days=length))
    by_days = replace(plan, first_part=BY_DAYS, last_part=BY_DAYS, prepay_percent_off=Decimal(0))
    for part in plan.calendar.parts(schedule):
        exact = plan.fee.amount_micros * share_of(part.charged(BY_DAYS, BY_DAYS))
        amount = priced_part(Fraction(plan.fee.amount_micros), by_days, part).amount
        assert amount == round_to_minor_unit(exact, "USD", plan.rounding)


STEPS = ("bill", "bill", "close", "reopen", "suspend", "resume", "withdraw suspension", "withdraw resume", "again")
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 120), st.sampled_from([None, *PausedDays]))


def take(ledger: Ledger, step: tuple[str, int, PausedDays | None], start: date) -> None:
    """Take a step of a life with the last of the account's subscriptions, unless it is refused."""
    what, offset, choice = step
    day, name = start + timedelta(days=offset), list(ledger.subscriptions)[-1]
    try:
        match what:
            case "bill":
                ledger.run(day)
            case "close":
                ledger.close(name, day)
            case "reopen":
                ledger.withdraw(name, "END")
            case "suspend":
                ledger.change(name, suspended, day)
            case "resume":
                ledger.change(name, resumed, day, choice)
            case "again":
                ledger.assign(ACCOUNT, str(day), subscription=f"s{len(ledger.subscriptions) + 1}")
            case _:
                ledger.withdraw(name, what.removeprefix("withdraw ").upper())
    except FailedPrecondition:
        # It has changed nothing.
        return


@given(both=both_plans, start=starts, today=st.integers(-30, 120), life=st.lists(steps, min_size=3, max_size=12))
def test_any_life_leaves_the_fees_that_are_computed_anew_and_gives_back_no_more_than_was_charged(
    both: tuple[Plan, Plan], start: date, today: int, life: list[tuple[str, int, PausedDays | None]]
) -> None:
    ledger = opened(*both, start)
    ledger.today = start + timedelta(days=today)
    for step in life:
        take(ledger, step, start)
    # A run holds the fees in the books against those of the terms.
    ledger.run(start + timedelta(days=400))
    assert len({one.name for one in ledger.charges}) == len(ledger.charges)
    check_credits(ledger)
