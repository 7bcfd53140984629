"""From the settings and a line to the percentages of the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import reduce

from quitrent import Adjustment, Line
from quitrent_markup.settings import Settings

# Quitrent takes 20 adjustments of an answer; three are kept for every line, reseller and product.
MOST_LABEL_ADJUSTMENTS = 17
LONGEST_REASON = 255


def adjustments_of(line: Line, settings: Settings) -> list[Adjustment]:
    """Give what fits the line: for every line, its reseller, its product, and its labels.

    A percentage of zero changes nothing and is left out, so that it does not clutter an explanation.
    """
    fitting = [_adjustment(code, what, percent) for code, what, percent in _candidates(line, settings) if percent]
    return fitting + (_label_adjustments(_labels_of(line), settings.labels) if settings.labels else [])


def fields_looked_at(settings: Settings) -> tuple[str, ...]:
    """Give the fields of a line on which the adjustments depend: the fewer, the more lines are priced at once."""
    owners = ("reseller", "product")
    if settings.labels:
        return (*owners, "customer", "account")
    return tuple(owner for owner, by in zip(owners, (settings.resellers, settings.products), strict=True) if by)


def _candidates(line: Line, settings: Settings) -> Iterator[tuple[str, str, Decimal | None]]:
    yield "every-line", "every line", settings.percent
    if settings.resellers:
        yield "reseller", f"the reseller {line.reseller.name}", settings.resellers.get(line.reseller.name)
    if settings.products:
        yield "product", f"the product {line.product.name}", settings.products.get(line.product.name)


def _labels_of(line: Line) -> set[str]:
    # A set: a label that the customer and the account both have counts once.
    owners = (line.reseller, line.customer, line.account, line.product)
    return {f"{key}={value}" for owner in owners for key, value in owner.labels.items()}


def _label_adjustments(labels: set[str], percents: Mapping[str, Decimal]) -> list[Adjustment]:
    fitting = [(label, percent) for label, percent in percents.items() if label in labels and percent]
    # Dealt out like cards: each label is alone until there are more labels than adjustments.
    groups = [fitting[first::MOST_LABEL_ADJUSTMENTS] for first in range(MOST_LABEL_ADJUSTMENTS)]
    return [_of_group(group) for group in groups if group]


def _of_group(group: list[tuple[str, Decimal]]) -> Adjustment:
    labels, percents = zip(*group, strict=True)
    noun = "label" if len(labels) == 1 else "labels"
    return _adjustment(noun, f"the {noun} {', '.join(labels)}", _total(percents))


def _total(percents: Iterable[Decimal]) -> Decimal:
    # A context of its own, because that of the thread could round the sum.
    return reduce(Context(prec=28, traps=[]).add, percents)


def _adjustment(code: str, what: str, percent: Decimal) -> Adjustment:
    reason = f"Markup of {percent:+f} % for {what}."
    if len(reason) > LONGEST_REASON:
        reason = reason[: LONGEST_REASON - 3] + "..."
    return Adjustment(code, reason, percent=percent)
