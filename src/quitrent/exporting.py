"""What `quitrent export` does: charges and statements as CSV files, a page of rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

from quitrent.csv_file import Cell, csv_file
from quitrent.domain.charge import Charge, ChargeFilter, Step
from quitrent.domain.money import Money, units_text
from quitrent.domain.party import reseller_of
from quitrent.domain.statement import StatementLine
from quitrent.hooks.manager import Plugins
from quitrent.rpc.charge_calls import check_charge_filter
from quitrent.server import build_deployment
from quitrent.services.caller import Caller, Role
from quitrent.services.deployment import Deployment
from quitrent.services.exports import export_charges, export_resellers, export_statement_lines
from quitrent.settings import Settings
from quitrent.shown_progress import shown_progress

_ADMIN = Caller(Role.ADMIN)

# Rows between two looks at how far it is.
_LOOK_EVERY = 1_000

CHARGE_COLUMNS = (
    "name",
    "side",
    "reason",
    "debtor",
    "creditor",
    "subscription",
    "product",
    "period_start",
    "period_end",
    "due_date",
    "amount",
    "currency",
    "explanation",
    "reverses",
    "reversed_by",
    "billing_run",
    "create_time",
)
STATEMENT_COLUMNS = (
    "reseller",
    "month",
    "subscription",
    "product",
    "wholesale_due",
    "wholesale_currency",
    "retail_billed",
    "retail_currency",
    "margin",
    "margin_absent_reason",
    "below_cost",
    "charge_count",
    "parked_count",
)


def write_charges(settings: Settings, wanted: ChargeFilter, path: Path) -> int:
    """Write all charges that fit to a file, and give how many there are.

    Errors: InvalidArgument, NotFound (the parent), StoreError, NotWrittenError.
    """
    check_charge_filter(wanted)
    with _deployment(settings) as deployment:
        return _written(path, CHARGE_COLUMNS, map(_charge_cells, export_charges(deployment, _ADMIN, wanted)), "charges")


def write_statements(settings: Settings, reseller: str, month: date, path: Path, *, below_cost: bool) -> int:
    """Write all lines of a month's statements to a file, of one reseller or of all; give how many there are.

    Errors: NotFound (the reseller), StoreError, NotWrittenError.
    """
    with _deployment(settings) as deployment:
        resellers = [reseller] if reseller else export_resellers(deployment)
        rows = (
            _statement_cells(line, month)
            for one in resellers
            for line in export_statement_lines(deployment, _ADMIN, one, month, below_cost=below_cost)
        )
        return _written(path, STATEMENT_COLUMNS, rows, "lines")


@contextmanager
def _deployment(settings: Settings) -> Iterator[Deployment]:
    with closing(build_deployment(settings, Plugins(), must_exist=True)) as deployment:
        yield deployment


def _written(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], unit: str) -> int:
    count = 0
    with csv_file(path, columns) as file, shown_progress("export", unit) as shown:
        for count, row in enumerate(rows, start=1):
            file.write(row)
            if count % _LOOK_EVERY == 0:
                shown.at(count)
        shown.at(count)
    return count


def _charge_cells(charge: Charge) -> tuple[Cell, ...]:
    return (
        charge.name,
        charge.side,
        charge.reason,
        charge.debtor,
        charge.creditor,
        charge.subscription,
        charge.product,
        charge.period_start,
        charge.period_end,
        charge.due_date,
        _number(charge.amount),
        charge.amount.currency,
        "; ".join(map(_step_text, charge.steps)),
        charge.reverses,
        charge.reversed_by,
        charge.billing_run,
        charge.create_time,
    )


def _statement_cells(line: StatementLine, month: date) -> tuple[Cell, ...]:
    return (
        reseller_of(line.subscription),
        f"{month:%Y-%m}",
        line.subscription,
        line.product,
        _number(line.wholesale),
        line.wholesale.currency if line.wholesale else None,
        _number(line.retail),
        line.retail.currency if line.retail else None,
        _number(line.margin),
        line.margin_absent_reason,
        "yes" if line.below_cost else "no",
        line.charge_count,
        line.parked_count,
    )


def _number(money: Money | None) -> Decimal | None:
    return None if money is None else Decimal(units_text(money.amount_micros, money.currency))


def _step_text(step: Step) -> str:
    return f"{step.text}: {step.result}" if step.result else step.text
