"""Plugins that fail, or lie, while they are made ready."""

from __future__ import annotations

import os
from collections.abc import Mapping

from quitrent.hooks import wire
from quitrent.hooks.errors import PluginError
from quitrent.hooks.framing import send
from tests.zoo.garbling import connection
from tests.zoo.keeper import Fair


class FailsWhenMade(Fair):
    def __init__(self, settings: Mapping[str, object]) -> None:
        raise RuntimeError("not today")


class EndsWhenMade(Fair):
    def __init__(self, settings: Mapping[str, object]) -> None:
        os._exit(3)


class SaysItIsAnother(Fair):
    """Tells the core that it is the healthy plugin, of another version."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        record = wire.PluginRecord("healthy", "9.9", "healthy", hooks=("quitrent_adjust_retail",))
        send(connection(), wire.encode(wire.Ready(record)))


class DeclaresNonsense(Fair):
    """Tells the core of hooks that there are not."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        send(connection(), wire.encode(wire.Ready(wire.PluginRecord("hostile", hooks=("quitrent_own_the_books",)))))


class DeclaresWithoutEnd(Fair):
    """Says more of itself than anyone wants to keep."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        send(connection(), wire.encode(wire.Broken("x" * 10_000_000)))


class SpeaksForAnother(Fair):
    """Refuses its settings in another's name."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        raise PluginError("plugin healthy: its author is not to be trusted")


class RefusesUnsayably(Fair):
    """Refuses its settings with a text that can be neither sent nor shown."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        raise ValueError("\ud800\0\x1b[2J" + "x" * 1_000_000)
