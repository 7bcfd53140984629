"""Messages on a socket: four bytes of length, and so many bytes."""

from __future__ import annotations

import socket
from struct import Struct
from time import monotonic_ns

_LENGTH = Struct("!I")
SECOND_NS = 1_000_000_000

# 500 lines with twenty of the longest adjustments each are half of it.
LARGEST_BYTES = 64 * 1024 * 1024


# As much as a batch of 500 lines, so that it is handed over in one piece.
_BUFFER_BYTES = 512 * 1024

# What is less is copied behind its length: one write, and one wake of whoever waits.
_SMALL_BYTES = 16 * 1024


class ClosedError(Exception):
    """The other side is gone."""


class GarbageError(Exception):
    """What the other side wrote is no message."""


def widen(connection: socket.socket) -> None:
    """Have a connection hold a whole batch, as far as the system lets it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)


def send(connection: socket.socket, message: bytes) -> None:
    """Write a message. Errors: ClosedError, TimeoutError."""
    try:
        head = _LENGTH.pack(len(message))
        if len(message) < _SMALL_BYTES:
            connection.sendall(head + message)
        else:
            connection.sendall(head)
            connection.sendall(message)
    except TimeoutError:
        raise
    except OSError as error:
        raise ClosedError from error


def receive(connection: socket.socket, until_ns: int | None = None, largest: int = LARGEST_BYTES) -> bytearray:
    """Read a message.

    until_ns: an instant of `time.monotonic_ns`, or None to wait for ever. largest: the most bytes that it may have.
    Errors: ClosedError, TimeoutError, GarbageError.
    """
    [length] = _LENGTH.unpack(_bytes(connection, _LENGTH.size, until_ns))
    if length > largest:
        raise GarbageError
    return _bytes(connection, length, until_ns)


def _bytes(connection: socket.socket, count: int, until_ns: int | None) -> bytearray:
    found = bytearray(count)
    missing = memoryview(found)
    while missing:
        if until_ns is not None:
            left_ns = until_ns - monotonic_ns()
            if left_ns <= 0:
                raise TimeoutError
            connection.settimeout(left_ns / SECOND_NS)
        try:
            received = connection.recv_into(missing)
        except TimeoutError:
            raise
        except OSError as error:
            raise ClosedError from error
        if not received:
            raise ClosedError
        missing = missing[received:]
    return found
