"""Reads what a core module imports and exports, with the types of its functions; code and data are stepped over."""

from __future__ import annotations

from collections.abc import Callable

from moonwit.host.wasm.plan import CoreType
from moonwit.host.wasm.reader import Reader
from moonwit.registry.record import record

MAGIC = b"\0asm"
KINDS = ("func", "table", "memory", "global", "tag")
NUMBERS = {0x7F: "i", 0x7E: "I", 0x7D: "f", 0x7C: "F", 0x7B: "v"}
MOST, MOST_VALUES = 1_000_000, 1000      # entries of a section, parameters of a function: Wasmtime's limits too
REFERENCES = frozenset(range(0x69, 0x75))      # funcref, externref, anyref, ... as one byte each
ORDER = {identity: place for place, identity in enumerate((1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11))}


@record
class CoreExport:
    """Something a core module exports. ``type`` is set for functions; the flags are those of memories and tables."""

    kind: str
    type: CoreType | None = None
    memory64: bool = False
    shared: bool = False


@record
class CoreImport:
    """Something a core module imports, in the module's order; the rest as in ``CoreExport``."""

    module: str
    name: str
    kind: str
    type: CoreType | None = None
    memory64: bool = False
    shared: bool = False


@record
class CoreModule:
    """What a core module imports and exports. ``threads`` tells whether it has a shared memory, imported or its own."""

    imports: tuple[CoreImport, ...]
    exports: dict[str, CoreExport]
    threads: bool = False


def is_component(data: bytes) -> bool:
    """Tells whether ``data`` starts as a component does."""
    return data[:4] == MAGIC and data[6:8] == b"\1\0"


def is_core(data: bytes) -> bool:
    """Tells whether ``data`` starts as a core module does."""
    return data[:4] == MAGIC and data[4:8] == b"\1\0\0\0"


def read_core(data: bytes, start: int = 0, end: int | None = None) -> CoreModule:
    """Reads the core module in ``data[start:end]``; raises Malformed."""
    reader = Reader(data, start, end)
    head = reader.take(8)
    if not is_core(data[head.position : head.end]):
        raise reader.error("this is not a core WebAssembly module", start)
    return _Sections().read(reader)


class _Sections:
    """The index spaces of one core module, as its sections fill them."""

    def __init__(self) -> None:
        self.types: list[CoreType | None] = []
        self.functions: dict[int, CoreExport] = {}      # by type: there are many functions of few types
        self.imports: list[CoreImport] = []
        self.exports: dict[str, CoreExport] = {}
        self.spaces: dict[str, list[CoreExport]] = {kind: [] for kind in KINDS}

    def read(self, reader: Reader) -> CoreModule:
        place = -1
        while not reader.done:
            at, identity = reader.position, reader.byte()
            body = reader.take(reader.u32())
            if identity == 0:
                body.name()
                continue
            if identity not in ORDER:
                raise reader.error(f"a core module has no section {identity}", at)
            if ORDER[identity] <= place:
                raise reader.error(f"section {identity} of a core module is out of order", at)
            place = ORDER[identity]
            if identity in (1, 2, 3, 4, 5, 6, 7, 13):
                for _ in range(body.count(MOST)):
                    self.entry(identity, body)
                body.finish(f"section {identity} of a core module")
        return CoreModule(tuple(self.imports), self.exports, any(memory.shared for memory in self.spaces["memory"]))

    def entry(self, identity: int, body: Reader) -> None:
        if identity == 1:
            self.types += recursive_types(body)
        elif identity == 2:
            self.import_entry(body)
        elif identity == 3:
            self.spaces["func"].append(self.function(body))
        elif identity == 4:
            self.spaces["table"].append(table(body, definition=True))
        elif identity == 5:
            self.spaces["memory"].append(memory(body))
        elif identity == 6:
            global_type(body)
            constant_expression(body)
            self.spaces["global"].append(CoreExport("global"))
        elif identity == 13:
            self.spaces["tag"].append(self.tag(body))
        else:
            self.export_entry(body)

    def function(self, body: Reader) -> CoreExport:
        start = body.position
        index = body.u32()
        if index not in self.functions:
            body.position = start
            self.functions[index] = CoreExport("func", self.function_type(body))
        return self.functions[index]

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
        described = describe(body, self.function_type)
        self.spaces[described.kind].append(described)
        self.imports.append(CoreImport(module, name, described.kind, described.type, described.memory64, described.shared))

    def export_entry(self, body: Reader) -> None:
        at, name, code, index = body.position, body.name(), body.byte(), body.u32()
        if code >= len(KINDS):
            raise body.error(f"export `{name}` is of the unknown kind 0x{code:02x}", at)
        kind = KINDS[code]
        if index >= len(self.spaces[kind]):
            raise body.error(f"export `{name}` is {kind} {index}, but there are only {len(self.spaces[kind])}", at)
        if name in self.exports:
            raise body.error(f"`{name}` is exported twice", at)
        self.exports[name] = self.spaces[kind][index]


