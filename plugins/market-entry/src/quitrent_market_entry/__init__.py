"""Discounts that may go below cost, to enter a market: each with an end date, a cap and a floor.

A campaign takes a percentage or an amount off the price of one product. It never takes off more
than its cap, and never goes below its floor. Of the campaigns that fit a line, the one that takes
off the most counts alone. A price below the reseller's own cost is charged all the same, with a
warning, whatever brought it there.

Worked by hand: 60 % of 20.00 USD are 12.00, but the cap is 10.00 and down to the floor there are
only 9.00, so the price is 20.00 - 9.00 = 11.00 USD. That is below the own cost of 12.00.

>>> from datetime import date
>>> from decimal import Decimal
>>> from quitrent import Named
>>> market_entry = MarketEntry(Settings({"gold-launch": Campaign(
...     product="products/gold", currency="USD", percent=Decimal("60"), until=date(2026, 7, 1),
...     cap_per_account=Decimal("10.00"), floor=Decimal("11.00"),
... )}))
>>> line = Line(
...     reseller=Named("resellers/plugged"),
...     customer=Named("resellers/plugged/customers/c1"),
...     account=Named("resellers/plugged/customers/c1/accounts/a1"),
...     product=Named("products/gold"),
...     subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
...     subscription_start=date(2026, 1, 1), period_start=date(2026, 1, 1), period_end=date(2026, 2, 1),
...     period_index=0, currency="USD",
...     recommended=Decimal("20.00"), basis=Decimal("20.00"), own_cost=Decimal("12.00"),
... )
>>> discount = market_entry.quitrent_adjust_retail(line)
>>> print(discount.amount, discount.code, "|", discount.reason)
-9 gold-launch | 60 % off for periods that begin before 2026-07-01, held by the floor of 11.00 USD.
>>> review = market_entry.quitrent_review_retail(line, RetailAmount(Decimal("11"), Decimal("11")))
>>> print(review.verdict, "|", review.reason)
WARN | The price of a whole period, 11 USD, is below the own cost of 12.00 USD.
"""

from __future__ import annotations

from quitrent import Adjustment, Line, RetailAmount, Review, hookimpl
from quitrent_market_entry.pricing import best_discount, review_of
from quitrent_market_entry.settings import Campaign, Settings

__all__ = ["Campaign", "MarketEntry", "Settings"]


class MarketEntry:
    """The plugin: made once with its table of the settings file, then asked line by line."""

    settings_type = Settings
    looks_at = ("reseller", "product", "currency", "period_start", "basis", "own_cost")

    def __init__(self, settings: Settings) -> None:
        """Take the table `[plugins.market-entry]`, as it is declared."""
        self._campaigns = settings.campaigns

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        """Give the discount of the campaign that takes off the most, if one fits the line."""
        return best_discount(line, self._campaigns)

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        """Warn of a price below the reseller's own cost."""
        return review_of(line, price)
