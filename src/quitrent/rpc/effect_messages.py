"""What a change of prices does: from domain values to messages."""

from __future__ import annotations

from typing import Any

from quitrent.domain.money import Money
from quitrent.domain.price_effect import EffectTotal, PriceEffect
from quitrent.rpc.calls import page_out
from quitrent.rpc.values import date_out, money_out
from quitrent.services.price_effects import PriceEffects
from quitrent.v1 import price_effect_pb2


def effects_out(effects: PriceEffects) -> dict[str, Any]:
    """Write a page of effects with its totals: the fields that every preview of prices has."""
    found, token = page_out(effects.page, _effect_out)
    return {"effects": found, "totals": map(_total_out, effects.totals), "next_page_token": token}


def _effect_out(effect: PriceEffect) -> price_effect_pb2.PriceEffect:
    message = price_effect_pb2.PriceEffect(
        subscription=effect.subscription,
        effective_date=date_out(effect.effective),
        before=money_out(effect.before),
        problem=effect.problem,
    )
    if not effect.problem:
        message.after.CopyFrom(money_out(effect.after))
        message.difference.CopyFrom(money_out(_difference(effect.before, effect.after)))
    return message


def _total_out(total: EffectTotal) -> price_effect_pb2.PriceEffectTotal:
    return price_effect_pb2.PriceEffectTotal(
        subscription_count=total.subscription_count,
        before=money_out(total.before),
        after=money_out(total.after),
        difference=money_out(_difference(total.before, total.after)),
    )


def _difference(before: Money, after: Money) -> Money:
    return Money(after.amount_micros - before.amount_micros, before.currency)
