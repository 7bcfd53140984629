"""Charges: one amount on one side for one period, and the steps that explain it.

A charge is named by what it is for: subscription, side, reason and first day of the period. The
same name can be posted once; a correction is a new charge that reverses the old one.

A credit gives back days of what was charged. 20.00 for January, suspended for 10 of its 31 days:
6.451..., so 6.45.

>>> charged = Charge("s1", Side.RETAIL, ChargeReason.RECURRING, date(2026, 1, 1), date(2026, 2, 1),
...                  date(2026, 1, 1), Money(20_000_000, "USD"))
>>> every_day = (Days(31, 31),)
>>> [credit] = credits_of(charged, every_day, every_day, Days(10, 31), Rounding.HALF_UP, date(2026, 2, 1))
>>> credit.reason.value, credit.amount.amount_micros
('SUSPENSION_CREDIT', -6450000)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from quitrent.domain.days import Days, days_text, share_of
from quitrent.domain.errors import FailedPrecondition, Reason
from quitrent.domain.money import Money, Rounding, round_to_minor_unit, units_text
from quitrent.domain.party import PROVIDER, parent_of, reseller_of


class Side(StrEnum):
    """Who owes whom."""

    WHOLESALE = "WHOLESALE"
    RETAIL = "RETAIL"


class ChargeReason(StrEnum):
    """Why a charge was made."""

    RECURRING = "RECURRING"
    ACTIVATION = "ACTIVATION"
    EARLY_CANCELLATION = "EARLY_CANCELLATION"
    SUSPENSION_CREDIT = "SUSPENSION_CREDIT"
    UNUSED_CREDIT = "UNUSED_CREDIT"
    PAUSED_CHARGE = "PAUSED_CHARGE"
    PAUSED_CREDIT = "PAUSED_CREDIT"
    REVERSAL = "REVERSAL"


CREDIT_REASONS = frozenset({ChargeReason.SUSPENSION_CREDIT, ChargeReason.UNUSED_CREDIT})


class StepKind(StrEnum):
    """What a step of a calculation does."""

    FEE = "FEE"
    RECOMMENDED = "RECOMMENDED"
    PRICE_RULE = "PRICE_RULE"
    ADJUSTMENT = "ADJUSTMENT"
    FRACTION = "FRACTION"
    PREPAYMENT = "PREPAYMENT"
    ROUNDING = "ROUNDING"
    EARLIER_PART = "EARLIER_PART"
    REVIEW = "REVIEW"
    LEFT_OUT = "LEFT_OUT"
    CHARGE = "CHARGE"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation. `result` is the amount after it, in units, for reading."""

    kind: StepKind
    text: str
    result: str = ""
    code: str = ""
    plugin: str = ""
    plugin_version: str = ""


@dataclass(frozen=True, slots=True)
class Priced:
    """An amount with the steps that lead to it."""

    amount: Money
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Charge:
    """One amount on one side for the period `[period_start, period_end)` of one subscription.

    `reverses` and `reversed_by` are names of charges, empty where there is none.
    """

    subscription: str
    side: Side
    reason: ChargeReason
    period_start: date
    period_end: date
    due_date: date
    amount: Money
    steps: tuple[Step, ...] = ()
    reverses: str = ""
    reversed_by: str = ""
    product: str = ""
    billing_run: str = ""
    create_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """Give the name, made of what the charge is for."""
        if self.reverses:
            return self.reverses + "-reversal"
        reason = self.reason.lower().replace("_", "-")
        return f"{self.subscription}/charges/{self.side.lower()}-{reason}-{self.period_start}"

    @property
    def debtor(self) -> str:
        """Give who owes it: the reseller, or its customer."""
        wholesale = self.side is Side.WHOLESALE
        return reseller_of(self.subscription) if wholesale else parent_of(parent_of(self.subscription))

    @property
    def creditor(self) -> str:
        """Give who is owed it: the provider, or the reseller."""
        return PROVIDER if self.side is Side.WHOLESALE else reseller_of(self.subscription)


