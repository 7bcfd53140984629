"""Plugins that answer with what they may not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import SystemRandom
from typing import Any

from quitrent import Adjustment, Line, hookimpl
from tests.zoo.keeper import FAIR, VICTIM, Fair


class EvilDecimal(Decimal):
    """A number that makes of others what it likes."""

    def __add__(self, other: Any) -> Decimal:
        return Decimal(-1_000_000)

    __radd__ = __mul__ = __rmul__ = __add__


def _percent(value: Any) -> type[Fair]:
    class Percent(Fair):
        def act(self, line: Line) -> object:
            return Adjustment("x", "y", percent=value)

    return Percent


NaN = _percent(Decimal("NaN"))
Infinite = _percent(Decimal("Infinity"))
Float = _percent(0.1)
Text = _percent("10")
Bool = _percent(True)
Evil = _percent(EvilDecimal(1))
Huge = _percent(Decimal(10) ** 30)
Minus500 = _percent(Decimal(-500))


class Euros(Fair):
    def act(self, line: Line) -> object:
        return Adjustment("x", "y", amount=Decimal(1), currency="EUR")


class Unsteady(Fair):
    """Says something else each time, and each time something that may be said."""

    def act(self, line: Line) -> object:
        return Adjustment("x", "y", percent=Decimal(SystemRandom().randrange(100)))


class Miscounts:
    """Answers many lines with one answer too few, where one of them is the victim's."""

    @hookimpl
    def quitrent_adjust_retail_batch(self, lines: Sequence[Line]) -> Any:
        is_victims = any(line.reseller.name == VICTIM for line in lines)
        return [FAIR] * (len(lines) - is_victims)


miscounts = Miscounts()
