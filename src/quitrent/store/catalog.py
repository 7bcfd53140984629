"""What every call needs, kept for as long as it does not change: plans, products, price rules, and callers' keys."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar
from weakref import WeakKeyDictionary

import peewee

from quitrent.domain.continuation import Assignable
from quitrent.domain.plan import Plan
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.product import Product
from quitrent.store.catalog_version import catalog_is_changing, catalog_version
from quitrent.store.keys import Key, find_key
from quitrent.store.plans import plans_by_key
from quitrent.store.price_rules import rules_of
from quitrent.store.products import product_plans, products_by_key
from quitrent.store.row import current_database

# More than this is not kept, so that a book of many resellers stays as small in memory as one of few.
MOST_KEPT = 20_000

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Catalog:
    """The catalog as it was at a version: nothing in it is older than that."""

    def __init__(self, version: int) -> None:
        """Begin with nothing read."""
        self.version = version
        self._plans: dict[int, Plan] = {}
        self._products: dict[int, Product] = {}
        self._rules: dict[tuple[int, int], tuple[PriceRule, ...]] = {}
        self._assignables: dict[str, Assignable] = {}
        self._api_keys: dict[str, Key] = {}

    def plans(self, keys: Collection[int]) -> dict[int, Plan]:
        """Give plans by their keys; all of them are there."""
        return _kept(self._plans, keys, plans_by_key)

    def products(self, keys: Collection[int]) -> dict[int, Product]:
        """Give products by their keys; all of them are there."""
        return _kept(self._products, keys, products_by_key)

    def rules(self, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[PriceRule, ...]]:
        """Give the rules of resellers for products, by the keys of both."""
        return _kept(self._rules, keys, rules_of)

    def api_key(self, key_id: str) -> Key | None:
        """Give a caller's key by its public part."""
        return _kept(self._api_keys, [key_id], _keys_found).get(key_id)

    def assignables(self, names: Collection[str]) -> dict[str, Assignable]:
        """Give products with their plans, by the products' names; what does not exist is left out."""
        return _kept(self._assignables, names, self._load_assignables)

    def _load_assignables(self, names: Collection[str]) -> dict[str, Assignable]:
        found = product_plans(names)
        products = self.products({one.product for one in found})
        plans = self.plans({key for one in found for key in (one.account_plan, one.reseller_plan)})
        all_of_them = [
            Assignable(products[one.product], plans[one.account_plan], plans[one.reseller_plan]) for one in found
        ]
        return {one.product.name: one for one in all_of_them}


def current_catalog() -> Catalog:
    """Give the catalog as it is now, or, in a transaction that keeps it still, as it stays."""
    return catalog_of(catalog_version())


def catalog_of(version: int) -> Catalog:
    """Give the catalog of the version that has just been read."""
    database = current_database()
    if catalog_is_changing():
        return Catalog(version)
    catalog = _catalogs.get(database)
    if catalog is None or catalog.version != version:
        catalog = _catalogs[database] = Catalog(version)
    return catalog


_catalogs: WeakKeyDictionary[peewee.Database, Catalog] = WeakKeyDictionary()


def _keys_found(key_ids: Collection[str]) -> dict[str, Key]:
    found = map(find_key, key_ids)
    return {key.key_id: key for key in found if key is not None}


def _kept(
    kept: dict[_Key, _Value], keys: Collection[_Key], load: Callable[[Collection[_Key]], dict[_Key, _Value]]
) -> dict[_Key, _Value]:
    missing = {key for key in keys if key not in kept}
    loaded = load(missing) if missing else {}
    if len(kept) + len(loaded) > MOST_KEPT:
        return {**{key: kept[key] for key in keys if key in kept}, **loaded}
    kept.update(loaded)
    return {key: kept[key] for key in keys if key in kept}
