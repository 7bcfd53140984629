"""Plugins that are right each by itself, and plugins with settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from quitrent import Adjustment, Line, hookimpl
from tests.zoo.keeper import Fair


class More(Fair):
    def act(self, line: Line) -> object:
        return Adjustment("more", "a third more", percent=Decimal("33.333333"))


class Less(Fair):
    def act(self, line: Line) -> object:
        return Adjustment("less", "a bit less", amount=Decimal("-7.777777"), currency=line.currency)


class Final(Fair):
    sets_final_price = True


@dataclass(frozen=True)
class Settings:
    percent: Decimal


class Configured:
    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        self._percent = settings.percent

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        return Adjustment("configured", "as configured", percent=self._percent)


class DeclaresOtherwiseLater(Fair):
    """Sets the final price from its second start on."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        from pathlib import Path

        mark = Path(str(settings["mark"]))
        self.sets_final_price = mark.exists()
        mark.touch()

    def act(self, line: Line) -> object:
        import os

        os._exit(7)
