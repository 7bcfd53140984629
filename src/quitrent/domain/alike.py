"""Subscriptions that are alike: their bill is the same, but for whom it is of.

Most of a book is alike: the same product, plans, start, and periods billed so far. What one of them
owes the others owe as well, so it is computed once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quitrent.domain.terms import Terms


class Member(NamedTuple):
    """A subscription that is alike with others: the store's keys of it and of those it is for."""

    subscription: int
    reseller: int
    customer: int
    account: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Subscriptions that are alike, perhaps only one. The terms are those of the first, and stand for all of them."""

    terms: Terms
    members: Sequence[Member]

    @property
    def keys(self) -> list[int]:
        """The store's keys of the subscriptions."""
        return [member.subscription for member in self.members]
