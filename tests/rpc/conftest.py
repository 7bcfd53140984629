"""What the tests of RPCs share: filled worlds, and a shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rpc.shop import make_shop
from tests.rpc.world import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server on which the resellers a and b have one of everything, for calls that hardly change anything."""
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same for a module that uses things up."""
    made = make_world(tmp_path_factory.mktemp("own-world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with the resellers r and other, and a few plans."""
    made = make_shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.close()
