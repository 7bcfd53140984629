"""What tests share: a house, which is a running server, and one with the product gold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.harness import House

# What the suite tries is the same each time. Where it fails, `--hypothesis-profile=shrink` makes the
# example small, which takes minutes; `--hypothesis-profile=long` searches on, elsewhere each time.
_SUITE = settings(max_examples=7, deadline=None, derandomize=True, database=None)
settings.register_profile("suite", _SUITE, phases=[Phase.explicit, Phase.generate])
settings.register_profile("shrink", _SUITE)
settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("suite")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have one worker more than there are cores: many tests wait for a process, or for one that hangs."""
    return (os.cpu_count() or 1) + 1


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
