"""The source of a plugin, read and never run: what it imports of quitrent beside what is offered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from quitrent import __all__ as offered

# For the tests of a plugin, where they are installed with it.
_KIT = "quitrent.testing"
_OFFERED = {*offered, "*"}


def files_of(location: str) -> list[Path]:
    """Give the files of the package that a location like `happy_hour:HappyHour` is in, where they are found."""
    package = location.partition(":")[0].partition(".")[0]
    # Of a name without a point nothing is imported to find it.
    spec = find_spec(package)
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return sorted(path for folder in spec.submodule_search_locations for path in Path(folder).rglob("*.py"))
    return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []


def inner_imports(path: Path) -> Iterator[str]:
    """Give what a file imports of quitrent's inside, each like `happy_hour/__init__.py:3: quitrent.domain.money`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        for module, name in _imports(node):
            is_inside = module.startswith("quitrent.") or (module == "quitrent" and name not in _OFFERED)
            whole = f"{module}.{name}" if name else module
            if is_inside and not f"{whole}.".startswith(f"{_KIT}."):
                yield f"{path.parent.name}/{path.name}:{getattr(node, 'lineno', 0)}: {whole}"


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        # `import quitrent` alone shows everything; what is used of it is not followed.
        yield from ((alias.name, "") for alias in node.names if alias.name != "quitrent")
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((node.module, alias.name) for alias in node.names)
