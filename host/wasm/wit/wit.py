"""WIT text as types and functions: looks up the names of a syntax tree (component-model, WIT.md).

The text may be bare declarations, ``name: func(a: u32) -> string;``, or a whole package with interfaces and one world.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from moonwit.host.values.names import advice
from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.host.wasm.wit.types import (
    MOST_FIXED,
    PRIMITIVES,
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Function,
    List,
    Map,
    Option,
    Own,
    Primitive,
    Record,
    Resource,
    Result,
    Tuple,
    Type,
    Variant,
)
from moonwit.host.wasm.wit.wit_lexer import Token, WitError
from moonwit.host.wasm.wit.wit_syntax import MAX_DEPTH, Declared, Document, Member, Scope, TypeUse, read_syntax
from moonwit.registry.record import record, replace

# A type written out in full may be exponentially larger than its text; the code made for it has this size.
MAX_PARTS = 20_000
MAX_FLAGS = 32
MAX_PARAMS = 1000

_FOREIGN = {
    "float32": "f32", "float64": "f64", "float": "f64", "double": "f64", "number": "f64",
    "int": "s32", "uint": "u32", "i8": "s8", "i16": "s16", "i32": "s32", "i64": "s64", "int32": "s32", "int64": "s64", "uint32": "u32",
    "uint64": "u64", "byte": "u8", "bytes": "list<u8>", "array": "list<T>", "vec": "list<T>", "boolean": "bool", "str": "string",
}  # fmt: skip
_LATER = {
    "stream": "streams need WASI 0.3 and are not taken; use list<T>",
    "future": "futures need WASI 0.3 and are not taken; return the value itself",
    "error-context": "error contexts need WASI 0.3 and are not taken; use string",
}
# The fewest and the most types in brackets, in words, and an example.
_GENERIC = {
    "list": (1, 1, "one type", "list<u8>"),
    "map": (2, 2, "two types", "map<string, u32>"),
    "option": (1, 1, "one type", "option<u32>"),
    "result": (0, 2, "none, one or two types", "result<u32, string>"),
    "tuple": (1, MAX_PARAMS, f"1 to {MAX_PARAMS} types", "tuple<u32, string>"),
    "own": (1, 1, "one resource", "own<name>"),
    "borrow": (1, 1, "one resource", "borrow<name>"),
}


@record
class Declarations:
    """What a WIT text declares. ``functions`` are keyed as ``method:`` names them: ``name``, or ``interface#name``.

    ``positions`` has the line and column of each function.
    """

    functions: dict[str, Function]
    types: dict[str, Type | Resource]
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)


@record
class _Resolved:
    """A type with its nesting depth and the number of its parts when written out."""

    type: Type | Resource
    depth: int
    parts: int


class _Resolver:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.done: dict[tuple[int, str], _Resolved] = {}
        self.open: dict[tuple[int, str], None] = {}
        self.level = 0

    def named(self, scope: Scope, name: str, at: Token) -> _Resolved:
        """Resolves a declared type, or raises a sentence with the nearest name."""
        declared = scope.types.get(name)
        if declared is None:
            raise at.error(f"unknown type `{name}`{advice(name, [*scope.types, *PRIMITIVES, *_GENERIC])}")
        key = (id(scope), name)
        if key in self.done:
            return self.done[key]
        if key in self.open:
            names = [opened for where, opened in self.open if where == id(scope)]
            cycle = " -> ".join([*names[names.index(name) :], name])
            raise at.error(f"the type `{name}` contains itself ({cycle}), which WIT does not allow; hold an index or a key instead")
        self.open[key] = None
        resolved = self.declared(scope, declared)
        del self.open[key]
        self.done[key] = resolved
        return resolved

    def declared(self, scope: Scope, declared: Declared) -> _Resolved:
        name, members = declared.name, declared.members
        if declared.kind == "resource":
            return _Resolved(Resource(name, scope.path, local=True), 1, 1)
        if declared.kind == "use":
            assert declared.origin is not None
            return self.used(declared.origin, members[0])
        if declared.kind == "type":
            assert declared.target is not None
            found = self.use(scope, declared.target, resource=True)
            if isinstance(found.type, (List, FixedList, Map, Tuple, Option, Result)) and found.type.name is None:
                return replace(found, type=replace(found.type, name=name))
            return found
        if declared.kind == "enum":
            return _Resolved(Enum(tuple(m.name for m in members), name), 1, len(members))
        if declared.kind == "flags":
            if len(members) > MAX_FLAGS:
                raise members[MAX_FLAGS].token.error(f"`{name}` has {len(members)} flags, and {MAX_FLAGS} is the limit; split it in two")
            return _Resolved(Flags(tuple(m.name for m in members), name), 1, len(members))
        parts = [self.use(scope, m.type) if m.type is not None else None for m in members]
        types = [part.type if part is not None else None for part in parts]
        made: Type
        if declared.kind == "record":
            made = Record(tuple(Field(m.name, t) for m, t in zip(members, types, strict=True)), name)  # type: ignore[arg-type]
        else:
            made = Variant(tuple(Case(m.name, t) for m, t in zip(members, types, strict=True)), name)  # type: ignore[arg-type]
        return self.sized(made, parts, len(members), declared.token)

    def used(self, origin: Token, member: Member) -> _Resolved:
        """Resolves a type that ``use`` brings from another interface of the same text."""
        interface = self.interface(origin)
        if member.name not in interface.types:
            raise member.token.error(f"the interface `{origin.text}` has no type `{member.name}`{advice(member.name, interface.types)}")
        return self.named(interface, member.name, member.token)

    def interface(self, name: Token) -> Scope:
        bare = name.text.rpartition("/")[2].partition("@")[0]
        if bare not in self.document.interfaces:
            raise name.error(f"the interface `{name.text}` is not in this text{advice(bare, self.document.interfaces)}; declare it here")
        return self.document.interfaces[bare]

    def sized(self, made: Type, parts: Iterable[_Resolved | None], own: int, at: Token) -> _Resolved:
        """Adds up depth and parts, and refuses a type that is too deep or too large."""
        held = [part for part in parts if part is not None]
        depth = 1 + max((part.depth for part in held), default=0)
        total = own + sum(part.parts for part in held)
        if depth > MAX_DEPTH:
            raise at.error(f"types are nested deeper than {MAX_DEPTH} levels here; make them flatter")
        if total > MAX_PARTS:
            raise at.error(f"the type has {total} parts when written out in full, and {MAX_PARTS} is the limit; make it smaller")
        return _Resolved(made, depth, total)

    def use(self, scope: Scope, written: TypeUse, *, resource: bool = False) -> _Resolved:
        """Resolves a type where it is used; a resource's bare name means an owned handle unless ``resource``."""
        # Names and brackets count alike: together they bound the recursion, before any depth is known.
        if self.level >= MAX_DEPTH:
            raise written.head.error(f"types are nested deeper than {MAX_DEPTH} levels here; make them flatter")
        self.level += 1
        resolved = self.used_type(scope, written, resource)
        self.level -= 1
        return resolved

    def used_type(self, scope: Scope, written: TypeUse, resource: bool) -> _Resolved:
        head, arguments = written.head, written.arguments
        word = head.text if head.kind == "word" else ""
        if word in _GENERIC:
            return self.generic(scope, written, word)
        if word in _LATER:
            raise head.error(_LATER[word])
        if arguments:
            raise head.error(f"`{head.text}` takes no types in brackets; remove `<...>`")
        if word in PRIMITIVES:
            return _Resolved(Primitive(word), 1, 1)
        name = head.text.removeprefix("%")
        if word in _FOREIGN and word not in scope.types:
            meant = _FOREIGN[word]
            raise head.error(f"unknown type `{word}`; WIT has `{meant}` for it")
        found = self.named(scope, name, head)
        if isinstance(found.type, Resource) and not resource:
            return _Resolved(Own(found.type), 1, 1)
        return found

    def generic(self, scope: Scope, written: TypeUse, word: str) -> _Resolved:
        head, arguments = written.head, written.arguments
        fewest, most, count, example = _GENERIC[word]
        if not fewest <= len(arguments) <= most:
            raise head.error(f"`{word}` takes {count} in brackets, not {len(arguments)}; write it like `{example}`")
        if None in arguments and (word != "result" or arguments == (None, None)):
            better = "write `result` alone" if word == "result" else "name a type there"
            raise head.error(f"`_` stands only for the missing side of a `result`; {better}")
        if word in ("own", "borrow"):
            return self.handle(scope, arguments[0], word)  # type: ignore[arg-type]
        parts = [self.use(scope, a) if a is not None else None for a in arguments]
        types: list[Type] = [part.type if part is not None else None for part in parts]  # type: ignore[misc]
        made: Type
        if word == "list":
            return self.sized(List(types[0]), parts, 1, head) if written.length is None else self.fixed(parts[0], written.length)
        elif word == "map":
            if not (isinstance(types[0], Primitive) and types[0].kind not in ("f32", "f64")):
                raise head.error("the keys of a map: expected integers, chars, bools or strings; use list<tuple<K, V>>")
            made = Map(types[0], types[1])
        elif word == "option":
            made = Option(types[0])
        elif word == "tuple":
            made = Tuple(tuple(types))
        else:
            made = Result(types[0] if types else None, types[1] if len(types) > 1 else None)
        return self.sized(made, parts, 1, head)

    def fixed(self, element: _Resolved | None, length: Token) -> _Resolved:
        """Makes the type of a list of a fixed length, whose parts are those of all its elements."""
        assert element is not None
        count = int(length.text) if len(length.text) < 10 else MAX_PARTS
        made = FixedList(element.type, count)  # type: ignore[arg-type]
        most = Layouts().largest(made)
        if not 1 <= most <= MOST_FIXED:
            got = length.text[:20] if most == count else f"{most} in all"
            raise length.error(f"a list of a fixed length: expected 1 to {MOST_FIXED} elements, got {got}; use list<T>")
        return self.sized(made, [replace(element, parts=element.parts * count)], 1, length)

    def handle(self, scope: Scope, written: TypeUse, word: str) -> _Resolved:
        found = self.use(scope, written, resource=True)
        if not isinstance(found.type, Resource):
            raise written.head.error(f"`{word}` takes a resource, and `{written.head.text}` is not one; use the type itself")
        return _Resolved(Own(found.type) if word == "own" else Borrow(found.type), 1, 1)

    def functions(self, scope: Scope, found: Declarations, interface: str | None) -> None:
        """Adds the scope's functions to ``found``."""
        for text in scope.functions:
            if len(text.params) > MAX_PARAMS:
                raise text.token.error(f"`{text.name}` has {len(text.params)} parameters, and {MAX_PARAMS} is the limit; use a record")
            params = [self.use(scope, p.type) for p in text.params if p.type is not None]
            result = self.use(scope, text.result) if text.result is not None else None
            total = sum(p.parts for p in params)
            if total > MAX_PARTS:
                raise text.token.error(f"the parameters of `{text.name}` have {total} parts in full, and {MAX_PARTS} is the limit")
            key = text.name if interface is None else f"{interface}#{text.name}"
            fields = tuple(Field(p.name, r.type) for p, r in zip(text.params, params, strict=True))  # type: ignore[arg-type]
            found.functions[key] = Function(fields, result.type if result is not None else None)  # type: ignore[arg-type]
            found.positions[key] = (text.token.line, text.token.column)
        for name, declared in scope.types.items():
            resolved = self.named(scope, name, declared.token)
            found.types[name] = resolved.type


def parse_wit(text: str) -> Declarations:
    """Reads WIT text into functions and types, or raises ``WitError`` with a sentence and its position."""
    document = read_syntax(text)
    resolver = _Resolver(document)
    found = Declarations({}, {})
    # Every interface is looked at, so that a mistake in one that is not exported is still told.
    for scope in document.interfaces.values():
        resolver.functions(scope, Declarations({}, {}), None)
    if len(document.worlds) > 1:
        token = document.worlds[1][0]
        raise token.error(f"the text has {len(document.worlds)} worlds and only one can be meant; leave out the others")
    resolver.functions(document.root, found, None)
    if document.worlds:
        world = document.worlds[0][1]
        resolver.functions(world, found, None)
        for exported in world.interfaces:
            if isinstance(exported, Scope):
                resolver.functions(exported, found, exported.path)
            else:
                interface = resolver.interface(exported)
                resolver.functions(interface, found, interface.path)
    elif len(document.interfaces) == 1:
        resolver.functions(next(iter(document.interfaces.values())), found, None)
    elif document.interfaces and not found.functions:
        raise WitError("the text has several interfaces and no world; add `world name { export interface; }` to say what is exported", 1, 1)
    return found
