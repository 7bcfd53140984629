"""How a run comes on: divided into partitions, from phase to phase when all of them have come so far, and ended.

Whoever carries out the last partition of a phase takes the run to the next one. The run's row is
locked for that, so that of two who finish at once one sees that it is the last.
"""

from __future__ import annotations

from dataclasses import replace

from quitrent.domain.billing_run import BillingRun, Partition, RunPhase, RunState, priced_with, with_partitions
from quitrent.domain.place import Stretch
from quitrent.services.books import RunEndedError
from quitrent.services.deployment import Deployment
from quitrent.store import billing_runs, parked_charges, partitions, plugin_news
from quitrent.store.terms import count_due, places_due

# Subscriptions that are due in one partition: some seconds' work, which waits for a lease when its worker dies.
PARTITION = 5_000

_PHASES = list(RunPhase)


def divide(deployment: Deployment, run: BillingRun) -> None:
    """Divide what is due into partitions, unless that has been done. A run with nothing due has none, and ends.

    Errors: RunEndedError.
    """
    with deployment.store.write_batch():
        run = _at_work(run)
        if run.phase is not RunPhase.FEES or partitions.partitions_of([run.key]):
            return
        total_count = count_due(run.through)
        billing_runs.update_run(replace(run, total_count=total_count))
        if total_count:
            partitions.insert_partitions(run.key, _stretches(run))
        else:
            _enter(deployment, run, RunPhase.FINISHED)


def finish_phase(deployment: Deployment, partition: Partition) -> BillingRun:
    """Note that a partition is through with its phase, and the run where it was the last one; give the run.

    Errors: RunEndedError.
    """
    after = _PHASES[_PHASES.index(partition.phase) + 1]
    with deployment.store.write_batch():
        run = _at_work(partition)
        stored = partitions.locked_partition(partition.key)
        # Where it was done twice, someone else has noted it already.
        if stored is not None and stored.phase is partition.phase:
            partitions.update_partition(replace(stored, phase=after))
        if run.phase is partition.phase and _all_are_through(run):
            return _enter(deployment, run, after)
        return run


def use_our_plugins(deployment: Deployment, run: BillingRun) -> None:
    """Note that a run is priced with the plugins of this process from now on. Errors: RunEndedError."""
    with deployment.store.write_batch():
        billing_runs.update_run(priced_with(_at_work(run), deployment.used_plugins()))


def fail(deployment: Deployment, run: BillingRun, failure: str) -> None:
    """End a run that went wrong. Errors: RunEndedError."""
    with deployment.store.write_batch():
        _end(deployment, _at_work(run), RunState.FAILED, failure)


def _at_work(of: BillingRun | Partition) -> BillingRun:
    run = billing_runs.locked_run(of.key if isinstance(of, BillingRun) else of.run_key)
    if run.state is not RunState.RUNNING:
        raise RunEndedError
    return run


def _stretches(run: BillingRun) -> list[Stretch]:
    """Tile the book, so that what is assigned while the run is at work lies in one of them too."""
    stretches = []
    after = Stretch().after
    for place in places_due(run.through, PARTITION):
        stretches.append(Stretch(after, place))
        after = place
    return [*stretches, Stretch(after)]


def _all_are_through(run: BillingRun) -> bool:
    return all(one.phase is not run.phase for one in partitions.partitions_of([run.key]))


def _enter(deployment: Deployment, run: BillingRun, phase: RunPhase) -> BillingRun:
    if phase is RunPhase.FINISHED:
        return _end(deployment, run, RunState.SUCCEEDED, "")
    run = replace(run, phase=phase)
    billing_runs.update_run(run)
    return run


def _end(deployment: Deployment, run: BillingRun, state: RunState, failure: str) -> BillingRun:
    run = replace(
        with_partitions(run, partitions.locked_partitions(run.key)),
        state=state,
        phase=RunPhase.FINISHED,
        failure=failure,
        parked_count=parked_charges.count_parked_by(run.key),
        finish_time=deployment.now(),
    )
    billing_runs.update_run(run)
    partitions.delete_partitions(run.key)
    # With the end of the run, or not at all: what the plugins are to be told of it.
    plugin_news.insert_news(deployment.plugins.listeners(), run.key, deployment.now())
    return run
