"""Charges and their explanations: written once, read in many ways."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from peewee import JOIN, IntegrityError

from quitrent.domain.alike import Alike
from quitrent.domain.charge import CREDIT_REASONS, Charge, ChargeReason, Side, Step, StepKind
from quitrent.domain.money import Money
from quitrent.domain.subscription import Subscription
from quitrent.store.expressions import is_no_reversal
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.row import current_database
from quitrent.store.tables import (
    AccountRow,
    BillingRunRow,
    ChargeRow,
    CustomerRow,
    ExplanationRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
)
from quitrent.store.writing import Block, insert, insert_all, insert_blocks

_STEP_FIELDS = tuple(field.name for field in fields(Step))

_Reversed = ChargeRow.alias()
_Reversal = ChargeRow.alias()


def insert_charges(charges: Sequence[tuple[Alike, Charge]], run_key: int, now: datetime) -> list[tuple[Charge, int]]:
    """Write a run's charges of subscriptions that are alike; give each with how often it was not in the books yet.

    The UNIQUE indexes decide.
    """
    explanations = _explanations(charge for _, charge in charges)
    blocks = [
        Block(
            ("subscription", "reseller", "account"),
            [(one.subscription, one.reseller, one.account) for one in alike.members],
            {**_columns(charge, explanations, now), "product": alike.terms.product.key, "billing_run": run_key},
        )
        for alike, charge in charges
    ]
    try:
        with current_database().atomic():
            insert_blocks(ChargeRow, blocks)
    except IntegrityError:
        # One of them is there already: each for itself, and what is there is passed over.
        written = [insert_blocks(ChargeRow, [block], or_ignore=True) for block in blocks]
        return [(charge, count) for (_, charge), count in zip(charges, written, strict=True)]
    return [(charge, len(alike.members)) for alike, charge in charges]


def insert_reversal(reversal: Charge, reversed_charge: Charge, now: datetime) -> None:
    """Write the charge that takes another back."""
    [subscription] = _subscription.rows(name=reversal.subscription)
    insert(
        ChargeRow,
        **_columns(reversal, _explanations([reversal]), now),
        reseller=subscription.reseller_id,
        account=subscription.account_id,
        product=subscription.product_id,
        subscription=subscription.id,
        reverses=reversed_charge.key,
    )


def find_charge(name: str) -> Charge | None:
    """Give a charge by its name, which tells its subscription, side, reason and period."""
    subscription, identity = name.split("/charges/")
    original = identity.removesuffix("-reversal")
    side, _, reason = original[:-11].partition("-")
    try:
        day = date.fromisoformat(original[-10:])
    except ValueError:
        return None
    found = _by_identity.row(
        subscription=subscription, side=side.upper(), reason=reason.replace("-", "_").upper(), period_start=day
    )
    if found is not None and identity != original:
        found = _by_reversed.row(key=found.id)
    return None if found is None else _charge(found)


def unsettled_charges(subscriptions: Sequence[Subscription], side: Side) -> dict[str, list[Charge]]:
    """Give a side's recurring charges whose credits have not been posted, by the names of their subscriptions."""
    wholesale = side is Side.WHOLESALE
    books = {one.key: one.wholesale if wholesale else one.retail for one in subscriptions}
    since = {key: one.settled_until for key, one in books.items() if one.settled_until < one.billed_until}
    if not since:
        return {}
    return _by_subscription(_unsettled.rows(subscriptions=since, side=side, since=min(since.values())))


def paused_charges(since: Mapping[int, date]) -> dict[str, list[Charge]]:
    """Give retail charges with suspension credits that end after a day, by the names of their subscriptions.

    since: the day, by the store's keys of the subscriptions.
    """
    if not since:
        return {}
    return _by_subscription(_paused.rows(subscriptions=since, since=min(since.values())))


def _by_subscription(rows: list[Any]) -> dict[str, list[Charge]]:
    found: dict[str, list[Charge]] = {}
    for row in rows:
        found.setdefault(row.subscription_name, []).append(_charge(row))
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
    standing = _query().where(
        SubscriptionRow.name == charge.subscription,
        row.side == charge.side,
        of_its_period | of_its_days,
        is_no_reversal(row),
        _Reversal.id.is_null(),
    )
    return bool(fetched(standing))


def charges_by_key(keys: Collection[int]) -> list[Charge]:
    """Give charges by the store's keys, in their order."""
    return [_charge(row) for row in _by_keys.rows(keys=keys)] if keys else []


@kept
def _subscription() -> Query:
    return SubscriptionRow.select().where(SubscriptionRow.name == given("name"))


