"""Reads a component's sections into ``syntax`` definitions, nested components included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from moonwit.host.wasm.binary import syntax, typesyntax
from moonwit.host.wasm.binary.core import MAGIC, is_core
from moonwit.host.wasm.binary.names import check_implements, extern_name
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.problems import Refused

MOST_DEFINITIONS = 50_000
MOST_BYTES = 1_000_000      # of definitions, core modules not counted; CPython with all of WASI takes 85,000
PREAMBLE = MAGIC + b"\x0d\0\1\0"

# WASI 0.3's built-ins and their operands: u = index, t = index of a type, v = a core value type, r = result list, o = options, a = whether
# it is asynchronous, c = whether it can be canceled, s = whether it is shared
ASYNC_BUILTINS = {
    0x05: ("task.cancel", ""), 0x06: ("subtask.cancel", "a"), 0x09: ("task.return", "ro"), 0x0A: ("context.get", "vu"),
    0x0B: ("context.set", "vu"), 0x0C: ("thread.yield", "c"), 0x0D: ("subtask.drop", ""), 0x0E: ("stream.new", "t"),
    0x0F: ("stream.read", "to"), 0x10: ("stream.write", "to"), 0x11: ("stream.cancel-read", "ta"), 0x12: ("stream.cancel-write", "ta"),
    0x13: ("stream.drop-readable", "t"), 0x14: ("stream.drop-writable", "t"), 0x15: ("future.new", "t"), 0x16: ("future.read", "to"),
    0x17: ("future.write", "to"), 0x18: ("future.cancel-read", "ta"), 0x19: ("future.cancel-write", "ta"),
    0x1A: ("future.drop-readable", "t"), 0x1B: ("future.drop-writable", "t"), 0x1C: ("error-context.new", "o"),
    0x1D: ("error-context.debug-message", "o"), 0x1E: ("error-context.drop", ""), 0x1F: ("waitable-set.new", ""),
    0x20: ("waitable-set.wait", "cu"), 0x21: ("waitable-set.poll", "cu"), 0x22: ("waitable-set.drop", ""), 0x23: ("waitable.join", ""),
    0x24: ("backpressure.inc", ""), 0x25: ("backpressure.dec", ""), 0x26: ("thread.index", ""), 0x27: ("thread.new-indirect", "uu"),
    0x28: ("thread.resume-later", ""), 0x29: ("thread.suspend", "c"), 0x2A: ("thread.suspend-then-resume", "c"),
    0x2B: ("thread.yield-then-resume", "c"), 0x2C: ("thread.suspend-then-promote", "c"), 0x2D: ("thread.yield-then-promote", "c"),
    0x40: ("thread.spawn-ref", "su"), 0x41: ("thread.spawn-indirect", "suu"), 0x42: ("thread.available-parallelism", "s"),
}  # fmt: skip
# Those of drafts, with other operands or none: what follows one can't be read.
DRAFTS = {0x07: "resource.drop async", 0x08: "backpressure.set"}


def read_component(data: bytes) -> tuple[syntax.Definition, ...]:
    """Reads all definitions of a component, in order; raises Malformed, and Refused where no path takes what is read."""
    return Sections().component(Reader(data), 0)


class Sections:
    """Reads sections."""

    def __init__(self) -> None:
        self.read = 0
        self.weight = 0
        self.readers: dict[int, Callable[[Reader, int], syntax.Definition]] = {
            2: self.core_instance, 3: self.core_type, 5: self.instance, 6: self.alias, 7: self.type, 8: self.canonical,
            10: self.import_, 11: self.export,
        }  # fmt: skip

    def component(self, reader: Reader, depth: int) -> tuple[syntax.Definition, ...]:
        start = reader.position
        head = reader.take(8)
        found = reader.data[head.position : head.end]
        if found != PREAMBLE:
            if found[:4] == MAGIC and found[6:8] == b"\1\0":
                raise reader.error(f"this is a component of version {int.from_bytes(found[4:6], 'little')}, not 13", start)
            raise reader.error("this is not a WebAssembly component", start)
        if depth > typesyntax.DEEPEST:
            raise reader.error(f"components stand more than {typesyntax.DEEPEST} deep within each other")
        definitions: list[syntax.Definition] = []
        while not reader.done:
            at, identity = reader.position, reader.byte()
            body = reader.take(reader.u32())
            self.count(1)
            definitions += self.section(identity, body, at, depth)
        return tuple(definitions)

    def count(self, number: int) -> None:
        """Bounds what is read before any of it is looked up; raises ``Refused``."""
        self.read += number
        if self.read > MOST_DEFINITIONS:
            raise Refused(f"The component has more than {MOST_DEFINITIONS} definitions, which is more than Moonwit takes.")

    def weigh(self, body: Reader) -> None:
        """Bounds the bytes that definitions take; a definition may hold many more. Raises ``Refused``."""
        self.weight += body.end - body.position
        if self.weight > MOST_BYTES:
            raise Refused(f"The component has more than {MOST_BYTES} bytes of definitions, which is more than Moonwit takes.")

    def section(self, identity: int, body: Reader, at: int, depth: int) -> Iterator[syntax.Definition]:
        if identity == 0:
            body.name()
        elif identity == 1:
            if not is_core(body.data[body.position : body.position + 8]):
                raise body.error("this is not a core WebAssembly module")
            yield syntax.DefineModule(at, body.position, body.end)
        elif identity == 4:
            yield syntax.DefineComponent(at, self.component(body, depth + 1))
        elif identity == 9:
            yield self.start(body)
            body.finish("the start section")
        elif identity == 12:
            raise Refused("The component defines values, a feature of the component model that Moonwit does not take yet.")
        elif identity in self.readers:
            read = self.readers[identity]
            self.weigh(body)
            number = body.count()
            self.count(number)
            for _ in range(number):
                yield read(body, body.position)
            body.finish(f"section {identity} of a component")
        else:
            raise body.error(f"a component has no section {identity}", at)

    def core_type(self, reader: Reader, at: int) -> syntax.Definition:
        return syntax.DefineCoreType(at, typesyntax.core_type(reader))

    def type(self, reader: Reader, at: int) -> syntax.Definition:
        return syntax.DefineType(at, typesyntax.definition(reader, 0))

    def alias(self, reader: Reader, at: int) -> syntax.Definition:
        return typesyntax.alias(reader)

    def import_(self, reader: Reader, at: int) -> syntax.Definition:
        return typesyntax.imported(reader, at)

    def export(self, reader: Reader, at: int) -> syntax.Definition:
        name, sort, index = extern_name(reader), typesyntax.external_sort(reader), reader.u32()
        check_implements(reader, name, sort)
        place, ascribed = reader.position, reader.byte()
        if ascribed > 1:
            raise reader.error(f"0x{ascribed:02x} can't tell whether a type follows", place)
        return syntax.Export(at, name.name, sort, index, typesyntax.bound(reader) if ascribed else None)

    def core_instance(self, reader: Reader, at: int) -> syntax.Definition:
        code = reader.byte()
        if code == 0:
            return syntax.InstantiateModule(at, reader.u32(), tuple(self.core_argument(reader) for _ in range(reader.count())))
        if code == 1:
            exports = tuple((reader.name(), typesyntax.core_sort(reader), reader.u32()) for _ in range(reader.count()))
            return syntax.Bundle(at, True, exports)
        raise reader.error(f"0x{code:02x} is not a way to make a core instance", at)

    def core_argument(self, reader: Reader) -> tuple[str, int]:
        name = reader.name()
        reader.expect(0x12, "the sort of a core module's argument")
        return name, reader.u32()

    def instance(self, reader: Reader, at: int) -> syntax.Definition:
        code = reader.byte()
        if code == 0:
            component = reader.u32()
            arguments = tuple((reader.name(), typesyntax.external_sort(reader), reader.u32()) for _ in range(reader.count()))
            return syntax.Instantiate(at, component, arguments)
        if code == 1:
            exports = tuple(self.bundled(reader) for _ in range(reader.count()))
            return syntax.Bundle(at, False, exports)
        raise reader.error(f"0x{code:02x} is not a way to make an instance", at)

    def bundled(self, reader: Reader) -> tuple[str, str, int]:
        name, sort = extern_name(reader), typesyntax.external_sort(reader)
        check_implements(reader, name, sort)
        return name.name, sort, reader.u32()

    def start(self, reader: Reader) -> syntax.Definition:
        at, function = reader.position, reader.u32()
        if reader.u32() or reader.u32():
            raise Refused("The component's start function takes or gives values, which Moonwit does not take yet.")
        return syntax.Start(at, function)

    def canonical(self, reader: Reader, at: int) -> syntax.Definition:
        code = reader.byte()
        if code == 0:
            reader.expect(0, "the byte after a lift")
            return syntax.LiftFunction(at, reader.u32(), self.options(reader), reader.u32())
        if code == 1:
            reader.expect(0, "the byte after a lower")
            return syntax.LowerFunction(at, reader.u32(), self.options(reader))
        if code in (2, 3, 4):
            return syntax.ResourceBuiltin(at, {2: "new", 3: "drop", 4: "rep"}[code], reader.u32())
        if code in DRAFTS:
            raise Refused(f"The component uses `{DRAFTS[code]}`, of a draft of WASI 0.3: build it again with tools of WASI 0.3.")
        if code not in ASYNC_BUILTINS:
            raise reader.error(f"0x{code:02x} is not a canonical definition that is known here", at)
        return self.async_builtin(reader, at, *ASYNC_BUILTINS[code])

    def async_builtin(self, reader: Reader, at: int, name: str, operands: str) -> syntax.AsyncBuiltin:
        options, type, result, asynchronous, numbers = syntax.Options(), None, None, False, []
        for operand in operands:
            if operand == "u":
                numbers.append(reader.u32())
            elif operand == "t":
                type = reader.u32()
            elif operand == "v":
                numbers.append(self.one_of(reader, (0x7F, 0x7E), "a core type that a context can hold"))
            elif operand == "o":
                options = self.options(reader)
                asynchronous = options.asynchronous
            elif operand == "r":
                result = self.result(reader)
            else:
                given = self.one_of(reader, (0, 1), "a yes or no")
                asynchronous = bool(given) if operand in "ac" else asynchronous
        return syntax.AsyncBuiltin(at, name, options, type, result, asynchronous, tuple(numbers))

    def one_of(self, reader: Reader, known: tuple[int, ...], what: str) -> int:
        at, found = reader.position, reader.byte()
        if found not in known:
            raise reader.error(f"0x{found:02x} is not {what}", at)
        return found

    def result(self, reader: Reader) -> syntax.Ref | None:
        if self.one_of(reader, (0, 1), "a way to say whether there is a result") == 0:
            return typesyntax.ref(reader)
        reader.expect(0, "the byte after no result")
        return None

    def options(self, reader: Reader) -> syntax.Options:
        encoding, indices, asynchronous = None, {}, False
        for _ in range(reader.count()):
            at, code = reader.position, reader.byte()
            if code <= 2:
                if encoding is not None:
                    raise reader.error("two string encodings are given", at)
                encoding = ("utf8", "utf16", "latin1+utf16")[code]
            elif code in (3, 4, 5, 7):
                if code in indices:
                    raise reader.error(f"canonical option 0x{code:02x} is given twice", at)
                indices[code] = reader.u32()
            elif code == 6:
                if asynchronous:
                    raise reader.error("the canonical option `async` is given twice", at)
                asynchronous = True
            elif code in (8, 9):
                option = "core-type" if code == 8 else "gc"
                raise Refused(f"The component uses the canonical option `{option}`, which Moonwit does not take yet.")
            else:
                raise reader.error(f"0x{code:02x} is not a canonical option that is known here", at)
        return syntax.Options(encoding or "utf8", indices.get(3), indices.get(4), indices.get(5), asynchronous, indices.get(7))
