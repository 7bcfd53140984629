"""Errors on the wire: a canonical code, a google.rpc.ErrorInfo, and the fields that are wrong."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from quitrent.domain import errors
from quitrent.domain.errors import QuitrentError, Reason

DOMAIN = "quitrent"

# A reply's headers have a limit; a caller who got this many fields wrong will ask again anyway.
MOST_VIOLATIONS = 10
LONGEST_TEXT = 300

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
    """Give an error with all its details."""
    details = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=_short(error.metadata))]
    if error.violations:
        details.append(_bad_request(error))
    return status_pb2.Status(
        code=code_of(error).value[0],
        message=error.message[:LONGEST_TEXT],
        details=[_packed(detail) for detail in details],
    )


def internal_error(incident: str) -> QuitrentError:
    """Give what a caller gets for a fault of ours: nothing but a number that the log has too."""
    return QuitrentError(
        Reason.INTERNAL, f"a fault of the server, incident {incident}", metadata={"incident": incident}
    )


def _bad_request(error: QuitrentError) -> error_details_pb2.BadRequest:
    violation = error_details_pb2.BadRequest.FieldViolation
    return error_details_pb2.BadRequest(
        field_violations=[
            violation(
                field=wrong.field[:LONGEST_TEXT], description=wrong.description[:LONGEST_TEXT], reason=error.reason
            )
            for wrong in error.violations[:MOST_VIOLATIONS]
        ]
    )


def _short(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value[:LONGEST_TEXT] for key, value in metadata.items()}


def _packed(detail: object) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)  # type: ignore[arg-type]
    return packed
