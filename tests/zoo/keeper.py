"""What the animals share: each is fair to everyone but one reseller, for whose lines it acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from quitrent import Adjustment, BillingRun, Charge, Line, RetailAmount, hookimpl

VICTIM = "resellers/victim"
FAIR = Adjustment("fair", "a tenth more", percent=Decimal(10))


class Fair:
    """Fair to everyone."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        """Take no settings."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> object:
        return self.act(line) if line.reseller.name == VICTIM else FAIR

    def act(self, line: Line) -> object:
        """Answer for a line of the victim's."""
        return FAIR


class Healthy(Fair):
    """The one beside which the others are kept."""

    def act(self, line: Line) -> object:
        return Adjustment("healthy", "for the paper", amount=Decimal("0.50"), currency=line.currency)

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> object:
        return self.act(line)


class Listener(Healthy):
    """Has a part in everything."""

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> None:
        """Have nothing to say."""

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        """Hear of them."""

    @hookimpl
    def quitrent_run_finished(self, run: BillingRun) -> None:
        """Hear of it."""
