"""Plugins that reach for what is the core's."""

from __future__ import annotations

import decimal
import gc
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pluggy

from quitrent import Adjustment, Line
from tests.zoo.keeper import FAIR, Fair


class WritesIntoTheStore(Fair):
    """Opens the database at its usual address, and empties it."""

    def act(self, line: Line) -> object:
        from quitrent.store import tables
        from quitrent.store.database import open_store

        store = open_store("sqlite:///quitrent.db")
        with store.write():
            for table in (tables.ChargeRow, tables.ParkedChargeRow, tables.BillingRunRow):
                table.delete().execute()
        return FAIR


class PatchesMoney(Fair):
    """Has everything be as it likes, here."""

    def act(self, line: Line) -> object:
        from quitrent.domain import money, price, proposal
        from quitrent.hooks import answers, plugin

        def nothing(*_: Any, **__: Any) -> Any:
            return Decimal(0)

        def believed(answer: Any, *_: Any, **__: Any) -> Any:
            return answer

        for module in (money, price):
            for name, found in list(vars(module).items()):
                if callable(found) and not isinstance(found, type):
                    setattr(module, name, nothing)
        for module in (proposal, answers):
            vars(module)["checked_adjustment"] = believed
        vars(plugin)["checked_adjustments"] = lambda answer, *_: [answer]
        decimal.getcontext().prec = 1
        return Adjustment("x", "y", percent=Decimal("-1000000"))


def _spoil(*_: Any) -> None:
    raise AssertionError("whoever is called")


class TakesOthersOut(Fair):
    """Looks for the managers of plugins, to unregister and to wrap whom it finds."""

    def act(self, line: Line) -> object:
        for found in gc.get_objects():
            if isinstance(found, pluggy.PluginManager):
                for plugin in found.get_plugins():
                    found.unregister(plugin)
                found.add_hookcall_monitoring(_spoil, _spoil)
        return FAIR


class LooksForSecrets(Fair):
    """Raises where it finds something of the server's, in its own surroundings or in those that it came from."""

    def act(self, line: Line) -> object:
        parent = Path(f"/proc/{os.getppid()}/environ")
        for text in (repr(os.environ), *(path.read_text() for path in (Path("/proc/self/environ"), parent))):
            if "QUITRENT" in text or "hush" in text:
                raise AssertionError("found it")
        return FAIR


class Prints(Fair):
    """Says more than anyone can read."""

    def act(self, line: Line) -> object:
        for file in (1, 2):
            for _ in range(100):
                os.write(file, b"x" * 1023 * 1024 + b"\n" * 1024)
        return FAIR


class ChangesItsSurroundings(Fair):
    def act(self, line: Line) -> object:
        import locale
        import resource
        import signal
        import sys
        import time

        context = decimal.getcontext()
        context.prec, context.rounding = 1, decimal.ROUND_DOWN
        context.traps = dict.fromkeys(context.traps, True)
        locale.setlocale(locale.LC_ALL, "C")
        os.environ["TZ"] = "Pacific/Kiritimati"
        time.tzset()
        os.chdir("/")
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                continue
        vars(sys).update(stdout=None, stderr=None)
        os.umask(0o777)
        for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):
            resource.setrlimit(limit, (resource.getrlimit(limit)[0], resource.getrlimit(limit)[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        return FAIR
