"""Plugins that change what they were given and what they gave."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread
from typing import Any

from quitrent import Adjustment, Line
from tests.zoo.keeper import FAIR, Fair


def _change(line: Line) -> None:
    for named in (line.reseller, line.customer, line.account, line.product):
        labels: Any = named.labels
        labels["changed"] = "yes"
        object.__setattr__(named, "name", "resellers/nobody")
    for name, value in (("basis", Decimal(0)), ("currency", "EUR"), ("subscription", "x")):
        object.__setattr__(line, name, value)


class ChangesItsLine(Fair):
    def act(self, line: Line) -> object:
        _change(line)
        return FAIR


class ChangesItLater(Fair):
    """Goes on changing both from a thread."""

    def act(self, line: Line) -> object:
        answer = [Adjustment("fair", "a tenth more", percent=Decimal(10))]
        Thread(target=self._change, args=(line, answer), daemon=True).start()
        return answer

    def _change(self, line: Line, answer: list[Adjustment]) -> None:
        # As if it had come from the core: later than the answer was read.
        from time import sleep

        sleep(0.05)
        _change(line)
        object.__setattr__(answer[0], "percent", Decimal(-50))
        answer.append(answer[0])
