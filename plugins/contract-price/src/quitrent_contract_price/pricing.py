"""From the prices of the file and a line to what leads to the line's price."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from quitrent import Adjustment, Line
from quitrent_contract_price.contract import Contract

# The most decimals, and the most units, that quitrent takes in an amount.
MICROS = 1_000_000
LARGEST_UNITS = 1_000_000_000

Contracts = Mapping[tuple[str, str, str], Sequence[Contract]]


def by_terms(contracts: Iterable[Contract]) -> Contracts:
    """Give the prices by customer, product and currency, each in the order of their days."""
    found: dict[tuple[str, str, str], list[Contract]] = defaultdict(list)
    for contract in sorted(contracts, key=lambda one: one.begins):
        found[contract.terms].append(contract)
    return dict(found)


def adjustments_of(line: Line, contracts: Contracts) -> list[Adjustment]:
    """Give what leads from the basis to the price that counts on the first day of the period; nothing without one."""
    contract = _contract_for(line, contracts)
    if contract is None:
        return []
    price = f"Contract price of {contract.price:f} {line.currency}, line {contract.line} of the file"
    reason = f"{price}, for periods that begin {contract.days}."
    way = (Fraction(contract.price) - Fraction(line.basis)) * MICROS
    if way.denominator == 1 and abs(way) <= LARGEST_UNITS * MICROS:
        return [_amount(line, reason, _units(way.numerator))]
    # A basis with more decimals than an amount may have: all of it is taken off, and the price put in its place.
    gone = Adjustment("contract", f"{price}, in the place of the basis.", percent=Decimal(-100))
    return [gone, _amount(line, reason, contract.price)]


def _contract_for(line: Line, contracts: Contracts) -> Contract | None:
    of_terms = contracts.get((line.customer.name, line.product.name, line.currency), ())
    place = bisect_right(of_terms, line.period_start, key=lambda one: one.begins)
    found = of_terms[place - 1] if place else None
    if found is None or (found.until is not None and found.until <= line.period_start):
        return None
    return found


def _amount(line: Line, reason: str, amount: Decimal) -> Adjustment:
    return Adjustment("contract", reason, amount=amount, currency=line.currency)


def _units(micros: int) -> Decimal:
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    # A Decimal made of a text is exact in every context.
    return Decimal(f"{sign}{whole}.{rest:06d}".rstrip("0").rstrip("."))
