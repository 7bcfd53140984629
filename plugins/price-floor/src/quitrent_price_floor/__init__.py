"""Judges prices below the reseller's own cost: allows them, warns of them, refuses them, or gives them a budget.

A reseller with a budget may lose so much in a calendar month. The plugin keeps no account of what has
been lost: each of the reseller's assigned products has an equal share, whatever the others cost. A
period that is no calendar month has the shares of its days.

Worked by hand: 90 USD a month for 3 products are 30 USD a month for each. The period from 2026-01-11
up to 2026-02-11 has 21 of January's 31 days and 10 of February's 28, and so
30 x 21/31 + 30 x 10/28 = 20.322... + 10.714... = 31.036... USD. A price of 10.00 USD with an own cost
of 40.00 loses 30.00, which is within it. A price of 8.00 loses 32.00, which is not. For half of the
period, charged at 4.00, it loses 32.00 x 4.00/8.00 = 16.00.

>>> from datetime import date
>>> from decimal import Decimal
>>> from quitrent import Named
>>> budget = ResellerFloor(budget={"USD": Decimal("90")})
>>> price_floor = PriceFloor(Settings(resellers={"resellers/plugged": budget}))
>>> line = Line(
...     reseller=Named("resellers/plugged"),
...     customer=Named("resellers/plugged/customers/c1"),
...     account=Named("resellers/plugged/customers/c1/accounts/a1"),
...     product=Named("products/gold"),
...     subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
...     subscription_start=date(2026, 1, 11), period_start=date(2026, 1, 11), period_end=date(2026, 2, 11),
...     period_index=0, currency="USD",
...     recommended=Decimal("45.00"), basis=Decimal("45.00"), own_cost=Decimal("40.00"),
...     account_count=1, subscription_count=3,
... )
>>> for whole, amount in (("45", "45"), ("10", "10"), ("8", "8"), ("8", "4")):
...     review = price_floor.quitrent_review_retail(line, RetailAmount(Decimal(whole), Decimal(amount)))
...     print(review and f"{review.verdict}: {review.reason.partition('; ')[2]}")
None
WARN: the loss of 30 USD is within 31.036866... USD, its share of a budget of 90 USD a month for 3 products.
REFUSE: the loss of 32 USD is more than 31.036866... USD, its share of a budget of 90 USD a month for 3 products.
WARN: the loss of 16 USD is within 31.036866... USD, its share of a budget of 90 USD a month for 3 products.
"""

from __future__ import annotations

from quitrent import Line, RetailAmount, Review, hookimpl
from quitrent_price_floor.reviewing import review_of
from quitrent_price_floor.settings import ProductFloor, ResellerFloor, Settings

__all__ = ["PriceFloor", "ProductFloor", "ResellerFloor", "Settings"]


class PriceFloor:
    """The plugin: made once with its table of the settings file, then asked price by price."""

    settings_type = Settings
    counts_accounts = True
    looks_at = ("reseller", "product", "currency", "own_cost", "period_start", "period_end", "subscription_count")

    def __init__(self, settings: Settings) -> None:
        """Take the table `[plugins.price-floor]`, as it is declared."""
        self._settings = settings

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        """Judge a price below the reseller's own cost."""
        return review_of(line, price, self._settings)
