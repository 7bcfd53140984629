"""The command line: serve, bill, and play the demo. The other `cli_` files have the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from quitrent.cli_bulk import export, import_book
from quitrent.cli_keys import keys
from quitrent.cli_migrate import migrate
from quitrent.cli_plugins import plugins
from quitrent.cli_told import told_plainly
from quitrent.settings import DEFAULT_FILE, RUN_IN, SERVER, WORKERS, Settings, SettingsError, read_settings_file


def main() -> None:
    """Run the command line."""
    # grpcio would print lines of its own before our error.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    quitrent()


def _settings_read(context: click.Context, _: click.Parameter, path: Path | None) -> dict[str, object]:
    """Have the settings file give the defaults of every option."""
    found: dict[str, object] = {}
    if path is not None or DEFAULT_FILE.exists():
        try:
            found = read_settings_file(path or DEFAULT_FILE)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
    options = {key: value for key, value in found.items() if key != "plugins"}
    context.default_map = {**options, "serve": options, "bill": options}
    return found


def _setting(key: str, text: str, flag: str = "", **more: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make an option of a key of the settings; `QUITRENT_<KEY>` is its environment variable."""
    default, flag = getattr(Settings(), key), flag or "--" + key.replace("_", "-")
    if isinstance(default, bool):
        flag += "/--no-" + key.replace("_", "-")
    return click.option(
        flag, key, envvar=f"QUITRENT_{key.upper()}", default=default, show_default=default != "", help=text, **more
    )


_plugins_run_in = _setting(
    "plugins_run_in",
    "Where plugins run: in processes of their own, or in this one, to debug them.",
    flag="--plugins",
    type=click.Choice(RUN_IN),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quitrent")
@click.option(
    "--config",
    "file_settings",
    type=click.Path(path_type=Path, dir_okay=False),
    is_eager=True,
    callback=_settings_read,
    envvar="QUITRENT_CONFIG",
    help="The settings file; ./quitrent.toml where there is one.",
)
@_setting("database_url", "Where the data is.")
@_setting("time_zone", "Where a day begins.")
@click.pass_context
def quitrent(context: click.Context, file_settings: dict[str, Any], database_url: str, time_zone: str) -> None:
    """Reseller subscription billing in which the provider's fee always arrives."""
    plugins = file_settings.get("plugins", Settings().plugins)
    context.obj = Settings(database_url=database_url, time_zone=time_zone, plugins=plugins)


@quitrent.command()
@_setting("listen", "Host and port.")
@_setting("threads", "Calls that are served at once.", type=click.IntRange(2, 1_000))
@_setting("processes", "Server processes that share the port.", type=click.IntRange(1, 64))
@_setting("tls_certificate", "A PEM file; with --tls-key the server speaks TLS.")
@_setting("tls_key", "A PEM file.")
@_setting("allow_plaintext", "Listen to other machines without TLS.")
@_setting("reflection", "Tell callers the protos.")
@_setting(
    "runs",
    "Who carries out runs; workers on PostgreSQL unless told otherwise.",
    type=click.Choice(["", SERVER, WORKERS]),
)
@_plugins_run_in
@click.pass_obj
@told_plainly
def serve(settings: Settings, **options: Any) -> None:
    """Serve gRPC, and carry out billing runs."""
    from dataclasses import replace

    settings = replace(settings, **options)
    if settings.processes > 1:
        from quitrent.supervisor import supervise

        supervise(settings)
    else:
        from quitrent.serving import serve_alone

        serve_alone(settings)


@quitrent.command()
@click.option("--through", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day that is billed.")
@click.option("--validate-only", is_flag=True, help="Say what would be charged, and charge nothing.")
@_plugins_run_in
@click.pass_obj
@told_plainly
def bill(
    settings: Settings,
    through: Any,
    validate_only: bool,  # noqa: FBT001 -- click passes a flag so.
    plugins_run_in: str,
) -> None:
    """Bill everything due up to and including a day, here and now."""
    from dataclasses import replace

    from quitrent.billing import billed, previewed
    from quitrent.domain.billing_run import RunState
    from quitrent.report import print_run

    settings = replace(settings, plugins_run_in=plugins_run_in)
    if validate_only:
        print_run(previewed(settings, through.date()))
        return
    finished = billed(settings, through.date())
    print_run(finished)
    if finished.state is RunState.FAILED:
        sys.exit(1)


@quitrent.command()
@click.option(
    "--lease",
    "lease_seconds",
    type=click.IntRange(1, 3_600),
    default=30,
    show_default=True,
    help="Seconds after which a worker that does not say that it lives loses what it was at.",
)
@_plugins_run_in
@click.pass_obj
@told_plainly
def worker(settings: Settings, lease_seconds: int, plugins_run_in: str) -> None:
    """Carry out billing runs, together with others like it on this and other machines; it needs PostgreSQL."""
    from dataclasses import replace

    from quitrent.working import work

    work(replace(settings, plugins_run_in=plugins_run_in, runs=WORKERS), lease_seconds)


@quitrent.command("timeline")
@click.argument("subscription")
@click.pass_obj
@told_plainly
def timeline_(settings: Settings, subscription: str) -> None:
    """Print the life of a SUBSCRIPTION: what happened on which day, and what each side was charged."""
    from contextlib import closing

    from quitrent.hooks.manager import Plugins
    from quitrent.report import print_timeline
    from quitrent.server import build_deployment
    from quitrent.services.caller import Caller, Role
    from quitrent.services.timelines import timeline_of

    with closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment:
        print_timeline(subscription, timeline_of(deployment, Caller(Role.ADMIN), subscription))


@quitrent.command()
@click.option("--life", is_flag=True, help="One subscription's life instead, as a timeline with its charges.")
def demo(life: bool) -> None:  # noqa: FBT001 -- click passes a flag so.
    """Play the provider's case on a server of its own, and print what everyone owes."""
    from quitrent.demo import play
    from quitrent.demo_life import play_life

    (play_life if life else play)()


quitrent.add_command(migrate)
quitrent.add_command(keys)
quitrent.add_command(plugins)
quitrent.add_command(import_book)
quitrent.add_command(export)
