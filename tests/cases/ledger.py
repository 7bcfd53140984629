"""A case is lived on a real server: a product whose two plans have the same fee and calendar, one account, a few runs.

What was charged is given as lines for reading: `2026-01-01 to 2026-02-01: 10.00`, with the reason in front where
it is not the recurring one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from google.type.money_pb2 import Money

from quitrent.domain.currencies import MINOR_UNIT_DIGITS
from quitrent.v1.charge_pb2 import ChargeReason
from tests.harness import House, day, iso, money

Plan = Mapping[str, Any]
SIDES = ("WHOLESALE", "RETAIL")


def live(house: House, plan: Plan, start: str, runs: Sequence[str], end: str = "", fee: str = "10.00") -> str:
    """Assign a product with the same plan on both sides, close it where there is an end, run through some days."""
    name = assign(house, plan, start, fee)
    if end:
        house.admin.CloseSubscription(name=name, end_date=day(end))
    for through in runs:
        house.bill(through)
    return name


def assign(house: House, plan: Plan, start: str, fee: str = "10.00", product: str = "gold") -> str:
    """Assign a product whose two plans are alike to a new account, and give the subscription's name."""
    made = house.make_product(product, fee=fee, price=fee, wholesale=plan, retail=plan)
    return house.assign(house.make_account("acme", product), start, made)


def lines(house: House, side: str, **wanted: Any) -> list[str]:
    """Give a side's charges as lines, in the order of their periods."""
    charges = house.charges(side=f"SIDE_{side}", **wanted)
    charges.sort(key=lambda charge: (iso(charge.period_start), iso(charge.due_date), charge.reason))
    return [line(charge) for charge in charges]


def line(charge: Any) -> str:
    """Write a charge for reading."""
    reason = ChargeReason.Name(charge.reason).removeprefix("CHARGE_REASON_")
    period = f"{iso(charge.period_start)} to {iso(charge.period_end)}: {text(charge.amount)}"
    return period if reason == "RECURRING" else f"{reason} {period}"


def text(amount: Money) -> str:
    """Write an amount with as many decimals as its currency has."""
    units = Decimal(amount.units) + Decimal(amount.nanos) / 1_000_000_000
    return f"{units:.{MINOR_UNIT_DIGITS[amount.currency_code]}f}"


def promotions(*stages: tuple[int, str]) -> list[dict[str, Any]]:
    """Give promotional periods as a plan has them: so many periods at a fee."""
    return [{"period_count": count, "fee": money(fee)} for count, fee in stages]
