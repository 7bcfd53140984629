"""Which rule counts, and what it makes of the price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from quitrent.domain.errors import FailedPrecondition
from quitrent.domain.money import Money, units_text
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.plan_fee import PlanFee
from quitrent.domain.price_rule import PriceBasis, PriceRule, RetailPrice, basis_of, rule_in_force

USD_20 = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"))
USD_10 = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"))
EUR_10 = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "EUR"))


def usd(text: str) -> Money:
    return Money(int(Decimal(text) * 1_000_000), "USD")


def rule(name: str, effective: str, end: str | None = None, customer: str = "", account: str = "") -> PriceRule:
    ends = date.fromisoformat(end) if end else None
    return PriceRule(name, "gold", RetailPrice(), date.fromisoformat(effective), ends, customer, account)


@pytest.mark.parametrize(
    ("price", "reseller_plan", "basis"),
    [
        (RetailPrice(fixed=usd("8.00")), USD_10, "8.00"),
        (RetailPrice(fixed=usd("0")), USD_10, "0.00"),
        (RetailPrice(percent=Decimal(25)), USD_10, "25.00"),
        (RetailPrice(percent=Decimal("-12.5")), USD_10, "17.50"),
        (RetailPrice(percent=Decimal(-100)), USD_10, "0.00"),
        (RetailPrice(percent=Decimal(50), basis=PriceBasis.OWN_COST), USD_10, "15.00"),
        (RetailPrice(amount=usd("-3.25")), USD_10, "16.75"),
        (RetailPrice(amount=usd("0.01"), basis=PriceBasis.OWN_COST), USD_10, "10.01"),
        (RetailPrice(amount=usd("-20.01")), USD_10, "RETAIL_PRICE_BELOW_ZERO"),
        (RetailPrice(amount=usd("-10.01"), basis=PriceBasis.OWN_COST), USD_10, "RETAIL_PRICE_BELOW_ZERO"),
        (RetailPrice(fixed=Money(1, "EUR")), USD_10, "CURRENCY_MISMATCH"),
        (RetailPrice(amount=Money(1, "EUR")), USD_10, "CURRENCY_MISMATCH"),
        # The cost is in another currency: nothing can be taken on it.
        (RetailPrice(percent=Decimal(1), basis=PriceBasis.OWN_COST), EUR_10, "CURRENCY_MISMATCH"),
        (RetailPrice(percent=Decimal(1)), EUR_10, "20.20"),
    ],
)
def test_a_rule_makes_the_basis(price: RetailPrice, reseller_plan: Plan, basis: str) -> None:
    made = PriceRule("r", "gold", price, date(2026, 1, 1))
    try:
        result = units_text(basis_of(USD_20.name, PlanFee(USD_20.fee), reseller_plan.fee, made).micros, "USD")
    except FailedPrecondition as refused:
        result = refused.reason
    assert result == basis


def test_a_price_that_no_column_could_hold_is_refused() -> None:
    dear = Plan("plans/dear", PlanKind.ACCOUNT, Money(10**15, "USD"))
    made = PriceRule("r", "gold", RetailPrice(percent=Decimal(100_000)), date(2026, 1, 1))
    with pytest.raises(FailedPrecondition) as refused:
        basis_of(dear.name, PlanFee(dear.fee), USD_10.fee, made)
    assert refused.value.reason == "RETAIL_PRICE_TOO_LARGE"


@pytest.mark.parametrize(
    ("rules", "day", "counts"),
    [
        ([rule("all", "2026-01-01")], "2026-01-01", "all"),
        ([rule("all", "2026-01-02")], "2026-01-01", None),
        ([rule("all", "2026-01-01", "2026-02-01")], "2026-02-01", None),
        ([rule("old", "2026-01-01"), rule("new", "2026-02-01")], "2026-01-31", "old"),
        ([rule("old", "2026-01-01"), rule("new", "2026-02-01")], "2026-02-01", "new"),
        # A rule with an end gives way to the older one again.
        ([rule("old", "2026-01-01"), rule("sale", "2026-02-01", "2026-03-01")], "2026-03-01", "old"),
        ([rule("all", "2026-02-01"), rule("customer", "2026-01-01", customer="c1")], "2026-02-01", "customer"),
        (
            [rule("customer", "2026-02-01", customer="c1"), rule("account", "2026-01-01", account="a1")],
            "2026-02-01",
            "account",
        ),
        ([rule("all", "2026-01-01"), rule("other", "2026-01-01", customer="c2")], "2026-01-01", "all"),
        ([rule("all", "2026-01-01"), rule("other", "2026-01-01", account="a2")], "2026-01-01", "all"),
    ],
)
def test_the_narrowest_rule_counts_and_then_the_latest(rules: list[PriceRule], day: str, counts: str | None) -> None:
    found = rule_in_force(rules, "c1", "a1", date.fromisoformat(day), date.fromisoformat(day))
    assert (found and found.name) == counts
    reversed_order = rule_in_force(rules[::-1], "c1", "a1", date.fromisoformat(day), date.fromisoformat(day))
    assert reversed_order == found


@pytest.mark.parametrize(
    ("applies_to_existing", "assigned", "counts"),
    [
        (True, "2026-01-01", "new"),
        (False, "2026-01-01", "old"),
        (False, "2026-01-31", "old"),
        (False, "2026-02-01", "new"),
        (False, "2026-02-02", "new"),
    ],
)
def test_a_rule_for_new_subscriptions_leaves_the_others_their_price(
    applies_to_existing: bool, assigned: str, counts: str
) -> None:
    new = replace(rule("new", "2026-02-01"), applies_to_existing=applies_to_existing)
    found = rule_in_force(
        [rule("old", "2025-01-01"), new], "c1", "a1", date.fromisoformat("2026-03-01"), date.fromisoformat(assigned)
    )
    assert found is not None
    assert found.name == counts
