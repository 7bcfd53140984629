"""Charges and their explanations: written once, read in many ways."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from peewee import JOIN, Expression, ModelSelect, chunked

from quitrent.domain.charge import CREDIT_REASONS, Charge, ChargeFilter, ChargeReason, Side, Step, StepKind
from quitrent.domain.money import Money
from quitrent.domain.subscription import Subscription
from quitrent.store.scope import under
from quitrent.store.tables import (
    AccountRow,
    BillingRunRow,
    ChargeRow,
    CustomerRow,
    ExplanationRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
    tuples_of,
)

_STEP_FIELDS = tuple(field.name for field in fields(Step))

_Reversed = ChargeRow.alias()
_Reversal = ChargeRow.alias()

# A statement holds at most 32,766 values on SQLite; a charge has fourteen.
_ROWS_AT_ONCE = 2_000


def insert_charges(charges: Sequence[Charge], run_key: int, now: datetime) -> list[Charge]:
    """Write a run's charges; give those that were not in the books yet. The UNIQUE index decides."""
    if not charges:
        return []
    subscriptions = _subscriptions({charge.subscription for charge in charges})
    explanations = _explanations(charges)
    rows = [
        _row(charge, subscriptions[charge.subscription], explanations[_digest(charge.steps)], now)
        | {"billing_run": run_key}
        for charge in charges
    ]
    written: set[tuple[object, ...]] = set()
    identity = (ChargeRow.subscription, ChargeRow.side, ChargeRow.reason, ChargeRow.period_start)
    for some in chunked(rows, _ROWS_AT_ONCE):
        # DO NOTHING passes over a second one, and nothing else that is wrong with a row.
        insert = ChargeRow.insert_many(some).on_conflict(action="nothing").returning(*identity)
        written.update(tuples_of(insert))
    return [
        charge
        for charge in charges
        if (subscriptions[charge.subscription].id, charge.side, charge.reason, charge.period_start) in written
    ]


def insert_reversal(reversal: Charge, reversed_charge: Charge, now: datetime) -> None:
    """Write the charge that takes another back."""
    subscription = _subscriptions({reversal.subscription})[reversal.subscription]
    explanation = _explanations([reversal])[_digest(reversal.steps)]
    ChargeRow.insert(**_row(reversal, subscription, explanation, now), reverses=reversed_charge.key).execute()


def find_charge(name: str) -> Charge | None:
    """Give a charge by its name, which tells its subscription, side, reason and period."""
    subscription, identity = name.split("/charges/")
    original = identity.removesuffix("-reversal")
    side, _, reason = original[:-11].partition("-")
    try:
        day = date.fromisoformat(original[-10:])
    except ValueError:
        return None
    found = _select(
        SubscriptionRow.name == subscription,
        ChargeRow.side == side.upper(),
        ChargeRow.reason == reason.replace("-", "_").upper(),
        ChargeRow.reason != ChargeReason.REVERSAL,
        ChargeRow.period_start == day,
    )
    if not found or identity == original:
        return found[0] if found else None
    reversals = _select(ChargeRow.reverses == found[0].key)
    return reversals[0] if reversals else None


def unsettled_charges(subscriptions: Sequence[Subscription], side: Side) -> dict[str, list[Charge]]:
    """Give a side's recurring charges whose credits have not been posted, by the names of their subscriptions."""
    wholesale = side is Side.WHOLESALE
    books = {one.key: one.wholesale if wholesale else one.retail for one in subscriptions}
    since = {key: one.settled_until for key, one in books.items() if one.settled_until < one.billed_until}
    return _by_subscription(
        since,
        side,
        ChargeRow.reason == ChargeReason.RECURRING,
        ChargeRow.period_start >= min(since.values(), default=date.min),
    )


def paused_charges(since: Mapping[int, date]) -> dict[str, list[Charge]]:
    """Give retail charges with suspension credits that end after a day, by the names of their subscriptions.

    since: the day, by the store's keys of the subscriptions.
    """
    return _by_subscription(
        since,
        Side.RETAIL,
        ChargeRow.reason.in_([ChargeReason.RECURRING, ChargeReason.SUSPENSION_CREDIT]),
        ChargeRow.period_end > min(since.values(), default=date.min),
    )


def _by_subscription(keys: Collection[int], side: Side, *where: Expression) -> dict[str, list[Charge]]:
    found: dict[str, list[Charge]] = {}
    if not keys:
        return found
    rows = _query(ChargeRow.subscription.in_(list(keys)), ChargeRow.side == side, *where)
    for row in rows.order_by(ChargeRow.period_start):
        found.setdefault(row.subscription.name, []).append(_charge(row))
    return found


