"""A server in this process, from its start to its stop."""

from __future__ import annotations

from queue import SimpleQueue

import click

from quitrent.logs import log_to_stderr
from quitrent.server import Server, build_deployment
from quitrent.services.keys import create_first_key
from quitrent.settings import Settings
from quitrent.stopping import when_told_to_stop


def serve_alone(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Errors: SettingsError, StoreError, PluginError."""
    log_to_stderr()
    server = Server(settings, build_deployment(settings))
    key = create_first_key(server.deployment)
    if key:
        click.echo(f"The first admin key, shown this once: {key}")
    stopped: SimpleQueue[None] = SimpleQueue()
    when_told_to_stop(lambda: stopped.put(None))
    server.start()
    host, _ = settings.host_and_port()
    click.echo(f"quitrent serves at {host}:{server.port}, its data is at {server.deployment.store.url}")
    stopped.get()
    click.echo("quitrent stops: calls in flight may end")
    server.stop()
