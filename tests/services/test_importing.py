"""Imports of books: what is made, what is there already, what is bad, and who may be at work beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from queue import SimpleQueue
from threading import Thread
from typing import Any

import grpc
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from quitrent.domain.book_row import BookRow, NewSubscription
from quitrent.domain.party import Party
from quitrent.services import importing
from quitrent.services.caller import Caller, Role
from quitrent.services.importing import ImportMode, import_book
from quitrent.store.writing import FEWEST_COPIED
from tests.databases import read
from tests.harness import GOLD, House, day, refusal_of, wait_for
from tests.harness import Caller as Client
from tests.rpc.world import said

A, C1 = "resellers/a", "resellers/a/customers/c1"
A1 = f"{C1}/accounts/a1"


def reseller(name: str = A, **fields: Any) -> dict[str, Any]:
    return {"reseller": {"name": name, **fields}}


def customer(name: str = C1, **fields: Any) -> dict[str, Any]:
    return {"customer": {"name": name, **fields}}


def account(name: str = A1, **fields: Any) -> dict[str, Any]:
    return {"account": {"name": name, **fields}}


def subscription(of: str = A1, number: str = "s1", product: str = GOLD, start: str = "2026-01-01") -> dict[str, Any]:
    return {"subscription": {"name": f"{of}/subscriptions/{number}", "product": product, "start_date": day(start)}}


BOOK = [
    reseller(display_name="A"),
    customer(labels={"tier": "gold"}),
    account(display_name="Front desk"),
    subscription(),
]


def imported(client: Client, *rows: dict[str, Any], **fields: Any) -> Any:
    """Import rows with one request."""
    return client.ImportBook(rows=rows, last=True, **fields)


def sent_in(house: House, *requests: dict[str, Any]) -> Any:
    """Import with several requests, the last of which says so."""
    return house.admin.stream("ImportBook", [*requests[:-1], {**requests[-1], "last": True}]).result()


def counts(of: Any) -> tuple[int, int, int, int]:
    return of.resellers, of.customers, of.accounts, of.subscriptions


def told(bad: Any) -> tuple[int, str, str]:
    info = ErrorInfo()
    bad.error.details[0].Unpack(info)
    return bad.line, info.reason, bad.error.message


def account_names(house: House) -> set[str]:
    return {one.name for one in house.admin.ListAccounts(page_size=1000).accounts}


def test_a_book_is_made_of_rows_that_build_on_one_another(gold: House) -> None:
    made = imported(gold.admin, *BOOK)
    assert (counts(made.made), counts(made.there_already), made.bad_row_count) == ((1, 1, 1, 1), (0, 0, 0, 0), 0)
    assert gold.admin.GetReseller(name=A).reseller.display_name == "A"
    assert gold.admin.GetCustomer(name=C1).customer.labels == {"tier": "gold"}
    assert gold.admin.GetAccount(name=A1).account.display_name == "Front desk"
    gold.bill("2026-01-31")
    assert (gold.amounts("WHOLESALE"), gold.amounts("RETAIL")) == (["10.00"], ["20.00"])


def test_what_is_imported_is_what_single_calls_make(gold: House) -> None:
    alone = gold.make_account("b")
    gold.assign(alone, "2026-01-31")
    imported(gold.admin, *[reseller(), customer(), account(), subscription(start="2026-01-31")])
    made, single = (gold.admin.GetSubscription(name=f"{of}/subscriptions/s1").subscription for of in (A1, alone))
    made.name = single.name
    assert made == single
    columns = "billed_until, settled_until, activation_billed, cancellation_billed, due_date"
    for side in ("wholesale_side", "retail_side"):
        first, second = read(gold.settings.database_url, f"SELECT {columns} FROM {side} ORDER BY id")
        assert first == second


def test_an_import_that_is_repeated_finds_its_rows_there_already(gold: House) -> None:
    imported(gold.admin, *BOOK[:3])
    again = imported(gold.admin, *BOOK)
    assert (counts(again.made), counts(again.there_already)) == ((0, 0, 0, 1), (1, 1, 1, 0))
    again = imported(gold.admin, *BOOK)
    assert (counts(again.made), counts(again.there_already)) == ((0, 0, 0, 0), (1, 1, 1, 1))


NO_DAY = {"year": 2026, "month": 2, "day": 30}

# a row that is bad | the single call that is refused for the same
Single = tuple[str, dict[str, Any]]
BAD: list[tuple[dict[str, Any], Single]] = [
    (
        customer("resellers/none/customers/c1"),
        ("CreateCustomer", {"parent": "resellers/none", "customer_id": "c1", "customer": {}}),
    ),
    (
        account(f"{A}/customers/none/accounts/a1"),
        ("CreateAccount", {"parent": f"{A}/customers/none", "account_id": "a1", "account": {}}),
    ),
    (
        account(A1, display_name="Other"),
        ("CreateAccount", {"parent": C1, "account_id": "a1", "account": {"display_name": "Other"}}),
    ),
    (
        account(f"{C1}/accounts/a2", display_name="x" * 256, labels={"A": ""}),
        ("CreateAccount", {"parent": C1, "account": {"display_name": "x" * 256, "labels": {"A": ""}}}),
    ),
    (
        subscription(product="products/none"),
        ("CreateSubscription", {"subscription": {"product": "products/none", "start_date": day("2026-01-01")}}),
    ),
    (
        subscription(number="s2"),
        ("CreateSubscription", {"subscription": {"product": GOLD, "start_date": day("2026-01-01")}}),
    ),
    (
        subscription(number="s2", product="products/silver"),
        ("CreateSubscription", {"subscription": {"product": "products/silver", "start_date": day("2026-01-01")}}),
    ),
    (
        subscription(product=""),
        ("CreateSubscription", {"subscription": {"start_date": day("2026-01-01")}}),
    ),
    (
        {"subscription": {"name": f"{A1}/subscriptions/s2", "product": GOLD, "start_date": NO_DAY}},
        ("CreateSubscription", {"subscription": {"product": GOLD, "start_date": NO_DAY}}),
    ),
    (
        subscription(start="2026-01-02"),
        (
            "CreateSubscription",
            {"subscription_id": "s1", "subscription": {"product": GOLD, "start_date": day("2026-01-02")}},
        ),
    ),
    (
        subscription(number="s3", product="products/hidden"),
        ("CreateSubscription", {"subscription": {"product": "products/hidden", "start_date": day("2026-01-01")}}),
    ),
    (
        subscription(number="s3", product="products/old"),
        ("CreateSubscription", {"subscription": {"product": "products/old", "start_date": day("2026-01-01")}}),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with a book, and products that cannot be assigned."""
    house = House(tmp_path_factory.mktemp("shop"))
    for product in ("gold", "silver", "hidden", "old"):
        house.make_product(product)
    hidden = {"name": "products/hidden", "shared_with_resellers": False}
    house.admin.UpdateProduct(product=hidden, update_mask={"paths": ["shared_with_resellers"]})
    house.admin.ArchiveProduct(name="products/old")
    imported(house.admin, *BOOK)
    yield house
    house.close()


