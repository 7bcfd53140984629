"""Reads the plugin's table of the settings file, and refuses what it does not understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """The percentages: for every line, and by reseller's name, product's name and `key=value`."""

    percent: Decimal
    resellers: Mapping[str, Decimal]
    products: Mapping[str, Decimal]
    labels: Mapping[str, Decimal]


def read_settings(table: Mapping[str, object]) -> Settings:
    """Give the settings of a table.

    Errors: ValueError naming the key, what is wrong with it and what would be right.

    >>> read_settings({"percent": "10"}).percent
    Decimal('10')
    """
    for key in table:
        if key not in Settings.__dataclass_fields__:
            raise ValueError(f"{key} is not a setting; there are percent, resellers, products and labels")
    return Settings(
        percent=_percent("percent", table.get("percent", "0")),
        resellers=_percents(table, "resellers", _RESELLER, 'the name of a reseller, like "resellers/acme"'),
        products=_percents(table, "products", _PRODUCT, 'the name of a product, like "products/gold"'),
        labels=_percents(table, "labels", _LABEL, 'a label with its value, like "tier=silver"'),
    )


def _percents(table: Mapping[str, object], key: str, pattern: str, wanted: str) -> dict[str, Decimal]:
    entries = _table(key, table.get(key, {}))
    for name in entries:
        if not fullmatch(pattern, name, DOTALL):
            raise ValueError(f'{key}."{name}" does not name what it is for; it takes {wanted}')
    return {name: _percent(f'{key}."{name}"', value) for name, value in entries.items()}


def _table(key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{key} is {value!r}; it takes a table, [plugins.markup.{key}]")


def _percent(key: str, value: object) -> Decimal:
    if type(value) is not str:
        kind = type(value).__name__
        raise ValueError(f'{key} is {value!r} ({kind}); write it as a text, like "2.5", since money is exact')
    # ASCII digits and no exponent: what Decimal reads beyond that is rather a slip than a percentage.
    if not fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{1,6})?", value):
        raise ValueError(f'{key} is {value!r}; it takes a number with at most 6 decimals, like "10" or "-2.5"')
    percent = Decimal(value)
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise ValueError(f"{key} is {value!r}; it takes a percentage from {LEAST_PERCENT} to {MOST_PERCENT}")
    return percent
