"""A worker in this process, from its start to its stop."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from threading import Timer

import click

from quitrent.logs import log_to_stderr
from quitrent.server import build_deployment
from quitrent.settings import Settings
from quitrent.stopping import LAST_SECONDS, when_told_to_stop
from quitrent.workers.worker import Worker

_log = logging.getLogger(__name__)

# What these say of a database that is away, each in its own way and again and again, the worker says once.
_QUIET = ("procrastinate", "psycopg.pool")


def work(settings: Settings, lease_seconds: int) -> None:
    """Take partitions of runs until SIGTERM or SIGINT. Errors: SettingsError, StoreError, PluginError."""
    log_to_stderr()
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings.runs_by_workers()
    with closing(build_deployment(settings, must_exist=True)) as deployment:
        worker = Worker(deployment, settings.database_url, lease_seconds)
        when_told_to_stop(lambda: _stop(worker))
        click.echo("a worker takes parts of runs from now on")
        worker.run()
    click.echo("the worker has stopped")


def _stop(worker: Worker) -> None:
    worker.stop()
    click.echo("the worker stops after the batch that it is at")
    # A database that has vanished from the network may keep it waiting for longer than an operator waits.
    last = Timer(LAST_SECONDS, _end)
    last.daemon = True
    last.start()


def _end() -> None:
    _log.error("the worker has not stopped in %s s, and is ended; what it was at is left to another", LAST_SECONDS)
    os._exit(1)
