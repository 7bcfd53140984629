from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quitrent_contract_price import ContractPrice, Settings
from quitrent_contract_price.contract import Contract
from quitrent_contract_price.pricing import adjustments_of, by_terms

from quitrent import Adjustment, Line, Named

LINE = Line(
    reseller=Named("resellers/plugged"),
    customer=Named("resellers/plugged/customers/c1"),
    account=Named("resellers/plugged/customers/c1/accounts/a1"),
    product=Named("products/gold"),
    subscription="resellers/plugged/customers/c1/accounts/a1/subscriptions/s1",
    subscription_start=date(2026, 1, 1),
    period_start=date(2026, 3, 1),
    period_end=date(2026, 4, 1),
    period_index=2,
    currency="USD",
    recommended=Decimal("20.00"),
    basis=Decimal("20.00"),
    own_cost=Decimal("12.00"),
)
ROWS = """customer,product,currency,price,from,until
resellers/plugged/customers/c1,products/gold,USD,18.00,2026-07-01,
resellers/plugged/customers/c1,products/gold,USD,17.50,2026-01-01,2026-07-01
resellers/plugged/customers/c1,products/gold,EUR,15.00,2026-01-01,

resellers/plugged/customers/c1,resellers/plugged/products/gold,USD,0,2026-01-01,2026-02-01
"""


@pytest.fixture
def plugin(tmp_path: Path) -> ContractPrice:
    file = tmp_path / "prices.csv"
    file.write_text(ROWS, "utf-8")
    made = ContractPrice(Settings(file))
    # The file is read once, so nothing that becomes of it can change a price.
    file.unlink()
    return made


def final(line: Line, adjustments: list[Adjustment]) -> Fraction:
    """The price, as quitrent makes it of the basis and what is proposed."""
    basis = Fraction(line.basis)
    return basis + sum(
        Fraction(one.amount) if one.amount is not None else basis * Fraction(one.percent or 0) / 100
        for one in adjustments
    )


OWN = Named("resellers/plugged/products/gold")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE, "-2.5"),
        (replace(LINE, period_start=date(2026, 1, 1)), "-2.5"),
        (replace(LINE, period_start=date(2025, 12, 31)), ""),
        (replace(LINE, period_start=date(2026, 6, 30)), "-2.5"),
        (replace(LINE, period_start=date(2026, 7, 1)), "-2"),
        (replace(LINE, period_start=date(2099, 7, 1)), "-2"),
        (replace(LINE, currency="EUR"), "-5"),
        (replace(LINE, currency="JPY"), ""),
        (replace(LINE, customer=Named("resellers/plugged/customers/c2")), ""),
        (replace(LINE, product=Named("products/silver")), ""),
        (replace(LINE, product=OWN, period_start=date(2026, 1, 31)), "-20"),
        (replace(LINE, product=OWN, period_start=date(2026, 2, 1)), ""),
        # A price that is the basis already is proposed all the same, so that others do not count.
        (replace(LINE, basis=Decimal("17.5")), "0"),
        (replace(LINE, basis=Decimal(0)), "17.5"),
        (replace(LINE, basis=Decimal("17.499999")), "0.000001"),
        (replace(LINE, basis=Decimal("1E+9")), "-999999982.5"),
        # What no amount leads to exactly, or none that quitrent takes.
        (replace(LINE, basis=Decimal("17.4999999")), "-100 % 17.50"),
        (replace(LINE, basis=Decimal("1E+12")), "-100 % 17.50"),
    ],
)
def test_the_adjustment_leads_to_the_price_of_the_period_s_first_day(
    plugin: ContractPrice, line: Line, expected: str
) -> None:
    answer = plugin.quitrent_adjust_retail(line)
    said = [f"{one.amount}" if one.amount is not None else f"{one.percent} %" for one in answer]
    assert " ".join(said) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            LINE,
            [
                "Contract price of 17.50 USD, line 3 of the file, "
                "for periods that begin from 2026-01-01 up to 2026-07-01."
            ],
        ),
        (
            replace(LINE, currency="EUR"),
            ["Contract price of 15.00 EUR, line 4 of the file, for periods that begin from 2026-01-01 on."],
        ),
        (
            replace(LINE, basis=Decimal("0.0000001")),
            [
                "Contract price of 17.50 USD, line 3 of the file, in the place of the basis.",
                "Contract price of 17.50 USD, line 3 of the file, "
                "for periods that begin from 2026-01-01 up to 2026-07-01.",
            ],
        ),
    ],
)
def test_the_reason_names_the_row_s_line_and_days(plugin: ContractPrice, line: Line, expected: list[str]) -> None:
    answer = plugin.quitrent_adjust_retail(line)
    assert [one.reason for one in answer] == expected
    assert {one.code for one in answer} == {"contract"}


decimals = st.decimals(min_value=0, max_value=1_000_000_000, places=6)


@given(price=decimals, basis=st.one_of(decimals, st.decimals(min_value=0, max_value=10**12, places=14)))
def test_the_final_price_is_the_contract_s_to_the_last_decimal(price: Decimal, basis: Decimal) -> None:
    begins = date(2026, 1, 1)
    contract = Contract(2, LINE.customer.name, LINE.product.name, "USD", price, begins, None)
    line = replace(LINE, basis=basis)
    answer = adjustments_of(line, by_terms([contract]))
    assert answer
    assert final(line, answer) == Fraction(price)
    assert all(one.amount is None or abs(one.amount) <= 1_000_000_000 for one in answer)


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=8), day=st.integers(-5, 340), gap=st.integers(0, 3))
def test_the_row_is_what_reading_them_one_after_the_other_finds(lengths: list[int], day: int, gap: int) -> None:
    start, contracts = date(2026, 1, 1), []
    for place, length in enumerate(lengths):
        until = start + timedelta(days=length)
        name = LINE.customer.name
        contracts.append(Contract(place + 2, name, LINE.product.name, "USD", Decimal(place), start, until))
        start = until + timedelta(days=gap)
    asked = date(2026, 1, 1) + timedelta(days=day)
    line = replace(LINE, period_start=asked, basis=Decimal(0))
    answer = adjustments_of(line, by_terms(reversed(contracts)))
    expected = [one.price for one in contracts if one.until and one.begins <= asked < one.until]
    assert [one.amount for one in answer] == expected


def test_a_rounding_decimal_context_changes_nothing(plugin: ContractPrice) -> None:
    lines = [LINE, replace(LINE, basis=Decimal("123456.7890123456789"))]
    calm = [plugin.quitrent_adjust_retail(line) for line in lines]
    with localcontext() as context:
        context.prec, context.rounding = 1, ROUND_UP
        context.clear_traps()
        assert [plugin.quitrent_adjust_retail(line) for line in lines] == calm


def test_the_package_offers_itself_to_quitrent_and_sets_the_final_price() -> None:
    (entry,) = entry_points(group="quitrent", name="contract-price")
    assert entry.load() is ContractPrice
    assert (ContractPrice.settings_type, ContractPrice.sets_final_price) == (Settings, True)
