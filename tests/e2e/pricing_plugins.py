"""Plugins for histories: the two of this repository, and some that get in each other's way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from quitrent_market_entry import Campaign, MarketEntry
from quitrent_market_entry import Settings as MarketEntrySettings
from quitrent_markup import Markup
from quitrent_markup import Settings as MarkupSettings

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.hooks.manager import Plugins
from tests.e2e.shop import PRODUCTS, RESELLERS


class Less:
    """Takes half a unit off, which some prices do not have."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        return Adjustment("less", "half a unit off", amount=Decimal("-0.50"), currency=line.currency)


class Fails:
    """Raises for one reseller."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        if line.reseller.name == RESELLERS[1]:
            raise RuntimeError("not for this reseller")


class Judges:
    """Refuses what one product costs, and warns of another's."""

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        if line.product.name == PRODUCTS[3]:
            return Review(Verdict.REFUSE, "not this product")
        return Review(Verdict.WARN, "far below cost") if price.whole < 5 else None


def markup() -> Markup:
    """A percentage for a reseller, and one for every other product: two adjustments of one line."""
    products = dict.fromkeys(PRODUCTS[::2], Decimal("-2.5"))
    return Markup(MarkupSettings(resellers={RESELLERS[0]: Decimal(10)}, products=products))


def market_entry() -> MarketEntry:
    """A campaign on one product for a while."""
    campaign = Campaign(
        product=PRODUCTS[0],
        currency="USD",
        percent=Decimal(60),
        until=date(2026, 5, 1),
        cap_per_account=Decimal(10),
        floor=Decimal(4),
    )
    return MarketEntry(MarketEntrySettings({"launch": campaign}))


# What can be in use at a time, by a word for it.
SETS: dict[str, dict[str, object]] = {
    "none": {},
    "ours": {"markup": markup(), "market-entry": market_entry()},
    "many": {"markup": markup(), "less": Less(), "judges": Judges()},
    "one that fails": {"fails": Fails(), "markup": markup()},
    "one that judges": {"judges": Judges()},
}


def plugins(named: dict[str, object]) -> Plugins:
    """Take plugins into use under names."""
    made = Plugins()
    for name, plugin in named.items():
        made.register(name, plugin, "1.0")
    return made
