"""A plugin that does not want to end."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from threading import Thread
from time import sleep

from quitrent import Line
from tests.zoo.keeper import FAIR, Fair


def _never() -> None:
    while True:
        sleep(1)


class ClingsOn(Fair):
    def __init__(self, settings: Mapping[str, object]) -> None:
        atexit.register(_never)

    def act(self, line: Line) -> object:
        Thread(target=_never, daemon=False).start()
        return FAIR

    def __del__(self) -> None:
        _never()