@dataclass(frozen=True, slots=True)
class ChargeFilter:
    """Which charges to list; what is None or empty does not matter."""

    parent: str = ""
    side: Side | None = None
    reason: ChargeReason | None = None
    product: str = ""
    period_from: date | None = None
    period_before: date | None = None
    billing_run: str = ""


@dataclass(frozen=True, slots=True)
class ParkedCharge:
    """A retail charge that could not be priced, with its cause."""

    subscription: str
    period_start: date
    period_end: date
    due_date: date
    cause: str
    plugin: str = ""
    product: str = ""
    billing_run: str = ""
    attempt_count: int = 1
    create_time: datetime | None = field(default=None, compare=False)
    update_time: datetime | None = field(default=None, compare=False)
    key: int = field(default=0, compare=False)


def credits_of(
    charge: Charge, charged: Sequence[Days], kept: Sequence[Days], suspended: Days, rounding: Rounding, due: date
) -> Iterator[Charge]:
    """Give the charges that give days of a charged part back.

    charged: the days of each whole period that were charged.
    kept: those of them up to the end of the subscription; all where it goes on.
    suspended: of the days up to the end, those that are suspended and given back.
    Together they never exceed what was charged, and leave what it would have cost had the end been
    known.
    """
    micros, currency = charge.amount.amount_micros, charge.amount.currency
    kept_share = share_of(kept) / share_of(charged) if share_of(charged) else Fraction(1)
    kept_micros = round_to_minor_unit(micros * kept_share, currency, rounding).amount_micros
    given_back = round_to_minor_unit(kept_micros * suspended.share, currency, rounding).amount_micros
    for reason, text, credit_micros in (
        (ChargeReason.UNUSED_CREDIT, f"{_unused_text(charged, kept)} after the end", micros - kept_micros),
        (ChargeReason.SUSPENSION_CREDIT, f"{suspended.part} of {suspended.whole} days suspended", given_back),
    ):
        if credit_micros:
            yield _credit(charge, reason, text, Money(-credit_micros, currency), rounding, due)


def reversal_of(charge: Charge, note: str, today: date, *, credited: bool) -> Charge:
    """Give the charge that takes another back, whole. `credited` tells whether a later charge of its days stands.

    Errors: FailedPrecondition (CHARGE_IS_REVERSAL, CHARGE_HAS_CREDIT).
    """
    if charge.reason is ChargeReason.REVERSAL:
        raise FailedPrecondition(Reason.CHARGE_IS_REVERSAL, f"{charge.name} is a reversal, which cannot be reversed")
    if credited:
        raise FailedPrecondition(
            Reason.CHARGE_HAS_CREDIT,
            f"days of {charge.name} are the subject of a later charge; reverse that one first",
        )
    text = f"takes back {charge.name}" + (f": {note}" if note else "")
    return Charge(
        subscription=charge.subscription,
        side=charge.side,
        reason=ChargeReason.REVERSAL,
        period_start=charge.period_start,
        period_end=charge.period_end,
        due_date=today,
        amount=-charge.amount,
        steps=(Step(StepKind.CHARGE, text, units_text(-charge.amount.amount_micros, charge.amount.currency)),),
        reverses=charge.name,
        product=charge.product,
    )


def _unused_text(charged: Sequence[Days], kept: Sequence[Days]) -> str:
    unused = [Days(one.part - left.part, one.whole) for one, left in zip(charged, kept, strict=True)]
    if len(unused) == 1:
        return f"{unused[0].part} of {charged[0].part} days"
    return f"{days_text(unused)}, of {days_text(charged)},"


def _credit(charge: Charge, reason: ChargeReason, text: str, amount: Money, rounding: Rounding, due: date) -> Charge:
    currency = amount.currency
    steps = (
        Step(StepKind.CHARGE, "was charged", units_text(charge.amount.amount_micros, currency)),
        Step(StepKind.FRACTION, text),
        Step(StepKind.ROUNDING, f"rounded {rounding} and given back", units_text(amount.amount_micros, currency)),
    )
    return Charge(
        subscription=charge.subscription,
        side=charge.side,
        reason=reason,
        period_start=charge.period_start,
        period_end=charge.period_end,
        due_date=due,
        amount=amount,
        steps=steps,
        product=charge.product,
        billing_run=charge.billing_run,
    )
