"""Reads what a core module imports and exports, with their types; code and data are stepped over."""

from __future__ import annotations

from dataclasses import field
from typing import Final, NamedTuple

from moonwit.host.wasm.binary.core_types import (
    MOST,
    CoreExport,
    CoreType,
    constant_expression,
    describe,
    global_type,
    memory,
    recursive_types,
    table,
)
from moonwit.host.wasm.binary.reader import Reader, short
from moonwit.host.wasm.problems import Refused
from moonwit.registry.record import record

MAGIC: Final = b"\0asm"
KINDS: Final = ("func", "table", "memory", "global", "tag")
ORDER: Final = {identity: place for place, identity in enumerate((1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11))}
_TYPES, _IMPORTS, _FUNCTIONS, _TABLES, _MEMORIES, _GLOBALS, _EXPORTS, _TAGS = 1, 2, 3, 4, 5, 6, 7, 13
# Entries of a section. Wasmtime takes a million of most; what is more here is not a program's, and would take seconds and gigabytes.
_MOST: Final = {
    _TYPES: (100_000, "types"), _IMPORTS: (50_000, "imports"), _FUNCTIONS: (1_000_000, "functions"), _TABLES: (1000, "tables"),
    _MEMORIES: (1000, "memories"), _GLOBALS: (50_000, "globals"), _EXPORTS: (50_000, "exports"), _TAGS: (50_000, "tags"),
}  # fmt: skip
_MOST_SECTIONS: Final = 100_000      # custom ones can stand anywhere and be empty


class CoreImport(NamedTuple):
    """Something a core module imports, in the module's order; the rest as in ``CoreExport``."""

    module: str
    name: str
    kind: str
    type: CoreType | None = None
    memory64: bool = False
    shared: bool = False


@record
class CoreModule:
    """What a core module imports and exports. ``threads`` tells whether it has a shared memory, imported or its own.

    ``wanted`` says for each import exactly what it must be.
    """

    imports: tuple[CoreImport, ...]
    exports: dict[str, CoreExport]
    threads: bool = False
    wanted: tuple[CoreExport, ...] = field(default=(), compare=False)


def is_component(data: bytes) -> bool:
    """Tells whether ``data`` starts as a component does."""
    return data[:4] == MAGIC and data[6:8] == b"\1\0"


def is_core(data: bytes) -> bool:
    """Tells whether ``data`` starts as a core module does."""
    return data[:4] == MAGIC and data[4:8] == b"\1\0\0\0"


def read_core(data: bytes, start: int = 0, end: int | None = None) -> CoreModule:
    """Reads the core module in ``data[start:end]``; raises Malformed, and Refused for one with more entries than Moonwit takes."""
    reader = Reader(data, start, end)
    head = reader.take(8)
    if not is_core(data[head.position : head.position + 8]):
        raise reader.error("this is not a core WebAssembly module", start)
    return _Sections().read(reader)


class _Sections:
    """The index spaces of one core module, as its sections fill them."""

    def __init__(self) -> None:
        self.types: list[CoreType | None] = []
        self.functions: dict[int, CoreExport] = {}      # by type: there are many functions of few types
        self.imports: list[CoreImport] = []
        self.wanted: list[CoreExport] = []
        self.modules: dict[str, str] = {}      # many imports are of few modules
        self.exports: dict[str, CoreExport] = {}
        self.spaces: dict[str, list[CoreExport]] = {kind: [] for kind in KINDS}

    def read(self, reader: Reader) -> CoreModule:
        place, number = -1, 0
        while not reader.done:
            at, identity = reader.position, reader.byte()
            body = reader.take(reader.u32())
            number += 1
            if number > _MOST_SECTIONS:
                raise Refused(f"The core module has more than {_MOST_SECTIONS} sections, which is more than Moonwit takes.")
            if identity == 0:
                body.name()
                continue
            if identity not in ORDER:
                raise reader.error(f"a core module has no section {identity}", at)
            if ORDER[identity] <= place:
                raise reader.error(f"section {identity} of a core module is out of order", at)
            place = ORDER[identity]
            if identity in _MOST:
                self.section(identity, body)
        threads = any(memory.shared for memory in self.spaces["memory"])
        return CoreModule(tuple(self.imports), self.exports, threads, tuple(self.wanted))

    def section(self, identity: int, body: Reader) -> None:
        most, what = _MOST[identity]
        number = body.count(MOST)
        if number > most:
            raise Refused(f"The core module has {number} {what}, which is more than the {most} that Moonwit takes.")
        if identity == _FUNCTIONS:
            self.function_section(number, body)
        else:
            for _ in range(number):
                self.entry(identity, body)
        body.finish(f"section {identity} of a core module")

    def entry(self, identity: int, body: Reader) -> None:
        if identity == _TYPES:
            self.types += recursive_types(body)
            if len(self.types) > _MOST[_TYPES][0]:
                raise Refused(f"The core module has more than {_MOST[_TYPES][0]} types, which is more than Moonwit takes.")
        elif identity == _IMPORTS:
            self.import_entry(body)
        elif identity == _TABLES:
            self.spaces["table"].append(table(body, definition=True))
        elif identity == _MEMORIES:
            self.spaces["memory"].append(memory(body))
        elif identity == _GLOBALS:
            self.spaces["global"].append(global_type(body))
            constant_expression(body)
        elif identity == _TAGS:
            self.spaces["tag"].append(self.tag(body))
        else:
            self.export_entry(body)

    def function_section(self, number: int, body: Reader) -> None:
        space, known = self.spaces["func"], self.functions
        for _ in range(number):
            start = body.position
            index = body.u32()
            if index not in known:
                body.position = start
                known[index] = CoreExport("func", self.function_type(body))
            space.append(known[index])

    def function_type(self, body: Reader) -> CoreType:
        at, index = body.position, body.u32()
        if index >= len(self.types):
            raise body.error(f"there is no core type {index}, only {len(self.types)}", at)
        found = self.types[index]
        if found is None:
            raise body.error(f"core type {index} is not a function type", at)
        return found

    def tag(self, body: Reader) -> CoreExport:
        body.expect(0, "the attribute of a tag")
        return CoreExport("tag", self.function_type(body))

    def import_entry(self, body: Reader) -> None:
        module, name = body.name(), body.name()
        found = describe(body, self.function_type)
        self.spaces[found.kind].append(found)
        self.wanted.append(found)
        self.imports.append(CoreImport(self.modules.setdefault(module, module), name, found.kind, found.type, found.memory64, found.shared))

    def export_entry(self, body: Reader) -> None:
        at, name, code, index = body.position, body.name(), body.byte(), body.u32()
        if code >= len(KINDS):
            raise body.error(f"export `{short(name)}` is of the unknown kind 0x{code:02x}", at)
        kind = KINDS[code]
        if index >= len(self.spaces[kind]):
            raise body.error(f"export `{short(name)}` is {kind} {index}, but there are only {len(self.spaces[kind])}", at)
        if name in self.exports:
            raise body.error(f"`{short(name)}` is exported twice", at)
        self.exports[name] = self.spaces[kind][index]
