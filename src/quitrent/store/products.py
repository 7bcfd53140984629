"""Products: rows to values and back, and who uses one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, Expression

from quitrent.domain.plan import Plan
from quitrent.domain.product import Product, ProductKind, ProductState
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.parties import reseller_key
from quitrent.store.tables import PlanRow, PriceRuleRow, ProductRow, ResellerRow, SubscriptionRow
from quitrent.store.writing import insert, update_all

_AccountPlan = PlanRow.alias()
_ResellerPlan = PlanRow.alias()


def find_product(name: str) -> Product | None:
    """Give a product by its name."""
    row = _by_name.row(name=name)
    return None if row is None else _product(row)


def products_by_key(keys: Collection[int]) -> dict[int, Product]:
    """Give products by the store's keys."""
    return {row.id: _product(row) for row in _by_keys.rows(keys=keys)}


class ProductPlans(NamedTuple):
    """The store's keys of a product and of its plans."""

    product: int
    account_plan: int
    reseller_plan: int


def product_plans(names: Collection[str]) -> list[ProductPlans]:
    """Give the keys of products and of their plans, by the products' names."""
    return [ProductPlans(row.id, row.account_plan_id, row.reseller_plan_id) for row in _by_names.rows(names=names)]


def product_key(name: str) -> int:
    """Give the key of a product by its name; it has to exist."""
    [row] = _by_name.rows(name=name)
    return int(row.id)


def insert_product(product: Product, now: datetime) -> None:
    """Write a new product."""
    insert(ProductRow, **_columns(product, now), create_time=now)


def update_product(product: Product, now: datetime) -> None:
    """Write a product's new values."""
    update_all(ProductRow, [{"id": product.key, **_columns(product, now)}])


def delete_product(product: Product) -> None:
    """Delete a product that nothing uses."""
    ProductRow.delete().where(ProductRow.id == product.key).execute()


def list_products(
    kind: ProductKind | None, managed_by: str, state: ProductState | None, visible_to: str, after: int, limit: int
) -> list[Product]:
    """Give products after a key; `visible_to` names the reseller that looks, or is empty for the provider."""
    where: list[Expression] = [ProductRow.id > after]
    if kind:
        where.append(ProductRow.kind == kind)
    if managed_by:
        where.append(ResellerRow.name == managed_by)
    if state:
        where.append(ProductRow.state == state)
    if visible_to:
        where.append((ResellerRow.name == visible_to) | (ProductRow.shared_with_resellers == True))  # noqa: E712
    return [_product(row) for row in fetched(_query().where(*where).limit(limit))]


def shared_product_of_plan(plan: Plan) -> str:
    """Give the name of the first product that is shared and uses an account plan, or an empty text."""
    uses = (ProductRow.account_plan == plan.key) & (ProductRow.shared_with_resellers == True)  # noqa: E712
    row = ProductRow.select(ProductRow.name).where(uses).order_by(ProductRow.id).first()
    return "" if row is None else row.name


def user_of_product(product: Product) -> str:
    """Give the name of the first subscription or price rule that uses a product, or an empty text."""
    for table in (SubscriptionRow, PriceRuleRow):
        row = table.select(table.name).where(table.product == product.key).order_by(table.id).first()
        if row is not None:
            return str(row.name)
    return ""


@kept
def _by_name() -> Query:
    return _query().where(ProductRow.name == given("name"))


@kept
def _by_names() -> Query:
    row = ProductRow
    return row.select(row.id, row.account_plan, row.reseller_plan).where(among(row.name, "names"))


@kept
def _by_keys() -> Query:
    return _query().where(among(ProductRow.id, "keys"))


def _query() -> Query:
    return (
        ProductRow.select(
            ProductRow,
            ResellerRow.name.alias("reseller_name"),
            _AccountPlan.name.alias("account_plan_name"),
            _ResellerPlan.name.alias("reseller_plan_name"),
        )
        .join(ResellerRow, JOIN.LEFT_OUTER)
        .join_from(ProductRow, _AccountPlan, on=(ProductRow.account_plan == _AccountPlan.id))
        .join_from(ProductRow, _ResellerPlan, on=(ProductRow.reseller_plan == _ResellerPlan.id))
        .order_by(ProductRow.id)
    )


def _columns(product: Product, now: datetime) -> dict[str, object]:
    return {
        "name": product.name,
        "display_name": product.display_name,
        "kind": product.kind,
        "managed_by": reseller_key(product.managed_by),
        "shared_with_resellers": product.shared_with_resellers,
        "account_plan": _plan_key(product.account_plan),
        "reseller_plan": _plan_key(product.reseller_plan),
        "labels": product.labels,
        "state": product.state,
        "update_time": now,
    }


def _plan_key(name: str) -> int:
    return int(PlanRow.get(PlanRow.name == name).id)


def _product(row: Any) -> Product:
    return Product(
        name=row.name,
        kind=row.kind,
        account_plan=row.account_plan_name,
        reseller_plan=row.reseller_plan_name,
        display_name=row.display_name,
        managed_by=row.reseller_name or "",
        shared_with_resellers=row.shared_with_resellers,
        labels=row.labels,
        state=row.state,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )
