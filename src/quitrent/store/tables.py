"""The tables, as they are after the last migration. Each index says what it is for.

`name` is the resource name of the API; `id` is the store's own key, which never leaves it.
"""

from __future__ import annotations

from quitrent.store.book_tables import BillingPartitionRow, BillingRunRow, ChargeRow, ExplanationRow, ParkedChargeRow
from quitrent.store.catalog_tables import (
    AccountRow,
    CustomerRow,
    FeeChangeRow,
    NamedRow,
    PartyRow,
    PlanRow,
    PriceRuleRevisionRow,
    PriceRuleRow,
    ProductRow,
    ResellerRow,
    RetailSideRow,
    SideRow,
    SubscriptionRow,
    SuspensionRow,
    WholesaleSideRow,
)
from quitrent.store.plugin_tables import PluginNewsRow, SetAsidePluginRow
from quitrent.store.row import Row, tuples_of
from quitrent.store.server_tables import CatalogVersionRow, KeyRow, RequestRow, SecretRow

__all__ = [
    "TABLES",
    "AccountRow",
    "BillingPartitionRow",
    "BillingRunRow",
    "CatalogVersionRow",
    "ChargeRow",
    "CustomerRow",
    "ExplanationRow",
    "FeeChangeRow",
    "KeyRow",
    "NamedRow",
    "ParkedChargeRow",
    "PartyRow",
    "PlanRow",
    "PluginNewsRow",
    "PriceRuleRevisionRow",
    "PriceRuleRow",
    "ProductRow",
    "RequestRow",
    "ResellerRow",
    "RetailSideRow",
    "Row",
    "SecretRow",
    "SetAsidePluginRow",
    "SideRow",
    "SubscriptionRow",
    "SuspensionRow",
    "WholesaleSideRow",
    "tuples_of",
]

TABLES: tuple[type[Row], ...] = (
    ResellerRow,
    CustomerRow,
    AccountRow,
    PlanRow,
    FeeChangeRow,
    ProductRow,
    PriceRuleRow,
    PriceRuleRevisionRow,
    SubscriptionRow,
    WholesaleSideRow,
    RetailSideRow,
    SuspensionRow,
    BillingRunRow,
    BillingPartitionRow,
    ExplanationRow,
    ChargeRow,
    ParkedChargeRow,
    SetAsidePluginRow,
    PluginNewsRow,
    KeyRow,
    RequestRow,
    SecretRow,
    CatalogVersionRow,
)
