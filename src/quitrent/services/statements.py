"""Statements: what a reseller owes and earns for a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from quitrent.domain.statement import Statement, StatementLine, statement_of
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import LARGEST_PAGE_SIZE, Page, PageRequest, page_of, page_of_found
from quitrent.services.parties import get_reseller
from quitrent.store.statement_sums import alike_lines
from quitrent.store.statements import statement_lines

# Where few lines are below cost, a page has those of so many lines, and the next one goes on from there.
MOST_LOOKED_AT = 10 * LARGEST_PAGE_SIZE


def get_statement(deployment: Deployment, caller: Caller, reseller: str, month: date) -> Statement:
    """Give a reseller's statement for a day's month. Errors: NotFound."""
    # Summed from several reads, which a run that is at work may not pull apart.
    with deployment.store.snapshot():
        get_reseller(caller, reseller)
        return statement_of(reseller, month, alike_lines(reseller, month))


def list_statement_lines(
    caller: Caller, reseller: str, month: date, request: PageRequest, *, below_cost: bool
) -> Page[StatementLine]:
    """Give a page of the lines of a statement, of all or of those below cost. Errors: NotFound."""

    def load(after: int, limit: int) -> list[StatementLine]:
        get_reseller(caller, reseller)
        return statement_lines(reseller, month, after, limit)

    def look(after: int, size: int) -> tuple[Sequence[StatementLine], int | None]:
        found: list[StatementLine] = []
        for _ in range(0, MOST_LOOKED_AT, LARGEST_PAGE_SIZE):
            lines = load(after, LARGEST_PAGE_SIZE)
            found += (line for line in lines if line.below_cost)
            if len(found) > size:
                return found[:size], found[size - 1].key
            if len(lines) < LARGEST_PAGE_SIZE:
                return found, None
            after = lines[-1].key
        return found, after

    return page_of_found(caller, request, look) if below_cost else page_of(caller, request, load)
