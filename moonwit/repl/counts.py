"""The table of `:pools`: what is counted of each function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moonwit.repl.durations import duration

_HEAD = ("id", "calls", "errors", "timeouts", "instances", "queue", "mean", "max", "waited")


def table(counted: Mapping[str, Any]) -> str:
    """Gives the counts of functions by id: instances are those that live of those that were made, times are those of one call."""
    rows = [_HEAD, *(_row(id, counts) for id, counts in sorted(counted.items()))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(_cell(row, column, widths) for column in range(len(_HEAD))).rstrip() for row in rows)


def _cell(row: Sequence[str], column: int, widths: Sequence[int]) -> str:
    return row[column].rjust(widths[column]) if column else row[column].ljust(widths[column])


def _row(id: str, counts: Mapping[str, Any]) -> tuple[str, ...]:
    instances, queue, times = (counts.get(name) or {} for name in ("instances", "queue", "times"))
    execution, queueing = (times.get(name) or {} for name in ("execution", "queueing"))
    return (
        id,
        *(f"{counts.get(name, 0):,}" for name in ("calls", "errors", "timeouts")),
        f"{instances.get('live', 0)} of {instances.get('made', 0)}",
        str(queue.get("waiting", 0)),
        *(duration(times_of.get(name, 0) / 1000) for times_of, name in ((execution, "mean"), (execution, "max"), (queueing, "mean"))),
    )
