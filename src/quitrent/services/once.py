"""Mutations: one transaction each, and one effect however often a caller repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from quitrent.domain.errors import AlreadyExists, Reason
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.store.requests import KeptAnswer, find_answer, keep_answer


def once(deployment: Deployment, caller: Caller, request_id: str, content: bytes, work: Callable[[], bytes]) -> bytes:
    """Do the work in one transaction and give its answer; for a request_id that was used, the first answer.

    `content` is what the call asks for. A call that failed has had no effect and may be repeated.
    Errors: AlreadyExists (REQUEST_ID_TAKEN) for other content, and those of the work.
    """
    digest = sha256(content).hexdigest()
    with deployment.store.write():
        kept = find_answer(caller.principal, request_id) if request_id else None
        if kept is None:
            response = work()
            if request_id:
                keep_answer(caller.principal, request_id, KeptAnswer(digest, response), deployment.now())
            return response
    if kept.digest != digest:
        raise AlreadyExists(
            Reason.REQUEST_ID_TAKEN, f"request_id {request_id} was used for another request; choose a new one"
        )
    return kept.response
