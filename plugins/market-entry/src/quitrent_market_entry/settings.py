"""Reads the plugin's table of the settings file, and refuses what it does not understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from re import fullmatch

# A discount of nothing is a slip, and quitrent takes no more decimals than these.
SMALLEST = Decimal("0.000001")
LARGEST_PERCENT = Decimal(100)
LARGEST_AMOUNT = Decimal(1_000_000_000)

_ID = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# A campaign's name is the code of its adjustments. No dots, which TOML would take for a table within.
_CAMPAIGN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_RESELLER = (f"resellers/{_ID}", 'the name of a reseller, like "resellers/acme"')
_PRODUCT = (f"(resellers/{_ID}/)?products/{_ID}", 'the name of a product, like "products/gold"')
_CURRENCY = ("[A-Z]{3}", 'the code of a currency, like "USD"')

# A discount that may go below cost has to say how far, so its limits are required.
_REQUIRED = {
    "product": '"products/gold"',
    "currency": '"USD"',
    "until": "2026-07-01",
    "cap_per_account": '"5.00"',
    "floor": '"4.00"',
}
_OPTIONAL = ("resellers", "percent", "amount", "from")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A discount on one product, for the periods that begin in `[begins, until)`.

    It takes `off` off the price of a whole period: a percentage of it where `by_percent`, or an
    amount. Amounts are in units of `currency`. `resellers` is None for all of them.
    """

    name: str
    product: str
    resellers: frozenset[str] | None
    currency: str
    off: Decimal
    by_percent: bool
    begins: date | None
    until: date
    cap: Decimal
    floor: Decimal


def read_campaigns(table: Mapping[str, object]) -> tuple[Campaign, ...]:
    """Give the campaigns of a table, in its order.

    Errors: ValueError naming the key, what is wrong with it and what would be right.

    >>> read_campaigns({})
    ()
    """
    _check_keys("", table, ("campaigns",))
    campaigns = _table("campaigns", table.get("campaigns", {}))
    return tuple(_campaign(name, _table(f"campaigns.{name}", entries)) for name, entries in campaigns.items())


def _campaign(name: str, table: Mapping[str, object]) -> Campaign:
    key = f"campaigns.{name}"
    if not fullmatch(_CAMPAIGN, name):
        raise ValueError(f'campaigns."{name}" cannot be a campaign\'s name; it takes 1 to 63 letters, digits, _ or -')
    _check_keys(f"{key}.", table, (*_REQUIRED, *_OPTIONAL))
    for required, example in _REQUIRED.items():
        if required not in table:
            raise ValueError(f"{key}.{required} is missing; write one, like {required} = {example}")
    if ("percent" in table) == ("amount" in table):
        raise ValueError(f"{key} takes exactly one of percent and amount; write one and leave the other out")
    kind = "percent" if "percent" in table else "amount"
    campaign = Campaign(
        name=name,
        product=_text(f"{key}.product", table["product"], *_PRODUCT),
        resellers=_resellers(f"{key}.resellers", table["resellers"]) if "resellers" in table else None,
        currency=_text(f"{key}.currency", table["currency"], *_CURRENCY),
        off=_decimal(f"{key}.{kind}", table[kind], SMALLEST, LARGEST_PERCENT if kind == "percent" else LARGEST_AMOUNT),
        by_percent=kind == "percent",
        begins=_date(f"{key}.from", table["from"]) if "from" in table else None,
        until=_date(f"{key}.until", table["until"]),
        cap=_decimal(f"{key}.cap_per_account", table["cap_per_account"], SMALLEST, LARGEST_AMOUNT),
        floor=_decimal(f"{key}.floor", table["floor"], Decimal(0), LARGEST_AMOUNT),
    )
    if campaign.begins is not None and campaign.begins >= campaign.until:
        raise ValueError(f"{key}.until is {campaign.until}; it takes a day after {key}.from, {campaign.begins}")
    return campaign


def _check_keys(prefix: str, table: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{prefix}{key} is not a setting; there are: {', '.join(known)}")


def _table(key: str, value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{key} is {value!r}; it takes a table, [plugins.market-entry.{key}]")


def _resellers(key: str, value: object) -> frozenset[str]:
    # An empty list would switch the campaign off without a word.
    if isinstance(value, list) and value:
        return frozenset(_text(f"{key}[{index}]", name, *_RESELLER) for index, name in enumerate(value))
    raise ValueError(f'{key} is {value!r}; it takes a list, like ["resellers/acme"], or leave it out for all resellers')


def _text(key: str, value: object, pattern: str, wanted: str) -> str:
    if isinstance(value, str) and fullmatch(pattern, value):
        return value
    raise ValueError(f"{key} is {value!r}; it takes {wanted}")


def _decimal(key: str, value: object, least: Decimal, most: Decimal) -> Decimal:
    if type(value) is not str:
        kind = type(value).__name__
        raise ValueError(f'{key} is {value!r} ({kind}); write it as a text, like "2.50", since money is exact')
    # ASCII digits and no exponent: what Decimal reads beyond that is rather a slip than an amount.
    if not fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?", value):
        raise ValueError(f'{key} is {value!r}; it takes a number with at most 6 decimals, like "10" or "2.50"')
    number = Decimal(value)
    if not least <= number <= most:
        raise ValueError(f"{key} is {value!r}; it takes a number from {least} to {most}")
    return number


def _date(key: str, value: object) -> date:
    # Compared exactly: a datetime is a date too, and it cannot be compared with a period's days.
    if type(value) is date:
        return value
    if isinstance(value, str) and fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{key} is {value!r}, which is no day of the calendar: {error}") from error
    raise ValueError(f"{key} is {value!r}; it takes a day, like 2026-07-01")
