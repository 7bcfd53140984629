"""Who calls: the provider's own people and systems, or one reseller."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quitrent.domain.errors import PermissionDenied, Reason, Violation, not_found
from quitrent.domain.party import reseller_of


class Role(StrEnum):
    """What a key lets its holder be."""

    ADMIN = "ADMIN"
    RESELLER = "RESELLER"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key; `reseller` is the name of the reseller that it is bound to, or empty."""

    role: Role
    reseller: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether the caller is the provider."""
        return self.role is Role.ADMIN

    @property
    def principal(self) -> str:
        """Give the one text under which the caller's requests and page tokens are kept."""
        return self.reseller or "admin"

    def check_sees(self, name: str) -> None:
        """Refuse what belongs to another reseller, as if it did not exist.

        Errors: NotFound.
        """
        if not self.sees(name):
            raise not_found(name)

    def sees(self, name: str) -> bool:
        """Whether what has a name is the caller's to see."""
        return self.is_admin or reseller_of(name) == self.reseller

    def check_sees_parent(self, parent: str) -> str:
        """Give the parent to list under: the caller's own where it left the parent empty.

        Errors: NotFound.
        """
        if parent:
            self.check_sees(parent)
        return parent or self.reseller

    def check_admin_fields(self, noun: str, fields: frozenset[str]) -> None:
        """Refuse a reseller's call that sets fields which only the provider sets, naming each.

        Errors: PermissionDenied.
        """
        if not self.is_admin and fields:
            names = [f"{noun}.{name}" for name in sorted(fields)]
            raise PermissionDenied(
                Reason.ADMIN_ONLY,
                f"only the provider sets {', '.join(names)}",
                *(Violation(name, "is set by the provider only") for name in names),
            )