@kept
def _by_keys() -> Query:
    return _query().where(among(ChargeRow.id, "keys")).order_by(ChargeRow.id)


@kept
def _by_identity() -> Query:
    row = ChargeRow
    return _query().where(
        SubscriptionRow.name == given("subscription"),
        row.side == given("side"),
        row.reason == given("reason"),
        row.period_start == given("period_start"),
        is_no_reversal(row),
    )


@kept
def _by_reversed() -> Query:
    return _query().where(ChargeRow.reverses == given("key"))


@kept
def _unsettled() -> Query:
    row = ChargeRow
    return (
        _query()
        .where(
            among(row.subscription, "subscriptions"),
            row.side == given("side"),
            row.reason == ChargeReason.RECURRING,
            row.period_start >= given("since"),
            is_no_reversal(row),
        )
        .order_by(row.period_start)
    )


@kept
def _paused() -> Query:
    row = ChargeRow
    return (
        _query()
        .where(
            among(row.subscription, "subscriptions"),
            row.side == Side.RETAIL,
            row.reason.in_([ChargeReason.RECURRING, ChargeReason.SUSPENSION_CREDIT]),
            row.period_end > given("since"),
            is_no_reversal(row),
        )
        .order_by(row.period_start)
    )


@kept
def _explanations_by_digest() -> Query:
    row = ExplanationRow
    return row.select(row.digest, row.id).where(among(row.digest, "digests"))


def _query() -> Query:
    return (
        ChargeRow.select(
            ChargeRow,
            SubscriptionRow.name.alias("subscription_name"),
            ProductRow.name.alias("product_name"),
            ExplanationRow.steps,
            BillingRunRow.name.alias("run_name"),
            _Reversed.reason.alias("reversed_reason"),
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
        .join_from(ChargeRow, _Reversal, JOIN.LEFT_OUTER, on=(_Reversal.reverses == ChargeRow.id))
    )


def _charge(row: Any) -> Charge:
    charge = Charge(
        subscription=row.subscription_name,
        side=row.side,
        reason=row.reason,
        period_start=row.period_start,
        period_end=row.period_end,
        due_date=row.due_date,
        amount=Money(row.amount_micros, row.currency),
        steps=_steps_in(row.steps),
        product=row.product_name,
        billing_run=row.run_name or "",
        create_time=row.create_time,
        key=row.id,
    )
    if row.reverses_id:
        return replace(charge, reverses=replace(charge, reason=row.reversed_reason).name)
    if row.reversal_id:
        return replace(charge, reversed_by=charge.name + "-reversal")
    return charge


def _columns(charge: Charge, explanations: Mapping[tuple[Step, ...], int], now: datetime) -> dict[str, object]:
    return {
        "side": charge.side,
        "reason": charge.reason,
        "period_start": charge.period_start,
        "period_end": charge.period_end,
        "due_date": charge.due_date,
        "amount_micros": charge.amount.amount_micros,
        "currency": charge.amount.currency,
        "explanation": explanations[charge.steps],
        "create_time": now,
    }


def _explanations(charges: Iterable[Charge]) -> dict[tuple[Step, ...], int]:
    """Give the keys of explanations by their steps; those that are new are written."""
    texts = {steps: _steps_text(steps) for steps in {charge.steps for charge in charges}}
    digests = {steps: sha256(text.encode()).hexdigest() for steps, text in texts.items()}
    keys = _keys_of(digests)
    new = {digest: texts[steps] for steps, digest in digests.items() if digest not in keys}
    if new:
        # In order, so that two writers who have the same ones do not wait for each other in a ring.
        rows = [{"digest": digest, "steps": text} for digest, text in sorted(new.items())]
        insert_all(ExplanationRow, rows, or_ignore=True)
        keys |= _keys_of(digests)
    return {steps: keys[digest] for steps, digest in digests.items()}


def _keys_of(digests: Mapping[tuple[Step, ...], str]) -> dict[str, int]:
    rows = _explanations_by_digest.rows(digests=list(digests.values())) if digests else []
    return {row.digest: row.id for row in rows}


@lru_cache(1024)
def _steps_in(text: str) -> tuple[Step, ...]:
    """Read an explanation, which many charges have in common."""
    return tuple(Step(**(step | {"kind": StepKind(step["kind"])})) for step in json.loads(text))


def _steps_text(steps: Sequence[Step]) -> str:
    # What is empty says nothing, and a million charges keep it short.
    filled = [{name: value for name in _STEP_FIELDS if (value := getattr(step, name))} for step in steps]
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
