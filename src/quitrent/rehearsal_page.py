"""A rehearsal as one page of HTML, which needs nothing else: no script, no font, no request to anywhere.

The page is well-formed XML too, and follows the reader's choice of light or dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from string import Template

from quitrent.domain.rehearsal import Rehearsal, RehearsedGroup
from quitrent.rehearsal_tables import Table, signed, tables_of, title_of

# How many bars a chart has.
MOST_BARS = 20

_WIDTH, _ROW, _BARS_FROM, _BARS_TO = 960, 26, 400, 800
_LONGEST_LABEL = 54

# From an amount in micros to its place from the left.
Place = Callable[[int], int]

_PAGE = Template("""<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>$title</title>
<style>
:root { --page: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --rise: #0a5fc2; --fall: #b35900; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e6e9ed; --quiet: #9aa4af; --line: #363d46; --rise: #6cb0ff; --fall: #ffa657; }
}
body { background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
p { color: var(--quiet); max-width: 48rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem; text-align: left; vertical-align: top;
  white-space: pre-line; }
th { color: var(--quiet); font-weight: 600; } .number { text-align: right; white-space: nowrap; }
svg { max-width: 100%; height: auto; } text { fill: var(--ink); font-size: 13px; }
.rise { fill: var(--rise); } .fall { fill: var(--fall); } .axis { stroke: var(--quiet); }
</style>
</head>
<body>
<h1>$title</h1>
<p>Every line that is due in the span, priced with the plugins in use (before) and with the other set (after).
Nothing was charged or changed. A line without a price counts as nothing. What resellers owe the provider is
computed both times, and no plugin has a way to it.</p>
$charts
$tables
</body>
</html>
""")


def page_of(found: Rehearsal) -> str:
    """Give the page."""
    return _PAGE.substitute(
        title=escape(title_of(found)),
        charts="\n".join(_charts(found)),
        tables="\n".join(map(_table, tables_of(found))),
    )


def _charts(found: Rehearsal) -> Iterator[str]:
    """Give a chart for each currency in which something changes: amounts of two share no scale."""
    by_currency = sorted(found.groups, key=lambda one: one.before.currency)
    for currency, groups in groupby(by_currency, key=lambda one: one.before.currency):
        changed = [one for one in groups if one.difference.amount_micros][:MOST_BARS]
        if changed:
            yield f"<h2>The largest differences by reseller and product, {escape(currency)}</h2>"
            yield f"<div>{_chart(changed, currency)}</div>"


def _chart(groups: Sequence[RehearsedGroup], currency: str) -> str:
    scale = [0, *(one.difference.amount_micros for one in groups)]
    least, span = min(scale), max(scale) - min(scale)

    def place(micros: int) -> int:
        return _BARS_FROM + (micros - least) * (_BARS_TO - _BARS_FROM) // span

    height = _ROW * len(groups)
    bars = "\n".join(_bar(one, number * _ROW, place) for number, one in enumerate(groups))
    axis = f'<line class="axis" x1="{place(0)}" x2="{place(0)}" y1="0" y2="{height}"/>'
    label = escape(f"Bars of the differences in {currency}; the table below has the same figures")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{label}">\n{bars}\n{axis}\n</svg>'
    )


def _bar(group: RehearsedGroup, top: int, place: Place) -> str:
    micros = group.difference.amount_micros
    left, right = sorted((place(0), place(micros)))
    name = " ".join((group.reseller, group.product))
    short = name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 3] + "..."
    middle = top + _ROW // 2 + 5
    return (
        f"<g><title>{escape(name)}: {escape(signed(group.difference))}</title>"
        f'<text x="{_BARS_FROM - 10}" y="{middle}" text-anchor="end">{escape(short)}</text>'
        f'<rect class="{"rise" if micros > 0 else "fall"}" x="{left}" y="{top + 4}" '
        f'width="{max(1, right - left)}" height="{_ROW - 8}"/>'
        f'<text x="{_WIDTH}" y="{middle}" text-anchor="end">{escape(signed(group.difference))}</text></g>'
    )


def _table(table: Table) -> str:
    numbers = [column in table.right for column in table.columns]
    head = _row("th", table.columns, numbers)
    rows = "\n".join(_row("td", row, numbers) for row in table.rows)
    return (
        f"<h2>{escape(table.title)}</h2>\n<div><table>\n<thead>\n{head}\n</thead>\n<tbody>\n{rows}\n</tbody>\n"
        "</table></div>"
    )


def _row(tag: str, cells: Sequence[str], numbers: Sequence[bool]) -> str:
    made = "".join(
        f'<{tag} class="{"number" if is_number else "text"}">{_escaped(cell)}</{tag}>'
        for cell, is_number in zip(cells, numbers, strict=True)
    )
    return f"<tr>{made}</tr>"


def _escaped(text: str) -> str:
    """Escape a text; what no page may hold, escaped or not, is shown as a question mark."""
    return escape("".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text))
