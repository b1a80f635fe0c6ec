"""Types and functions printed as WIT text."""

from __future__ import annotations

from moonwit.host.wasm.wit.types import (
    Borrow,
    Enum,
    FixedList,
    Flags,
    Function,
    Future,
    List,
    Map,
    Option,
    Own,
    Primitive,
    Record,
    Resource,
    Result,
    Stream,
    Tuple,
    Type,
    Variant,
)
from moonwit.host.wasm.wit.wit_lexer import KEYWORDS

_LONGEST = 240
_BEFORE = 80


def cut(text: str) -> str:
    """A type or signature for a sentence, which a long one would drown."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def cut_both(one: str, other: str) -> tuple[str, str]:
    """Two signatures for a sentence: of long ones what is around the first difference."""
    if max(len(one), len(other)) <= _LONGEST:
        return one, other
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - _BEFORE)
    first, second = (("..." if start else "") + cut(text[start:]) for text in (one, other))
    return first, second


def show_name(name: str) -> str:
    """A name as WIT text has it: escaped where it is also a keyword."""
    return f"%{name}" if name in KEYWORDS else name


def show_type(type: Type, *, expand: bool = False) -> str:
    """A type where it is used: by its name, if it has one; with ``expand``, by its structure down to the primitives."""
    if isinstance(type, Primitive):
        return type.kind
    if isinstance(type, Own):
        return show_name(type.resource.name)
    if isinstance(type, Borrow):
        return f"borrow<{show_name(type.resource.name)}>"
    if type.name is not None and not expand:
        return show_name(type.name)
    return _structure(type, expand=expand)


def _structure(type: Type | Resource, *, expand: bool = False) -> str:
    """A type's own structure on one line; the types inside it as ``show_type`` shows them."""
    if isinstance(type, Resource):
        return "resource"
    if isinstance(type, List):
        return f"list<{show_type(type.element, expand=expand)}>"
    if isinstance(type, FixedList):
        return f"list<{show_type(type.element, expand=expand)}, {type.length}>"
    if isinstance(type, Map):
        return f"map<{show_type(type.key, expand=expand)}, {show_type(type.value, expand=expand)}>"
    if isinstance(type, (Stream, Future)):
        word = "stream" if isinstance(type, Stream) else "future"
        return word if type.element is None else f"{word}<{show_type(type.element, expand=expand)}>"
    if isinstance(type, Option):
        return f"option<{show_type(type.some, expand=expand)}>"
    if isinstance(type, Tuple):
        return f"tuple<{', '.join(show_type(part, expand=expand) for part in type.types)}>"
    if isinstance(type, Result):
        sides = [show_type(side, expand=expand) if side is not None else "_" for side in (type.ok, type.err)]
        if type.err is None:
            sides = sides[: type.ok is not None]
        return f"result<{', '.join(sides)}>" if sides else "result"
    if isinstance(type, (Record, Variant, Enum, Flags)):
        return f"{_keyword(type)} {{ {', '.join(_members(type, expand=expand))} }}"
    return show_type(type, expand=expand)


def _keyword(type: Record | Variant | Enum | Flags) -> str:
    return {Record: "record", Variant: "variant", Enum: "enum", Flags: "flags"}[type.__class__]


def _members(type: Record | Variant | Enum | Flags, *, expand: bool = False) -> list[str]:
    if isinstance(type, Record):
        return [f"{show_name(field.name)}: {show_type(field.type, expand=expand)}" for field in type.fields]
    if isinstance(type, Variant):
        return [
            show_name(case.name) if case.type is None else f"{show_name(case.name)}({show_type(case.type, expand=expand)})"
            for case in type.cases
        ]
    return [show_name(name) for name in type.names]


def show_signature(function: Function, *, expand: bool = False, skip: int = 0) -> str:
    """A function without its name, ``func(a: u32) -> string``; ``skip`` leaves out that many parameters."""
    params = ", ".join(f"{show_name(param.name)}: {show_type(param.type, expand=expand)}" for param in function.params[skip:])
    result = "" if function.result is None else f" -> {show_type(function.result, expand=expand)}"
    return f"{'async ' if function.asynchronous else ''}func({params}){result}"


def show_function(name: str, function: Function) -> str:
    """A function as WIT text declares it: ``name: func(a: u32) -> string;``."""
    return f"{show_name(name)}: {show_signature(function)};"


def show_declaration(name: str, type: Type | Resource) -> str:
    """The declaration of a type under ``name``; a record's and a variant's members have a line each."""
    if isinstance(type, Resource):
        return f"resource {show_name(name)};"
    if isinstance(type, (Record, Variant, Enum, Flags)) and type.name in (None, name):
        lines = "".join(f"  {member},\n" for member in _members(type))
        return f"{_keyword(type)} {show_name(name)} {{\n{lines}}}"
    named = isinstance(type, (Primitive, Own, Borrow)) or type.name not in (None, name)
    return f"type {show_name(name)} = {show_type(type) if named else _structure(type)};"
