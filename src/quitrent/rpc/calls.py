"""What servicers have in common: mutations that happen once, and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from quitrent.domain.errors import Reason, ResourceExhausted
from quitrent.rpc.gate import current_caller
from quitrent.services.deployment import Deployment
from quitrent.services.once import Mutation, once
from quitrent.services.paging import Keyed, Page, PageRequest

# Callers refuse a reply of more than 4 MiB; this leaves room for what stands around the messages.
MOST_REPLY_BYTES = 3 * 1024 * 1024

# Of many replies each is smaller: several are on their way at a time.
STREAMED_REPLY_BYTES = 256 * 1024

_Response = TypeVar("_Response", bound=Message)
_Message = TypeVar("_Message", bound=Message)
_Item = TypeVar("_Item", bound=Keyed)


class Changing(Protocol):
    """A request that changes something."""

    request_id: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes:  # noqa: N802
        """Give the message's bytes."""


class Listing(Protocol):
    """A request for a page."""

    page_size: int
    page_token: str


_Listing = TypeVar("_Listing", bound=Message)


def mutate(
    deployment: Deployment,
    request: Changing,
    response_type: type[_Response],
    work: Callable[[], _Response | None],
    within: str = "",
) -> _Response:
    """Do a mutation's work in one transaction, once for its request_id; give its answer, or an empty one.

    within: the name of the account that the work keeps to, or of the parent of what it makes.
    """
    content = type(request).__name__.encode() + b"\0" + request.SerializeToString(deterministic=True)

    def answer() -> bytes:
        return (work() or response_type()).SerializeToString()

    mutation = Mutation(content, request.request_id, within)
    return response_type.FromString(once(deployment, current_caller(), mutation, answer))


def page_out(page: Page[_Item], out: Callable[[_Item], _Message]) -> tuple[list[_Message], str]:
    """Give a page's messages and the token of the next page; fewer than asked for where they are large."""
    messages = fitting(map(out, page.items))
    return messages, page.next_token(len(messages))


def fitting(messages: Iterable[_Message]) -> list[_Message]:
    """Give as many messages as fit a reply, at least one."""
    fit: list[_Message] = []
    room = MOST_REPLY_BYTES
    for message in messages:
        room -= message.ByteSize()
        if fit and room < 0:
            break
        fit.append(message)
    return fit


def replies(messages: Iterable[_Message]) -> Iterator[list[_Message]]:
    """Divide messages into as many replies as it takes for each of them to be small, or to be one message."""
    some: list[_Message] = []
    room = STREAMED_REPLY_BYTES
    for message in messages:
        size = message.ByteSize()
        if some and size > room:
            yield some
            some, room = [], STREAMED_REPLY_BYTES
        some.append(message)
        room -= size
    if some:
        yield some


@contextmanager
def room_for_stream(streams: BoundedSemaphore) -> Iterator[None]:
    """Count a stream that a caller holds open: it has a thread of the server for as long.

    Errors: ResourceExhausted.
    """
    if not streams.acquire(blocking=False):
        raise ResourceExhausted(
            Reason.TOO_MANY_STREAMS,
            "as many callers as the server has room for watch runs, import, export or ask for quotes; try again later",
        )
    try:
        yield
    finally:
        streams.release()


def page_request(request: Listing) -> PageRequest:
    """Give the page that is asked for, bound to all else that the request says."""
    assert isinstance(request, Message), "every listing is a message"
    query = type(request)()
    query.CopyFrom(request)
    query.ClearField("page_token")
    query.ClearField("page_size")
    name = type(request).__name__.encode()
    return PageRequest(request.page_size, request.page_token, name + query.SerializeToString(deterministic=True))
