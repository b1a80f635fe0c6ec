"""The intermediate model: values on their way between Lua, Python, threads and WIT types.

| model    | Python                                                                    |
|----------|---------------------------------------------------------------------------|
| nil      | ``None``                                                                  |
| boolean  | ``bool``                                                                  |
| int64    | ``int``; ``Int64`` where it must come back to Lua as a ``1LL``            |
| uint64   | ``int``; ``UInt64`` likewise for ``1ULL``                                 |
| float64  | ``float``                                                                 |
| string   | ``bytes`` (``str`` is taken as its UTF-8)                                 |
| sequence | ``list`` (a ``tuple`` is taken as one)                                    |
| map      | ``dict`` with ``bytes`` keys (``str`` keys are taken as their UTF-8)      |
|          | or, where WIT has a ``map``, all ``int`` or all ``bool`` keys             |
| error    | ``ErrorValue``                                                            |
| optional | ``NONE`` and ``Some``, where nil can't stand or can't tell                |

An empty Lua table is both a sequence and a map: it arrives as an ``Empty``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, final

from moonwit.registry.record import record

# The widest range in which every integer is a Lua number of its own.
EXACT: Final = 2**53

# How deep values may be nested; lua/values/intermediate.lua has it from here.
DEPTH: Final = 128

# A value of the model. Recursive by nature, and checked where it matters by isinstance.
Value = Any


@final
class _None:
    """The type of ``NONE``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NONE"

    def __reduce__(self) -> str:
        return "NONE"


NONE: Final = _None()
"""An absent option in a place where nil can't stand, ``wit.none``."""


@record
class Some:
    """A present option whose value may itself be an absent one, ``wit.some(value)``."""

    value: Value


@dataclass(slots=True)
class ErrorValue:
    """An error as a value. ``extra`` holds what else it knows: stacks, the entry and the guest function it came from."""

    kind: str
    message: str
    retryable: bool | None = None
    details: Value = None
    extra: dict[str, Value] = field(default_factory=dict)


class Int64(int):
    """A signed 64-bit cdata."""

    __slots__ = ()


class UInt64(int):
    """An unsigned 64-bit cdata."""

    __slots__ = ()


class Empty(list[Any]):
    """An empty table: an empty list that also counts as an empty map."""

    __slots__ = ()
    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (list, dict)) and len(other) == len(self)

    def __repr__(self) -> str:
        return "Empty()"


def as_sequence(value: Value) -> list[Value] | tuple[Value, ...] | None:
    """Gets ``value`` as a sequence, or None when it is not one."""
    if isinstance(value, (list, tuple)):
        return value
    return [] if isinstance(value, dict) and not value else None


def as_map(value: Value) -> dict[Any, Value] | None:
    """Gets ``value`` as a map, or None when it is not one."""
    if isinstance(value, dict):
        return value
    return {} if isinstance(value, (list, tuple)) and not value else None


def kind_of(value: Value) -> str:
    """Gets the word that messages use for what ``value`` is."""
    if value is None:
        return "nil"
    if value is NONE or isinstance(value, Some):
        return "an optional value"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, (bytes, str)):
        return "a string"
    if isinstance(value, (list, tuple)):
        return "a sequence" if value else "an empty table"
    if isinstance(value, dict):
        return "a map" if value else "an empty table"
    if isinstance(value, ErrorValue):
        return "an error"
    return f"a {type(value).__name__}"
