"""What validation must know of a type: how deep and large it is, what it holds, and which other types are the same.

Types share parts, so going through one may take exponential time. Each type is therefore looked at once, when it is made, and what is
found is kept: a type's own facts follow from those of its parts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.flatten import SCALARS, align, discriminant

DEEPEST: Final = 64      # the code that is generated for a type is as deep as the type
LARGEST: Final = 20_000      # parts in all, those of a type used twice counted twice
MOST_BYTES: Final = (1 << 28) - 1      # of a value, by the standard, where pointers have 64 bits
_POINTERS: Final = frozenset({"string", "list", "map"})
_HANDLES: Final = frozenset({"own", "borrow", "stream", "future", "error-context"})


class Facts(NamedTuple):
    """``shape`` is a number that equal types share; ``size`` counts parts, ``bytes`` and ``alignment`` are of a value in memory."""

    shape: int
    depth: int = 1
    size: int = 1
    borrows: bool = False
    resources: bool = False
    bytes: int = 0
    alignment: int = 1


class Shapes:
    """The facts of all types of one component, by the identity of the type."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._facts: dict[int, tuple[object, Facts]] = {}      # holding the type keeps the identity its own

    def of(self, found: object) -> Facts:
        """Gives the facts of a type."""
        known = self._facts.get(id(found))
        if known is not None:
            return known[1]
        if isinstance(found, types.Primitive):
            return self.keep(found, self.facts(found.kind, (), []))
        assert isinstance(found, (types.Own, types.Borrow)), found
        kind = "own" if isinstance(found, types.Own) else "borrow"
        facts = Facts(self._number((kind, found.resource)), borrows=kind == "borrow", resources=True, bytes=4, alignment=4)
        return self.keep(found, facts)

    def keep(self, found: object, facts: Facts) -> Facts:
        """Notes the facts of a type."""
        self._facts[id(found)] = (found, facts)
        return facts

    def same(self, one: object, other: object) -> bool:
        """Tells whether two types are the same but for their own names. Names of parts that differ only in case are the same."""
        return one is other or self.of(one).shape == self.of(other).shape

    def facts(self, kind: str, names: tuple[str, ...], parts: list[object | None], length: int = 0) -> Facts:
        """Works out the facts of a type of this kind from its parts; ``length`` is that of a fixed-length list."""
        inner = [None if part is None else self.of(part) for part in parts]
        whole = [facts for facts in inner if facts is not None]
        key = (kind, length, tuple(map(str.lower, names)), tuple(None if facts is None else facts.shape for facts in inner))
        depth = 1 + max((facts.depth for facts in whole), default=0)
        size = 1 + sum(facts.size for facts in whole)
        count, alignment = _memory(kind, names, inner, length)
        borrows, resources = any(facts.borrows for facts in whole), any(facts.resources for facts in whole)
        # Beyond the bounds only that they are passed matters; the exact number could have thousands of digits.
        return Facts(self._number(key), min(depth, DEEPEST + 1), min(size, LARGEST + 1), borrows, resources, count, alignment)

    def _number(self, key: tuple[object, ...]) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _memory(kind: str, names: tuple[str, ...], parts: list[Facts | None], length: int) -> tuple[int, int]:
    """The size and alignment of a value with 64-bit pointers (CanonicalABI.md, "Element Size")."""
    if kind in _POINTERS:
        return 16, 8
    if kind in _HANDLES:
        return 4, 4
    if kind in SCALARS:
        return (SCALARS[kind][0],) * 2
    whole = [facts for facts in parts if facts is not None]
    if kind == "flags":
        size = 1 if len(names) <= 8 else 2 if len(names) <= 16 else 4
        return size, size
    if kind == "fixed-length list":
        return whole[0].bytes * length, whole[0].alignment
    if kind in ("record", "tuple"):
        size, alignment = 0, 1
        for facts in whole:
            size, alignment = align(size, facts.alignment) + facts.bytes, max(alignment, facts.alignment)
        return align(size, alignment), alignment
    if kind == "func":
        return 0, 1
    cases = {"option": 2, "result": 2, "enum": len(names)}.get(kind, len(parts))
    step = max((facts.alignment for facts in whole), default=1)
    alignment = max(discriminant(cases), step)
    return align(align(discriminant(cases), step) + max((facts.bytes for facts in whole), default=0), alignment), alignment
