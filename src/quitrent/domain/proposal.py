"""What a plugin may say: adjustments of a price and reviews of it, and the checks that both pass.

A checked proposal is of exactly our types, and within its limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from re import compile as compiled

LONGEST_TEXT = 255
LARGEST_PERCENT = 100_000
LARGEST_UNITS = 1_000_000_000
MOST_DECIMALS = 6

_CODE = compiled(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A plugin's proposal: a signed percentage of the basis, or a signed amount for one whole period.

    `code` is the plugin's own short word for it, `reason` a sentence for people. Exactly one of
    `percent` and `amount` is a `Decimal`, with at most 6 decimals; an amount is in units, and
    `currency` has to be the line's.
    """

    code: str
    reason: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None


class Verdict(StrEnum):
    """What a review says of a finished price."""

    ALLOW = "ALLOW"
    WARN = "WARN"
    REFUSE = "REFUSE"


@dataclass(frozen=True, slots=True)
class Review:
    """A plugin's verdict on a finished price, with the reason for it."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """The plugin that a proposal or a verdict comes from.

    Where one that sets the final price proposes something, what the others propose does not count.
    """

    plugin: str
    version: str = ""
    sets_final_price: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """In the place of what a plugin would have said: it failed, and the price is made without it."""

    cause: str


def type_name(value: object) -> str:
    """Give the name of a value's type as it was made: a metaclass may answer for it otherwise."""
    return str(type.__dict__["__name__"].__get__(type(value)))


def checked_adjustment(proposal: object, currency: str) -> Adjustment:
    """Give what a plugin proposed, with texts that can be kept, or refuse it.

    Types are compared exactly: a subclass could answer differently when it is asked again.
    Errors: ValueError saying what is wrong.
    """
    if type(proposal) is not Adjustment:
        raise ValueError(f"proposed a {type_name(proposal)} instead of an Adjustment")
    code, reason = _checked_text("code", proposal.code), _checked_text("reason", proposal.reason)
    if not _CODE.fullmatch(code):
        raise ValueError("proposed a code that is not 1 to 63 letters, digits, _, . or -")
    if (proposal.percent is None) == (proposal.amount is None):
        raise ValueError("proposed an Adjustment that has not exactly one of percent and amount")
    is_clean = code is proposal.code and reason is proposal.reason
    if proposal.percent is not None:
        percent = _checked_decimal("percent", proposal.percent, LARGEST_PERCENT)
        return proposal if is_clean and proposal.currency is None else Adjustment(code, reason, percent)
    if type(proposal.currency) is not str:
        raise ValueError(f"proposed an amount whose currency is a {type_name(proposal.currency)}")
    if proposal.currency != currency:
        raise ValueError(f"proposed an amount in {proposal.currency[:10]} for a line in {currency}")
    amount = _checked_decimal("amount", proposal.amount, LARGEST_UNITS)
    return proposal if is_clean else Adjustment(code, reason, amount=amount, currency=currency)


def checked_review(verdict: object) -> Review:
    """Give a core-owned copy of what a plugin's review said, or refuse it.

    Errors: ValueError saying what is wrong.
    """
    if type(verdict) is not Review:
        raise ValueError(f"gave a {type_name(verdict)} instead of a Review")
    if type(verdict.verdict) is not Verdict:
        raise ValueError("gave a Review whose verdict is not a Verdict")
    return Review(verdict.verdict, _checked_text("reason", verdict.reason))


def _checked_text(what: str, text: object) -> str:
    if type(text) is not str or len(text) > LONGEST_TEXT:
        raise ValueError(f"gave a {what} that is not a text of at most {LONGEST_TEXT} characters")
    if text.isascii() and "\0" not in text:
        return text
    # A lone surrogate can be neither stored nor sent.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _checked_decimal(what: str, value: object, largest: int) -> Decimal:
    if type(value) is not Decimal:
        raise ValueError(f"proposed a {type_name(value)} as {what}; it takes a Decimal")
    if not value.is_finite():
        raise ValueError(f"proposed {value} as {what}; it takes a finite Decimal")
    if value.copy_abs() > largest:
        raise ValueError(f"proposed {value} as {what}; at most {largest} either way is allowed")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MOST_DECIMALS:
        raise ValueError(f"proposed {value} as {what}; it takes at most {MOST_DECIMALS} decimals")
    return value
