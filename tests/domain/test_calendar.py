"""The calendar: boundaries, parts, and what is charged of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.calendar import (
    Calendar,
    DayCount,
    Days,
    PartCharge,
    PeriodBoundary,
    PeriodUnit,
    Schedule,
    Timing,
    share_of,
)

CALENDAR = Calendar()
ANNIVERSARY = Calendar(period_boundary=PeriodBoundary.ANNIVERSARY)
BY_DAYS, WHOLE = PartCharge.BY_DAYS, PartCharge.WHOLE


def iso(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("calendar", "start", "index", "boundary"),
    [
        (CALENDAR, "2026-01-01", 0, "2026-01-01"),
        (CALENDAR, "2026-01-31", 0, "2026-01-01"),
        (CALENDAR, "2026-12-15", 1, "2027-01-01"),
        (ANNIVERSARY, "2026-01-31", 1, "2026-02-28"),
        # The 31st comes back after February.
        (ANNIVERSARY, "2026-01-31", 2, "2026-03-31"),
        (ANNIVERSARY, "2026-01-31", 25, "2028-02-29"),
        (ANNIVERSARY, "2026-11-30", 3, "2027-02-28"),
    ],
)
def test_a_boundary_is_the_anchor_plus_an_index_of_months(
    calendar: Calendar, start: str, index: int, boundary: str
) -> None:
    assert calendar.boundary(iso(start), index) == iso(boundary)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "parts"),
    [
        (CALENDAR, "2026-01-11", "2026-03-16", ["2026-01-11", "2026-02-01", "2026-03-01"]),
        (CALENDAR, "2026-01-01", "2026-02-01", ["2026-01-01"]),
        (CALENDAR, "2026-01-31", "2026-02-02", ["2026-01-31", "2026-02-01"]),
        (ANNIVERSARY, "2026-01-31", "2026-04-01", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        # Closed on its start: as if it had never been.
        (CALENDAR, "2026-01-11", "2026-01-11", []),
    ],
)
def test_parts_reach_from_the_start_to_the_end(calendar: Calendar, start: str, end: str, parts: list[str]) -> None:
    assert [str(part.start) for part in calendar.parts(Schedule.starting(iso(start), iso(end)))] == parts


@pytest.mark.parametrize(
    ("start", "end", "first", "last", "days"),
    [
        ("2026-01-11", "2026-06-01", BY_DAYS, BY_DAYS, 21),
        ("2026-01-11", "2026-06-01", WHOLE, BY_DAYS, 31),
        ("2026-01-01", "2026-01-16", BY_DAYS, BY_DAYS, 15),
        ("2026-01-01", "2026-01-16", BY_DAYS, WHOLE, 31),
        # First and last at once: the days that are missing on one side count where that side is whole.
        ("2026-01-11", "2026-01-16", BY_DAYS, BY_DAYS, 5),
        ("2026-01-11", "2026-01-16", WHOLE, BY_DAYS, 15),
        ("2026-01-11", "2026-01-16", BY_DAYS, WHOLE, 21),
        ("2026-01-11", "2026-01-16", WHOLE, WHOLE, 31),
    ],
)
def test_a_part_is_charged_by_days_or_whole_on_each_side(
    start: str, end: str, first: PartCharge, last: PartCharge, days: int
) -> None:
    part = next(CALENDAR.parts(Schedule.starting(iso(start), iso(end))))
    assert part.charged(first, last) == (Days(days, 31),)


@pytest.mark.parametrize(("timing", "due"), [(Timing.IN_ADVANCE, "2026-01-11"), (Timing.IN_ARREARS, "2026-02-01")])
def test_a_part_is_due_on_its_first_day_or_on_its_end(timing: Timing, due: str) -> None:
    part = next(CALENDAR.parts(Schedule.starting(iso("2026-01-11"))))
    assert part.due_date(timing) == iso(due)


@pytest.mark.parametrize(
    ("day", "start"),
    [
        ("2026-01-10", None),
        ("2026-01-11", "2026-01-11"),
        ("2026-01-31", "2026-01-11"),
        ("2026-03-15", "2026-03-01"),
        ("2026-03-16", None),
    ],
)
def test_a_day_lies_in_one_part_or_outside(day: str, start: str | None) -> None:
    part = CALENDAR.part_on(Schedule.starting(iso("2026-01-11"), iso("2026-03-16")), iso(day))
    assert (part and str(part.start)) == start


def test_since_an_end_inside_a_period_there_is_no_part_left() -> None:
    # Billed up to the end: the March part is not given again.
    assert not list(CALENDAR.parts(Schedule.starting(iso("2026-01-11"), iso("2026-03-16")), since=iso("2026-03-16")))


days = st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any calendar that a plan can have."""
    unit = draw(st.sampled_from(PeriodUnit))
    boundaries = [PeriodBoundary.CALENDAR]
    if unit is not PeriodUnit.HALF_MONTH:
        boundaries.append(PeriodBoundary.ANNIVERSARY)
    if unit in (PeriodUnit.MONTH, PeriodUnit.YEAR):
        boundaries.append(PeriodBoundary.FIXED_DAY)
    boundary = draw(st.sampled_from(boundaries))
    return Calendar(
        period_unit=unit,
        period_count=draw(st.integers(1, 10)),
        period_boundary=boundary,
        fixed_day=draw(st.integers(1, 31)) if boundary is PeriodBoundary.FIXED_DAY else 0,
        day_count=draw(st.sampled_from(DayCount)),
        periods_in_advance=draw(st.sampled_from([1, 1, 2, 3, 12])),
    )


