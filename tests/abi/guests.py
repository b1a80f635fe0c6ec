"""Guests made on the fly: a component whose exported functions give back what they get, for any WIT types.

Everything about layouts is worked out here once more, from CanonicalABI.md and not from Moonwit's own code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from moonwit.host.wasm.wit import types as wit
from tests.texts import texts

_, wat = texts(__file__)

SIZES = {"bool": 1, "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "f32": 4, "char": 4, "u64": 8, "s64": 8, "f64": 8}
MAX_FLAT = 16
PAGE = 65536


def align_to(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment


def cases_of(type: wit.Type) -> list[wit.Type | None] | None:
    """The payloads of anything that is laid out as a variant."""
    match type:
        case wit.Variant(cases):
            return [case.type for case in cases]
        case wit.Enum(names):
            return [None] * len(names)
        case wit.Option(some):
            return [None, some]
        case wit.Result(ok, err):
            return [ok, err]
    return None


def parts_of(type: wit.Type) -> list[wit.Type] | None:
    if isinstance(type, wit.Record):
        return [each.type for each in type.fields]
    return list(type.types) if isinstance(type, wit.Tuple) else None


def discriminant(count: int) -> int:
    return 1 if count <= 256 else 2 if count <= 65536 else 4


def alignment(type: wit.Type) -> int:
    parts, cases = parts_of(type), cases_of(type)
    if parts is not None:
        return max(alignment(part) for part in parts)
    if cases is not None:
        return max([discriminant(len(cases)), *(alignment(case) for case in cases if case is not None)])
    if isinstance(type, wit.Primitive) and type.kind != "string":
        return SIZES[type.kind]
    return size(type) if isinstance(type, wit.Flags) else 4


def offsets(parts: Sequence[wit.Type]) -> list[int]:
    at, found = 0, []
    for part in parts:
        at = align_to(at, alignment(part))
        found.append(at)
        at += size(part)
    return found


def payload_offset(cases: Sequence[wit.Type | None]) -> int:
    return align_to(discriminant(len(cases)), max([1, *(alignment(case) for case in cases if case is not None)]))


def size(type: wit.Type) -> int:
    parts, cases = parts_of(type), cases_of(type)
    if parts is not None:
        return align_to(offsets(parts)[-1] + size(parts[-1]), alignment(type))
    if cases is not None:
        return align_to(payload_offset(cases) + max([0, *(size(case) for case in cases if case is not None)]), alignment(type))
    if isinstance(type, wit.Flags):
        return 1 if len(type.names) <= 8 else 2 if len(type.names) <= 16 else 4
    return SIZES[type.kind] if isinstance(type, wit.Primitive) and type.kind != "string" else 4 if is_handle(type) else 8


def is_handle(type: wit.Type) -> bool:
    return isinstance(type, (wit.Own, wit.Borrow))


def join(one: str, other: str) -> str:
    if one == other:
        return one
    return "i32" if {one, other} == {"i32", "f32"} else "i64"


def flat(type: wit.Type) -> list[str]:
    """The core types that a value is passed as."""
    parts, cases = parts_of(type), cases_of(type)
    if parts is not None:
        return [core for part in parts for core in flat(part)]
    if cases is not None:
        joined: list[str] = []
        for case in cases:
            for i, core in enumerate(flat(case) if case is not None else []):
                if i < len(joined):
                    joined[i] = join(joined[i], core)
                else:
                    joined.append(core)
        return ["i32", *joined]
    if isinstance(type, wit.Primitive):
        kind = {"f32": "f32", "f64": "f64", "u64": "i64", "s64": "i64"}.get(type.kind, "i32")
        return ["i32", "i32"] if type.kind == "string" else [kind]
    return ["i32"] if isinstance(type, wit.Flags) or is_handle(type) else ["i32", "i32"]


CONVERT = {
    ("i64", "i32"): "(i32.wrap_i64 {})",
    ("i32", "f32"): "(f32.reinterpret_i32 {})",
    ("i64", "f32"): "(f32.reinterpret_i32 (i32.wrap_i64 {}))",
    ("i64", "f64"): "(f64.reinterpret_i64 {})",
}


def convert(source: str, have: str, want: str) -> str:
    return source if have == want else CONVERT[have, want].format(source)


def store(type: wit.Type, sources: list[tuple[str, str]], at: int) -> str:
    """Core code that stores the flat values ``sources`` (expression, core type) as ``type`` at local $ret + ``at``."""
    parts, cases = parts_of(type), cases_of(type)
    if parts is not None:
        out, taken = [], 0
        for part, offset in zip(parts, offsets(parts), strict=True):
            count = len(flat(part))
            out.append(store(part, sources[taken : taken + count], at + offset))
            taken += count
        return "\n".join(out)
    if cases is not None:
        tag = convert(*sources[0], "i32")
        width = {1: "8", 2: "16", 4: ""}[discriminant(len(cases))]
        out = [f"(i32.store{width} offset={at} (local.get $ret) {tag})"]
        for number, case in enumerate(cases):
            if case is not None:
                inner = store(case, sources[1 : 1 + len(flat(case))], at + payload_offset(cases))
                out.append(f"(if (i32.eq {tag} (i32.const {number})) (then {inner}))")
        return "\n".join(out)
    if len(sources) == 2:
        pointer, length = (convert(*source, "i32") for source in sources)
        return f"(i32.store offset={at} (local.get $ret) {pointer}) (i32.store offset={at + 4} (local.get $ret) {length})"
    core = flat(type)[0]
    width = {1: "8", 2: "16"}.get(size(type), "")
    return f"({core}.store{width} offset={at} (local.get $ret) {convert(*sources[0], core)})"


@dataclass
class Guest:
    """Collects the functions of a component; ``text`` is the whole."""

    definitions: list[str] = field(default_factory=list)
    names: dict[wit.Type, str] = field(default_factory=dict)
    core: list[str] = field(default_factory=list)
    lifts: list[str] = field(default_factory=list)

    def type(self, type: wit.Type) -> str:
        """The text for a type in a component's definitions; types with names of their own are defined and exported once."""
        if isinstance(type, wit.Primitive):
            return type.kind
        if type in self.names:
            return self.names[type]
        match type:
            case wit.List(element):
                text = f"(list {self.type(element)})"
            case wit.Map(key, value):
                text = f"(map {self.type(key)} {self.type(value)})"
            case wit.Tuple(types):
                text = f"(tuple {' '.join(map(self.type, types))})"
            case wit.Option(some):
                text = f"(option {self.type(some)})"
            case wit.Result(ok, err):
                error = "" if err is None else f"(error {self.type(err)})"
                text = f"(result {'' if ok is None else self.type(ok)} {error})"
            case wit.Record(fields):
                text = f"(record {self.listed('field', [(each.name, each.type) for each in fields])})"
            case wit.Variant(cases):
                text = f"(variant {self.listed('case', [(each.name, each.type) for each in cases])})"
            case wit.Flags(names) | wit.Enum(names):
                quoted = " ".join(f'"{name}"' for name in names)
                text = f"({'flags' if isinstance(type, wit.Flags) else 'enum'} {quoted})"
            case _:
                raise AssertionError(type)
        number = len(self.names)
        self.definitions.append(f"(type $d{number} {text})")
        reference = f"$d{number}"
        if isinstance(type, (wit.Record, wit.Variant, wit.Flags, wit.Enum)):
            self.definitions.append(f'(export $e{number} "t{number}" (type $d{number}))')
            reference = f"$e{number}"
        self.names[type] = reference
        return reference

    def listed(self, word: str, items: list[tuple[str, wit.Type | None]]) -> str:
        return " ".join(f'({word} "{name}" {"" if type is None else self.type(type)})' for name, type in items)

    def echo(self, name: str, types: Sequence[wit.Type]) -> None:
        """Adds a function that gives back its one parameter, or all of them as a tuple."""
        result = types[0] if len(types) == 1 else wit.Tuple(tuple(types))
        cores = flat(result)
        if len(cores) > MAX_FLAT:
            self.core.append(f'(func (export "{name}") (param i32) (result i32) (call $enter) (local.get 0))')
        elif len(cores) == 1:
            self.core.append(f'(func (export "{name}") (param {cores[0]}) (result {cores[0]}) (call $enter) (local.get 0))')
        else:
            sources = [(f"(local.get {i})", core) for i, core in enumerate(cores)]
            self.core.append(
                wat(
                    "echo",
                    NAME=name,
                    CORES=" ".join(cores),
                    SIZE=size(result),
                    ALIGNMENT=alignment(result),
                    STORE=store(result, sources, 0),
                )
            )
        post = cores[0] if len(cores) == 1 else "i32"
        self.core.append(f'(func (export "post-{name}") (param {post}) (call $leave))')
        params = " ".join(f'(param "p{i}" {self.type(type)})' for i, type in enumerate(types))
        self.lifts.append(
            f'(func (export "{name}") {params} (result {self.type(result)}) (canon lift (core func $i "{name}") '
            f'(memory (core memory $i "memory")) (realloc (core func $i "realloc")) (post-return (core func $i "post-{name}"))))'
        )

    @property
    def text(self) -> str:
        newline = "\n"
        return wat(
            "text", ALLOC=ALLOC, CORE=newline.join(self.core), DEFINITIONS=newline.join(self.definitions), LIFTS=newline.join(self.lifts)
        )


# Everything is freed when a call ends. A second call before post-return traps, and so does a realloc that moves something.
ALLOC = wat("alloc")
