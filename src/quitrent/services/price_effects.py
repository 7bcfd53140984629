"""What a change of prices would do, before it is made: whom it touches and by how much, in pages, with totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from quitrent.domain.charge import Side
from quitrent.domain.price_effect import EffectTotal, PriceEffect, price_effect, totals_of
from quitrent.domain.terms import Terms
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change of prices: the terms that may be touched, and what becomes of them.

    `load` gives terms after a key, at most so many; `changed` gives them as they are after it.
    """

    side: Side
    since: date
    load: Callable[[int, int], Sequence[Terms]]
    changed: Callable[[Terms], Terms]


@dataclass(frozen=True, slots=True)
class PriceEffects:
    """A page of effects. The totals are those of all pages, and given with the first."""

    page: Page[PriceEffect]
    totals: tuple[EffectTotal, ...]


def effects_of(deployment: Deployment, caller: Caller, change: PriceChange, request: PageRequest) -> PriceEffects:
    """Give a page of what a change does.

    Errors: InvalidArgument (PAGE_TOKEN_INVALID).
    """
    # The page and the totals are of the same moment.
    with deployment.store.snapshot():
        page = page_of(caller, request, lambda after, limit: list(islice(_effects(change, after), limit)))
        return PriceEffects(page, () if request.token else totals_of(_effects(change, 0)))


def _effects(change: PriceChange, after: int) -> Iterator[PriceEffect]:
    while batch := change.load(after, BATCH):
        for terms in batch:
            effect = price_effect(terms, change.changed(terms), change.side, change.since)
            if effect is not None:
                yield effect
        after = batch[-1].subscription.key
