"""Price rules: rows to values and back, and what has been billed in the reach of one."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from peewee import JOIN, Expression, fn

from quitrent.domain.charge import ChargeReason, Side
from quitrent.domain.money import Money
from quitrent.domain.party import reseller_of
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import PriceBasis, PriceRule, PriceRuleRevision, RetailPrice
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.parties import reseller_key
from quitrent.store.plans import plans_by_key
from quitrent.store.products import product_key
from quitrent.store.tables import (
    AccountRow,
    ChargeRow,
    CustomerRow,
    PriceRuleRevisionRow,
    PriceRuleRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
)
from quitrent.store.writing import insert, update_all


def find_price_rule(name: str) -> PriceRule | None:
    """Give a price rule by its name."""
    row = _by_name.row(name=name)
    return None if row is None else _rule(row)


def rules_of(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[PriceRule, ...]]:
    """Give the rules of resellers for products, by the keys of reseller and product; none where there are none."""
    rules: dict[tuple[int, int], tuple[PriceRule, ...]] = dict.fromkeys(keys, ())
    resellers, products = {reseller for reseller, _ in keys}, {product for _, product in keys}
    for row in _by_reseller_and_product.rows(resellers=resellers, products=products):
        key = (row.reseller_id, row.product_id)
        if key in rules:
            rules[key] = (*rules[key], _rule(row))
    return rules


def insert_price_rule(rule: PriceRule, now: datetime) -> None:
    """Write a new price rule."""
    insert(PriceRuleRow, **_columns(rule, now), create_time=now)


def update_price_rule(rule: PriceRule, now: datetime) -> None:
    """Write a price rule's new values."""
    update_all(PriceRuleRow, [{"id": rule.key, **_columns(rule, now)}])


def delete_price_rule(rule: PriceRule) -> None:
    """Delete a price rule."""
    PriceRuleRow.delete().where(PriceRuleRow.id == rule.key).execute()


def insert_revision(revision: PriceRuleRevision, now: datetime) -> None:
    """Keep a rule as it is now."""
    rule = revision.rule
    insert(
        PriceRuleRevisionRow,
        reseller=reseller_key(reseller_of(rule.name)),
        price_rule=rule.name,
        kind=revision.kind,
        actor=revision.actor,
        content=json.dumps(_content(rule), ensure_ascii=False),
        create_time=now,
    )


def list_revisions(reseller: str, price_rule: str, after: int, limit: int) -> list[PriceRuleRevision]:
    """Give revisions after a key, of one reseller's rules or of all, or of one rule, in the order of time."""
    row = PriceRuleRevisionRow
    where: list[Expression] = [row.id > after]
    if reseller:
        where.append(row.reseller == reseller_key(reseller))
    if price_rule:
        where.append(row.price_rule == price_rule)
    rows = row.select().where(*where).order_by(row.id).limit(limit)
    return [_revision(found) for found in rows]


def list_price_rules(reseller: str, product: str, after: int, limit: int) -> list[PriceRule]:
    """Give price rules after a key, of one reseller or of all."""
    where: list[Expression] = [PriceRuleRow.id > after]
    if reseller:
        where.append(ResellerRow.name == reseller)
    if product:
        where.append(ProductRow.name == product)
    return [_rule(row) for row in fetched(_query().where(*where).limit(limit))]


def plans_of_product(product: str) -> tuple[Plan, Plan]:
    """Give the account plan and the reseller plan of a product, by its name."""
    row = ProductRow.get(ProductRow.name == product)
    plans = plans_by_key([row.account_plan_id, row.reseller_plan_id])
    return plans[row.account_plan_id], plans[row.reseller_plan_id]


def same_scope_and_date(rule: PriceRule) -> str:
    """Give the name of another rule for the same scope that begins on the same day, or an empty text."""
    found = _by_date.rows(
        reseller=reseller_of(rule.name), product=rule.product, effective=rule.effective, name=rule.name
    )
    scope = (rule.customer, rule.account)
    return next((other.name for other in map(_rule, found) if (other.customer, other.account) == scope), "")


def billed_until(rule: PriceRule, since: date, until: date | None) -> date | None:
    """Give the end of the last retail period that has been charged in `[since, until)` in the reach of a rule.

    None where there is none: a period that is parked has not been charged, and a rule may mend it.
    """
    scope = [ResellerRow.name == reseller_of(rule.name), ProductRow.name == rule.product]
    if rule.customer:
        scope.append(CustomerRow.name == rule.customer)
    if rule.account:
        scope.append(AccountRow.name == rule.account)
    if not rule.applies_to_existing:
        scope.append(SubscriptionRow.start_date >= rule.effective)
    latest = (
        ChargeRow.select(fn.MAX(ChargeRow.period_end))
        .join(ResellerRow)
        .join_from(ChargeRow, ProductRow)
        .join_from(ChargeRow, AccountRow)
        .join(CustomerRow)
        .join_from(ChargeRow, SubscriptionRow)
        .where(
            ChargeRow.side == Side.RETAIL,
            ChargeRow.reason == ChargeReason.RECURRING,
            ChargeRow.period_end > since,
            *([ChargeRow.period_start < until] if until else []),
            *scope,
        )
        .scalar()
    )
    return None if latest is None else date.fromisoformat(str(latest))