def describe(body: Reader, function_type: Callable[[Reader], CoreType]) -> CoreExport:
    """Reads an import's or a module type's description: a kind and its type."""
    at, code = body.position, body.byte()
    if code == 0 or code == 0x20:      # 0x20: a function of exactly this type
        return CoreExport("func", function_type(body))
    if code == 1:
        return table(body, definition=False)
    if code == 2:
        return memory(body)
    if code == 3:
        global_type(body)
        return CoreExport("global")
    if code == 4:
        body.expect(0, "the attribute of a tag")
        return CoreExport("tag", function_type(body))
    raise body.error(f"0x{code:02x} is not a kind of core import", at)


def value_type(body: Reader) -> str:
    """Reads a value type: one letter of ``CoreType``, v for v128 and r for any reference."""
    at, code = body.position, body.byte()
    if code in NUMBERS:
        return NUMBERS[code]
    if code in (0x63, 0x64):
        body.s33()
        return "r"
    if code in REFERENCES:
        return "r"
    raise body.error(f"0x{code:02x} is not a core value type", at)


def function_signature(body: Reader) -> CoreType:
    """Reads parameters and results, after the 0x60 that announces them."""
    params = "".join(value_type(body) for _ in range(body.count(MOST_VALUES)))
    return CoreType(params, "".join(value_type(body) for _ in range(body.count(MOST_VALUES))))


def recursive_types(body: Reader) -> list[CoreType | None]:
    """Reads a type or a group of types; those that are not functions are None."""
    if body.peek() == 0x4E:
        body.byte()
        return [_subtype(body) for _ in range(body.count())]
    return [_subtype(body)]


def _subtype(body: Reader) -> CoreType | None:
    code = body.byte()
    if code in (0x50, 0x4F):
        for _ in range(body.count()):
            body.u32()
        code = body.byte()
    if code == 0x65:      # shared
        code = body.byte()
    if code == 0x60:
        return function_signature(body)
    if code == 0x5F:
        for _ in range(body.count()):
            _field(body)
        return None
    if code == 0x5E:
        _field(body)
        return None
    raise body.error(f"0x{code:02x} is not a core type", body.position - 1)


def _field(body: Reader) -> None:
    if body.peek() in (0x77, 0x78):      # i16, i8 stand only in fields
        body.byte()
    else:
        value_type(body)
    body.byte()


def _limits(body: Reader) -> tuple[bool, bool]:
    at, flags = body.position, body.byte()
    if flags > 0x0F:
        raise body.error(f"0x{flags:02x} are not the flags of a memory or table", at)
    body.u64()
    if flags & 1:
        body.u64()
    if flags & 8:
        body.u32()
    return bool(flags & 4), bool(flags & 2)


def memory(body: Reader) -> CoreExport:
    """Reads a memory type."""
    memory64, shared = _limits(body)
    return CoreExport("memory", None, memory64, shared)


def table(body: Reader, definition: bool) -> CoreExport:
    """Reads a table type, and in a definition its initial value."""
    initial = definition and body.peek() == 0x40
    if initial:
        body.byte()
        body.expect(0, "the byte after a table's 0x40")
    value_type(body)
    table64, shared = _limits(body)
    if initial:
        constant_expression(body)
    return CoreExport("table", None, table64, shared)


def global_type(body: Reader) -> None:
    """Reads a global's type."""
    value_type(body)
    body.byte()


def constant_expression(body: Reader) -> None:
    """Steps over a constant expression."""
    while True:
        at, code = body.position, body.byte()
        if code == 0x0B:
            return
        if code == 0x41:
            _skip_leb(body, 5)
        elif code == 0x42:
            _skip_leb(body, 10)
        elif code in (0x43, 0x44):
            body.take(4 if code == 0x43 else 8)
        elif code in (0x23, 0xD2):
            body.u32()
        elif code == 0xD0:
            body.s33()
        elif code == 0xFD:
            body.expect(12, "the vector instruction of a constant expression")
            body.take(16)
        elif code == 0xFB:
            inner = body.u32()
            if inner in (0, 1, 6, 7):
                body.u32()
            elif inner == 8:
                body.u32()
                body.u32()
            elif inner not in (26, 27, 28):
                raise body.error(f"instruction 0xfb {inner} can't stand in a constant expression", at)
        elif code not in (0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E):
            raise body.error(f"instruction 0x{code:02x} can't stand in a constant expression", at)


def _skip_leb(body: Reader, most: int) -> None:
    at = body.position
    for _ in range(most):
        if body.byte() < 0x80:
            return
    raise body.error("a number is too long", at)
