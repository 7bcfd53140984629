"""What the statement of a reseller with many accounts costs: its totals, and its pages of lines wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from statistics import median

from quitrent.domain.statement import StatementLine
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.deployment import Deployment
from quitrent.services.paging import LARGEST_PAGE_SIZE, Page, PageRequest
from quitrent.services.statements import get_statement, list_statement_lines
from quitrent.settings import Settings
from quitrent.store.row import current_database
from tests.benchmarks.book import ADMIN, fill
from tests.benchmarks.measured import in_turns
from tests.benchmarks.servers import database

RESELLER = "resellers/r0"
YEAR = 2025
MONTH = date(YEAR, 7, 1)

# One line in a hundred is below cost: the fee is 10.00.
AMOUNTS = {"WHOLESALE": "10000000", "RETAIL": "CASE WHEN id - id / 100 * 100 = 0 THEN 8000000 ELSE 25000000 END"}


@dataclass(frozen=True)
class StatementCost:
    """How long a statement's totals and pages of 1,000 lines took, in nanoseconds, by what was asked for.

    The accounts have charges on both sides in each of twelve months.
    """

    database: str
    accounts: int
    raw_ns: dict[str, list[int]]

    @property
    def ratio(self) -> float:
        """The slower of the first and the last page against the other."""
        first, last = (median(self.raw_ns[name]) for name in ("first page", "last page"))
        return max(first, last) / min(first, last)


def statement_cost(server: str | None, accounts: int, rounds: int) -> StatementCost:
    """Measure the statement of one month on a new book, in a file or on a server of PostgreSQL's."""
    with database(server) as url, closing(build_deployment(Settings(database_url=url), Plugins())) as deployment:
        fill(deployment, accounts, resellers=1)
        _charge_a_year(deployment)
        with deployment.store.connection():
            took = in_turns({"totals": _totals(deployment), **_pages()}, rounds)
    return StatementCost("PostgreSQL" if server else "SQLite", accounts, took)


def _totals(deployment: Deployment) -> Callable[[], object]:
    return lambda: get_statement(deployment, ADMIN, RESELLER, MONTH)


def _pages() -> dict[str, Callable[[], object]]:
    tokens = [""]
    while token := _token_after(_page(tokens[-1])):
        tokens.append(token)
    places = {"first page": 0, "middle page": len(tokens) // 2, "last page": -1}
    pages = {name: (lambda token=tokens[place]: _token_after(_page(token))) for name, place in places.items()}
    return {**pages, "first page of those below cost": lambda: _token_after(_page("", below_cost=True))}


def _page(token: str, *, below_cost: bool = False) -> Page[StatementLine]:
    request = PageRequest(LARGEST_PAGE_SIZE, token, b"")
    return list_statement_lines(ADMIN, RESELLER, MONTH, request, below_cost=below_cost)


def _token_after(page: Page[StatementLine]) -> str:
    return page.next_token(len(page.items))


def _charge_a_year(deployment: Deployment) -> None:
    """Write the charges of twelve months by SQL, month by month, as runs would have."""
    with deployment.store.write():
        current_database().execute_sql("INSERT INTO explanation (digest, steps) VALUES ('none', '[]')")
    for month in range(1, 13):
        start, end = date(YEAR, month, 1), date(YEAR + month // 12, month % 12 + 1, 1)
        with deployment.store.write():
            for side, amount_micros in AMOUNTS.items():
                current_database().execute_sql(_charges(side, amount_micros, start, end))
    with deployment.store.connection():
        current_database().execute_sql("ANALYZE")


def _charges(side: str, amount_micros: str, start: date, end: date) -> str:
    return (
        "INSERT INTO charge (reseller_id, account_id, product_id, subscription_id, side, reason, period_start, "
        "period_end, due_date, amount_micros, currency, explanation_id, create_time) SELECT reseller_id, account_id, "
        f"product_id, id, '{side}', 'RECURRING', '{start}', '{end}', '{start}', {amount_micros}, 'USD', "
        "(SELECT id FROM explanation), 0 FROM subscription ORDER BY subscription.id"
    )