@kept
def _by_name() -> Query:
    return _query().where(PriceRuleRow.name == given("name"))


@kept
def _by_reseller_and_product() -> Query:
    return _query().where(among(PriceRuleRow.reseller, "resellers"), among(PriceRuleRow.product, "products"))


@kept
def _by_date() -> Query:
    return _query().where(
        ResellerRow.name == given("reseller"),
        ProductRow.name == given("product"),
        PriceRuleRow.effective_date == given("effective"),
        PriceRuleRow.name != given("name"),
    )


def _query() -> Query:
    return (
        PriceRuleRow.select(
            PriceRuleRow,
            ProductRow.name.alias("product_name"),
            CustomerRow.name.alias("customer_name"),
            AccountRow.name.alias("account_name"),
        )
        .join(ProductRow)
        .join_from(PriceRuleRow, ResellerRow)
        .join_from(PriceRuleRow, CustomerRow, JOIN.LEFT_OUTER)
        .join_from(PriceRuleRow, AccountRow, JOIN.LEFT_OUTER)
        .order_by(PriceRuleRow.id)
    )


def _columns(rule: PriceRule, now: datetime) -> dict[str, object]:
    price = rule.price
    money = price.fixed or price.amount
    return {
        "name": rule.name,
        "reseller": reseller_key(reseller_of(rule.name)),
        "product": product_key(rule.product),
        "customer": CustomerRow.get(CustomerRow.name == rule.customer).id if rule.customer else None,
        "account": AccountRow.get(AccountRow.name == rule.account).id if rule.account else None,
        "fixed_micros": price.fixed.amount_micros if price.fixed else None,
        "percent": f"{price.percent:f}" if price.percent is not None else None,
        "amount_micros": price.amount.amount_micros if price.amount else None,
        "currency": money.currency if money else "",
        "basis": price.basis,
        "effective_date": rule.effective,
        "end_date": rule.end,
        "applies_to_existing": rule.applies_to_existing,
        "update_time": now,
    }


def _rule(row: Any) -> PriceRule:
    return PriceRule(
        name=row.name,
        product=row.product_name,
        price=_price(row.fixed_micros, row.percent, row.amount_micros, row.currency, row.basis),
        effective=row.effective_date,
        end=row.end_date,
        customer=row.customer_name or "",
        account=row.account_name or "",
        applies_to_existing=row.applies_to_existing,
        create_time=row.create_time,
        update_time=row.update_time,
        key=row.id,
    )


def _content(rule: PriceRule) -> dict[str, object]:
    price = rule.price
    money = price.fixed or price.amount
    return {
        "product": rule.product,
        "customer": rule.customer,
        "account": rule.account,
        "fixed_micros": price.fixed.amount_micros if price.fixed else None,
        "percent": f"{price.percent:f}" if price.percent is not None else None,
        "amount_micros": price.amount.amount_micros if price.amount else None,
        "currency": money.currency if money else "",
        "basis": price.basis,
        "effective_date": str(rule.effective),
        "end_date": str(rule.end) if rule.end else None,
        "applies_to_existing": rule.applies_to_existing,
    }


def _revision(row: PriceRuleRevisionRow) -> PriceRuleRevision:
    content = json.loads(row.content)
    rule = PriceRule(
        name=row.price_rule,
        product=content["product"],
        price=_price(
            content["fixed_micros"],
            content["percent"],
            content["amount_micros"],
            content["currency"],
            PriceBasis(content["basis"]),
        ),
        effective=date.fromisoformat(content["effective_date"]),
        end=date.fromisoformat(content["end_date"]) if content["end_date"] else None,
        customer=content["customer"],
        account=content["account"],
        applies_to_existing=content["applies_to_existing"],
    )
    return PriceRuleRevision(rule, row.kind, row.actor, create_time=row.create_time, key=row.id)


def _price(
    fixed_micros: int | None, percent: str | None, amount_micros: int | None, currency: str, basis: PriceBasis
) -> RetailPrice:
    return RetailPrice(
        fixed=None if fixed_micros is None else Money(fixed_micros, currency),
        percent=None if percent is None else Decimal(percent),
        amount=None if amount_micros is None else Money(amount_micros, currency),
        basis=basis,
    )
