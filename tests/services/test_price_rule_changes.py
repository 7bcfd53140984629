"""Price rules that change: what a change would do, told before it is made, and the history of each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.ledger import text
from tests.harness import GOLD, House, day, iso, money

PARTY = "resellers/acme"


@pytest.fixture
def sold(house: House) -> House:
    """Gold at 20.00 on two accounts of acme and one of another reseller, billed through April."""
    house.make_product()
    for reseller, account in (("acme", "a1"), ("acme", "a2"), ("other", "a3")):
        house.assign(house.make_account(reseller, account))
    house.bill("2026-04-30")
    return house


def rule(price: dict[str, Any], effective: str = "2026-05-01", **fields: Any) -> dict[str, Any]:
    return {"product": GOLD, "price": price, "effective_date": day(effective), **fields}


def written(reply: Any) -> list[str]:
    return [
        f"{one.subscription.split('/')[5]} {iso(one.effective_date)} {text(one.before)} to {text(one.after)}"
        for one in reply.effects
    ]


@pytest.mark.parametrize(
    ("made", "effects"),
    [
        (rule({"percent": {"value": "12.5"}}), ["a1 2026-05-01 20.00 to 22.50", "a2 2026-05-01 20.00 to 22.50"]),
        # From the next boundary on or after its date.
        (rule({"fixed": money("8")}, "2026-05-15", account=f"{PARTY}/customers/c1/accounts/a2"),
         ["a2 2026-06-01 20.00 to 8.00"]),
        (rule({"fixed": money("20")}), []),
    ],
)  # fmt: skip
def test_what_a_new_rule_would_do_is_told_before_it_is_made(
    sold: House, made: dict[str, Any], effects: list[str]
) -> None:
    reply = sold.admin.CreatePriceRule(parent=PARTY, price_rule_id="new", price_rule=made, validate_only=True)
    assert written(reply) == effects
    assert sum(total.subscription_count for total in reply.totals) == len(effects)
    assert not sold.admin.ListPriceRules().price_rules
    # Made, and asked again, it does the same.
    sold.admin.CreatePriceRule(parent=PARTY, price_rule_id="new", price_rule=made)


def test_what_a_changed_rule_would_do_is_told_before_it_is_changed(sold: House) -> None:
    made = sold.admin.CreatePriceRule(
        parent=PARTY, price_rule_id="r", price_rule=rule({"fixed": money("25")})
    ).price_rule
    wanted = {"name": made.name, "price": {"fixed": money("30")}, "end_date": day("2026-07-01")}
    asked = {"price_rule": wanted, "update_mask": {"paths": ["price"]}, "validate_only": True, "page_size": 1}
    reply = sold.admin.UpdatePriceRule(**asked)
    assert (text(reply.price_rule.price.fixed), written(reply)) == ("30.00", ["a1 2026-05-01 25.00 to 30.00"])
    assert [text(total.difference) for total in reply.totals] == ["10.00"]
    rest = sold.admin.UpdatePriceRule(**asked, page_token=reply.next_page_token)
    assert written(rest) == ["a2 2026-05-01 25.00 to 30.00"]
    ended = sold.admin.UpdatePriceRule(**{**asked, "update_mask": {"paths": ["end_date"]}, "page_size": 2})
    assert written(ended) == ["a1 2026-07-01 25.00 to 20.00", "a2 2026-07-01 25.00 to 20.00"]
    assert sold.admin.GetPriceRule(name=made.name).price_rule == made


def test_existing_subscriptions_keep_their_price_for_life_where_a_rule_says_so(sold: House) -> None:
    made = rule({"fixed": money("25")}, reach="PRICE_RULE_REACH_NEW_SUBSCRIPTIONS")
    assert not sold.admin.CreatePriceRule(parent=PARTY, price_rule=made, validate_only=True).effects
    stored = sold.admin.CreatePriceRule(parent=PARTY, price_rule_id="new", price_rule=made).price_rule
    assert sold.admin.GetPriceRule(name=stored.name).price_rule.reach == stored.reach == 2
    sold.assign(sold.make_account("acme", "young"), "2026-05-01")
    sold.bill("2026-05-31")
    charged = {
        charge.subscription.split("/")[5]: text(charge.amount)
        for charge in sold.charges(side="SIDE_RETAIL", period_from=day("2026-05-01"), parent=PARTY)
    }
    assert charged == {"a1": "20.00", "a2": "20.00", "young": "25.00"}
    [revision] = sold.admin.ListPriceRuleRevisions(price_rule=stored.name).price_rule_revisions
    assert revision.price_rule.reach == 2


def test_a_preview_is_refused_as_the_change_would_be(sold: House) -> None:
    made = rule({"fixed": money("25")}, "2026-04-15")
    for validate_only in (True, False):
        refused = sold.admin.refusal("CreatePriceRule", parent=PARTY, price_rule=made, validate_only=validate_only)
        assert refused.reason == "INSIDE_BILLED_PERIOD"


def test_the_history_of_a_rule_stays_where_the_rule_is_changed_and_deleted(sold: House) -> None:
    acme = sold.reseller("acme")
    made = acme.CreatePriceRule(
        parent=PARTY, price_rule_id="r", price_rule=rule({"percent": {"value": "5"}})
    ).price_rule
    mask = {"paths": ["price"]}
    sold.admin.UpdatePriceRule(
        price_rule={"name": made.name, "price": {"amount": money("3"), "basis": "PRICE_BASIS_OWN_COST"}},
        update_mask=mask,
    )
    # Changed to what it is: nothing has happened.
    sold.admin.UpdatePriceRule(
        price_rule={"name": made.name, "price": {"amount": money("3"), "basis": "PRICE_BASIS_OWN_COST"}},
        update_mask=mask,
    )
    acme.DeletePriceRule(name=made.name)
    revisions = acme.ListPriceRuleRevisions(price_rule=made.name).price_rule_revisions
    kind = type(revisions[0]).Kind
    assert [(kind.Name(one.kind), one.actor) for one in revisions] == [
        ("KIND_CREATED", PARTY),
        ("KIND_CHANGED", "admin"),
        ("KIND_DELETED", PARTY),
    ]
    prices = [one.price_rule.price for one in revisions]
    assert [price.WhichOneof("value") for price in prices] == ["percent", "amount", "amount"]
    assert all(one.price_rule.name == made.name and one.create_time.seconds for one in revisions)
    assert revisions[0].price_rule.effective_date == day("2026-05-01")
    # The next one of the same name goes on in it.
    acme.CreatePriceRule(parent=PARTY, price_rule_id="r", price_rule=rule({"fixed": money("9")}))
    assert len(acme.ListPriceRuleRevisions(price_rule=made.name).price_rule_revisions) == 4
    assert not sold.reseller("other").ListPriceRuleRevisions(price_rule=made.name).price_rule_revisions


def test_a_rule_that_another_one_hides_until_later_is_seen_where_it_begins_to_count(sold: House) -> None:
    account = f"{PARTY}/customers/c1/accounts/a1"
    hiding = rule({"fixed": money("15")}, account=account, end_date=day("2026-07-01"))
    sold.admin.CreatePriceRule(parent=PARTY, price_rule=hiding)
    reply = sold.admin.CreatePriceRule(parent=PARTY, price_rule=rule({"fixed": money("30")}), validate_only=True)
    assert written(reply) == ["a1 2026-07-01 20.00 to 30.00", "a2 2026-05-01 20.00 to 30.00"]


def test_a_rule_for_new_subscriptions_changes_nothing_that_has_been_billed(sold: House) -> None:
    made = rule({"fixed": money("30")}, "2026-04-20", reach="PRICE_RULE_REACH_NEW_SUBSCRIPTIONS")
    sold.admin.CreatePriceRule(parent=PARTY, price_rule=made)
