"""Pages: every row once and in order, whatever is made in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from tests.harness import House, day, money, month
from tests.rpc.world import LISTS, UNPRICED, World, add_account, make_world

PARTY = "resellers/a"


def plans(house: House, ids: list[str]) -> list[str]:
    return [house.make_plan(one, "ACCOUNT", "1") for one in ids]


def products(house: House, ids: list[str]) -> list[str]:
    kind = {"kind": "PRODUCT_KIND_MAIN", "account_plan": "plans/gold-price", "reseller_plan": "plans/gold-fee"}
    return [house.admin.CreateProduct(product_id=one, product=kind).product.name for one in ids]


def rules(house: House, ids: list[str]) -> list[str]:
    account = add_account(house, PARTY, ids[0])
    rule = {"product": "products/gold", "account": account, "price": {"fixed": money("1")}}
    made = []
    for number, one in enumerate(ids):
        content = {**rule, "effective_date": day(f"2026-{6 + number // 28:02d}-{1 + number % 28:02d}")}
        made.append(house.admin.CreatePriceRule(parent=PARTY, price_rule_id=one, price_rule=content).price_rule.name)
    return made


def fee_changes(house: House, ids: list[str]) -> list[str]:
    made = []
    for one in ids:
        prefix, number = one.rsplit("-", 1)
        effective = date(2030, 1, 1) + timedelta(days=1000 * len(prefix) + int(number))
        change = {"effective_date": day(str(effective)), "fee": money("1")}
        made.append(house.admin.CreateFeeChange(parent="plans/gold-fee", fee_change=change).fee_change.name)
    return made


def revisions(house: House, ids: list[str]) -> list[str]:
    return rules(house, ids)


def resellers(house: House, ids: list[str]) -> list[str]:
    return [house.admin.CreateReseller(reseller_id=one, reseller={}).reseller.name for one in ids]


def customers(house: House, ids: list[str]) -> list[str]:
    return [house.admin.CreateCustomer(parent=PARTY, customer_id=one, customer={}).customer.name for one in ids]


def accounts(house: House, ids: list[str]) -> list[str]:
    return [add_account(house, PARTY, one) for one in ids]


def subscriptions(house: House, ids: list[str], product: str = "products/gold") -> list[str]:
    return [house.assign(account, product=product) for account in accounts(house, ids)]


def billed(house: House, ids: list[str]) -> list[str]:
    made = subscriptions(house, ids)
    house.bill("2026-01-31")
    return made


def parked(house: House, ids: list[str]) -> list[str]:
    made = subscriptions(house, ids, UNPRICED)
    house.bill("2026-01-31")
    return made


def from_long_ago(house: House, ids: list[str], product: str = "products/gold") -> list[str]:
    """Make one subscription, of which every month since 2020 is a row."""
    made = house.assign(add_account(house, PARTY, ids[0]), "2020-01-01", product)
    house.bill("2026-01-31")
    return [made]


def parked_long_ago(house: House, ids: list[str]) -> list[str]:
    return from_long_ago(house, ids, UNPRICED)


def runs(house: House, ids: list[str]) -> list[str]:
    return [house.admin.StartBillingRun(through_date=day("2026-01-15")).billing_run.name for _ in ids]


@dataclass(frozen=True)
class Listing:
    """A list, whose requests say more than the page, the field of its rows, and how some or many rows are made."""

    make: Callable[[House, list[str]], list[str]]
    rows: str
    query: dict[str, Any]
    make_many: Callable[[House, list[str]], list[str]] | None = None


STATEMENT = {"reseller": PARTY, "month": month("2026-01")}
LISTINGS = {
    "ListPlans": Listing(plans, "plans", {"kind": 1}),
    "ListProducts": Listing(products, "products", {"state": 1}),
    "ListPriceRules": Listing(rules, "price_rules", {"parent": PARTY, "product": "products/gold"}),
    "ListFeeChanges": Listing(fee_changes, "fee_changes", {"parent": "plans/gold-fee"}),
    "ListPriceRuleRevisions": Listing(revisions, "price_rule_revisions", {"parent": PARTY}),
    "ListResellers": Listing(resellers, "resellers", {}),
    "ListCustomers": Listing(customers, "customers", {"parent": PARTY}),
    "ListAccounts": Listing(accounts, "accounts", {"parent": f"{PARTY}/customers/c1"}),
    "ListSubscriptions": Listing(subscriptions, "subscriptions", {"parent": PARTY, "state": 2}),
    "ListBillingRuns": Listing(runs, "billing_runs", {}),
    "ListCharges": Listing(billed, "charges", {"parent": PARTY, "side": 2}, from_long_ago),
    "ListParkedCharges": Listing(parked, "parked_charges", {"parent": PARTY}, parked_long_ago),
    "ListStatementLines": Listing(billed, "statement_lines", STATEMENT),
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with a subscription of its own reseller that has more charges than a page may hold."""
    made = make_world(tmp_path_factory.mktemp("stock"))
    made.house.assign(made.house.make_account("old"), start="1983-01-01")
    made.house.bill("2026-01-31")
    yield made
    made.close()


