"""The report of `moonwit inspect`: what a binary is, what it exports and imports, and an `_index.yaml` to paste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from moonwit.host.functions import unprovided
from moonwit.host.functions.binaries import MAX_BYTES, Binary, BinaryProblem, assemble, binary
from moonwit.host.functions.declaring import can_be_written, declaration, entry_name, granted, kind_of, quoted, unmade
from moonwit.host.functions.exports import PLUMBING, callable_exports, parts
from moonwit.host.functions.loaded import LoadedFunction
from moonwit.host.functions.loading import load_function
from moonwit.host.functions.providers import provided
from moonwit.host.values.names import listed, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component.component import Interface
from moonwit.host.wasm.component.show import show_world
from moonwit.host.wasm.plan.core_plan import CoreProblem, core_functions, derive, initializer, is_command
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.show import cut, show_function
from moonwit.host.wasm.wit.types import Function
from moonwit.registry import Entry, Registry, Unreadable, find_project, read_bytes
from moonwit.registry.problems import printable

_MAGIC = b"\0asm"
_NAMESPACE = "app"
_FOLDER = "binaries"
_WIDTH = len("signature")
_MOST_ABSENT, _MOST_HINTS = 24, 4


def read_file(path: Path) -> tuple[Binary, bool]:
    """Reads a `.wasm` or `.wat` file, and tells whether it is text; raises ``BinaryProblem`` with a whole sentence."""
    try:
        data = read_bytes(path, MAX_BYTES)
    except Unreadable as error:
        raise BinaryProblem(f"the file {shown(str(path))} {error.why}; name a .wasm or .wat file") from None
    is_text = not data.startswith(_MAGIC)
    return (_assembled(path, data) if is_text else binary(data)), is_text


def inspect_file(path: Path, whole: bool = False) -> str:
    """Reports on a `.wasm` or `.wat` file; raises ``BinaryProblem`` with a whole sentence.

    What toolchains import is one line for each interface, unless ``whole`` is asked for.
    """
    found, is_text = read_file(path)
    facts = [("file", path.name), *_identity(found)]
    lines = _guarded(found, facts, whole=whole)
    if (advice := unmade(found, path.name)) is not None:
        return _text([*lines, "", advice])
    if (callable_exports(found) and (found.is_component or _unfit(found) is None)) or kind_of(found, is_text) == "process.wasm":
        lines += ["", "# _index.yaml", *_index(path, found, is_text=is_text)]
    else:
        lines += ["", "It exports no function that an entry could call."]
    return _text(lines)


def inspect_entry(entry: Entry, registry: Registry, method: str | None = None, whole: bool = False) -> str:
    """Reports on the binary of an entry and on how the entry calls it, or ``method`` of one that stands for a whole binary.

    Raises ``FunctionProblem`` and ``UnknownMethod``.
    """
    loaded = load_function(entry, registry, method)
    facts = [("entry", f"{entry.id} ({entry.kind})"), *_identity(loaded.binary), *_called(loaded, method)]
    return _text(_guarded(loaded.binary, facts, loaded, whole=whole))


def _assembled(path: Path, data: bytes) -> Binary:
    if not data.strip():
        raise BinaryProblem(f"the file {shown(path.name)} is empty; name a .wasm or .wat file")
    try:
        return assemble(data.decode())
    except UnicodeDecodeError:
        raise BinaryProblem(
            f"the file {shown(path.name)} is neither a WebAssembly binary nor WAT text; name a .wasm or .wat file"
        ) from None
    except BinaryProblem as error:
        place = f"{path.name}:{error.position[0]}:{error.position[1]}: " if error.position else f"{path.name}: "
        raise BinaryProblem(place + str(error), error.position) from None


def _identity(found: Binary) -> list[tuple[str, str]]:
    return [
        ("kind", "component" if found.is_component else "core module"),
        ("size", f"{len(found.data):,} bytes"),
        ("sha256", found.sha256),
    ]


def _called(loaded: LoadedFunction, method: str | None) -> list[tuple[str, str]]:
    pool = loaded.pool
    if loaded.is_part and method is None:
        found = parts(loaded)
        return [("methods", f"{len(found)}, as {found[0].call_id}"), ("pool", pool.type)]
    signature = show_function(loaded.export.rpartition("#")[2], loaded.signature)
    return [("method", loaded.export), ("signature", signature), ("pool", pool.type)]


def _guarded(found: Binary, facts: list[tuple[str, str]], loaded: LoadedFunction | None = None, *, whole: bool) -> list[str]:
    """The facts, then exports and imports; what can't be decoded is a sentence."""
    try:
        facts += _needs(found, loaded)
        folded = None if whole else _is_toolchains
        contents = [show_world(found.world, folded=folded).rstrip()] if found.is_component else list(_core_contents(found))
    except Malformed as error:
        raise BinaryProblem(f"the binary is not well-formed WebAssembly: {error}; build it again") from None
    except Refused as error:
        raise BinaryProblem(str(error).rstrip(".")) from None
    return [*(f"{name:<{_WIDTH}}  {value}" for name, value in facts), "", *contents]


def _how_it_runs(loaded: LoadedFunction) -> str:
    """Says what the host's functions that a guest is given do to its calls."""
    if loaded.linkage.waits:
        return "on fibers: what it is granted of the host may wait"
    return f"without fibers: it is granted {'functions of the host that never wait' if loaded.linkage.functions else 'nothing of the host'}"


