"""Lines that look like those of a deployment, and hold what plugins stumble over.

Among any thirty are a basis of zero, one with more decimals than an adjustment may have, an own cost
that is not known, a first period that is shorter, and a quote of what is not assigned yet.

>>> lines(300)[:30] == lines(30)
True
>>> sorted({line.currency for line in lines(30)})
['EUR', 'JPY', 'KWD', 'USD']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

from quitrent.domain.currencies import MINOR_UNIT_DIGITS
from quitrent.domain.line import Line, Named
from quitrent.domain.money import MICROS, units_decimal

CURRENCIES = ("USD", "JPY", "KWD", "EUR")
RESELLERS = ("resellers/acme", "resellers/beta", "resellers/enters-the-market", "resellers/r4")
PRODUCTS = ("products/gold", "products/silver", "products/call-recording", "resellers/acme/products/own")
LABELS = ("tier=gold", "tier=silver", "region=eu", "region=us", "happy=yes", "city=Größenwörth", "note=")

# The subscription's start, the period's first day, the day after its last, and its index.
SPANS = (
    # Whole months, a short first one, and one whose day of the month is clamped.
    (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1), 0),
    (date(2026, 1, 17), date(2026, 1, 17), date(2026, 2, 1), 0),
    (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), 1),
    # Leap years: a February, and years from the leap day on.
    (date(2027, 12, 15), date(2028, 2, 1), date(2028, 3, 1), 2),
    (date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), 1),
    (date(2024, 2, 29), date(2028, 2, 29), date(2029, 2, 28), 4),
    # A quarter, a year, five years at a time, a week over the turn of a year, and a day.
    (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), 1),
    (date(2026, 7, 1), date(2026, 7, 1), date(2027, 7, 1), 0),
    (date(2021, 7, 1), date(2026, 7, 1), date(2031, 7, 1), 1),
    (date(2025, 12, 1), date(2025, 12, 29), date(2026, 1, 5), 4),
    (date(2026, 6, 30), date(2026, 6, 30), date(2026, 7, 1), 0),
    # A short first day of a long life, and the 303rd month of one.
    (date(2026, 12, 31), date(2026, 12, 31), date(2027, 1, 1), 0),
    (date(2001, 1, 1), date(2026, 3, 1), date(2026, 4, 1), 302),
)

# What a reseller's price rule makes of the recommended price; the last has more decimals than six.
_RULES = (Fraction(1), Fraction(5, 4), Fraction(2, 5), Fraction(112345678, 100000000))

_ID = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_RESELLER = re.compile(f"resellers/{_ID}")
_CUSTOMER = re.compile(f"resellers/{_ID}/customers/{_ID}")
_PRODUCT = re.compile(f"(resellers/{_ID}/)?products/{_ID}")
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}=[^=]{0,255}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Names:
    resellers: tuple[str, ...]
    # Beside those that each reseller has.
    customers: tuple[str, ...]
    products: tuple[str, ...]
    labels: tuple[str, ...]


def lines(count: int, seed: int = 0, names: Iterable[str] = ()) -> list[Line]:
    """Make so many lines, always the same for a seed.

    names: what is to be among them: resellers, customers and products by their names, labels like `tier=gold`.
    """
    found = tuple(dict.fromkeys(names))
    known = _Names(
        (*filter(_RESELLER.fullmatch, found), *RESELLERS),
        tuple(filter(_CUSTOMER.fullmatch, found)),
        (*filter(_PRODUCT.fullmatch, found), *PRODUCTS),
        (*filter(_LABEL.fullmatch, found), *LABELS),
    )
    # Each line from a source of its own, so that fewer lines are the first of more.
    return [_line(number, Random(f"{seed}/{number}"), known) for number in range(count)]  # noqa: S311


def names_in(settings: object) -> list[str]:
    """Give the texts of a table of settings, keys and values, in which names may be."""
    if isinstance(settings, Mapping):
        return [name for entry in settings.items() for part in entry for name in names_in(part)]
    if isinstance(settings, list | tuple):
        return [name for part in settings for name in names_in(part)]
    return [settings] if isinstance(settings, str) else []


def _line(number: int, rng: Random, known: _Names) -> Line:
    is_quote = number % 10 == 9
    start, period_start, period_end, index = SPANS[number % len(SPANS)]
    if is_quote:
        start, index = period_start, 0
    customer = f"{rng.choice(known.resellers)}/customers/c{rng.randint(1, 4)}"
    if known.customers and rng.randrange(3) == 0:
        customer = rng.choice(known.customers)
    reseller = customer.partition("/customers/")[0]
    account = f"{customer}/accounts/a{rng.randint(1, 9)}"
    currency = CURRENCIES[number % len(CURRENCIES)]
    recommended = rng.randrange(1, 20_000) * MICROS // 10 ** MINOR_UNIT_DIGITS[currency]
    basis = Fraction(0) if number % 11 == 7 else recommended * _RULES[rng.randrange(len(_RULES))]
    own_cost = Fraction(recommended, rng.choice((1, 2, 4)))
    account_count = rng.choice((1, 2, 10, 5_000))
    return Line(
        reseller=Named(reseller, _labels(rng, known)),
        customer=Named(customer, _labels(rng, known)),
        account=Named(account, _labels(rng, known)),
        product=Named(rng.choice(known.products), _labels(rng, known)),
        subscription="" if is_quote else f"{account}/subscriptions/s{number}",
        subscription_start=start,
        period_start=period_start,
        period_end=period_end,
        period_index=index,
        currency=currency,
        recommended=units_decimal(Fraction(recommended)),
        basis=units_decimal(basis),
        own_cost=None if number % 7 == 5 else units_decimal(own_cost),
        charged_before=_charged_before(index, basis, rng),
        account_count=account_count,
        subscription_count=account_count * rng.randint(1, 3),
    )


def _labels(rng: Random, known: _Names) -> dict[str, str]:
    chosen = rng.sample(known.labels, rng.choice((0, 1, 1, 3)))
    return dict(label.split("=", 1) for label in sorted(chosen))


def _charged_before(index: int, basis: Fraction, rng: Random) -> Decimal | None:
    if index == 0 or rng.randrange(3) == 0:
        return None
    return units_decimal(Fraction(basis.numerator // basis.denominator))
