"""Several server processes on one port: they share the calls, are replaced when they end, and leave nothing behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from socket import create_connection
from threading import Event
from time import monotonic

import grpc
import pytest

from tests.cli.served import Served
from tests.cli.test_commands import run
from tests.databases import about_sqlite, copied, fresh_database
from tests.harness import Caller, House, day, text_of, wait_for
from tests.installed import install
from tests.zoo.houses import left_behind, processes

SUBSCRIPTION = "resellers/acme/customers/c1/accounts/a1/subscriptions/s1"
# A caller that makes a call again, as the README says.
RETRYING = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
# Says in a file that it has been asked, and takes its time until there is another.
SLOW = """
from pathlib import Path
from time import sleep
from quitrent import hookimpl

class Plugin:
    def __init__(self, settings):
        self.folder = Path(settings["folder"])

    @hookimpl
    def quitrent_adjust_retail(self, line):
        (self.folder / "asked").touch()
        while not (self.folder / "go").exists():
            sleep(0.01)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a server that is off, with a subscription and a slow plugin, and an admin's key."""
    folder = tmp_path_factory.mktemp("prepared")
    install(folder, "slow", SLOW)
    house = House(folder)
    house.make_product()
    assert house.assign(house.make_account("acme")) == SUBSCRIPTION
    house.close()
    return folder, str(house.admin.key)


class Several:
    """A server with several processes in a folder of its own, and those who call it."""

    def __init__(self, prepared: tuple[Path, str], folder: Path, processes: int) -> None:
        origin, self.key = prepared
        self.folder = copied(origin, folder)
        (self.folder / "quitrent.toml").write_text(f'[plugins.slow]\nfolder = "{self.folder}"\n', encoding="utf-8")
        # By TMPDIR whatever belongs to it is found in the end.
        self.served = Served(
            self.folder,
            *("--processes", str(processes)),
            TMPDIR=str(self.folder),
            PYTHONPATH=str(self.folder),
            QUITRENT_DATABASE_URL=fresh_database(self.folder),
            QUITRENT_RUNS="server",
        )

    @contextmanager
    def caller(self) -> Iterator[Caller]:
        """Someone with a connection of its own."""
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.service_config", json.dumps(RETRYING))]
        with grpc.insecure_channel(self.served.address, options=options) as channel:
            yield Caller(channel, self.key)

    def processes(self) -> list[int]:
        """The server processes that there are now."""
        pid = self.served.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]

    def replaced(self, process: int, number: Signals) -> int:
        """Send a process a signal that ends it, and give the one that is started in its place."""
        before = set(self.processes())
        os.kill(process, number)
        wait_for(lambda: bool(set(self.processes()) - before))
        [new] = set(self.processes()) - before
        return new

    def connections(self, process: int) -> int:
        """How many callers are connected to a process."""
        port = f":{int(self.served.address.rpartition(':')[2]):04X}"
        sockets = set()
        for table in ("tcp", "tcp6"):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]]
            # Its own end, and established.
            sockets |= {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] == "01"}
        count = 0
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                count += str(file.readlink()) in sockets
        return count

    def reaches(self, process: int) -> bool:
        """Connect once more, and tell whether it has been to this process."""
        with self.caller() as caller:
            caller.ListPlans()
            return self.connections(process) > 0

    def listens(self) -> bool:
        """Whether anyone takes a connection."""
        host, _, port = self.served.address.rpartition(":")
        try:
            with create_connection((host, int(port)), timeout=5):
                return True
        except ConnectionError:
            return False


