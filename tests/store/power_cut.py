"""A power cut: every write, truncation, sync and deletion in a folder recorded, and cut at any step.

What a disk holds after a cut goes by what SQLite may rely on, and by nothing kinder:

- What was written to a file before its last sync is there.
- What was written after that is there or not, each sector for itself, or zeros or garbage are in its
  place. A sector that was written in part keeps its other part; SQLite calls it powersafe overwrite.
- A new file's name is there once its folder has been synced. SQLite does so when it first syncs a
  journal or a log.
- A deleted file may be back, with all that was synced to it, until its folder is synced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR_BYTES = 512
_JOURNALS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL

# What a folder holds: the contents of its files, by their names.
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Created:
    """A file came to be; files have numbers, since one of the same name may follow it."""

    file: int
    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were written."""

    file: int
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file was made shorter, or longer with zeros."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file was synced, and its folder with it or not."""

    file: int
    folder: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """A name was taken away, and the folder synced or not."""

    name: str
    folder: bool


Step = Created | Written | Truncated | Synced | Deleted


class Recorder(apsw.VFS):
    """A file system for SQLite that does as its own one does, and keeps what it is asked to do in a folder."""

    def __init__(self, folder: Path) -> None:
        """Begin with what is in the folder, all of which is taken to be synced."""
        self.name = f"recorder of {folder}"
        super().__init__(self.name, "")
        self.before = {file.name: file.read_bytes() for file in folder.iterdir()}
        self.steps: list[Step] = []
        self._numbers = {name: number for number, name in enumerate(self.before)}
        self._made = len(self._numbers)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file; one without a name is a temporary one, which no one looks for after a cut."""
        if name is None:
            return apsw.VFSFile("", name, flags)
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        is_new = not path.exists()
        number = self._made if is_new else self._numbers[path.name]
        opened = _RecordedFile(name, flags, number, self.steps)
        if is_new:
            self._numbers[path.name] = number
            self._made += 1
            self.steps.append(Created(number, path.name))
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Delete a file."""
        super().xDelete(filename, syncdir)
        self.steps.append(Deleted(Path(filename).name, bool(syncdir)))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename, flags: list[int], number: int, steps: list[Step]) -> None:
        super().__init__("", name, flags)
        self._number, self._steps = number, steps
        self._syncs_folder = bool(flags[0] & _JOURNALS and flags[0] & apsw.SQLITE_OPEN_CREATE)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._steps.append(Written(self._number, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._steps.append(Truncated(self._number, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._steps.append(Synced(self._number, self._syncs_folder))
        self._syncs_folder = False


class Disk:
    """The files of a folder as they are, and which of it a power cut leaves for sure."""

    def __init__(self, files: Files) -> None:
        """Begin with files that are synced."""
        self._names = {name: number for number, name in enumerate(files)}
        self._synced_names = dict(self._names)
        self._synced = dict(enumerate(files.values()))
        self._unsynced: dict[int, list[Written | Truncated]] = {number: [] for number in self._synced}

    def take(self, step: Step) -> None:
        """Do what was recorded."""
        match step:
            case Created(file, name):
                self._names[name] = file
                self._synced[file], self._unsynced[file] = b"", []
            case Written(file) | Truncated(file):
                self._unsynced[file].append(step)
            case Synced(file, folder):
                self._synced[file] = _changed(self._synced[file], self._unsynced[file])
                self._unsynced[file] = []
                if folder:
                    self._synced_names = dict(self._names)
            case Deleted(name, folder):
                del self._names[name]
                if folder:
                    self._synced_names = dict(self._names)

    def after_cut(self) -> Files:
        """Give the files without anything that was not synced."""
        return {name: self._synced[file] for name, file in self._synced_names.items()}

    def after_some_cut(self, random: Random) -> Files:
        """Give the files with some of what was not synced, whole or in part."""
        kept = random.choice((self._names, self._synced_names, self._names | self._synced_names))
        share = random.random()
        return {
            name: _changed(self._synced[file], _survivors(self._unsynced[file], share, random))
            for name, file in kept.items()
        }


def _changed(content: bytes, changes: list[Written | Truncated]) -> bytes:
    changed = bytearray(content)
    for change in changes:
        end = change.size if isinstance(change, Truncated) else change.offset + len(change.content)
        changed.extend(bytes(max(0, end - len(changed))))
        if isinstance(change, Truncated):
            del changed[end:]
        else:
            changed[change.offset : end] = change.content
    return bytes(changed)


def _survivors(changes: list[Written | Truncated], share: float, random: Random) -> list[Written | Truncated]:
    survivors: list[Written | Truncated] = []
    for change in changes:
        if random.random() < share:
            survivors.append(change)
        # Of the rest, half of the writes are torn, and all else is lost.
        elif isinstance(change, Written) and random.random() < 0.5:
            survivors += _torn(change, random)
    return survivors


def _torn(write: Written, random: Random) -> Iterator[Written]:
    """Give some of the sectors of a write, some of them with zeros or garbage for what was written."""
    end = write.offset + len(write.content)
    second = (write.offset // SECTOR_BYTES + 1) * SECTOR_BYTES
    for start, stop in pairwise([write.offset, *range(second, end, SECTOR_BYTES), end]):
        fate = random.choice(("written", "lost", "zeros", "garbage"))
        if fate == "written":
            yield Written(write.file, start, write.content[start - write.offset : stop - write.offset])
        elif fate != "lost":
            yield Written(write.file, start, bytes(stop - start) if fate == "zeros" else random.randbytes(stop - start))
