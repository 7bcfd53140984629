"""What servicers have in common: mutations that happen once, and pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from quitrent.rpc.gate import current_caller
from quitrent.services.deployment import Deployment
from quitrent.services.once import once
from quitrent.services.paging import PageRequest

_Response = TypeVar("_Response", bound=Message)


class Mutation(Protocol):
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
    deployment: Deployment, request: Mutation, response_type: type[_Response], work: Callable[[], _Response | None]
) -> _Response:
    """Do a mutation's work in one transaction, once for its request_id; give its answer, or an empty one."""
    content = type(request).__name__.encode() + b"\0" + request.SerializeToString(deterministic=True)

    def answer() -> bytes:
        return (work() or response_type()).SerializeToString()

    return response_type.FromString(once(deployment, current_caller(), request.request_id, content, answer))


def page_request(request: Listing) -> PageRequest:
    """Give the page that is asked for, bound to all else that the request says."""
    assert isinstance(request, Message), "every listing is a message"
    query = type(request)()
    query.CopyFrom(request)
    query.ClearField("page_token")
    query.ClearField("page_size")
    name = type(request).__name__.encode()
    return PageRequest(request.page_size, request.page_token, name + query.SerializeToString(deterministic=True))
