"""What a plugin can make that is hard to refuse: exceptions that cannot be told, numbers that fill the memory."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from subprocess import run
from sys import executable

import pytest

from quitrent import BillingRun, Line, Named, hookimpl
from quitrent.domain.errors import FailedPrecondition
from quitrent.hooks.manager import Plugins
from tests.harness import GOLD
from tests.hooks.hostile import EvilError, nameless

ACCOUNT = "resellers/victim/customers/c1/accounts/a1"
LINE = Line(
    reseller=Named("resellers/victim"),
    customer=Named("resellers/victim/customers/c1"),
    account=Named(ACCOUNT),
    product=Named(GOLD),
    subscription=f"{ACCOUNT}/subscriptions/s1",
    subscription_start=date(2026, 1, 1),
    period_start=date(2026, 1, 1),
    period_end=date(2026, 2, 1),
    period_index=0,
    currency="USD",
    recommended=Decimal(20),
    basis=Decimal(20),
    own_cost=None,
)


class Untellable:
    """Raises the same whatever it is asked or told."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        raise self.error

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        raise self.error


UNTELLABLE = {
    "cannot be told": EvilError(),
    "has no name": nameless(Exception),
    "has no name at all": nameless(Exception, "__qualname__"),
    "has no module": nameless(Exception, "__module__"),
    "has no name and is none": nameless(BaseException, "__qualname__"),
}


@pytest.mark.parametrize("error", UNTELLABLE.values(), ids=UNTELLABLE)
def test_an_exception_that_not_even_a_log_can_tell_is_the_plugins_failure(error: BaseException) -> None:
    # Without a server: pytest itself could not tell of the exception that ended its thread.
    plugins = Plugins()
    plugins.register("hostile", Untellable(error))
    went_through = False
    with suppress(BaseException):
        [failure] = plugins.adjust([LINE])
        assert isinstance(failure, FailedPrecondition)
        plugins.run_finished("hostile", BillingRun(date(2026, 1, 31)))
        went_through = True
    assert went_through


@pytest.mark.parametrize("number", ["1E-999999999999", "1." + "0" * 5_000_000], ids=["tiny", "long"])
def test_a_number_that_would_fill_the_memory_is_refused_at_once(number: str) -> None:
    # In a process of its own: where it is not refused, nothing else could go on.
    script = """
import sys
from decimal import Decimal
from quitrent.domain.proposal import Adjustment, checked_adjustment
number = sys.stdin.read()
try:
    checked_adjustment(Adjustment("x", "y", percent=Decimal(number)), "USD")
except ValueError as error:
    print(str(error)[-18:])
"""
    told = run([executable, "-c", script], input=number, capture_output=True, text=True, timeout=10, check=True)
    assert told.stdout == "at most 6 decimals\n"
