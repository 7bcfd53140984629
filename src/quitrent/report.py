"""What the command line prints: runs, plugins, keys, statements, as tables that a person takes in at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.money import units_text


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> Table:
    """Make a table; the columns named in `right` hold numbers."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def print_run(run: BillingRun) -> None:
    """Print what a run charged."""
    name = run.name or "a preview; nothing is changed"
    rows = [
        (side.lower(), str(amount.charge_count), f"{units_text(amount.amount_micros, currency)} {currency}")
        for (side, currency), amount in sorted(run.amounts.items(), reverse=True)
    ]
    console = Console()
    console.print(
        table(f"Through {run.through}: {name}", ("side", "charges", "amount"), rows, right=("charges", "amount"))
    )
    console.print(f"{run.state.lower()}, {run.parked_count} parked" + (f": {run.failure}" if run.failure else ""))


def print_plugins(plugins: Sequence[Mapping[str, Any]]) -> None:
    """Print the plugins that are installed."""
    rows = [
        (
            plugin["name"],
            plugin["version"],
            "in use" if plugin["in_use"] else "not in use",
            "\n".join(plugin["hooks"]),
            f"{plugin['package']}\n{plugin['location']}",
        )
        for plugin in plugins
    ]
    Console().print(table("Plugins", ("name", "version", "state", "hooks", "comes from"), rows))
    if any(not plugin["in_use"] for plugin in plugins):
        Console().print("A plugin is in use when it has a table in the settings file, like [plugins.markup].")


def print_keys(keys: Sequence[Mapping[str, Any]]) -> None:
    """Print the keys."""
    rows = [
        (key["id"], key["role"], key["reseller"], key["create_time"], key["revoke_time"] or "valid") for key in keys
    ]
    Console().print(table("Keys", ("id", "role", "reseller", "created", "revoked"), rows))
