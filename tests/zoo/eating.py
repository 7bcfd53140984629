"""Plugins that use up what there is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from time import sleep

from quitrent import Line
from tests.zoo.keeper import FAIR, Fair


class TakesFourGiB(Fair):
    def act(self, line: Line) -> object:
        return bytearray(4 * 1024**3)


class Leaks(Fair):
    """Forgets nothing."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._kept: list[bytes] = []

    def act(self, line: Line) -> object:
        self._kept.append(b"x" * 1024 * 1024)
        return FAIR


class Grows(Leaks):
    """Takes more than it may have with one line."""

    def act(self, line: Line) -> object:
        self._kept.append(b"x" * 150 * 1024 * 1024)
        return FAIR


class TakesAllFiles(Fair):
    def act(self, line: Line) -> object:
        while True:
            os.open(os.devnull, os.O_RDONLY)


class TakesAllThreads(Fair):
    def act(self, line: Line) -> object:
        while True:
            Thread(target=sleep, args=(1000,), daemon=True).start()


class ClosesAllFiles(Fair):
    def act(self, line: Line) -> object:
        os.closerange(0, 256)
        return FAIR


class NestsFolders(Fair):
    """Leaves folders in folders, too deep for what would remove them."""

    def act(self, line: Line) -> object:
        for _ in range(1500):
            Path("in").mkdir()
            os.chdir("in")
        return FAIR
