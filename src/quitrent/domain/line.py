"""A line: what is to be priced, as a plugin sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """A party or a product, as a plugin sees it: its name and its labels."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be priced, as a plugin sees it. Amounts are in units of `currency`, for one whole period.

    `period_index` counts the subscription's periods from 0. Where a plan charges several periods at a
    time they are one line, from the first day of the first to the last of the last.

    `own_cost` is None where the reseller's cost is in another currency. `subscription` is empty in a
    quote of a product that is not assigned yet. `charged_before` is what the customer was charged for
    the part of the subscription that ends where this one begins, and None where nothing stands
    charged for it.

    `account_count` is how many accounts of the reseller have the product on the first day of the
    period, and `subscription_count` how many products are assigned to its accounts then, this line
    among them. Both are None unless a plugin in use counts accounts.
    """

    reseller: Named
    customer: Named
    account: Named
    product: Named
    subscription: str
    subscription_start: date
    period_start: date
    period_end: date
    period_index: int
    currency: str
    recommended: Decimal
    basis: Decimal
    own_cost: Decimal | None
    charged_before: Decimal | None = None
    account_count: int | None = None
    subscription_count: int | None = None


@dataclass(frozen=True, slots=True)
class RetailAmount:
    """The finished price of a line, as a review sees it, in units of the line's currency.

    `whole` is the price of one whole period, `amount` what is charged for this one.
    """

    whole: Decimal
    amount: Decimal
