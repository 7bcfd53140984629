"""Callers' keys: a public part to look one up by, and a digest of the secret part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from quitrent.store.kept import Query, fetched, given, kept
from quitrent.store.parties import reseller_key
from quitrent.store.tables import KeyRow, ResellerRow


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; `reseller` is a name, empty for the provider's."""

    key_id: str
    secret_digest: str
    role: str
    reseller: str
    create_time: datetime
    revoke_time: datetime | None = None


def find_key(key_id: str) -> Key | None:
    """Give a key by its public part."""
    row = _by_id.row(key_id=key_id)
    return None if row is None else _key(row)


def insert_key(key: Key) -> None:
    """Write a new key."""
    KeyRow.insert(
        key_id=key.key_id,
        secret_digest=key.secret_digest,
        role=key.role,
        reseller=reseller_key(key.reseller),
        create_time=key.create_time,
    ).execute()


def revoke_key(key_id: str, now: datetime) -> None:
    """Write that a key no longer counts."""
    KeyRow.update(revoke_time=now).where(KeyRow.key_id == key_id, KeyRow.revoke_time.is_null()).execute()


def list_keys() -> list[Key]:
    """Give all keys, in the order in which they were made."""
    return [_key(row) for row in fetched(_query().order_by(KeyRow.id))]


@kept
def _by_id() -> Query:
    return _query().where(KeyRow.key_id == given("key_id"))


def _query() -> Query:
    return KeyRow.select(KeyRow, ResellerRow.name.alias("reseller_name")).join(ResellerRow, JOIN.LEFT_OUTER)


def _key(row: Any) -> Key:
    return Key(
        key_id=row.key_id,
        secret_digest=row.secret_digest,
        role=row.role,
        reseller=row.reseller_name or "",
        create_time=row.create_time,
        revoke_time=row.revoke_time,
    )
