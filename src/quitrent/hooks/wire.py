"""What the core and a plugin's host say to each other: typed messages, and no code with them.

A message is one of the classes below in MessagePack. Reading one makes values of exactly the types
that stand here, or fails: a host holds other people's code, and nothing that it sends may run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from typing import Annotated, Any

import msgspec

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.charge import Charge
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import Adjustment, Review
from quitrent.hooks.answers import MOST_ADJUSTMENTS

LINE_FIELDS = tuple(sorted(field.name for field in fields(Line)))

# Held against the length that a list says it has before one of it is made.
_FEW = msgspec.Meta(max_length=MOST_ADJUSTMENTS)
_MANY = msgspec.Meta(max_length=10_000)

# What a plugin says of one line: what it proposes or judges; or a text, which says how it failed.
SaidOfPrice = Annotated[list[Adjustment], _FEW] | str
SaidOfReview = Annotated[list[Review], _FEW] | str
Said = SaidOfPrice | SaidOfReview


class _Told(msgspec.Struct, array_like=True, tag=True, dict=True):
    """What is said to plugins, of which several may be told the same."""

    @cached_property
    def written(self) -> msgspec.Raw:
        """Its bytes, which are made once."""
        return msgspec.Raw(encode(self))


class Adjust(_Told):
    """Asks for adjustments."""

    about: Sequence[Line]


class Judge(_Told):
    """Asks for reviews."""

    about: Sequence[tuple[Line, RetailAmount]]


class Posted(_Told):
    """Tells of charges."""

    charges: Sequence[Charge]


class Finished(_Told):
    """Tells of a run's end."""

    run: BillingRun


Question = Adjust | Judge
News = Posted | Finished


class Asked(msgspec.Struct, array_like=True, tag=True):
    """One request to a host; its number comes back with the reply."""

    number: int
    what: Question | News


class PluginRecord(msgspec.Struct, frozen=True):
    """A plugin in use: its name, its package with version, and what it declares.

    `looks_at` are the fields of a line that it sees.

    `settings_digest` tells one table of settings from another, and the content of the files that it
    names (`files_digest`). `failure` says why its code could not
    be made ready; what it declares is not known then.
    """

    name: str
    version: str = ""
    package: str = ""
    settings_digest: str = ""
    files_digest: str = ""
    hooks: tuple[str, ...] = ()
    sets_final_price: bool = False
    counts_accounts: bool = False
    looks_at: tuple[str, ...] = LINE_FIELDS
    failure: str = ""

    def may_implement(self, hook: str) -> bool:
        """Whether the plugin has to be asked: it implements the hook, or could not say."""
        return bool(self.failure) or hook in self.hooks


class Ready(msgspec.Struct, array_like=True, tag=True):
    """The plugin has been made ready."""

    record: PluginRecord


class Unusable(msgspec.Struct, array_like=True, tag=True):
    """The plugin cannot be used as it is configured or declared; the text says why."""

    why: str


class Broken(msgspec.Struct, array_like=True, tag=True):
    """The plugin's code failed while it was made ready; the text says how."""

    how: str


class Prices(msgspec.Struct, array_like=True, tag=True):
    """The adjustments of each line, and what the host weighs by now."""

    number: int
    memory_mib: int
    said: Annotated[list[SaidOfPrice], _MANY]


class Reviews(msgspec.Struct, array_like=True, tag=True):
    """The reviews of each line, and what the host weighs by now."""

    number: int
    memory_mib: int
    said: Annotated[list[SaidOfReview], _MANY]


class Heard(msgspec.Struct, array_like=True, tag=True):
    """News has been told; the text says how the plugin failed, and is empty where it did not."""

    number: int
    memory_mib: int
    failure: str


class Failed(msgspec.Struct, array_like=True, tag=True):
    """There are no answers, and the text says why; the lines have to be asked for in smaller batches.

    A host that is spent has run out of something, and is of no further use.
    """

    number: int
    how: str
    is_spent: bool


Reply = Prices | Reviews | Heard | Failed
Start = Ready | Unusable | Broken

encode = msgspec.msgpack.Encoder().encode


def request(number: int, what: Question | News) -> bytes:
    """Give the bytes of an `Asked`."""
    written: Any = what.written
    return encode(Asked(number, written))


read_asked = msgspec.msgpack.Decoder(Asked).decode
read_reply: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
read_start: msgspec.msgpack.Decoder[Start] = msgspec.msgpack.Decoder(Start)
