"""The commands of `quitrent plugins`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


@plugins.command("new")
@click.argument("name")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="The package's folder; ./NAME if left out."
)
@told_plainly
def new(name: str, into: Path | None) -> None:
    """Write a package with a small plugin NAME that works, to begin with."""
    from quitrent.testing.package import write_package

    for path in write_package(name, into or Path(name)):
        click.echo(path)


@plugins.command("check")
@click.argument("name")
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A settings file to take [plugins.NAME] from, in the place of the one in use.",
)
@click.option("--lines", "count", type=click.IntRange(2, 100_000), default=300, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
@told_plainly
def check(settings: Settings, name: str, file: Path | None, count: int, as_json: bool) -> None:  # noqa: FBT001
    """Check whether the installed plugin NAME keeps what quitrent asks of one, with made-up lines."""
    from quitrent.settings import read_settings_file
    from quitrent.testing.checker import check_installed

    in_use: Any = read_settings_file(file)["plugins"] if file else settings.plugins
    report = check_installed(name, in_use, count=count)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report)
    if not report.passed:
        sys.exit(1)


@plugins.command("rehearse")
@click.option(
    "--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day on which lines are due."
)
@click.option("--through", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last one.")
@click.option("--with", "added", multiple=True, metavar="NAME", help="A plugin that comes; one in use is replaced.")
@click.option("--without", multiple=True, metavar="NAME", help="A plugin in use that goes.")
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A settings file to take [plugins.NAME] from, for the plugins that come.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page here as well.")
@click.pass_obj
@told_plainly
def rehearse(
    settings: Settings,
    first: Any,
    through: Any,
    added: tuple[str, ...],
    without: tuple[str, ...],
    file: Path | None,
    as_json: bool,  # noqa: FBT001 -- click passes a flag so.
    page: Path | None,
) -> None:
    """Price every line of a span with another set of plugins, and compare. Nothing is changed."""
    from quitrent.domain.rehearsal import Span
    from quitrent.rehearsal_page import page_of
    from quitrent.rehearsal_tables import figures_of
    from quitrent.rehearsing import rehearsed
    from quitrent.report import print_rehearsal

    if not added and not without:
        raise click.UsageError("give --with or --without, at least once")
    if page is not None and not page.parent.is_dir():
        raise click.UsageError(f"--html {page}: there is no folder {page.parent}")
    found = rehearsed(settings, Span(first.date(), through.date()), added, without, file)
    if page is not None:
        try:
            page.write_text(page_of(found), encoding="utf-8")
        except OSError as error:
            raise click.FileError(str(page), error.strerror) from error
    if as_json:
        click.echo(json.dumps(figures_of(found), indent=2))
    else:
        print_rehearsal(found)
