"""Statements: what a reseller owes and earns for a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from quitrent.domain.statement import Statement, StatementLine, statement_of
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import get_reseller
from quitrent.store.statements import statement_lines


def get_statement(deployment: Deployment, caller: Caller, reseller: str, month: date) -> Statement:
    """Give a reseller's statement for a day's month. Errors: NotFound."""
    # Summed from several reads, which a run that is at work may not pull apart.
    with deployment.store.snapshot():
        get_reseller(caller, reseller)
        return statement_of(reseller, month, statement_lines(reseller, month))


def list_statement_lines(
    caller: Caller, reseller: str, month: date, request: PageRequest, *, below_cost: bool
) -> Page[StatementLine]:
    """Give a page of the lines of a statement, of all or of those below cost. Errors: NotFound."""

    def lines(after: int, limit: int) -> Sequence[StatementLine]:
        get_reseller(caller, reseller)
        found: Iterator[StatementLine] = statement_lines(reseller, month, after)
        wanted = (line for line in found if line.below_cost or not below_cost)
        return list(islice(wanted, limit))

    return page_of(caller, request, lines)
