"""The hooks, and the laws that hold for all of them.

- A plugin lives in processes of its own, its hosts. There may be several, each is ended without a
  word, and none has the database's address. Keep nothing that has to last.
- A hook may be called for the same line more than once: in quotes, in previews, in a run, and again
  after a crash. It has to give the same answer each time, in whatever order lines come.
- A plugin that declares what it looks at (`looks_at`) is given those fields of a line and no others,
  and is asked once about lines that are the same in what all plugins look at.
- Arguments are copies. Changing them changes nothing.
- An answer that holds several is a list or a tuple.
- `adjust` and `review` speak of the retail side of one line. Where a plugin raises, answers with
  another type, takes too long or ends its host, the line is parked in a run and refused in a quote,
  or priced without the plugin, as the deployment says; the plugin is named. The fee has been charged.
- The two notifications come after what they tell of has been committed, at least once, and in order
  for each run. They come again until they have gone well.
- Amounts are `Decimal`s in units of the line's currency. Floats are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pluggy

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.charge import Charge
from quitrent.domain.line import Line, RetailAmount
from quitrent.domain.proposal import Adjustment, Review

NAMESPACE = "quitrent"

_Function = TypeVar("_Function", bound=Callable[..., object])

_hookspec = pluggy.HookspecMarker(NAMESPACE)
_hookimpl = pluggy.HookimplMarker(NAMESPACE)


def hookimpl(function: _Function) -> _Function:
    """Mark a function or a method as the implementation of the hook that it is named after."""
    # Without pluggy's options: no plugin comes first, and none wraps another.
    return _hookimpl(function)


@_hookspec
def quitrent_adjust_retail(line: Line) -> Adjustment | Sequence[Adjustment] | None:
    """Propose adjustments to the retail price of a line, after the reseller's own price rule.

    line: what is priced; its amounts are for one whole period.
    Gives one adjustment, several, or None for none. A percentage is of `line.basis`, so the order
    of plugins does not matter. A final price is the amount that leads to it: `price - line.basis`;
    or, exact whatever the basis, -100 % and the price.
    """


@_hookspec
def quitrent_adjust_retail_batch(lines: Sequence[Line]) -> Sequence[Adjustment | Sequence[Adjustment] | None]:
    """Propose adjustments to many lines at once, in the place of `quitrent_adjust_retail`.

    lines: what is priced; one line in a quote, up to 500 in a run.
    Gives an answer for each line, in their order, each as `quitrent_adjust_retail` would. Where it
    raises or gives another number of answers, it is asked again for halves of the lines, until the
    line is found that it fails for.
    """
    return [None for _ in lines]


@_hookspec
def quitrent_review_retail(line: Line, price: RetailAmount) -> Review | None:
    """Judge the finished retail price of a line, after the last plugin has adjusted it.

    line: what is priced. price: the price for a whole period, and the amount for this one.
    Gives a review, or None for nothing to say. A warning is kept with the charge; a refusal parks
    the line in a run and refuses a quote.
    """


@_hookspec
def quitrent_charges_posted(charges: Sequence[Charge]) -> None:
    """Hear of the charges that a run has posted, a batch at a time, both sides.

    charges: what the run has committed, in the order in which it was. They come once the run has
    ended, at least once: after a crash or a failure the same charges come again.
    """


@_hookspec
def quitrent_run_finished(run: BillingRun) -> None:
    """Hear of a run that has finished, well or not; `run.state` and `run.failure` tell.

    run: the run as it is stored. It comes after the run's charges, at least once.
    """


# The names of all of them.
HOOKS = frozenset(name for name in dir() if name.startswith(f"{NAMESPACE}_"))
