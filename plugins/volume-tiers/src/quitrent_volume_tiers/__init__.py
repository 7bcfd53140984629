"""A percentage on retail prices by how many of a reseller's accounts have the product.

The accounts are counted on the first day of the period. The tier that begins highest, and not above
the count, gives its percentage for every one of them; a product may have tiers of its own, and the
others have those of every product.

Worked by hand: with -5 % from 10 accounts and -10 % from 100, a line of 20.00 USD of a reseller with
9 accounts stays at 20.00, with 10 or 99 it is 20.00 - 1.00 = 19.00, and with 100 it is
20.00 - 2.00 = 18.00 USD.

>>> from dataclasses import replace
>>> from datetime import date
>>> from decimal import Decimal
>>> from quitrent import Named
>>> tiers = (Tier(10, Decimal("-5")), Tier(100, Decimal("-10")))
>>> volume_tiers = VolumeTiers(Settings(products={"products/gold": ProductTiers(tiers)}))
>>> line = Line(
...     reseller=Named("resellers/plugged"),
...     customer=Named("resellers/plugged/customers/c1"),
...     account=Named("resellers/plugged/customers/c1/accounts/a1"),
...     product=Named("products/gold"),
...     subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
...     subscription_start=date(2026, 1, 1), period_start=date(2026, 1, 1), period_end=date(2026, 2, 1),
...     period_index=0, currency="USD",
...     recommended=Decimal("20.00"), basis=Decimal("20.00"), own_cost=Decimal("12.00"),
...     account_count=99, subscription_count=120,
... )
>>> answers = [volume_tiers.quitrent_adjust_retail(replace(line, account_count=count)) for count in (9, 10, 99, 100)]
>>> [str(answer.percent) if answer else "nothing" for answer in answers]
['nothing', '-5', '-5', '-10']
>>> print(answers[2].code, "|", answers[2].reason)
tier-from-10 | -5 % from 10 accounts on: the reseller has 99 with products/gold on 2026-01-01.
"""

from __future__ import annotations

from quitrent import Adjustment, Line, hookimpl
from quitrent_volume_tiers.pricing import adjustment_of
from quitrent_volume_tiers.settings import ProductTiers, Settings, Tier

__all__ = ["ProductTiers", "Settings", "Tier", "VolumeTiers"]


class VolumeTiers:
    """The plugin: made once with its table of the settings file, then asked line by line."""

    settings_type = Settings
    counts_accounts = True
    looks_at = ("reseller", "product", "period_start", "account_count")

    def __init__(self, settings: Settings) -> None:
        """Take the table `[plugins.volume-tiers]`, as it is declared."""
        self._settings = settings

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        """Give the percentage of the tier that the reseller has reached with the product, if it has one."""
        return adjustment_of(line, self._settings)
