"""A standby that takes the place of a database only reads for a while: nothing fails for good by that."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from quitrent.domain.billing_run import RunState
from quitrent.domain.errors import Unavailable
from quitrent.services.billing import carry_out
from quitrent.services.runs import ask_for_run, get_run
from tests.databases import raw
from tests.harness import House


def test_a_database_that_only_reads_is_unavailable_and_fails_no_run(tmp_path: Path) -> None:
    house = House(tmp_path, on_postgresql=True)
    house.make_product()
    house.assign(house.make_account("acme"))
    with house.deployment.store.write():
        run = ask_for_run(house.deployment, date(2026, 1, 31))
    only_reads(house, "on")
    refusal = house.admin.refusal("CreateReseller", reseller_id="late", reseller={})
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
    with pytest.raises(Unavailable):
        carry_out(house.deployment, run, Event())
    with house.deployment.store.connection():
        assert get_run(run.name).state is RunState.RUNNING
    only_reads(house, "off")
    assert carry_out(house.deployment, run, Event()).state is RunState.SUCCEEDED
    house.close()


def only_reads(house: House, whether: str) -> None:
    """Have connections that are made from now on only read, or write again; those that are idle are closed."""
    with closing(raw(house.settings.database_url)) as connection:
        [(name,)] = connection.execute("SELECT current_database()").fetchall()
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {whether}')
    house.deployment.store.close()
