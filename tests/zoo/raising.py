"""Plugins that raise what a program may end by."""

from __future__ import annotations

from quitrent import Line
from tests.zoo.keeper import Fair


class RaisesException(Fair):
    def act(self, line: Line) -> object:
        raise Exception("no")


class RaisesBaseException(Fair):
    def act(self, line: Line) -> object:
        raise BaseException("no")


class RaisesSystemExit(Fair):
    def act(self, line: Line) -> object:
        raise SystemExit(1)


class RaisesStopIteration(Fair):
    def act(self, line: Line) -> object:
        raise StopIteration


class RaisesKeyboardInterrupt(Fair):
    def act(self, line: Line) -> object:
        raise KeyboardInterrupt


class Recurses(Fair):
    def act(self, line: Line) -> object:
        return self.act(line)
