"""Runs the benchmarks, prints tables, and writes the raw times: `uv run python -m tests.benchmarks`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from quitrent.report import print_table
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

# Rounds of each measurement, and subscriptions in the book that one plugin hangs on.
SCALES = {"small": (20, 6_000), "full": (100, 10_000)}


@click.command()
@click.option("--scale", type=click.Choice(list(SCALES)), default="small", show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("benchmarks.json"))
def main(scale: str, file: Path) -> None:
    """Measure what plugins cost in processes of their own."""
    rounds, subscriptions = SCALES[scale]
    found: dict[str, Any] = {"scale": scale, **machine()}
    click.echo(", ".join(f"{name} {value}" for name, value in found.items()))
    costs = [cost_of(plugin, lines, rounds) for plugin in (Percent, Silent) for lines in (1, BATCH, 4 * BATCH)]
    _print_costs(costs)
    found["hosts"] = [asdict(cost) for cost in costs]
    found["hanging"] = _hanging(subscriptions)
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    click.echo(f"The raw times are in {file}")


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
