"""The plugin's table of the settings file, as it is declared, and what its values may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from re import fullmatch
from typing import Literal

BelowCost = Literal["allow", "warn", "refuse"]
Rule = Literal["allow", "warn", "budget", "refuse"]

# From the mildest to the strictest.
RULES: tuple[Rule, ...] = ("allow", "warn", "budget", "refuse")
SMALLEST_BUDGET = Decimal("0.000001")
LARGEST_BUDGET = Decimal(1_000_000_000)

_ID = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_RESELLER = f"resellers/{_ID}"
_PRODUCT = f"(resellers/{_ID}/)?products/{_ID}"


@dataclass(frozen=True, slots=True)
class ProductFloor:
    """What becomes of a product's prices below cost."""

    below_cost: BelowCost


@dataclass(frozen=True, slots=True)
class ResellerFloor:
    """What becomes of a reseller's prices below cost, or what they may lose in a month, by currency.

    >>> ResellerFloor("warn", {"USD": Decimal(90)})
    Traceback (most recent call last):
        ...
    ValueError: it takes exactly one of below_cost and budget; write one and leave the other out
    """

    below_cost: BelowCost | None = None
    budget: Mapping[str, Decimal] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget, and a budget beside another rule. Errors: ValueError naming the key."""
        if (self.below_cost is None) == (self.budget is None):
            raise ValueError("it takes exactly one of below_cost and budget; write one and leave the other out")
        if self.budget is not None:
            _check_budget(self.budget)

    @property
    def rule(self) -> Rule:
        """What becomes of the reseller's prices below cost."""
        return self.below_cost or "budget"


@dataclass(frozen=True, slots=True)
class Settings:
    """What becomes of prices below cost: of all, of a product's, of a reseller's; and of those that cannot tell."""

    below_cost: BelowCost = "warn"
    unknown_cost: BelowCost = "allow"
    products: Mapping[str, ProductFloor] = field(default_factory=dict)
    resellers: Mapping[str, ResellerFloor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that are none. Errors: ValueError naming the key."""
        for name in self.products:
            if not fullmatch(_PRODUCT, name):
                raise ValueError(f'products."{name}" is no product; it takes a name, like "products/gold"')
        for name in self.resellers:
            if not fullmatch(_RESELLER, name):
                raise ValueError(f'resellers."{name}" is no reseller; it takes a name, like "resellers/acme"')

    def rule_for(self, reseller: str, product: str) -> Rule:
        """Give the stricter of what is said of the product and of the reseller, or what is said of all."""
        said: list[Rule] = []
        if product in self.products:
            said.append(self.products[product].below_cost)
        if reseller in self.resellers:
            said.append(self.resellers[reseller].rule)
        return max(said, key=RULES.index, default=self.below_cost)


def _check_budget(budget: Mapping[str, Decimal]) -> None:
    if not budget:
        raise ValueError('budget is empty; write one by its currency, like {USD = "100"}, or below_cost = "refuse"')
    for currency, amount in budget.items():
        if not fullmatch("[A-Z]{3}", currency):
            raise ValueError(f'budget."{currency}" is no currency; it takes a code, like {{USD = "100"}}')
        if not SMALLEST_BUDGET <= amount <= LARGEST_BUDGET:
            raise ValueError(
                f"budget.{currency} is {amount:f}; it takes an amount from {SMALLEST_BUDGET} to {LARGEST_BUDGET}"
            )
