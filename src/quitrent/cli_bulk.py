"""The commands for a whole book: `quitrent import` and `quitrent export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quitrent.cli_told import told_plainly

if TYPE_CHECKING:
    from quitrent.settings import Settings

_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_WRITTEN = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])
_output = click.option("--output", "path", required=True, type=_WRITTEN, help="The CSV file to write.")


@click.command("import")
@click.argument("file", type=_READ)
@click.option("--all-or-nothing", is_flag=True, help="Make nothing if one row is bad; others who write wait meanwhile.")
@click.option("--errors", type=_WRITTEN, help="A CSV file to write the bad rows to.")
@click.pass_obj
@told_plainly
def import_book(settings: Settings, file: Path, all_or_nothing: bool, errors: Path | None) -> None:  # noqa: FBT001
    """Import resellers, customers, accounts and subscriptions from a CSV FILE; again where it was cut off."""
    from quitrent.importing import import_file, imported_text
    from quitrent.services.importing import ImportMode

    mode = ImportMode.ALL_OR_NOTHING if all_or_nothing else ImportMode.KEEP_GOOD_ROWS
    imported = import_file(settings, file, mode, errors)
    click.echo(imported_text(imported))
    if imported.bad_row_count:
        sys.exit(1)


@click.group("export")
def export() -> None:
    """Write charges or statements to a CSV file."""


@export.command("charges")
@_output
@click.option("--parent", default="", help="Only of this reseller, customer, account or subscription.")
@click.option("--side", type=click.Choice(["wholesale", "retail"]), help="Only of this side.")
@click.option("--product", default="", help="Only for this product.")
@click.option("--from", "period_from", type=_DAY, help="Only of periods that begin on this day or later.")
@click.option("--before", "period_before", type=_DAY, help="Only of periods that begin before this day.")
@click.option("--run", "billing_run", default="", help="Only made by this billing run.")
@click.pass_obj
@told_plainly
def charges(
    settings: Settings,
    path: Path,
    parent: str,
    side: str | None,
    product: str,
    period_from: Any,
    period_before: Any,
    billing_run: str,
) -> None:
    """Write charges, each with its explanation."""
    from quitrent.domain.charge import ChargeFilter, Side
    from quitrent.exporting import write_charges

    wanted = ChargeFilter(
        parent=parent,
        side=Side(side.upper()) if side else None,
        product=product,
        period_from=period_from and period_from.date(),
        period_before=period_before and period_before.date(),
        billing_run=billing_run,
    )
    click.echo(f"{write_charges(settings, wanted, path):,} charges are in {path}")


@export.command("statements")
@_output
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), help="The month, like 2026-01.")
@click.option("--reseller", default="", help="Only of this reseller.")
@click.option("--below-cost", is_flag=True, help="Only lines on which retail is below wholesale.")
@click.pass_obj
@told_plainly
def statements(
    settings: Settings,
    path: Path,
    month: Any,
    reseller: str,
    below_cost: bool,  # noqa: FBT001 -- click passes a flag so.
) -> None:
    """Write the lines of a month's statements."""
    from quitrent.exporting import write_statements

    count = write_statements(settings, reseller, month.date(), path, below_cost=below_cost)
    click.echo(f"{count:,} lines are in {path}")
