"""Mutations: one transaction each, and one effect however often a caller repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256

from quitrent.domain.errors import AlreadyExists, Reason
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.store.requests import KeptAnswer, find_answer, keep_answer


@dataclass(frozen=True, slots=True)
class Mutation:
    """What a caller asks for: what it shows to be recognised by, and the name that the work keeps to.

    Work that keeps to one account, or to one parent of what it makes, goes on beside that of others;
    without a name it is done alone.
    """

    content: bytes
    request_id: str = ""
    within: str = ""


def once(deployment: Deployment, caller: Caller, mutation: Mutation, work: Callable[[], bytes]) -> bytes:
    """Do the work in one transaction and give its answer; for a request_id that was used, the first answer.

    A call that failed has had no effect and may be repeated.
    Errors: AlreadyExists (REQUEST_ID_TAKEN) for other content, and those of the work.
    """
    digest, request_id = sha256(mutation.content).hexdigest(), mutation.request_id
    with _transaction(deployment, caller, mutation):
        kept = first_answer(caller, request_id)
        if kept is None:
            response = work()
            if request_id:
                keep_answer(caller.principal, request_id, KeptAnswer(digest, response), deployment.now())
            return response
    return answered_again(kept, digest, request_id)


def first_answer(caller: Caller, request_id: str) -> KeptAnswer | None:
    """Give the answer that the caller got for a request_id, if it gives one that it has used."""
    return find_answer(caller.principal, request_id) if request_id else None


def answered_again(kept: KeptAnswer, digest: str, request_id: str) -> bytes:
    """Give the first answer for the same content. Errors: AlreadyExists (REQUEST_ID_TAKEN)."""
    if kept.digest != digest:
        raise AlreadyExists(
            Reason.REQUEST_ID_TAKEN, f"request_id {request_id} was used for another request; choose a new one"
        )
    return kept.response


def keep_first_answer(deployment: Deployment, caller: Caller, request_id: str, digest: str, response: bytes) -> None:
    """Keep the answer to a call that does its work in transactions of its own; inside of the last of them.

    Where the same call was made at the same time, the answer that was kept first stays.
    Errors: AlreadyExists (REQUEST_ID_TAKEN).
    """
    kept = first_answer(caller, request_id)
    if kept is None:
        keep_answer(caller.principal, request_id, KeptAnswer(digest, response), deployment.now())
    else:
        answered_again(kept, digest, request_id)


def _transaction(deployment: Deployment, caller: Caller, mutation: Mutation) -> AbstractContextManager[None]:
    if not mutation.within:
        return deployment.store.write()
    request = [f"requests/{caller.principal}/{mutation.request_id}"] if mutation.request_id else []
    return deployment.store.write_within(mutation.within, *request)
