"""The plugin's table of the settings file, as it is declared, and what its values may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from re import fullmatch

LEAST_PERCENT = -100
MOST_PERCENT = 10_000
# More accounts than any reseller has; a tier from more is a slip.
MOST_ACCOUNTS = 1_000_000_000

_ID = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_RESELLER = f"resellers/{_ID}"
_PRODUCT = f"(resellers/{_ID}/)?products/{_ID}"


@dataclass(frozen=True, slots=True)
class Tier:
    """A percentage from a number of accounts on."""

    from_: int
    percent: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no number of accounts, or no percentage. Errors: ValueError naming the key."""
        if not 1 <= self.from_ <= MOST_ACCOUNTS:
            raise ValueError(f"from is {self.from_}; it takes a number of accounts from 1 to {MOST_ACCOUNTS}")
        if not LEAST_PERCENT <= self.percent <= MOST_PERCENT:
            raise ValueError(
                f"percent is {self.percent:f}; it takes a percentage from {LEAST_PERCENT} to {MOST_PERCENT}"
            )


@dataclass(frozen=True, slots=True)
class ProductTiers:
    """The tiers of one product, for some resellers; `resellers` is None for all of them."""

    tiers: tuple[Tier, ...]
    resellers: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse tiers that do not rise, and resellers that are none. Errors: ValueError naming the key."""
        if not self.tiers:
            raise ValueError(
                'tiers is empty; write one, like {from = 10, percent = "-5"}; '
                'where nothing is to change, {from = 1, percent = "0"}'
            )
        _check_rising(self.tiers)
        _check_resellers(self.resellers)


@dataclass(frozen=True, slots=True)
class Settings:
    """The tiers of every product, for some resellers or all, and those of products that have their own.

    >>> Settings(tiers=(Tier(10, Decimal(-5)), Tier(10, Decimal(-6))))
    Traceback (most recent call last):
        ...
    ValueError: tiers[1] is from 10 and the one before it from 10; each takes a higher number than the one before
    """

    tiers: tuple[Tier, ...] = ()
    resellers: tuple[str, ...] | None = None
    products: Mapping[str, ProductTiers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse tiers that do not rise, and names that are none. Errors: ValueError naming the key."""
        _check_rising(self.tiers)
        _check_resellers(self.resellers)
        if self.resellers is not None and not self.tiers:
            raise ValueError("resellers limits tiers, and there are none beside it; write tiers, or leave it out")
        for name in self.products:
            if not fullmatch(_PRODUCT, name):
                raise ValueError(f'products."{name}" is no product; it takes a name, like "products/gold"')

    def tiers_for(self, reseller: str, product: str) -> tuple[Tier, ...]:
        """Give the product's own tiers where they are for the reseller, and else those of every product."""
        own = self.products.get(product)
        if own is not None and _is_for(own.resellers, reseller):
            return own.tiers
        return self.tiers if _is_for(self.resellers, reseller) else ()


def _is_for(resellers: tuple[str, ...] | None, reseller: str) -> bool:
    return resellers is None or reseller in resellers


def _check_rising(tiers: tuple[Tier, ...]) -> None:
    for index, (lower, higher) in enumerate(pairwise(tiers), start=1):
        if higher.from_ <= lower.from_:
            raise ValueError(
                f"tiers[{index}] is from {higher.from_} and the one before it from {lower.from_}; "
                "each takes a higher number than the one before"
            )


def _check_resellers(resellers: tuple[str, ...] | None) -> None:
    if resellers is None:
        return
    # An empty list would switch the tiers off without a word.
    if not resellers:
        raise ValueError('resellers is empty; write some, like ["resellers/acme"], or leave it out for all')
    for index, name in enumerate(resellers):
        if not fullmatch(_RESELLER, name):
            raise ValueError(f'resellers[{index}] is {name!r}; it takes the name of a reseller, like "resellers/acme"')
