"""Who takes part: resellers, their customers, and the customers' accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

# Who is owed the wholesale side, as charges name it.
PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Party:
    """A reseller, a customer or an account; its name tells which, and whose it is."""

    name: str
    display_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


def reseller_of(name: str) -> str:
    """Give the reseller that a name belongs to, or an empty text for one of the provider's.

    >>> reseller_of("resellers/acme/customers/c1"), reseller_of("plans/gold")
    ('resellers/acme', '')
    """
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "resellers" else ""


def lineage(name: str) -> Iterator[str]:
    """Give a name and those of the parties that it belongs to, from the nearest on.

    >>> list(lineage("resellers/acme/customers/c1"))
    ['resellers/acme/customers/c1', 'resellers/acme']
    """
    while name:
        yield name
        name = parent_of(name)


def parent_of(name: str) -> str:
    """Give the name one level up: the customer of an account, the account of a subscription.

    >>> parent_of("resellers/acme/customers/c1/accounts/a1")
    'resellers/acme/customers/c1'
    """
    return name.rsplit("/", 2)[0] if name.count("/") > 1 else ""
