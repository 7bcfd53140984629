"""What runs in one process of a server that has several: `python -m quitrent.supervised FD` is how it is started."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from signal import SIGTERM
from threading import Thread
from time import sleep

from quitrent.cli_told import told_errors
from quitrent.logs import log_to_stderr
from quitrent.server import Server, build_deployment
from quitrent.server_process import Order, Ready, Refused
from quitrent.services.keys import create_first_key
from quitrent.stopping import LAST_SECONDS, when_told_to_stop


def main() -> None:
    """Serve as the supervisor orders, until it says so or is gone."""
    supervisor: Connection = Connection(int(sys.argv[1]))
    try:
        order = supervisor.recv()
    except EOFError:
        # It has been killed in the moment in which it started us.
        return
    log_to_stderr(with_process=True)
    Thread(target=_stop_with, args=(supervisor,), name="supervisor", daemon=True).start()
    try:
        _serve(order, supervisor)
    except told_errors() as error:
        supervisor.send(Refused(str(error)))
        sys.exit(1)


def _serve(order: Order, supervisor: Connection) -> None:
    server = Server(order.settings, build_deployment(order.settings), bills=order.bills)
    # Until here a signal ends us at once, and nobody misses anything.
    stopped: SimpleQueue[None] = SimpleQueue()
    when_told_to_stop(lambda: stopped.put(None))
    first_key = create_first_key(server.deployment)
    server.start()
    # Where it is gone there is nobody to tell, and we stop.
    with suppress(OSError):
        supervisor.send(Ready(first_key))
    stopped.get()
    server.stop()


def _stop_with(supervisor: Connection) -> None:
    """Stop as the supervisor would have us stop, where it has been killed and says nothing more."""
    try:
        supervisor.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), SIGTERM)
        sleep(LAST_SECONDS)
        os._exit(1)


if __name__ == "__main__":
    main()
