"""A port that several server processes share."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from errno import EADDRNOTAVAIL, EAFNOSUPPORT

from quitrent.settings import Settings, SettingsError

# What a machine without IPv6 says of `::1`, which `localhost` may stand for all the same.
_NOT_HERE = (EADDRNOTAVAIL, EAFNOSUPPORT)


@contextmanager
def reserved(settings: Settings) -> Iterator[Settings]:
    """Hold the port of `listen` for processes that bind it with SO_REUSEPORT, and give the settings with its number.

    Nothing listens here. While the port is held it is nobody else's, also when no process listens. Port 0 becomes
    one that is free.
    Errors: SettingsError where another server has it.
    """
    if sys.platform != "linux":
        raise SettingsError("processes: a port is shared between several on Linux alone; leave it at 1 here")
    host, port = settings.host_and_port()
    with ExitStack() as held:
        try:
            holders = _holders(host.strip("[]"), port, held)
        # A number that no port has is an OverflowError.
        except (OSError, OverflowError) as error:
            raise settings.port_taken() from error
        yield replace(settings, listen=f"{host}:{holders[0].getsockname()[1]}")


def _holders(host: str, port: int, held: ExitStack) -> list[socket.socket]:
    """Give a socket for each address that a host has here. Errors: OSError, OverflowError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    holders: list[socket.socket] = []
    away: OSError | None = None
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        try:
            holder = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
            _hold(holder, (address[0], port, *address[2:]))
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            away = error
        else:
            holders.append(holder)
            # What is free on one address need not be so on the next: to choose, one is enough.
            if not port:
                break
    if away and not holders:
        raise away
    return holders


def _hold(holder: socket.socket, address: tuple[object, ...]) -> None:
    # Bound as one that does not share, so that it finds out about others that do; connections that an
    # earlier server has ended do not count. From here on it shares, and so has no one in who does not.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(address)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
