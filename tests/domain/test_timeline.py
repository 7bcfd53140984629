"""A timeline: a day's events before its charges, and both sides of the same days in one moment."""

from __future__ import annotations

from datetime import date

from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import PausedDays, SideBooks, Subscription, Suspension
from quitrent.domain.timeline import timeline


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def usd(units: int) -> Money:
    return Money(units * 1_000_000, "USD")


def subscription(name: str, start: str, end: str | None, replaces: str = "", *suspensions: Suspension) -> Subscription:
    side = SideBooks.opened(Schedule.starting(day(start), day(end) if end else None))
    return Subscription(name, f"products/{name}", "plans/p", "plans/f", side, side, day(start), suspensions, replaces)


def charge(side: Side, reason: ChargeReason, start: str, end: str, due: str, units: int) -> Charge:
    return Charge("s", side, reason, day(start), day(end), day(due), usd(units), product="products/gold")


def test_a_life_is_told_in_order_with_what_each_side_was_charged() -> None:
    pauses = (Suspension(day("01-10"), day("01-12")), Suspension(day("01-20"), day("01-25"), PausedDays.CHARGE))
    lives = [subscription("gold", "01-01", "02-01", "", *pauses), subscription("silver", "02-01", "03-01", "gold")]
    recurring = ChargeReason.RECURRING
    charges = [
        charge(Side.RETAIL, ChargeReason.SUSPENSION_CREDIT, "01-01", "02-01", "02-01", -1),
        charge(Side.WHOLESALE, recurring, "01-01", "02-01", "01-01", 10),
        charge(Side.RETAIL, recurring, "01-01", "02-01", "01-01", 20),
        charge(Side.RETAIL, ChargeReason.REVERSAL, "01-01", "02-01", "02-15", -20),
        charge(Side.RETAIL, ChargeReason.REVERSAL, "01-01", "02-01", "02-15", 1),
    ]
    assert [
        (
            str(one.day)[5:],
            one.text,
            one.wholesale and one.wholesale.amount_micros,
            one.retail and one.retail.amount_micros,
        )
        for one in timeline(lives, charges)
    ] == [
        ("01-01", "assigned: products/gold", None, None),
        ("01-01", "products/gold from 2026-01-01 to 2026-02-01", 10_000_000, 20_000_000),
        ("01-10", "suspended", None, None),
        ("01-12", "resumed", None, None),
        ("01-20", "suspended", None, None),
        ("01-25", "resumed, the suspended days charged", None, None),
        ("02-01", "changed to products/silver", None, None),
        ("02-01", "suspended days from 2026-01-01 to 2026-02-01 given back", None, -1_000_000),
        ("02-15", "a charge from 2026-01-01 to 2026-02-01 taken back", None, -20_000_000),
        ("02-15", "a charge from 2026-01-01 to 2026-02-01 taken back", None, 1_000_000),
        ("03-01", "closed", None, None),
    ]
