"""Core modules that Moonwit itself adds to an instance: functions for imports that are not linked, and handle tables.

Being WebAssembly they need no callback into the host, so the code that calls a guest can stay compiled, and a wrong
handle or a missing import is an ordinary trap whose topmost frame says what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from moonwit.host.wasm.plan import gate
from moonwit.host.wasm.plan.plan import Stub

UNLINKED = "moonwit:unlinked"
_VALUE_TYPES = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C}


def _number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)


def _vector(items: Sequence[bytes]) -> bytes:
    return _number(len(items)) + b"".join(items)


def _text(value: str) -> bytes:
    data = value.encode()
    return _number(len(data)) + data


def _section(number: int, body: bytes) -> bytes:
    return bytes([number]) + _number(len(body)) + body


def _values(letters: Iterable[str]) -> bytes:
    return _vector([bytes([_VALUE_TYPES[letter]]) for letter in letters])


def unlinked_module(stubs: Sequence[Stub]) -> bytes:
    """Makes a core module with one function per stub, exported as "0", "1", ...; each traps.

    The name section calls function n ``interface#function``, which a trap's backtrace shows, with the number of its owner and a space
    before it where that is not 0.
    """
    types = [b"\x60" + _values(stub.type.params) + _values(stub.type.results) for stub in stubs]
    unreachable = b"\x03\x00\x00\x0b"  # size, no locals, unreachable, end
    owners = [f"{stub.owner} " if stub.owner else "" for stub in stubs]
    names = [_number(i) + _text(f"{owners[i]}{stub.interface}#{stub.function}") for i, stub in enumerate(stubs)]
    sections = [
        _section(1, _vector(types)),
        _section(3, _vector([_number(i) for i in range(len(stubs))])),
        _section(7, _vector([_text(str(i)) + b"\x00" + _number(i) for i in range(len(stubs))])),
        _section(10, _vector([unreachable] * len(stubs))),
        _section(0, _text("name") + _section(0, _text(UNLINKED)) + _section(1, _vector(names))),
    ]
    return b"\0asm\1\0\0\0" + b"".join(sections)


# One table of handles per instance (CanonicalABI.md, "Table State"): indices from 1, freed ones first. An entry is two
# words: 0 and the next free index, or the resource's number (from 1) and its representation.
HANDLE_TABLE = """(module $handles
 (memory (export "table") 1)
 (global $free (mut i32) (i32.const 0))
 (global $next (mut i32) (i32.const 1))
 (func $too_many_handles (unreachable))
 (func $unknown_handle_index (unreachable))
 (func (export "insert") (param $type i32) (param $rep i32) (result i32) (local $index i32) (local $at i32)
  (local.set $index (global.get $free))
  (if (local.get $index)
   (then
    (local.set $at (i32.shl (local.get $index) (i32.const 3)))
    (global.set $free (i32.load offset=4 (local.get $at))))
   (else
    (local.set $index (global.get $next))
    (if (i32.ge_u (local.get $index) (i32.const 0x1000000)) (then (call $too_many_handles)))
    (local.set $at (i32.shl (local.get $index) (i32.const 3)))
    (if (i32.ge_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))
     (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (call $too_many_handles)))))
    (global.set $next (i32.add (local.get $index) (i32.const 1)))))
  (i32.store (local.get $at) (local.get $type))
  (i32.store offset=4 (local.get $at) (local.get $rep))
  (local.get $index))
 (func $entry (param $type i32) (param $index i32) (result i32)
  (if (i32.ge_u (local.get $index) (global.get $next)) (then (call $unknown_handle_index)))
  (if (i32.eqz (local.get $index)) (then (call $unknown_handle_index)))
  (if (i32.ne (i32.load (i32.shl (local.get $index) (i32.const 3))) (local.get $type)) (then (call $unknown_handle_index)))
  (i32.shl (local.get $index) (i32.const 3)))
 (func (export "rep") (param $type i32) (param $index i32) (result i32)
  (i32.load offset=4 (call $entry (local.get $type) (local.get $index))))
 (func (export "remove") (param $type i32) (param $index i32) (result i32) (local $at i32) (local $rep i32)
  (local.set $at (call $entry (local.get $type) (local.get $index)))
  (local.set $rep (i32.load offset=4 (local.get $at)))
  (i32.store (local.get $at) (i32.const 0))
  (i32.store offset=4 (local.get $at) (global.get $free))
  (global.set $free (local.get $index))
  (local.get $rep)))"""


def resource_module(number: int, dtor: Literal["made", "late"] | None, gated: bool = False) -> str:
    """Makes the text of a module with the canonical built-ins ``new``, ``rep`` and ``drop`` of resource ``number``.

    It imports ``insert``, ``rep`` and ``remove`` of the handle table, the destructor where that is "made" before the module, and the gate
    where it is ``gated``, in that order. A destructor that is "late" belongs into element 0 of its table "late".
    """
    imports = ' (import "" "dtor" (func $dtor (param i32)))\n' if dtor == "made" else ""
    imports += f" {gate.IMPORT}\n {gate.TRAP}\n" if gated else ""
    imports += ' (table (export "late") 1 funcref)\n' if dtor == "late" else ""
    remove = f"(call $remove (i32.const {number}) (local.get 0))"
    drop = {None: f"(drop {remove})", "made": f"(call $dtor {remove})", "late": f"(call_indirect (param i32) {remove} (i32.const 0))"}[dtor]
    look = gate.LEAVES if gated else ""
    return f"""(module $moonwit
 (import "" "insert" (func $insert (param i32 i32) (result i32)))
 (import "" "rep" (func $rep (param i32 i32) (result i32)))
 (import "" "remove" (func $remove (param i32 i32) (result i32)))
{imports} (func (export "new") (param i32) (result i32) {look} (call $insert (i32.const {number}) (local.get 0)))
 (func (export "rep") (param i32) (result i32) (call $rep (i32.const {number}) (local.get 0)))
 (func (export "drop") (param i32) {look} {drop}))"""
