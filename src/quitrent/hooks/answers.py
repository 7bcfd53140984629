"""What a plugin answered, checked: values of exact types, within their limits, or a ValueError in words.

It is checked twice: in the host, where the answer is made, and in the core, which believes no host.
"""

from __future__ import annotations

from collections.abc import Sequence

from quitrent.domain import proposal
from quitrent.domain.proposal import Adjustment, Review, type_name

# More than any plugin has a use for, and little enough to store with a charge.
MOST_ADJUSTMENTS = 20
LONGEST_FAILURE, LONGEST_REFUSAL = 500, 4_000


def checked_adjustments(answer: object, currency: str) -> list[Adjustment]:
    """Give the adjustments that an answer holds. Errors: ValueError."""
    return [proposal.checked_adjustment(one, currency) for one in _proposals(answer)]


def checked_review(answer: object) -> list[Review]:
    """Give the review that an answer is, if it is one. Errors: ValueError."""
    return [] if answer is None else [proposal.checked_review(answer)]


def checked_batch(answer: object, count: int) -> Sequence[object]:
    """Give the answers to so many lines that one answer holds. Errors: ValueError."""
    if type(answer) is not list and type(answer) is not tuple:
        raise ValueError(f"gave a {type_name(answer)} instead of a list of answers")
    if len(answer) != count:
        raise ValueError(f"gave {len(answer)} answers for {count} {'line' if count == 1 else 'lines'}")
    return answer


def told(how: str, longest: int = LONGEST_FAILURE) -> str:
    """Give what is said of a failure as it can be kept and shown: of some length, and on one line."""
    return "".join(_shown(letter) for letter in how[:longest])


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else "?"


def _proposals(answer: object) -> Sequence[object]:
    if answer is None:
        return ()
    # Compared exactly: a subclass of a list may never come to its end.
    if type(answer) is not list and type(answer) is not tuple:
        return (answer,)
    if len(answer) > MOST_ADJUSTMENTS:
        raise ValueError(f"proposed {len(answer)} adjustments; at most {MOST_ADJUSTMENTS} are allowed")
    return answer
