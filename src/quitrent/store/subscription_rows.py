"""A subscription as rows: its own with the schedule of each side, and two that tell how far the books of each are."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any

from peewee import JOIN

from quitrent.domain.due import next_due
from quitrent.domain.plan import Plan
from quitrent.domain.retail_bill import next_retail_due
from quitrent.domain.schedule import Schedule
from quitrent.domain.subscription import SideBooks, Subscription, Suspension
from quitrent.store.kept import Query
from quitrent.store.tables import RetailSideRow, SideRow, SubscriptionRow, WholesaleSideRow

# What both sides have columns for: of the schedule with the side's name in front, and of the books.
_SCHEDULE_COLUMNS = {"anchor": "anchor_date", "first_index": "first_index"}
_BOOKS_COLUMNS = ("billed_until", "settled_until", "activation_billed", "cancellation_billed")
_SIDES: dict[str, type[SideRow]] = {"wholesale": WholesaleSideRow, "retail": RetailSideRow}


def side_columns() -> list[Any]:
    """Give the columns of both sides for a query, with the side's name in front."""
    return [
        getattr(table, column).alias(f"{side}_{column}") for side, table in _SIDES.items() for column in _BOOKS_COLUMNS
    ]


def schedule_columns() -> list[Any]:
    """Give the columns of the schedules of both sides, but for the days on which the retail side starts and ends."""
    row = SubscriptionRow
    wholesale = (row.wholesale_start_date, row.wholesale_days_before, row.wholesale_periods_before)
    of_both = [
        getattr(row, f"{side}_{column}") for side in _SIDES for column in (*_SCHEDULE_COLUMNS.values(), "breaks")
    ]
    return [*wholesale, row.wholesale_continues, *of_both]


def with_sides(query: Query, how: str = JOIN.INNER) -> Query:
    """Join both sides to a query of subscriptions."""
    row = SubscriptionRow
    joined: Query = query.join_from(row, WholesaleSideRow, how, on=(WholesaleSideRow.id == row.id))
    return joined.join_from(row, RetailSideRow, how, on=(RetailSideRow.id == row.id))


def subscription_value(
    row: Any,
    product: str,
    account_plan: str,
    reseller_plan: str,
    suspensions: tuple[Suspension, ...],
    replaces: str = "",
) -> Subscription:
    """Make the value of a row with its sides, and of the names that belong to it."""
    wholesale = _side(
        row.wholesale_anchor_date,
        row.wholesale_start_date,
        row.wholesale_end_date,
        row.wholesale_first_index,
        row.wholesale_days_before,
        row.wholesale_breaks,
        row.wholesale_periods_before,
        row.wholesale_billed_until,
        row.wholesale_settled_until,
        row.wholesale_activation_billed,
        row.wholesale_cancellation_billed,
        row.wholesale_continues,
    )
    retail = _side(
        row.retail_anchor_date,
        row.start_date,
        row.end_date,
        row.retail_first_index,
        0,
        row.retail_breaks,
        0,
        row.retail_billed_until,
        row.retail_settled_until,
        row.retail_activation_billed,
        row.retail_cancellation_billed,
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


def subscription_columns(subscription: Subscription) -> dict[str, object]:
    """Give the columns of a subscription that change in its life."""
    wholesale, retail = subscription.wholesale, subscription.retail
    return {
        "end_date": retail.schedule.end,
        "wholesale_start_date": wholesale.schedule.start,
        "wholesale_end_date": wholesale.schedule.end,
        "wholesale_days_before": wholesale.schedule.days_before,
        "wholesale_periods_before": wholesale.schedule.periods_before,
        "wholesale_continues": wholesale.continues,
        **_schedule_columns("wholesale", wholesale.schedule),
        **_schedule_columns("retail", retail.schedule),
    }


def wholesale_columns(subscription: Subscription, reseller_plan: Plan) -> dict[str, object]:
    """Give the columns that tell how far the books of the wholesale side are, and when it is due next."""
    side = subscription.wholesale
    return {
        **{name: getattr(side, name) for name in _BOOKS_COLUMNS},
        "due_date": next_due(side, reseller_plan, subscription.start),
    }


def retail_columns(subscription: Subscription, account_plan: Plan) -> dict[str, object]:
    """Give the columns that tell how far the books of the retail side are, and when it is due next."""
    side = subscription.retail
    return {
        **{name: getattr(side, name) for name in _BOOKS_COLUMNS},
        "due_date": next_retail_due(subscription, account_plan),
    }


def _schedule_columns(side: str, schedule: Schedule) -> dict[str, object]:
    return {
        **{f"{side}_{column}": getattr(schedule, name) for name, column in _SCHEDULE_COLUMNS.items()},
        f"{side}_breaks": json.dumps([str(day) for day in schedule.breaks]) if schedule.breaks else "[]",
    }


# Many subscriptions have sides that are alike, and what is computed of one is found again for the same value.
@lru_cache(maxsize=4_096)
def _side(
    anchor: date,
    start: date,
    end: date | None,
    first_index: int,
    days_before: int,
    breaks: str,
    periods_before: int,
    *books: Any,
) -> SideBooks:
    schedule = Schedule(anchor, start, end, first_index, days_before, _breaks_in(breaks), periods_before)
    return SideBooks(schedule, *books)


def _breaks_in(text: str) -> tuple[date, ...]:
    return tuple(map(date.fromisoformat, json.loads(text)))
