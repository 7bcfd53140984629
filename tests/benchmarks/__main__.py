"""Runs the benchmarks, prints tables, and writes the raw times: `uv run python -m tests.benchmarks`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

from quitrent.report import print_table
from tests.benchmarks.bulk import import_cost, stream_cost
from tests.benchmarks.calls import AssignCost, CallCost, assign_cost, call_cost
from tests.benchmarks.measured import machine
from tests.benchmarks.plugins import (
    BATCH,
    HANGING_LIMIT_MS,
    RETRIES,
    Cost,
    HangsOnOne,
    Percent,
    Silent,
    cost_of,
    run_ns,
)
from tests.benchmarks.runs import RunCost, run_cost
from tests.benchmarks.servers import postgresql
from tests.benchmarks.statements import statement_cost


@dataclass(frozen=True)
class Scale:
    """How much is measured: rounds of short things, calls, and subscriptions in books."""

    rounds: int
    hanging: int
    on_sqlite: int
    on_postgresql: int
    by_workers: int
    calls: int
    assignments: int
    imported: int
    streamed: int
    of_statement: int


SCALES = {
    "small": Scale(20, 6_000, 4_000, 10_000, 20_000, 2_000, 200, 20_000, 20_000, 5_000),
    "full": Scale(100, 10_000, 200_000, 1_000_000, 100_000, 20_000, 1_000, 100_000, 100_000, 100_000),
}


@click.command()
@click.option("--scale", "name", type=click.Choice(list(SCALES)), default="small", show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("benchmarks.json"))
def main(name: str, file: Path) -> None:
    """Measure what quitrent costs, beside the least that the same can cost."""
    scale = SCALES[name]
    found: dict[str, Any] = {"scale": name, **machine()}
    click.echo(", ".join(f"{key} {value}" for key, value in found.items()))
    found["hosts"] = _hosts(scale)
    found["hanging"] = _hanging(scale.hanging)
    with postgresql() as server:
        found["runs"] = _runs(scale, server)
        found["calls"] = _calls(scale)
        found["assignments"] = _assignments(scale, server)
        found["import"] = _import(scale, server)
        found["statements"] = _statements(scale, server)
    found["streams"] = _streams(scale)
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    click.echo(f"The raw times are in {file}")


def _runs(scale: Scale, server: str) -> list[dict[str, Any]]:
    costs = [
        run_cost(None, scale.on_sqlite),
        run_cost(server, scale.on_postgresql // 10),
        run_cost(server, scale.on_postgresql),
        run_cost(server, scale.by_workers, workers=1),
        run_cost(server, scale.by_workers, workers=2),
        run_cost(server, scale.by_workers, each_looked_at=True),
    ]
    columns = (
        "database",
        "by",
        "subscriptions",
        "run",
        "limit",
        "run / limit",
        "rerun / run",
        "peak MiB",
        "computing: Python, database, plugins",
    )
    rows = [_run_row(cost) for cost in costs]
    print_table(
        "One month of both sides, in seconds; the limit is the same charges by SQL", columns, rows, columns[1:8]
    )
    growth = costs[2].run_ns / costs[1].run_ns
    click.echo(f"Ten times the subscriptions on PostgreSQL took {growth:.1f} times as long")
    return [asdict(cost) for cost in costs]


def _run_row(cost: RunCost) -> tuple[str, ...]:
    whole = sum(cost.cpu.values())
    return (
        cost.database,
        _carried_out_by(cost),
        str(cost.subscriptions),
        f"{cost.run_ns / 1e9:.1f}",
        f"{cost.limit_ns / 1e9:.2f}",
        f"{cost.ratio:.1f}",
        f"{cost.rerun_ns / cost.run_ns:.2%}",
        f"{cost.peak_mib:.0f}",
        ", ".join(f"{cost.cpu[where] / whole:.0%}" for where in ("python", "database", "plugins")),
    )


def _carried_out_by(cost: RunCost) -> str:
    who = {0: "the biller", 1: "1 worker"}.get(cost.workers, f"{cost.workers} workers")
    return f"{who}, each account looked at" if cost.each_looked_at else who


def _calls(scale: Scale) -> dict[str, Any]:
    cost: CallCost = call_cost(scale.calls, rounds=4)
    rows = [
        (
            who,
            f"{cost.calls * 1e9 / whole:.0f}",
            f"{median(took) / 1e3:.0f}",
            f"{sorted(took)[-len(took) // 100] / 1e3:.0f}",
        )
        for who, took, whole in (
            ("a quote, two plugins in hosts", cost.quote_ns, cost.quote_all_ns),
            ("nothing, bare grpcio", cost.bare_ns, cost.bare_all_ns),
        )
    ]
    columns = ("what a call does", "calls a second", "median us", "99th percentile us")
    print_table(f"Calls of one server process; {cost.ratio:.2f} of the empty ones", columns, rows, columns[1:])
    return asdict(cost)


def _assignments(scale: Scale, server: str) -> list[dict[str, Any]]:
    costs: list[AssignCost] = [assign_cost(where, scale.assignments) for where in (None, server)]
    rows = [
        (
            cost.database,
            f"{median(cost.assign_ns) / 1e3:.0f}",
            f"{median(cost.insert_ns) / 1e3:.0f}",
            f"{cost.ratio:.2f}",
        )
        for cost in costs
    ]
    columns = ("database", "an assignment, us", "an INSERT, us", "of the INSERTs a second")
    print_table("One durable commit each", columns, rows, columns[1:])
    return [asdict(cost) for cost in costs]


def _import(scale: Scale, server: str) -> dict[str, Any]:
    cost = import_cost(server, scale.imported)
    columns = ("accounts", "import", "again", "COPY of the same rows", "import / COPY")
    times = (f"{took / 1e9:.1f}" for took in (cost.import_ns, cost.again_ns, cost.copy_ns))
    row = (str(cost.accounts), *times, f"{cost.ratio:.1f}")
    print_table("Accounts with a subscription each into PostgreSQL, in seconds", columns, [row], columns)
    return asdict(cost)


def _statements(scale: Scale, server: str) -> list[dict[str, Any]]:
    costs = [statement_cost(where, scale.of_statement, rounds=5) for where in (None, server)]
    rows = [
        (cost.database, *(f"{median(took) / 1e6:.1f}" for took in cost.raw_ns.values()), f"{cost.ratio:.2f}")
        for cost in costs
    ]
    columns = ("database", *costs[0].raw_ns, "slower of the first and the last against the other")
    print_table(
        f"A statement of {scale.of_statement} accounts, pages of 1,000 lines, in milliseconds",
        columns,
        rows,
        columns[1:],
    )
    return [asdict(cost) for cost in costs]


def _streams(scale: Scale) -> list[dict[str, Any]]:
    costs = [stream_cost(streams, scale.streamed) for streams in (1, 2)]
    rows = [
        (
            str(cost.streams),
            f"{cost.quotes * 1e9 / cost.took_ns:.0f}",
            f"{cost.computed_seconds * 1e6 / cost.quotes:.0f}",
        )
        for cost in costs
    ]
    columns = ("streams", "quotes a second", "computing of the server, us a quote")
    print_table("Quotes by the stream, 500 with a request, of one server process", columns, rows, columns)
    return [asdict(cost) for cost in costs]


def _hosts(scale: Scale) -> list[dict[str, Any]]:
    costs = [cost_of(plugin, lines, scale.rounds) for plugin in (Percent, Silent) for lines in (1, BATCH, 4 * BATCH)]
    _print_costs(costs)
    return [asdict(cost) for cost in costs]


def _print_costs(costs: list[Cost]) -> None:
    columns = (
        "plugin",
        "lines at a time",
        "own work",
        "inline",
        "in a host",
        "above own work",
        "at least",
        "host / inline",
    )
    rows = [
        (
            cost.plugin,
            str(cost.lines),
            f"{cost.own:.2f}",
            f"{cost.inline:.2f}",
            f"{cost.hosted:.2f}",
            f"{cost.above_own:.2f}",
            f"{cost.least:.2f}",
            f"{cost.hosted / cost.inline:.2f}",
        )
        for cost in costs
    ]
    print_table("What a line costs, in microseconds (medians)", columns, rows, right=columns[1:])


def _hanging(subscriptions: int) -> dict[str, int]:
    normal_ns, _ = run_ns(Percent, subscriptions)
    hanging_ns, parked = run_ns(HangsOnOne, subscriptions)
    waited_ns = RETRIES * HANGING_LIMIT_MS * 1_000_000
    rows = [
        ("nothing", f"{normal_ns / 1e9:.2f}", "0", ""),
        ("one line", f"{hanging_ns / 1e9:.2f}", str(parked), f"{(2 * normal_ns + waited_ns) / 1e9:.2f}"),
    ]
    title = f"A run over {subscriptions} subscriptions, in seconds, with a plugin that hangs on"
    print_table(title, ("", "took", "parked", "twice the normal time and the limits"), rows, right=("took", "parked"))
    return {"normal_ns": normal_ns, "hanging_ns": hanging_ns, "limit_ns": waited_ns, "parked": parked}


if __name__ == "__main__":
    main()
