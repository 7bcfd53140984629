"""Sides that differ in currency or in period: both are billed, and no margin is made of what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import lines, text
from tests.harness import House, day, month

Plan = dict[str, Any]

EUR, YEAR = {"currency": "EUR"}, {"period_unit": "PERIOD_UNIT_YEAR"}
ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
CURRENCIES, PERIODS = "the two sides are in different currencies", "the two sides have different periods"


@pytest.mark.parametrize(
    ("wholesale", "retail", "margin", "reason"),
    [
        ({}, {}, "10.00", ""),
        ({}, EUR, None, CURRENCIES),
        ({}, YEAR, None, PERIODS),
        ({}, ANNIVERSARY, None, PERIODS),
        # Twelve months are a year.
        ({**YEAR, **ANNIVERSARY}, {"period_count": 12, **ANNIVERSARY}, "10.00", ""),
        ({}, {"periods_in_advance": 3}, None, PERIODS),
    ],
)
def test_a_line_of_a_statement_has_a_margin_where_both_sides_agree_in_currency_and_in_period(
    house: House, wholesale: Plan, retail: Plan, margin: str | None, reason: str
) -> None:
    house.make_product(fee="10.00", price="20.00", wholesale=wholesale, retail=retail)
    house.assign(house.make_account("acme"))
    house.bill("2026-01-31")
    asked = {"reseller": "resellers/acme", "month": month("2026-01")}
    [line] = house.admin.ListStatementLines(**asked).statement_lines
    assert (text(line.margin) if line.HasField("margin") else None, line.margin_absent_reason) == (margin, reason)


def test_a_line_without_a_side_says_which_is_missing(house: House) -> None:
    house.make_product(retail={"timing": "TIMING_IN_ARREARS"})
    house.assign(house.make_account("acme"))
    house.bill("2026-01-31")
    [line] = house.admin.ListStatementLines(reseller="resellers/acme", month=month("2026-01")).statement_lines
    assert line.margin_absent_reason == "the retail side has no charge in the month"


def test_a_statement_adds_up_each_currency_by_itself(house: House) -> None:
    house.make_product("gold", "10.00", "20.00", kind="ADD_ON")
    house.make_product("euro", "7.00", "9.00", kind="ADD_ON", wholesale=EUR, retail=EUR)
    account = house.make_account("acme")
    for product in ("gold", "euro"):
        house.assign(account, product=f"products/{product}", subscription=product)
    house.bill("2026-01-31")
    asked = {"reseller": "resellers/acme", "month": month("2026-01")}
    totals = house.admin.GetStatement(**asked).statement.totals
    assert [
        (one.wholesale_due.currency_code, text(one.wholesale_due), text(one.retail_billed), text(one.margin))
        for one in totals
    ] == [("EUR", "7.00", "9.00", "2.00"), ("USD", "10.00", "20.00", "10.00")]
    # Bought in dollars and sold in yen: the dollars and the yen of the month cannot be set against each other.
    house.make_product("mixed", "5.00", "900", kind="ADD_ON", retail={"currency": "JPY"})
    house.assign(account, product="products/mixed", subscription="mixed")
    house.bill("2026-01-31")
    totals = house.admin.GetStatement(**asked).statement.totals
    assert [
        (one.wholesale_due.currency_code, one.HasField("margin"), bool(one.margin_absent_reason)) for one in totals
    ] == [
        ("EUR", True, False),
        ("JPY", False, True),
        ("USD", False, True),
    ]
    assert [text(one.retail_billed) for one in totals] == ["9.00", "900", "20.00"]


def test_a_yearly_price_on_a_monthly_fee_is_billed_on_each_side_by_its_own_plan(house: House) -> None:
    house.make_product(fee="1000", price="120.00", wholesale={"currency": "JPY"}, retail=YEAR)
    name = house.assign(house.make_account("acme"), "2026-07-01")
    quote = house.admin.QuotePrice(subscription=name, date=day("2026-08-15")).quote
    assert (quote.margin_absent_reason, text(quote.retail.amount)) == (CURRENCIES, "60.49")
    house.bill("2026-09-30")
    assert lines(house, "RETAIL") == ["2026-07-01 to 2027-01-01: 60.49"]
    assert [line.split()[-1] for line in lines(house, "WHOLESALE")] == ["1000", "1000", "1000"]
