"""Plugins that break one law each, and good ones: the bodies of a class with its hooks."""

from __future__ import annotations

HEAD = """
import os, sys, threading, time
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl

KEPT = []

def percent(value, code="x"):
    return Adjustment(code, "because", percent=value)

def units(value, line, currency=None):
    return Adjustment("x", "because", amount=value, currency=currency or line.currency)

FAIR = percent(Decimal(10))

class Plugin:
    def __init__(self, settings):
        self.settings, self.calls = settings, 0
"""

ADJUST = """
    @hookimpl
    def quitrent_adjust_retail(self, line):
"""
BATCH = """
    @hookimpl
    def quitrent_adjust_retail_batch(self, lines):
"""
REVIEW = """
    @hookimpl
    def quitrent_review_retail(self, line, price):
"""


def body(*lines: str) -> str:
    """The body of a hook."""
    return "".join(f"        {line}\n" for line in lines)


GOOD = {
    "adjusts line by line": ADJUST + body("return FAIR"),
    "adjusts in batches": BATCH + body("return [percent(Decimal(line.period_index)) for line in lines]"),
    "reviews": REVIEW + body("return Review(Verdict.WARN, f'{price.whole}') if price.whole > 20 else None"),
    "caches what it has seen": ADJUST
    + body("KEPT.append(line.product.name) if len(KEPT) < 50 else None", "return FAIR"),
    "wants counts": "    counts_accounts = True\n" + ADJUST + body("return percent(Decimal(line.account_count))"),
    "takes what is missing": ADJUST + body("if line.own_cost is None: return None", "return [FAIR, FAIR]"),
    "sets final prices": "    sets_final_price = True\n"
    + ADJUST
    + body("return units((Decimal(9) - line.basis).quantize(Decimal('0.000001')), line)"),
}

