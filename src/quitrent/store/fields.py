"""Columns for domain values: civil dates, instants, enums and labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import peewee

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of(instant: datetime) -> int:
    """Give an instant as it is stored: in microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


class BytesField(peewee.Field):
    """Bytes as both drivers take them. Peewee's own field keeps to the driver of the database that it met last."""

    field_type = "BLOB"


class CivilDateField(peewee.Field):
    """A day without a time: a `date`, stored as ISO text on SQLite, which sorts as days do."""

    field_type = "DATE"

    def db_value(self, value: date | None) -> str | None:
        """Write the day as text."""
        return None if value is None else value.isoformat()

    @staticmethod
    @lru_cache(4096)
    def read(value: Any) -> Any:
        """Read the day, which PostgreSQL gives as one already; a book has few, and each again and again."""
        return date.fromisoformat(value) if isinstance(value, str) else value

    def python_value(self, value: Any) -> Any:
        """Read the day."""
        return self.read(value)


class InstantField(peewee.BigIntegerField):
    """A `datetime` in UTC, stored as microseconds since 1970: both databases keep it exactly."""

    def db_value(self, value: datetime | None) -> int | None:
        """Write the instant as a number."""
        return None if value is None else micros_of(value)

    def python_value(self, value: Any) -> Any:
        """Read the instant."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class EnumField(peewee.TextField):
    """A `StrEnum`, stored as its text."""

    def __init__(self, enum: type[StrEnum] = StrEnum, **kwargs: Any) -> None:
        """Take the enum whose members the column holds; a migration needs none."""
        super().__init__(**kwargs)
        self.enum = enum

    def python_value(self, value: Any) -> Any:
        """Read the member."""
        return None if value is None else self.enum(value)

    def db_value(self, value: Any) -> str | None:
        """Write the member as a plain text: a driver may take an enum for something else."""
        return None if value is None else str(value)


class LabelsField(peewee.TextField):
    """Labels: a mapping of texts, stored as JSON with sorted keys."""

    def db_value(self, value: Mapping[str, str]) -> str:
        """Write the labels."""
        return json.dumps(dict(value), sort_keys=True, ensure_ascii=False) if value else "{}"

    def python_value(self, value: Any) -> Any:
        """Read the labels."""
        return None if value is None else _labels_in(value)


@lru_cache(4096)
def _labels_in(text: str) -> Mapping[str, str]:
    """Read labels, of which many parties have the same."""
    labels: dict[str, str] = json.loads(text)
    return labels
