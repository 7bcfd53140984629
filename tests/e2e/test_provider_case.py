"""The case that everything started from, exact, however it is billed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from quitrent_markup import Markup, Settings

from quitrent.hooks.manager import Plugins
from tests.conftest import WHOLE
from tests.databases import EITHER
from tests.harness import GOLD, House, day, identities, money, month, text_of

JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"

# reseller, price rule, accounts, product, suspended | a month's wholesale and retail
CASES = [
    ("recommends", None, ["a1"], GOLD, False, "10.00", "20.00"),
    ("marks-up", {"percent": {"value": "25"}}, ["a1"], GOLD, False, "10.00", "25.00"),
    ("enters", {"fixed": money("8.00")}, ["a1"], GOLD, False, "10.00", "8.00"),
    ("sleeps", None, ["a1"], GOLD, True, "10.00", "20.00"),
    ("other", None, ["a1"], "products/silver", False, "0.00", "0.00"),
    ("twice", None, ["a1", "a2"], GOLD, False, "20.00", "40.00"),
    ("plugged", None, ["a1"], GOLD, False, "10.00", "22.00"),
]
NAMES = [case[0] for case in CASES]


def set_up(house: House) -> None:
    house.make_product(wholesale=WHOLE, retail={**WHOLE, "suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    house.make_product("silver", "5.00", "9.00", wholesale=WHOLE, retail=WHOLE)
    for reseller, price, accounts, product, suspended, _, _ in CASES:
        for account in accounts:
            name = house.assign(house.make_account(reseller, account), product=product)
            if suspended:
                house.admin.SuspendSubscription(name=name, start_date=day("2026-01-01"))
        if price:
            rule = {"product": GOLD, "price": price, "effective_date": day("2026-01-01")}
            house.admin.CreatePriceRule(parent=f"resellers/{reseller}", price_rule_id="own", price_rule=rule)


def markup() -> Plugins:
    plugins = Plugins()
    plugins.register("markup", Markup(Settings(resellers={"resellers/plugged": Decimal(10)})), "0.1.0")
    return plugins


@pytest.fixture(params=list(EITHER.values()), ids=list(EITHER))
def case(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    house = House(tmp_path, markup(), on_postgresql=request.param)
    set_up(house)
    yield house
    house.close()


def sum_of(charges: list[Any]) -> str:
    return f"{sum(float(text_of(charge.amount)) for charge in charges):.2f}"


@pytest.mark.parametrize(
    "months", [["2026-03-31"], ["2026-01-31", "2026-02-28", "2026-03-31"]], ids=["at once", "monthly"]
)
def test_every_reseller_owes_the_fee_and_bills_its_own_price(case: House, months: list[str]) -> None:
    for through in months:
        case.bill(through)
    for reseller, _, _, _, suspended, wholesale, retail in CASES:
        for start, end in ((JANUARY, FEBRUARY), (FEBRUARY, MARCH), (MARCH, "2026-04")):
            wanted = {
                "parent": f"resellers/{reseller}",
                "product": GOLD,
                "period_from": day(f"{start}-01"),
                "period_before": day(f"{end}-01"),
            }
            assert sum_of(case.charges(side="SIDE_WHOLESALE", **wanted)) == wholesale, (reseller, start)
            recurring = case.charges(side="SIDE_RETAIL", reason="CHARGE_REASON_RECURRING", **wanted)
            assert sum_of(recurring) == retail, (reseller, start)
            credited = case.charges(side="SIDE_RETAIL", reason="CHARGE_REASON_SUSPENSION_CREDIT", **wanted)
            assert sum_of(credited) == ("-20.00" if suspended and start != MARCH else "0.00"), (reseller, start)


def test_the_provider_receives_210_for_gold(case: House) -> None:
    case.bill("2026-03-31")
    fees = case.charges(side="SIDE_WHOLESALE", product=GOLD)
    assert len(fees) == 21
    assert sum_of(fees) == "210.00"


def test_billing_in_steps_at_once_and_again_gives_the_same_charges(case: House, tmp_path: Path) -> None:
    for through in ("2026-01-31", "2026-02-28", "2026-03-31"):
        case.bill(through)
    once = identities(case.charges())
    again = case.bill("2026-03-31")
    assert not again.amounts
    assert identities(case.charges()) == once
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other", markup())
    set_up(other)
    other.bill("2026-03-31")
    assert identities(other.charges()) == once
    other.close()


def test_march_is_credited_once_it_has_ended(case: House) -> None:
    case.bill("2026-03-31")
    case.bill("2026-04-01")
    credited = case.charges(parent="resellers/sleeps", reason="CHARGE_REASON_SUSPENSION_CREDIT")
    assert [text_of(credit.amount) for credit in credited] == ["-20.00"] * 3


@pytest.mark.parametrize(
    ("reseller", "margin"),
    [
        ("recommends", "10.00"),
        ("marks-up", "15.00"),
        ("enters", "-2.00"),
        ("sleeps", "-10.00"),
        ("other", "4.00"),
        ("twice", "20.00"),
        ("plugged", "12.00"),
    ],
)
def test_a_statement_of_january_tells_the_margin(case: House, reseller: str, margin: str) -> None:
    case.bill("2026-03-31")
    request = {"reseller": f"resellers/{reseller}", "month": month(JANUARY)}
    statement = case.admin.GetStatement(**request).statement
    assert [text_of(total.margin) for total in statement.totals] == [margin]
    assert statement.below_cost_line_count == (1 if margin.startswith("-") else 0)
    lines = case.admin.ListStatementLines(**request).statement_lines
    assert len(lines) == statement.line_count
    assert sum(line.charge_count for line in lines) == statement.charge_count


@pytest.mark.parametrize(
    ("wholesale_parts", "wholesale"),
    [({}, ["6.77", "10.00", "4.84"]), (WHOLE, ["10.00", "10.00", "10.00"])],
    ids=["by days", "whole"],
)
def test_first_and_last_parts_cost_their_days_where_the_plan_says_so(
    house: House, wholesale_parts: dict[str, str], wholesale: list[str]
) -> None:
    # 21 of January's 31 days, February, and 15 of March's 31 days:
    # 21/31 x 20.00 = 13.548..., 15/31 x 20.00 = 9.677..., 21/31 x 10.00 = 6.774..., 15/31 x 10.00 = 4.838...
    house.make_product(wholesale=wholesale_parts)
    name = house.assign(house.make_account("acme"), start="2026-01-11")
    house.admin.CloseSubscription(name=name, end_date=day("2026-03-16"))
    house.bill("2026-03-31")
    assert house.amounts("WHOLESALE") == wholesale
    assert house.amounts("RETAIL") == ["13.55", "20.00", "9.68"]
