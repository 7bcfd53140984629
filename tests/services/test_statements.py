"""Statements: their sums are those of their lines, to the last micro, and a page costs the same wherever it lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from random import Random
from typing import Any

import pytest

from quitrent.domain.money import Money
from quitrent.domain.statement import StatementLine, month_of, statement_of
from quitrent.services import statements
from quitrent.services.caller import Caller, Role
from quitrent.services.paging import PageRequest
from quitrent.services.statements import get_statement, list_statement_lines
from quitrent.store.kept import Kept, _Made
from quitrent.store.statement_sums import _charged
from quitrent.store.statements import _CHARGED, _PARKED, _parked_counts, _sides, statement_lines
from tests.databases import raw, read
from tests.harness import House

ADMIN, RESELLER = Caller(Role.ADMIN), "resellers/acme"
JANUARY = date(2026, 1, 1)
EUR, YEAR = {"currency": "EUR"}, {"period_unit": "PERIOD_UNIT_YEAR"}
ANNIVERSARY = {"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}

# Of each product: the currencies of both sides, and whether their periods are the same.
PRODUCTS = {
    "gold": ("USD", "USD", True),
    "mixed": ("USD", "EUR", True),
    "yearly": ("USD", "USD", False),
    # Only where both count from the same day.
    "dated": ("USD", "USD", True),
}

# Sums of them are small, or far beyond 64 bits, in either direction.
AMOUNTS = [0, 1, -1, 5_000_000, -5_000_000, 2**32, -(2**32), 2**62, -(2**62), 2**63 - 1, -(2**63)]
# What one charge of either side is, None where there is none, and whether something is parked.
CASES: list[tuple[int | None, int | None, bool]] = [
    (5, 4, False),
    (5, 4, True),
    (5, 5, False),
    (4, 5, False),
    (0, -1, False),
    (2**32, 2**32 - 1, False),
    (2**32 - 1, 2**32, False),
    (-1, -2, False),
    (2**63 - 1, -(2**63), False),
    (-(2**63), 2**63 - 1, False),
    (5, None, False),
    (None, 5, True),
    (None, None, True),
]
# Periods begin on the first and the last day of the month, on the day before and on the day after.
DAYS = [date(2025, 12, 31), JANUARY, date(2026, 1, 2), date(2026, 1, 17), date(2026, 1, 31), date(2026, 2, 1)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with accounts that have charges of every kind, and what is parked, at random but the same each time."""
    opened = House(tmp_path_factory.mktemp("house"), on_postgresql=request.param == "postgresql")
    opened.make_product("gold", kind="ADD_ON")
    opened.make_product("mixed", kind="ADD_ON", retail=EUR)
    opened.make_product("yearly", kind="ADD_ON", retail=YEAR)
    opened.make_product("dated", kind="ADD_ON", retail=ANNIVERSARY, wholesale=ANNIVERSARY)
    random = Random(1)
    for number in range(40):
        account = opened.make_account("acme", f"a{number}", f"c{number % 3}")
        opened.assign(account, product=f"products/{random.choice(list(PRODUCTS))}")
    for number in range(len(CASES)):
        opened.assign(opened.make_account("acme", f"case{number}"), subscription=f"case{number}")
    opened.assign(opened.make_account("other"), product="products/gold")
    opened.bill("2025-12-31")
    with closing(raw(opened.settings.database_url)) as connection:
        fill(connection, random)
    yield opened
    opened.close()


def fill(connection: Any, random: Random) -> None:
    """Write charges and parked ones past all of our code."""
    connection.execute("INSERT INTO explanation (digest, steps) VALUES ('none', '[]')")
    own = "SELECT s.id, s.name, p.name FROM subscription s JOIN product p ON p.id = s.product_id"
    for key, name, product in connection.execute(own).fetchall():
        currencies = PRODUCTS[product.removeprefix("products/")][:2]
        sides = list(zip(("WHOLESALE", "RETAIL"), currencies, strict=True))
        if "/subscriptions/case" in name:
            *amounts, is_parked = CASES[int(name.rpartition("case")[2])]
            for (side, currency), amount in zip(sides, amounts, strict=True):
                if amount is not None:
                    charge(connection, key, side, JANUARY, amount, currency)
            if is_parked:
                park(connection, key, JANUARY)
            continue
        for side, currency in sides:
            for day in random.sample(DAYS, random.choice([0, 1, 2, 4, 0])):
                charge(connection, key, side, day, random.choice(AMOUNTS), currency)
        for day in random.sample(DAYS, random.choice([0, 0, 2])):
            park(connection, key, day)
        anchor = random.choice([JANUARY, date(2026, 1, 5)])
        connection.execute(f"UPDATE subscription SET wholesale_anchor_date = '{anchor}' WHERE id = {key}")


def charge(connection: Any, subscription: int, side: str, day: date, amount: int, currency: str) -> None:
    connection.execute(
        "INSERT INTO charge (reseller_id, account_id, product_id, subscription_id, side, reason, period_start, "
        "period_end, due_date, amount_micros, currency, explanation_id, create_time) SELECT s.reseller_id, "
        f"s.account_id, s.product_id, s.id, '{side}', 'RECURRING', '{day}', '{day}', '{day}', {amount}, '{currency}', "
        f"e.id, 0 FROM subscription s, explanation e WHERE s.id = {subscription} AND e.digest = 'none'"
    )


