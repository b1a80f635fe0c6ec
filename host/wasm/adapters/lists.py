"""Writes how the elements of lists are copied from one memory to the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moonwit.host.wasm.adapters.places import Body, Memory, Place, Side
from moonwit.host.wasm.adapters.routines import LONGEST, trap
from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.flatten import Layouts

Move = Callable[[Body, types.Type, Place, Place], None]

_PLAIN: Final = frozenset({"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"})


class Plain:
    """Tells of which types a value is the same bytes in both memories, each of which any value may have: they are copied in one go.

    A type with padding is not plain: what the source's guest has in there is not the target's business.
    """

    def __init__(self, layouts: Layouts) -> None:
        self._layouts = layouts
        self._known: dict[int, tuple[types.Type, bool]] = {}      # by id; holding the type keeps the id its own

    def __call__(self, found: types.Type) -> bool:
        if isinstance(found, types.Primitive):
            return found.kind in _PLAIN
        if id(found) not in self._known:
            self._known[id(found)] = found, self._is_plain(found)
        return self._known[id(found)][1]

    def _is_plain(self, found: types.Type) -> bool:
        if isinstance(found, types.Flags):
            return len(found.names) == 8 * self._layouts.layout(found)[0]
        if isinstance(found, types.FixedList):
            return self(found.element)
        if not isinstance(found, (types.Record, types.Tuple)):
            return False
        parts = [part for part in types.parts(found) if part is not None]
        return all(map(self, parts)) and sum(self._layouts.layout(part)[0] for part in parts) == self._layouts.layout(found)[0]


def copies(name: str, source: Side, target: Side, element: types.Type, plain: bool, move: Move, room: int) -> str:
    """Gives the function that copies a list: it takes the address and length in the source, and gives those in the target."""
    (size, alignment), (given, step) = source.layouts.layout(element), target.layouts.layout(element)
    body = Body([source.pointer] * 2, target.pointer * 2, room)
    copy = body.local(target.pointer)
    body.add(
        f"local.get 1 {source.constant(LONGEST // max(size, 1))} {source.address}.gt_u",
        f"if {trap(source, 'too_long')} end",
        f"local.get 0 local.get 1 {source.to_i64} i64.const {size} i64.mul i32.const {alignment - 1} call $check_{source.name}_list",
        # No type takes more than twice as much in a 64-bit memory as in a 32-bit one, so this is less than 2^29.
        f"{target.constant(0)} i32.const 0 i32.const {step} local.get 1 {source.to_i32} i32.const {given % 2**32} i32.mul",
        f"call {target.realloc} local.set {copy}",
    )
    if plain:
        body.add(f"local.get {copy} local.get 0 local.get 1 {source.to_i32} i32.const {size % 2**32} i32.mul", copy_bytes(source, target))
    else:
        end, to = body.local(source.pointer), body.local(target.pointer)
        body.add(
            f"local.get 0 local.get 1 {source.constant(size)} {source.address}.mul {source.address}.add local.set {end}",
            f"local.get {copy} local.set {to}",
        )
        loop(body, move, element, (Memory(source, "0"), Memory(target, to)), end)
    body.add(f"local.get {copy} local.get 1 {source.to_i32} {target.from_i32}")
    return body.text(name)


def copy_bytes(source: Side, target: Side) -> str:
    """Gives what copies bytes: the target's address, the source's and an i32 are on the stack."""
    # The length has 64 bits only where both memories have.
    wide = "i64.extend_i32_u" if source.memory64 and target.memory64 else ""
    return f"{wide} memory.copy {target.memory} {source.memory}"


def loop(body: Body, move: Move, element: types.Type, places: tuple[Memory, Memory], end: str) -> None:
    """Writes what moves elements one by one, stepping through both memories by the locals of ``places``; until the source's is ``end``."""
    source = places[0]
    again = f"local.get {source.base} local.get {end} {source.side.address}.ne"      # an end at 4 GiB is 0
    body.add(f"{again} if loop")
    move(body, element, *places)
    for place in places:
        step = place.side.constant(place.side.layouts.layout(element)[0])
        body.add(f"local.get {place.base} {step} {place.side.address}.add local.set {place.base}")
    body.add(f"{again} br_if 0 end end")
