"""The calendar: boundaries, parts, and what is charged of them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quitrent.domain.calendar import Calendar, DayCount, PeriodBoundary, PeriodUnit
from quitrent.domain.days import Days, days_text, share_of
from quitrent.domain.part import PartCharge, Timing
from quitrent.domain.schedule import Schedule

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
    of_days = unit in (PeriodUnit.DAY, PeriodUnit.WEEK)
    return Calendar(
        period_unit=unit,
        period_count=draw(st.integers(1, 10)),
        period_boundary=boundary,
        fixed_day=draw(st.integers(1, 31)) if boundary is PeriodBoundary.FIXED_DAY else 0,
        day_count=DayCount.ACTUAL if of_days else draw(st.sampled_from(DayCount)),
        periods_in_advance=draw(st.sampled_from([1, 1, 2, 3, 12])),
    )


# One calendar of each kind that a plan can have.
KINDS = [
    Calendar(unit, count, boundary, fixed)
    for unit in PeriodUnit
    for boundary, fixed in (
        (PeriodBoundary.CALENDAR, 0),
        (PeriodBoundary.ANNIVERSARY, 0),
        (PeriodBoundary.FIXED_DAY, 30),
    )
    for count in (1, 3, 5)
    if (boundary is PeriodBoundary.CALENDAR or unit is not PeriodUnit.HALF_MONTH)
    and (boundary is not PeriodBoundary.FIXED_DAY or unit in (PeriodUnit.MONTH, PeriodUnit.YEAR))
]


def test_boundaries_hold_for_ten_thousand_anchors_all_over_the_cycle_of_the_calendar() -> None:
    # The Gregorian calendar repeats after 400 years, which are 146,097 days.
    anchors = [date(1970, 1, 1) + timedelta(days=number) for number in range(0, 146_097, 14)]
    assert len(anchors) > 10_000
    for place, anchor in enumerate(anchors):
        calendar, first = KINDS[place % len(KINDS)], place % 7 - 3
        found = [calendar.boundary(anchor, index) for index in range(first, first + 4)]
        assert all(before < after for before, after in pairwise(found))
        assert [calendar.index_of(anchor, day) for day in found] == list(range(first, first + 4))
        assert calendar.index_of(anchor, found[3] - timedelta(days=1)) == first + 2
        assert calendar.index_of(anchor, anchor) == 0
        month_end = ANNIVERSARY.boundary(anchor, place % 50)
        assert month_end.day == min(anchor.day, monthrange(month_end.year, month_end.month)[1])


@pytest.mark.parametrize(
    ("calendar", "anchor", "boundaries"),
    [
        (Calendar(PeriodUnit.DAY, 10), "2026-01-05", ["2025-12-26", "2026-01-05", "2026-01-15"]),
        (Calendar(PeriodUnit.WEEK), "2026-01-07", ["2025-12-29", "2026-01-05", "2026-01-12"]),
        (Calendar(PeriodUnit.WEEK, 2), "2026-01-05", ["2025-12-22", "2026-01-05", "2026-01-19"]),
        (Calendar(PeriodUnit.HALF_MONTH), "2026-01-15", ["2025-12-16", "2026-01-01", "2026-01-16"]),
        (Calendar(PeriodUnit.HALF_MONTH), "2026-01-16", ["2026-01-01", "2026-01-16", "2026-02-01"]),
        # Two months, which begin with the year; five halves, which divide no year and begin with the start's own.
        (Calendar(PeriodUnit.HALF_MONTH, 4), "2026-04-20", ["2026-01-01", "2026-03-01", "2026-05-01"]),
        (Calendar(PeriodUnit.HALF_MONTH, 5), "2026-04-20", ["2026-02-01", "2026-04-16", "2026-07-01"]),
        # Two years of halves begin with the year.
        (Calendar(PeriodUnit.HALF_MONTH, 48), "2027-04-20", ["2025-01-01", "2027-01-01", "2029-01-01"]),
        (Calendar(PeriodUnit.MONTH, 3), "2026-06-30", ["2026-01-01", "2026-04-01", "2026-07-01"]),
        (Calendar(PeriodUnit.MONTH, 5), "2026-06-30", ["2026-01-01", "2026-06-01", "2026-11-01"]),
        (Calendar(PeriodUnit.MONTH, 24), "2027-06-30", ["2025-01-01", "2027-01-01", "2029-01-01"]),
        (Calendar(PeriodUnit.YEAR), "2026-06-30", ["2025-01-01", "2026-01-01", "2027-01-01"]),
        (Calendar(PeriodUnit.YEAR, 2), "2027-06-30", ["2025-01-01", "2027-01-01", "2029-01-01"]),
        (
            Calendar(PeriodUnit.YEAR, 1, PeriodBoundary.ANNIVERSARY),
            "2024-02-29",
            ["2023-02-28", "2024-02-29", "2025-02-28"],
        ),
        (
            Calendar(PeriodUnit.MONTH, 2, PeriodBoundary.FIXED_DAY, 31),
            "2026-04-29",
            ["2025-12-31", "2026-02-28", "2026-04-30"],
        ),
        (
            Calendar(PeriodUnit.MONTH, 2, PeriodBoundary.FIXED_DAY, 31),
            "2026-04-30",
            ["2026-02-28", "2026-04-30", "2026-06-30"],
        ),
    ],
)
def test_the_whole_period_of_the_anchor_lies_between_the_last_two(
    calendar: Calendar, anchor: str, boundaries: list[str]
) -> None:
    assert [str(calendar.boundary(iso(anchor), index)) for index in (-1, 0, 1)] == boundaries
    assert [calendar.index_of(iso(anchor), iso(day)) for day in boundaries] == [-1, 0, 1]


@pytest.mark.parametrize(
    ("calendar", "start", "end", "counted"),
    [
        # Each month is of 30 days; a 31st adds none, and the days that February lacks are its last one's.
        (Calendar(), "2026-01-31", "2026-02-01", "0 of 30"),
        (Calendar(), "2026-01-30", "2026-02-01", "1 of 30"),
        (Calendar(), "2026-02-28", "2026-03-01", "3 of 30"),
        (Calendar(), "2026-02-01", "2026-02-28", "27 of 30"),
        (Calendar(period_count=3), "2026-02-11", "2026-04-01", "50 of 90"),
        # From the 15th to the 15th.
        (Calendar(period_boundary=PeriodBoundary.FIXED_DAY, fixed_day=15), "2026-01-20", "2026-02-15", "25 of 30"),
        (ANNIVERSARY, "2026-01-31", "2026-02-10", "10 of 30"),
        (Calendar(PeriodUnit.HALF_MONTH), "2026-02-16", "2026-02-28", "12 of 15"),
        (Calendar(PeriodUnit.HALF_MONTH, 2), "2026-02-10", "2026-03-01", "21 of 30"),
        (Calendar(PeriodUnit.YEAR), "2026-12-31", "2027-01-01", "0 of 360"),
        (Calendar(PeriodUnit.YEAR), "2026-03-01", "2026-12-31", "300 of 360"),
    ],
)
def test_days_are_counted_in_months_of_thirty(calendar: Calendar, start: str, end: str, counted: str) -> None:
    thirty = replace(calendar, day_count=DayCount.THIRTY_DAY_MONTHS)
    part = next(thirty.parts(Schedule.starting(iso(start), iso(end))))
    [found] = part.charged(BY_DAYS, BY_DAYS)
    assert f"{found.part} of {found.whole}" == counted


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([], "no day"),
        ([Days(0, 31)], "no day"),
        ([Days(1, 31)], "1 of 31 days"),
        ([Days(31, 31)], "a whole period"),
        ([Days(31, 31), Days(0, 28)], "a whole period"),
        ([Days(31, 31), Days(28, 28)], "2 whole periods"),
        ([Days(3, 31), Days(28, 28), Days(4, 31)], "a whole period and 3 of 31 days and 4 of 31 days"),
    ],
)
def test_days_are_written_for_people(days: list[Days], text: str) -> None:
    assert days_text(days) == text


def test_a_part_of_several_periods_holds_those_of_the_schedule_alone() -> None:
    quarterly = Calendar(periods_in_advance=3)
    schedule = Schedule.starting(iso("2026-01-11"), iso("2026-05-16"))
    first, second = quarterly.parts(schedule)
    assert [str(period.start) for period in first.periods] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert [(str(period.start), str(period.end)) for period in second.periods] == [
        ("2026-04-01", "2026-05-01"),
        ("2026-05-01", "2026-06-01"),
    ]
    assert (first.index, second.index, str(second.end), str(second.period_end)) == (0, 3, "2026-05-16", "2026-06-01")
    # Since a day inside of the first part: the first one is left out.
    assert list(quarterly.parts(schedule, iso("2026-01-12"))) == [second]
    assert quarterly.part_on(schedule, iso("2026-05-15")) == second


@pytest.mark.parametrize(
    ("day", "is_cut"),
    [("2026-01-31", True), ("2026-02-01", True), ("2026-04-01", False), ("2026-04-02", True), ("2026-07-01", False)],
)
def test_an_end_on_the_boundary_of_what_is_charged_at_a_time_cuts_nothing(day: str, is_cut: bool) -> None:
    quarterly = Calendar(periods_in_advance=3)
    assert quarterly.is_cut(Schedule.starting(iso("2026-01-11")), iso(day)) is is_cut


def test_a_schedule_that_goes_on_counts_from_the_anchor_and_adds_to_days_before() -> None:
    schedule = Schedule(iso("2026-01-10"), iso("2026-03-20"), first_index=1, days_before=5)
    first, second = islice(ANNIVERSARY.parts(schedule), 2)
    assert (first.index, str(first.start), str(first.end), first.days_before) == (1, "2026-03-20", "2026-04-10", 5)
    # 21 own days of 31, after 5 of the one before.
    assert first.charged(BY_DAYS, BY_DAYS) == first.charged(WHOLE, BY_DAYS) == (Days(26, 31),)
    assert first.charged_earlier(BY_DAYS, BY_DAYS) == (Days(5, 31),)
    assert (second.index, second.days_before, second.charged_earlier(BY_DAYS, BY_DAYS)) == (2, 0, ())


def test_days_before_are_those_of_the_first_period_alone() -> None:
    quarterly = Calendar(periods_in_advance=3)
    [part] = quarterly.parts(Schedule(iso("2026-01-01"), iso("2026-01-11"), iso("2026-03-16"), days_before=5))
    assert part.charged(BY_DAYS, BY_DAYS) == (Days(26, 31), Days(28, 28), Days(15, 31))


def test_a_period_has_one_price_that_of_the_day_on_which_its_first_part_began() -> None:
    broken = Schedule(iso("2026-04-06"), iso("2026-04-06"), breaks=(iso("2026-04-21"),))
    assert [str(part.priced_on) for part in islice(CALENDAR.parts(broken), 3)] == [
        "2026-04-06",
        "2026-04-06",
        "2026-05-01",
    ]
    # After days that another subscription was charged for, it is the first day of their period.
    after = Schedule(iso("2026-01-01"), iso("2026-04-20"), first_index=3, days_before=5, periods_before=4)
    assert [(part.index, str(part.priced_on)) for part in islice(CALENDAR.parts(after), 2)] == [
        (4, "2026-04-01"),
        (5, "2026-05-01"),
    ]


def test_a_break_begins_another_part_unless_the_schedule_ends_on_it() -> None:
    schedule = Schedule(iso("2026-04-01"), iso("2026-04-01"), breaks=(iso("2026-04-11"), iso("2026-04-21")))
    for day, start in (("2026-04-10", "2026-04-01"), ("2026-04-11", "2026-04-11"), ("2026-04-21", "2026-04-21")):
        part = CALENDAR.part_on(schedule, iso(day))
        assert part is not None
        assert str(part.start) == start
    ended = replace(schedule, end=iso("2026-04-21"))
    assert [str(part.start) for part in CALENDAR.parts(ended)] == ["2026-04-01", "2026-04-11"]


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (Calendar(PeriodUnit.MONTH, 12), True),
        (Calendar(PeriodUnit.YEAR, 2), False),
        (Calendar(PeriodUnit.MONTH, 1), False),
        (Calendar(PeriodUnit.YEAR, 1, PeriodBoundary.ANNIVERSARY), False),
        (Calendar(PeriodUnit.YEAR, day_count=DayCount.THIRTY_DAY_MONTHS), True),
        (Calendar(PeriodUnit.YEAR, periods_in_advance=2), False),
    ],
)
def test_a_year_has_the_periods_of_twelve_months(other: Calendar, alike: bool) -> None:
    assert Calendar(PeriodUnit.YEAR).has_periods_of(other) is alike


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
