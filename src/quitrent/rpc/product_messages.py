"""Products: between messages and domain values."""

from __future__ import annotations

from datetime import date

from quitrent.domain.plan_fee import standard_fee
from quitrent.domain.product import Product, ProductKind
from quitrent.rpc.values import (
    enum_in,
    enum_out,
    money_out,
    new_id,
    required_enum_in,
    required_text,
    time_out,
)
from quitrent.services.products import OfferedProduct
from quitrent.v1 import product_pb2

PRODUCT_FIELDS = frozenset(
    {
        "display_name",
        "shared_with_resellers",
        "account_plan",
        "reseller_plan",
        "labels",
    }
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


def product_out(offered: OfferedProduct, today: date) -> product_pb2.Product:
    """Write a product as it is today, with what each plan costs, and without a reseller plan that is not to be seen."""
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
        recommended_price=money_out(standard_fee(offered.account_plan, today, today).money),
        own_cost=money_out(standard_fee(offered.reseller_plan, today, today).money),
        create_time=time_out(product.create_time),
        update_time=time_out(product.update_time),
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
