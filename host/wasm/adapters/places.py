"""Where a value is, or goes to, while an adapter moves it: in a memory, or in core values; and the function that is being written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from moonwit.host.wasm.wit.flatten import Layouts
from moonwit.registry.record import record

TYPES: Final = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}

# Between a core value that a case of a variant has, and the one that all of its cases share: CanonicalABI.md, "Flat Lifting".
_FROM_JOINED: Final = {
    "iI": "i64.extend_i32_u",
    "if": "f32.reinterpret_i32",
    "Ii": "i32.wrap_i64",
    "If": "i32.wrap_i64 f32.reinterpret_i32",
    "IF": "f64.reinterpret_i64",
}
_TO_JOINED: Final = {
    "fi": "i32.reinterpret_f32",
    "iI": "i64.extend_i32_u",
    "fI": "i32.reinterpret_f32 i64.extend_i32_u",
    "FI": "i64.reinterpret_f64",
}


class Side:
    """One of the two component instances: ``name`` is "caller" or "callee"; ``pointer`` is the letter of its addresses."""

    def __init__(self, name: str, encoding: str, memory64: bool) -> None:
        self.name, self.encoding, self.memory64 = name, encoding, memory64
        self.layouts = Layouts(memory64)
        self.pointer, self.width = self.layouts.pointer, self.layouts.width
        self.address = TYPES[self.pointer]
        self.memory, self.realloc = f"${name}", f"$realloc_{name}"

    def constant(self, number: int) -> str:
        """Gives a constant address or length."""
        return f"{self.address}.const {number}"

    @property
    def from_i32(self) -> str:
        """What makes an unsigned i32 an address or length of this side."""
        return "i64.extend_i32_u" if self.memory64 else ""

    @property
    def to_i32(self) -> str:
        """What makes a length of this side, which is known to be short, an i32."""
        return "i32.wrap_i64" if self.memory64 else ""

    @property
    def to_i64(self) -> str:
        """What makes an address or length of this side an i64."""
        return "" if self.memory64 else "i64.extend_i32_u"


class Body:
    """A function in the making: its instructions, and its locals, of which the first are its parameters."""

    def __init__(self, params: Iterable[str], results: str, room: int) -> None:
        self.params, self.results, self.room = list(params), results, room
        self._locals: list[str] = []
        self._code: list[str] = []

    def local(self, letter: str) -> str:
        """Makes a local variable of a core type."""
        self._locals.append(letter)
        return str(len(self.params) + len(self._locals) - 1)

    def add(self, *instructions: str) -> None:
        self._code += instructions

    def text(self, head: str) -> str:
        """Gives the whole function; ``head`` is its name and export."""
        params, locals, results = (" ".join(TYPES[letter] for letter in found) for found in (self.params, self._locals, self.results))
        return f"(func {head} (param {params}) (result {results}) (local {locals})\n" + "\n".join(self._code) + ")"


@record
class Memory:
    """A value that lies ``offset`` bytes behind the address in the local ``base``. That it lies within the memory is known."""

    side: Side
    base: str
    offset: int = 0

    def behind(self, offset: int) -> Memory:
        return Memory(self.side, self.base, self.offset + offset)


@record
class Flat:
    """A value in core values: the locals that hold them, and what type each has. A case of a variant may use fewer than there are."""

    side: Side
    locals: tuple[str, ...]
    letters: str

    def part(self, start: int, end: int | None = None) -> Flat:
        return Flat(self.side, self.locals[start:end], self.letters[start:end])


Place = Memory | Flat


def load(body: Body, place: Place, letter: str, instruction: str, offset: int = 0, at: int = 0) -> None:
    """Puts a core value of the type ``letter`` on the stack: from memory by an instruction, or core value number ``at``."""
    if isinstance(place, Memory):
        body.add(f"local.get {place.base} {instruction} {place.side.memory} offset={place.offset + offset}")
    else:
        body.add(f"local.get {place.locals[at]} {_FROM_JOINED.get(place.letters[at] + letter, '')}")


def begin_store(body: Body, place: Place) -> None:
    """Comes before the instructions that put on the stack what ``end_store`` then stores."""
    if isinstance(place, Memory):
        body.add(f"local.get {place.base}")


def end_store(body: Body, place: Place, letter: str, instruction: str, offset: int = 0, at: int = 0) -> None:
    """Stores the value on the stack."""
    if isinstance(place, Memory):
        body.add(f"{instruction} {place.side.memory} offset={place.offset + offset}")
    else:
        body.add(f"{_TO_JOINED.get(letter + place.letters[at], '')} local.set {place.locals[at]}")
