"""Percentages on retail prices, by reseller, product or label.

Every entry of the settings that fits a line is an adjustment of its own. Each is a percentage of the
line's basis, so they add up and their order does not matter.

Worked by hand: a line of 20.00 USD with 10 % for its reseller, 5 % for its product and -2.5 % for a
label of its customer is 20.00 + 2.00 + 1.00 - 0.50 = 22.50 USD.

>>> from datetime import date
>>> from decimal import Decimal
>>> from quitrent import Named
>>> markup = Markup(Settings(
...     resellers={"resellers/plugged": Decimal("10")},
...     products={"products/gold": Decimal("5")},
...     labels={"tier=silver": Decimal("-2.5")},
... ))
>>> line = Line(
...     reseller=Named("resellers/plugged"),
...     customer=Named("resellers/plugged/customers/c1", {"tier": "silver"}),
...     account=Named("resellers/plugged/customers/c1/accounts/a1"),
...     product=Named("products/gold"),
...     subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
...     subscription_start=date(2026, 1, 1), period_start=date(2026, 1, 1), period_end=date(2026, 2, 1),
...     period_index=0, currency="USD",
...     recommended=Decimal("20.00"), basis=Decimal("20.00"), own_cost=Decimal("12.00"),
... )
>>> for adjustment in markup.quitrent_adjust_retail(line):
...     print(adjustment.percent, adjustment.code, "|", adjustment.reason)
10 reseller | Markup of +10 % for the reseller resellers/plugged.
5 product | Markup of +5 % for the product products/gold.
-2.5 label | Markup of -2.5 % for the label tier=silver.
"""

from __future__ import annotations

from quitrent import Adjustment, Line, hookimpl
from quitrent_markup.pricing import adjustments_of, fields_looked_at
from quitrent_markup.settings import Settings

__all__ = ["Markup", "Settings"]


class Markup:
    """The plugin: made once with its table of the settings file, then asked line by line."""

    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        """Take the table `[plugins.markup]`, as it is declared."""
        self._settings = settings
        self.looks_at = fields_looked_at(settings)

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> list[Adjustment]:
        """Give a percentage for every entry that fits the line."""
        return adjustments_of(line, self._settings)
