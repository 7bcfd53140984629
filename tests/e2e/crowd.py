"""A crowd: callers who do whatever is allowed, from threads and beside runs, and what the model has to know of it.

Closings and assignments are told to the model in the order in which the database had them: each is
kept with how far the subscription had been billed by then, read in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from quitrent.domain.charge import ChargeFilter, Side
from quitrent.domain.errors import QuitrentError, Unavailable
from quitrent.domain.money import Money
from quitrent.domain.part import Timing
from quitrent.domain.party import Party, parent_of, reseller_of
from quitrent.domain.plan import FeeChange
from quitrent.domain.price_rule import PriceRule
from quitrent.domain.product import Product, ProductKind
from quitrent.domain.subscription import PausedDays
from quitrent.services import parties, plans, price_rules, products, subscriptions
from quitrent.services.caller import Caller, Role
from quitrent.services.charges import reverse_charge
from quitrent.services.deployment import Deployment
from quitrent.services.fee_changes import create_fee_change
from quitrent.services.once import Mutation, once
from quitrent.store.charge_lists import list_charges
from tests.e2e.model import Life
from tests.e2e.shop import ADMIN, PRODUCTS, RESELLERS, fixed, model_plan, percent, retail_plan, wholesale_plan

# Products of all calendars; not those with a minimum term, whose early ends cost what had been billed by then.
NUMBERS = [number for number in range(len(PRODUCTS)) if not wholesale_plan(number).minimum_term_periods]
ACCOUNTS = [f"{reseller}/customers/c{number % 2}/accounts/a{number}" for reseller in RESELLERS for number in range(8)]
FIRST_DAY = date(2026, 1, 1)
DAYS = 200


def fill(deployment: Deployment) -> None:
    """Make the catalog and the accounts."""
    with deployment.store.write():
        for reseller in RESELLERS:
            parties.create_reseller(deployment, Party(reseller))
            for number in range(2):
                parties.create_customer(deployment, ADMIN, Party(f"{reseller}/customers/c{number}"))
        for account in ACCOUNTS:
            parties.create_account(deployment, ADMIN, Party(account))
        for number in NUMBERS:
            account_plan, reseller_plan = retail_plan(number), wholesale_plan(number)
            for plan in (account_plan, reseller_plan):
                plans.create_plan(deployment, ADMIN, plan)
            made = Product(
                PRODUCTS[number], ProductKind.ADD_ON, account_plan.name, reseller_plan.name, shared_with_resellers=True
            )
            products.create_product(deployment, ADMIN, made)


@dataclass
class Lived:
    """What has happened to a subscription: its end, and how far its fees had been billed when that was told."""

    number: int
    start: date
    earlier: list[tuple[Life, date | None]]
    end: date | None = None
    billed_until: date = date.min


@dataclass
class Told:
    """What all callers have had done."""

    lived: dict[str, Lived] = field(default_factory=dict)
    fee_changes: dict[int, set[tuple[date, int, bool]]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    unavailable: list[str] = field(default_factory=list)

    def lives(self, through: date) -> list[Life]:
        """Give what the model has to know, where everything due by a day has been billed."""
        lives = []
        for name, lived in self.lived.items():
            life = self._life(name, lived)
            lives.append(life._replace(billings=[*life.billings, (through, lived.end)]))
        return lives

    def before(self, account: str, number: int) -> list[tuple[Life, date | None]]:
        """Give an account's subscriptions to a product as they are now, with their ends."""
        return [
            (self._life(name, lived), lived.end)
            for name, lived in list(self.lived.items())
            if parent_of(name) == account and lived.number == number
        ]

    def _life(self, name: str, lived: Lived) -> Life:
        """Give what had been billed of a subscription when its end was told."""
        plan = wholesale_plan(lived.number)
        arrears = plan.timing is Timing.IN_ARREARS
        billings: list[tuple[date, date | None]] = []
        if lived.end is not None:
            # The day through which all of that was due.
            billings.append((lived.billed_until if arrears else lived.billed_until - timedelta(days=1), None))
        changes = sorted(self.fee_changes.get(lived.number, ()))
        return Life(name, model_plan(plan, changes), lived.start, billings, lived.earlier)


