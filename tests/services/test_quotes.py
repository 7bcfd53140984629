"""Quotes: both sides of a period, explained, with nothing stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.domain.errors import NotFound
from quitrent.hooks.manager import Plugins
from quitrent.services.caller import Caller, Role
from quitrent.services.quoting import quote_prices
from quitrent.services.terms_asked import QuoteRequest
from tests.conftest import WHOLE
from tests.harness import GOLD, House, day, iso, money, text_of

ADMIN = Caller(Role.ADMIN)


class Tenth:
    """Ten percent more, and a warning."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        return Adjustment("tenth", "a tenth more", percent=Decimal(10))

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review:
        return Review(Verdict.WARN, f"{price.whole:f} is a lot")


def steps_of(side: Any) -> list[tuple[str, str, str]]:
    kinds = side.explanation.DESCRIPTOR.fields_by_name["steps"].message_type.fields_by_name["kind"].enum_type
    return [
        (kinds.values_by_number[step.kind].name.removeprefix("STEP_KIND_"), step.text, step.result.value)
        for step in side.explanation.steps
    ]


@pytest.mark.parametrize(
    ("asked", "period", "wholesale", "retail", "margin"),
    [
        ("2026-01-11", ("2026-01-11", "2026-02-01"), "6.77", "13.55", "6.78"),
        ("2026-01-31", ("2026-01-11", "2026-02-01"), "6.77", "13.55", "6.78"),
        ("2026-02-01", ("2026-02-01", "2026-03-01"), "10.00", "20.00", "10.00"),
        ("2026-03-15", ("2026-03-01", "2026-03-16"), "4.84", "9.68", "4.84"),
    ],
)
def test_a_quote_prices_the_period_that_holds_the_day(
    house: House, asked: str, period: tuple[str, str], wholesale: str, retail: str, margin: str
) -> None:
    house.make_product()
    name = house.assign(house.make_account("acme"), start="2026-01-11")
    house.admin.CloseSubscription(name=name, end_date=day("2026-03-16"))
    quote = house.admin.QuotePrice(subscription=name, date=day(asked)).quote
    for side in (quote.wholesale, quote.retail):
        assert (iso(side.period_start), iso(side.period_end)) == period
    amounts = (quote.wholesale.amount, quote.retail.amount, quote.margin)
    assert tuple(text_of(amount) for amount in amounts) == (wholesale, retail, margin)


def test_a_quote_explains_each_step_and_names_the_plugin(gold: House) -> None:
    plugins = Plugins()
    plugins.register("tenth", Tenth(), "1.2.3")
    gold.use_plugins(plugins)
    account = gold.make_account("acme")
    rule = {"product": GOLD, "price": {"percent": {"value": "25"}}, "effective_date": day("2026-01-01")}
    gold.admin.CreatePriceRule(parent="resellers/acme", price_rule_id="quarter", price_rule=rule)
    asked = {"assignment": {"product": GOLD, "account": account}, "date": day("2026-01-11")}
    quote = gold.admin.QuotePrice(**asked).quote
    assert steps_of(quote.wholesale) == [
        ("FEE", "the provider's fee", "10.00"),
        ("ROUNDING", "rounded HALF_UP", "10.00"),
    ]
    assert steps_of(quote.retail) == [
        ("RECOMMENDED", "recommended by plans/gold-price", "20.00"),
        ("PRICE_RULE", "+25 % on the recommended price", "25.00"),
        ("ADJUSTMENT", "+10 % of the basis: a tenth more", "27.50"),
        ("ROUNDING", "rounded HALF_UP", "27.50"),
        ("REVIEW", "27.5 is a lot", ""),
    ]
    adjustment = quote.retail.explanation.steps[2]
    assert (adjustment.plugin, adjustment.plugin_version, adjustment.code) == ("tenth", "1.2.3", "tenth")


def test_a_quote_before_the_assignment_is_what_is_billed_after_it(house: House) -> None:
    house.make_product()
    account = house.make_account("acme")
    quote = house.admin.QuotePrice(assignment={"product": GOLD, "account": account}, date=day("2026-01-11")).quote
    house.assign(account, start="2026-01-11")
    house.bill("2026-01-31")
    assert house.amounts("WHOLESALE") == [text_of(quote.wholesale.amount)]
    assert house.amounts("RETAIL") == [text_of(quote.retail.amount)]
    [retail] = house.charges(side="SIDE_RETAIL")
    assert retail.explanation == quote.retail.explanation


@pytest.mark.parametrize(
    ("retail", "reason"),
    [
        ({"currency": "EUR"}, "the two sides are in different currencies"),
        ({"period_boundary": "PERIOD_BOUNDARY_ANNIVERSARY"}, "the two sides have different periods"),
        ({}, ""),
    ],
)
def test_a_margin_is_left_out_where_the_sides_cannot_be_compared(
    house: House, retail: dict[str, str], reason: str
) -> None:
    house.make_product(retail=retail)
    account = house.make_account("acme")
    quote = house.admin.QuotePrice(assignment={"product": GOLD, "account": account}, date=day("2026-01-11")).quote
    assert quote.margin_absent_reason == reason
    assert quote.HasField("margin") == (not reason)