def park(connection: Any, subscription: int, day: date) -> None:
    connection.execute(
        "INSERT INTO parked_charge (reseller_id, subscription_id, period_start, period_end, due_date, plugin, cause, "
        "billing_run_id, attempt_count, create_time, update_time) SELECT s.reseller_id, s.id, "
        f"'{day}', '{day}', '{day}', 'x', 'y', r.id, 1, 0, 0 FROM subscription s, billing_run r "
        f"WHERE s.id = {subscription}"
    )


def lines_of(house: House) -> list[StatementLine]:
    """The lines of January, added up here."""
    url, (start, end) = house.settings.database_url, month_of(JANUARY)
    month = f"reseller.name = '{RESELLER}' AND period_start >= '{start}' AND period_start < '{end}'"
    amounts: dict[tuple[int, str], list[int]] = defaultdict(list)
    charged = "SELECT subscription_id, side, amount_micros FROM charge JOIN reseller ON reseller.id = reseller_id"
    for key, side, amount in read(url, f"{charged} WHERE {month}"):
        amounts[key, side].append(amount)
    parked: dict[int, int] = defaultdict(int)
    waiting = "SELECT subscription_id FROM parked_charge JOIN reseller ON reseller.id = reseller_id"
    for (key,) in read(url, f"{waiting} WHERE {month}"):
        parked[key] += 1
    own = "SELECT s.id, s.name, p.name, s.wholesale_anchor_date = s.retail_anchor_date FROM subscription s"
    found = []
    for key, name, product, same_anchor in read(url, f"{own} JOIN product p ON p.id = s.product_id ORDER BY s.id"):
        sides = [amounts[key, side] for side in ("WHOLESALE", "RETAIL")]
        *currencies, same_periods = PRODUCTS[product.removeprefix("products/")]
        same_periods = same_periods and (bool(same_anchor) or not product.endswith("dated"))
        wholesale, retail = (
            Money(sum(of), str(currency)) if of else None for of, currency in zip(sides, currencies, strict=True)
        )
        charge_count = sum(map(len, sides))
        if charge_count or parked[key]:
            line = StatementLine(
                name, product, wholesale, retail, charge_count, parked[key], same_periods=bool(same_periods)
            )
            found.append(line)
    return found


def pages_of(house: House, size: int, *, below_cost: bool = False) -> Iterator[list[StatementLine]]:
    """The lines of January as they are listed, page by page."""
    token = ""
    while True:
        with house.deployment.store.connection():
            request = PageRequest(size, token, b"")
            page = list_statement_lines(ADMIN, RESELLER, JANUARY, request, below_cost=below_cost)
            token = page.next_token(len(page.items))
        yield list(page.items)
        if not token:
            return


def test_every_line_is_there_once_with_its_sums_whatever_the_size_of_a_page(house: House) -> None:
    wanted = lines_of(house)
    assert len(wanted) > 8
    assert any(not line.charge_count for line in wanted), "one has to be parked and nothing else"
    for size in (1, 2, 5, len(wanted) - 1, len(wanted), 50):
        pages = list(pages_of(house, size))
        assert [line for page in pages for line in page] == wanted
        assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)


def test_the_sums_of_a_statement_are_those_of_its_lines(house: House) -> None:
    lines = lines_of(house)
    wanted = statement_of(RESELLER, JANUARY, lines)
    assert get_statement(house.deployment, ADMIN, RESELLER, JANUARY) == wanted
    assert wanted.below_cost_line_count
    assert any(line.margin and line.margin.amount_micros < 0 and not line.below_cost for line in lines)
    assert max(abs(total.wholesale.amount_micros) for total in wanted.totals) > 2**63


def test_pages_below_cost_look_at_so_many_lines_and_leave_the_rest_to_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def loaded(reseller: str, month: date, after: int, limit: int) -> list[StatementLine]:
        found = statement_lines(reseller, month, after, limit)
        looked_at[-1] += len(found)
        return found

    monkeypatch.setattr(statements, "statement_lines", loaded)
    monkeypatch.setattr(statements, "LARGEST_PAGE_SIZE", 2)
    monkeypatch.setattr(statements, "MOST_LOOKED_AT", 4)
    wanted = [line for line in lines_of(house) if line.below_cost]
    assert wanted
    for size in (1, 2, 50):
        pages = pages_of(house, size, below_cost=True)
        found = []
        looked_at.append(0)
        for page in pages:
            assert len(page) <= size
            assert looked_at[-1] <= 4
            found += page
            looked_at.append(0)
        assert found == wanted


@pytest.mark.parametrize("kept", [_CHARGED, _PARKED, _sides, _parked_counts, _charged])
def test_a_month_is_found_by_its_index_and_by_nothing_else(house: House, kept: Kept) -> None:
    values = {"reseller": 1, "month": "2026-01-01", "after": 1, "last": 5, "limit": 3}
    with house.deployment.store.connection():
        database: Any = house.deployment.store._database
        made = _Made(kept._make())
        bound = [values[one.name] if hasattr(one, "name") else one for one in made._values]
        if "postgresql" in house.settings.database_url:
            # A small table is read as a whole, if it may be.
            database.execute_sql("SET enable_seqscan = off")
            database.execute_sql("SET enable_bitmapscan = off")
        word = "EXPLAIN" if "postgresql" in house.settings.database_url else "EXPLAIN QUERY PLAN"
        plan = "\n".join(str(row[-1]) for row in database.execute_sql(f"{word} {made._text}", bound).fetchall())
    used = [line for line in plan.splitlines() if "charge" in line and ("SEARCH" in line or "Scan" in line)]
    assert used, plan
    assert all("charge_month" in line for line in used), plan
    assert "substr" in plan or "<expr>=?" in plan or "EXTRACT" in plan, plan
