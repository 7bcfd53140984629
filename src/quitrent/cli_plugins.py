"""The commands of `quitrent plugins`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from quitrent.cli_told import told_plainly

if TYPE_CHECKING:
    from quitrent.settings import Settings


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
@told_plainly
def plugins(context: click.Context, as_json: bool) -> None:  # noqa: FBT001 -- click passes a flag so.
    """List the plugins that are installed: in use or not, how each is doing, and where it comes from."""
    if context.invoked_subcommand:
        return
    from quitrent.plugin_listing import listed_plugins
    from quitrent.report import print_plugins

    rows = listed_plugins(context.obj)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_plugins(rows)


@plugins.command("resume")
@click.argument("name")
@click.pass_obj
@told_plainly
def resume(settings: Settings, name: str) -> None:
    """Put the plugin NAME back that is set aside, since it failed too often in a row."""
    from quitrent.plugin_listing import put_plugin_back

    was_aside = put_plugin_back(settings, name)
    click.echo(f"plugin {name} is put back" if was_aside else f"plugin {name} was not set aside")
