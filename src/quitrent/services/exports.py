"""Exports: everything that fits, however much that is, a page at a time.

Each page is read by its key with a connection of its own, so that a caller that takes its time holds
no connection, and a million rows take the memory of a page. What is written meanwhile may be among
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from quitrent.domain.charge import Charge, ChargeFilter
from quitrent.domain.statement import StatementLine
from quitrent.services.caller import Caller
from quitrent.services.charges import existing_charge_parent
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Keyed
from quitrent.services.parties import get_reseller
from quitrent.store.charge_lists import list_charges
from quitrent.store.parties import list_resellers
from quitrent.store.statements import statement_lines

PAGE = 1_000

_Item = TypeVar("_Item", bound=Keyed)


def export_charges(deployment: Deployment, caller: Caller, wanted: ChargeFilter) -> Iterator[Charge]:
    """Give all charges that fit, in the order in which they were made. Errors: NotFound (the parent)."""
    with deployment.store.connection():
        under = replace(wanted, parent=existing_charge_parent(caller, wanted.parent))
    return _paged(deployment, lambda after: list_charges(under, after, PAGE, of_all=True))


def export_statement_lines(
    deployment: Deployment, caller: Caller, reseller: str, month: date, *, below_cost: bool
) -> Iterator[StatementLine]:
    """Give all lines of a statement, or those below cost. Errors: NotFound (the reseller)."""
    with deployment.store.connection():
        get_reseller(caller, reseller)
    lines = _paged(deployment, lambda after: statement_lines(reseller, month, after, PAGE))
    return (line for line in lines if line.below_cost or not below_cost)


def export_resellers(deployment: Deployment) -> Iterator[str]:
    """Give the names of all resellers. Only the provider may call this."""
    return (party.name for party in _paged(deployment, lambda after: list_resellers("", after, PAGE)))


def _paged(deployment: Deployment, load: Callable[[int], Sequence[_Item]]) -> Iterator[_Item]:
    """Give what `load` gives after a key, page after page, until there is no more."""
    after = 0
    while True:
        with deployment.store.connection():
            page = load(after)
        if not page:
            return
        yield from page
        after = page[-1].key
