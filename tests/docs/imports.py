"""Which room may import what, read from the sources: nothing is imported to find out."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STANDARD = frozenset(sys.stdlib_module_names)

# What a room may import beside the standard library and itself.
ROOMS = {
    "domain": (),
    "hooks": ("quitrent.domain", "pluggy", "msgspec", "cattrs"),
    # Its migrations take the schema of the queue, which shares our database.
    "store": ("quitrent.domain", "peewee", "playhouse", "procrastinate", "psycopg"),
    "services": ("quitrent.domain", "quitrent.hooks", "quitrent.store"),
    "rpc": (
        "quitrent.domain",
        "quitrent.services",
        "quitrent.v1",
        "grpc",
        "grpc_health",
        "grpc_reflection",
        "grpc_status",
        "google",
        "protovalidate",
    ),
    "workers": ("quitrent.domain", "quitrent.services", "procrastinate"),
    # And what is offered to plugins, by its names.
    "testing": ("quitrent.domain", "quitrent.hooks", "quitrent.__all__", "pytest"),
}

# Who may import a library at all: folders and files of src/quitrent.
LIBRARIES = {
    "peewee": ("store/",),
    "playhouse": ("store/",),
    "procrastinate": ("workers/", "store/migrations/"),
    "pluggy": ("hooks/",),
    "protovalidate": ("rpc/",),
    "grpc": ("rpc/", "server.py", "demo.py", "cli.py"),
    "grpc_status": ("rpc/",),
    "grpc_health": ("rpc/", "server.py"),
    "msgspec": ("hooks/",),
    "cattrs": ("hooks/",),
    # An operator need not have it: it is imported where a test is run, and nowhere else.
    "pytest": ("testing/fixtures.py",),
    "grpc_reflection": ("rpc/",),
    "google": ("rpc/", "demo.py", "demo_life.py"),
    "quitrent.v1": ("rpc/", "server.py", "demo.py", "demo_life.py"),
}


@dataclass(frozen=True)
class Imported:
    """`from module import name`, or `import module` where there is no name."""

    line: int
    module: str
    name: str = ""


def imports(source: str) -> list[Imported]:
    """Give every import of a module, wherever it stands in it."""
    return sorted(_imports(ast.parse(source)), key=lambda found: (found.line, found.module, found.name))


def _imports(tree: ast.Module) -> Iterator[Imported]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                # A relative import has dots in the place of a name that can be looked up.
                yield Imported(node.lineno, "." * node.level + (node.module or ""), alias.name)
        elif isinstance(node, ast.Call) and _is_import_call(node.func):
            yield Imported(node.lineno, "an import at run time")


def _is_import_call(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"__import__", "import_module"}


def within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def wrong_in_room(file: str, source: str) -> list[str]:
    """Give what a file of a room imports and may not. file: from src/quitrent on, like `domain/fee.py`."""
    room = file.partition("/")[0]
    allowed = (*ROOMS[room], f"quitrent.{room}")
    return [_told(file, found) for found in imports(source) if not _is_allowed(found, allowed)]


def wrong_libraries(file: str, source: str) -> list[str]:
    """Give the libraries that a file imports and only others may."""
    return [
        _told(file, found)
        for found in imports(source)
        for library, places in LIBRARIES.items()
        if within(found.module, library) and not any(file == place or _lies_in(file, place) for place in places)
    ]


def wrong_in_plugin(file: str, source: str, own: str, offered: frozenset[str]) -> list[str]:
    """Give what a plugin imports beside itself, the standard library and the names that quitrent offers."""
    return [
        _told(file, found)
        for found in imports(source)
        if not _is_allowed(found, (own,)) and not (found.module == "quitrent" and found.name in offered)
    ]


def _lies_in(file: str, place: str) -> bool:
    return place.endswith("/") and file.startswith(place)


def _is_allowed(found: Imported, packages: tuple[str, ...]) -> bool:
    if found.module.partition(".")[0] in STANDARD:
        return True
    # `from quitrent import domain` names a room in its second half.
    whole = f"{found.module}.{found.name}" if found.name else found.module
    return any(within(found.module, package) or whole == package for package in packages)


def _told(file: str, found: Imported) -> str:
    what = f"from {found.module} import {found.name}" if found.name else f"import {found.module}"
    return f"{file}:{found.line}: {what}"


def floats(source: str) -> list[tuple[int, str]]:
    """Give each use of the name `float` and each number with a point: its line, and the name that it is given to."""
    tree = ast.parse(source)
    targets = {id(part): name for node in ast.walk(tree) if (name := _target(node)) for part in ast.walk(node)}
    return [
        (node.lineno, targets.get(id(node), ""))
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]


def _target(node: ast.AST) -> str:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return ast.unparse(node.targets[0])
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else ""


def sources(folder: Path) -> dict[str, str]:
    """Give the Python files below a folder by their path in it, without what is generated."""
    return {
        name: path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
        if not (name := path.relative_to(folder).as_posix()).startswith("v1/")
    }
