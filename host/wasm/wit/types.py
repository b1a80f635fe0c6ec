"""WIT types as plain immutable data.

One class per type constructor of the component model (Binary.md, "Type Definitions"). Types are compared by
structure; ``name`` is what the component calls a type and is for display only. A ``Resource`` is compared by identity.
"""

from __future__ import annotations

from dataclasses import field

from moonwit.registry.record import identified, record

PRIMITIVES = (
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
)
ERROR_CONTEXT = "error-context"


@record
class Primitive:
    """A type without parts; ``kind`` is one of ``PRIMITIVES``, or ``ERROR_CONTEXT``."""

    kind: str


@record
class Field:
    """A record's field or a function's parameter."""

    name: str
    type: Type


@record
class Case:
    """A variant's case; ``type`` is None for a case without payload."""

    name: str
    type: Type | None


@record
class Record:
    fields: tuple[Field, ...]
    name: str | None = field(default=None, compare=False)


@record
class Variant:
    cases: tuple[Case, ...]
    name: str | None = field(default=None, compare=False)


@record
class List:
    element: Type
    name: str | None = field(default=None, compare=False)


# How many elements a list of a fixed length may have that the host passes, whose code has a line for each.
MOST_FIXED = 500


@record
class FixedList:
    """``list<element, length>``: always so many elements, which lie or are passed one after the other, as those of a tuple."""

    element: Type
    length: int
    name: str | None = field(default=None, compare=False)


@record
class Map:
    """``map<key, value>``: passed as a list of tuples, whose keys may appear twice, and in any order; a table to a script."""

    key: Type
    value: Type
    name: str | None = field(default=None, compare=False)


@record
class Tuple:
    types: tuple[Type, ...]
    name: str | None = field(default=None, compare=False)


@record
class Flags:
    names: tuple[str, ...]
    name: str | None = field(default=None, compare=False)


@record
class Enum:
    names: tuple[str, ...]
    name: str | None = field(default=None, compare=False)


@record
class Option:
    some: Type
    name: str | None = field(default=None, compare=False)


@record
class Result:
    """``result<ok, err>``; either side may be None (absent)."""

    ok: Type | None
    err: Type | None
    name: str | None = field(default=None, compare=False)


@identified
class Resource:
    """A resource type. ``local`` is true when the component itself defines it, false when it imports it."""

    name: str
    interface: str | None = None
    local: bool = False


@record
class Own:
    """``view`` is the definition by which the component names the resource; only validation asks for it."""

    resource: Resource
    view: object = field(default=None, compare=False)


@record
class Borrow:
    """As ``Own``."""

    resource: Resource
    view: object = field(default=None, compare=False)


@record
class Stream:
    """``stream<element>``; ``element`` is None for one that passes only how many."""

    element: Type | None
    name: str | None = field(default=None, compare=False)


@record
class Future:
    """``future<element>``; ``element`` is None for one that only comes."""

    element: Type | None
    name: str | None = field(default=None, compare=False)


@record
class Function:
    """A function's signature. ``result`` is None when it has none; ``asynchronous`` tells that it may wait before it returns."""

    params: tuple[Field, ...]
    result: Type | None
    asynchronous: bool = False


Type = Primitive | Record | Variant | List | FixedList | Map | Tuple | Flags | Enum | Option | Result | Own | Borrow | Stream | Future


def parts(found: object) -> tuple[Type | None, ...]:
    """Returns the types directly inside a type, None where one is absent."""
    if isinstance(found, Record):
        return tuple(part.type for part in found.fields)
    if isinstance(found, Variant):
        return tuple(part.type for part in found.cases)
    if isinstance(found, (List, FixedList, Stream, Future)):
        return (found.element,)
    if isinstance(found, Map):
        return (found.key, found.value)
    if isinstance(found, Tuple):
        return found.types
    if isinstance(found, Option):
        return (found.some,)
    if isinstance(found, Result):
        return (found.ok, found.err)
    return ()
