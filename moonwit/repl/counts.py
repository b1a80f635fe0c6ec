"""The table of `:pools`: what is counted of each function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from moonwit.repl.durations import duration

if TYPE_CHECKING:
    from moonwit.lua.border.answers import FunctionStatistics, WorkerCounts

_HEAD = ("id", "calls", "errors", "timeouts", "instances", "queue", "mean", "max", "waited")


def table(counted: Mapping[str, FunctionStatistics]) -> str:
    """Gives the counts of functions by id: instances are those that live of those that were made, times are those of one call.

    Below a function of a cluster is what each of its workers has made of it.
    """
    rows: list[tuple[str, ...]] = [_HEAD]
    for id, counts in sorted(counted.items()):
        rows += (_row(id, counts), *map(_worker, counts.get("workers", ())))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(_cell(row, column, widths) for column in range(len(_HEAD))).rstrip() for row in rows)


def _cell(row: Sequence[str], column: int, widths: Sequence[int]) -> str:
    return row[column].rjust(widths[column]) if column else row[column].ljust(widths[column])


def _worker(made: WorkerCounts) -> tuple[str, ...]:
    mean = duration(made["milliseconds"] / max(made["calls"], 1) / 1000)
    return f"  {made['address']}", f"{made['calls']:,}", f"{made['errors']:,}", "", "", str(made["waiting"]), mean, "", ""


def _row(id: str, counts: FunctionStatistics) -> tuple[str, ...]:
    instances, times = counts["instances"], counts["times"]
    spent = times["execution"]["mean"], times["execution"]["max"], times["queueing"]["mean"]
    return (
        id,
        *(f"{count:,}" for count in (counts["calls"], counts["errors"], counts["timeouts"])),
        f"{instances['live']} of {instances['made']}",
        str(counts["queue"]["waiting"]),
        *(duration(milliseconds / 1000) for milliseconds in spent),
    )
