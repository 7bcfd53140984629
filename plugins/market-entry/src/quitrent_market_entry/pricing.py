"""From the campaigns and a line to its discount, and from a finished price to its review."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict
from quitrent_market_entry.settings import Campaign

# The most decimals that quitrent takes in an amount.
MICROS = 1_000_000


class Discount(NamedTuple):
    """What a campaign takes off one line, in whole micros, and what it says of that."""

    micros: int
    campaign: str
    reason: str


def best_discount(line: Line, campaigns: Mapping[str, Campaign]) -> Adjustment | None:
    """Give the discount of the campaign that takes off the most, the first of equals, or None."""
    discounts = [_discount(line, name, one) for name, one in campaigns.items() if _fits(line, one)]
    best = max(discounts, key=lambda discount: discount.micros, default=None)
    if best is None or best.micros <= 0:
        return None
    amount = _minus_units(best.micros)
    return Adjustment(best.campaign, best.reason, amount=amount, currency=line.currency)


def review_of(line: Line, price: RetailAmount) -> Review | None:
    """Warn where the price of a whole period is below the own cost, as far as that is known."""
    if line.own_cost is None or price.whole >= line.own_cost:
        return None
    return Review(
        Verdict.WARN,
        f"The price of a whole period, {price.whole:f} {line.currency}, "
        f"is below the own cost of {line.own_cost:f} {line.currency}.",
    )


def _fits(line: Line, campaign: Campaign) -> bool:
    return (
        line.product.name == campaign.product
        and line.currency == campaign.currency
        and (campaign.resellers is None or line.reseller.name in campaign.resellers)
        and (campaign.from_ is None or campaign.from_ <= line.period_start)
        and line.period_start < campaign.until
    )


def _discount(line: Line, name: str, campaign: Campaign) -> Discount:
    # Fractions all the way: a Decimal's arithmetic rounds as the context of the thread has it.
    basis = Fraction(line.basis)
    offered, offer = _offer(basis, campaign)
    cap = campaign.cap_per_account
    off, limit = min(
        (offered, ""),
        (Fraction(cap), f", held by the cap of {cap:f} {campaign.currency} an account"),
        (basis - Fraction(campaign.floor), f", held by the floor of {campaign.floor:f} {campaign.currency}"),
        key=lambda choice: choice[0],
    )
    reason = f"{offer} off for periods that begin before {campaign.until}{limit}."
    # Down to a whole micro: rounding up could break the floor.
    return Discount(off * MICROS // 1, name, reason)


def _offer(basis: Fraction, campaign: Campaign) -> tuple[Fraction, str]:
    if campaign.percent is not None:
        return basis * Fraction(campaign.percent) / 100, f"{campaign.percent:f} %"
    assert campaign.amount is not None, "a campaign has one of both"
    return Fraction(campaign.amount), f"{campaign.amount:f} {campaign.currency}"


def _minus_units(micros: int) -> Decimal:
    whole, rest = divmod(micros, MICROS)
    # A Decimal made of a text is exact in every context.
    return Decimal(f"-{whole}.{rest:06d}".rstrip("0").rstrip("."))
