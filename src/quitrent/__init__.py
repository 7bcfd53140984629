"""Reseller subscription billing in which the provider's fee always arrives.

The names here are what a pricing plugin needs, and all that it may import; `quitrent.hooks` says
how to write one.
"""

from quitrent.domain.billing_run import BillingRun, RunState, UsedPlugin
from quitrent.domain.charge import Charge, ChargeReason, Side
from quitrent.domain.line import Line, Named, RetailAmount
from quitrent.domain.money import Money
from quitrent.domain.proposal import Adjustment, Review, Verdict
from quitrent.hooks import hookimpl

__all__ = [
    "Adjustment",
    "BillingRun",
    "Charge",
    "ChargeReason",
    "Line",
    "Money",
    "Named",
    "RetailAmount",
    "Review",
    "RunState",
    "Side",
    "UsedPlugin",
    "Verdict",
    "hookimpl",
]
