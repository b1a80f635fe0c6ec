"""Sizes, alignments and flat core signatures of WIT types, as CanonicalABI.md has them."""

from __future__ import annotations

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.types import parts

MOST_PARAMS, MOST_RESULTS, MOST_ASYNC_PARAMS = 16, 1, 4
# What a `cabi_realloc` is: old pointer, old size, alignment, new size; and the new pointer.
REALLOC = CoreType("iiii", "i")
REALLOC64 = CoreType("IIII", "I")
SCALARS = {
    "bool": (1, "i"), "s8": (1, "i"), "u8": (1, "i"), "s16": (2, "i"), "u16": (2, "i"), "s32": (4, "i"), "u32": (4, "i"),
    "s64": (8, "I"), "u64": (8, "I"), "f32": (4, "f"), "f64": (8, "F"), "char": (4, "i"), "error-context": (4, "i"),
}  # fmt: skip


def align(offset: int, alignment: int) -> int:
    """Rounds ``offset`` up to a multiple of ``alignment``."""
    return (offset + alignment - 1) // alignment * alignment


def discriminant(cases: int) -> int:
    """Returns the bytes that tell ``cases`` cases apart."""
    return 1 if cases <= 0x100 else 2 if cases <= 0x10000 else 4


def words(found: types.Flags) -> int:
    """Returns how many core values flags are. The standard stops at 32 flags, as binaries do; before, more of them took more words."""
    return (len(found.names) + 31) // 32


