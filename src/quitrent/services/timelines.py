"""Timelines: a subscription's life with its charges, for people who have to explain it."""

from __future__ import annotations

from quitrent.domain.charge import Charge, ChargeFilter
from quitrent.domain.subscription import Subscription
from quitrent.domain.timeline import Moment, timeline
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.subscriptions import get_subscription
from quitrent.store.charge_lists import list_charges
from quitrent.store.subscriptions import replacement_of

BATCH = 1_000


def timeline_of(deployment: Deployment, caller: Caller, name: str) -> list[Moment]:
    """Give the life of a subscription, on through the products that it was changed to. Errors: NotFound."""
    with deployment.store.snapshot():
        lives = [get_subscription(caller, name)]
        while (following := replacement_of(lives[-1])) is not None and not following.is_empty:
            lives.append(following)
        return timeline(lives, [charge for one in lives for charge in _charges(one)])


def _charges(subscription: Subscription) -> list[Charge]:
    found: list[Charge] = []
    while batch := list_charges(ChargeFilter(parent=subscription.name), found[-1].key if found else 0, BATCH):
        found += batch
    return found
