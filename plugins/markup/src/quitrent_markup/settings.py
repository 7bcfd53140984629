"""The plugin's table of the settings file, as it is declared, and what its values may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from re import DOTALL, fullmatch

LEAST_PERCENT = -100
# Eight labels may share an adjustment, and quitrent takes at most 100,000 % in one.
MOST_PERCENT = 10_000

_ID = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_RESELLER = f"resellers/{_ID}"
_PRODUCT = f"(resellers/{_ID}/)?products/{_ID}"
_LABEL = r"[a-z][a-z0-9_-]{0,62}=.{0,255}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The percentages: for every line, and by reseller's name, product's name and `key=value`.

    >>> Settings(percent=Decimal("-101"))
    Traceback (most recent call last):
        ...
    ValueError: percent is -101; it takes a percentage from -100 to 10000
    """

    percent: Decimal = Decimal(0)
    resellers: Mapping[str, Decimal] = field(default_factory=dict)
    products: Mapping[str, Decimal] = field(default_factory=dict)
    labels: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no percentage and names nothing. Errors: ValueError naming the key."""
        _check_percent("percent", self.percent)
        _check_percents("resellers", self.resellers, _RESELLER, 'the name of a reseller, like "resellers/acme"')
        _check_percents("products", self.products, _PRODUCT, 'the name of a product, like "products/gold"')
        _check_percents("labels", self.labels, _LABEL, 'a label with its value, like "tier=silver"')


def _check_percents(key: str, percents: Mapping[str, Decimal], pattern: str, wanted: str) -> None:
    for name, percent in percents.items():
        if not fullmatch(pattern, name, DOTALL):
            raise ValueError(f'{key}."{name}" does not name what it is for; it takes {wanted}')
        _check_percent(f'{key}."{name}"', percent)


def _check_percent(key: str, percent: Decimal) -> None:
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise ValueError(f"{key} is {percent:f}; it takes a percentage from {LEAST_PERCENT} to {MOST_PERCENT}")
