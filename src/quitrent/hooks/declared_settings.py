"""A plugin's table of the settings file, made into the dataclass that the plugin declares.

Text, whole numbers, booleans, days, `Decimal`, `Path`, literals, and dataclasses, `Mapping[str, ...]`
and `tuple[..., ...]` of them. Nothing is converted that was not meant: a number is not a text, and 1
is not true. A `Decimal` is a text or a number; TOML's numbers come here exact. A relative `Path`
begins at the folder of the settings file. A field that is a word of Python's has an underscore after
it: `from_` for `from`.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Settings:
...     percent: Decimal
...     days: tuple[date, ...] = ()
>>> settings_of({"percent": "2.5"}, Settings, Path()).percent
Decimal('2.5')
>>> settings_of({"percnt": "2.5"}, Settings, Path())
Traceback (most recent call last):
    ...
quitrent.hooks.declared_settings.SettingsRefusedError: the table has no setting percnt; there are days, percent
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from keyword import iskeyword
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.gen import make_dict_structure_fn, override

_Declared = TypeVar("_Declared")

# ASCII digits and no exponent: what Decimal reads beyond that is rather a slip than an amount.
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WANTED: dict[type, str] = {
    str: 'a text, like "gold"',
    int: "a whole number, like 3",
    bool: "true or false",
}
LONGEST_SHOWN = 60


class SettingsRefusedError(ValueError):
    """A table is not what the plugin declares; the text names each key, what is wrong and what would be right."""


class _WrongError(Exception):
    """A value is of the wrong kind; the text goes on 'key ...'."""


def settings_of(table: Mapping[str, object], declared: type[_Declared], folder: Path) -> _Declared:
    """Make the settings that a plugin declares.

    declared: a dataclass. folder: where relative paths begin.
    Errors: SettingsRefusedError, naming all that is wrong at once.
    """
    try:
        return _converter(folder).structure(table, declared)
    # Whatever a plugin's own checks raise, it is a word about its settings.
    except Exception as error:
        texts = sorted(map(_in_words, transform_error(error, format_exception=_told)))
        raise SettingsRefusedError("; ".join(texts)) from error


def files_digest(settings: object) -> str:
    """Give what tells the content of the files that settings name from another; empty where they name none.

    Errors: OSError for a file that cannot be read.
    """
    files = sorted(_files(settings))
    if not files:
        return ""
    found = sha256()
    for file in files:
        found.update(sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]


def _files(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            yield from _files(getattr(value, one.name))
    elif isinstance(value, Mapping | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _files(part)


def _converter(folder: Path) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, wanted in _WANTED.items():
        converter.register_structure_hook(kind, _exactly(kind, wanted))
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(Path, lambda value, _: folder / _text(value, str))
    converter.register_structure_hook_factory(is_dataclass, _dataclass_hook)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_func(_is_literal, _literal)
    return converter


def _exactly(kind: type, wanted: str) -> Callable[[Any, object], Any]:
    def checked(value: Any, _: object) -> Any:
        if type(value) is not kind:
            raise _WrongError(f"is {_shown(value)}; it takes {wanted}")
        return value

    return checked


_text = _exactly(str, 'a path, like "prices.csv"')


def _decimal(value: Any, _: object) -> Decimal:
    if type(value) in (str, int, Decimal) and _NUMBER.fullmatch(str(value)):
        return Decimal(str(value))
    raise _WrongError(f'is {_shown(value)}; it takes a number with at most 6 decimals, like "10" or "-2.5"')


def _day(value: Any, _: object) -> date:
    # Compared exactly: a datetime is a date too, and cannot be compared with a period's days.
    if type(value) is date:
        return value
    if type(value) is str and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _WrongError(f"is {_shown(value)}, which is no day of the calendar: {error}") from error
    raise _WrongError(f"is {_shown(value)}; it takes a day, like 2026-07-01")


def _dataclass_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    names = [one.name for one in fields(kind)]
    renamed: Any = {name: override(rename=_key(name)) for name in names if _key(name) != name}
    structure = make_dict_structure_fn(kind, converter, **renamed)

    def checked(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _WrongError(f"is {_shown(value)}; it takes a table")
        unknown = sorted(value.keys() - {_key(name) for name in names})
        if unknown:
            there_are = ", ".join(sorted(map(_key, names))) or "none"
            raise _WrongError(f"has no setting {unknown[0]}; there are {there_are}")
        return structure(value, kind)

    return checked


def _key(field_name: str) -> str:
    """Give the key of a field: TOML may use words that Python keeps for itself."""
    return field_name[:-1] if field_name.endswith("_") and iskeyword(field_name[:-1]) else field_name


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _literal(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise _WrongError(f"is {_shown(value)}; it takes one of {', '.join(map(repr, get_args(kind)))}")
    return value


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _tuple_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    structure = homogenous_tuple_structure_factory(kind, converter)

    def checked(value: Any, _: Any) -> Any:
        # A text has letters one after the other, and is no list.
        if type(value) is not list:
            raise _WrongError(f'is {_shown(value)}; it takes a list, like ["a", "b"]')
        return structure(value, kind)

    return checked


def _told(error: BaseException, _: type | None) -> str:
    """Give what is wrong with one key; `_in_words` puts the key before it."""
    if isinstance(error, _WrongError):
        return str(error)
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, AttributeError):
        return "takes a table"
    # What a dataclass says in its `__post_init__`, or a literal that is none of those it takes.
    return f"is refused: {error}"


def _in_words(text: str) -> str:
    """Turn `is missing @ $.campaigns['launch'].floor` around."""
    what, _, place = text.rpartition(" @ $")
    key = re.sub(r"\['(.*?)'\]", r".\1", place).removeprefix(".")
    key = re.sub(r"\w+", lambda word: _key(word.group()), key)
    return f"{key} {what}" if key else f"the table {what}"


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal | date) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
