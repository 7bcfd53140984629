"""Plugins that speak on the connection of their process."""

from __future__ import annotations

import os
import socket
import stat
import sys
from random import Random
from struct import pack
from threading import Timer
from time import sleep
from types import FrameType

from quitrent import Line
from quitrent.hooks import wire
from quitrent.hooks.framing import send
from tests.zoo.keeper import FAIR, VICTIM, Fair


def connection() -> socket.socket:
    """The connection to the core, found among all files."""
    for file in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(file).st_mode):
                return socket.socket(fileno=os.dup(file))
        except OSError:
            continue
    raise AssertionError("there is no connection")


def asked() -> wire.Asked:
    """The question, found where it is being answered."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        found = frame.f_locals.get("asked")
        if isinstance(found, wire.Asked):
            return found
        frame = frame.f_back
    raise AssertionError("nothing was asked")


def number() -> int:
    """The number of the question."""
    return asked().number


def _for_each_line(of_the_victims: wire.SaidOfPrice) -> list[wire.SaidOfPrice]:
    """This for the victim's lines, and what is fair for the others."""
    question = asked().what
    assert isinstance(question, wire.Adjust)
    return [of_the_victims if line.reseller.name == VICTIM else [FAIR] for line in question.about]


def _count(answer: bytes) -> bytes:
    return pack("!I", len(answer)) + answer


class WritesNoise(Fair):
    def act(self, line: Line) -> object:
        connection().sendall(Random(7).randbytes(10_000))
        return FAIR


class WritesNoiseLater(Fair):
    """Answers well, and spoils the connection for whoever comes next."""

    def act(self, line: Line) -> object:
        Timer(0.03, connection().sendall, (Random(7).randbytes(10_000),)).start()
        return FAIR


class WritesAHugeLength(Fair):
    def act(self, line: Line) -> object:
        connection().sendall(b"\xff\xff\xff\xff")
        return FAIR


class AnswersAnotherQuestion(Fair):
    def act(self, line: Line) -> object:
        send(connection(), wire.encode(wire.Prices(number() + 1, 0, [[FAIR]])))
        return FAIR


class AnswersTooOften(Fair):
    def act(self, line: Line) -> object:
        send(connection(), wire.encode(wire.Prices(number(), 0, [[]] * 7)))
        return FAIR


class AnswersWithReviews(Fair):
    def act(self, line: Line) -> object:
        send(connection(), wire.encode(wire.Reviews(number(), 0, [[], []])))
        return FAIR


class SaysHalf(Fair):
    def act(self, line: Line) -> object:
        answer = _count(wire.encode(wire.Prices(number(), 0, [[FAIR]])))
        connection().sendall(answer[: len(answer) // 2])
        sleep(1000)
        return FAIR


class Drips(Fair):
    """Writes a letter of a long answer now and then, so that it never stops to be heard of."""

    def act(self, line: Line) -> object:
        connection().sendall(b"\0\0\x70\0")
        while True:
            connection().sendall(b"x")
            sleep(0.02)


class _Forges(Fair):
    """Writes a reply by hand, which msgspec would not write."""

    said = b""

    def act(self, line: Line) -> object:
        connection().sendall(_count(b"\x94\xa6Prices" + bytes([number()]) + b"\x00" + self.said))
        return FAIR


class WritesNoText(_Forges):
    """A text that is not one in UTF-8."""

    said = b"\x92\xa2\xff\xfe\x90"


class NestsLists(_Forges):
    """Lists in lists, deeper than a reader may go."""

    def act(self, line: Line) -> object:
        connection().sendall(_count(b"\x95\xa6Prices" + bytes([number()]) + b"\x00\x90" + b"\x91" * 30_000 + b"\xc0"))
        return FAIR


class CountsWithoutEnd(_Forges):
    """As many empty answers as there is room for, each a byte here and a list there."""

    said = b"\xdd\x00\x00\xf0\x00" + b"\x90" * 0xF000


class SaysTheUnsayable(Fair):
    """Says of its failure what no table would keep, and no terminal should show."""

    def act(self, line: Line) -> object:
        said = _for_each_line("said\0\n\x1b[31m" + "x" * 20_000)
        send(connection(), wire.encode(wire.Prices(number(), 0, said)))
        return FAIR


class ClaimsToBeHuge(Fair):
    """Says that its process weighs more than there is."""

    def act(self, line: Line) -> object:
        send(connection(), wire.encode(wire.Prices(number(), 2**63, _for_each_line([FAIR]))))
        return FAIR


class Closes(Fair):
    def act(self, line: Line) -> object:
        connection().shutdown(socket.SHUT_RDWR)
        return FAIR
