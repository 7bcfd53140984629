"""What can go wrong, in the caller's words.

One class for each kind of answer, and a reason from one list. A message says what is wrong and
what would be right; it never holds SQL, a path or a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The machine-readable cause; protos/quitrent/v1/error_reason.proto says when each is given."""

    KEY_INVALID = "KEY_INVALID"
    ADMIN_ONLY = "ADMIN_ONLY"
    SIDE_OF_OTHER_PARTY = "SIDE_OF_OTHER_PARTY"
    FIELD_INVALID = "FIELD_INVALID"
    REQUEST_MALFORMED = "REQUEST_MALFORMED"
    FIELD_IMMUTABLE = "FIELD_IMMUTABLE"
    PAGE_TOKEN_INVALID = "PAGE_TOKEN_INVALID"  # noqa: S105 -- a reason, not a password.
    NOT_FOUND = "NOT_FOUND"
    NAME_TAKEN = "NAME_TAKEN"
    REQUEST_ID_TAKEN = "REQUEST_ID_TAKEN"
    PRICE_RULE_DATE_TAKEN = "PRICE_RULE_DATE_TAKEN"
    PLAN_IN_USE = "PLAN_IN_USE"
    PRODUCT_IN_USE = "PRODUCT_IN_USE"
    PLAN_KIND_WRONG = "PLAN_KIND_WRONG"
    PLAN_MANAGED_BY_OTHER = "PLAN_MANAGED_BY_OTHER"
    ACCOUNT_PLAN_NOT_SHARED = "ACCOUNT_PLAN_NOT_SHARED"
    RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE = "RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE"
    PRODUCT_NOT_SHARED = "PRODUCT_NOT_SHARED"
    PRODUCT_MANAGED_BY_OTHER = "PRODUCT_MANAGED_BY_OTHER"
    PRODUCT_ARCHIVED = "PRODUCT_ARCHIVED"
    MAIN_PRODUCT_ASSIGNED = "MAIN_PRODUCT_ASSIGNED"
    PRODUCT_ASSIGNED = "PRODUCT_ASSIGNED"
    SUBSCRIPTION_SUSPENDED = "SUBSCRIPTION_SUSPENDED"
    SUBSCRIPTION_NOT_SUSPENDED = "SUBSCRIPTION_NOT_SUSPENDED"
    SUBSCRIPTION_CLOSED = "SUBSCRIPTION_CLOSED"
    NOTHING_TO_WITHDRAW = "NOTHING_TO_WITHDRAW"
    PRODUCT_CHANGE_BILLED = "PRODUCT_CHANGE_BILLED"
    FEE_CHANGE_DATE_TAKEN = "FEE_CHANGE_DATE_TAKEN"
    DATE_OUTSIDE_SUBSCRIPTION = "DATE_OUTSIDE_SUBSCRIPTION"
    DATE_SETTLED = "DATE_SETTLED"
    INSIDE_BILLED_PERIOD = "INSIDE_BILLED_PERIOD"
    RETAIL_PRICE_BELOW_ZERO = "RETAIL_PRICE_BELOW_ZERO"
    RETAIL_PRICE_TOO_LARGE = "RETAIL_PRICE_TOO_LARGE"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    PLUGIN_FAILED = "PLUGIN_FAILED"
    PLUGIN_SET_ASIDE = "PLUGIN_SET_ASIDE"
    RETAIL_PRICE_REFUSED = "RETAIL_PRICE_REFUSED"
    CHARGE_IS_REVERSAL = "CHARGE_IS_REVERSAL"
    CHARGE_HAS_CREDIT = "CHARGE_HAS_CREDIT"
    RUN_HAS_ENDED = "RUN_HAS_ENDED"
    TOO_MANY_WATCHERS = "TOO_MANY_WATCHERS"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Violation:
    """A field of the request, by its path, and what would be right."""

    field: str
    description: str


class QuitrentError(Exception):
    """The root of what this service answers with; the subclass gives the kind of answer."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        *violations: Violation,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.violations = violations
        self.metadata = dict(metadata or {})


class InvalidArgument(QuitrentError):
    """The request is wrong, whatever is stored."""


class Unauthenticated(QuitrentError):
    """The caller has not shown a key that counts."""


class PermissionDenied(QuitrentError):
    """The caller may see it, and may not do this with it."""


class NotFound(QuitrentError):
    """It does not exist, or the caller may not know of it: the same answer for both."""


class AlreadyExists(QuitrentError):
    """The id is taken, with other content."""


class FailedPrecondition(QuitrentError):
    """The request is right and does not fit what is stored."""


class ResourceExhausted(QuitrentError):
    """The server has no room for this call now."""


class Unavailable(QuitrentError):
    """The database is busy or out of reach; nothing was changed."""


def not_found(name: str) -> NotFound:
    """Say the same of what does not exist and of what the caller may not know of."""
    return NotFound(Reason.NOT_FOUND, f"{name} is not found", metadata={"name": name})


def invalid(field: str, description: str, reason: Reason = Reason.FIELD_INVALID) -> InvalidArgument:
    """Say which one field is wrong, and what would be right."""
    return InvalidArgument(reason, f"{field}: {description}", Violation(field, description))
