"""Plugins that take their time."""

from __future__ import annotations

import ctypes
import signal
from time import sleep

from quitrent import Line
from tests.zoo.keeper import FAIR, Fair


class InPython(Fair):
    def act(self, line: Line) -> object:
        while True:
            pass


class InC(Fair):
    def act(self, line: Line) -> object:
        ctypes.CDLL(None).sleep(1000)
        return FAIR


class InCForEveryThread(Fair):
    """Holds the lock of the interpreter, and does not care for signals."""

    def act(self, line: Line) -> object:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            ctypes.PyDLL(None).sleep(1000)


class Slow(Fair):
    def act(self, line: Line) -> object:
        sleep(0.05)
        return FAIR
