"""Answers that are kept for repeated calls, and the server's own secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from quitrent.store.kept import Query, given, kept
from quitrent.store.tables import RequestRow, SecretRow
from quitrent.store.writing import insert


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The digest of a call's content, and the bytes of its answer."""

    digest: str
    response: bytes


def find_answer(caller: str, request_id: str) -> KeptAnswer | None:
    """Give the answer that a caller got for a request_id."""
    row = _by_id.row(caller=caller, request_id=request_id)
    return None if row is None else KeptAnswer(row.digest, bytes(row.response))


def keep_answer(caller: str, request_id: str, answer: KeptAnswer, now: datetime) -> None:
    """Write the answer to a call; a second one for the same request_id is refused by its UNIQUE index."""
    insert(
        RequestRow,
        caller=caller,
        request_id=request_id,
        digest=answer.digest,
        response=answer.response,
        create_time=now,
    )


def secret(name: str, new: Callable[[], str]) -> str:
    """Give a secret of the server's; where there is none yet, one is made."""
    row = SecretRow.get_or_none(SecretRow.name == name)
    if row is None:
        SecretRow.insert(name=name, value=new()).on_conflict(action="nothing").execute()
        row = SecretRow.get(SecretRow.name == name)
    return str(row.value)


@kept
def _by_id() -> Query:
    row = RequestRow
    return row.select().where(row.caller == given("caller"), row.request_id == given("request_id"))
