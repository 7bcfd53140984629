"""`quitrent serve` as a program of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

QUITRENT = str(Path(sys.executable).with_name("quitrent"))


class Served:
    """`quitrent serve` in a folder; its first lines tell the key and the address."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [QUITRENT, "serve", "--listen", "localhost:0", *options],
            cwd=folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # So that a test can press Ctrl-C: it goes to a whole group.
            start_new_session=True,
        )
        assert self.process.stdout
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "serves at" in line:
                break
        told = re.search(r"serves at (\S+),", "".join(self.lines))
        assert told, self.lines
        self.address = told[1]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Read to the end of what it says, and give its exit code."""
        assert self.process.stdout
        self.lines += self.process.stdout.readlines()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


def shown_key(lines: list[str]) -> str | None:
    found = re.search(r"qk_[0-9a-f]+_[0-9a-f]{64}", "".join(lines))
    return found[0] if found else None
