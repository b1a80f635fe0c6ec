"""`moonwit add`: a binary becomes an entry of the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import WrongUsage
from moonwit.projects.adding import add
from moonwit.projects.folders import load, needed
from moonwit.registry.problems import shorten


def command(arguments: Sequence[str]) -> int:
    """Copies the file, writes the entry and says what can be called."""
    options, rest = read("add", arguments, ("--project", "--as", "--wit"))
    if len(rest) != 1:
        raise WrongUsage("add needs one .wasm or .wat file", "add")
    folder = needed(options)
    wit = options.get("--wit")
    added = add(load(folder), Path(rest[0]), options.get("--as"), None if wit is None else Path(wit))
    if not added.lines:
        terminal.write(f"{added.id} is declared already{', and has its new hash now' if added.changed else ''}\n")
        return 0
    terminal.write(f"{shorten(added.file)}: {added.id}\n" + "".join(f"  {line}".rstrip() + "\n" for line in added.lines))
    _try(folder, added.id)
    return 0


def _try(folder: Path, id: str) -> None:
    """Says how it is called."""
    from moonwit.host.functions.loaded import KINDS, FunctionProblem
    from moonwit.host.functions.loading import load_functions
    from moonwit.host.programs.processes import command_of
    from moonwit.projects.folders import show

    registry = load(folder)
    entry = registry.entries[id]
    if entry.kind not in KINDS:
        own = command_of(entry)
        terminal.write(f"try: moonwit run {id if own is None else own.name}\n")
        return
    try:
        functions = load_functions(entry, registry)
    except FunctionProblem as error:
        registry.report(error.problem)
        functions = []
    show([problem for problem in registry.problems if problem.entry == id])
    if functions:
        arguments = "".join(f" {parameter.name.upper()}" for parameter in functions[0].signature.params)
        terminal.write(f"try: moonwit call {functions[0].call_id}{arguments}\n")