@pytest.mark.parametrize(("row", "single"), BAD)
def test_a_bad_row_is_refused_as_the_single_call_is(shop: House, row: dict[str, Any], single: Single) -> None:
    method, fields = single
    if method == "CreateSubscription":
        fields = {"parent": A1, **fields}
    refused = shop.admin.refusal(method, **fields)
    answer = imported(shop.admin, *[{"line": 7, **row}])
    [bad] = answer.bad_rows
    details = BadRequest()
    violations = bad.error.details[1:] and bad.error.details[1].Unpack(details) and details.field_violations
    assert told(bad) == (7, refused.reason, refused.message)
    assert (Code.Name(bad.error.code), tuple(one.field for one in violations or ())) == (refused.code, refused.fields)
    assert (answer.bad_row_count, counts(answer.made)) == (1, (0, 0, 0, 0))


def test_a_row_of_nothing_is_named_by_its_number(shop: House) -> None:
    answer = imported(shop.admin, *[BOOK[0], {}, {"account": {}}])
    assert [told(bad) for bad in answer.bad_rows] == [
        (2, "FIELD_INVALID", "row: exactly one of its fields must be given"),
        (3, "FIELD_INVALID", "account.name: must be given"),
    ]


def test_good_rows_are_kept_beside_bad_ones_whatever_batch_they_are_in(
    gold: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    accounts = [account(f"{C1}/accounts/a{number}") for number in range(10)]
    early = [account(f"{A}/customers/late/accounts/a1"), customer(f"{A}/customers/late")]
    answer = imported(gold.admin, *[reseller(), customer(), *early, *accounts, *accounts[:2], early[0]])
    assert [told(bad)[:2] for bad in answer.bad_rows] == [(3, "NOT_FOUND")]
    assert (counts(answer.made), counts(answer.there_already)) == ((1, 2, 11, 0), (0, 0, 2, 0))
    assert len(account_names(gold)) == 11


def test_one_bad_row_refuses_all_of_them_where_that_is_asked_for(gold: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    mode = {"mode": "IMPORT_MODE_ALL_OR_NOTHING"}
    late = account(f"{C1}/accounts/a2", display_name="x" * 256)
    refused = sent_in(gold, mode, {"rows": BOOK}, {"rows": [late, account(f"{C1}/accounts/a3")]})
    assert [told(bad)[0] for bad in refused.bad_rows] == [5]
    assert (refused.bad_row_count, counts(refused.made)) == (1, (0, 0, 0, 0))
    assert not gold.admin.ListResellers().resellers
    taken = sent_in(gold, mode, {"rows": BOOK}, {"rows": [account(f"{C1}/accounts/a3")]})
    assert counts(taken.made) == (1, 1, 2, 1)
    assert len(account_names(gold)) == 2


def test_of_many_bad_rows_all_are_counted_and_the_first_are_told(gold: House) -> None:
    rows = [account(f"{A}/customers/none/accounts/a{number}") for number in range(600)]
    answer = sent_in(gold, {"rows": rows}, {"rows": rows})
    assert answer.bad_row_count == 1200
    assert [bad.line for bad in answer.bad_rows] == list(range(1, 1001))


def test_an_import_that_was_cut_off_leaves_whole_batches_and_is_taken_up_by_sending_it_again(
    gold: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 4)
    rows = [reseller(), customer(), *(account(f"{C1}/accounts/a{number}") for number in range(8))]
    to_send: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    sent = gold.admin.stream("ImportBook", iter(to_send.get, None))
    to_send.put({"rows": rows[:6]})
    wait_for(lambda: len(account_names(gold)) == 2)
    sent.cancel()
    to_send.put(None)
    assert len(account_names(gold)) == 2
    answer = imported(gold.admin, *rows)
    assert (counts(answer.made), counts(answer.there_already)) == ((0, 0, 6, 0), (1, 1, 2, 0))


def test_rows_that_are_waited_for_keep_nobody_from_writing(gold: House) -> None:
    to_send: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    for mode, of in (("IMPORT_MODE_KEEP_GOOD_ROWS", "kept"), ("IMPORT_MODE_ALL_OR_NOTHING", "all")):
        sent = gold.admin.stream("ImportBook", iter(to_send.get, None))
        to_send.put({"mode": mode, "rows": [reseller(f"resellers/{of}")]})
        # So many that some of them come after the import has begun.
        for number in range(30):
            gold.admin.CreateReseller(reseller_id=f"{of}-{number}", reseller={})
        to_send.put({"last": True})
        to_send.put(None)
        assert counts(sent.result().made) == (1, 0, 0, 0)


@pytest.mark.parametrize("mode", ["IMPORT_MODE_KEEP_GOOD_ROWS", "IMPORT_MODE_ALL_OR_NOTHING"])
def test_a_stream_that_ends_before_its_last_request_makes_nothing_of_what_was_not_made_by_then(
    gold: House, mode: str
) -> None:
    once = {"mode": mode, "request_id": "one"}
    cut_off: list[list[dict[str, Any]]] = [[], [{}], [{**once, "rows": BOOK}], [{**once}, {"rows": BOOK}]]
    for requests in cut_off:
        with pytest.raises(grpc.RpcError) as refused:
            gold.admin.stream("ImportBook", requests).result()
        assert refusal_of(refused.value).fields == ("last",)
    assert not gold.admin.ListResellers().resellers
    assert counts(sent_in(gold, {**once, "rows": BOOK}).made) == (1, 1, 1, 1)


def test_what_is_said_of_the_whole_import_stands_in_its_first_request(gold: House) -> None:
    for field, value in (("mode", "IMPORT_MODE_ALL_OR_NOTHING"), ("request_id", "later")):
        with pytest.raises(grpc.RpcError) as refused:
            sent_in(gold, {"rows": BOOK}, {field: value})
        told_so = refusal_of(refused.value)
        assert (told_so.code, told_so.fields) == ("INVALID_ARGUMENT", (field,))


def test_a_request_id_gives_the_first_answer_again_however_the_rows_are_divided(gold: House) -> None:
    first = sent_in(gold, {"request_id": "one"}, {"rows": BOOK})
    divided: list[dict[str, Any]] = [{"request_id": "one", "rows": BOOK[:1]}, {"rows": BOOK[1:3]}, {"rows": BOOK[3:]}]
    assert sent_in(gold, *divided) == first
    with pytest.raises(grpc.RpcError) as refused:
        sent_in(gold, *divided[:2])
    assert refusal_of(refused.value).reason == "REQUEST_ID_TAKEN"


def test_an_import_that_was_refused_has_not_used_its_request_id(gold: House) -> None:
    once = {"request_id": "one", "mode": "IMPORT_MODE_ALL_OR_NOTHING"}
    assert imported(gold.admin, BOOK[1], **once).bad_row_count == 1
    assert counts(imported(gold.admin, *BOOK, **once).made) == (1, 1, 1, 1)
    assert counts(imported(gold.admin, *BOOK, **once).made) == (1, 1, 1, 1)


def test_a_reseller_imports_what_is_its_own(gold: House) -> None:
    for name in ("a", "b"):
        gold.admin.CreateReseller(reseller_id=name, reseller={})
    others = [customer("resellers/b/customers/c1"), reseller("resellers/new"), reseller()]
    answer = imported(gold.reseller("a"), *[*BOOK[1:], *others])
    assert counts(answer.made) == (0, 1, 1, 1)
    assert [told(bad)[:2] for bad in answer.bad_rows] == [(4, "NOT_FOUND"), (5, "ADMIN_ONLY"), (6, "ADMIN_ONLY")]


class Queries:
    """Counts what a database is asked while it is watched."""

    def __init__(self, house: House) -> None:
        self.database: Any = house.deployment.store._database
        self.texts: list[str] = []

    def of(self, work: Callable[[], object]) -> int:
        """Give how many queries some work takes."""
        self.texts.clear()
        self.database.query_hooks.append(lambda query: self.texts.append(query.sql))
        try:
            work()
        finally:
            self.database.query_hooks.clear()
        return len(self.texts)


def test_a_batch_takes_as_many_queries_as_another_however_many_rows_it_has(gold: House) -> None:
    admin, queries = Caller(Role.ADMIN), Queries(gold)
    numbers = iter(range(10_000))

    def rows(count: int) -> list[BookRow]:
        found: list[Party | NewSubscription] = []
        for _ in range(count):
            name = f"resellers/r{next(numbers)}"
            lower = [f"{name}/customers/c", f"{name}/customers/c/accounts/a"]
            found += [Party(one) for one in (name, *lower)]
            found.append(NewSubscription(f"{lower[-1]}/subscriptions/s", GOLD, date(2026, 1, 1)))
        return [BookRow(line, what) for line, what in enumerate(found)]

    def made(count: int) -> int:
        batch = rows(count)
        return queries.of(lambda: import_book(gold.deployment, admin, batch, ImportMode.KEEP_GOOD_ROWS, lambda _: None))

    # On PostgreSQL so many rows or more are copied, which is no query.
    made(FEWEST_COPIED)
    assert made(FEWEST_COPIED) == made(importing.BATCH // 4)


def test_two_who_assign_at_the_same_time_never_give_an_account_two_main_products(
    gold: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 40)
    gold.make_product("silver")
    names = [f"{C1}/accounts/a{number}" for number in range(200)]
    imported(gold.admin, *[reseller(), customer(), *map(account, names)])
    rivals = [Thread(target=_assign_silver, args=(gold.admin, names)) for _ in range(2)]
    for rival in rivals:
        rival.start()
    wait_for(lambda: gold.admin.ListSubscriptions(page_size=1).subscriptions)
    imported(gold.admin, *[subscription(name) for name in names])
    for rival in rivals:
        rival.join()
    assigned = gold.admin.ListSubscriptions(page_size=1000).subscriptions
    assert sorted(one.name.rpartition("/subscriptions/")[0] for one in assigned) == sorted(names)
    # Both had their turn.
    assert {one.product for one in assigned} == {GOLD, "products/silver"}


def _assign_silver(client: Client, accounts: list[str]) -> None:
    """Assign silver, from the end of the book on."""
    start = {"product": "products/silver", "start_date": day("2026-01-01")}
    for name in reversed(accounts):
        said(client, "CreateSubscription", parent=name, subscription_id="rival", subscription=start)