@pytest.fixture(scope="module")
def three(prepared: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    """Three processes."""
    several = Several(prepared, tmp_path_factory.mktemp("three") / "data", 3)
    (several.folder / "go").touch()
    yield several
    assert several.served.stop() == 0
    assert not left_behind(several.folder)
    assert "".join(several.served.lines).count("serves at") == 1


def test_callers_are_shared_out_among_all_processes(three: Several) -> None:
    processes = three.processes()
    assert len(processes) == 3
    with ExitStack() as opened:
        for _ in range(60):
            opened.enter_context(three.caller()).ListPlans()
        shares = [three.connections(process) for process in processes]
    assert sum(shares) == 60
    # By chance one of them has none once in ten billion times.
    assert min(shares) > 0


@pytest.mark.parametrize("number", [SIGTERM, SIGKILL])
def test_a_process_that_ends_is_replaced_and_who_calls_again_is_always_answered(
    three: Several, number: Signals
) -> None:
    before = three.processes()
    stopping = Event()

    def call_on(caller: Caller) -> None:
        while not stopping.is_set():
            caller.ListPlans()

    with ThreadPoolExecutor(8) as pool, ExitStack() as opened:
        opened.callback(stopping.set)
        callers = [opened.enter_context(three.caller()) for _ in range(8)]
        calling = [pool.submit(call_on, caller) for caller in callers]
        wait_for(lambda: sum(map(three.connections, before)) >= len(callers))
        new = three.replaced(max(before, key=three.connections), number)
        wait_for(lambda: three.reaches(new))
        stopping.set()
        for one in calling:
            one.result()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_nobody_else_gets_the_port(three: Several, tmp_path: Path, processes: str) -> None:
    refused = run(tmp_path, "serve", "--listen", three.served.address, "--processes", processes)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: listen: {three.served.address} cannot be listened on; is another server there?\n"


def test_a_run_is_carried_out_soon_whichever_process_is_asked_for_it(three: Several) -> None:
    began = monotonic()
    for _ in range(3):
        with three.caller() as caller:
            bill(caller)
    assert monotonic() - began < 15


def test_runs_are_carried_out_after_each_process_has_been_killed(three: Several) -> None:
    for process in three.processes():
        new = three.replaced(process, SIGKILL)
        wait_for(partial(three.reaches, new))
    began = monotonic()
    with three.caller() as caller:
        bill(caller)
    assert monotonic() - began < 15


def bill(caller: Caller) -> None:
    run = caller.StartBillingRun(through_date=day("2026-03-31")).billing_run
    last = [seen.billing_run for seen in caller.WatchBillingRun(name=run.name)][-1]
    assert last.State.Name(last.state) == "STATE_SUCCEEDED"


@pytest.mark.parametrize(
    ("tell", "code"),
    [
        (lambda served: served.process.send_signal(SIGTERM), 0),
        (lambda served: os.killpg(served.process.pid, SIGINT), 0),
        (lambda served: served.process.kill(), -SIGKILL),
    ],
    ids=["SIGTERM", "Ctrl-C", "the supervisor killed"],
)
def test_a_call_in_flight_is_answered_when_the_server_stops_and_no_process_is_left(
    prepared: tuple[Path, str], tmp_path: Path, tell: Callable[[Served], None], code: int
) -> None:
    several = Several(prepared, tmp_path / "data", 2)
    with several.caller() as caller, ThreadPoolExecutor(1) as other:
        quoted = other.submit(caller.QuotePrice, subscription=SUBSCRIPTION, date=day("2026-03-01"))
        wait_for((several.folder / "asked").exists)
        tell(several.served)
        wait_for(lambda: not several.listens())
        # A second time changes nothing.
        with suppress(ProcessLookupError):
            tell(several.served)
        assert not quoted.done()
        (several.folder / "go").touch()
        assert text_of(quoted.result().quote.retail.amount) == "20.00"
        ended = several.served.process.wait(timeout=30)
        # Who waits for the supervisor has waited for all, unless it was killed.
        assert ended or not processes(several.folder)
    assert several.served.wait() == ended == code
    assert not left_behind(several.folder)


@about_sqlite
def test_processes_that_break_down_again_and_again_are_replaced_later_and_the_last_one_tells_why(
    prepared: tuple[Path, str], tmp_path: Path
) -> None:
    several = Several(prepared, tmp_path / "data", 2)
    _, breaking = several.processes()
    for _ in range(2):
        breaking = several.replaced(breaking, SIGKILL)
    for file in several.folder.glob("quitrent.db*"):
        file.unlink()
    (several.folder / "quitrent.db").write_text("no database, and long enough to be looked at as one" * 100)
    for process in several.processes():
        # The one that is starting may have found out already.
        with suppress(ProcessLookupError):
            os.kill(process, SIGKILL)
    assert several.served.wait() == 1
    log = [json.loads(line) for line in several.served.lines if line.startswith("{")]
    assert {line["process"] for line in log} == {several.served.process.pid}
    waits = [line["event"].partition("another is started ")[2] for line in log if "SIGKILL" in line["event"]]
    assert waits[:2] == ["at once", "in 1 s"]
    assert f"Error: {fresh_database(several.folder)} is not a database of quitrent's" in several.served.lines[-1]
    assert not left_behind(several.folder)
