"""Requests as the protos want them: well-formed bytes, and fields that keep the rules written there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import protovalidate
from google.protobuf.message import DecodeError, Message

from quitrent.domain.errors import InvalidArgument, Reason, Violation

_validator = protovalidate.Validator()


def parsed(data: bytes, deserialize: Callable[[bytes], Message]) -> Message:
    """Give the message that some bytes are.

    Errors: InvalidArgument (REQUEST_MALFORMED).
    """
    try:
        return deserialize(data)
    except (DecodeError, ValueError, RecursionError):
        raise InvalidArgument(
            Reason.REQUEST_MALFORMED, "the request's bytes are not a message of this call's type"
        ) from None


def check_rules(request: Message) -> None:
    """Refuse a request that breaks a rule of its proto, naming each field that is wrong.

    Errors: InvalidArgument (FIELD_INVALID).
    """
    try:
        _validator.validate(request)
    except protovalidate.ValidationError as error:
        violations = [Violation(_path(found.proto), _said(found.proto)) for found in error.violations]
        text = "; ".join(f"{wrong.field}: {wrong.description}" for wrong in violations)
        raise InvalidArgument(Reason.FIELD_INVALID, text, *violations) from None


def _said(violation: Any) -> str:
    """Give what would be right; the library's own words for what is missing are no such sentence."""
    if violation.rule_id != "required":
        return str(violation.message)
    return "exactly one of its fields must be given" if "oneof" in violation.message else "must be given"


def _path(violation: Any) -> str:
    """Write a field's path as the caller writes it: price_rule.price, requests[3].date."""
    path = ""
    for element in violation.field.elements:
        path += "." + element.field_name if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{getattr(subscript, 'value', subscript)}]"
    return path
