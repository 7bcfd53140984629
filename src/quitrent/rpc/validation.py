"""Requests as the protos want them: well-formed bytes, and fields that keep the rules written there."""

from __future__ import annotations

from collections.abc import Callable

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
        violations = [Violation(_path(found.proto), str(found.proto.message)) for found in error.violations]
        text = "; ".join(f"{wrong.field}: {wrong.description}" for wrong in violations)
        raise InvalidArgument(Reason.FIELD_INVALID, text, *violations) from None


def _path(violation: object) -> str:
    """Write a field's path as the caller writes it: price_rule.price, requests[3].date."""
    path = ""
    for element in violation.field.elements:  # type: ignore[attr-defined]
        path += "." + element.field_name if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{getattr(subscript, 'value', subscript)}]"
    return path
