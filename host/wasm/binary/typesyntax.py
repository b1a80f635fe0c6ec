"""Reads the type, core type, alias, import and export encodings of components into ``syntax``."""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core_types import CoreType, describe, recursive_types
from moonwit.host.wasm.binary.names import check_implements, extern_name, label
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.problems import Refused

DEEPEST = 32      # components and types within each other; tools make three levels or so
CORE_SORTS = {0: "func", 1: "table", 2: "memory", 3: "global", 4: "tag", 0x10: "type", 0x11: "module", 0x12: "instance"}
SORTS = {1: "func", 2: "value", 3: "type", 4: "component", 5: "instance"}
PRIMITIVES = {
    0x7F: "bool", 0x7E: "s8", 0x7D: "u8", 0x7C: "s16", 0x7B: "u16", 0x7A: "s32", 0x79: "u32", 0x78: "s64", 0x77: "u64",
    0x76: "f32", 0x75: "f64", 0x74: "char", 0x73: "string", 0x64: "error-context",
}  # fmt: skip
MOST_PARTS, MOST_PARAMS = 10_000, 1000      # Wasmtime's limits too


def sort(reader: Reader) -> str:
    """Reads a sort."""
    at, code = reader.position, reader.byte()
    if code == 0:
        code = reader.byte()
        if code in CORE_SORTS:
            return f"core {CORE_SORTS[code]}"
    elif code in SORTS:
        return SORTS[code]
    raise reader.error(f"0x{code:02x} is not a sort", at)


def core_sort(reader: Reader) -> str:
    """Reads a core sort."""
    at, code = reader.position, reader.byte()
    if code not in CORE_SORTS:
        raise reader.error(f"0x{code:02x} is not a core sort", at)
    return f"core {CORE_SORTS[code]}"


def external_sort(reader: Reader) -> str:
    """Reads the sort of something that passes a component's border: any, but only modules of the core ones."""
    at, found = reader.position, sort(reader)
    if found.startswith("core ") and found != "core module":
        raise reader.error(f"a {found} can't be imported or exported by a component", at)
    return found


def ref(reader: Reader) -> syntax.Ref:
    """Reads a reference to a value type."""
    at, code = reader.position, reader.peek()
    if 0x40 <= code < 0x80:
        reader.byte()
        if code not in PRIMITIVES:
            raise reader.error(f"0x{code:02x} is not a type", at)
        return PRIMITIVES[code]
    index = reader.s33()
    if index < 0:
        raise reader.error(f"{index} is not the index of a type", at)
    return index


def optional(reader: Reader) -> syntax.Ref | None:
    """Reads a byte that says whether a type follows, and the type."""
    at, present = reader.position, reader.byte()
    if present > 1:
        raise reader.error(f"0x{present:02x} can't tell whether a type follows", at)
    return ref(reader) if present else None


def bound(reader: Reader) -> syntax.Bound:
    """Reads the type of an import or export; raises ``Refused``."""
    at, code = reader.position, reader.byte()
    if code == 0:
        reader.expect(0x11, "the core sort of an import or export")
        return syntax.Bound("core module", reader.u32())
    if code == 2:
        raise Refused("The component imports or exports a value, a feature of the component model that Moonwit does not take yet.")
    if code == 3:
        at, kind = reader.position, reader.byte()
        if kind > 1:
            raise reader.error(f"0x{kind:02x} is not a type bound", at)
        return syntax.Bound("type", None if kind else reader.u32())
    if code not in SORTS:
        raise reader.error(f"0x{code:02x} is not the type of an import or export", at)
    return syntax.Bound(SORTS[code], reader.u32())


def imported(reader: Reader, at: int) -> syntax.Import:
    """Reads an import: its name and what it is."""
    name, declared = extern_name(reader), bound(reader)
    check_implements(reader, name, declared.sort)
    return syntax.Import(at, name.name, declared)


