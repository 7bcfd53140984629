"""Power is lost at any step of a run: what was acknowledged is there, and the run comes to its end.

Every write, sync and deletion of a run is recorded, and for every step of the recording the files are
built as a disk may have them after a cut there. `uv run pytest tests/store/test_power_cuts.py -rP` tells
how many cuts lost a charge that had been acknowledged. `QUITRENT_POWER_CUTS=2 uv run pytest
tests/store/test_power_cuts.py --timeout=0` builds two more disks for every step, to which some of what
was not synced has come, whole or torn, and takes the run up again from every disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from itertools import chain, groupby, islice
from random import Random

import click
import pytest

from quitrent.services import bills
from tests.store.power_cut import Files, Synced, Written
from tests.store.recorded_run import Charges, Recording, found_in, prepared_run, recorded, taken_up

DISKS_FOR_A_STEP = int(os.environ.get("QUITRENT_POWER_CUTS", "0"))
# In the suite: every so many steps a disk, and every so many disks one from which the run is taken up.
STEPS_APART, DISKS_APART = (1, 1) if DISKS_FOR_A_STEP else (4, 60)

SUBSCRIPTIONS = 36
# Small, so that a few subscriptions make many batches.
BATCH = 4
WEAKER = {"NORMAL": {"synchronous": "normal"}, "a rollback journal": {"journal_mode": "delete"}}


@pytest.fixture(scope="module", autouse=True)
def small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bills, "BATCH", BATCH)
        yield


@pytest.fixture(scope="module")
def prepared() -> Files:
    """A database with a run that has not begun."""
    return prepared_run(SUBSCRIPTIONS)


@pytest.fixture(scope="module", params=[True, False], ids=["with a connection held", "with one for each transaction"])
def recording(request: pytest.FixtureRequest, prepared: Files) -> Recording:
    return recorded(prepared, hold=request.param)


@pytest.fixture(scope="module")
def undisturbed(prepared: Files) -> Charges:
    """The charges of a run during which power was not lost: both sides of three months."""
    charges = taken_up(prepared)
    assert len(charges) == 6 * SUBSCRIPTIONS
    return charges


def synced_disks(recording: Recording) -> Iterator[tuple[Files, list[Charges]]]:
    """Give each disk on which only what was synced is, with what had been acknowledged at each of its cuts."""
    # From one sync to the next the cuts leave the same.
    for files, cuts in groupby(recording.cuts(), key=lambda cut: cut[0].after_cut()):
        yield files, [acknowledged for _, acknowledged in cuts]


def partly_synced_disks(recording: Recording) -> Iterator[tuple[Files, list[Charges]]]:
    """Give disks to which some has come that was not synced, each with what had been acknowledged."""
    for number, (disk, acknowledged) in enumerate(recording.cuts()):
        for other in range(max(1, DISKS_FOR_A_STEP)) if number % STEPS_APART == 0 else ():
            yield disk.after_some_cut(Random(f"{number} {other}")), [acknowledged]


def count_lossy_cuts(recording: Recording, disks: Iterator[tuple[Files, list[Charges]]]) -> int:
    """Count the cuts after which a charge is missing that had been acknowledged; what is there has to be sound."""
    states = recording.states()
    cuts = lossy = 0
    for files, acknowledged in disks:
        found = found_in(files)
        # A transaction counts as a whole or not at all, even where it is lost.
        assert found in states
        cuts += len(acknowledged)
        lossy += sum(not charges <= found for charges in acknowledged)
    click.echo(f"{lossy} of {cuts} cuts lost an acknowledged charge")
    return lossy


def test_a_cut_at_any_step_loses_no_charge_that_was_acknowledged(recording: Recording) -> None:
    assert count_lossy_cuts(recording, synced_disks(recording)) == 0


def test_no_charge_is_lost_where_some_of_what_was_not_synced_is_there(recording: Recording) -> None:
    assert count_lossy_cuts(recording, partly_synced_disks(recording)) == 0


def test_a_run_is_taken_up_again_after_a_cut(recording: Recording, undisturbed: Charges) -> None:
    disks = chain(synced_disks(recording), partly_synced_disks(recording))
    for files, _ in islice(disks, 0, None, DISKS_APART):
        assert taken_up(files) == undisturbed


def test_what_is_recorded_has_checkpoints_and_logs_that_begin_anew(recording: Recording, undisturbed: Charges) -> None:
    assert recording.acknowledged[-1][1] == undisturbed
    # The database has the number 0; it is synced at the end of a checkpoint. All other files are logs.
    checkpoints = [step for step in recording.steps if isinstance(step, Synced) and step.file == 0]
    logs_begun = [step for step in recording.steps if isinstance(step, Written) and step.file > 0 and step.offset == 0]
    assert len(checkpoints) > 3
    assert len(logs_begun) > 3


@pytest.mark.parametrize("weaker", WEAKER)
def test_cuts_are_seen_to_lose_charges_with_weaker_settings(prepared: Files, weaker: str) -> None:
    # A rollback journal that was deleted may be back, and then it undoes what was acknowledged.
    recording = recorded(prepared, hold=True, **WEAKER[weaker])
    assert count_lossy_cuts(recording, synced_disks(recording)) > 0


def test_torn_pages_are_seen_where_nothing_mends_them(prepared: Files) -> None:
    recording = recorded(prepared, hold=True, journal_mode="off")
    with pytest.raises((AssertionError, sqlite3.DatabaseError)):
        count_lossy_cuts(recording, partly_synced_disks(recording))
