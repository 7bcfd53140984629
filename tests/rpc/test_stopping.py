"""A server that stops: who is calling gets an answer, or UNAVAILABLE, and nobody anything else."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from quitrent import stopping
from quitrent.services.runs import ask_for_run
from tests.harness import TODAY, Caller, House, wait_for

GRACE_SECONDS = 1
CALLERS = 12


def test_who_calls_on_and_on_is_answered_until_the_server_is_unavailable(tmp_path: Path) -> None:
    house = House(tmp_path)
    answered: Counter[int] = Counter()

    def call_on(number: int) -> str:
        # A connection of its own: what callers in one process share is left out.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(house.address, options=options) as channel:
            caller = Caller(channel, house.admin.key)
            while True:
                try:
                    caller.ListPlans()
                except grpc.RpcError as error:
                    return str(error.code().name)
                answered[number] += 1

    with ThreadPoolExecutor(CALLERS) as callers:
        ends = [callers.submit(call_on, number) for number in range(CALLERS)]
        wait_for(lambda: len(answered) == CALLERS and min(answered.values()) > 5)
        house.server.stop()
        assert Counter(end.result() for end in ends) == {"UNAVAILABLE": CALLERS}


def test_a_call_that_outlasts_the_grace_is_told_that_the_server_is_unavailable(tmp_path: Path) -> None:
    house = House(tmp_path)
    watching = watched_run(house)
    began = monotonic()
    house.server.stop(GRACE_SECONDS)
    with pytest.raises(grpc.RpcError) as cut:
        list(watching)
    assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
    assert GRACE_SECONDS <= monotonic() - began < GRACE_SECONDS + 5


def test_who_watches_the_health_hears_of_the_stop_while_calls_in_flight_come_to_their_end(tmp_path: Path) -> None:
    house = House(tmp_path)
    watching = watched_run(house)
    began = monotonic()
    with grpc.insecure_channel(house.address) as channel, ThreadPoolExecutor(1) as other:
        health = HealthStub(channel).Watch(HealthCheckRequest())
        assert next(health).status == HealthCheckResponse.SERVING
        stopped = other.submit(house.server.stop)
        assert next(health).status == HealthCheckResponse.NOT_SERVING
        health.cancel()
        assert not stopped.done()
        house.server._biller.wake()
        last = list(watching)[-1].billing_run
        stopped.result()
    assert last.State.Name(last.state) == "STATE_SUCCEEDED"
    assert monotonic() - began < stopping.GRACE_SECONDS


def watched_run(house: House) -> Any:
    """Watch a run that does not end, since nobody has woken the biller."""
    with house.deployment.store.write():
        run = ask_for_run(house.deployment, TODAY)
    watching = house.admin.WatchBillingRun(name=run.name)
    assert next(watching).billing_run.name == run.name
    return watching
