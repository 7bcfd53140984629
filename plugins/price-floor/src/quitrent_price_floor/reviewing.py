"""From the settings, a line and its finished price to the review of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from quitrent import Line, RetailAmount, Review, Verdict
from quitrent_price_floor.budget import loss_of, share_of
from quitrent_price_floor.settings import BelowCost, Settings

MICROS = 1_000_000
LONGEST_REASON = 255
NOT_COMPARED = "The own cost is in another currency than the price, so it is not known whether the price is below it."

_VERDICTS: dict[BelowCost, Verdict] = {"allow": Verdict.ALLOW, "warn": Verdict.WARN, "refuse": Verdict.REFUSE}


def review_of(line: Line, price: RetailAmount, settings: Settings) -> Review | None:
    """Give the verdict on a price below cost, or None where there is nothing to say."""
    if line.own_cost is None:
        return Review(_VERDICTS[settings.unknown_cost], NOT_COMPARED)
    if price.whole >= line.own_cost:
        return None
    said = (
        f"A price of {price.whole:f} {line.currency} a period is below the own cost of "
        f"{line.own_cost:f} {line.currency}"
    )
    rule = settings.rule_for(line.reseller.name, line.product.name)
    if rule == "budget":
        verdict, of_budget = _of_budget(line, loss_of(line.own_cost, price), settings)
        return _review(verdict, f"{said}; {of_budget}.")
    return None if rule == "allow" else _review(_VERDICTS[rule], f"{said}.")


def _of_budget(line: Line, loss: Fraction, settings: Settings) -> tuple[Verdict, str]:
    budget = settings.resellers[line.reseller.name].budget or {}
    monthly = budget.get(line.currency)
    if monthly is None:
        return Verdict.REFUSE, f"the reseller has a budget in {', '.join(budget)}, and none in {line.currency}"
    share = share_of(line, monthly)
    verdict, how = (Verdict.WARN, "within") if loss <= share else (Verdict.REFUSE, "more than")
    return verdict, (
        f"the loss of {_shown(loss)} {line.currency} is {how} {_shown(share)} {line.currency}, "
        f"its share of a budget of {monthly:f} {line.currency} a month{_for_products(line.subscription_count)}"
    )


def _for_products(count: int | None) -> str:
    return f" for {count} products" if count is not None and count > 1 else ""


def _review(verdict: Verdict, reason: str) -> Review:
    if len(reason) > LONGEST_REASON:
        reason = reason[: LONGEST_REASON - 3] + "..."
    return Review(verdict, reason)


def _shown(units: Fraction) -> str:
    """Write an amount, with dots behind it where it has more than six decimals."""
    micros, more = divmod(units * MICROS, 1)
    whole, rest = divmod(micros, MICROS)
    decimals = f"{rest:06d}"
    # A Decimal made of a text is exact in every context.
    return f"{whole}.{decimals}..." if more else f"{Decimal(f'{whole}.{decimals}'.rstrip('0').rstrip('.')):f}"
