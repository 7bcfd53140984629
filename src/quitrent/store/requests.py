"""Answers that are kept for repeated calls, and the server's own secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from quitrent.store.tables import RequestRow, SecretRow


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The digest of a call's content, and the bytes of its answer."""

    digest: str
    response: bytes


def find_answer(caller: str, request_id: str) -> KeptAnswer | None:
    """Give the answer that a caller got for a request_id."""
    row = RequestRow.get_or_none(RequestRow.caller == caller, RequestRow.request_id == request_id)
    return None if row is None else KeptAnswer(row.digest, bytes(row.response))


def keep_answer(caller: str, request_id: str, answer: KeptAnswer, now: datetime) -> None:
    """Write the answer to a call; a second one for the same request_id is refused by its UNIQUE index."""
    RequestRow.insert(
        caller=caller, request_id=request_id, digest=answer.digest, response=answer.response, create_time=now
    ).execute()


def secret(name: str, new: Callable[[], str]) -> str:
    """Give a secret of the server's; where there is none yet, one is made."""
    row = SecretRow.get_or_none(SecretRow.name == name)
    if row is None:
        SecretRow.insert(name=name, value=new()).on_conflict(action="nothing").execute()
        row = SecretRow.get(SecretRow.name == name)
    return str(row.value)
