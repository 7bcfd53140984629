"""What the command line prints: runs, plugins and keys, as tables that a person takes in at a glance."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.money import Money, units_text
from quitrent.domain.rehearsal import Rehearsal
from quitrent.domain.timeline import Moment
from quitrent.rehearsal_tables import MOST_SHOWN, tables_of, title_of

# Where there is no terminal to fit into, a table is as wide as it needs to be.
_WIDE = 200


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Print a table under its title; the columns named in `right` hold numbers."""
    table = Table()
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # As text, in which brackets are brackets and not Rich's markup.
        table.add_row(*(Text(cell) for cell in row))
    click.echo(title)
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def print_timeline(title: str, moments: Sequence[Moment]) -> None:
    """Print a subscription's life, with the sums of each side."""
    rows = [[str(one.day), one.text, _money_text(one.wholesale), _money_text(one.retail)] for one in moments]
    sums = [
        "\n".join(f"{units_text(sum(amounts), currency)} {currency}" for currency, amounts in sorted(side.items()))
        for side in (
            _by_currency(one.wholesale for one in moments),
            _by_currency(one.retail for one in moments),
        )
    ]
    rows.append(["", "all in all", *sums])
    numbers = ("wholesale", "retail")
    print_table(title, ("day", "what", *numbers), rows, right=numbers)


def _by_currency(amounts: Iterable[Money | None]) -> dict[str, list[int]]:
    sums: dict[str, list[int]] = {}
    for money in amounts:
        if money is not None:
            sums.setdefault(money.currency, []).append(money.amount_micros)
    return sums


def _money_text(money: Money | None) -> str:
    return "" if money is None else units_text(money.amount_micros, money.currency)


def print_run(run: BillingRun) -> None:
    """Print what a run charged."""
    rows = [
        (side.lower(), str(amount.charge_count), f"{units_text(amount.amount_micros, currency)} {currency}")
        for (side, currency), amount in sorted(run.amounts.items(), reverse=True)
    ]
    title = f"Through {run.through}: {run.name or 'a preview; nothing is changed'}"
    print_table(title, ("side", "charges", "amount"), rows, right=("charges", "amount"))
    click.echo(f"{run.state.lower()}, {run.parked_count} parked" + (f": {run.failure}" if run.failure else ""))
    for remark in run.remarks:
        click.echo(remark)


def print_plugins(plugins: Sequence[Mapping[str, Any]]) -> None:
    """Print the plugins that are installed."""
    rows = [
        (
            plugin["name"],
            plugin["version"],
            plugin["condition"].lower().replace("_", " ") + (f": {plugin['cause']}" if plugin["cause"] else ""),
            "\n".join(hook.removeprefix("quitrent_") for hook in plugin["hooks"]),
            f"{plugin['package']}\n{plugin['location']}",
        )
        for plugin in plugins
    ]
    print_table("Plugins that are installed", ("name", "version", "state", "hooks", "comes from"), rows)
    if any(not plugin["in_use"] for plugin in plugins):
        click.echo("A plugin is in use when it has a table in the settings file, like [plugins.markup].")


def print_rehearsal(found: Rehearsal) -> None:
    """Print what a rehearsal found."""
    click.echo(title_of(found))
    for table in tables_of(found, MOST_SHOWN):
        print_table(table.title, table.columns, table.rows, right=table.right)
    if len(found.groups) > MOST_SHOWN:
        click.echo("All products of resellers are in the page of --html, and the figures of --json.")


def print_keys(keys: Sequence[Mapping[str, Any]]) -> None:
    """Print the keys."""
    rows = [
        (key["id"], key["role"], key["reseller"], key["create_time"][:19], (key["revoke_time"] or "valid")[:19])
        for key in keys
    ]
    print_table("Keys; times are in UTC", ("id", "role", "reseller", "created", "revoked"), rows)
