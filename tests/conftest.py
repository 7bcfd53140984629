"""What tests share: a house, which is a running server, and one with the product gold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import House

WHOLE = {"first_part": "PART_CHARGE_WHOLE", "last_part": "PART_CHARGE_WHOLE"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server with an empty database."""
    opened = House(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def gold(house: House) -> House:
    """A server with the product gold: fee 10.00, recommended 20.00, a month in advance, suspended days credited."""
    house.make_product(wholesale=WHOLE, retail={**WHOLE, "suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    return house
