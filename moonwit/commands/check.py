"""`moonwit check`: every problem of a project, without running anything of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import wait
from moonwit.projects.checking import check
from moonwit.projects.folders import WHAT_IT_IS, named_folder, show, upward

if TYPE_CHECKING:
    from moonwit.registry import Registry


def command(arguments: Sequence[str]) -> int:
    """Prints every problem, then how many there are; gives 1 when one is an error."""
    options, rest = read("check", arguments, ("--project",))
    named = [*rest, *options.values()]
    if len(named) > 1:
        raise WrongUsage("check takes one folder", "check")
    folder = _project(named[0] if named else None)
    # On a thread of its own, so that Ctrl-C need not wait for the compilation of a large binary.
    registry = wait(worker.start(lambda: check(folder)))
    show(registry.problems)
    terminal.write(summary(registry) + "\n")
    return 1 if registry.errors else 0


def _project(name: str | None) -> Path:
    if name is not None:
        folder = named_folder(name)
        # A folder without any of the usual files may still declare something; loading it tells.
        return upward(folder) or folder
    found = upward(Path())
    if found is None:
        raise Failure(f"there is no project here: {WHAT_IT_IS}; go there, or name one: moonwit check DIR")
    return found


def summary(registry: Registry) -> str:
    """Words how many entries and problems there are."""
    problems = registry.problems
    errors, warnings, notes = (sum(each.severity == kind for each in problems) for kind in ("error", "warning", "note"))
    if not errors and not warnings:
        found = f"{_count(len(registry.entries), 'entry', 'entries')}, no problems"
        return f"{found}, {_count(notes, 'note')}" if notes else found
    counts = [_count(number, what) for number, what in ((errors, "error"), (warnings, "warning"), (notes, "note")) if number]
    files = len({problem.file for problem in problems})
    return f"{', '.join(counts)} in {_count(files, 'file')}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
