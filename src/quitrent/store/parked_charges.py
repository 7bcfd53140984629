"""Parked charges: what could not be priced yet, until it can."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from quitrent.domain.alike import Alike
from quitrent.domain.charge import ParkedCharge
from quitrent.store.kept import Query, among, fetched, kept
from quitrent.store.scope import under
from quitrent.store.tables import (
    AccountRow,
    BillingRunRow,
    CustomerRow,
    ParkedChargeRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
)
from quitrent.store.writing import delete_all, insert_or_change_all

_PERIOD = ("subscription", "period_start")
_TRIED_AGAIN = (
    "plugin = excluded.plugin, cause = excluded.cause, billing_run_id = excluded.billing_run_id, "
    "update_time = excluded.update_time, attempt_count = parked_charge.attempt_count + 1"
)


def park(charges: Iterable[tuple[Alike, ParkedCharge]], run_key: int, now: datetime) -> None:
    """Write parked charges of subscriptions; one that is there gets the newest cause and counts another attempt."""
    rows = [
        {
            "reseller": member.reseller,
            "subscription": member.subscription,
            "period_start": charge.period_start,
            "period_end": charge.period_end,
            "due_date": charge.due_date,
            "plugin": charge.plugin,
            "cause": charge.cause,
            "billing_run": run_key,
            "attempt_count": 1,
            "create_time": now,
            "update_time": now,
        }
        for alike, charge in charges
        for member in alike.members
    ]
    insert_or_change_all(ParkedChargeRow, rows, _PERIOD, _TRIED_AGAIN)


def unpark(periods: Iterable[tuple[int, date]]) -> None:
    """Delete parked charges that have been charged, by the keys of their subscriptions and their first days."""
    delete_all(ParkedChargeRow, [dict(zip(_PERIOD, period, strict=True)) for period in periods])


def parked_periods(subscription_keys: Collection[int]) -> dict[int, dict[date, date]]:
    """Give the parked periods of subscriptions, their first days with their ends, by the store's keys."""
    found: dict[int, dict[date, date]] = {}
    for parked in _by_subscription.rows(subscriptions=subscription_keys):
        found.setdefault(parked.subscription_id, {})[parked.period_start] = parked.period_end
    return found


@kept
def _by_subscription() -> Query:
    return ParkedChargeRow.select().where(among(ParkedChargeRow.subscription, "subscriptions"))


def count_parked_by(run_key: int) -> int:
    """Give how many periods are parked that a run was the last to try."""
    return int(ParkedChargeRow.select().where(ParkedChargeRow.billing_run == run_key).count())


def list_parked_charges(parent: str, plugin: str, after: int, limit: int) -> list[ParkedCharge]:
    """Give parked charges after a key, in the order in which they were parked."""
    where = [ParkedChargeRow.id > after, *under(parent)]
    if plugin:
        where.append(ParkedChargeRow.plugin == plugin)
    rows = (
        ParkedChargeRow.select(
            ParkedChargeRow,
            SubscriptionRow.name.alias("subscription_name"),
            ProductRow.name.alias("product_name"),
            BillingRunRow.name.alias("run_name"),
        )
        .join(SubscriptionRow)
        .join(ProductRow)
        .join_from(SubscriptionRow, ResellerRow)
        .join_from(SubscriptionRow, CustomerRow)
        .join_from(SubscriptionRow, AccountRow)
        .join_from(ParkedChargeRow, BillingRunRow)
        .where(*where)
        .order_by(ParkedChargeRow.id)
        .limit(limit)
    )
    return [_parked(row) for row in fetched(rows)]


def _parked(row: Any) -> ParkedCharge:
    return ParkedCharge(
        subscription=row.subscription_name,
        period_start=row.period_start,
        period_end=row.period_end,
        due_date=row.due_date,
        cause=row.cause,
        plugin=row.plugin,
        product=row.product_name,
        billing_run=row.run_name,
        attempt_count=row.attempt_count,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )
