"""What an error of the domain says, as tables compare it."""

from __future__ import annotations

from collections.abc import Callable

from quitrent.domain.errors import QuitrentError


def refusal(call: Callable[[], object]) -> str | None:
    """Give the reason and the whole message of a refusal, or None where the call is not refused."""
    try:
        call()
    except QuitrentError as refused:
        return f"{refused.reason} {refused.message}"
    return None


def hint(call: Callable[[], object]) -> dict[str, str]:
    """Give the metadata of a refusal: what a program can go on with."""
    try:
        call()
    except QuitrentError as refused:
        return refused.metadata
    raise AssertionError("the call was not refused")
