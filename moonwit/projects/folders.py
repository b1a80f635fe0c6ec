"""Which project a command is about, and the problems of what it declares."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit import terminal
from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.registry import Problem, Registry

WHAT_IT_IS = "a project is a folder that has `_index.yaml`, registry files below `src/`, or `moonwit.yaml`"
# One of these is in a project's folder; moonwit.registry says which folder it really is.
_SIGNS = ("_index.yaml", "_index.yml", "src", "moonwit.yaml")


def chosen(options: Mapping[str, str], starts: Sequence[Path]) -> Path | None:
    """Gives the folder of `--project`, else the first project found upward from one of ``starts``, else None."""
    named = options.get("--project")
    if named is not None:
        return named_folder(named)
    for start in starts:
        if (found := upward(start)) is not None:
            return found
    return None


def needed(options: Mapping[str, str]) -> Path:
    """Gives the folder of `--project`, else the project of the working directory; raises ``Failure`` when there is none."""
    found = chosen(options, [Path()])
    if found is None:
        raise Failure(f"there is no project here: {WHAT_IT_IS}; name one with --project")
    return found


def named_folder(name: str) -> Path:
    """Gives a folder that the user has named as a project's."""
    return real_folder(name, "the project folder")


def real_folder(name: str, what: str) -> Path:
    """Gives the absolute path, without symbolic links, of a folder that the user has named; raises ``Failure``."""
    try:
        folder = Path(os.path.realpath(name))
    except OSError:  # a relative path, and the working directory has been deleted
        raise Failure(f"{what} {name} can't be found: the working directory does not exist any more") from None
    try:
        mode = os.stat(folder).st_mode
    except FileNotFoundError:
        raise Failure(f"{what} {name} does not exist") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno or 0).lower() if isinstance(error, OSError) else str(error)
        raise Failure(f"{what} {name} can't be used: {reason}") from None
    if not stat.S_ISDIR(mode):
        raise Failure(f"{what} {name} is {'a file' if stat.S_ISREG(mode) else 'not a folder'}")
    return folder


def upward(start: Path) -> Path | None:
    """Finds the project that a folder is in. Where there can be none, the registry and what it needs are not even imported."""
    try:
        folder = Path(os.path.realpath(start))
    except OSError:
        return None  # the working directory has been deleted
    if not any((parent / sign).exists() for parent in (folder, *folder.parents) for sign in _SIGNS):
        return None
    from moonwit.registry import find_project

    return find_project(start)


def load(folder: Path) -> Registry:
    """Loads the registry of a project; raises ``Failure`` for a folder that declares nothing."""
    from moonwit.kinds import KINDS
    from moonwit.registry import load

    registry = load(folder, KINDS)
    if not registry.entries and not registry.problems and upward(folder) is None:
        raise Failure(f"there is no project in {folder}: {WHAT_IT_IS}")
    return registry


def show_problems(registry: Registry | None, known: Sequence[Problem] = ()) -> list[Problem]:
    """Shows the problems that are not ``known`` yet on standard error, and gives all of them."""
    problems = [] if registry is None else registry.problems
    show([problem for problem in problems if problem not in known])
    return problems


def show(problems: Sequence[Problem]) -> None:
    """Shows problems on standard error."""
    color = terminal.colored(sys.stderr)
    if problems:
        terminal.write_error("".join(problem.render(color) + "\n" for problem in problems))
