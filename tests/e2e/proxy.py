"""A way to a database that can be cut: a port on this machine in front of PostgreSQL's own socket."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from urllib.parse import parse_qs, urlsplit


class Proxy:
    """Forwards whoever connects to its `url`, until it is cut."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        [folder] = parse_qs(parts.query)["host"]
        [self._socket] = (str(file) for file in Path(folder).glob(".s.PGSQL.*") if file.suffix != ".lock")
        self._ends: list[socket.socket] = []
        self._port = 0
        self.restore()
        self.url = f"postgresql://{parts.username}@localhost:{self._port}{parts.path}"

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """End every connection, and let nobody connect."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def restore(self) -> None:
        """Let those who want to connect, at the same port."""
        self._listening = socket.create_server(("localhost", self._port))
        self._port = self._listening.getsockname()[1]
        self._accepting = Thread(target=self._accept, args=(self._listening,), daemon=True)
        self._accepting.start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                database = socket.socket(socket.AF_UNIX)
                database.connect(self._socket)
                self._ends += [client, database]
                for source, target in ((client, database), (database, client)):
                    Thread(target=_forward, args=(source, target), daemon=True).start()


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65_536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
