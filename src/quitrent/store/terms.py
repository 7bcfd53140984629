"""Terms, a batch at a time: a fixed number of queries, however many subscriptions there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from peewee import OP, EnclosedNodeList, Expression, fn

from quitrent.domain.charge import Side
from quitrent.domain.party import Party, reseller_of
from quitrent.domain.place import Place, Stretch
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.subscription import Suspension
from quitrent.domain.terms import Terms
from quitrent.store.catalog import Catalog, current_catalog
from quitrent.store.kept import Query, among, fetched, given, kept
from quitrent.store.scope import under
from quitrent.store.subscription_rows import side_columns, subscription_value, with_sides
from quitrent.store.subscriptions import suspensions_of
from quitrent.store.tables import (
    AccountRow,
    CustomerRow,
    ParkedChargeRow,
    ProductRow,
    ResellerRow,
    RetailSideRow,
    SubscriptionRow,
    WholesaleSideRow,
    tuples_of,
)


@dataclass(frozen=True, slots=True)
class TermsBatch:
    """The terms of some subscriptions, in the order of their places, as they were read together."""

    terms: Sequence[Terms]
    rows: Sequence[Any]
    suspensions: dict[int, tuple[Suspension, ...]]
    catalog: Catalog

    @property
    def keys(self) -> list[int]:
        """The keys of the subscriptions."""
        return [row.id for row in self.rows]

    def after(self, stretch: Stretch) -> Stretch:
        """Give what of a stretch comes after this batch."""
        last = self.rows[-1]
        return replace(stretch, after=Place(last.reseller_id, last.customer_id, last.id))

    def unchanged(self) -> set[int]:
        """Give the keys of the subscriptions whose terms are still what they were."""
        catalog = current_catalog()
        rows = {row.id: row for row in _by_keys.rows(keys=self.keys)}
        suspensions = suspensions_of(self.keys)
        same = {
            row.id
            for row in self.rows
            if rows.get(row.id) == row and suspensions.get(row.id) == self.suspensions.get(row.id)
        }
        if catalog is self.catalog:
            return same
        now = {terms.subscription.key: terms for terms in _terms([rows[key] for key in same], suspensions, catalog)}
        return {terms.subscription.key for terms in self.terms if now.get(terms.subscription.key) == terms}


def terms_named(names: Collection[str]) -> dict[str, Terms]:
    """Give the terms of subscriptions by their names."""
    found = _batch(_by_names.rows(names=names)).terms if names else []
    return {terms.subscription.name: terms for terms in found}


def terms_by_key(keys: Collection[int]) -> TermsBatch:
    """Give the terms of subscriptions by their keys."""
    return _batch(_by_keys.rows(keys=keys))


def started(through: date, stretch: Stretch, limit: int) -> TermsBatch:
    """Give the terms of the first subscriptions of a stretch that have started by a day."""
    return _batch(_started.rows(through=through, limit=limit, **bounds_of(stretch)))


def terms_of_plan(plan: Plan, side: Side, after: int, limit: int) -> Sequence[Terms]:
    """Give the terms of subscriptions after a key that a plan prices on a side."""
    used = SubscriptionRow.reseller_plan if side is Side.WHOLESALE else SubscriptionRow.account_plan
    return _after(after, limit, used == plan.key)


def terms_of_rule(rule: PriceRule, after: int, limit: int) -> Sequence[Terms]:
    """Give the terms of subscriptions after a key that are in the scope of a price rule."""
    product = ProductRow.select(ProductRow.id).where(ProductRow.name == rule.product)
    scope = rule.account or rule.customer or reseller_of(rule.name)
    return _after(after, limit, SubscriptionRow.product.in_(product), *under(scope))


def count_due(through: date) -> int:
    """Give how many sides of subscriptions have something due by a day or parked."""
    fees = WholesaleSideRow.select().where(WholesaleSideRow.due_date <= through).count()
    return int(fees + RetailSideRow.select().where(retail_is_due(through)).count())


def places_due(through: date, every: int) -> list[Place]:
    """Give the place of each so-manieth subscription that has something due by a day or parked."""
    row = SubscriptionRow
    in_order = (row.reseller, row.customer, row.id)
    numbered = with_sides(row.select(*in_order, fn.ROW_NUMBER().over(order_by=in_order).alias("number"))).where(
        (WholesaleSideRow.due_date <= through) | retail_is_due(through)
    )
    number = numbered.c.number
    found = numbered.select_from(numbered.c.reseller_id, numbered.c.customer_id, numbered.c.id)
    # What is left of a division; Peewee takes % for LIKE.
    found = found.where(number - number / every * every == 0)
    return sorted(Place(*place) for place in tuples_of(found))


@kept
def _by_names() -> Query:
    return _query().where(among(SubscriptionRow.name, "names"))


@kept
def _by_keys() -> Query:
    return _query().where(among(SubscriptionRow.id, "keys"))


@kept
def _started() -> Query:
    return _query().where(SubscriptionRow.start_date <= given("through"), *within()).limit(given("limit"))


def retail_is_due(through: Any) -> Expression:
    """Give the condition that a retail side has something due by a day, or parked."""
    parked = ParkedChargeRow.select(ParkedChargeRow.subscription).where(ParkedChargeRow.due_date <= through)
    is_due: Expression = (RetailSideRow.due_date <= through) | RetailSideRow.id.in_(parked)
    return is_due


def within() -> list[Expression]:
    """Give the condition that a subscription lies in a stretch, whose bounds are given."""
    place = EnclosedNodeList([SubscriptionRow.reseller, SubscriptionRow.customer, SubscriptionRow.id])
    bounds = [EnclosedNodeList([given(f"{bound}_{name}") for name in Place._fields]) for bound in ("after", "last")]
    return [Expression(place, OP.GT, bounds[0]), Expression(place, OP.LTE, bounds[1])]


def bounds_of(stretch: Stretch) -> dict[str, int]:
    """Give the bounds of a stretch, as `within` wants them."""
    bounds = {"after": stretch.after, "last": stretch.last}
    return {f"{bound}_{name}": key for bound, place in bounds.items() for name, key in place._asdict().items()}


def _query() -> Query:
    row, customer, account, reseller = SubscriptionRow, CustomerRow, AccountRow, ResellerRow
    parties = {"reseller": reseller, "customer": customer, "account": account}
    columns = [
        getattr(table, column).alias(f"{party}_{column}")
        for party, table in parties.items()
        for column in ("name", "display_name", "labels")
    ]
    query = row.select(row, *side_columns(), *columns).join(customer).join_from(row, account).join_from(row, reseller)
    return with_sides(query).order_by(row.reseller, row.customer, row.id)


def _after(after: int, limit: int, *where: Expression) -> Sequence[Terms]:
    query = _query().where(SubscriptionRow.id > after, *where).order_by(SubscriptionRow.id).limit(limit)
    return _batch(fetched(query)).terms


def _batch(rows: list[Any]) -> TermsBatch:
    catalog = current_catalog()
    suspensions = suspensions_of([row.id for row in rows]) if rows else {}
    return TermsBatch(_terms(rows, suspensions, catalog), rows, suspensions, catalog)


def _terms(rows: Sequence[Any], suspensions: dict[int, tuple[Suspension, ...]], catalog: Catalog) -> list[Terms]:
    plans = catalog.plans({row.account_plan_id for row in rows} | {row.reseller_plan_id for row in rows})
    products = catalog.products({row.product_id for row in rows})
    rules = catalog.rules({(row.reseller_id, row.product_id) for row in rows})
    # Of the parties that many subscriptions have in common there is one value.
    resellers: dict[int, Party] = {}
    customers: dict[int, Party] = {}
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
                reseller=resellers.get(row.reseller_id) or resellers.setdefault(row.reseller_id, _reseller(row)),
                customer=customers.get(row.customer_id) or customers.setdefault(row.customer_id, _customer(row)),
                account=_account(row),
                rules=rules[row.reseller_id, row.product_id],
            )
        )
    return terms


def _reseller(row: Any) -> Party:
    return Party(row.reseller_name, row.reseller_display_name, row.reseller_labels, key=row.reseller_id)


def _customer(row: Any) -> Party:
    return Party(row.customer_name, row.customer_display_name, row.customer_labels, key=row.customer_id)


def _account(row: Any) -> Party:
    return Party(row.account_name, row.account_display_name, row.account_labels, key=row.account_id)
