"""Places in a book: the order in which runs and statements go through its subscriptions.

A reseller's subscriptions lie together, and in them those of a customer, each in the order of its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

_LAST_KEY = 2**63 - 1


class Place(NamedTuple):
    """Where a subscription lies, by the store's keys of its reseller, its customer and itself."""

    reseller: int
    customer: int
    subscription: int


_BEGIN, _END = Place(0, 0, 0), Place(_LAST_KEY, _LAST_KEY, _LAST_KEY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The subscriptions after one place, up to and including another. A book is one stretch.

    >>> Stretch(last=Place(1, 2, 3)).after
    Place(reseller=0, customer=0, subscription=0)
    """

    after: Place = _BEGIN
    last: Place = _END
