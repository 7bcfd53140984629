"""Plugins that end their process, or those around it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
from threading import Timer
from time import sleep

from quitrent import Line
from tests.zoo.keeper import FAIR, Fair


class Exits(Fair):
    def act(self, line: Line) -> object:
        os._exit(7)


class ExitsLater(Fair):
    """Answers well, and takes the process away from whoever comes next."""

    def act(self, line: Line) -> object:
        Timer(0.03, os._exit, (7,)).start()
        return FAIR


class Crashes(Fair):
    def act(self, line: Line) -> object:
        return ctypes.string_at(0)


class EndsItsGroup(Fair):
    def act(self, line: Line) -> object:
        os.killpg(os.getpgrp(), signal.SIGKILL)
        return FAIR


class EndsItsParent(Fair):
    def act(self, line: Line) -> object:
        os.kill(os.getppid(), signal.SIGKILL)
        sleep(1000)
        return FAIR


class LeavesItsGuard(Fair):
    """Does not want to end with its guard, and then has it end."""

    def act(self, line: Line) -> object:
        ctypes.CDLL(None).prctl(1, 0)
        os.kill(os.getppid(), signal.SIGKILL)
        while True:
            sleep(1000)


class StopsItsParent(Fair):
    """Has its guard stand still, and then itself."""

    def act(self, line: Line) -> object:
        for process in (os.getppid(), os.getpid()):
            os.kill(process, signal.SIGSTOP)
        return FAIR


class RemovesItsFolder(Fair):
    """Leaves the next process no folder to begin in."""

    def act(self, line: Line) -> object:
        shutil.rmtree(os.getcwd())  # noqa: PTH109
        os._exit(7)


class Forks(Fair):
    """Goes on as two, which both answer."""

    def act(self, line: Line) -> object:
        os.fork()
        return FAIR


class LeavesChildren(Fair):
    """Leaves children in sessions of their own, whose parents are gone."""

    def act(self, line: Line) -> object:
        child = os.fork()
        if not child:
            os.setsid()
            for _ in range(5):
                os.fork()
            sleep(1000)
        return FAIR


class LeavesItsSession(Fair):
    def act(self, line: Line) -> object:
        try:
            os.setsid()
        except PermissionError:
            return FAIR
        return None
