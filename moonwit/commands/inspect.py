"""`moonwit inspect`: what a binary is, what it exports and imports, and how to declare it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moonwit import terminal
from moonwit.arguments import flag, is_id, read
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import wait
from moonwit.projects.folders import load, needed, show


def command(arguments: Sequence[str]) -> int:
    """Prints the report on a file or an entry."""
    whole, arguments = flag("--all", arguments)
    options, rest = read("inspect", arguments, ("--project",))
    if len(rest) != 1:
        raise WrongUsage("inspect needs one file, or the id of one function", "inspect")
    name = rest[0]
    # On a thread of its own, so that Ctrl-C need not wait for the decoding of a large binary.
    if is_id(name, (".wasm", ".wat")):
        folder = needed(options)
        terminal.write(wait(worker.start(lambda: _entry(name, folder, whole))))
    else:
        terminal.write(wait(worker.start(lambda: _file(name, whole))))
    return 0


def _file(name: str, whole: bool) -> str:
    from moonwit.host.functions.binaries import BinaryProblem
    from moonwit.host.functions.inspect import inspect_file

    try:
        return inspect_file(Path(name), whole)
    except BinaryProblem as error:
        raise Failure(str(error)) from None


def _entry(id: str, folder: Path, whole: bool) -> str:
    from moonwit.host.functions.binaries import BinaryProblem
    from moonwit.host.functions.inspect import inspect_entry
    from moonwit.host.functions.loaded import KINDS, FunctionProblem
    from moonwit.host.functions.methods import UnknownMethod
    from moonwit.host.functions.whole import split
    from moonwit.lua.calls.entries import Entries

    registry = load(folder)
    entry = Entries(registry).find(id)
    if isinstance(entry, dict):
        show([problem for problem in registry.errors if problem.entry == id])
        raise Failure(str(entry["message"]))
    if entry.kind not in KINDS:
        raise Failure(f"the entry {id} is of kind {entry.kind}, which has no binary; name a function.wat or function.wasm entry")
    try:
        return inspect_entry(entry, registry, split(id)[1], whole)
    except UnknownMethod as error:
        raise Failure(f"{entry.id}: {error}") from None
    except FunctionProblem as error:
        show([error.problem])
        raise Failure(f"the entry {id} can't be used") from None
    except BinaryProblem as error:
        raise Failure(f"{id}: {error}") from None
