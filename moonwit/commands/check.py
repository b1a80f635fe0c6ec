"""`moonwit check`: every problem of a project, without running anything of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit import terminal
from moonwit.arguments import flag, read
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import wait
from moonwit.projects.checking import check
from moonwit.projects.folders import WHAT_IT_IS, named_folder, upward
from moonwit.registry.names import listed

if TYPE_CHECKING:
    from moonwit.registry import Problem, Registry


def command(arguments: Sequence[str]) -> int:
    """Prints every problem, then how many there are; gives 1 when one is an error."""
    shows_all, arguments = flag("--all", arguments)
    options, rest = read("check", arguments, ("--project",))
    named = [*rest, *options.values()]
    if len(named) > 1:
        raise WrongUsage("check takes one folder", "check")
    folder = _project(named[0] if named else None)
    # On a thread of its own, so that Ctrl-C need not wait for the compilation of a large binary.
    registry = wait(worker.start(lambda: check(folder)))
    terminal.write_error(told(registry.problems, None if shows_all or not terminal.is_terminal(sys.stderr) else _lines()))
    terminal.write(summary(registry) + "\n")
    return 1 if registry.errors else 0


def _lines() -> int:
    """How many lines fit on the screen, with what is below them."""
    return max(shutil.get_terminal_size().lines - 4, 10)


def told(problems: Sequence[Problem], most: int | None = None) -> str:
    """Gives problems as text: errors first where not all fit into so many lines, and what several entries have alike once."""
    alike: dict[tuple[str, str, str | None], list[Problem]] = {}
    for problem in problems:
        # An error is looked for where it is; the rest is the same for each entry of a binary.
        own = f"{problem.file}:{problem.line}:{problem.column}" if problem.severity == "error" else problem.hint
        alike.setdefault((problem.severity, problem.sentence, own), []).append(problem)
    groups = list(alike.values())
    if most is not None:
        groups.sort(key=lambda group: _ORDER.index(group[0].severity))
    color, blocks, lines = terminal.colored(sys.stderr), [], 0
    for number, group in enumerate(groups):
        text = group[0].render(color)
        if len(group) > 1:
            others = listed(dict.fromkeys(each.entry or each.file.name for each in group[1:]), limit=4)
            text += f"\n  the same of {others}"
        lines += text.count("\n") + 1
        if most is not None and lines > most and number:
            blocks.append(f"... and {len(groups) - number} more: moonwit check --all")
            break
        blocks.append(text)
    return "".join(f"{block}\n" for block in blocks)


_ORDER = ("error", "warning", "note")


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