def _needs(found: Binary, loaded: LoadedFunction | None) -> list[tuple[str, str]]:
    facts = [] if loaded is None else [("calls", _how_it_runs(loaded))]
    if not found.is_component:
        unfit = _unfit(found) if loaded is None else None
        facts += [*([] if unfit is None else [("calls", f"none: {unfit}")]), *_started(found)]
        missing = [f"{entry.module}#{entry.name}" for entry in found.core.imports if entry.module != wasi.PREVIEW1 and entry.kind == "func"]
        grants = granted(found)
    else:
        _ = found.component_plan  # raises what Moonwit does not take of it
        grants = granted(found)
        # An interface that only names types is nothing to call.
        needed = {name for name, item in found.world.imports.items() if not isinstance(item, Interface) or item.functions or item.others}
        own = {name for name, item in found.world.imports.items() if isinstance(item, Function) or ("/" in name and name in needed)}
        missing = [name for name in found.world.imports if wasi.grant_for(name) is None and name in own]
    facts.append(("imports", ", ".join(grants) + " (what the code does not use need not be granted)" if grants else "nothing to grant"))
    answered = {} if loaded is None else provided(loaded.answers)
    facts += [("answered", f"{interface if name is None else name}: {id}") for (interface, name), id in answered.items()]
    missing = [name for name in missing if (name, None) not in answered and (unprovided.ROOT, name) not in answered]
    if missing:
        facts.append(("missing", f"{listed(missing)}: nothing provides them, and calling them fails"))
    if found.is_component:
        # What Moonwit knows no answer of can be given one.
        facts += [("", _answer_line(found, name)) for name in missing[:_MOST_ABSENT] if not name.startswith("wasi:")]
    lacking = list(unprovided.imported(found, answered))
    absent = [each for each in lacking if each.why != "unknown"]
    facts += [("missing", f"{shown(each.function)} of {each.interface}, {each.is_what}") for each in absent[:_MOST_ABSENT]]
    hints = dict.fromkeys(each.hint for each in lacking if each.interface in unprovided.TOOLCHAINS or each.interface == "env")
    facts += [("", hint) for hint in list(hints)[:_MOST_HINTS]]
    return facts


def _answer_line(found: Binary, name: str) -> str:
    """The item of `imports:` that has an entry of the registry answer an import."""
    is_function = isinstance(found.world.imports[name], Function)
    return f"imports: [{{{wasi.interface_of(name)}: id}}]  # the id of {'any function' if is_function else 'a library.lua'}"


def _started(found: Binary) -> list[tuple[str, str]]:
    """Says what is called before a core module's functions."""
    name = initializer(found.core, core_functions(found.core))
    if name is not None:
        return [("start", f"`{name}` is called once in each instance, before anything else")]
    if not is_command(found.core):
        return []
    return [("start", "`_start` runs the whole program (`moonwit run`), and is not called before other functions")]


def _unfit(found: Binary) -> str | None:
    """Says why no entry can call anything of a core module that has functions; None where one can."""
    if core_functions(found.core):
        try:
            found.core_plan(None)
        except CoreProblem as error:
            return str(error)
    return None


def _is_toolchains(name: str) -> bool:
    """Tells whether an import is of WASI: what languages' libraries bring along."""
    return name.startswith("wasi:")


def _core_contents(found: Binary) -> Iterator[str]:
    """The imports and exports of a core module with their core types, and the signatures that can be derived."""
    shapes: dict[CoreType, str] = {}      # many functions are of few types
    yield "imports" if found.core.imports else "imports nothing"
    for entry in found.core.imports:
        if entry.type is not None and entry.type not in shapes:
            shapes[entry.type] = cut(str(entry.type))
        yield f"  {cut(entry.module)} {cut(entry.name)}: {entry.kind if entry.type is None else shapes[entry.type]}"
    yield "exports" if found.core.exports else "exports nothing"
    derived: dict[CoreType, str] = {}
    for name, export in found.core.exports.items():
        if export.type is None or export.kind != "func":
            yield f"  {cut(name)}: {export.kind}"
            continue
        if export.type not in derived:
            try:
                derived[export.type] = f"func{show_function('', derive(name, export.type)).removeprefix(': func')}"
            except CoreProblem:
                derived[export.type] = "needs `wit`"
        note = "" if PLUMBING.match(name) else f"  // {derived[export.type]}"
        yield f"  {cut(name)}: {cut(str(export.type))}{note}"


def _index(path: Path, found: Binary, *, is_text: bool) -> Iterator[str]:
    """The lines of an `_index.yaml` with an entry for the binary."""
    yield 'version: "1.0"'
    yield f"namespace: {_NAMESPACE}"
    yield "entries:"
    taken: dict[str, int] = {}
    if is_text:
        source = [f"source: {quoted('file://' + path.name)}"]
    else:
        taken[_FOLDER] = 1
        yield f"  - name: {_FOLDER}"
        yield "    kind: fs.directory"
        yield f"    directory: {quoted(_directory(path))}  # relative to the project"
        yield ""
        source = [f"fs: {_FOLDER}", f"path: {quoted('/' + path.name)}", f"hash: sha256:{found.sha256}"]
    functions = callable_exports(found)
    # One function gives the entry its name.
    name = entry_name(functions[0] if len(functions) == 1 and can_be_written(functions[0]) else path.stem, taken)
    yield from declaration(found, name, kind_of(found, is_text), source)


def _directory(path: Path) -> str:
    """The folder of the file as `directory:` names it; where the file is in no project, its folder is taken for one."""
    folder = path.absolute().parent.resolve()
    project = find_project(folder)
    if project is None or not folder.is_relative_to(project):
        return "./"
    return f"./{folder.relative_to(project).as_posix()}".removesuffix("/.")


def _text(lines: Iterable[str]) -> str:
    """The report, with nothing in it that a terminal could take for a command."""
    return "\n".join(printable(line) for whole in lines for line in whole.split("\n")) + "\n"
