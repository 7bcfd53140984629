"""Prices that were agreed with customers, from a CSV file: one for a customer, a product and some days.

The plugin sets the final price: what other plugins would add or take off does not count for a line
that has a contract price. A line that has none is left to the others.

Worked by hand: a line of 20.00 USD whose customer has a price of 17.50 from 2026-01-01 up to
2026-07-01 is adjusted by 17.50 - 20.00 = -2.50 USD, and its price is 17.50 USD. The same line for
July stays at 20.00.

>>> from dataclasses import replace
>>> from datetime import date
>>> from decimal import Decimal
>>> from tempfile import TemporaryDirectory
>>> from quitrent import Named
>>> with TemporaryDirectory() as folder:
...     file = Path(folder, "prices.csv")
...     _ = file.write_text('''customer,product,currency,price,from,until
... resellers/plugged/customers/c1,products/gold,USD,17.50,2026-01-01,2026-07-01
... ''')
...     contract_price = ContractPrice(Settings(file))
>>> line = Line(
...     reseller=Named("resellers/plugged"),
...     customer=Named("resellers/plugged/customers/c1"),
...     account=Named("resellers/plugged/customers/c1/accounts/a1"),
...     product=Named("products/gold"),
...     subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
...     subscription_start=date(2026, 1, 1), period_start=date(2026, 6, 1), period_end=date(2026, 7, 1),
...     period_index=5, currency="USD",
...     recommended=Decimal("20.00"), basis=Decimal("20.00"), own_cost=Decimal("12.00"),
... )
>>> [adjustment] = contract_price.quitrent_adjust_retail(line)
>>> print(adjustment.amount, adjustment.code)
-2.5 contract
>>> print(adjustment.reason)
Contract price of 17.50 USD, line 2 of the file, for periods that begin from 2026-01-01 up to 2026-07-01.
>>> contract_price.quitrent_adjust_retail(replace(line, period_start=date(2026, 7, 1)))
[]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quitrent import Adjustment, Line, hookimpl
from quitrent_contract_price.file import read_contracts
from quitrent_contract_price.pricing import adjustments_of, by_terms

__all__ = ["ContractPrice", "Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The plugin's table of the settings file, as it is declared: where the prices are."""

    file: Path


class ContractPrice:
    """The plugin: made once with its table of the settings file and the prices, then asked line by line."""

    settings_type = Settings
    sets_final_price = True
    looks_at = ("customer", "product", "currency", "period_start", "basis")

    def __init__(self, settings: Settings) -> None:
        """Take the table `[plugins.contract-price]`, and read the file.

        Errors: ValueError naming the file, its first broken rows, and what would be right.
        """
        self._contracts = by_terms(read_contracts(settings.file))

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> list[Adjustment]:
        """Give what leads to the contract price, where the line has one."""
        return adjustments_of(line, self._contracts)