class Someone:
    """One of the crowd, with a deployment of its own; the same seed does the same, as far as others let it."""

    def __init__(self, deployment: Deployment, told: Told, seed: int) -> None:
        self._deployment, self._told, self._random = deployment, told, Random(seed)
        self._acts: list[Callable[[], None]] = [
            *[self.assign] * 4,
            *[self.suspend, self.resume, self.close, self.reverse, self.reprice] * 2,
            self.change_fee,
            self.rename,
        ]

    def act(self) -> None:
        """Do something, if that is allowed."""
        self._random.choice(self._acts)()

    def assign(self) -> None:
        """Assign a product, to an account that has perhaps had it."""
        account, number, start = self._random.choice(ACCOUNTS), self._number(), self._day()
        name = f"{account}/subscriptions/s{self._random.getrandbits(64):x}"

        def work() -> None:
            before = self._told.before(account, number)
            subscriptions.assign_product(self._deployment, ADMIN, name, PRODUCTS[number], start)
            self._told.lived[name] = Lived(number, start, before)

        self._try("assign", work, account)

    def close(self) -> None:
        """Close a subscription that is open."""
        name, end = self._name(), self._day()

        def work() -> None:
            lived = self._told.lived[name]
            if lived.end is None:
                closed = subscriptions.close_subscription(self._deployment, ADMIN, name, end)
                lived.end, lived.billed_until = end, closed.wholesale.billed_until

        self._try("close", work, parent_of(name))

    def suspend(self) -> None:
        """Suspend a subscription."""
        name, day = self._name(), self._day()
        self._try(
            "suspend",
            lambda: subscriptions.suspend_subscription(self._deployment, ADMIN, name, day),
            parent_of(name),
        )

    def resume(self) -> None:
        """Resume a subscription."""
        name, day, choice = self._name(), self._day(), self._random.choice([None, *PausedDays])
        self._try(
            "resume",
            lambda: subscriptions.resume_subscription(self._deployment, ADMIN, name, day, choice),
            parent_of(name),
        )

    def reverse(self) -> None:
        """Have the creditor take one of a subscription's charges back."""
        name, side = self._name(), self._random.choice(list(Side))
        with self._deployment.store.connection():
            charges = list_charges(ChargeFilter(parent=name, side=side), 0, 100)
        if charges:
            charge = self._random.choice(charges).name
            creditor = ADMIN if side is Side.WHOLESALE else Caller(Role.RESELLER, reseller_of(name))
            self._try(
                "reverse", lambda: reverse_charge(self._deployment, creditor, charge, "a mistake"), parent_of(name)
            )

    def reprice(self) -> None:
        """Give a product another price at a reseller."""
        price = self._random.choice([percent("-12.5"), fixed(1234), percent("25")])
        name = f"{self._random.choice(RESELLERS)}/priceRules/p{self._random.getrandbits(64):x}"
        rule = PriceRule(name, PRODUCTS[self._number()], price, self._day())
        self._try("reprice", lambda: price_rules.create_price_rule(self._deployment, ADMIN, rule))

    def change_fee(self) -> None:
        """Give a product another fee from a day on."""
        number, cents, for_all = self._number(), self._random.randrange(3_000), self._random.random() < 0.5
        change = FeeChange(wholesale_plan(number).name, self._day(), Money(cents * 10_000, "USD"), for_all)

        def work() -> None:
            create_fee_change(self._deployment, ADMIN, change)
            self._told.fee_changes.setdefault(number, set()).add((change.effective, cents, for_all))

        self._try("change_fee", work)

    def rename(self) -> None:
        """Give an account other labels."""
        party = Party(self._random.choice(ACCOUNTS), labels={"tier": self._random.choice("abc")})
        self._try("rename", lambda: parties.update_account(self._deployment, ADMIN, party, frozenset({"labels"})))

    def _try(self, what: str, work: Callable[[], object], within: str = "") -> None:
        def answer() -> bytes:
            work()
            return b""

        mutation = Mutation(what.encode(), str(UUID(int=self._random.getrandbits(128))), within)
        try:
            once(self._deployment, ADMIN, mutation, answer)
            self._told.done[what] += 1
        except Unavailable as error:
            self._told.unavailable.append(f"{what}: {error.__cause__}")
        except QuitrentError:
            # It is not allowed as things are.
            self._told.done["refused"] += 1

    def _name(self) -> str:
        return self._random.choice(list(self._told.lived))

    def _number(self) -> int:
        return self._random.choice(NUMBERS)

    def _day(self) -> date:
        return FIRST_DAY + timedelta(days=self._random.randrange(DAYS))
