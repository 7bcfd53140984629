"""Random scripts of calls: what a provider and two resellers may ask for, with something wrong in many of them.

A script is made from a seed while it is played. Its names come from a few, so that one call meets what another
has made, and it takes up the names of charges that replies have told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from google.protobuf.message import Message

from tests.harness import TODAY, day, message_type, money, month

RESELLERS = ("resellers/r1", "resellers/r2")
CUSTOMERS = tuple(f"{reseller}/customers/c1" for reseller in RESELLERS)
ACCOUNTS = tuple(f"{customer}/accounts/a{number}" for customer in CUSTOMERS for number in (1, 2))
SUBSCRIPTIONS = tuple(f"{account}/subscriptions/s{number}" for account in ACCOUNTS for number in (1, 1, 1, 2))
PARTIES = ("", *RESELLERS, *CUSTOMERS, *ACCOUNTS)
PRODUCTS = ("products/p1", "products/p2", "products/p3", "resellers/r1/products/p4")
PLANS = tuple(f"{kind}{number}" for kind in ("plans/f", "plans/p") for number in (1, 2, 3))
OWN_PLANS = ("resellers/r1/plans/p4", "resellers/r1/plans/f4")
FEE_DAYS = ("2026-05-01", "2026-07-01", "2026-09-01")

AMOUNTS = ("0", "0.01", "1", "5", "9.99", "10", "20", "33.33", "1000000")
PERCENTS = ("-100", "-12.5", "0", "0.000001", "10", "25", "300")
# The first four may be given anywhere.
TEXTS = ("", "x", "ä€😀", "%s", "\n", "a\0b", "' OR 1=1 --", "x" * 300, "resellers/r1", "billingRuns/none-1", *PRODUCTS)
NUMBERS = (-(2**31), -1, 0, 1, 2, 3, 12, 31, 1000, 9999, 2**31 - 1)


class Call(NamedTuple):
    """A call, and who makes it: `admin`, or a reseller by its name."""

    caller: str
    method: str
    request: Any


class Script:
    """A script of calls, each of which may follow from the replies to those before."""

    def __init__(self, seed: int) -> None:
        """Take what the script is made from, the same one each time."""
        self._random = Random(seed)
        self._charges = ["resellers/r1/customers/c1/accounts/a1/subscriptions/s1/charges/retail-recurring-2026-01-01"]
        self._subscriptions = list(SUBSCRIPTIONS)
        # What follows from a reply.
        self._waiting: list[Call] = []
        # The day it is when the next call is made.
        self.today = TODAY

    def beginning(self) -> Iterator[Call]:
        """Give calls that make what most others need: parties, three products of the provider's and one's own."""
        for name in RESELLERS:
            yield _call("CreateReseller", reseller_id=_last(name), reseller={"display_name": "ä€😀"})
        for name in CUSTOMERS:
            yield _call("CreateCustomer", parent=_parent(name), customer_id=_last(name), customer={})
        for name in ACCOUNTS:
            yield _call("CreateAccount", parent=_parent(name), account_id=_last(name), account={})
        for number, name in enumerate(PRODUCTS, start=1):
            own = {"managed_by": "resellers/r1"} if number == 4 else {}
            shared = {} if own else {"shared_with_resellers": True}
            yield _call("CreatePlan", plan_id=f"f{number}", plan={**self._plan("RESELLER"), **own})
            yield _call("CreatePlan", plan_id=f"p{number}", plan={**self._plan("ACCOUNT", shared=not own), **own})
            party = "resellers/r1/" if own else ""
            plans = {"account_plan": f"{party}plans/p{number}", "reseller_plan": f"{party}plans/f{number}"}
            kind = "PRODUCT_KIND_MAIN" if number < 3 else "PRODUCT_KIND_ADD_ON"
            yield _call("CreateProduct", product_id=_last(name), product={"kind": kind, **shared, **own, **plans})
        for account in ACCOUNTS:
            product = self._of(PRODUCTS if account.startswith("resellers/r1/") else PRODUCTS[:3])
            subscription = {"product": product, "start_date": day(self._of(("2026-01-01", "2026-01-17", "2026-02-01")))}
            yield _call("CreateSubscription", parent=account, subscription_id="s1", subscription=subscription)

    def next(self) -> Call:
        """Give the next call."""
        if self._waiting:
            return self._waiting.pop()
        if self._chance(0.1):
            self.today += timedelta(days=self._random.randrange(40))
        method = self._of(self._methods())
        request = message_type(method)(**self._requests()[method]())
        if self._chance(0.15):
            self._spoil(request)
        if "request_id" in request.DESCRIPTOR.fields_by_name and self._chance(0.2):
            request.request_id = self._of(("k1", "k2", "k3"))
        return Call(self._of(("admin",) * 6 + ("r1", "r2")), method, request)

    def learn(self, reply: Any) -> None:
        """Take up the subscriptions and charges that a reply tells of."""
        self._charges = [charge.name for charge in getattr(reply, "charges", ())] or self._charges
        if getattr(reply, "billing_run", None):
            self._waiting.append(_call("ListCharges", page_size=1000))
        if made := getattr(getattr(reply, "subscription", None), "name", ""):
            self._subscriptions.append(made)

    def _methods(self) -> list[str]:
        often = {"CreateSubscription": 6, "StartBillingRun": 9, "QuotePrice": 4, "ListCharges": 3, "CreatePriceRule": 4}
        return [method for method in self._requests() for _ in range(often.get(method, 2))]

    def _requests(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """How a request that may be right is made, for each method."""
        of, day_, texts = self._of, self._day, self._texts
        return {
            "CreateReseller": lambda: {"reseller_id": of(("r1", "r3")), "reseller": texts()},
            "CreateCustomer": lambda: {"parent": of(RESELLERS), "customer_id": of(("c1", "c2")), "customer": texts()},
            "CreateAccount": lambda: {"parent": of(CUSTOMERS), "account_id": of(("a1", "a3")), "account": texts()},
            "UpdateReseller": lambda: self._update("reseller", of(RESELLERS), texts()),
            "UpdateCustomer": lambda: self._update("customer", of(CUSTOMERS), texts()),
            "UpdateAccount": lambda: self._update("account", of(ACCOUNTS), texts()),
            "GetAccount": lambda: {"name": of(ACCOUNTS)},
            "ListResellers": self._page,
            "ListAccounts": lambda: {"parent": of(("", *RESELLERS, *CUSTOMERS)), **self._page()},
            "CreatePlan": lambda: {"plan_id": of(("f1", "p5", "p6")), "plan": self._any_plan()},
            "UpdatePlan": lambda: self._update("plan", of((*PLANS, *OWN_PLANS)), self._any_plan()),
            "DeletePlan": lambda: {"name": of((*PLANS, "plans/p5", "plans/p6"))},
            "ListPlans": lambda: {"currency_code": of(("", "USD", "EUR")), **self._page()},
            "CreateFeeChange": lambda: {
                "parent": of((*PLANS, *OWN_PLANS)),
                "fee_change": {
                    "effective_date": day(of(FEE_DAYS)),
                    "fee": money(of(AMOUNTS)),
                    "reach": self._random.randrange(3),
                },
                **self._tried(),
            },
            "DeleteFeeChange": lambda: {"name": f"{of(PLANS)}/feeChanges/{of(FEE_DAYS)}"},
            "ListFeeChanges": lambda: {"parent": of(PLANS), **self._page()},
            "CreateProduct": lambda: {"product_id": of(("p1", "p5")), "product": self._product()},
            "UpdateProduct": lambda: self._update("product", of(PRODUCTS), self._product()),
            "ArchiveProduct": lambda: {"name": of((*PRODUCTS[2:], "products/p5"))},
            "ListProducts": lambda: {"kind": self._random.randrange(3), **self._page()},
            "CreatePriceRule": lambda: {
                "parent": of(RESELLERS),
                "price_rule_id": of(("a", "b", "c")),
                "price_rule": self._rule(),
                **self._tried(),
            },
            "UpdatePriceRule": lambda: {
                **self._update("price_rule", f"{of(RESELLERS)}/priceRules/{of('abc')}", self._price()),
                **self._tried(),
            },
            "DeletePriceRule": lambda: {"name": f"{of(RESELLERS)}/priceRules/{of('abc')}"},
            "ListPriceRules": lambda: {"parent": of(RESELLERS), **self._page()},
            "ListPriceRuleRevisions": lambda: {"parent": of(RESELLERS), **self._page()},
            "CreateSubscription": lambda: {
                "parent": of(ACCOUNTS),
                "subscription_id": of(("s1", "s2", "s3")),
                "subscription": {"product": of(PRODUCTS), "start_date": day_()},
            },
            "GetSubscription": lambda: {"name": self._subscription()},
            "ListSubscriptions": lambda: {"parent": of(PARTIES), "state": self._random.randrange(5), **self._page()},
            "SuspendSubscription": lambda: {"name": self._subscription(), "start_date": day_()},
            "ResumeSubscription": lambda: {
                "name": self._subscription(),
                "resume_date": day_(),
                "paused_days": self._random.randrange(3),
            },
            "CloseSubscription": lambda: {"name": self._subscription(), "end_date": day_()},
            "ChangeSubscriptionProduct": lambda: {
                "name": self._subscription(),
                "product": of(PRODUCTS),
                "change_date": day_(),
                "timing": self._random.randrange(3),
                "subscription_id": of(("s2", "s3")),
            },
            "WithdrawSubscriptionChange": lambda: {"name": self._subscription(), "change": self._random.randrange(5)},
            "QuotePrice": self._quote,
            "BatchQuotePrices": lambda: {"requests": [self._quote() for _ in range(3)]},
            "StartBillingRun": lambda: {"through_date": self._billed(), "validate_only": self._chance(0.3)},
            "CancelBillingRun": lambda: {"name": f"billingRuns/{self._date()}-1"},
            "ListBillingRuns": self._page,
            "GetCharge": lambda: {"name": of(self._charges)},
            "ListCharges": lambda: {"parent": of(PARTIES), "side": self._random.randrange(3), **self._page()},
            "ReverseCharge": lambda: {"name": of(self._charges), "note": self._text()},
            "ListParkedCharges": lambda: {"parent": of(PARTIES), **self._page()},
            "GetStatement": lambda: {"reseller": of(RESELLERS), "month": self._month()},
            "ListStatementLines": lambda: {"reseller": of(RESELLERS), "month": self._month(), **self._page()},
            "RehearsePrices": lambda: {"from_date": day_(), "through_date": day_(), "without": ["plugins/tenth"]},
        }

    def _update(self, noun: str, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        paths = self._random.sample(list(fields), k=min(len(fields), 1 + self._random.randrange(2)))
        return {noun: {"name": name, **fields}, "update_mask": {"paths": paths}}

    def _subscription(self) -> str:
        """Mostly one of those that came last."""
        return str(self._of(self._subscriptions[-8:] if self._chance(0.5) else self._subscriptions))

    def _quote(self) -> dict[str, Any]:
        if self._chance(0.5):
            return {"subscription": self._subscription(), "date": self._day()}
        assignment = {"product": self._of(PRODUCTS), "account": self._of(ACCOUNTS)}
        return {"assignment": assignment, "date": self._day()}

    def _plan(self, kind: str, *, shared: bool = True) -> dict[str, Any]:
        """A plan with some choices, which all fit each other."""
        retail = kind == "ACCOUNT"
        unit = self._of((1, 1, 2, 3, 4, 5))
        plan = {
            "kind": f"PLAN_KIND_{kind}",
            "fee": money(self._of(AMOUNTS)),
            "shared_with_resellers": retail and shared,
            "applied_more_than_once": not retail,
            "period_unit": unit,
            "period_count": 10 if unit == 2 else 1,
        }
        choices: dict[str, Any] = {
            "period_boundary": 1 if unit == 4 else self._random.randrange(1, 3),
            "timing": self._random.randrange(1, 3),
            "first_part": self._random.randrange(1, 3),
            "last_part": self._random.randrange(1, 3),
            "rounding": self._random.randrange(1, 4),
            "suspension": self._random.randrange(1, 3) if retail else 0,
            "unused_days": self._random.randrange(1, 3),
            "promotions": [{"period_count": 1, "fee": money(self._of(AMOUNTS))}],
            "activation_fee": money(self._of(AMOUNTS[1:])),
        }
        return plan | {name: value for name, value in choices.items() if self._chance(0.25)}

    def _any_plan(self) -> dict[str, Any]:
        return self._plan(self._of(("ACCOUNT", "RESELLER"))) | {"display_name": self._text()}

    def _product(self) -> dict[str, Any]:
        plans = {"account_plan": self._of(PLANS[3:]), "reseller_plan": self._of(PLANS[:3])}
        return {"kind": self._random.randrange(1, 3), **plans, **self._texts()}

    def _rule(self) -> dict[str, Any]:
        scope = self._of(({}, {}, {"account": self._of(ACCOUNTS)}, {"customer": self._of(CUSTOMERS)}))
        return {"product": self._of(PRODUCTS), "effective_date": self._day(), **self._price(), **scope}

    def _price(self) -> dict[str, Any]:
        prices: tuple[dict[str, Any], ...] = (
            {"fixed": money(self._of(AMOUNTS))},
            {"percent": {"value": self._of(PERCENTS)}},
            {"amount": money(self._of(AMOUNTS)), "basis": self._random.randrange(3)},
        )
        return {"price": self._of(prices)}

    def _texts(self) -> dict[str, Any]:
        return {"display_name": self._text(), "labels": {"tier": self._text()}}

    def _tried(self) -> dict[str, Any]:
        return {"validate_only": True, **self._page()} if self._chance(0.3) else {}

    def _page(self) -> dict[str, Any]:
        return {"page_size": self._of((0, 1, 2, 3, 1000))}

    def _text(self) -> str:
        return str(self._of(TEXTS[:4]))

    def _month(self) -> Any:
        return month(f"{self._date():%Y-%m}")

    def _day(self) -> Any:
        return day(f"{self._date()}")

    def _billed(self) -> Any:
        return day(f"{self.today + timedelta(days=self._random.randrange(-40, 40))}")

    def _date(self) -> date:
        found = date(2026, 1, 1) + timedelta(days=self._random.randrange(-40, 200))
        return found.replace(day=1) if self._chance(0.5) else found

    def _spoil(self, message: Message) -> None:
        """Put something else into one field, at any depth."""
        field: Any = self._of(message.DESCRIPTOR.fields)
        value = getattr(message, field.name)
        if field.is_repeated:
            message.ClearField(field.name)
        elif field.message_type is not None:
            self._spoil(value)
        elif isinstance(value, str):
            setattr(message, field.name, self._of(TEXTS))
        else:
            setattr(message, field.name, isinstance(value, bool) or self._of(NUMBERS))

    def _of(self, choices: Any) -> Any:
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _call(method: str, **fields: Any) -> Call:
    return Call("admin", method, message_type(method)(**fields))


def _parent(name: str) -> str:
    return name.rsplit("/", 2)[0]


def _last(name: str) -> str:
    return name.rpartition("/")[2]
