"""`moonwit list`: the entries of a project as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import wait
from moonwit.projects.folders import load, needed
from moonwit.projects.table import Row, rows_of, table

if TYPE_CHECKING:
    from moonwit.registry import Registry


def command(arguments: Sequence[str]) -> int:
    """Prints the table; problems are shortened."""
    options, rest = read("list", arguments, ("--project",))
    if rest:
        raise WrongUsage("list takes no arguments; name the folder of a project with --project", "list")
    folder = needed(options)
    registry, rows = wait(worker.start(lambda: _rows(load(folder))))
    terminal.write(table(rows, terminal.width()))
    if registry.errors:
        count = "an error" if len(registry.errors) == 1 else f"{len(registry.errors)} errors"
        terminal.complain(f"the project has {count}; moonwit check shows what is wrong")
    return 0


def _rows(registry: Registry) -> tuple[Registry, list[Row]]:
    return registry, rows_of(registry.entries.values(), registry)
