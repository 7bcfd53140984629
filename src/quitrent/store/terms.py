"""Terms, a batch at a time: a fixed number of queries, however many subscriptions there are."""

from __future__ import annotations

from datetime import date

from peewee import Expression

from quitrent.domain.charge import Side
from quitrent.domain.party import Party, reseller_of
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.terms import Terms
from quitrent.store.plans import plans_by_key
from quitrent.store.price_rules import rules_of
from quitrent.store.products import products_by_key
from quitrent.store.scope import under
from quitrent.store.subscription_rows import subscription_value
from quitrent.store.subscriptions import suspensions_of
from quitrent.store.tables import (
    AccountRow,
    CustomerRow,
    ParkedChargeRow,
    PartyRow,
    ProductRow,
    ResellerRow,
    SubscriptionRow,
    tuples_of,
)


def find_terms(name: str) -> Terms | None:
    """Give the terms of a subscription by its name."""
    found = _load(SubscriptionRow.name == name)
    return found[0] if found else None


def terms_by_key(keys: list[int]) -> list[Terms]:
    """Give the terms of subscriptions by the store's keys, in their order, as they are stored now."""
    return _load(SubscriptionRow.id.in_(keys))


def wholesale_due(through: date, after: int, limit: int) -> list[Terms]:
    """Give the terms of subscriptions after a key whose wholesale side has something due by a day."""
    return _load(SubscriptionRow.id > after, SubscriptionRow.wholesale_due_date <= through, limit=limit)


def retail_due(through: date, after: int, limit: int) -> list[Terms]:
    """Give the terms of subscriptions after a key with something due by a day or parked on the retail side."""
    return _load(SubscriptionRow.id > after, _retail_is_due(through), limit=limit)


def terms_of_plan(plan: Plan, side: Side, after: int, limit: int) -> list[Terms]:
    """Give the terms of subscriptions after a key that a plan prices on a side."""
    used = SubscriptionRow.reseller_plan if side is Side.WHOLESALE else SubscriptionRow.account_plan
    return _load(SubscriptionRow.id > after, used == plan.key, limit=limit)


def terms_of_rule(rule: PriceRule, after: int, limit: int) -> list[Terms]:
    """Give the terms of subscriptions after a key that are in the scope of a price rule."""
    product = ProductRow.select(ProductRow.id).where(ProductRow.name == rule.product)
    where = [SubscriptionRow.id > after, SubscriptionRow.product.in_(product), *under(_scope(rule))]
    return _load(*where, limit=limit)


def _scope(rule: PriceRule) -> str:
    return rule.account or rule.customer or reseller_of(rule.name)


def started_keys(through: date, after: int, limit: int) -> list[int]:
    """Give the keys of subscriptions after a key that have started by a day."""
    row = SubscriptionRow
    query = row.select(row.id).where(row.id > after, row.start_date <= through).order_by(row.id).limit(limit)
    return [key for (key,) in tuples_of(query)]


def count_due(through: date) -> int:
    """Give how many sides of subscriptions have something due by a day or parked."""
    wholesale = SubscriptionRow.select().where(SubscriptionRow.wholesale_due_date <= through).count()
    return int(wholesale + SubscriptionRow.select().where(_retail_is_due(through)).count())


def _retail_is_due(through: date) -> Expression:
    parked = ParkedChargeRow.select(ParkedChargeRow.subscription).where(ParkedChargeRow.due_date <= through)
    return (SubscriptionRow.retail_due_date <= through) | SubscriptionRow.id.in_(parked)


def _load(*where: Expression, limit: int | None = None) -> list[Terms]:
    rows = list(
        SubscriptionRow.select(SubscriptionRow, CustomerRow, AccountRow, ResellerRow)
        .join(CustomerRow)
        .join_from(SubscriptionRow, AccountRow)
        .join_from(SubscriptionRow, ResellerRow)
        .where(*where)
        .order_by(SubscriptionRow.id)
        .limit(limit)
    )
    plans = plans_by_key({row.account_plan_id for row in rows} | {row.reseller_plan_id for row in rows})
    products = products_by_key({row.product_id for row in rows})
    rules = rules_of({row.reseller_id for row in rows}, set(products))
    suspensions = suspensions_of([row.id for row in rows])
    terms = []
    for row in rows:
        account_plan, reseller_plan = plans[row.account_plan_id], plans[row.reseller_plan_id]
        product = products[row.product_id]
        terms.append(
            Terms(
                subscription=subscription_value(
                    row, product.name, account_plan.name, reseller_plan.name, suspensions.get(row.id, ())
                ),
                account_plan=account_plan,
                reseller_plan=reseller_plan,
                product=product,
                reseller=_party(row.reseller),
                customer=_party(row.customer),
                account=_party(row.account),
                rules=tuple(rules.get((row.reseller.name, product.name), ())),
            )
        )
    return terms


def _party(row: PartyRow) -> Party:
    return Party(name=row.name, display_name=row.display_name, labels=row.labels, key=row.id)
