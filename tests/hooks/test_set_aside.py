"""A plugin that fails too often in a row is set aside, everywhere and until someone puts it back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from subprocess import run
from sys import executable
from time import monotonic, sleep
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from quitrent.domain.errors import Reason, Unavailable
from quitrent.hooks import standing
from quitrent.hooks.discovery import hosted
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.standing import Standing
from tests.harness import House, Refusal, day
from tests.zoo.houses import HEALTHY, SUBSCRIPTIONS, THROUGH, Zoo, condition, source

HANGING = (source("hostile", "hanging:InPython"), Hosting(time_limit_ms=500, failures_in_a_row=2))
CAUSE = "failed 2 times in a row, at last it took longer than 500 ms"


def refusal(house: House, place: int) -> Refusal:
    return house.admin.refusal("QuotePrice", subscription=SUBSCRIPTIONS[place], date=day("2026-03-01"))


def health(house: House) -> str:
    with grpc.insecure_channel(house.address) as channel:
        reply = HealthStub(channel).Check(HealthCheckRequest(service="quitrent.plugins.hostile"))
    return str(HealthCheckResponse.ServingStatus.Name(reply.status))


def put_back_within_seconds(house: House) -> bool:
    """Whether the bystander is quoted a price before long."""
    until = monotonic() + 10
    while monotonic() < until:
        try:
            house.admin.QuotePrice(subscription=SUBSCRIPTIONS[1], date=day("2026-03-01"))
        except grpc.RpcError:
            sleep(0.1)
        else:
            return condition(house, "hostile") == ("IN_USE", "")
    return False


def set_aside(house: House) -> None:
    assert [refusal(house, 0).reason for _ in range(2)] == ["PLUGIN_FAILED"] * 2
    assert refusal(house, 1).reason == "PLUGIN_SET_ASIDE"


def resumed_by_the_server(house: House) -> None:
    house.admin.ResumePlugin(name="plugins/hostile")


def resumed_by_another_process(house: House) -> None:
    """The command line knows a plugin by its package, which is installed in a folder here."""
    package = house.folder / "zoo-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[quitrent]\nhostile = tests.zoo.hanging:InPython\n")
    command = [executable, "-c", "from quitrent.cli import main; main()", "--database-url", house.settings.database_url]
    told = run(
        [*command, "plugins", "resume", "hostile"],
        env={**os.environ, "PYTHONPATH": str(house.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.stdout == "plugin hostile is put back\n", told.stderr


RESUMED = {"the server": resumed_by_the_server, "another process": resumed_by_another_process}


@pytest.mark.parametrize("resumed", RESUMED.values(), ids=RESUMED)
def test_a_plugin_that_hangs_is_set_aside_until_it_is_put_back_by(zoo: Zoo, resumed: Callable[[House], None]) -> None:
    with zoo.house(HANGING, HEALTHY) as house:
        assert health(house) == "SERVING"
        set_aside(house)
        assert condition(house, "hostile") == ("SET_ASIDE", f"it {CAUSE}")
        assert health(house) == "NOT_SERVING"
        house.use_plugins(hosted([HANGING, HEALTHY]))
        assert refusal(house, 1).reason == "PLUGIN_SET_ASIDE"
        assert house.bill(THROUGH).parked_count == 4
        parked = house.admin.ListParkedCharges().parked_charges
        assert {(one.plugin, one.cause) for one in parked} == {
            ("hostile", f"plugin hostile is set aside: it {CAUSE}"),
        }
        resumed(house)
        assert put_back_within_seconds(house)
        assert health(house) == "SERVING"


class Kept:
    """Where it is kept who is set aside, by several processes, and out of reach at times."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.is_out_of_reach = False

    def causes(self) -> Mapping[str, str]:
        if self.is_out_of_reach:
            raise Unavailable(Reason.DATABASE_UNAVAILABLE, "not now")
        return self.found

    def add(self, plugin: str, cause: str) -> None:
        self.found[plugin] = cause


def test_what_one_process_sets_aside_is_set_aside_in_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LOOK_AGAIN_SECONDS", 0)
    kept: Any = Kept()
    here, there = Standing("a", 1), Standing("a", 1)
    for one in (here, there):
        one.keep_in(kept)
    here.failed("fell")
    assert there.cause == here.cause == "failed 1 times in a row, at last it fell"
    # Who has been asked is waited for, whatever becomes of the database: it stays as it was.
    kept.is_out_of_reach = True
    assert there.cause == here.cause
    kept.is_out_of_reach = False
    kept.found.clear()
    assert (there.cause, here.cause) == ("", "")
