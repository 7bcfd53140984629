"""A reseller's own price for a product, and which of its rules counts on a day.

Of the rules in force the narrowest counts: account before customer before all customers. Of
equally narrow ones it is the one that began last, so a rule with an end gives way to the older
one again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from quitrent.domain.charge import Step, StepKind
from quitrent.domain.errors import FailedPrecondition, Reason, invalid
from quitrent.domain.money import LARGEST_AMOUNT_MICROS, LARGEST_PRICE_MICROS, Money, units_text
from quitrent.domain.plan_fee import PlanFee


class PriceBasis(StrEnum):
    """What a percentage or an amount is taken on."""

    RECOMMENDED = "RECOMMENDED"
    OWN_COST = "OWN_COST"


@dataclass(frozen=True, slots=True)
class RetailPrice:
    """A price for one whole period: exactly one of a fixed price, a percentage and an amount."""

    fixed: Money | None = None
    percent: Decimal | None = None
    amount: Money | None = None
    basis: PriceBasis = PriceBasis.RECOMMENDED


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price for a product on the periods that begin in `[effective, end)`.

    `customer` and `account` are names; with neither it is for all customers of the reseller.
    `applies_to_existing` tells whether subscriptions that began before it follow it, or keep the price
    that they have without it.
    """

    name: str
    product: str
    price: RetailPrice
    effective: date
    end: date | None = None
    customer: str = ""
    account: str = ""
    applies_to_existing: bool = True
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    def in_force_on(self, day: date) -> bool:
        """Whether it counts for a period that begins on a day."""
        return self.effective <= day and (self.end is None or day < self.end)

    def reaches(self, assigned: date) -> bool:
        """Whether a subscription that starts on a day follows it."""
        return self.applies_to_existing or self.effective <= assigned


class RevisionKind(StrEnum):
    """What was done to a price rule."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class PriceRuleRevision:
    """A price rule as it was after it was created or changed, or before it was deleted.

    `actor` is the reseller's name, or `admin`.
    """

    rule: PriceRule
    kind: RevisionKind
    actor: str
    create_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Basis:
    """The reseller's price for one whole period, exact, before any plugin has spoken."""

    micros: Fraction
    steps: tuple[Step, ...]

    def __hash__(self) -> int:
        """Give a number that tells most apart, and is made quickly."""
        return hash(self.micros.numerator)


def rule_in_force(
    rules: Iterable[PriceRule], customer: str, account: str, day: date, assigned: date
) -> PriceRule | None:
    """Give the rule that prices a period that begins on a day, of a subscription that starts on `assigned`, or None."""
    fitting = [
        rule
        for rule in rules
        if rule.in_force_on(day)
        and rule.reaches(assigned)
        and rule.customer in ("", customer)
        and rule.account in ("", account)
    ]
    return max(fitting, key=lambda rule: (bool(rule.account), bool(rule.customer), rule.effective), default=None)


def basis_of(account_plan: str, recommended: PlanFee, own_cost: Money, rule: PriceRule | None) -> Basis:
    """Give the reseller's price for one whole period: the recommended one, or what the rule makes of it.

    Errors: FailedPrecondition (RETAIL_PRICE_BELOW_ZERO, RETAIL_PRICE_TOO_LARGE, CURRENCY_MISMATCH).
    """
    # Percentages that are equal may be written otherwise, and the steps show what was written.
    return _basis_of(account_plan, recommended, own_cost, rule, "" if rule is None else str(rule.price.percent))


@lru_cache(maxsize=4_096)
def _basis_of(account_plan: str, recommended: PlanFee, own_cost: Money, rule: PriceRule | None, _written: str) -> Basis:
    fee = recommended.money
    text = f"recommended by {account_plan}{recommended.why}"
    step = Step(StepKind.RECOMMENDED, text, units_text(fee.amount_micros, fee.currency))
    if rule is None:
        return Basis(Fraction(fee.amount_micros), (step,))
    micros, text = _ruled(rule.price, fee, own_cost)
    # A rule that is not stored may have no name that its caller knows.
    check_retail_price(micros, fee.currency, f"{rule.name if rule.key else 'the price rule'} makes")
    ruled = Step(StepKind.PRICE_RULE, text, units_text(micros, fee.currency), code=rule.name)
    return Basis(micros, (step, ruled))


def check_retail_price(micros: Fraction, currency: str, what_makes: str, plugin: str = "") -> None:
    """Refuse a price that cannot be charged. `what_makes` begins the sentence that says so.

    Errors: FailedPrecondition (RETAIL_PRICE_BELOW_ZERO, RETAIL_PRICE_TOO_LARGE).
    """
    if 0 <= micros <= LARGEST_PRICE_MICROS:
        return
    text = f"{what_makes} a price of {units_text(micros, currency)} {currency}; a retail price is "
    reason, limit = Reason.RETAIL_PRICE_BELOW_ZERO, "zero or more"
    if micros > 0:
        reason, limit = Reason.RETAIL_PRICE_TOO_LARGE, "at most 1,000,000,000,000 units"
    raise FailedPrecondition(reason, text + limit, metadata={"plugin": plugin} if plugin else None)


def check_price_rule(rule: PriceRule) -> None:
    """Refuse a rule that is wrong whatever it is used on.

    Errors: InvalidArgument naming the field.
    """
    check_price(rule.price)
    if rule.end is not None and rule.end <= rule.effective:
        raise invalid("price_rule.end_date", f"must be after the effective date, {rule.effective}")


def check_price(price: RetailPrice) -> None:
    """Refuse a price that is wrong whatever it is taken on.

    Errors: InvalidArgument naming the field.
    """
    if price.fixed is not None and not 0 <= price.fixed.amount_micros <= LARGEST_AMOUNT_MICROS:
        raise invalid("price_rule.price.fixed", "must be zero or more, and at most 1,000,000,000 units")
    if price.percent is not None and not -100 <= price.percent <= 100_000:
        raise invalid("price_rule.price.percent", "must be from -100 to 100000")
    if price.amount is not None and abs(price.amount.amount_micros) > LARGEST_AMOUNT_MICROS:
        raise invalid("price_rule.price.amount", "must be at most 1,000,000,000 units either way")


def _ruled(price: RetailPrice, recommended: Money, own_cost: Money) -> tuple[Fraction, str]:
    currency = recommended.currency
    if price.fixed is not None:
        _check_currency(price.fixed.currency, currency, "the account plan")
        return Fraction(price.fixed.amount_micros), "fixed price"
    base, base_text = recommended, "the recommended price"
    if price.basis is PriceBasis.OWN_COST:
        base, base_text = own_cost, "the own cost"
        _check_currency(base.currency, currency, "the account plan")
    if price.percent is not None:
        share = 1 + Fraction(price.percent) / 100
        return base.amount_micros * share, f"{price.percent:+f} % on {base_text}"
    assert price.amount is not None, "a retail price has exactly one of its three forms"
    _check_currency(price.amount.currency, currency, "the account plan")
    amount = price.amount.amount_micros
    sign = "+" if amount >= 0 else ""
    return Fraction(base.amount_micros + amount), f"{sign}{units_text(amount, currency)} on {base_text}"


def _check_currency(currency: str, wanted: str, whose: str) -> None:
    if currency != wanted:
        raise FailedPrecondition(
            Reason.CURRENCY_MISMATCH, f"the amount is in {currency}; {whose} is in {wanted}, and so is the retail price"
        )
