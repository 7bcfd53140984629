"""A plugin's table becomes the dataclass that it declares, or is refused with every key that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from tomllib import loads
from typing import Any, Literal

import pytest

from quitrent.hooks.declared_settings import SettingsRefusedError, settings_of


@dataclass(frozen=True)
class Campaign:
    floor: Decimal
    from_: date | None = None
    mode: Literal["soft", "hard"] = "soft"

    def __post_init__(self) -> None:
        if self.floor < 0:
            raise ValueError(f"floor is {self.floor}; it takes zero or more")


@dataclass(frozen=True)
class Settings:
    percent: Decimal = Decimal(0)
    count: int = 0
    is_on: bool = False
    note: str = ""
    file: Path | None = None
    names: tuple[str, ...] = ()
    labels: Mapping[str, Decimal] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    tiers: tuple[Campaign, ...] = ()


FOLDER = Path("/etc/quitrent")


def read(toml: str) -> Settings:
    return settings_of(loads(toml, parse_float=Decimal), Settings, FOLDER)


# The table | the settings
RIGHT: list[tuple[str, Settings]] = [
    ("", Settings()),
    ('percent = "2.50"', Settings(percent=Decimal("2.50"))),
    ("percent = 0.1", Settings(percent=Decimal("0.1"))),
    ("percent = -7", Settings(percent=Decimal(-7))),
    ("count = 3\nis_on = true", Settings(count=3, is_on=True)),
    # A word of Python's and one letter more is a name like any other.
    ('note = "x"', Settings(note="x")),
    ('file = "prices.csv"', Settings(file=FOLDER / "prices.csv")),
    ('file = "/srv/prices.csv"', Settings(file=Path("/srv/prices.csv"))),
    ('names = ["a", "b"]', Settings(names=("a", "b"))),
    ('[labels]\n"tier=gold" = "1"', Settings(labels={"tier=gold": Decimal(1)})),
    (
        '[campaigns.launch]\nfloor = "1"\nfrom = 2026-07-01\nmode = "hard"',
        Settings(campaigns={"launch": Campaign(Decimal(1), date(2026, 7, 1), "hard")}),
    ),
    ('tiers = [{floor = 1, from = "2026-07-01"}]', Settings(tiers=(Campaign(Decimal(1), date(2026, 7, 1)),))),
]


@pytest.mark.parametrize(("toml", "settings"), RIGHT)
def test_a_table_becomes_what_the_plugin_declares(toml: str, settings: Settings) -> None:
    assert read(toml) == settings


NUMBER = '; it takes a number with at most 6 decimals, like "10" or "-2.5"'
KEYS = "campaigns, count, file, is_on, labels, names, note, percent, tiers"
# The table | what is said of it
WRONG: list[tuple[str, str]] = [
    ('percnt = "1"', f"the table has no setting percnt; there are {KEYS}"),
    ('percent = "ten"', f"percent is 'ten'{NUMBER}"),
    ("percent = 1e3", f"percent is 1E+3{NUMBER}"),
    ("percent = nan", f"percent is NaN{NUMBER}"),
    ("percent = true", f"percent is True{NUMBER}"),
    ('percent = "0.1234567"', f"percent is '0.1234567'{NUMBER}"),
    ('count = "3"', "count is '3'; it takes a whole number, like 3"),
    ("count = true", "count is True; it takes a whole number, like 3"),
    ("is_on = 1", "is_on is 1; it takes true or false"),
    ("file = 7", 'file is 7; it takes a path, like "prices.csv"'),
    ('names = "ab"', "names is 'ab'; it takes a list, like [\"a\", \"b\"]"),
    ('names = ["a", 7]', 'names[1] is 7; it takes a text, like "gold"'),
    ("labels = 7", "labels takes a table"),
    ('[labels]\na = "x"', f"labels.a is 'x'{NUMBER}"),
    ("campaigns.launch = 7", "campaigns.launch is 7; it takes a table"),
    ("[campaigns.launch]", "campaigns.launch.floor is missing"),
    ('[campaigns.launch]\nfloor = "-1"', "campaigns.launch is refused: floor is -1; it takes zero or more"),
    ('[campaigns.launch]\nfloor = "1"\nfrm = 1', "campaigns.launch has no setting frm; there are floor, from, mode"),
    ('[campaigns.launch]\nfloor = "1"\nmode = "soft!"',
     "campaigns.launch.mode is 'soft!'; it takes one of 'soft', 'hard'"),
    ('tiers = [{floor = 1, from = "2026-02-30"}]',
     "tiers[0].from is '2026-02-30', which is no day of the calendar: day is out of range for month"),
    ("tiers = [{floor = 1, from = 2026-02-01T00:00:00Z}]",
     "tiers[0].from is 2026-02-01 00:00:00+00:00; it takes a day, like 2026-07-01"),
    ('count = "3"\nis_on = 1', "count is '3'; it takes a whole number, like 3; is_on is 1; it takes true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("toml", "said"), WRONG)
def test_a_table_that_is_wrong_is_refused_with_the_key_and_what_would_be_right(toml: str, said: str) -> None:
    with pytest.raises(SettingsRefusedError) as refused:
        read(toml)
    assert str(refused.value) == said


def test_a_value_that_is_no_dataclass_is_never_taken_for_one() -> None:
    table: Any = {"campaigns": {"launch": Campaign(Decimal(1))}}
    with pytest.raises(SettingsRefusedError, match="it takes a table"):
        settings_of(table, Settings, FOLDER)
