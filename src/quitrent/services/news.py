"""Tells plugins what runs have done: at least once, in order for each run, from an outbox in the database.

A run's end and the note that a plugin has to be told of it are written in one transaction. The
plugin hears of the run's charges in their order, a batch at a time, and then of its end. What it has
taken well is noted after each batch: a crash, or a failure, has it told from there on again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event

from quitrent.domain.charge import ChargeFilter
from quitrent.services.deployment import Deployment
from quitrent.store.billing_runs import find_run_by_key
from quitrent.store.charge_lists import list_charges
from quitrent.store.plugin_news import PluginNews, delete_news, list_news, note_failure, note_told

_log = logging.getLogger(__name__)

# Charges that a plugin is told of at a time.
BATCH = 500

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=1)


def tell_plugins(deployment: Deployment, stopping: Event) -> None:
    """Tell the plugins in use what is due to be told; `stopping` ends it between two batches.

    Errors: Unavailable.
    """
    with deployment.store.connection():
        waiting = list_news(deployment.plugins.listeners())
    for news in waiting:
        if news.next_time <= deployment.now() and not stopping.is_set():
            _tell(deployment, news, stopping)


def _tell(deployment: Deployment, news: PluginNews, stopping: Event) -> None:
    with deployment.store.connection():
        run = find_run_by_key(news.run_key)
    assert run is not None, "the database keeps every run that something refers to"
    after = news.told_charge
    while not stopping.is_set():
        with deployment.store.connection():
            charges = list_charges(ChargeFilter(billing_run=run.name), after, BATCH)
        deployment.check_plugins_may_be_called()
        if not charges:
            failure = deployment.plugins.run_finished(news.plugin, run)
        else:
            failure = deployment.plugins.charges_posted(news.plugin, charges)
        with deployment.store.write_batch():
            if failure:
                _note_failure(deployment, news, failure)
                return
            if not charges:
                delete_news(news)
                return
            after = charges[-1].key
            note_told(news, after)


def _note_failure(deployment: Deployment, news: PluginNews, failure: str) -> None:
    wait = min(FIRST_WAIT * 2 ** min(news.failure_count, 20), LONGEST_WAIT)
    _log.warning("plugin %s %s when it was told of a run; it is told again in %s", news.plugin, failure, wait)
    note_failure(news, failure, deployment.now() + wait)