def test_a_batch_answers_each_request_in_its_place(gold: House) -> None:
    account = gold.make_account("acme")
    name = gold.assign(account)
    none = f"{account}/subscriptions/none"
    requests = [
        {"subscription": name, "date": day("2026-01-01")},
        {"subscription": none, "date": day("2026-01-01")},
        {"subscription": name, "date": day("2025-12-31")},
        {"subscription": name, "date": day("2026-02-01")},
    ]
    results = gold.admin.BatchQuotePrices(requests=requests).results
    told = [result.error.message or text_of(result.quote.retail.amount) for result in results]
    assert told == [
        "20.00",
        f"{none} is not found",
        f"{name} is assigned from 2026-01-01 on; 2025-12-31 lies outside",
        "20.00",
    ]


def test_a_quote_stores_nothing(gold: House) -> None:
    name = gold.assign(gold.make_account("acme"))
    for _ in range(3):
        gold.admin.QuotePrice(subscription=name, date=day("2026-01-01"))
    assert not gold.charges()


@pytest.mark.parametrize(
    ("scope", "price"),
    [
        ({}, "11.00"),
        ({"customer": "resellers/acme/customers/c1"}, "12.00"),
        ({"account": "resellers/acme/customers/c1/accounts/a1"}, "13.00"),
    ],
)
def test_the_narrowest_rule_prices_the_account(gold: House, scope: dict[str, str], price: str) -> None:
    account = gold.make_account("acme")
    wider: list[tuple[str, dict[str, str]]] = [
        ("11.00", {}),
        ("12.00", {"customer": "resellers/acme/customers/c1"}),
        ("13.00", {"account": account}),
    ]
    for fixed, reach in wider:
        rule = {"product": GOLD, "price": {"fixed": money(fixed)}, "effective_date": day("2026-01-01"), **reach}
        gold.admin.CreatePriceRule(parent="resellers/acme", price_rule=rule)
        if reach == scope:
            break
    quote = gold.admin.QuotePrice(assignment={"product": GOLD, "account": account}, date=day("2026-01-01")).quote
    assert text_of(quote.retail.amount) == price
    # Whatever the reseller asks, its cost is the same.
    assert text_of(quote.wholesale.amount) == "10.00"


def test_a_whole_first_part_costs_the_whole_price(house: House) -> None:
    house.make_product(wholesale=WHOLE, retail=WHOLE)
    account = house.make_account("acme")
    quote = house.admin.QuotePrice(assignment={"product": GOLD, "account": account}, date=day("2026-01-31")).quote
    assert (text_of(quote.wholesale.amount), text_of(quote.retail.amount)) == ("10.00", "20.00")


def test_no_plugin_is_called_while_a_transaction_is_open(gold: House) -> None:
    name = gold.assign(gold.make_account("acme"))
    asked = [QuoteRequest(ADMIN, date(2026, 1, 1), subscription=name)]
    with (
        pytest.raises(RuntimeError, match="a plugin may take its time"),
        gold.deployment.store.write(),
    ):
        quote_prices(gold.deployment, asked)


def test_quotes_of_several_callers_at_once_show_each_what_is_its_own(gold: House) -> None:
    names = [gold.assign(gold.make_account(reseller)) for reseller in ("acme", "bolt")]
    callers = [Caller(Role.RESELLER, f"resellers/{reseller}") for reseller in ("acme", "bolt")]
    asked = [QuoteRequest(caller, date(2026, 1, 1), subscription=name) for caller in callers for name in names]
    found = [isinstance(quote, NotFound) for quote in quote_prices(gold.deployment, asked)]
    assert found == [False, True, True, False]


def test_many_quotes_take_as_many_queries_as_one(gold: House) -> None:
    accounts = [gold.make_account("acme", f"a{number}") for number in range(20)]
    names = [gold.assign(account) for account in accounts[:10]]
    first = date(2026, 1, 1)
    quoted = [QuoteRequest(ADMIN, first, subscription=name) for name in names]
    quoted += [QuoteRequest(ADMIN, first, product=GOLD, account=account) for account in accounts[10:]]
    database: Any = gold.deployment.store._database
    asked: list[str] = []
    database.query_hooks.append(lambda query: asked.append(query.sql))

    def queries(requests: list[QuoteRequest]) -> int:
        asked.clear()
        quotes = quote_prices(gold.deployment, requests)
        assert not [quote for quote in quotes if isinstance(quote, Exception)]
        return len(asked)

    queries(quoted)
    for some in (quoted[:10], quoted[10:], quoted):
        assert queries(some) == queries([some[0], some[-1]])
    database.query_hooks.clear()