class Layouts:
    """Remembers what it has found out about types, which may share parts many times over.

    Pointers and lengths have 32 bits, or, with ``memory64``, 64.
    """

    def __init__(self, memory64: bool = False) -> None:
        self.pointer, self.width = ("I", 8) if memory64 else ("i", 4)
        self._wide: Layouts | None = self if memory64 else None
        self._layouts: dict[int, tuple[types.Type, int, int]] = {}  # by id; holding the type keeps the id its own
        self._flats: dict[int, tuple[types.Type, str]] = {}
        self._pointers: dict[int, tuple[types.Type, bool]] = {}
        self._largest: dict[int, tuple[types.Type, int]] = {}
        self._functions: dict[tuple[int, bool], tuple[types.Function, CoreType]] = {}

    @property
    def wide(self) -> Layouts:
        """The layouts for 64-bit memories."""
        self._wide = self._wide or Layouts(memory64=True)
        return self._wide

    def layout(self, found: types.Type) -> tuple[int, int]:
        """Returns the size and alignment of a type in memory."""
        if isinstance(found, types.Primitive):
            return (2 * self.width, self.width) if found.kind == "string" else (SCALARS[found.kind][0],) * 2
        if id(found) not in self._layouts:
            self._layouts[id(found)] = (found, *self._layout(found))
        return self._layouts[id(found)][1:]

    def _layout(self, found: types.Type) -> tuple[int, int]:
        if isinstance(found, (types.List, types.Map)):
            return 2 * self.width, self.width
        if isinstance(found, types.FixedList):
            size, alignment = self.layout(found.element)
            return size * found.length, alignment
        if isinstance(found, (types.Own, types.Borrow, types.Stream, types.Future)):
            return 4, 4
        if isinstance(found, types.Flags):
            number = len(found.names)
            size = 1 if number <= 8 else 2 if number <= 16 else 4
            return (4 * words(found) if number > 32 else size), size
        if isinstance(found, (types.Record, types.Tuple)):
            size, alignment = 0, 1
            for part in parts(found):
                assert part is not None
                length, step = self.layout(part)
                size, alignment = align(size, step) + length, max(alignment, step)
            return align(size, alignment), alignment
        cases = cases_of(found)
        head = discriminant(len(cases))
        payloads = [self.layout(case) for case in cases if case is not None]
        step = max((alignment for _, alignment in payloads), default=1)
        alignment = max(head, step)
        return align(align(head, step) + max((size for size, _ in payloads), default=0), alignment), alignment

    def flat(self, found: types.Type) -> str:
        """Returns a type's core values, a letter each; of more than 16 just the first 17."""
        if isinstance(found, types.Primitive):
            return 2 * self.pointer if found.kind == "string" else SCALARS[found.kind][1]
        if id(found) not in self._flats:
            self._flats[id(found)] = (found, self._flat(found)[: MOST_PARAMS + 1])
        return self._flats[id(found)][1]

    def _flat(self, found: types.Type) -> str:
        if isinstance(found, (types.List, types.Map)):
            return 2 * self.pointer
        if isinstance(found, types.FixedList):
            return self.flat(found.element) * min(found.length, MOST_PARAMS + 1)
        if isinstance(found, (types.Own, types.Borrow, types.Stream, types.Future)):
            return "i"
        if isinstance(found, types.Flags):
            return "i" * words(found)
        if isinstance(found, (types.Record, types.Tuple)):
            return self._row(parts(found))
        joined = ""
        for case in cases_of(found):
            mine = "" if case is None else self.flat(case)
            both = "".join(map(join, joined, mine))
            joined = both + (joined if len(joined) > len(mine) else mine)[len(both) :]
        return "i" + joined

    def _row(self, found: tuple[types.Type | None, ...]) -> str:
        letters = ""
        for part in found:
            if part is not None:
                letters += self.flat(part)
            if len(letters) > MOST_PARAMS:
                break
        return letters

    def lifted(self, function: types.Function) -> CoreType:
        """Returns the type of the core function that is lifted to ``function``."""
        return self._function(function, False)

    def lowered(self, function: types.Function) -> CoreType:
        """Returns the type of the core function that ``function`` is lowered to."""
        return self._function(function, True)

    def _function(self, function: types.Function, lowered: bool) -> CoreType:
        key = (id(function), lowered)
        if key not in self._functions:
            params = self._row(tuple(param.type for param in function.params))
            results = "" if function.result is None else self.flat(function.result)
            if len(params) > MOST_PARAMS:
                params = self.pointer
            if len(results) > MOST_RESULTS:
                params, results = (params + self.pointer, "") if lowered else (params, self.pointer)
            self._functions[key] = (function, CoreType(params, results))
        return self._functions[key][1]

    def lifted_async(self, function: types.Function, callback: bool) -> CoreType:
        """Returns the type of the core function that is lifted asynchronously to ``function``."""
        return CoreType(self.lifted(function).params, "i" if callback else "")

    def lowered_async(self, function: types.Function) -> CoreType:
        """Returns the type of the core function that ``function`` is lowered to asynchronously: its result is written to memory."""
        params = self._row(tuple(param.type for param in function.params))
        params = self.pointer if len(params) > MOST_ASYNC_PARAMS else params
        return CoreType(params + (self.pointer if function.result is not None else ""), "i")

    def returned(self, result: types.Type | None) -> CoreType:
        """Returns the type of ``task.return`` for a result."""
        flat = "" if result is None else self.flat(result)
        return CoreType(self.pointer if len(flat) > MOST_PARAMS else flat, "")

    def spilled(self, function: types.Function) -> tuple[bool, bool]:
        """Tells whether parameters and result are too many to be flat, so that they pass through memory."""
        params = len(self._row(tuple(param.type for param in function.params))) > MOST_PARAMS
        return params, function.result is not None and len(self.flat(function.result)) > MOST_RESULTS

    def largest(self, found: types.Type) -> int:
        """Returns how many elements the lists of a fixed length in a type have at most, those within each other multiplied."""
        if id(found) not in self._largest:
            inside = max((self.largest(part) for part in parts(found) if part is not None), default=1)
            self._largest[id(found)] = (found, inside * found.length if isinstance(found, types.FixedList) else inside)
        return self._largest[id(found)][1]

    def points(self, found: types.Type) -> bool:
        """Tells whether a type holds a string or a list, and so needs memory."""
        if isinstance(found, types.Primitive):
            return found.kind == "string"
        if id(found) not in self._pointers:
            # What passes by a stream has memory of its own.
            inside = () if isinstance(found, (types.Stream, types.Future)) else parts(found)
            points = isinstance(found, (types.List, types.Map)) or any(part is not None and self.points(part) for part in inside)
            self._pointers[id(found)] = (found, points)
        return self._pointers[id(found)][1]


def join(one: str, other: str) -> str:
    """Joins the core values that two cases put in one place."""
    if one == other:
        return one
    return "i" if {one, other} == {"i", "f"} else "I"


def cases_of(found: types.Type) -> tuple[types.Type | None, ...]:
    """Returns the payloads of a type that is a choice: a variant, enum, option or result."""
    if isinstance(found, types.Enum):
        return (None,) * len(found.names)
    if isinstance(found, types.Option):
        return (None, found.some)
    return parts(found)


def flatten(function: types.Function) -> CoreType:
    """Returns the type of the core function that is lifted to ``function``."""
    return Layouts().lifted(function)


def lower(function: types.Function) -> CoreType:
    """Returns the type of the core function that ``function`` is lowered to."""
    return Layouts().lowered(function)


def layout(found: types.Type) -> tuple[int, int]:
    """Returns the size and alignment of a type in memory."""
    return Layouts().layout(found)
