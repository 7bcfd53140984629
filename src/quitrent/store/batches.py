"""The batches of a run: subscriptions in the order of the book, put together where they are alike.

Whatever may make a difference keeps subscriptions apart: each column that bills are made of, an end,
a suspension, a parked period, the scope of a price rule, and what plugins look at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from quitrent.domain.alike import Alike, Member
from quitrent.domain.place import Place, Stretch
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.subscription import Suspension
from quitrent.store.catalog import current_catalog
from quitrent.store.kept import Query, among, for_update, given, kept
from quitrent.store.parked_charges import parked_periods
from quitrent.store.subscription_rows import schedule_columns, side_columns, with_sides
from quitrent.store.subscriptions import suspensions_of
from quitrent.store.tables import RetailSideRow, SubscriptionRow, WholesaleSideRow
from quitrent.store.terms import TermsBatch, bounds_of, retail_is_due, terms_by_key, within

_Row = tuple[Any, ...]
_Parked = dict[int, dict[date, date]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some subscriptions in the order of their places, as they were read together, by who is alike."""

    groups: Sequence[Alike]
    # Of each group the first one.
    first_ones: TermsBatch
    rows: Sequence[_Row]
    suspensions: dict[int, tuple[Suspension, ...]]
    parked: _Parked

    @property
    def keys(self) -> list[int]:
        """The keys of the subscriptions."""
        return [row[0] for row in self.rows]

    def after(self, stretch: Stretch) -> Stretch:
        """Give what of a stretch comes after this batch."""
        key, reseller, customer, *_ = self.rows[-1]
        return replace(stretch, after=Place(reseller, customer, key))

    def unchanged(self) -> Sequence[Alike]:
        """Lock the subscriptions, and give those that are still what they were."""
        rows = {row[0]: row for row in _locked.tuples(keys=self.keys)}
        suspensions, parked = suspensions_of(self.keys), parked_periods(self.keys)
        same = {
            key
            for row in self.rows
            if rows.get(key := row[0]) == row
            and suspensions.get(key) == self.suspensions.get(key)
            and parked.get(key) == self.parked.get(key)
        }
        standing = same & self.first_ones.unchanged()
        return [
            Alike(group.terms, [one for one in group.members if one.subscription in same])
            for group in self.groups
            if group.members[0].subscription in standing
        ]


def wholesale_due(through: date, stretch: Stretch, limit: int) -> Batch:
    """Lock the first subscriptions of a stretch whose wholesale side has something due by a day."""
    rows = _wholesale_due.tuples(through=through, limit=limit, **bounds_of(stretch))
    # What is given back at an end is of what was charged for that one.
    return _batch(rows, {row[0]: row[0] for row in rows if row[_WHOLESALE_END] is not None})


def retail_due(through: date, stretch: Stretch, limit: int, seen: Collection[str]) -> Batch:
    """Give the first subscriptions of a stretch whose retail side has something due or parked.

    seen: the fields of a line that the plugins in use look at.
    """
    return _retail(_retail_due.tuples(through=through, limit=limit, **bounds_of(stretch)), seen)


def retail_by_key(keys: Collection[int], seen: Collection[str]) -> Batch:
    """Give subscriptions by their keys. `seen` are the fields of a line that the plugins in use look at."""
    return _retail(_by_keys.tuples(keys=keys), seen)


def started(through: date, stretch: Stretch, limit: int) -> Batch:
    """Give the first subscriptions of a stretch that have started by a day."""
    return _batch(_started.tuples(through=through, limit=limit, **bounds_of(stretch)), {})


def by_key(keys: Collection[int]) -> Batch:
    """Give subscriptions by their keys."""
    return _batch(_by_keys.tuples(keys=keys), {})


def _retail(rows: Sequence[_Row], seen: Collection[str]) -> Batch:
    keys = [row[0] for row in rows]
    suspensions, parked = suspensions_of(keys), parked_periods(keys)
    rules = current_catalog().rules({(row[_RESELLER], row[_PRODUCT]) for row in rows})
    looked_at = tuple({_PLACES[field] for field in seen if field in _PLACES})
    apart: dict[int, object] = {}
    for row in rows:
        key = row[0]
        if row[_END] is not None or row[_WHOLESALE_END] is not None or key in suspensions or key in parked:
            apart[key] = key
        else:
            scope = _scope(rules[row[_RESELLER], row[_PRODUCT]])
            apart[key] = tuple(row[place] for place in (*scope, *looked_at))
    return _batch(rows, apart, suspensions, parked)


@lru_cache(maxsize=1_024)
def _scope(rules: tuple[PriceRule, ...]) -> tuple[int, ...]:
    """Give the places of the columns by which rules tell subscriptions apart."""
    if any(rule.account for rule in rules):
        return (_ACCOUNT,)
    if any(rule.customer for rule in rules):
        return (_CUSTOMER,)
    return (_RESELLER,) if rules else ()


def _batch(
    rows: Sequence[_Row],
    apart: Mapping[int, object],
    suspensions: dict[int, tuple[Suspension, ...]] | None = None,
    parked: _Parked | None = None,
) -> Batch:
    """Put together what is alike. `apart` tells subscriptions apart that are not, by their keys."""
    groups: dict[tuple[object, _Row], list[Member]] = {}
    for row in rows:
        groups.setdefault((apart.get(row[0]), row[_OWN_COUNT:]), []).append(Member._make(row[:_OWN_COUNT]))
    first_ones = terms_by_key([members[0].subscription for members in groups.values()])
    found = [Alike(terms, members) for terms, members in zip(first_ones.terms, groups.values(), strict=True)]
    return Batch(found, first_ones, rows, suspensions or {}, parked or {})


# A row has the columns of a `Member` first, then those that bills are made of.
_OWN = (SubscriptionRow.id, SubscriptionRow.reseller, SubscriptionRow.customer, SubscriptionRow.account)
_OWN_COUNT = len(_OWN)
_BILLED = (
    SubscriptionRow.end_date,
    SubscriptionRow.wholesale_end_date,
    SubscriptionRow.product,
    SubscriptionRow.account_plan,
    SubscriptionRow.reseller_plan,
    SubscriptionRow.start_date,
    *schedule_columns(),
)
_, _RESELLER, _CUSTOMER, _ACCOUNT, _END, _WHOLESALE_END, _PRODUCT = range(_OWN_COUNT + 3)

# What tells apart whoever may differ in a field of a line. All others follow from the columns above.
_PLACES = {
    "reseller": _RESELLER,
    "customer": _CUSTOMER,
    "account": _ACCOUNT,
    "subscription": 0,
    "charged_before": 0,
    "account_count": _RESELLER,
    "subscription_count": _RESELLER,
}


@kept
def _by_keys() -> Query:
    return _query().where(among(SubscriptionRow.id, "keys"))


@kept
def _locked() -> Query:
    return for_update(_query().where(among(SubscriptionRow.id, "keys")), SubscriptionRow, RetailSideRow)


@kept
def _wholesale_due() -> Query:
    due = WholesaleSideRow.due_date <= given("through")
    return for_update(_query().where(due, *within()).limit(given("limit")), SubscriptionRow, WholesaleSideRow)


@kept
def _retail_due() -> Query:
    return _query().where(retail_is_due(given("through")), *within()).limit(given("limit"))


@kept
def _started() -> Query:
    return _query().where(SubscriptionRow.start_date <= given("through"), *within()).limit(given("limit"))


def _query() -> Query:
    row = SubscriptionRow
    query = with_sides(row.select(*_OWN, *_BILLED, *side_columns()))
    return query.order_by(row.reseller, row.customer, row.id)
