"""Resellers, customers and accounts: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from peewee import Expression

from quitrent.domain.party import Party, parent_of, reseller_of
from quitrent.store.kept import Kept, among, fetched, given, kept
from quitrent.store.tables import AccountRow, CustomerRow, PartyRow, ResellerRow
from quitrent.store.writing import insert, update_all


def _by_name(table: type[PartyRow]) -> Kept:
    return kept(lambda: table.select().where(table.name == given("name")))


def _by_names(table: type[PartyRow]) -> Kept:
    return kept(lambda: table.select().where(among(table.name, "names")))


_TABLES = (ResellerRow, CustomerRow, AccountRow)
_RESELLER, _CUSTOMER, _ACCOUNT = map(_by_name, _TABLES)
# By how many parts a name of the kind has.
_NAMED = {2 * level: _by_names(table) for level, table in enumerate(_TABLES, start=1)}


def find_reseller(name: str) -> Party | None:
    """Give a reseller by its name."""
    return _party(_RESELLER.row(name=name))


def find_customer(name: str) -> Party | None:
    """Give a customer by its name."""
    return _party(_CUSTOMER.row(name=name))


def find_account(name: str) -> Party | None:
    """Give an account by its name."""
    return _party(_ACCOUNT.row(name=name))


def parties_named(names: Collection[str]) -> dict[str, Party]:
    """Give resellers, customers and accounts by their names, each kind with one query."""
    return {row.name: _party_of(row) for kept_query, of in _by_kind(names) for row in kept_query.rows(names=of)}


def insert_reseller(party: Party, now: datetime) -> None:
    """Write a new reseller."""
    insert(ResellerRow, **party_columns(party, now), create_time=now)


def insert_customer(party: Party, now: datetime) -> None:
    """Write a new customer of the reseller that its name tells."""
    reseller = reseller_key(reseller_of(party.name))
    insert(CustomerRow, **party_columns(party, now), create_time=now, reseller=reseller)


def insert_account(party: Party, now: datetime) -> None:
    """Write a new account of the customer that its name tells."""
    [customer] = _CUSTOMER.rows(name=parent_of(party.name))
    insert(
        AccountRow, **party_columns(party, now), create_time=now, reseller=customer.reseller_id, customer=customer.id
    )


def update_reseller(party: Party, now: datetime) -> None:
    """Write a reseller's new values."""
    _update(ResellerRow, party, now)


def update_customer(party: Party, now: datetime) -> None:
    """Write a customer's new values."""
    _update(CustomerRow, party, now)


def update_account(party: Party, now: datetime) -> None:
    """Write an account's new values."""
    _update(AccountRow, party, now)


def list_resellers(reseller: str, after: int, limit: int) -> list[Party]:
    """Give resellers after a key, or the one named."""
    return _list(ResellerRow, [ResellerRow.name == reseller] if reseller else [], after, limit)


def list_customers(reseller: str, after: int, limit: int) -> list[Party]:
    """Give customers after a key, of one reseller or of all."""
    where = [CustomerRow.reseller == reseller_key(reseller)] if reseller else []
    return _list(CustomerRow, where, after, limit)


def list_accounts(parent: str, after: int, limit: int) -> list[Party]:
    """Give accounts after a key, of one reseller, of one customer, or of all."""
    where: list[Expression] = []
    if parent_of(parent):
        [customer] = _CUSTOMER.rows(name=parent)
        where = [AccountRow.customer == customer.id]
    elif parent:
        where = [AccountRow.reseller == reseller_key(parent)]
    return _list(AccountRow, where, after, limit)


def reseller_key(name: str) -> int | None:
    """Give the key of a reseller by its name; None for the provider's empty name."""
    if not name:
        return None
    [reseller] = _RESELLER.rows(name=name)
    return int(reseller.id)


def _by_kind(names: Collection[str]) -> Iterator[tuple[Kept, list[str]]]:
    for parts, query in _NAMED.items():
        of = [name for name in names if name.count("/") + 1 == parts]
        if of:
            yield query, of


def _list(table: type[PartyRow], where: list[Expression], after: int, limit: int) -> list[Party]:
    query = table.select().where(table.id > after, *where).order_by(table.id).limit(limit)
    return [_party_of(row) for row in fetched(query)]


def _update(table: type[PartyRow], party: Party, now: datetime) -> None:
    update_all(table, [{"id": party.key, **party_columns(party, now)}])


def party_columns(party: Party, now: datetime) -> dict[str, object]:
    """Give the columns of a party that can change."""
    return {"name": party.name, "display_name": party.display_name, "labels": party.labels, "update_time": now}


def _party(row: Any | None) -> Party | None:
    return None if row is None else _party_of(row)


def _party_of(row: Any) -> Party:
    return Party(
        name=row.name,
        display_name=row.display_name,
        labels=row.labels,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )
