"""Keys: made, shown once, looked up, revoked.

A key reads `qk_<id>_<secret>`: the id is for looking up and for revoking, the secret is 256 random
bits, and only its digest is stored.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from quitrent.domain.errors import Reason, Unauthenticated, not_found
from quitrent.services.caller import Caller, Role
from quitrent.services.deployment import Deployment
from quitrent.store import keys as stored
from quitrent.store.catalog import current_catalog
from quitrent.store.keys import Key
from quitrent.store.parties import find_reseller

# Two, so that a new key can be handed out before the old one is revoked.
MOST_VALID_KEYS = 2


class KeyLimitError(Exception):
    """The role or the reseller has as many valid keys as it may; the text says which to revoke."""


def create_key(deployment: Deployment, role: Role, reseller: str = "") -> str:
    """Make a key and give it, for this one time.

    Errors: NotFound (the reseller), KeyLimitError.
    """
    with deployment.store.write():
        if reseller and find_reseller(reseller) is None:
            raise not_found(reseller)
        _check_limit(role, reseller)
        return _insert_key(deployment, role, reseller)


def create_first_key(deployment: Deployment) -> str | None:
    """Make an admin's key where there is no key at all, and give it, for this one time."""
    with deployment.store.write():
        return None if stored.list_keys() else _insert_key(deployment, Role.ADMIN, "")


def revoke_key(deployment: Deployment, key_id: str) -> None:
    """Have a key count no longer, from the next call on.

    Errors: NotFound.
    """
    with deployment.store.write():
        if stored.find_key(key_id) is None:
            raise not_found(f"key {key_id}")
        stored.revoke_key(key_id, deployment.now())


def list_keys(deployment: Deployment) -> list[Key]:
    """Give all keys, without their secrets."""
    with deployment.store.connection():
        return stored.list_keys()


def identify(authorization: str) -> Caller:
    """Give who shows a key. Call it with a connection held.

    authorization: the metadata of that name, `Bearer qk_...`.
    Errors: Unauthenticated, in the same words whatever is wrong.
    """
    scheme, _, text = authorization.partition(" ")
    prefix, _, rest = text.strip().partition("_")
    key_id, _, secret = rest.partition("_")
    key = current_catalog().api_key(key_id) if scheme.lower() == "bearer" and prefix == "qk" else None
    # The digest is compared even where there is no key, so that time does not tell.
    same = hmac.compare_digest(_digest(secret), key.secret_digest if key else _digest(""))
    if key is None or not same or key.revoke_time is not None:
        raise Unauthenticated(
            Reason.KEY_INVALID, "show a valid key in the metadata: authorization: Bearer qk_<id>_<secret>"
        )
    return Caller(Role(key.role), key.reseller)


def _insert_key(deployment: Deployment, role: Role, reseller: str) -> str:
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    stored.insert_key(Key(key_id, _digest(secret), role, reseller, deployment.now()))
    return f"qk_{key_id}_{secret}"


def _check_limit(role: Role, reseller: str) -> None:
    valid = [
        key.key_id for key in stored.list_keys() if (key.role, key.reseller) == (role, reseller) and not key.revoke_time
    ]
    if len(valid) >= MOST_VALID_KEYS:
        raise KeyLimitError(f"there are {len(valid)} valid keys already; revoke {' or '.join(valid)} first")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
