"""The tables of what the server keeps for itself: keys, answers, secrets."""

from __future__ import annotations

from peewee import BigIntegerField, ForeignKeyField, TextField

from quitrent.store.catalog_tables import ResellerRow
from quitrent.store.fields import BytesField, InstantField
from quitrent.store.row import Row


class KeyRow(Row):
    """A caller's key: the public part, and a digest of the secret part."""

    key_id = TextField(unique=True)
    secret_digest = TextField()
    role = TextField()
    reseller = ForeignKeyField(ResellerRow, null=True)
    reseller_id: int
    create_time = InstantField()
    revoke_time = InstantField(null=True)

    class Meta:
        table_name = "api_key"


class RequestRow(Row):
    """The answer to a call that carried a request_id, so that a repetition gets it again."""

    caller = TextField()
    request_id = TextField()
    digest = TextField()
    response = BytesField()
    create_time = InstantField()

    class Meta:
        table_name = "request"
        indexes = ((("caller", "request_id"), True),)


class CatalogVersionRow(Row):
    """The one row of the version of the catalog."""

    version = BigIntegerField()

    class Meta:
        table_name = "catalog_version"


class SecretRow(Row):
    """What the server has to remember for itself, such as the key that signs page tokens."""

    name = TextField(unique=True)
    value = TextField()

    class Meta:
        table_name = "secret"