def page(world: World, method: str, size: int, token: str = "") -> tuple[list[str], str]:
    """Give a page's rows, by what each is or is for, and the next token."""
    listing = LISTINGS[method]
    found = getattr(world.admin, method)(page_size=size, page_token=token, **listing.query)
    rows = getattr(found, listing.rows)
    return [name_of(row) for row in rows], found.next_page_token


def name_of(row: Any) -> str:
    """Give what a row is, or what it is for."""
    row = getattr(row, "price_rule", row)
    return str(getattr(row, "subscription", "") or row.name)


def ids(method: str, begin: int, end: int) -> list[str]:
    return [f"{method.lower()}-{number}" for number in range(begin, end)]


def test_every_list_has_pages() -> None:
    assert set(LISTINGS) == set(LISTS)


@pytest.mark.parametrize("method", LISTINGS)
def test_pages_give_every_row_once_and_in_order_whatever_is_made_in_between(stock: World, method: str) -> None:
    stock.house.bill("2026-01-31")
    before = page(stock, method, 1000)[0]
    made = LISTINGS[method].make(stock.house, ids(method, 0, 7))
    found, token = page(stock, method, 3)
    number = 7
    while token:
        made += LISTINGS[method].make(stock.house, ids(method, number, number + 1)) if number < 10 else []
        number += 1
        rows, token = page(stock, method, 3, token)
        assert len(rows) == 3 or not token
        found += rows
    assert found == [*before, *made]
    assert page(stock, method, 1000) == (found, "")


# Of each of the two services, and with rows of every length; the size is given in one place for all.
@pytest.mark.parametrize("method", ["ListPlans", "ListResellers", "ListCharges", "ListStatementLines"])
def test_a_page_of_no_size_holds_50_rows(stock: World, method: str) -> None:
    stock.house.bill("2026-01-31")
    there, listing = len(page(stock, method, 1000)[0]), LISTINGS[method]
    if there <= 50:
        (listing.make_many or listing.make)(stock.house, ids(f"more-{method}", there, 51))
    rows, token = page(stock, method, 0)
    everything = page(stock, method, 1000)[0]
    assert (rows, bool(token)) == (everything[:50], True)
    assert page(stock, method, 1000, token) == (everything[50:], "")


@pytest.mark.parametrize(
    ("size", "expected"), [(999, 999), (1000, 1000), (1001, 1000), (5000, 1000), (2**31 - 1, 1000)]
)
def test_a_page_holds_a_thousand_rows_at_most(stock: World, size: int, expected: int) -> None:
    first = stock.admin.ListCharges(parent="resellers/old", page_size=size)
    assert len(first.charges) == expected
    rest = stock.admin.ListCharges(parent="resellers/old", page_size=size, page_token=first.next_page_token)
    names = [charge.name for charge in [*first.charges, *rest.charges]]
    # From 1983 to January 2026 there are 517 months, and each has a fee and a price.
    assert (len(names), len(set(names)), rest.next_page_token) == (1034, 1034, "")


def test_the_size_of_a_page_may_change_on_the_way(stock: World) -> None:
    everything, found, token = page(stock, "ListPlans", 1000)[0], [], ""
    for size in (1, 2, 5, 1000):
        rows, token = page(stock, "ListPlans", size, token)
        found += rows
    assert (found, token) == (everything, "")


def test_rows_that_are_deleted_or_no_longer_fit_in_between_move_no_other(stock: World) -> None:
    made = plans(stock.house, ids("deleted", 0, 6))
    rows, token = page(stock, "ListPlans", len(page(stock, "ListPlans", 1000)[0]) - 3)
    assert rows[-3:] == made[:3]
    for name in (made[0], made[2], made[4]):
        stock.admin.DeletePlan(name=name)
    assert page(stock, "ListPlans", 1000, token) == ([made[3], made[5]], "")


def test_rows_as_large_as_they_may_be_come_in_pages_that_a_client_takes(stock: World) -> None:
    # 32 labels of 255 letters of 4 bytes are 33 kB, and by default a client takes 4 MiB.
    labels = {f"k{number}": "😀" * 255 for number in range(32)}
    customer = stock.house.make_account("large").rpartition("/accounts/")[0]
    for number in range(130):
        stock.admin.CreateAccount(parent=customer, account_id=f"l{number}", account={"labels": labels})
    found, token = 0, ""
    while token or not found:
        listed = stock.admin.ListAccounts(parent=customer, page_size=1000, page_token=token)
        found, token = found + len(listed.accounts), listed.next_page_token
    assert found == 131
