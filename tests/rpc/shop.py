"""A shop with the resellers r and other, and new plans and products of every kind."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from tests.harness import House
from tests.rpc.world import World

R = "resellers/r"
_NUMBERS = count()


def make(house: House, what: str) -> str:
    """Make a new one of a row of the table of rights, and give its name."""
    number = next(_NUMBERS)
    owner = {"managed_by": R} if "r's" in what else {}
    kind = "RESELLER" if "reseller plan" in what else "ACCOUNT"
    shared = {"shared_with_resellers": True} if what.startswith("shared") else {}
    if "plan" in what:
        sharing = shared or ({"shared_with_resellers": False} if kind == "ACCOUNT" else {})
        return house.make_plan(f"p{number}", kind, "5.00", **owner, **sharing)
    price = make(house, "r's account plan" if owner else f"{'shared' if shared else 'unshared'} account plan")
    fee = make(house, "r's reseller plan" if owner else "reseller plan")
    product = {"kind": "PRODUCT_KIND_ADD_ON", "account_plan": price, "reseller_plan": fee, **owner, **shared}
    return str(house.admin.CreateProduct(product_id=f"p{number}", product=product).product.name)


def unshared_product(house: House, product_id: str) -> str:
    """Make a product of the provider's that is not shared, nor is its account plan, and give its name."""
    price = house.make_plan(f"{product_id}-price", "ACCOUNT", "5.00", shared_with_resellers=False)
    fee = house.make_plan(f"{product_id}-fee", "RESELLER", "5.00")
    product = {"kind": "PRODUCT_KIND_ADD_ON", "account_plan": price, "reseller_plan": fee}
    return str(house.admin.CreateProduct(product_id=product_id, product=product).product.name)


def make_shop(folder: Path) -> World:
    """Start a server with two resellers and a few plans."""
    house = House(folder)
    for reseller in ("r", "other"):
        house.make_account(reseller)
        house.make_plan("cheap", "ACCOUNT", "1.00", managed_by=f"resellers/{reseller}")
        house.make_plan("free-fee", "RESELLER", "0.00", managed_by=f"resellers/{reseller}")
    house.make_plan("price", "ACCOUNT", "20.00", shared_with_resellers=False)
    house.make_plan("shared-price", "ACCOUNT", "20.00")
    house.make_plan("fee", "RESELLER", "10.00")
    house.make_plan("once-fee", "RESELLER", "10.00", applied_more_than_once=False)
    return World(house, house.reseller("r"), house.reseller("other"))