@given(calendar=calendars(), start=days, count=st.integers(1, 40))
def test_parts_tile_without_gap_or_overlap(calendar: Calendar, start: date, count: int) -> None:
    parts = list(islice(calendar.parts(Schedule.starting(start)), count))
    step = calendar.periods_in_advance
    assert parts[0].start == start
    assert all(before.end == after.start and before.index + step == after.index for before, after in pairwise(parts))
    assert all(part.periods[0].start <= part.start < part.end == part.period_end for part in parts)


@given(calendar=calendars(), start=days, length=st.integers(1, 900), at=st.integers(0, 899))
def test_every_day_is_found_in_the_part_that_holds_it(calendar: Calendar, start: date, length: int, at: int) -> None:
    schedule, day = Schedule.starting(start, start + timedelta(days=length)), start + timedelta(days=at)
    assert schedule.end is not None
    holding = [part for part in calendar.parts(schedule) if part.start <= day < part.end]
    assert calendar.part_on(schedule, day) == (holding[0] if holding else None)
    assert len(holding) == (day < schedule.end)


@given(calendar=calendars(), start=days, lengths=st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_the_days_of_parts_between_breaks_add_up_to_those_of_the_whole(
    calendar: Calendar, start: date, lengths: list[int]
) -> None:
    cuts = [start + timedelta(days=sum(lengths[: place + 1])) for place in range(len(lengths))]
    broken = Schedule(start, start, cuts[-1], breaks=tuple(cuts[:-1]))
    parts = list(calendar.parts(broken))
    assert all(before.end == after.start for before, after in pairwise(parts))
    shares = [
        share_of(part.charged(BY_DAYS, BY_DAYS)) - share_of(part.charged_earlier(BY_DAYS, BY_DAYS)) for part in parts
    ]
    unbroken = calendar.parts(replace(broken, breaks=()))
    assert sum(shares) == sum(share_of(part.charged(BY_DAYS, BY_DAYS)) for part in unbroken)


@given(calendar=calendars(), start=days, length=st.integers(1, 900))
def test_no_part_has_more_days_than_its_whole_periods(calendar: Calendar, start: date, length: int) -> None:
    for part in calendar.parts(Schedule.starting(start, start + timedelta(days=length))):
        for first, last in product(PartCharge, PartCharge):
            charged = part.charged(first, last)
            assert all(0 <= one.part <= one.whole for one in charged)
            assert len(charged) <= calendar.periods_in_advance
