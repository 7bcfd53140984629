"""From the tiers and a line to the percentage of the line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from quitrent import Adjustment, Line
from quitrent_volume_tiers.settings import Settings, Tier


def adjustment_of(line: Line, settings: Settings) -> Adjustment | None:
    """Give the percentage of the tier that is reached, or None where none is or it changes nothing.

    Errors: RuntimeError for a line whose accounts have not been counted.
    """
    tiers = settings.tiers_for(line.reseller.name, line.product.name)
    if not tiers:
        return None
    if line.account_count is None:
        raise RuntimeError(
            "the line has no account_count; quitrent counts accounts for a plugin that declares counts_accounts"
        )
    tier = _reached(tiers, line.account_count)
    return None if tier is None or not tier.percent else _adjustment(line, tier)


def _reached(tiers: Sequence[Tier], count: int) -> Tier | None:
    place = bisect_right(tiers, count, key=lambda tier: tier.from_)
    return tiers[place - 1] if place else None


def _adjustment(line: Line, tier: Tier) -> Adjustment:
    accounts = "account" if tier.from_ == 1 else "accounts"
    reason = (
        f"{tier.percent:+f} % from {tier.from_} {accounts} on: "
        f"the reseller has {line.account_count} with {line.product.name} on {line.period_start}."
    )
    return Adjustment(f"tier-from-{tier.from_}", reason, percent=tier.percent)
