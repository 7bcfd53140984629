"""The two terminals of someone who follows a page: one has the server, one has a shell that remembers its variables."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 30

# What the page says, and what stands for it here: others may be serving there.
ADDRESS = "localhost:50051"
SERVE = "quitrent serve"


def environment(folder: Path) -> dict[str, str]:
    """What the programs of a newcomer have: the project's folder of programs on the path, and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUITRENT_", "PYTEST_"))}
    kept.pop("COLUMNS", None)
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "HOME": str(folder)}


class Terminals:
    """Both terminals, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Beside the folder: nothing but what the page makes is in it.
        self._files = folder.parent / f"{folder.name}-terminals"
        self._files.mkdir()
        # Any free port at first, and the same one when it is started again.
        self._address = "localhost:0"
        self._server: subprocess.Popen[bytes] | None = None
        self._blocks = 0
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shell.communicate(timeout=PATIENCE_SECONDS)
        self._stop()

    def typed_in_the_first(self, typed: str) -> str:
        """Type `^C` and `$ quitrent serve`, the two things that the page has for the first terminal."""
        said = ""
        for line in typed.splitlines():
            if line == "^C":
                said += self._stop()
            elif line == f"$ {SERVE}":
                said += self._serve()
            else:
                raise ValueError(f"the first terminal takes ^C and $ {SERVE}, and not: {line}")
        return said

    def typed_in_the_second(self, typed: str) -> str:
        """Type commands, and give what they say, on both of their outputs."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._blocks += 1
        block = self._files / f"block-{self._blocks}.sh"
        block.write_text(self._here(typed), "utf-8")
        self._shell.stdin.write(f". '{block}' < /dev/null 2>&1; echo; echo end-{self._blocks}\n")
        self._shell.stdin.flush()
        said: list[str] = []
        for line in self._shell.stdout:
            if line == f"end-{self._blocks}\n":
                return self._there("".join(said))
            said.append(line)
        raise AssertionError(f"the shell ended at this block:\n{typed}\nit said:\n{''.join(said)}")

    def _here(self, typed: str) -> str:
        return typed.replace(ADDRESS, self._address)

    def _there(self, said: str) -> str:
        return said.replace(self._address, ADDRESS)

    def _serve(self) -> str:
        assert self._server is None, "a server is running"
        self._output = self._files / "server.txt"
        with self._output.open("wb") as output:
            self._server = subprocess.Popen(
                [BIN / "quitrent", "serve", "--listen", self._address],
                cwd=self._folder,
                env=environment(self._folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        latest = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(r"quitrent serves at (localhost:\d+).*\n", self._said())):
            assert self._server.poll() is None, f"the server ended: {self._said()}"
            assert time.monotonic() < latest, f"the server does not serve: {self._said()}"
            time.sleep(0.05)
        self._address = found[1]
        self._heard = len(self._said())
        return self._there(self._said())

    def _stop(self) -> str:
        if self._server is None:
            return ""
        self._server.send_signal(signal.SIGINT)
        code = self._server.wait(timeout=PATIENCE_SECONDS)
        self._server = None
        rest = self._said()[self._heard :]
        assert code == 0, f"the server ended with {code}: {rest}"
        return rest

    def _said(self) -> str:
        return self._output.read_text("utf-8")
