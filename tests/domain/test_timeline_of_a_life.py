"""A life as a timeline: which moments it has, in which order, and what stands beside each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.money import Money, units_text
from quitrent.domain.subscription import PausedDays, Subscription, resumed, suspended
from quitrent.domain.timeline import Moment, timeline
from tests.domain.ledger import ACCOUNT, FIRST, Ledger, both, lived, plan_of

CREDIT_DAYS = {"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"}


def iso(text: str) -> date:
    return date.fromisoformat(text)


def written(moment: Moment) -> str:
    amounts = [
        f"{name} {units_text(money.amount_micros, money.currency)}"
        for name, money in (("fee", moment.wholesale), ("price", moment.retail))
        if money is not None
    ]
    return "; ".join([f"{moment.day} {moment.text}", *amounts])


def test_a_life_is_told_day_by_day_with_what_both_sides_were_charged() -> None:
    ledger = Ledger(plan_of("RESELLER", "10.00", {}), plan_of("ACCOUNT", "20.00", CREDIT_DAYS))
    ledger.assign(ACCOUNT, "2026-01-11")
    ledger.change(FIRST, suspended, iso("2026-02-10"))
    ledger.change(FIRST, resumed, iso("2026-02-24"))
    ledger.close(FIRST, iso("2026-03-16"))
    ledger.bill("2026-03-31")
    moments = timeline([ledger.first], reversed(ledger.charges))
    assert [written(moment) for moment in moments] == [
        "2026-01-11 assigned: products/gold",
        "2026-01-11 products/gold from 2026-01-11 to 2026-02-01; fee 6.77; price 13.55",
        "2026-02-01 products/gold from 2026-02-01 to 2026-03-01; fee 10.00; price 20.00",
        "2026-02-10 suspended",
        "2026-02-24 resumed",
        "2026-03-01 suspended days from 2026-02-01 to 2026-03-01 given back; price -10.00",
        "2026-03-01 products/gold from 2026-03-01 to 2026-03-16; fee 4.84; price 9.68",
        "2026-03-16 closed",
    ]


def of(reason: ChargeReason, day: str = "2026-01-01", side: Side = Side.RETAIL, micros: int = 1_000_000) -> Charge:
    dates = iso(day), iso("2026-02-01"), iso("2026-01-05")
    return Charge(FIRST, side, reason, *dates, Money(micros, "USD"), product="products/gold")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (ChargeReason.RECURRING, "products/gold from 2026-01-01 to 2026-02-01"),
        (ChargeReason.ACTIVATION, "activation of products/gold"),
        (ChargeReason.EARLY_CANCELLATION, "ended before the minimum term, 2026-02-01"),
        (ChargeReason.UNUSED_CREDIT, "unused days from 2026-01-01 to 2026-02-01 given back"),
        (ChargeReason.SUSPENSION_CREDIT, "suspended days from 2026-01-01 to 2026-02-01 given back"),
        (ChargeReason.PAUSED_CREDIT, "suspended days from 2026-01-01 to 2026-02-01 given back after all"),
        (ChargeReason.PAUSED_CHARGE, "suspended days from 2026-01-01 to 2026-02-01 charged after all"),
        (ChargeReason.REVERSAL, "a charge from 2026-01-01 to 2026-02-01 taken back"),
    ],
)
def test_a_charge_is_told_by_what_it_is_for(reason: ChargeReason, text: str) -> None:
    assert timeline([], [of(reason)]) == [Moment(iso("2026-01-05"), text, None, Money(1_000_000, "USD"))]


def test_charges_of_one_day_stand_side_by_side_where_they_are_for_the_same_days() -> None:
    charges = [
        of(ChargeReason.RECURRING, "2026-01-05", Side.WHOLESALE),
        of(ChargeReason.RECURRING, "2026-01-05"),
        # Two on one side: the second has none beside it.
        of(ChargeReason.RECURRING, "2026-01-05", micros=2_000_000),
        of(ChargeReason.RECURRING, "2026-01-01", Side.WHOLESALE),
    ]
    assert [written(moment) for moment in timeline([], charges)] == [
        "2026-01-05 products/gold from 2026-01-01 to 2026-02-01; fee 1.00",
        "2026-01-05 products/gold from 2026-01-05 to 2026-02-01; fee 1.00; price 1.00",
        "2026-01-05 products/gold from 2026-01-05 to 2026-02-01; price 2.00",
    ]


@pytest.mark.parametrize(
    ("paused_days", "text"),
    [
        (None, "resumed"),
        (PausedDays.CHARGE, "resumed, the suspended days charged"),
        (PausedDays.CREDIT, "resumed, the suspended days given back"),
    ],
)
def test_a_resume_is_told_with_what_it_said_of_the_days(paused_days: PausedDays | None, text: str) -> None:
    subscription = lived(*both({}), "2026-01-01", []).first
    paused = suspended(subscription, iso("2026-01-10"))
    assert [moment.text for moment in timeline([paused], [])] == ["assigned: products/gold", "suspended"]
    assert timeline([resumed(paused, iso("2026-01-20"), paused_days)], [])[-1] == Moment(iso("2026-01-20"), text)


def test_a_product_that_is_changed_is_not_told_as_an_end() -> None:
    old = lived(*both({}), "2026-01-01", [], "2026-02-01").first

    def new(**fields: Any) -> Subscription:
        other = lived(*both({}), "2026-02-01", []).first
        return replace(other, name=f"{ACCOUNT}/subscriptions/s2", product="products/silver", **fields)

    changed, beside = new(replaces=old.name), new()
    assert [written(moment) for moment in timeline([old, changed], [])] == [
        "2026-01-01 assigned: products/gold",
        "2026-02-01 changed to products/silver",
    ]
    assert [written(moment) for moment in timeline([old, beside], [])] == [
        "2026-01-01 assigned: products/gold",
        "2026-02-01 closed",
        "2026-02-01 assigned: products/silver",
    ]
    # Seen alone, the new one has been assigned.
    assert [written(moment) for moment in timeline([changed], [])] == ["2026-02-01 assigned: products/silver"]
