"""The same id again: the same content is a retry, other content is refused."""

from __future__ import annotations

from typing import TypeVar

from quitrent.domain.errors import AlreadyExists, Reason

_Value = TypeVar("_Value")


def same_or_taken(name: str, stored: _Value, wanted: _Value) -> _Value:
    """Give what is stored where it is what is wanted; times do not count.

    Errors: AlreadyExists (NAME_TAKEN).
    """
    if stored == wanted:
        return stored
    raise name_taken(name)


def name_taken(name: str) -> AlreadyExists:
    """Say that an id is taken with other content."""
    return AlreadyExists(
        Reason.NAME_TAKEN, f"{name} exists with other content; choose another id", metadata={"name": name}
    )
