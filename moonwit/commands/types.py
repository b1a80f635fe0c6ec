"""`moonwit types`: annotations (LuaCATS) of a project's functions and of the standard library, for editors."""

from __future__ import annotations

from collections.abc import Sequence

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import WrongUsage
from moonwit.projects.annotations import SETTINGS, TYPES, write_annotations
from moonwit.projects.folders import load, named_folder, needed


def command(arguments: Sequence[str]) -> int:
    """Writes the annotations and the editor's settings."""
    options, rest = read("types", arguments, ())
    if len(rest) > 1:
        raise WrongUsage("types takes one folder", "types")
    count = write_annotations(load(named_folder(rest[0]) if rest else needed(options)))
    terminal.write(f"{TYPES}: the standard library and {count} {'function' if count == 1 else 'functions'}; {SETTINGS} names them\n")
    return 0