def has_counterpart(charge: Charge) -> bool:
    """Whether a charge stands that gives days of this one back, or charges what this one gave back."""
    row = ChargeRow
    credited = charge.reason is ChargeReason.RECURRING
    of_its_period = row.reason.in_(list(CREDIT_REASONS) if credited else []) & (row.period_start == charge.period_start)
    # What a resume put right may be days of several periods.
    of_its_days = (
        (row.reason == (ChargeReason.PAUSED_CREDIT if credited else ChargeReason.PAUSED_CHARGE))
        & (row.period_start < charge.period_end)
        & (row.period_end > charge.period_start)
    )
    standing = _select(
        SubscriptionRow.name == charge.subscription,
        row.side == charge.side,
        of_its_period | of_its_days,
        _Reversal.id.is_null(),
    )
    return bool(standing)


def list_charges(wanted: ChargeFilter, after: int, limit: int) -> list[Charge]:
    """Give charges after a key, in the order in which they were made."""
    where = [ChargeRow.id > after, *under(wanted.parent)]
    if wanted.side:
        where.append(ChargeRow.side == wanted.side)
    if wanted.reason:
        where.append(ChargeRow.reason == wanted.reason)
    if wanted.product:
        where.append(ProductRow.name == wanted.product)
    if wanted.period_from:
        where.append(ChargeRow.period_start >= wanted.period_from)
    if wanted.period_before:
        where.append(ChargeRow.period_start < wanted.period_before)
    if wanted.billing_run:
        where.append(BillingRunRow.name == wanted.billing_run)
    return _select(*where, limit=limit)


def _select(*where: Expression, limit: int | None = None) -> list[Charge]:
    return [_charge(row) for row in _query(*where).order_by(ChargeRow.id).limit(limit)]


def _query(*where: Expression) -> ModelSelect[ChargeRow]:
    return (
        ChargeRow.select(
            ChargeRow,
            SubscriptionRow.name,
            ProductRow.name,
            ExplanationRow.steps,
            BillingRunRow.name,
            _Reversed.id,
            _Reversed.reason,
            _Reversal.id.alias("reversal_id"),
        )
        .join(SubscriptionRow)
        .join_from(ChargeRow, ProductRow)
        .join_from(ChargeRow, ResellerRow)
        .join_from(ChargeRow, AccountRow)
        .join(CustomerRow)
        .join_from(ChargeRow, ExplanationRow)
        .join_from(ChargeRow, BillingRunRow, JOIN.LEFT_OUTER)
        .join_from(ChargeRow, _Reversed, JOIN.LEFT_OUTER, on=(ChargeRow.reverses == _Reversed.id))
        .join_from(ChargeRow, _Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == ChargeRow.id), attr="reversal")
        .where(*where)
    )


def _charge(row: Any) -> Charge:
    charge = Charge(
        subscription=row.subscription.name,
        side=row.side,
        reason=row.reason,
        period_start=row.period_start,
        period_end=row.period_end,
        due_date=row.due_date,
        amount=Money(row.amount_micros, row.currency),
        steps=tuple(Step(**(step | {"kind": StepKind(step["kind"])})) for step in json.loads(row.explanation.steps)),
        product=row.product.name,
        billing_run=row.billing_run.name if row.billing_run else "",
        create_time=row.create_time,
        key=row.id,
    )
    if row.reverses_id:
        return replace(charge, reverses=replace(charge, reason=row.reverses.reason).name)
    if getattr(getattr(row, "reversal", None), "reversal_id", None):
        return replace(charge, reversed_by=charge.name + "-reversal")
    return charge


def _row(charge: Charge, subscription: SubscriptionRow, explanation: int, now: datetime) -> dict[str, object]:
    return {
        "reseller": subscription.reseller_id,
        "account": subscription.account_id,
        "product": subscription.product_id,
        "subscription": subscription.id,
        "side": charge.side,
        "reason": charge.reason,
        "period_start": charge.period_start,
        "period_end": charge.period_end,
        "due_date": charge.due_date,
        "amount_micros": charge.amount.amount_micros,
        "currency": charge.amount.currency,
        "explanation": explanation,
        "create_time": now,
    }


def _subscriptions(names: Collection[str]) -> dict[str, SubscriptionRow]:
    row = SubscriptionRow
    rows = row.select(row.id, row.name, row.reseller, row.account, row.product).where(row.name.in_(list(names)))
    return {found.name: found for found in rows}


def _explanations(charges: Iterable[Charge]) -> dict[str, int]:
    texts = {_digest(charge.steps): _steps_text(charge.steps) for charge in charges}
    if not texts:
        return {}
    rows = [{"digest": digest, "steps": text} for digest, text in texts.items()]
    for some in chunked(rows, _ROWS_AT_ONCE):
        ExplanationRow.insert_many(some).on_conflict(action="nothing").execute()
    found: dict[str, int] = {}
    for digests in chunked(list(texts), _ROWS_AT_ONCE):
        row = ExplanationRow
        found.update(tuples_of(row.select(row.digest, row.id).where(row.digest.in_(digests))))
    return found


def _digest(steps: Sequence[Step]) -> str:
    return sha256(_steps_text(steps).encode()).hexdigest()


def _steps_text(steps: Sequence[Step]) -> str:
    # What is empty says nothing, and a million charges keep it short.
    filled = [{name: value for name in _STEP_FIELDS if (value := getattr(step, name))} for step in steps]
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
