"""The part of the command line that looks after keys; it works beside a server or without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from quitrent.cli_told import told_plainly
from quitrent.settings import Settings

if TYPE_CHECKING:
    from quitrent.services.deployment import Deployment


@click.group()
def keys() -> None:
    """Make, list and revoke the keys that callers show."""


@contextmanager
def _deployment(settings: Settings) -> Iterator[Deployment]:
    from contextlib import closing

    from quitrent.hooks.manager import Plugins
    from quitrent.server import build_deployment

    # Keys have nothing to do with plugins, and do not wait for them.
    with closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment:
        yield deployment


@keys.command("create")
@click.option("--role", required=True, type=click.Choice(["admin", "reseller"]), help="What the holder may be.")
@click.option("--reseller", default="", help="For a reseller's key: its name, like resellers/acme.")
@click.pass_obj
@told_plainly
def create(settings: Settings, role: str, reseller: str) -> None:
    """Make a key and print it, for this one time."""
    from quitrent.services.caller import Role
    from quitrent.services.keys import create_key

    if (role == "reseller") != bool(reseller):
        raise click.UsageError("give --reseller with --role reseller, and only then")
    if reseller and not reseller.startswith("resellers/"):
        raise click.UsageError(f"--reseller takes a reseller's name, like resellers/{reseller}")
    with _deployment(settings) as deployment:
        click.echo(create_key(deployment, Role(role.upper()), reseller))


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
@told_plainly
def list_all(settings: Settings, as_json: bool) -> None:  # noqa: FBT001 -- click passes a flag so.
    """List the keys by their ids; the secrets are not kept."""
    from quitrent.report import print_keys
    from quitrent.services.keys import list_keys

    with _deployment(settings) as deployment:
        found = list_keys(deployment)
    rows = [
        {
            "id": key.key_id,
            "role": key.role.lower(),
            "reseller": key.reseller,
            "create_time": key.create_time.isoformat(),
            "revoke_time": key.revoke_time.isoformat() if key.revoke_time else None,
        }
        for key in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_keys(rows)


@keys.command("revoke")
@click.argument("key_id")
@click.pass_obj
@told_plainly
def revoke(settings: Settings, key_id: str) -> None:
    """Have a key count no longer. KEY_ID is what stands between the first two underscores of the key."""
    from quitrent.services.keys import revoke_key

    with _deployment(settings) as deployment:
        revoke_key(deployment, key_id)
    click.echo(f"key {key_id} is revoked")
