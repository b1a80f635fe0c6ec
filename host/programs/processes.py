"""Processes: entries of kind `process.wasm` as the registry checks them, and the commands that processes of all kinds are known by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moonwit.host.functions.kinds import BINARY, LIMITS, WASI, check_binary, import_rule
from moonwit.host.functions.whole import is_program
from moonwit.host.values.intermediate import kind_of
from moonwit.registry import Entry, Items, Kind, Problem, Registry, Text, listed, meant, nearest, shown
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.host.programs.program import Program
    from moonwit.host.wasi.world import World

KINDS_OF_PROCESSES = ("process.wasm", "process.lua")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\Z")
_FIELDS = ("name", "short")
# `moonwit run list` lists the commands, and a name like that of a file is one.
_RESERVED = ("list",)
_ENDINGS = (".lua", ".wasm", ".wat")


@record
class Command:
    """A process under the name that `moonwit run` knows it by; ``short`` says in a line what it does."""

    name: str
    short: str
    id: str


def commands(registry: Registry) -> list[Command]:
    """Lists the commands of a project by name."""
    found = [command_of(entry) for entry in registry.entries.values()]
    return sorted((command for command in found if command is not None), key=lambda command: command.name)


def command_of(entry: Entry) -> Command | None:
    """Gives the command of a process; None for one without, and for other entries."""
    given = entry.meta.get("command") if entry.kind in KINDS_OF_PROCESSES else None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        return None
    short = given.get("short")
    return Command(given["name"], " ".join(short.split()) if isinstance(short, str) else "", entry.id)


_firsts: WeakKeyDictionary[Registry, dict[str, str]] = WeakKeyDictionary()


def _first(registry: Registry) -> dict[str, str]:
    """Gives the first process of each command's name."""
    found = _firsts.get(registry)
    if found is None:
        found = _firsts[registry] = {}
        for entry in registry.entries.values():
            command = command_of(entry)
            if command is not None:
                found.setdefault(command.name, command.id)
    return found


def check_command(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks the `meta.command` of a process."""
    given = entry.meta.get("command")
    if given is None:
        return
    if not isinstance(given, dict):
        sentence = f"`meta.command`: expected a mapping, got {kind_of(given)}"
        yield entry.problem(("meta", "command"), sentence, "write `command: {name: greet, short: says hello}`")
        return
    for key in given:
        if key not in _FIELDS:
            hint = meant(nearest(str(key), _FIELDS)) or f"its fields are {listed(_FIELDS)}"
            yield entry.key_problem(("meta", "command", str(key)), f"`meta.command` has no field {shown(str(key))}", hint)
    name = given.get("name")
    if not isinstance(name, str):
        sentence = "`meta.command` needs a `name`, which is text"
        yield entry.problem(("meta", "command", "name"), sentence, "it is what `moonwit run` knows it by")
        return
    taken = name in _RESERVED or name.endswith(_ENDINGS)
    if taken or not _NAME.match(name):
        why = "means something else" if taken else "has other characters than letters, digits, `_`, `-` and `.`"
        yield entry.problem(("meta", "command", "name"), f"a command can't be named {shown(name)}, which {why}")
    elif (first := _first(registry).get(name, entry.id)) != entry.id:
        sentence = f"the command {shown(name)} is that of {first} already"
        yield entry.problem(("meta", "command", "name"), sentence, "give one of them another name")
    if "short" in given and not isinstance(given["short"], str):
        yield entry.problem(("meta", "command", "short"), f"`meta.command.short`: expected text, got {kind_of(given['short'])}")


def check_process(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks a `process.wasm`; its code is checked where it is compiled."""
    if "wit" in entry.fields and is_program(entry):
        yield entry.key_problem(
            ("wit",), "`wit` has no effect on a program", "remove it, or name a function in `method`", severity="warning"
        )
    yield from check_command(entry, registry)
    yield from check_binary(entry, registry)


def program(entry: Entry, registry: Registry, words: tuple[str, ...] = ()) -> Program:
    """Gives the program of a `process.wasm` with the arguments ``words`` after those of its `wasi`; raises ``FunctionProblem``
    for an entry whose binary is not as it says, and ``WorldProblem``."""
    from moonwit.host.wasi.world import World, worlds

    given = entry.fields.get("wasi")
    world = worlds(given if isinstance(given, Mapping) else {}, registry)()
    return _load(entry, registry, World((*world.args, *words), world.cwd, world.env, world.mounts, world.network))


def check_programs(registry: Registry) -> None:
    """Compiles every program of a `process.wasm` that is not broken already, and reports what is wrong with it."""
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.functions.unprovided import notes
    from moonwit.host.programs.program import ProgramProblem
    from moonwit.host.wasi.world import EMPTY

    for entry in list(registry.entries.values()):
        if is_program(entry) and not registry.is_broken(entry.id):
            try:
                program = _load(entry, registry, EMPTY)
                program.check()
                for problem in notes(entry, program.binary):
                    registry.report(problem)
            except FunctionProblem as error:
                registry.report(error.problem)
            except ProgramProblem as error:
                registry.report(entry.problem(("path",), error.message))


def _load(entry: Entry, registry: Registry, world: World) -> Program:
    from moonwit.host.files.kinds import folder_of
    from moonwit.host.functions.binaries import BinaryProblem, binary, no_binary, read_below
    from moonwit.host.functions.imports import normalize
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.programs.program import Program

    fields = entry.fields
    try:
        found = binary(read_below(folder_of(registry.entries[str(fields["fs"])], registry), str(fields["path"])))
    except BinaryProblem as error:
        raise FunctionProblem(entry.problem(("path",), str(error))) from None
    actual = f"sha256:{found.sha256}"
    if str(fields["hash"]) != actual:
        sentence = f"the file has the hash {actual}, and the entry says {shown(str(fields['hash']), 80)}"
        raise FunctionProblem(entry.problem(("hash",), sentence, "correct `hash` if you trust the file, else put the right file back"))
    unfit = no_binary(str(fields["path"]), found.data)
    if unfit is not None:
        raise FunctionProblem(entry.problem(("path",), unfit))
    imports, limits = fields.get("imports"), fields.get("limits")
    command = command_of(entry)
    return Program(
        name=entry.name if command is None else command.name,
        binary=found,
        world=world,
        grants=frozenset(normalize(str(name)) for name in (imports if isinstance(imports, list) else [])),
        max_execution_ms=_number(limits, "max_execution_ms"),
        max_memory_bytes=_number(limits, "max_memory_bytes"),
        max_stack_bytes=_number(limits, "max_stack_bytes"),
        id=entry.id,
    )


def _number(group: object, name: str) -> int | None:
    value = group.get(name) if isinstance(group, dict) else None
    return value if isinstance(value, int) else None


KINDS: tuple[Kind, ...] = (
    Kind(
        "process.wasm",
        {
            **BINARY,
            "method": Text(summary="the function that runs it: any of the binary; a program's, wasi:cli/run#run or _start, when left out"),
            "wit": Text(summary="the function's signature in WIT, for a core module"),
            "imports": Items(of=Text(rule=import_rule), summary="what the program may use of the host: `wasi:cli`"),
            "wasi": WASI,
            "limits": LIMITS,
        },
        check_process,
        "a program or a function in a compiled binary, run as a command",
    ),
)
# Kinds of the format that have no effect here: entries of them are accepted.
LATER: tuple[Kind, ...] = tuple(Kind(name, fields=None, later=True) for name in ("process.host", "terminal.host"))
