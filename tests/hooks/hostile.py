"""What plugins do that nobody should: each function stands in the place of a hook of one line."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from threading import Thread
from typing import Any, NoReturn

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl

Act = Callable[[Line], object]
Judgement = Callable[[Line, RetailAmount], object]

FAIR = Adjustment("fair", "a tenth more", percent=Decimal(10))


def raises(error: BaseException) -> Act:
    """Raise it."""

    def act(line: Line) -> NoReturn:
        raise error

    return act


def answers(answer: object) -> Act:
    """Answer with it, whatever the line is."""
    return lambda line: answer


def percent(value: Any) -> Act:
    """Propose it as a percentage."""
    return answers(Adjustment("x", "y", percent=value))


def amount(value: Any, currency: Any = "USD") -> Act:
    """Propose it as an amount."""
    return answers(Adjustment("x", "y", amount=value, currency=currency))


def text(code: Any = "x", reason: Any = "y") -> Act:
    """Propose something fair with these texts."""
    return answers(Adjustment(code, reason, percent=Decimal(10)))


class EvilDecimal(Decimal):
    """A number that is another one each time."""

    def __add__(self, other: Any) -> Decimal:
        return Decimal(-1_000_000)

    __radd__ = __mul__ = __rmul__ = __add__

    def is_finite(self) -> bool:
        return True


class EvilText(str):
    """A text that answers what one wants to hear."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__

    def __len__(self) -> int:
        return 1


class UnspeakableText(str):
    """A text whose repr can be neither stored nor sent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\ud800\0"


@dataclass(frozen=True)
class EvilAdjustment(Adjustment):
    """An adjustment that is one percentage when it is checked and another one when it is used."""

    @property
    def other(self) -> Decimal:
        """What it would like to be."""
        return Decimal(-500)


class EvilList(list[Adjustment]):
    """A list that never ends."""

    def __iter__(self) -> Iterator[Adjustment]:
        while True:
            yield FAIR


class EvilError(Exception):
    """An exception that cannot be told."""

    def __str__(self) -> str:
        raise SystemExit


def nameless(base: type, *names: str) -> Any:
    """A value whose class does not tell its name, nor these others."""

    # Made here, where nothing that looks through a module's names meets it: it would end pytest too.
    def look_up(found: type, name: str) -> Any:
        if name in ("__name__", *names):
            raise SystemExit
        return type.__getattribute__(found, name)

    metaclass = type("Metaclass", (type,), {"__getattribute__": look_up})
    return metaclass("Nameless", (base,), {})()


def recurses(line: Line) -> object:
    """Never end."""
    return recurses(line)


def changes_its_line(line: Line) -> Adjustment:
    """Make the line another one, and answer well."""
    for named in (line.reseller, line.customer, line.account, line.product):
        labels: Any = named.labels
        labels["changed"] = "yes"
        object.__setattr__(named, "name", "resellers/nobody")
    for name, value in (("basis", Decimal(0)), ("own_cost", Decimal(0)), ("currency", "EUR"), ("subscription", "x")):
        object.__setattr__(line, name, value)
    return FAIR


class ChangesItLater:
    """Keeps what it was given and what it answered, and changes both from a thread when the line is reviewed."""

    def __init__(self) -> None:
        self._kept: list[tuple[Line, Adjustment, list[Adjustment]]] = []

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> list[Adjustment]:
        answer = [Adjustment("fair", "a tenth more", percent=Decimal(10))]
        self._kept.append((line, answer[0], answer))
        return answer

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> None:
        thread = Thread(target=self._change)
        thread.start()
        thread.join()
        object.__setattr__(price, "amount", Decimal(0))

    def _change(self) -> None:
        for line, adjustment, answer in self._kept:
            changes_its_line(line)
            object.__setattr__(adjustment, "percent", Decimal(-50))
            answer.append(adjustment)


def changes_the_arithmetic(line: Line) -> Adjustment:
    """Have all of this thread's decimals keep one digit, and round down."""
    context = decimal.getcontext()
    context.prec, context.rounding = 1, decimal.ROUND_DOWN
    context.traps = dict.fromkeys(context.traps, True)
    return FAIR


_PERCENT, _AMOUNT = "as percent; it takes", "as amount; it takes"
_EXACTLY_ONE = "proposed an Adjustment that has not exactly one of percent and amount"
_CODE = "proposed a code that is not 1 to 63 letters, digits, _, . or -"
_REASON = "gave a reason that is not a text of at most 255 characters"

