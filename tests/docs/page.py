"""A page of documentation: its fenced blocks, and whether a program said what a block shows.

A block that shows a reply is the whole reply, line by line. `...` stands for what was left out: on a line of its
own for any number of lines, inside a line for any text. What surrounds a line and how much space is between its
words does not count; and `"displayName":` is taken for `"display_name":`, since grpcurls differ in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEFT_OUT = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line of the page on which its text begins."""

    language: str
    text: str
    line: int


class Page:
    """A page of Markdown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text("utf-8")

    def blocks(self, language: str = "") -> list[Block]:
        """Give the fenced blocks, or those of one language."""
        return [block for block in blocks_of(self.text) if language in {"", block.language}]

    def section(self, title: str) -> str:
        """Give a section with its parts, with empty lines before it, so that its lines have the page's numbers."""
        found = re.search(rf"^## {re.escape(title)}$.*?(?=^## |\Z)", self.text, re.DOTALL | re.MULTILINE)
        assert found, f"{self.path} has no section {title}"
        return "\n" * self.text.count("\n", 0, found.start()) + found.group()


def blocks_of(text: str) -> list[Block]:
    """Give the fenced blocks of a text."""
    return [
        Block(found["language"], found["text"], text.count("\n", 0, found.start("text")) + 1)
        for found in re.finditer(r"^```(?P<language>.*)\n(?P<text>(?:.*\n)*?)```$", text, re.MULTILINE)
    ]


def missing(shown: str, said: str) -> str:
    """Give the part of a block that a reply does not have where it should; nothing if the reply is what is shown."""
    lines = [_plain(line) for line in said.strip().splitlines()]
    runs = _runs(shown)
    at = 0
    for number, run in enumerate(runs):
        first, last = number == 0, number == len(runs) - 1
        # The first run begins the reply, the last one ends it, and the others come where they come first.
        latest = len(lines) - len(run)
        starts = range(max(at, latest) if last else at, (0 if first else latest) + 1)
        place = next((start for start in starts if _fits(run, lines[start : start + len(run)])), None)
        if place is None:
            return "\n".join(run) or "the end"
        at = place + len(run)
    return ""


def _runs(shown: str) -> list[list[str]]:
    """The lines of a block, cut where lines were left out."""
    runs: list[list[str]] = [[]]
    for line in shown.strip().splitlines():
        if line.strip() == LEFT_OUT:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def _fits(shown: Sequence[str], said: Sequence[str]) -> bool:
    return len(shown) == len(said) and all(
        _pattern(one).fullmatch(other) for one, other in zip(shown, said, strict=True)
    )


@cache
def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(_plain(part)) for part in line.split(LEFT_OUT)))


def _plain(line: str) -> str:
    words = " ".join(line.split())
    return re.sub(r'"(\w+)":', lambda key: key.group().replace("_", "").lower(), words)
