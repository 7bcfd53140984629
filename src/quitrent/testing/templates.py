"""The files of a new plugin's package, with `$name`, `$module` and `$class_name` in them."""

from __future__ import annotations

from string import Template

PYPROJECT = Template(
    """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$name"
version = "0.1.0"
description = "A quitrent pricing plugin"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["quitrent>=0.1"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.quitrent]
$name = "$module:$class_name"

[tool.hatch.build.targets.wheel]
packages = ["src/$module"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
"""
)

README = Template(
    """\
# $name

A quitrent pricing plugin: a percentage for customers with a label, and a warning where a price is below cost.

Install it in the environment that runs quitrent:

```sh
pip install .
```

Give it a table in quitrent's settings file, and start the server again:

```toml
[plugins.$name]
percent = -10           # a tenth off
label = "tier=gold"     # for customers with this label, which it is if left out
```

`quitrent plugins` shows whether it is in use, and `quitrent plugins check $name` whether it keeps what quitrent asks of
a plugin.

Its tests need pytest: `pip install '.[test]'`, then `pytest`.
"""
)

MODULE = Template(
    '''\
"""Takes a percentage of the lines of customers with a label, and warns of prices below the own cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl

__all__ = ["$class_name", "Settings"]


@dataclass(frozen=True)
class Settings:
    """The table `[plugins.$name]` of the settings file."""

    # Of a line's basis: -10 takes a tenth off.
    percent: Decimal
    # The label that a customer needs to have.
    label: str = "tier=gold"

    def __post_init__(self) -> None:
        if not -100 <= self.percent <= 1000:
            raise ValueError(f"percent is {self.percent}; it takes a percentage from -100 to 1000")
        if "=" not in self.label:
            raise ValueError(f'label is {self.label!r}; it takes a label with its value, like "tier=gold"')


class $class_name:
    """The plugin: made once in each of its processes, then asked line by line."""

    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        """Give the percentage to customers with the label."""
        key, value = self._settings.label.split("=", 1)
        if line.customer.labels.get(key) != value:
            return None
        return Adjustment("$name", f"For customers with {key} {value}.", percent=self._settings.percent)

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review | None:
        """Warn of a price that is below what the reseller pays."""
        if line.own_cost is not None and price.whole < line.own_cost:
            return Review(Verdict.WARN, f"{price.whole} is below the own cost of {line.own_cost}.")
        return None
'''
)

CONFTEST = Template(
    """\
pytest_plugins = ["quitrent.testing"]
"""
)

TESTS = Template(
    """\
from dataclasses import replace
from decimal import Decimal

import pytest
from $module import $class_name, Settings
from quitrent import Adjustment, Line, Named, RetailAmount, Review, Verdict
from quitrent.testing import lines

PLUGIN = $class_name(Settings(percent=Decimal(-10)))
LINE = replace(lines(1)[0], basis=Decimal(20), own_cost=Decimal(12))


def with_tier(tier: str) -> Line:
    return replace(LINE, customer=Named("resellers/acme/customers/c1", {"tier": tier}))


def test_a_customer_with_the_label_gets_the_percentage() -> None:
    expected = Adjustment("$name", "For customers with tier gold.", percent=Decimal(-10))
    assert PLUGIN.quitrent_adjust_retail(with_tier("gold")) == expected


def test_everyone_else_gets_nothing() -> None:
    assert PLUGIN.quitrent_adjust_retail(with_tier("silver")) is None


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        ("11.99", Review(Verdict.WARN, "11.99 is below the own cost of 12.")),
        ("12", None),
    ],
)
def test_a_price_below_cost_is_warned_of(whole: str, expected: Review | None) -> None:
    assert PLUGIN.quitrent_review_retail(LINE, RetailAmount(Decimal(whole), Decimal(whole))) == expected


def test_a_percentage_below_minus_100_is_refused() -> None:
    with pytest.raises(ValueError, match="it takes a percentage from -100 to 1000"):
        Settings(percent=Decimal(-101))


def test_it_keeps_the_laws_of_a_plugin(check_plugin) -> None:
    check_plugin($class_name, {"percent": -10})
"""
)
