"""What `quitrent bill` does: it bills on the database, with a server beside it or without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from threading import Event, Thread

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.errors import QuitrentError, Unavailable
from quitrent.server import build_deployment
from quitrent.services.biller import carry_out_unfinished, runs_left
from quitrent.services.billing import carry_out, preview
from quitrent.services.deployment import Deployment
from quitrent.services.news import tell_plugins
from quitrent.services.runs import ask_for_run, check_through, watch_run
from quitrent.settings import Settings
from quitrent.shown_progress import Shown, shown_progress
from quitrent.store.terms import count_due


def billed(settings: Settings, through: date) -> BillingRun:
    """Bill everything due up to and including a day, after the runs that were cut off; give the run as it ended.

    Errors: InvalidArgument, StoreError, PluginError, Unavailable, which tells the runs that are left.
    """
    with closing(build_deployment(settings, must_exist=True)) as deployment, _what_is_left_told(deployment):
        check_through(deployment, through)
        carry_out_unfinished(deployment, Event())
        with deployment.store.write():
            run = ask_for_run(deployment, through)
        with shown_progress("bill", "sides of subscriptions") as shown:
            with _watched(deployment, run, shown):
                finished = carry_out(deployment, run, Event())
            shown.at(finished.done_count, finished.total_count)
        tell_plugins(deployment, Event())
    return finished


def previewed(settings: Settings, through: date) -> BillingRun:
    """Give what a run through a day would charge. Errors: InvalidArgument, StoreError, PluginError."""
    with closing(build_deployment(settings, must_exist=True)) as deployment:
        check_through(deployment, through)
        with deployment.store.connection():
            total = count_due(through)
        with shown_progress("bill", "sides of subscriptions") as shown:
            return preview(deployment, through, lambda run: shown.at(run.done_count, total)).run


@contextmanager
def _what_is_left_told(deployment: Deployment) -> Iterator[None]:
    """Have a database that is lost on the way told together with what is left to do. Errors: Unavailable."""
    try:
        yield
    except Unavailable as error:
        why = str(error).partition(";")[0]
        try:
            left = [
                f"{run.name}, {run.done_count} of {run.total_count} steps are done" for run in runs_left(deployment)
            ]
        except Unavailable:
            left = ["whatever runs are not finished"]
        if not left:
            raise
        told = f"{why}. What has been posted stands. Left to a server or the next `quitrent bill`: {'; '.join(left)}"
        raise Unavailable(error.reason, told) from error


@contextmanager
def _watched(deployment: Deployment, run: BillingRun, shown: Shown) -> Iterator[None]:
    """Show how far a run is, while this thread carries it out."""
    ended = Event()

    def watch() -> None:
        # A database that is busy keeps nobody from billing, and is not looked at any more.
        with suppress(QuitrentError):
            for seen in watch_run(deployment, run.name, ended):
                shown.at(seen.done_count, seen.total_count)

    watcher = Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
