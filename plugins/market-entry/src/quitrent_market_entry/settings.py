"""The plugin's table of the settings file, as it is declared, and what its values may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Campaign:
    """A discount on one product, for the periods that begin in `[from_, until)`.

    It takes a percentage of the price of a whole period off it, or an amount. Amounts are in units of
    `currency`. `resellers` is None for all of them. A discount that may go below cost has to say how
    far, so its limits are required.
    """

    product: str
    currency: str
    until: date
    cap_per_account: Decimal
    floor: Decimal
    percent: Decimal | None = None
    amount: Decimal | None = None
    from_: date | None = None
    resellers: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what no discount can be made of. Errors: ValueError naming the key."""
        _check_text("product", self.product, *_PRODUCT)
        _check_text("currency", self.currency, *_CURRENCY)
        self._check_resellers()
        if (self.percent is None) == (self.amount is None):
            raise ValueError("it takes exactly one of percent and amount; write one and leave the other out")
        _check_number("percent", self.percent, SMALLEST, LARGEST_PERCENT)
        _check_number("amount", self.amount, SMALLEST, LARGEST_AMOUNT)
        _check_number("cap_per_account", self.cap_per_account, SMALLEST, LARGEST_AMOUNT)
        _check_number("floor", self.floor, Decimal(0), LARGEST_AMOUNT)
        if self.from_ is not None and self.from_ >= self.until:
            raise ValueError(f"until is {self.until}; it takes a day after from, {self.from_}")

    def _check_resellers(self) -> None:
        if self.resellers is None:
            return
        # An empty list would switch the campaign off without a word.
        if not self.resellers:
            raise ValueError('resellers is empty; write some, like ["resellers/acme"], or leave it out for all')
        for index, name in enumerate(self.resellers):
            _check_text(f"resellers[{index}]", name, *_RESELLER)


@dataclass(frozen=True, slots=True)
class Settings:
    """The campaigns, by their names.

    >>> Settings().campaigns
    {}
    """

    campaigns: Mapping[str, Campaign] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be a campaign's name. Errors: ValueError naming it."""
        for name in self.campaigns:
            if not fullmatch(_CAMPAIGN, name):
                raise ValueError(
                    f'campaigns."{name}" cannot be a campaign\'s name; it takes 1 to 63 letters, digits, _ or -'
                )


def _check_text(key: str, value: str, pattern: str, wanted: str) -> None:
    if not fullmatch(pattern, value):
        raise ValueError(f"{key} is {value!r}; it takes {wanted}")


def _check_number(key: str, number: Decimal | None, least: Decimal, most: Decimal) -> None:
    if number is not None and not least <= number <= most:
        raise ValueError(f"{key} is {number:f}; it takes a number from {least} to {most}")
