"""Price rules and what they do: between messages and domain values."""

from __future__ import annotations

from datetime import date

from quitrent.domain.errors import invalid
from quitrent.domain.price_rule import PriceBasis, PriceRule, PriceRuleRevision, RetailPrice, check_price
from quitrent.rpc.values import (
    Reach,
    date_in,
    date_out,
    enum_in,
    enum_out,
    money_in,
    money_out,
    new_id,
    optional_date_in,
    percent_in,
    required_text,
    time_out,
)
from quitrent.v1 import price_rule_pb2

# The names that two fields of a price rule have in the domain.
PRICE_RULE_FIELDS = {"price": "price", "effective_date": "effective", "end_date": "end", "reach": "applies_to_existing"}
PRICE_RULE_IMMUTABLE = frozenset({"product", "customer", "account"})


def new_price_rule_in(message: price_rule_pb2.PriceRule, parent: str, price_rule_id: str) -> PriceRule:
    """Read a price rule to create. Errors: InvalidArgument."""
    required_text(message.product, "price_rule.product")
    every_field = frozenset(PRICE_RULE_FIELDS)
    return _price_rule(message, f"{parent}/priceRules/{price_rule_id or new_id()}", every_field)


def changed_price_rule_in(message: price_rule_pb2.PriceRule, fields: frozenset[str]) -> PriceRule:
    """Read a price rule's new values; only the named fields are looked at. Errors: InvalidArgument."""
    return _price_rule(message, required_text(message.name, "price_rule.name"), fields)


def price_rule_out(rule: PriceRule) -> price_rule_pb2.PriceRule:
    """Write a price rule."""
    message = price_rule_pb2.PriceRule(
        name=rule.name,
        product=rule.product,
        price=_price_out(rule.price),
        effective_date=date_out(rule.effective),
        end_date=date_out(rule.end) if rule.end else None,
        reach=enum_out(price_rule_pb2.PriceRuleReach, Reach.of(rule.applies_to_existing)),
        create_time=time_out(rule.create_time),
        update_time=time_out(rule.update_time),
    )
    if rule.customer:
        message.customer = rule.customer
    if rule.account:
        message.account = rule.account
    return message


def revision_out(revision: PriceRuleRevision) -> price_rule_pb2.PriceRuleRevision:
    """Write a price rule as it was."""
    return price_rule_pb2.PriceRuleRevision(
        price_rule=price_rule_out(revision.rule),
        kind=enum_out(price_rule_pb2.PriceRuleRevision.Kind, revision.kind),
        actor=revision.actor,
        create_time=time_out(revision.create_time),
    )


def _price_rule(message: price_rule_pb2.PriceRule, name: str, fields: frozenset[str]) -> PriceRule:
    return PriceRule(
        name=name,
        product=message.product,
        price=_price_in(message) if "price" in fields else RetailPrice(),
        effective=date_in(message, "effective_date", "price_rule.effective_date")
        if "effective_date" in fields
        else date.min,
        end=optional_date_in(message, "end_date", "price_rule.end_date") if "end_date" in fields else None,
        customer=message.customer,
        account=message.account,
        applies_to_existing=enum_in(price_rule_pb2.PriceRuleReach, message.reach, Reach) is not Reach.NEW_SUBSCRIPTIONS,
    )


def _price_in(message: price_rule_pb2.PriceRule) -> RetailPrice:
    if not message.HasField("price"):
        raise invalid("price_rule.price", "must be given")
    price, field = message.price, "price_rule.price"
    value = price.WhichOneof("value")
    basis = enum_in(price_rule_pb2.PriceBasis, price.basis, PriceBasis)
    if value == "fixed" and basis is not None:
        raise invalid(f"{field}.basis", "is only for percent and amount; a fixed price has none")
    read = RetailPrice(
        fixed=money_in(price, "fixed", f"{field}.fixed") if value == "fixed" else None,
        percent=percent_in(price.percent, f"{field}.percent") if value == "percent" else None,
        amount=money_in(price, "amount", f"{field}.amount") if value == "amount" else None,
        basis=basis or PriceBasis.RECOMMENDED,
    )
    check_price(read)
    return read


def _price_out(price: RetailPrice) -> price_rule_pb2.RetailPrice:
    message = price_rule_pb2.RetailPrice()
    if price.fixed is not None:
        message.fixed.CopyFrom(money_out(price.fixed))
        return message
    message.basis = enum_out(price_rule_pb2.PriceBasis, price.basis)
    if price.percent is not None:
        message.percent.value = f"{price.percent:f}"
    if price.amount is not None:
        message.amount.CopyFrom(money_out(price.amount))
    return message
