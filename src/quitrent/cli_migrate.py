"""The command `quitrent migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quitrent.cli_told import told_plainly

if TYPE_CHECKING:
    from quitrent.settings import Settings


@click.command()
@click.option(
    "--to",
    "target",
    metavar="URL",
    help="Move an SQLite database to this PostgreSQL one, which has to be empty: postgresql://user@host/quitrent.",
)
@click.pass_obj
@told_plainly
def migrate(settings: Settings, target: str | None) -> None:
    """Bring the database's schema up to date; a server does so by itself when it starts.

    With --to, move all of it to PostgreSQL, and compare both. Nobody can write to it meanwhile.
    """
    from contextlib import closing

    from quitrent.move_report import move_progress, print_moved
    from quitrent.store.database import open_store
    from quitrent.store.moving import move

    if target is None:
        with closing(open_store(settings.database_url)) as store:
            click.echo(f"{store.url} is up to date")
        return
    with move_progress() as watch:
        moved = move(settings.database_url, target, watch)
    print_moved(moved)
