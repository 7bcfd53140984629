"""Lists of charges, a page at a time: first which ones, out of the table of charges alone, and then what they are.

In one query with everything that is told of a charge, SQLite goes through all charges for each page.
"""

from __future__ import annotations

from typing import Any

from peewee import Expression

from quitrent.domain.charge import Charge, ChargeFilter
from quitrent.domain.party import reseller_of
from quitrent.store.charges import charges_by_key
from quitrent.store.expressions import first_of_month
from quitrent.store.tables import (
    AccountRow,
    BillingRunRow,
    ChargeRow,
    CustomerRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
    tuples_of,
)


def list_charges(wanted: ChargeFilter, after: int, limit: int, *, of_all: bool = False) -> list[Charge]:
    """Give charges after a key, in the order in which they were made.

    of_all: whether all pages are read one after the other. They are found in one pass through the charges then, where
    each page for itself would look through all charges of a reseller.
    """
    where = [ChargeRow.id > after, *_fitting(wanted), *_of_parent(wanted.parent, of_all=of_all)]
    query = ChargeRow.select(ChargeRow.id).where(*where).order_by(ChargeRow.id).limit(limit)
    return charges_by_key([key for (key,) in tuples_of(query)])


def _fitting(wanted: ChargeFilter) -> list[Expression]:
    where: list[Expression] = []
    if wanted.side:
        where.append(ChargeRow.side == wanted.side)
    if wanted.reason:
        where.append(ChargeRow.reason == wanted.reason)
    if wanted.product:
        where.append(ChargeRow.product == _key(ProductRow, wanted.product))
    start, month = ChargeRow.period_start, first_of_month(ChargeRow.period_start)
    # The month says the same less exactly, and is what the index of a reseller's charges has.
    if wanted.period_from:
        where += [start >= wanted.period_from, month >= str(wanted.period_from.replace(day=1))]
    if wanted.period_before:
        where += [start < wanted.period_before, month <= str(wanted.period_before.replace(day=1))]
    if wanted.billing_run:
        where.append(ChargeRow.billing_run == _key(BillingRunRow, wanted.billing_run))
    return where


def _of_parent(parent: str, *, of_all: bool) -> list[Expression]:
    """Give the condition for what belongs to a reseller, a customer, an account or a subscription; none for all."""
    if not parent:
        return []
    # An expression has no index: the charges are gone through in the order of their keys.
    reseller: Any = ChargeRow.reseller + 0 if of_all else ChargeRow.reseller
    where: list[Expression] = [reseller == _key(ResellerRow, reseller_of(parent))]
    match parent.count("/"):
        case 3:
            accounts = AccountRow.select(AccountRow.id).where(AccountRow.customer == _key(CustomerRow, parent))
            where.append(ChargeRow.account.in_(accounts))
        case 5:
            where.append(ChargeRow.account == _key(AccountRow, parent))
        case 7:
            where.append(ChargeRow.subscription == _key(SubscriptionRow, parent))
    return where


def _key(table: Any, name: str) -> Any:
    return table.select(table.id).where(table.name == name)
