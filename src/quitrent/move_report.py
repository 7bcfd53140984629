"""What the command line prints of a move to another database: how far it is, and what has been moved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from quitrent.domain.money import units_text
from quitrent.report import print_table
from quitrent.store.moving import Moved, Watch


@contextmanager
def move_progress() -> Iterator[Watch]:
    """Show how far a move is: as a bar on a terminal, and as a line for each table elsewhere."""
    if not sys.stderr.isatty():
        yield _echo_table
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def show(done: str, table: str, rows: int, total: int) -> None:
            bar.update(task, description=f"{table} is {done}", completed=rows, total=total)

        yield show


def _echo_table(done: str, table: str, rows: int, total: int) -> None:
    if rows == total:
        click.echo(f"{table} is {done}: {rows} rows" + (" of both" if done == "compared" else ""), err=True)


def print_moved(moved: Moved) -> None:
    """Print what was moved, and the proof."""
    rows = [(table, str(content.count)) for table, content in moved.contents.items()]
    print_table(f"Moved from {moved.source} to {moved.target}", ("table", "rows"), rows, right=("rows",))
    sums = [
        (side.lower(), f"{units_text(amount_micros, currency)} {currency}")
        for (side, currency), amount_micros in sorted(moved.charges.sums_micros.items(), reverse=True)
    ]
    print_table("Charges, the same in both", ("side", "amount"), sums, right=("amount",))
    click.echo(f"Digest of the charges, the same in both: {moved.charges.digest}")
    click.echo(f"Serve {moved.target} from now on: what is still written to {moved.source} is not in it")
