"""Pages by key, and tokens that only lead on from where they were given."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from quitrent.domain.errors import Reason, invalid
from quitrent.services.caller import Caller
from quitrent.store.requests import secret

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 1_000
_SIGNATURE_BYTES = 16


class Keyed(Protocol):
    """A value with the store's key."""

    @property
    def key(self) -> int:
        """The store's key."""


_Item = TypeVar("_Item", bound=Keyed)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `query` is everything else that the request says, which a token is bound to."""

    size: int
    token: str
    query: bytes


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """Some items, and the key up to which was looked for them, where there may be more after it."""

    items: Sequence[_Item]
    looked_up_to: int | None
    token_after: Callable[[int], str]

    def next_token(self, count: int) -> str:
        """Give the token of what comes after the first `count` items; empty where nothing does."""
        if count < len(self.items):
            return self.token_after(self.items[count - 1].key)
        return "" if self.looked_up_to is None else self.token_after(self.looked_up_to)


def page_of(caller: Caller, request: PageRequest, load: Callable[[int, int], Sequence[_Item]]) -> Page[_Item]:
    """Give a page of what `load` gives after a key, at most so many.

    Call it with a connection held. Errors: InvalidArgument (PAGE_TOKEN_INVALID).
    """

    def look(after: int, size: int) -> tuple[Sequence[_Item], int | None]:
        items = load(after, size + 1)
        return items[:size], items[size - 1].key if len(items) > size else None

    return page_of_found(caller, request, look)


def page_of_found(
    caller: Caller, request: PageRequest, look: Callable[[int, int], tuple[Sequence[_Item], int | None]]
) -> Page[_Item]:
    """Give a page of what `look` finds after a key, at most so many, and the key up to which it has looked.

    It may find fewer than there are, or none, and leave the rest to the next page; None as the key
    says that there is nothing more. Call it with a connection held.
    Errors: InvalidArgument (PAGE_TOKEN_INVALID).
    """
    size = min(request.size or DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE)
    after = _opened(caller, request) if request.token else 0
    items, looked_up_to = look(after, size)
    return Page(items, looked_up_to, lambda key: _sealed(caller, request, key))


def _sealed(caller: Caller, request: PageRequest, key: int) -> str:
    place = str(key).encode()
    return urlsafe_b64encode(_signature(caller, request, place) + place).decode()


def _opened(caller: Caller, request: PageRequest) -> int:
    try:
        sealed = urlsafe_b64decode(request.token.encode())
    except (Base64Error, ValueError):
        sealed = b""
    signature, place = sealed[:_SIGNATURE_BYTES], sealed[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(caller, request, place)):
        raise invalid(
            "page_token",
            "must be a next_page_token that was given to you for the same request; start again without one",
            Reason.PAGE_TOKEN_INVALID,
        )
    return int(place)


def _signature(caller: Caller, request: PageRequest, place: bytes) -> bytes:
    key = secret("page_token", lambda: secrets.token_hex(32)).encode()
    said = b"\0".join((caller.principal.encode(), sha256(request.query).digest(), place))
    return hmac.new(key, said, sha256).digest()[:_SIGNATURE_BYTES]
