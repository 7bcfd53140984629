"""Errors on the wire: a canonical code, a google.rpc.ErrorInfo, and the fields that are wrong."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2, status_pb2

from quitrent.domain import errors
from quitrent.domain.errors import QuitrentError, Reason

DOMAIN = "quitrent"

# Callers refuse headers of more than 8 KiB. A text beyond ASCII takes three times its bytes in one
# of them, and the details four thirds of theirs in another.
LONGEST_MESSAGE_BYTES = 700
LONGEST_TEXT_BYTES = 400
MOST_DETAIL_BYTES = 3_600

_CODES = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    QuitrentError: grpc.StatusCode.INTERNAL,
}


def code_of(error: QuitrentError) -> grpc.StatusCode:
    """Give the code of an error: that of its class, or of the nearest class above it."""
    return next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)


def status_of(error: QuitrentError) -> status_pb2.Status:
    """Give an error with its details; of many wrong fields those that fit."""
    metadata = {key: _cut(value, LONGEST_TEXT_BYTES) for key, value in error.metadata.items()}
    status = status_pb2.Status(code=code_of(error).value[0], message=_cut(error.message, LONGEST_MESSAGE_BYTES))
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata))
    bad_request = _bad_request(error, MOST_DETAIL_BYTES - status.ByteSize())
    if bad_request.field_violations:
        status.details.add().Pack(bad_request)
    return status


def internal_error(incident: str) -> QuitrentError:
    """Give what a caller gets for a fault of ours: nothing but a number that the log has too."""
    return QuitrentError(
        Reason.INTERNAL, f"a fault of the server, incident {incident}", metadata={"incident": incident}
    )


def _bad_request(error: QuitrentError, room_bytes: int) -> error_details_pb2.BadRequest:
    told = error_details_pb2.BadRequest()
    for wrong in error.violations:
        told.field_violations.add(
            field=_cut(wrong.field, LONGEST_TEXT_BYTES),
            description=_cut(wrong.description, LONGEST_TEXT_BYTES),
            reason=error.reason,
        )
        if told.ByteSize() > room_bytes:
            told.field_violations.pop()
            break
    return told


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
