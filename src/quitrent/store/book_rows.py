"""What an import locks and writes: new parties and subscriptions, a batch at a time, each table at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from quitrent.domain.continuation import Assignment
from quitrent.domain.party import Party, parent_of, reseller_of
from quitrent.store.assignments import assignment_columns
from quitrent.store.kept import Kept, Query, among, for_update, kept
from quitrent.store.parties import party_columns
from quitrent.store.subscription_rows import retail_columns, wholesale_columns
from quitrent.store.tables import (
    AccountRow,
    CustomerRow,
    NamedRow,
    PartyRow,
    ResellerRow,
    RetailSideRow,
    SubscriptionRow,
    WholesaleSideRow,
)
from quitrent.store.writing import Columns, insert_all

# By how many parts a name of the kind has, in the order in which one belongs to the other.
_PARTIES: dict[int, type[PartyRow]] = {2: ResellerRow, 4: CustomerRow, 6: AccountRow}


def lock_subscriptions(accounts: Collection[str]) -> None:
    """Keep runs from the subscriptions of accounts until the end of the transaction.

    It is a query of its own, before they are read: one that waits for a row reads the sides as they were before.
    """
    _locked.rows(accounts=accounts)


def insert_book(
    parties: Sequence[Party], assignments: Sequence[Assignment], keys: Mapping[str, int], now: datetime
) -> None:
    """Write parties and what is assigned to accounts, none of which is there yet.

    keys: the store's keys of the parties that are there already and have new ones below them, by name.
    """
    known = dict(keys)
    for parts, table in _PARTIES.items():
        new = [party for party in parties if party.name.count("/") + 1 == parts]
        insert_all(
            table, [{**party_columns(party, now), "create_time": now, **_parents(party, known)} for party in new]
        )
        known |= _keys_of(table, [party.name for party in new])
    _insert_assignments(assignments, known, now)


def _insert_assignments(assignments: Sequence[Assignment], parties: Mapping[str, int], now: datetime) -> None:
    insert_all(SubscriptionRow, [_subscription_columns(one, parties, now) for one in assignments])
    keys = _keys_of(SubscriptionRow, [one.subscription.name for one in assignments])
    keyed = [(keys[one.subscription.name], one) for one in assignments]
    wholesale = [{"id": key, **wholesale_columns(one.subscription, one.reseller_plan)} for key, one in keyed]
    retail = [{"id": key, **retail_columns(one.subscription, one.account_plan)} for key, one in keyed]
    insert_all(WholesaleSideRow, wholesale)
    insert_all(RetailSideRow, retail)


def _subscription_columns(one: Assignment, parties: Mapping[str, int], now: datetime) -> Columns:
    account = parent_of(one.subscription.name)
    return {
        **assignment_columns(one, now),
        "reseller": parties[reseller_of(account)],
        "customer": parties[parent_of(account)],
        "account": parties[account],
    }


def _parents(party: Party, known: Mapping[str, int]) -> Columns:
    """Give the keys of those that a party belongs to."""
    match party.name.count("/"):
        case 1:
            return {}
        case 3:
            return {"reseller": known[reseller_of(party.name)]}
        case _:
            return {"reseller": known[reseller_of(party.name)], "customer": known[parent_of(party.name)]}


@kept
def _locked() -> Query:
    accounts = AccountRow.select(AccountRow.id).where(among(AccountRow.name, "accounts"))
    row = SubscriptionRow
    query = row.select(row.id).where(row.account.in_(accounts))
    return for_update(query.order_by(row.reseller, row.customer, row.id), row)


def _keys_of(table: type[NamedRow], names: Sequence[str]) -> dict[str, int]:
    return {row.name: row.id for row in _BY_NAMES[table].rows(names=names)} if names else {}


def _by_names(table: type[NamedRow]) -> Kept:
    return kept(lambda: table.select(table.id, table.name).where(among(table.name, "names")))


_NAMED: tuple[type[NamedRow], ...] = (*_PARTIES.values(), SubscriptionRow)
_BY_NAMES = {table: _by_names(table) for table in _NAMED}
