"""A crew: a server and workers as programs of their own, on one database of PostgreSQL's, and who calls them."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from subprocess import STDOUT, Popen
from sys import executable
from typing import Any
from uuid import uuid4

import grpc

from quitrent.server import Server, build_deployment
from quitrent.settings import Settings, read_settings_file
from tests.cli.served import Served
from tests.databases import new_database, raw, read
from tests.harness import Caller, House, day, identities, iso, wait_for

THROUGH = "2026-03-31"
DRIVER = Path(__file__).parent / "worked.py"
# For one of the resellers a price of less than nothing, which is parked.
SETTINGS = """
[plugins.markup.products]
"products/gold" = "{}"
[plugins.markup.resellers]
"resellers/r2" = "-60"
"""
OURS, OTHERS = SETTINGS.format("-60"), SETTINGS.format("-50")

Books = tuple[list[tuple[str, ...]], list[tuple[str, ...]]]


class Working:
    """`quitrent worker` in a folder; with a number it is killed at its n-th statement."""

    def __init__(self, folder: Path, url: str, settings: str = OURS, lease_seconds: int = 1, kill_at: int = 0) -> None:
        name = uuid4().hex
        (folder / f"{name}.toml").write_text(settings, encoding="utf-8")
        self._log = folder / f"{name}.log"
        worker = ("--config", f"{name}.toml", "worker", "--lease", str(lease_seconds), "--plugins", "inline")
        with self._log.open("w", encoding="utf-8") as log:
            self.process = Popen(
                [executable, str(DRIVER), str(kill_at), *worker],
                cwd=folder,
                env={**os.environ, "QUITRENT_DATABASE_URL": url},
                stdout=log,
                stderr=STDOUT,
            )

    def said(self) -> list[str]:
        """What it has said up to now: lines, and of what it logs the events."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["event"] if line.startswith("{") else line for line in lines]

    def has_said(self, text: str) -> bool:
        """Whether it has said something like this."""
        return any(text in line for line in self.said())

    def stop(self) -> int:
        """Tell it to stop, wait for its end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Crew:
    """A server, the workers that it is given, and an admin who calls it."""

    def __init__(self, folder: Path, template: str, key: str) -> None:
        self.folder, self.key = folder, key
        self.url = new_database(f"crew_{uuid4().hex}", template)
        self.workers: list[Working] = []
        self._closing = ExitStack()
        self.admin = self.serve(OURS)

    def serve(self, plugins: str, runs: str = "workers") -> Caller:
        """Start a server with settings of its plugins, and give who calls it."""
        file = self.folder / f"{uuid4().hex}.toml"
        file.write_text(plugins, encoding="utf-8")
        read_settings: Any = read_settings_file(file)
        settings = Settings(self.url, listen="localhost:0", plugins_run_in="inline", runs=runs, **read_settings)
        server = Server(settings, build_deployment(settings))
        server.start()
        self._closing.callback(server.stop, 0)
        return self.caller(f"localhost:{server.port}")

    def serve_alone(self) -> Caller:
        """Start a server as a program of its own, and give who calls it."""
        (self.folder / "quitrent.toml").write_text(OURS, encoding="utf-8")
        served = Served(self.folder, "--plugins", "inline", QUITRENT_DATABASE_URL=self.url)
        self._closing.callback(served.stop)
        return self.caller(served.address)

    def caller(self, address: str) -> Caller:
        """Someone who calls a server."""
        return Caller(self._closing.enter_context(grpc.insecure_channel(address)), self.key)

    def work(self, **given: Any) -> Working:
        """Start a worker."""
        self.workers.append(Working(self.folder, given.pop("url", self.url), **given))
        return self.workers[-1]

    def start_run(self) -> str:
        """Ask for a run, and give its name."""
        return str(self.admin.StartBillingRun(through_date=day(THROUGH)).billing_run.name)

    def run(self, name: str) -> Any:
        """Give a run as it is now."""
        return self.admin.GetBillingRun(name=name).billing_run

    def finished(self, name: str) -> Any:
        """Wait for a run to succeed, and give it."""
        wait_for(lambda: bool(self.run(name).finish_time.seconds))
        run = self.run(name)
        assert run.state == run.STATE_SUCCEEDED, run.failure
        return run

    def posted_count(self) -> int:
        """How many charges there are by now."""
        [(count,)] = read(self.url, "SELECT count(*) FROM charge")
        return int(count)

    def books(self) -> Books:
        """All that is charged and all that is parked."""
        charges = self.admin.ListCharges(page_size=1000).charges
        parked = self.admin.ListParkedCharges(page_size=1000).parked_charges
        return identities(charges), sorted((one.subscription, iso(one.period_start), one.cause) for one in parked)

    def close(self) -> None:
        """End all of them."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()
        self._closing.close()


def prepared(folder: Path) -> tuple[str, str]:
    """Give a database in which nothing has been charged for 24 subscriptions of all kinds, and the key of an admin."""
    house = House(folder, on_postgresql=True)
    house.make_product(retail={"suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    arrears = {"timing": "TIMING_IN_ARREARS", "period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}
    house.make_product("silver", wholesale=arrears, retail=arrears)
    for number in range(24):
        product = "products/silver" if number % 4 == 1 else "products/gold"
        account = house.make_account(f"r{number % 3}", f"a{number}")
        name = house.assign(account, f"2026-01-{number + 1:02}", product)
        if number % 3 == 0:
            house.admin.SuspendSubscription(name=name, start_date=day("2026-02-03"))
        if number % 5 == 0:
            house.admin.CloseSubscription(name=name, end_date=day("2026-03-10"))
    house.close()
    found = re.search(r"/(\w+)\?", house.settings.database_url)
    assert found
    return found[1], str(house.admin.key)


@contextmanager
def held(crew: Crew, table: str) -> Iterator[None]:
    """Hold a row in the middle of the book from when a worker waits for it: it is in the middle of a batch then."""
    with closing(raw(crew.url)) as connection:
        connection.execute("BEGIN")
        # That of the first account of the second reseller.
        connection.execute(f"SELECT id FROM {table} WHERE id = 2 FOR UPDATE")
        [(holder,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
        waiting = f"SELECT pid FROM pg_stat_activity WHERE {holder} = ANY(pg_blocking_pids(pid))"
        wait_for(lambda: bool(read(crew.url, waiting)))
        yield
