"""Money, dates, percentages, enums and masks: between messages and domain values.

Every `_in` names the field in its errors as the caller wrote it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from re import fullmatch
from typing import Any, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal as DecimalText
from google.type.money_pb2 import Money as MoneyMessage

from quitrent.domain.errors import InvalidArgument, Reason, Violation, invalid
from quitrent.domain.money import MICROS, Money, is_currency

EARLIEST_YEAR, LATEST_YEAR = 1970, 2199
_NANOS_IN_MICRO = 1_000
_LARGEST_UNITS = 1_000_000_000_000

_Enum = TypeVar("_Enum", bound=StrEnum)


class Reach(StrEnum):
    """Whom a change of prices counts for."""

    EVERY_SUBSCRIPTION = "EVERY_SUBSCRIPTION"
    NEW_SUBSCRIPTIONS = "NEW_SUBSCRIPTIONS"

    @classmethod
    def of(cls, applies_to_existing: bool) -> Reach:  # noqa: FBT001 -- what it reads is a flag.
        """Give the reach of a change that existing subscriptions follow, or not."""
        return cls.EVERY_SUBSCRIPTION if applies_to_existing else cls.NEW_SUBSCRIPTIONS


def money_in(message: Message, name: str, field: str) -> Money:
    """Read the money in a field, which has to be there.

    Errors: InvalidArgument.
    """
    money: MoneyMessage = _present(message, name, field)
    if not is_currency(money.currency_code):
        raise invalid(f"{field}.currency_code", "must be a currency of ISO 4217, like USD")
    if abs(money.units) > _LARGEST_UNITS:
        raise invalid(f"{field}.units", "must be at most 1,000,000,000,000 either way")
    if abs(money.nanos) >= MICROS * _NANOS_IN_MICRO or money.units * money.nanos < 0:
        raise invalid(f"{field}.nanos", "must be below 1,000,000,000 either way, with the sign of units")
    if money.nanos % _NANOS_IN_MICRO:
        raise invalid(f"{field}.nanos", "must be no finer than a micro: a multiple of 1000")
    return Money(money.units * MICROS + money.nanos // _NANOS_IN_MICRO, money.currency_code)


def money_out(money: Money) -> MoneyMessage:
    """Write money; both parts have the amount's sign."""
    sign = -1 if money.amount_micros < 0 else 1
    units, micros = divmod(abs(money.amount_micros), MICROS)
    return MoneyMessage(currency_code=money.currency, units=sign * units, nanos=sign * micros * _NANOS_IN_MICRO)


def optional_money_in(message: Message, name: str, field: str) -> Money | None:
    """Read the money in a field, or None where there is none. Errors: InvalidArgument."""
    return money_in(message, name, field) if message.HasField(name) else None


def optional_money_out(money: Money | None) -> MoneyMessage | None:
    """Write money where there is some."""
    return None if money is None else money_out(money)


def date_in(message: Message, name: str, field: str) -> date:
    """Read the day in a field, which has to be there and to exist.

    Errors: InvalidArgument.
    """
    day: Date = _present(message, name, field)
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise invalid(f"{field}.year", f"must be from {EARLIEST_YEAR} to {LATEST_YEAR}")
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        raise invalid(field, f"{day.year:04d}-{day.month:02d}-{day.day:02d} is not a day of the calendar") from None


def optional_date_in(message: Message, name: str, field: str) -> date | None:
    """Read the day in a field, or None where there is none. Errors: InvalidArgument."""
    return date_in(message, name, field) if message.HasField(name) else None


def month_in(message: Message, name: str, field: str) -> date:
    """Read a month, as its first day; the message's day is 0.

    Errors: InvalidArgument.
    """
    month: Date = _present(message, name, field)
    if month.day:
        raise invalid(f"{field}.day", "must be left out: a month is a year and a month")
    if not (EARLIEST_YEAR <= month.year <= LATEST_YEAR and 1 <= month.month <= 12):
        raise invalid(field, f"must be a month from {EARLIEST_YEAR}-01 to {LATEST_YEAR}-12")
    return date(month.year, month.month, 1)


@lru_cache(1024)
def date_out(day: date) -> Date:
    """Write a day; a message that it is put into gets a copy."""
    return Date(year=day.year, month=day.month, day=day.day)


def month_out(month: date) -> Date:
    """Write a month, with day 0."""
    return Date(year=month.year, month=month.month)


def percent_in(text: DecimalText, field: str) -> Decimal:
    """Read a percentage: decimal text without an exponent, at most 6 decimals.

    Errors: InvalidArgument.
    """
    if not fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{1,6})?", text.value):
        raise invalid(f"{field}.value", 'must be decimal text without an exponent and at most 6 decimals, like "12.5"')
    return Decimal(text.value)


def decimal_out(text: str) -> DecimalText:
    """Write a number that is text already."""
    return DecimalText(value=text)


def time_out(instant: datetime | None) -> Timestamp | None:
    """Write an instant."""
    if instant is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(instant.astimezone(UTC))
    return stamp


def enum_in(wrapper: Any, value: int, enum: type[_Enum]) -> _Enum | None:
    """Read an enum's value; None where it is unspecified. The protos refuse undefined ones."""
    return next((member for member in enum if wrapper.Value(_name(wrapper, member)) == value), None)


@cache
def enum_out(wrapper: Any, member: StrEnum | None) -> Any:
    """Write an enum's value; unspecified where there is none."""
    return 0 if member is None else wrapper.Value(_name(wrapper, member))


def required_enum_in(wrapper: Any, value: int, enum: type[_Enum], field: str) -> _Enum:
    """Read an enum's value, which has to be given. Errors: InvalidArgument."""
    member = enum_in(wrapper, value, enum)
    if member is None:
        names = " or ".join(_name(wrapper, one) for one in enum)
        raise invalid(field, f"must be {names}")
    return member


def required_text(text: str, field: str) -> str:
    """Give a text, which has to be there. Errors: InvalidArgument."""
    if not text:
        raise invalid(field, "must be given")
    return text


def mask_in(
    mask: FieldMask, noun: str, changeable: Iterable[str], immutable: Iterable[str], refused: Iterable[str] = ()
) -> frozenset[str]:
    """Read which fields to change. `refused` are let through for the use case to refuse.

    Errors: InvalidArgument for a path that is not a field, or one that cannot be changed.
    """
    paths = frozenset(mask.paths)
    allowed = ", ".join(sorted(changeable))
    if not paths:
        raise invalid("update_mask", f"must name at least one field: {allowed}")
    unknown = sorted(paths - set(changeable) - set(immutable) - set(refused))
    if unknown:
        violations = [
            Violation("update_mask", f"{path[:100]} is no field of a {noun} that can be changed; those are {allowed}")
            for path in unknown
        ]
        raise InvalidArgument(Reason.FIELD_INVALID, f"update_mask: {violations[0].description}", *violations)
    fixed = sorted(paths & set(immutable))
    if fixed:
        raise invalid(f"{noun}.{fixed[0]}", "cannot be changed", Reason.FIELD_IMMUTABLE)
    return paths


def new_id() -> str:
    """Make the last part of a name, for a caller that gave none."""
    return secrets.token_hex(8)


def _present(message: Message, name: str, field: str) -> Any:
    if not message.HasField(name):
        raise invalid(field, "must be given")
    return getattr(message, name)


def _name(wrapper: Any, member: StrEnum) -> str:
    # The zero value tells the prefix: PLAN_KIND_UNSPECIFIED.
    prefix: str = wrapper.Name(0).removesuffix("UNSPECIFIED")
    return prefix + member
