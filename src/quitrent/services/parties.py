"""Resellers, customers and accounts: made, read, changed."""

from __future__ import annotations

from dataclasses import replace

from quitrent.domain.errors import not_found
from quitrent.domain.party import Party, parent_of
from quitrent.services.caller import Caller
from quitrent.services.content import same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.store import parties as stored

# What can be changed of each of them.
PARTY_FIELDS = frozenset({"display_name", "labels"})


def create_reseller(deployment: Deployment, party: Party) -> Party:
    """Make a reseller; its name holds its id. Only the provider may call this.

    Errors: AlreadyExists (NAME_TAKEN).
    """
    existing = stored.find_reseller(party.name)
    if existing is None:
        stored.insert_reseller(party, deployment.now())
    return _made(stored.find_reseller(party.name), existing, party)


def create_customer(deployment: Deployment, caller: Caller, party: Party) -> Party:
    """Make a customer of the reseller that its name tells.

    Errors: NotFound (the reseller), AlreadyExists (NAME_TAKEN).
    """
    get_reseller(caller, parent_of(party.name))
    existing = stored.find_customer(party.name)
    if existing is None:
        stored.insert_customer(party, deployment.now())
    return _made(stored.find_customer(party.name), existing, party)


def create_account(deployment: Deployment, caller: Caller, party: Party) -> Party:
    """Make an account of the customer that its name tells.

    Errors: NotFound (the customer), AlreadyExists (NAME_TAKEN).
    """
    get_customer(caller, parent_of(party.name))
    existing = stored.find_account(party.name)
    if existing is None:
        stored.insert_account(party, deployment.now())
    return _made(stored.find_account(party.name), existing, party)


def get_reseller(caller: Caller, name: str) -> Party:
    """Give a reseller. Errors: NotFound."""
    return found_party(caller, name, stored.find_reseller(name))


def get_customer(caller: Caller, name: str) -> Party:
    """Give a customer. Errors: NotFound."""
    return found_party(caller, name, stored.find_customer(name))


def get_account(caller: Caller, name: str) -> Party:
    """Give an account. Errors: NotFound."""
    return found_party(caller, name, stored.find_account(name))


def list_resellers(caller: Caller, request: PageRequest) -> Page[Party]:
    """Give a page of the resellers that the caller may see: all, or itself."""
    return page_of(caller, request, lambda after, limit: stored.list_resellers(caller.reseller, after, limit))


def list_customers(caller: Caller, parent: str, request: PageRequest) -> Page[Party]:
    """Give a page of the customers of a reseller. Errors: NotFound (the parent)."""
    return page_of(
        caller, request, lambda after, limit: stored.list_customers(existing_parent(caller, parent), after, limit)
    )


def list_accounts(caller: Caller, parent: str, request: PageRequest) -> Page[Party]:
    """Give a page of the accounts of a reseller or a customer. Errors: NotFound (the parent)."""
    return page_of(
        caller, request, lambda after, limit: stored.list_accounts(existing_parent(caller, parent), after, limit)
    )


def update_reseller(deployment: Deployment, caller: Caller, wanted: Party, fields: frozenset[str]) -> Party:
    """Change a reseller. Only the provider may call this. Errors: NotFound."""
    changed = _changed(get_reseller(caller, wanted.name), wanted, fields)
    stored.update_reseller(changed, deployment.now())
    return get_reseller(caller, wanted.name)


def update_customer(deployment: Deployment, caller: Caller, wanted: Party, fields: frozenset[str]) -> Party:
    """Change a customer. Errors: NotFound."""
    changed = _changed(get_customer(caller, wanted.name), wanted, fields)
    stored.update_customer(changed, deployment.now())
    return get_customer(caller, wanted.name)


def update_account(deployment: Deployment, caller: Caller, wanted: Party, fields: frozenset[str]) -> Party:
    """Change an account. Errors: NotFound."""
    changed = _changed(get_account(caller, wanted.name), wanted, fields)
    stored.update_account(changed, deployment.now())
    return get_account(caller, wanted.name)


def existing_parent(caller: Caller, parent: str) -> str:
    """Give the party to list under, which the caller sees and which exists; empty for all.

    Errors: NotFound.
    """
    parent = caller.check_sees_parent(parent)
    if parent:
        find = {2: stored.find_reseller, 4: stored.find_customer, 6: stored.find_account}
        found_party(caller, parent, find[len(parent.split("/"))](parent))
    return parent


def found_party(caller: Caller, name: str, party: Party | None) -> Party:
    """Give what was found under a name, if there is something and the caller sees it. Errors: NotFound."""
    caller.check_sees(name)
    if party is None:
        raise not_found(name)
    return party


def _made(stored_now: Party | None, existing: Party | None, wanted: Party) -> Party:
    if stored_now is None:
        raise not_found(wanted.name)
    return stored_now if existing is None else same_or_taken(wanted.name, existing, wanted)


def _changed(party: Party, wanted: Party, fields: frozenset[str]) -> Party:
    return replace(party, **{name: getattr(wanted, name) for name in fields})
