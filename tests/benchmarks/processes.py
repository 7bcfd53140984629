"""What processes have used: the time that they computed, and the most memory that each held."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(processes: Iterable[int]) -> float:
    """Give how long some processes have computed by now; one that has ended counts nothing."""
    return sum(map(_cpu_seconds, processes))


def peak_mib(process: int) -> float:
    """Give the most memory that a process has held."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def forget_peak(process: int) -> None:
    """Have the peak of a process be what it holds now."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def descendants(process: int) -> list[int]:
    """Give a process's children, and theirs."""
    children = [int(child) for task in _tasks(process) for child in _read(task / "children").split()]
    return [one for child in children for one in (child, *descendants(child))]


def named(name: str) -> list[int]:
    """Give the processes whose program has a name."""
    found = (path for path in Path("/proc").iterdir() if path.name.isdecimal())
    return [int(path.name) for path in found if _read(path / "comm").strip() == name]


def _cpu_seconds(process: int) -> float:
    fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    # User and system time of itself, and of the children that have ended.
    return sum(map(int, fields[11:15])) * _TICK_SECONDS if fields else 0


def _tasks(process: int) -> list[Path]:
    folder = Path(f"/proc/{process}/task")
    return list(folder.iterdir()) if folder.exists() else []


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
