"""The package that a new plugin begins as: written once, and its author's from then on."""

from __future__ import annotations

import re
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from quitrent.hooks.errors import PluginError
from quitrent.testing import templates

_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 63


def write_package(name: str, folder: Path) -> list[Path]:
    """Write the package of a plugin into a folder, and give the files.

    Errors: PluginError for a name that is none, and for a folder that is there and not empty.
    """
    check_name(name)
    files = package_files(name)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise PluginError(f"{folder} is there already and is not empty; nothing was written")
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
    except OSError as error:
        raise PluginError(f"{folder} cannot be written: {error.strerror}") from error
    return [folder / path for path in files]


def package_files(name: str) -> dict[str, str]:
    """Give the files of a package, each by its path in it."""
    module = module_of(name)
    words = {"name": name, "module": module, "class_name": "".join(word.capitalize() for word in name.split("-"))}
    made = {
        "pyproject.toml": templates.PYPROJECT,
        "README.md": templates.README,
        f"src/{module}/__init__.py": templates.MODULE,
        f"src/{module}/py.typed": None,
        "tests/conftest.py": templates.CONFTEST,
        f"tests/test_{module}.py": templates.TESTS,
    }
    return {path: template.substitute(words) if template else "" for path, template in made.items()}


def module_of(name: str) -> str:
    """Give the module of a plugin's name.

    >>> module_of("happy-hour")
    'happy_hour'
    """
    return name.replace("-", "_")


def check_name(name: str) -> None:
    """Refuse a name that cannot be an entry point's, a package's and, with `_` for `-`, a module's.

    Errors: PluginError saying what would be right.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise PluginError(
            f"{name!r} is no name for a plugin; it takes at most {LONGEST_NAME} small letters and digits in words with "
            f"a - between them, like {_like(name)}"
        )
    module = module_of(name)
    if iskeyword(module):
        raise PluginError(f"{name} is a word of Python's; take another name, like {name}-prices")
    # It would stand in the other's way wherever it is installed. Nothing is imported to find out.
    if find_spec(module) is not None:
        raise PluginError(f"there is a module {module} here already; take another name, like {name}-prices")


def _like(name: str) -> str:
    """Give a name that would be right.

    >>> _like("Happy_Hour!"), _like("24/7"), _like("?")
    ('happy-hour', 'plugin-24-7', 'happy-hour')
    """
    words = "-".join(re.findall("[a-z0-9]+", re.sub("(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()))
    if not words:
        return "happy-hour"
    return (words if words[0].isalpha() else f"plugin-{words}")[:LONGEST_NAME].rstrip("-")
