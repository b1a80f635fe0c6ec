"""WIT types as plain immutable data.

One class per type constructor of the component model (Binary.md, "Type Definitions"). Types are compared by
structure; ``name`` is what the component calls a type and is for display only. A ``Resource`` is compared by identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PRIMITIVES = ("bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string")


@dataclass(frozen=True)
class Primitive:
    """A type without parts; ``kind`` is one of ``PRIMITIVES``."""

    kind: str


@dataclass(frozen=True)
class Field:
    """A record's field or a function's parameter."""

    name: str
    type: Type


@dataclass(frozen=True)
class Case:
    """A variant's case; ``type`` is None for a case without payload."""

    name: str
    type: Type | None


@dataclass(frozen=True)
class Record:
    fields: tuple[Field, ...]
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Variant:
    cases: tuple[Case, ...]
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class List:
    element: Type
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Tuple:
    types: tuple[Type, ...]
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Flags:
    names: tuple[str, ...]
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Enum:
    names: tuple[str, ...]
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Option:
    some: Type
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Result:
    """``result<ok, err>``; either side may be None (absent)."""

    ok: Type | None
    err: Type | None
    name: str | None = field(default=None, compare=False)


@dataclass(eq=False)
class Resource:
    """A resource type. ``local`` is true when the component itself defines it, false when it imports it."""

    name: str
    interface: str | None = None
    local: bool = False


@dataclass(frozen=True)
class Own:
    resource: Resource


@dataclass(frozen=True)
class Borrow:
    resource: Resource


@dataclass(frozen=True)
class Function:
    """A function's signature. ``result`` is None when it has none."""

    params: tuple[Field, ...]
    result: Type | None


Type = Primitive | Record | Variant | List | Tuple | Flags | Enum | Option | Result | Own | Borrow