# What it does, how | what is said of it
PARKING: list[tuple[str, Act, str]] = [
    ("raises Exception", raises(Exception("no")), "raised Exception"),
    ("raises BaseException", raises(BaseException("no")), "raised BaseException"),
    ("raises SystemExit", raises(SystemExit(1)), "raised SystemExit"),
    ("raises KeyboardInterrupt", raises(KeyboardInterrupt()), "raised KeyboardInterrupt"),
    ("raises GeneratorExit", raises(GeneratorExit()), "raised GeneratorExit"),
    ("raises MemoryError", raises(MemoryError()), "raised MemoryError"),
    ("raises what cannot be told", raises(EvilError()), "raised EvilError"),
    ("raises what cannot be stored", raises(ValueError("\ud800\0")), "raised ValueError"),
    ("raises what has no name", raises(nameless(Exception)), "raised Nameless"),
    ("never ends", recurses, "raised RecursionError"),
    ("answers a number", answers(7), "proposed a int instead of an Adjustment"),
    ("answers what has no name", answers(nameless(object)), "proposed a Nameless instead of an Adjustment"),
    ("answers a dict", answers({"percent": 10}), "proposed a dict instead of an Adjustment"),
    ("answers a text", answers("cheaper"), "proposed a str instead of an Adjustment"),
    ("answers the class", answers(Adjustment), "proposed a type instead of an Adjustment"),
    ("answers a review", answers(Review(Verdict.ALLOW)), "proposed a Review instead of an Adjustment"),
    ("answers a subclass", answers(EvilAdjustment("x", "y", Decimal(1))), "proposed a EvilAdjustment instead"),
    ("answers half of one", answers(object.__new__(Adjustment)), "gave an answer that raised AttributeError"),
    ("answers a list of numbers", answers([FAIR, 7]), "proposed a int instead of an Adjustment"),
    ("answers a list of lists", answers([[FAIR]]), "proposed a list instead of an Adjustment"),
    ("answers an endless list", answers(EvilList()), "proposed a EvilList instead of an Adjustment"),
    ("answers a generator", lambda line: (FAIR for _ in "ab"), "proposed a generator instead of an Adjustment"),
    ("answers too many", answers([FAIR] * 21), "proposed 21 adjustments; at most 20 are allowed"),
    ("answers far too many", answers([FAIR] * 1_000_000), "proposed 1000000 adjustments; at most 20 are allowed"),
    ("proposes nothing", percent(None), _EXACTLY_ONE),
    ("proposes both", answers(Adjustment("x", "y", Decimal(1), Decimal(1), "USD")), _EXACTLY_ONE),
    ("proposes a float", percent(0.1), f"proposed a float {_PERCENT} a Decimal"),
    ("proposes a bool", percent(True), f"proposed a bool {_PERCENT} a Decimal"),
    ("proposes an int", percent(10), f"proposed a int {_PERCENT} a Decimal"),
    ("proposes a text", percent("10"), f"proposed a str {_PERCENT} a Decimal"),
    ("proposes a fraction", percent(Fraction(1, 3)), f"proposed a Fraction {_PERCENT} a Decimal"),
    ("proposes an evil Decimal", percent(EvilDecimal(1)), f"proposed a EvilDecimal {_PERCENT} a Decimal"),
    ("proposes NaN", percent(Decimal("NaN")), f"proposed NaN {_PERCENT} a finite Decimal"),
    ("proposes sNaN", amount(Decimal("sNaN")), f"proposed sNaN {_AMOUNT} a finite Decimal"),
    ("proposes Infinity", percent(Decimal("Infinity")), f"proposed Infinity {_PERCENT} a finite Decimal"),
    ("proposes 10**30", amount(Decimal("1E+30")), "proposed 1E+30 as amount; at most 1000000000 either way"),
    ("proposes a huge exponent", percent(Decimal("1E+999999999")), "as percent; at most 100000 either way is allowed"),
    ("proposes seven decimals", percent(Decimal("0.0000001")), f"proposed 1E-7 {_PERCENT} at most 6 decimals"),
    ("proposes minus 500 %", percent(Decimal(-500)), "make a price of -80.00 USD; a retail price is zero or more"),
    ("proposes a bit too little", percent(Decimal("-100.00005")), "make a price of -0.00001 USD"),
    ("proposes euros", amount(Decimal(1), "EUR"), "proposed an amount in EUR for a line in USD"),
    ("proposes no currency", amount(Decimal(1), None), "proposed an amount whose currency is a NoneType"),
    ("proposes an evil currency", amount(Decimal(1), EvilText("EUR")), "whose currency is a EvilText"),
    (
        "proposes an unspeakable currency",
        amount(Decimal(1), UnspeakableText("EUR")),
        "whose currency is a UnspeakableText",
    ),
    ("says nothing for a code", text(code=""), _CODE),
    ("says a long code", text(code="c" * 64), _CODE),
    ("says a lone surrogate for a code", text(code="\ud800"), _CODE),
    ("says an evil code", text(code=EvilText("x")), "gave a code that is not a text of at most 255 characters"),
    ("says an evil reason", text(reason=EvilText("y")), _REASON),
    ("says bytes", text(reason=b"y"), _REASON),
    ("says a huge reason", text(reason="y" * 10_000_000), _REASON),
]

# What it does, how | what is said of it
JUDGING: list[tuple[str, Judgement, str]] = [
    ("raises", lambda line, price: 1 / 0, "raised ZeroDivisionError"),
    ("refuses", lambda line, price: Review(Verdict.REFUSE, "too dear"), "refused the price: too dear"),
    ("refuses without a word", lambda line, price: Review(Verdict.REFUSE), "refused the price: "),
    ("refuses with half a letter", lambda line, price: Review(Verdict.REFUSE, "\ud800\0"), "refused the price: ??"),
    ("answers a verdict", lambda line, price: Verdict.ALLOW, "gave a Verdict instead of a Review"),
    ("answers True", lambda line, price: True, "gave a bool instead of a Review"),
    ("answers a list", lambda line, price: [Review(Verdict.ALLOW)], "gave a list instead of a Review"),
    ("answers half of one", lambda line, price: object.__new__(Review), "gave an answer that raised AttributeError"),
    ("judges with a text", lambda line, price: _review("ALLOW"), "gave a Review whose verdict is not a Verdict"),
    ("says a huge reason", lambda line, price: Review(Verdict.WARN, "y" * 300), _REASON),
]


def _review(verdict: Any) -> Review:
    return Review(verdict)
