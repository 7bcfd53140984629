"""The tables of plugins: which are set aside, and what they have not been told yet."""

from __future__ import annotations

from peewee import BigIntegerField, ForeignKeyField, IntegerField, TextField

from quitrent.store.book_tables import BillingRunRow
from quitrent.store.fields import InstantField
from quitrent.store.row import Row


class SetAsidePluginRow(Row):
    """A plugin that is not asked until someone puts it back."""

    plugin = TextField(unique=True)
    cause = TextField()
    create_time = InstantField()

    class Meta:
        table_name = "set_aside_plugin"


class PluginNewsRow(Row):
    """A run that a plugin has to be told of: the outbox. Its charges up to a key have been told."""

    plugin = TextField()
    billing_run = ForeignKeyField(BillingRunRow, index=False)
    billing_run_id: int
    told_charge = BigIntegerField()
    failure_count = IntegerField()
    failure = TextField()
    next_time = InstantField()
    create_time = InstantField()

    class Meta:
        table_name = "plugin_news"
        # A plugin is told of a run once, if all goes well.
        indexes = ((("plugin", "billing_run"), True),)
