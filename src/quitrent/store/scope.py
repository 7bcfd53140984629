"""Whose rows: the condition that a parent's name makes for what belongs to it."""

from __future__ import annotations

from peewee import Expression

from quitrent.store.tables import AccountRow, CustomerRow, NamedRow, ResellerRow, SubscriptionRow

# A name has two parts for each level.
_TABLES: dict[int, type[NamedRow]] = {2: ResellerRow, 4: CustomerRow, 6: AccountRow, 8: SubscriptionRow}


def under(parent: str) -> list[Expression]:
    """Give the condition for what belongs to a reseller, a customer, an account or a subscription; none for all.

    The query has to join the table of the parent.
    """
    return [_TABLES[len(parent.split("/"))].name == parent] if parent else []
