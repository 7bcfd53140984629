"""The lines that plugins are tried with hold what plugins stumble over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from quitrent import Line
from quitrent.domain.currencies import MINOR_UNIT_DIGITS
from quitrent.testing.line_maker import lines, names_in

LINES = lines(60)


def days(line: Line) -> int:
    return (line.period_end - line.period_start) // timedelta(1)


def decimals(line: Line) -> int:
    exponent = line.basis.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


# What is among sixty lines | whether a line is it
KINDS: dict[str, Callable[[Line], bool]] = {
    "no decimals": lambda line: MINOR_UNIT_DIGITS[line.currency] == 0,
    "two decimals": lambda line: MINOR_UNIT_DIGITS[line.currency] == 2,
    "three decimals": lambda line: MINOR_UNIT_DIGITS[line.currency] == 3,
    "a basis of zero": lambda line: line.basis == 0,
    "a basis that is no amount of money": lambda line: decimals(line) > 6,
    "a basis below the own cost": lambda line: line.own_cost is not None and line.basis < line.own_cost,
    "no own cost": lambda line: line.own_cost is None,
    "charged before": lambda line: line.charged_before is not None,
    "not charged before, though not the first": lambda line: line.charged_before is None and line.period_index > 0,
    "a short first period": lambda line: line.period_index == 0 and days(line) < 28,
    "a leap day": lambda line: (line.period_start.month, line.period_start.day) == (2, 29),
    "five years": lambda line: days(line) > 1800,
    "a quote": lambda line: not line.subscription,
    "labels": lambda line: len(line.customer.labels) > 1,
    "no labels": lambda line: not line.customer.labels,
    "a label without a value": lambda line: "" in line.account.labels.values(),
    "one account": lambda line: line.account_count == 1,
    "many accounts": lambda line: (line.account_count or 0) > 1000,
    "a product of a reseller's": lambda line: line.product.name.startswith("resellers/"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_lines_of_a_kind_are_among_them_and_others_are(kind: str) -> None:
    found = [KINDS[kind](line) for line in LINES]
    assert any(found)
    assert not all(found)


def test_there_are_several_of_everyone() -> None:
    for names in ("reseller", "customer", "account", "product"):
        assert len({getattr(line, names).name for line in LINES}) > 3


def test_periods_and_names_hang_together() -> None:
    for line in LINES:
        assert line.subscription_start <= line.period_start < line.period_end
        assert line.customer.name.startswith(f"{line.reseller.name}/customers/")
        assert line.account.name.startswith(f"{line.customer.name}/accounts/")
        assert line.subscription.startswith(f"{line.account.name}/") or not line.subscription
        assert line.charged_before is None or line.period_index > 0


def test_a_seed_makes_the_same_lines_and_another_others() -> None:
    assert lines(60) == LINES
    assert lines(60, seed=1) != LINES


def test_names_that_are_given_are_among_them() -> None:
    settings: dict[str, object] = {
        "resellers": {"resellers/z": "1"},
        "campaigns": [{"product": "products/z"}],
        "labels": {"z=1": "2"},
    }
    settings["customer"] = "resellers/y/customers/y"
    made = lines(60, names=names_in(settings))
    assert {line.reseller.name for line in made} > {"resellers/z"}
    assert {line.product.name for line in made} > {"products/z"}
    [of_y] = {(line.reseller.name, line.customer.name) for line in made if line.customer.name.endswith("/y")}
    assert of_y == ("resellers/y", "resellers/y/customers/y")
    assert any(line.customer.labels.get("z") == "1" for line in made)