def alias(reader: Reader) -> syntax.ExportAlias | syntax.OuterAlias:
    """Reads an alias."""
    at, found, target = reader.position, sort(reader), reader.byte()
    core = found.startswith("core ")
    if target == 0 and (not core or found == "core module"):
        return syntax.ExportAlias(at, False, found, reader.u32(), reader.name())
    if target == 1 and core and found not in ("core type", "core module", "core instance"):
        return syntax.ExportAlias(at, True, found, reader.u32(), reader.name())
    if target == 2 and found in ("type", "component", "core type", "core module"):
        return syntax.OuterAlias(at, found, reader.u32(), reader.u32())
    raise reader.error(f"an alias can't reach a {found} in way 0x{target:02x}", at)


def core_type(reader: Reader) -> syntax.CoreTypeSyntax:
    """Reads a core type: a module type, or a group of others."""
    code = reader.peek()
    if code == 0x50:
        reader.byte()
        return syntax.ModuleSyntax(tuple(_module_declaration(reader) for _ in range(reader.count())))
    return _core_types(reader)


def _core_types(reader: Reader) -> tuple[CoreType | None, ...]:
    if reader.peek() == 0:      # tells a type that may be extended from a module type, both of which start with 0x50
        reader.byte()
    return tuple(recursive_types(reader))


def _module_declaration(reader: Reader) -> syntax.ModuleDeclaration:
    at, code = reader.position, reader.byte()
    if code == 0:
        return syntax.CoreDeclaration(reader.name(), reader.name(), _core_bound(reader))
    if code == 1:
        return _core_types(reader)
    if code == 2:
        reader.expect(0x10, "the sort of an alias in a module type")
        reader.expect(1, "the way of an alias in a module type")
        return syntax.CoreOuter(reader.u32(), reader.u32())
    if code == 3:
        return syntax.CoreDeclaration(None, reader.name(), _core_bound(reader))
    raise reader.error(f"0x{code:02x} is not a declaration of a module type", at)


def _core_bound(reader: Reader) -> syntax.CoreBound:
    indices: list[int] = []

    def function_type(inner: Reader) -> CoreType:
        indices.append(inner.u32())
        return CoreType("", "")

    return syntax.CoreBound(describe(reader, function_type), indices[0] if indices else None)


def definition(reader: Reader, depth: int) -> syntax.TypeSyntax:
    """Reads a type definition; raises Malformed when types stand within each other too deep."""
    at, code = reader.position, reader.byte()
    if code in PRIMITIVES:
        return PRIMITIVES[code]
    if code in (0x40, 0x43):
        return _signature(reader, code == 0x43)
    if code in (0x41, 0x42):
        return _scope(reader, "component" if code == 0x41 else "instance", depth)
    if code in (0x3F, 0x3E):
        return _resource(reader, code == 0x3E)
    found = _shape(reader, code)
    if found is None:
        raise reader.error(f"0x{code:02x} is not a type that is known here", at)
    return found


def _scope(reader: Reader, kind: str, depth: int) -> syntax.ScopeSyntax:
    if depth >= DEEPEST:
        raise reader.error(f"types stand more than {DEEPEST} deep within each other")
    return syntax.ScopeSyntax(kind, tuple(_declaration(reader, kind, depth + 1) for _ in range(reader.count())))


def _declaration(reader: Reader, kind: str, depth: int) -> syntax.Definition:
    at, code = reader.position, reader.byte()
    if code == 0:
        return syntax.DefineCoreType(at, core_type(reader))
    if code == 1:
        found = definition(reader, depth)
        if isinstance(found, syntax.NewResource):
            raise reader.error("a resource type can't be defined inside a type", at)
        return syntax.DefineType(at, found)
    if code == 2:
        found_alias = alias(reader)
        if found_alias.sort not in (("type", "instance") if isinstance(found_alias, syntax.ExportAlias) else ("type", "core type")):
            raise reader.error(f"an alias inside a type can't reach a {found_alias.sort}, only types and instances", at)
        return found_alias
    if code == 3 and kind == "component":
        return imported(reader, at)
    if code == 4:
        name, declared = extern_name(reader), bound(reader)
        check_implements(reader, name, declared.sort)
        return syntax.Declare(at, name.name, declared)
    raise reader.error(f"0x{code:02x} is not a declaration of a {kind} type", at)


