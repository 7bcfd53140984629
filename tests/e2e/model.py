"""The provider's fees told a second time: from the rules, and not from the code. It imports nothing of quitrent's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

MONTHS = {"MONTH": 1, "YEAR": 12}
DAYS = {"DAY": 1, "WEEK": 7}


class ModelPlan(NamedTuple):
    """A fee in cents with its calendar. The words are those of the plan; promotions are periods and cents."""

    cents: int
    unit: str
    units: int
    boundary: str
    fixed_day: int
    of_thirty: bool
    in_arrears: bool
    first_whole: bool
    last_whole: bool
    rounding: str
    in_advance: int = 1
    percent_off: Fraction = Fraction(0)
    promotions: Sequence[tuple[int, int]] = ()
    # The date, the cents, and whether those follow that began before it.
    changes: Sequence[tuple[date, int, bool]] = ()
    activation: int = 0
    term: int = 0
    # The cents of an end before the term, or None where the rest of the term is charged.
    cancellation: int | None = None


class Life(NamedTuple):
    """A subscription: each billing is the day through which it went, and the end of this side as it was known then.

    `earlier` are those to the same product before it, as they were when it was assigned, with their ends then.
    """

    subscription: str
    plan: ModelPlan
    start: date
    billings: Sequence[tuple[date, date | None]]
    earlier: Sequence[tuple[Life, date | None]] = ()


class Reached(NamedTuple):
    """How far a side has been charged: to a day in a period, and how much of that period before it.

    A last part that was charged whole is paid up to the end of its period. The periods are counted
    from the one that holds the anchor. A first day is charged by the plan's `first_part`.
    """

    anchor: date
    day: date
    paid: date
    period: int = 0
    charged: Fraction = Fraction(0)
    is_first: bool = True
    # How many periods of the product the account has had before those that are counted here.
    had: int = 0
    # The day whose fee the rest of a block has that was charged in part.
    priced: date | None = None


class Part(NamedTuple):
    """The days that one charge is for, its cents, and how far it reaches."""

    first: date
    last: date
    cents: int
    reached: Reached


def fees(lives: Iterable[Life]) -> set[tuple[str, date, date, int]]:
    """Give the fees that have to be in the books: subscription, first day, day after the last, cents."""
    return {(life.subscription, part.first, part.last, part.cents) for life in lives for part in parts(life)}


def one_offs(lives: Iterable[Life]) -> set[tuple[str, str, date, date, int]]:
    """Give the fees beside those: subscription, reason, first day, day after the last, cents."""
    # A subscription whose fees go on with those of one before it has neither.
    fresh = [life for life in lives if begins(life).is_first]
    found = {(life.subscription, "ACTIVATION", *one) for life in fresh for one in _activation(life)}
    return found | {(life.subscription, "EARLY_CANCELLATION", *one) for life in fresh for one in _cancellation(life)}


def _activation(life: Life) -> list[tuple[date, date, int]]:
    for through, end in life.billings if life.plan.activation else ():
        if life.start <= through and end != life.start:
            # Its period is the first part, as long as that is without an end.
            return [(life.start, _next_part(life, begins(life), None).last, life.plan.activation)]
    return []


def _cancellation(life: Life) -> list[tuple[date, date, int]]:
    term_end = _boundary(life.plan, life.start, life.plan.term)
    for place, (through, end) in enumerate(life.billings):
        if end and life.start < end < term_end and end <= through:
            charged = sum(part.cents for part in parts(life._replace(billings=life.billings[: place + 1])))
            cents = life.plan.cancellation
            cents = _cost_of_term(life, term_end, end - timedelta(days=1)) - charged if cents is None else cents
            return [(end, term_end, cents)] if cents else []
    return []


def _cost_of_term(life: Life, term_end: date, fees_of: date) -> int:
    """What the whole term would have cost, where no fee changes after a day."""
    until_then = [change for change in life.plan.changes if change[0] <= fees_of]
    plan = life.plan._replace(changes=until_then, in_arrears=False)
    return sum(part.cents for part in parts(Life("", plan, life.start, [(term_end, term_end)])))


def parts(life: Life) -> Iterator[Part]:
    """Give what a subscription has been charged for."""
    reached = begins(life)
    for through, end in life.billings:
        # What was charged before the end was known stands: what has been reached never goes back.
        while end is None or reached.day < end:
            part = _next_part(life, reached, end)
            if (part.last if life.plan.in_arrears else part.first) > through:
                break
            yield part
            reached = part.reached


def begins(life: Life) -> Reached:
    """Give where its fees begin: at its start, or where those of a subscription before it have been charged to."""
    for before, end in reversed(life.earlier):
        known = before._replace(billings=[*before.billings, (date.max, end)])
        for part in list(parts(known))[-1:]:
            goes_on = _goes_on(life, part)
            had = part.reached.had + part.reached.period + 1
            return goes_on or Reached(life.start, life.start, life.start, had=had)
    return Reached(life.start, life.start, life.start)


def _goes_on(life: Life, last: Part) -> Reached | None:
    """Where its start lies in a whole period that has fees already, the fees go on with these."""
    plan, reached = life.plan, last.reached
    closes = _boundary(plan, reached.anchor, reached.period + 1)
    if life.start >= closes:
        return None
    # Nothing is left where it was charged whole; nor, where months have thirty days, of a 31st.
    is_left = _share(plan, reached.anchor, reached.period, reached.paid, closes) > 0
    day = max(life.start, last.last) if is_left else closes
    return reached._replace(day=day, is_first=False, priced=None)


def _next_part(life: Life, reached: Reached, end: date | None) -> Part:
    plan, (anchor, first, paid, period, charged, is_first, had, priced) = life.plan, reached
    while _boundary(plan, anchor, period + 1) <= first:
        period += 1
    charged = charged if first > _boundary(plan, anchor, period) else Fraction(0)
    block = period - period % plan.in_advance
    beyond = block + plan.in_advance
    priced = priced or (_boundary(plan, anchor, period) if charged else first)
    last = min(_boundary(plan, anchor, beyond), end or date.max)
    shares = [charged]
    for number in range(period, beyond):
        opens, closes = period_of(plan, anchor, number)
        if opens < last:
            since = opens if is_first and plan.first_whole else max(first, opens, paid)
            until = closes if plan.last_whole else min(last, closes)
            shares.append(_share(plan, anchor, number, since, max(since, until)))
            period, paid = number, max(paid, until)
    # Of the last period: what has been charged before, where that is the first one too, and what is charged now.
    of_last = sum(shares if len(shares) == 2 else shares[-1:], Fraction(0))
    is_split = last < _boundary(plan, anchor, beyond)
    reached = Reached(anchor, last, paid, period, of_last, False, had, priced if is_split else None)
    fee = _fee(plan, life.start, had + block, priced) * (100 - plan.percent_off) / 100
    cents = rounded(fee * sum(shares), plan.rounding) - rounded(fee * charged, plan.rounding)
    return Part(first, last, cents, reached)


def _fee(plan: ModelPlan, start: date, period: int, first: date) -> Fraction:
    for count, cents in plan.promotions:
        if period < count:
            return Fraction(cents)
        period -= count
    reaching = [change for change in sorted(plan.changes) if change[0] <= first and (change[2] or change[0] <= start)]
    return Fraction(reaching[-1][1] if reaching else plan.cents)


def _share(plan: ModelPlan, anchor: date, period: int, since: date, until: date) -> Fraction:
    """How much of a whole period some of its days are."""

    def position(day: date) -> int:
        return _of_thirty(day, _day(plan, anchor)) if plan.of_thirty else day.toordinal()

    opens, closes = period_of(plan, anchor, period)
    return Fraction(position(until) - position(since), position(closes) - position(opens))


def day_shares(plan: ModelPlan, start: date, first: date, last: date) -> dict[date, tuple[int, Fraction]]:
    """Give, for each day from the first to the last, its whole period, and how much of that it is."""
    found, period = {}, 0
    for day in (first + timedelta(days=ahead) for ahead in range((last - first).days)):
        while _boundary(plan, start, period + 1) <= day:
            period += 1
        found[day] = period, _share(plan, start, period, day, day + timedelta(days=1))
    return found


def period_of(plan: ModelPlan, start: date, period: int) -> tuple[date, date]:
    """Give a whole period; the one that holds the start has the number 0."""
    return _boundary(plan, start, period), _boundary(plan, start, period + 1)


def _of_thirty(day: date, first: int) -> int:
    """The position of a day where each month, from the day `first` on, has thirty."""
    month = day.year * 12 + day.month - 1
    if _in_month(month, first) > day:
        month -= 1
    return 30 * month + min((day - _in_month(month, first)).days, 30)


def _boundary(plan: ModelPlan, anchor: date, period: int) -> date:
    """Where a whole period begins; the one that holds the anchor has the number 0."""
    ahead = plan.units * period
    if plan.unit in DAYS:
        since_monday = anchor.weekday() if plan.unit == "WEEK" and plan.boundary == "CALENDAR" else 0
        return anchor + timedelta(days=ahead * DAYS[plan.unit] - since_monday)
    if plan.unit == "HALF_MONTH":
        half = _aligned(anchor.year, 2 * (anchor.month - 1) + (anchor.day > 15), plan.units, 24) + ahead
        return _in_month(half // 2, 16 if half % 2 else 1)
    months, first = plan.units * MONTHS[plan.unit], _day(plan, anchor)
    month = anchor.year * 12 + anchor.month - 1
    if plan.boundary == "CALENDAR":
        month = _aligned(anchor.year, anchor.month - 1, months, 12)
    elif _in_month(month, first) > anchor:
        month -= months
    return _in_month(month + months * period, first)


def _aligned(year: int, place: int, count: int, of_year: int) -> int:
    """The number of the month (or half) that begins the period: those that fit in a year evenly begin with it."""
    if of_year % count == 0:
        place -= place % count
    return year * of_year + (0 if count % of_year == 0 else place)


def _day(plan: ModelPlan, anchor: date) -> int:
    return {"CALENDAR": 1, "ANNIVERSARY": anchor.day, "FIXED_DAY": plan.fixed_day}[plan.boundary]


def _in_month(month: int, day: int) -> date:
    """A day of a month, or the last one of a month that lacks it."""
    for there in range(day, 0, -1):
        with suppress(ValueError):
            return date(month // 12, month % 12 + 1, there)
    raise AssertionError("every month has a first day")


def rounded(cents: Fraction, rounding: str) -> int:
    """Cents, rounded; none are below zero."""
    whole, rest = divmod(cents, 1)
    twice = rest * 2
    up = {"HALF_UP": twice >= 1, "HALF_EVEN": twice > 1 or (twice == 1 and whole % 2 == 1), "UP": rest > 0}
    return int(whole) + up[rounding]
