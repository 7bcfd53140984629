"""What a plugin may say: each proposal and verdict is checked, and copied into types of the core's own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from quitrent.domain.proposal import Adjustment, Review, Verdict, checked_adjustment, checked_review, type_name


class Text(str):
    """Not quite a text."""

    __slots__ = ()


class Number(Decimal):
    """Not quite a Decimal."""


class Adjusted(Adjustment):
    """Not quite an Adjustment."""


def percent(value: object) -> Any:
    return Adjustment("code", "why", percent=value)  # type: ignore[arg-type]


def amount(value: object, currency: object = "USD") -> Any:
    return Adjustment("code", "why", amount=value, currency=currency)  # type: ignore[arg-type]


def coded(code: Any, reason: Any = "why") -> Any:
    return Adjustment(code, reason, percent=Decimal(1))


CODE = "proposed a code that is not 1 to 63 letters, digits, _, . or -"


@pytest.mark.parametrize(
    ("proposal", "refused"),
    [
        (percent(Decimal(10)), None),
        (percent(Decimal("-100000")), None),
        (percent(Decimal("0.000001")), None),
        (percent(Decimal("100000.000001")), "proposed 100000.000001 as percent; at most 100000 either way is allowed"),
        (
            percent(Decimal("-100000.000001")),
            "proposed -100000.000001 as percent; at most 100000 either way is allowed",
        ),
        (percent(Decimal("0.0000001")), "proposed 1E-7 as percent; it takes at most 6 decimals"),
        # Huge either way, and refused before an exact fraction of it would fill the memory.
        (percent(Decimal("1e13")), "proposed 1E+13 as percent; at most 100000 either way is allowed"),
        (percent(Decimal("1e999999")), "proposed 1E+999999 as percent; at most 100000 either way is allowed"),
        (percent(Decimal("1e-999999")), "proposed 1E-999999 as percent; it takes at most 6 decimals"),
        (percent(Decimal("NaN")), "proposed NaN as percent; it takes a finite Decimal"),
        (percent(Decimal("-Infinity")), "proposed -Infinity as percent; it takes a finite Decimal"),
        (percent(10), "proposed a int as percent; it takes a Decimal"),
        (percent(Number(10)), "proposed a Number as percent; it takes a Decimal"),
        (amount(Decimal("-0.5")), None),
        (amount(Decimal(1_000_000_000)), None),
        (amount(Decimal(1_000_000_001)), "proposed 1000000001 as amount; at most 1000000000 either way is allowed"),
        (amount(1.5), "proposed a float as amount; it takes a Decimal"),
        (amount(Decimal(1), None), "proposed an amount whose currency is a NoneType"),
        (amount(Decimal(1), Text("USD")), "proposed an amount whose currency is a Text"),
        (amount(Decimal(1), "EUR"), "proposed an amount in EUR for a line in USD"),
        (amount(Decimal(1), "E" * 99), "proposed an amount in EEEEEEEEEE for a line in USD"),
        (
            Adjustment("code", "why"),
            "proposed an Adjustment that has not exactly one of percent and amount",
        ),
        (
            Adjustment("code", "why", percent=Decimal(1), amount=Decimal(1), currency="USD"),
            "proposed an Adjustment that has not exactly one of percent and amount",
        ),
        (None, "proposed a NoneType instead of an Adjustment"),
        (Adjusted("code", "why", percent=Decimal(1)), "proposed a Adjusted instead of an Adjustment"),
        (coded("a.B_9-x"), None),
        (coded("a" * 63), None),
        (coded("a" * 64), CODE),
        (coded(""), CODE),
        (coded("_a"), CODE),
        (coded("a b"), CODE),
        (coded(Text("a")), "gave a code that is not a text of at most 255 characters"),
        (coded("a", "y" * 255), None),
        (coded("a", "y" * 256), "gave a reason that is not a text of at most 255 characters"),
        (coded("a", b"why"), "gave a reason that is not a text of at most 255 characters"),
    ],
)
def test_a_proposal_is_taken_or_refused_with_what_is_wrong(proposal: Any, refused: str | None) -> None:
    try:
        checked = checked_adjustment(proposal, "USD")
        result = None
        assert checked == proposal
    except ValueError as error:
        result = str(error)
    assert result == refused


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        (Review(Verdict.ALLOW), None),
        (Review(Verdict.WARN, "below cost"), None),
        (True, "gave a bool instead of a Review"),
        (Review("ALLOW"), "gave a Review whose verdict is not a Verdict"),  # type: ignore[arg-type]
        (Review(Verdict.REFUSE, 1), "gave a reason that is not a text of at most 255 characters"),  # type: ignore[arg-type]
    ],
)
def test_a_review_is_copied_or_refused_with_what_is_wrong(said: Any, refused: str | None) -> None:
    try:
        checked = checked_review(said)
        result = None
        assert checked == said
        assert checked is not said
    except ValueError as error:
        result = str(error)
    assert result == refused


def test_what_can_be_neither_stored_nor_sent_is_replaced_in_a_text() -> None:
    for unclean, clean in (("a\0b", "a?b"), ("\ud800c", "?c"), ("\u20ac", "\u20ac"), ("\u20ac\0\ud800", "\u20ac??")):
        assert checked_review(Review(Verdict.WARN, unclean)).reason == clean
    assert checked_review(Review(Verdict.WARN, unclean)).reason == clean
    assert checked_adjustment(Adjustment("a", unclean, percent=Decimal(1)), "USD").reason == clean
    adjustment = Adjustment("a", unclean, amount=Decimal(1), currency="USD")
    assert checked_adjustment(adjustment, "USD") == replace(adjustment, reason=clean)


def test_what_stands_beside_a_percentage_and_means_nothing_there_is_dropped() -> None:
    strange: Any = object()
    adjustment = Adjustment("a", "why", percent=Decimal(1), currency=strange)
    assert checked_adjustment(adjustment, "USD") == Adjustment("a", "why", percent=Decimal(1))


def test_a_type_cannot_answer_for_its_own_name() -> None:
    class Sly(type):
        __name__ = "Decimal"

    class Hostile(metaclass=Sly):
        pass

    assert type_name(Hostile()) == "Hostile"