def _signature(reader: Reader, asynchronous: bool) -> syntax.Signature:
    at = reader.position
    params = tuple((label(reader), ref(reader)) for _ in range(reader.count(MOST_PARAMS)))
    _distinct(reader, (name for name, _ in params), "parameters", at)
    at, code = reader.position, reader.byte()
    if code == 0:
        return syntax.Signature(params, ref(reader), asynchronous)
    if code != 1:
        raise reader.error(f"0x{code:02x} can't tell whether a function has a result", at)
    reader.expect(0, "the byte after a function without a result")
    return syntax.Signature(params, None, asynchronous)


def _resource(reader: Reader, asynchronous: bool) -> syntax.NewResource:
    if reader.peek() == 0x7E:
        raise Refused("The component has a resource that is represented by 64 bits, which Moonwit does not take yet.")
    reader.expect(0x7F, "the representation of a resource")
    if asynchronous:
        destructor: int | None = reader.u32()
        _optional_index(reader)
    else:
        destructor = _optional_index(reader)
    return syntax.NewResource(destructor, asynchronous)


def _optional_index(reader: Reader) -> int | None:
    at, present = reader.position, reader.byte()
    if present > 1:
        raise reader.error(f"0x{present:02x} can't tell whether a function follows", at)
    return reader.u32() if present else None


def _distinct(reader: Reader, names: Iterable[str], what: str, at: int) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise reader.error(f"two {what} are named `{name}`", at)
        seen.add(name.lower())


def _shape(reader: Reader, code: int) -> syntax.Shape | None:
    at = reader.position
    if code == 0x72:
        fields = [(label(reader), ref(reader)) for _ in range(reader.count(MOST_PARTS))]
        return _named(reader, "record", at, [name for name, _ in fields], [part for _, part in fields])
    if code == 0x71:
        cases = [_case(reader) for _ in range(reader.count(MOST_PARTS))]
        return _named(reader, "variant", at, [name for name, _ in cases], [part for _, part in cases])
    if code in (0x6E, 0x6D):
        found = _named(reader, "flags" if code == 0x6E else "enum", at, [label(reader) for _ in range(reader.count(MOST_PARTS))], [])
        if found.kind == "flags" and len(found.names) > 32:
            raise reader.error(f"flags can have 32 names at most, not {len(found.names)}", at)
        return found
    if code == 0x6F:
        types = tuple(ref(reader) for _ in range(reader.count(MOST_PARTS)))
        if not types:
            raise reader.error("a tuple can't be empty", at)
        return syntax.Shape("tuple", (), types)
    if code in (0x70, 0x6B):
        return syntax.Shape("list" if code == 0x70 else "option", (), (ref(reader),))
    if code == 0x6A:
        return syntax.Shape("result", (), (optional(reader), optional(reader)))
    if code in (0x69, 0x68):
        return syntax.Shape("own" if code == 0x69 else "borrow", (), (reader.u32(),))
    if code in (0x66, 0x65):
        carried = optional(reader)
        if code == 0x66 and carried == "char":
            raise reader.error("a stream of chars is not valid, by the standard as it is now", at)
        return syntax.Shape("stream" if code == 0x66 else "future", (), (carried,))
    if code == 0x67:
        element, length = ref(reader), reader.u32()
        if not length:
            raise reader.error("a list of a fixed length can't be empty", at)
        return syntax.Shape("fixed-length list", (), (element,), length)
    if code == 0x63:
        return syntax.Shape("map", (), (ref(reader), ref(reader)))
    return None


def _case(reader: Reader) -> tuple[str, syntax.Ref | None]:
    found = label(reader), optional(reader)
    reader.expect(0, "the byte after a case")
    return found


def _named(reader: Reader, kind: str, at: int, names: list[str], parts: list[syntax.Ref] | list[syntax.Ref | None]) -> syntax.Shape:
    if not names:
        raise reader.error(f"a type of kind {kind} can't be empty", at)
    _distinct(reader, names, f"parts of a type of kind {kind}", at)
    return syntax.Shape(kind, tuple(names), tuple(parts))
