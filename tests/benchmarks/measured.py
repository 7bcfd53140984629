"""Measuring: two or more ways of doing something, in turns, so that a noisy minute falls on all of them."""

from __future__ import annotations

import gc
import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from time import perf_counter_ns

Ways = Mapping[str, Callable[[], object]]


def in_turns(ways: Ways, rounds: int) -> dict[str, list[int]]:
    """Give how many nanoseconds each way took in each round, after one round that does not count."""
    took: dict[str, list[int]] = {name: [] for name in ways}
    for round_number in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            gc.disable()
            begin = perf_counter_ns()
            way()
            end = perf_counter_ns()
            gc.enable()
            if round_number:
                took[name].append(end - begin)
    return took


def middle_us(took: list[int], of: int) -> float:
    """Give the median of some times, in microseconds for each of so many things done at a time."""
    return median(took) / of / 1_000


def machine() -> dict[str, str]:
    """Give what the figures were measured on, and when."""
    packages = ("grpcio", "msgspec", "peewee", "protobuf", "quitrent")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
