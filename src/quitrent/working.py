"""A worker in this process, from its start to its stop."""

from __future__ import annotations

from contextlib import closing

import click

from quitrent.logs import log_to_stderr
from quitrent.server import build_deployment
from quitrent.settings import Settings
from quitrent.stopping import when_told_to_stop
from quitrent.workers.worker import Worker


def work(settings: Settings, lease_seconds: int) -> None:
    """Take partitions of runs until SIGTERM or SIGINT. Errors: SettingsError, StoreError, PluginError."""
    log_to_stderr()
    settings.runs_by_workers()
    with closing(build_deployment(settings, must_exist=True)) as deployment:
        worker = Worker(deployment, settings.database_url, lease_seconds)
        when_told_to_stop(worker.stop)
        click.echo("a worker takes parts of runs from now on")
        worker.run()
    click.echo("the worker has stopped")