# What it does | the check that finds it, how grave it is, what is told
BAD: dict[str, tuple[str, str, str, str]] = {
    "raises when it is made": (
        "    def __init__(self, settings):\n        1 / 0\n" + ADJUST + body("return FAIR"),
        "ready",
        "failed",
        "raised ZeroDivisionError when it was made ready",
    ),
    "refuses its settings": (
        "    def __init__(self, settings):\n        raise ValueError('no')\n" + ADJUST + body("return FAIR"),
        "ready",
        "failed",
        "plugin bad:Plugin: no",
    ),
    "misspells a hook": (
        "    @hookimpl\n    def quitrent_adjust_retial(self, line): ...\n",
        "ready",
        "failed",
        "quitrent_adjust_retial",
    ),
    "hangs": (
        ADJUST + body("while line.currency == 'JPY': time.sleep(1)", "return FAIR"),
        "process",
        "failed",
        "took longer than 250 ms",
    ),
    "hangs when it is made": (
        "    def __init__(self, settings):\n        time.sleep(60)\n" + ADJUST + body("return FAIR"),
        "ready",
        "failed",
        "took longer than 1500 ms when it was made ready",
    ),
    "exits": (
        ADJUST + body("os._exit(3) if line.own_cost is None else None", "return FAIR"),
        "process",
        "failed",
        "ended its process (exit code 3)",
    ),
    "raises for what is missing": (
        ADJUST + body("return percent(Decimal(10 if line.own_cost > 5 else 5))"),
        "adjustments",
        "failed",
        "raised TypeError",
    ),
    "divides by a basis of zero": (
        ADJUST + body("return percent(Decimal(10 if line.recommended / line.basis > 1 else 5))"),
        "adjustments",
        "failed",
        "raised DivisionByZero",
    ),
    "answers a float": (
        ADJUST + body("return percent(0.1)"),
        "adjustments",
        "failed",
        "proposed a float as percent; it takes a Decimal",
    ),
    "proposes what is finer than allowed": (
        ADJUST + body("return units(Decimal(9) - line.basis, line) if line.basis else None"),
        "adjustments",
        "failed",
        "it takes at most 6 decimals",
    ),
    "needs counts and does not say so": (
        ADJUST + body("return percent(Decimal(line.account_count))"),
        "adjustments",
        "failed",
        "raised TypeError",
    ),
    "has nothing to say": (ADJUST + body("return None"), "adjustments", "warning", "for 0 of 60 lines"),
    "takes every currency for dollars": (
        ADJUST + body("return units(Decimal(1), line, 'USD')"),
        "currency",
        "failed",
        "proposed an amount in USD for a line in JPY",
    ),
    "reviews with a bool": (REVIEW + body("return True"), "reviews", "failed", "gave a bool instead of a Review"),
    "counts its calls": (
        ADJUST + body("self.calls += 1", "return percent(Decimal(self.calls))"),
        "twice",
        "failed",
        "percent=Decimal('2')",
    ),
    "counts its reviews": (
        REVIEW + body("self.calls += 1", "return Review(Verdict.WARN, str(self.calls))"),
        "twice",
        "failed",
        "reviews: [Review(verdict=<Verdict.WARN: 'WARN'>, reason='2')], then",
    ),
    "answers by the place in the batch": (
        BATCH + body("return [percent(Decimal(place)) for place, _ in enumerate(lines)]"),
        "order",
        "failed",
        "percent=Decimal('0')",
    ),
    "answers by the size of the batch": (
        BATCH + body("return [percent(Decimal(min(len(lines), 2))) for _ in lines]"),
        "alone",
        "failed",
        "percent=Decimal('2')",
    ),
    "answers in the order of a set": (
        ADJUST + body("return [percent(Decimal(1), code) for code in {'a', 'b', 'c', 'd', 'e'}]"),
        "elsewhere",
        "failed",
        "adjustments: [Adjustment(code=",
    ),
    "answers by its process": (
        ADJUST + body("return percent(Decimal(os.getpid() % 90_000))"),
        "elsewhere",
        "failed",
        "adjustments: [Adjustment(code='x'",
    ),
    "writes into the labels": (
        ADJUST + body("line.customer.labels['seen'] = 'yes'", "return FAIR"),
        "arguments",
        "failed",
        "its adjust hook changes what it is given",
    ),
    "changes the price that it reviews": (
        REVIEW + body("object.__setattr__(price, 'amount', Decimal(0))"),
        "arguments",
        "failed",
        "its review hook changes what it is given",
    ),
    "takes an attribute away": (
        ADJUST + body("object.__delattr__(line, 'currency')", "return FAIR"),
        "arguments",
        "failed",
        "its adjust hook changes what it is given",
    ),
    "imports the inside": (
        ADJUST + body("from quitrent.domain.money import Money", "return FAIR"),
        "imports",
        "failed",
        "quitrent.domain.money.Money is not offered",
    ),
    "imports a room": (
        ADJUST + body("from quitrent import domain", "return FAIR"),
        "imports",
        "failed",
        "quitrent.domain is not offered",
    ),
    "takes off too much": (
        ADJUST + body("return units(Decimal(-100_000), line)"),
        "prices",
        "warning",
        "the adjustments make a price of -",
    ),
    "is slow": (ADJUST + body("time.sleep(0.012)", "return FAIR"), "time", "warning", "ms a line; more than 10 ms"),
    "keeps all that it sees": (
        ADJUST + body("KEPT.append(bytearray(4096))", "return FAIR"),
        "memory",
        "warning",
        "KiB more after",
    ),
    "dies elsewhere": (
        ADJUST + body("os.kill(os.getpid(), 9) if 'PYTHONHASHSEED' in os.environ else None", "return FAIR"),
        "process",
        "failed",
        "ended another process (exit code -9)",
    ),
    "hangs elsewhere": (
        ADJUST + body("time.sleep(60) if 'PYTHONHASHSEED' in os.environ else None", "return FAIR"),
        "process",
        "failed",
        "took longer than 4 s in another process",
    ),
    "takes all memory": (
        ADJUST + body("KEPT.append(bytearray(20_000_000))", "return FAIR"),
        "process",
        "failed",
        "raised MemoryError in another process",
    ),
}
