"""What a change of prices does: from domain values to messages."""

from __future__ import annotations

from quitrent.domain.money import Money
from quitrent.domain.price_effect import EffectTotal, PriceEffect
from quitrent.rpc.values import date_out, money_out
from quitrent.v1 import price_effect_pb2


def price_effect_out(effect: PriceEffect) -> price_effect_pb2.PriceEffect:
    """Write what a change does to one subscription."""
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


def effect_total_out(total: EffectTotal) -> price_effect_pb2.PriceEffectTotal:
    """Write the sums of effects in one currency."""
    return price_effect_pb2.PriceEffectTotal(
        subscription_count=total.subscription_count,
        before=money_out(total.before),
        after=money_out(total.after),
        difference=money_out(_difference(total.before, total.after)),
    )


def _difference(before: Money, after: Money) -> Money:
    return Money(after.amount_micros - before.amount_micros, before.currency)
