"""Plans, products and price rules: between messages and domain values."""

from __future__ import annotations

from datetime import date

from quitrent.domain.calendar import PartCharge, PeriodBoundary, PeriodUnit, Timing
from quitrent.domain.catalog import Plan, PlanKind, Product, ProductKind, SuspensionPolicy, check_fee
from quitrent.domain.errors import invalid
from quitrent.domain.money import Money, Rounding
from quitrent.domain.price_rule import PriceBasis, PriceRule, RetailPrice, check_price
from quitrent.rpc.values import (
    date_in,
    date_out,
    enum_in,
    enum_out,
    money_in,
    money_out,
    new_id,
    optional_date_in,
    percent_in,
    required_enum_in,
    required_text,
    time_out,
)
from quitrent.services.caller import Caller
from quitrent.services.products import OfferedProduct
from quitrent.v1 import plan_pb2, price_rule_pb2, product_pb2

PLAN_FIELDS = frozenset(
    {
        "display_name",
        "shared_with_resellers",
        "applied_more_than_once",
        "fee",
        "period_unit",
        "period_boundary",
        "timing",
        "first_part",
        "last_part",
        "rounding",
        "suspension",
    }
)
PRODUCT_FIELDS = frozenset(
    {
        "display_name",
        "shared_with_resellers",
        "account_plan",
        "reseller_plan",
        "labels",
    }
)
# What makes a plan or a product what it is.
KIND_AND_MANAGER = frozenset({"kind", "managed_by"})
# The names that two fields of a price rule have in the domain.
PRICE_RULE_FIELDS = {"price": "price", "effective_date": "effective", "end_date": "end"}
PRICE_RULE_IMMUTABLE = frozenset({"product", "customer", "account"})


def new_plan_in(message: plan_pb2.Plan, plan_id: str, caller: Caller) -> Plan:
    """Read a plan to create; one that a reseller creates is managed by it.

    Errors: InvalidArgument.
    """
    managed_by = message.managed_by or caller.reseller
    name = f"{managed_by}/plans/" if managed_by else "plans/"
    required_enum_in(plan_pb2.PlanKind, message.kind, PlanKind, "plan.kind")
    return _plan(message, name + (plan_id or new_id()), managed_by, _fee_in(message))


def changed_plan_in(message: plan_pb2.Plan, fields: frozenset[str]) -> Plan:
    """Read a plan's new values; only the named fields are looked at. Errors: InvalidArgument."""
    fee = _fee_in(message) if "fee" in fields else Money(0, "")
    return _plan(message, required_text(message.name, "plan.name"), message.managed_by, fee)


def plan_out(plan: Plan) -> plan_pb2.Plan:
    """Write a plan."""
    return plan_pb2.Plan(
        name=plan.name,
        display_name=plan.display_name,
        kind=enum_out(plan_pb2.PlanKind, plan.kind),
        managed_by=plan.managed_by,
        shared_with_resellers=plan.shared_with_resellers,
        applied_more_than_once=plan.applied_more_than_once,
        fee=money_out(plan.fee),
        period_unit=enum_out(plan_pb2.PeriodUnit, plan.period_unit),
        period_boundary=enum_out(plan_pb2.PeriodBoundary, plan.period_boundary),
        timing=enum_out(plan_pb2.Timing, plan.timing),
        first_part=enum_out(plan_pb2.PartCharge, plan.first_part),
        last_part=enum_out(plan_pb2.PartCharge, plan.last_part),
        rounding=enum_out(plan_pb2.Rounding, plan.rounding),
        suspension=enum_out(plan_pb2.SuspensionPolicy, plan.suspension),
        create_time=time_out(plan.create_time),
        update_time=time_out(plan.update_time),
    )


def new_product_in(message: product_pb2.Product, product_id: str) -> Product:
    """Read a product to create. Errors: InvalidArgument."""
    name = f"{message.managed_by}/products/" if message.managed_by else "products/"
    required_enum_in(product_pb2.ProductKind, message.kind, ProductKind, "product.kind")
    required_text(message.account_plan, "product.account_plan")
    required_text(message.reseller_plan, "product.reseller_plan")
    return _product(message, name + (product_id or new_id()))


def changed_product_in(message: product_pb2.Product, fields: frozenset[str]) -> Product:
    """Read a product's new values; only the named fields are looked at. Errors: InvalidArgument."""
    for field in sorted(fields & {"account_plan", "reseller_plan"}):
        required_text(getattr(message, field), f"product.{field}")
    return _product(message, required_text(message.name, "product.name"))


def product_out(offered: OfferedProduct) -> product_pb2.Product:
    """Write a product, with what each plan costs, and without a reseller plan that is not to be seen."""
    product = offered.product
    return product_pb2.Product(
        name=product.name,
        display_name=product.display_name,
        kind=enum_out(product_pb2.ProductKind, product.kind),
        managed_by=product.managed_by,
        shared_with_resellers=product.shared_with_resellers,
        account_plan=product.account_plan,
        reseller_plan=product.reseller_plan if offered.reseller_plan_is_visible else "",
        labels=product.labels,
        state=enum_out(product_pb2.Product.State, product.state),
        recommended_price=money_out(offered.account_plan.fee),
        own_cost=money_out(offered.reseller_plan.fee),
        create_time=time_out(product.create_time),
        update_time=time_out(product.update_time),
    )


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
        create_time=time_out(rule.create_time),
        update_time=time_out(rule.update_time),
    )
    if rule.customer:
        message.customer = rule.customer
    if rule.account:
        message.account = rule.account
    return message


def _fee_in(message: plan_pb2.Plan) -> Money:
    fee = money_in(message, "fee", "plan.fee")
    check_fee(fee)
    return fee


def _plan(message: plan_pb2.Plan, name: str, managed_by: str, fee: Money) -> Plan:
    return Plan(
        name=name,
        kind=enum_in(plan_pb2.PlanKind, message.kind, PlanKind) or PlanKind.ACCOUNT,
        fee=fee,
        display_name=message.display_name,
        managed_by=managed_by,
        shared_with_resellers=message.shared_with_resellers,
        applied_more_than_once=message.applied_more_than_once,
        period_unit=enum_in(plan_pb2.PeriodUnit, message.period_unit, PeriodUnit) or PeriodUnit.MONTH,
        period_boundary=enum_in(plan_pb2.PeriodBoundary, message.period_boundary, PeriodBoundary)
        or PeriodBoundary.CALENDAR,
        timing=enum_in(plan_pb2.Timing, message.timing, Timing) or Timing.IN_ADVANCE,
        first_part=enum_in(plan_pb2.PartCharge, message.first_part, PartCharge) or PartCharge.BY_DAYS,
        last_part=enum_in(plan_pb2.PartCharge, message.last_part, PartCharge) or PartCharge.BY_DAYS,
        rounding=enum_in(plan_pb2.Rounding, message.rounding, Rounding) or Rounding.HALF_UP,
        suspension=enum_in(plan_pb2.SuspensionPolicy, message.suspension, SuspensionPolicy)
        or SuspensionPolicy.CHARGE_ON,
    )


def _product(message: product_pb2.Product, name: str) -> Product:
    return Product(
        name=name,
        kind=enum_in(product_pb2.ProductKind, message.kind, ProductKind) or ProductKind.MAIN,
        account_plan=message.account_plan,
        reseller_plan=message.reseller_plan,
        display_name=message.display_name,
        managed_by=message.managed_by,
        shared_with_resellers=message.shared_with_resellers,
        labels=dict(message.labels),
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
