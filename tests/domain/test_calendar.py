"""The calendar: boundaries, parts, and what is charged of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.calendar import Calendar, PartCharge, PeriodBoundary, Timing

CALENDAR = Calendar(PeriodBoundary.CALENDAR)
ANNIVERSARY = Calendar(PeriodBoundary.ANNIVERSARY)
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
    assert [str(part.start) for part in calendar.parts(iso(start), iso(end))] == parts


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
    part = next(CALENDAR.parts(iso(start), iso(end)))
    assert (part.charged_days(first, last), part.whole_days) == (days, 31)


@pytest.mark.parametrize(("timing", "due"), [(Timing.IN_ADVANCE, "2026-01-11"), (Timing.IN_ARREARS, "2026-02-01")])
def test_a_part_is_due_on_its_first_day_or_on_its_end(timing: Timing, due: str) -> None:
    part = next(CALENDAR.parts(iso("2026-01-11"), None))
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
    part = CALENDAR.part_on(iso("2026-01-11"), iso("2026-03-16"), iso(day))
    assert (part and str(part.start)) == start


def test_since_an_end_inside_a_period_there_is_no_part_left() -> None:
    # Billed up to the end: the March part is not given again.
    assert not list(CALENDAR.parts(iso("2026-01-11"), iso("2026-03-16"), since=iso("2026-03-16")))


days = st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31))


@given(start=days, boundary=st.sampled_from(list(PeriodBoundary)), months=st.integers(1, 40))
def test_parts_tile_without_gap_or_overlap(start: date, boundary: PeriodBoundary, months: int) -> None:
    parts = list(islice(Calendar(boundary).parts(start, None), months))
    assert parts[0].start == start
    assert all(before.end == after.start and before.index + 1 == after.index for before, after in pairwise(parts))
    assert all(part.whole_start <= part.start < part.end <= part.whole_end for part in parts)


@given(start=days, boundary=st.sampled_from(list(PeriodBoundary)), length=st.integers(1, 900), at=st.integers(0, 899))
def test_every_day_is_found_in_the_part_that_holds_it(
    start: date, boundary: PeriodBoundary, length: int, at: int
) -> None:
    calendar, end, day = Calendar(boundary), start + timedelta(days=length), start + timedelta(days=at)
    holding = [part for part in calendar.parts(start, end) if part.start <= day < part.end]
    assert calendar.part_on(start, end, day) == (holding[0] if holding else None)
    assert len(holding) == (day < end)
