"""What the tests of plugins in hosts share: a prepared database, and the zoo that opens houses in copies of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import House
from tests.zoo.houses import Zoo


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database in which two resellers have the product gold since February."""
    house = House(tmp_path_factory.mktemp("prepared"))
    house.make_product(wholesale={"first_part": "PART_CHARGE_WHOLE"})
    for reseller in ("victim", "bystander"):
        house.assign(house.make_account(reseller), start="2026-02-11")
    house.close()
    return house.folder


@pytest.fixture(scope="module")
def zoo(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    with pytest.MonkeyPatch.context() as patch:
        yield Zoo(prepared, tmp_path_factory, patch)
