"""A subscription as a row: its two sides, each with its schedule and how far its books are."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any

from quitrent.domain.due import next_due
from quitrent.domain.plan import Plan
from quitrent.domain.retail_bill import next_retail_due
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import SideBooks, Subscription, Suspension

# What both sides have columns for, with the side's name in front: of the schedule, and of the books.
_SCHEDULE_COLUMNS = {"anchor": "anchor_date", "first_index": "first_index"}
_BOOKS_COLUMNS = ("billed_until", "settled_until", "activation_billed", "cancellation_billed")


def subscription_value(
    row: Any,
    product: str,
    account_plan: str,
    reseller_plan: str,
    suspensions: tuple[Suspension, ...],
    replaces: str = "",
) -> Subscription:
    """Make the value of a row and the names that belong to it."""
    wholesale = SideBooks(
        schedule=Schedule(
            anchor=row.wholesale_anchor_date,
            start=row.wholesale_start_date,
            end=row.wholesale_end_date,
            first_index=row.wholesale_first_index,
            days_before=row.wholesale_days_before,
            breaks=_breaks_in(row.wholesale_breaks),
            periods_before=row.wholesale_periods_before,
        ),
        billed_until=row.wholesale_billed_until,
        settled_until=row.wholesale_settled_until,
        activation_billed=row.wholesale_activation_billed,
        cancellation_billed=row.wholesale_cancellation_billed,
        continues=row.wholesale_continues,
    )
    retail = SideBooks(
        schedule=Schedule(
            anchor=row.retail_anchor_date,
            start=row.start_date,
            end=row.end_date,
            first_index=row.retail_first_index,
            breaks=_breaks_in(row.retail_breaks),
        ),
        billed_until=row.retail_billed_until,
        settled_until=row.retail_settled_until,
        activation_billed=row.retail_activation_billed,
        cancellation_billed=row.retail_cancellation_billed,
    )
    return Subscription(
        name=row.name,
        product=product,
        account_plan=account_plan,
        reseller_plan=reseller_plan,
        wholesale=wholesale,
        retail=retail,
        start=row.start_date,
        suspensions=suspensions,
        replaces=replaces,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )


def subscription_columns(subscription: Subscription, account_plan: Plan, reseller_plan: Plan) -> dict[str, object]:
    """Give the columns of a subscription that change in its life, and when its sides are due next."""
    wholesale, retail = subscription.wholesale, subscription.retail
    return {
        "end_date": retail.schedule.end,
        "wholesale_start_date": wholesale.schedule.start,
        "wholesale_end_date": wholesale.schedule.end,
        "wholesale_days_before": wholesale.schedule.days_before,
        "wholesale_periods_before": wholesale.schedule.periods_before,
        "wholesale_continues": wholesale.continues,
        **_side_columns("wholesale", wholesale),
        **_side_columns("retail", retail),
        "wholesale_due_date": next_due(wholesale, reseller_plan, subscription.start),
        "retail_due_date": next_retail_due(subscription, account_plan),
    }


def billed_columns(side: str, books: SideBooks) -> dict[str, object]:
    """Give the columns that tell how far the books of a side are; `side` is `wholesale` or `retail`."""
    return {f"{side}_{name}": getattr(books, name) for name in _BOOKS_COLUMNS}


def _side_columns(side: str, books: SideBooks) -> dict[str, object]:
    schedule = books.schedule
    return {
        **{f"{side}_{column}": getattr(schedule, name) for name, column in _SCHEDULE_COLUMNS.items()},
        f"{side}_breaks": json.dumps([str(day) for day in schedule.breaks]),
        **billed_columns(side, books),
    }


@lru_cache(maxsize=1_024)
def _breaks_in(text: str) -> tuple[date, ...]:
    return tuple(map(date.fromisoformat, json.loads(text)))
