"""Reads the instructions of a function's body, of every proposal that the engine has on, for the functions that it calls directly.

Source: the WebAssembly specification 3.0, "Binary Format", and the proposals for threads, wide arithmetic and relaxed SIMD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moonwit.host.wasm.binary.core_types import NUMBERS, REFERENCES
from moonwit.host.wasm.binary.reader import Reader


class Unknown(Exception):
    """Something that is not read here for certain, or a call that may lead anywhere."""


def callees(body: Reader) -> set[int]:
    """Gives the functions that a body calls directly; raises ``Unknown`` and Malformed."""
    body = Reader(body.data, body.position, body.end)
    for _ in range(body.count()):
        body.u32()
        _value_type(body)
    found: set[int] = set()
    depth = 1
    while depth:
        code = body.byte()
        if code in _PLAIN:
            continue
        if code == _END:
            depth -= 1
        elif code in _CALLS:
            found.add(body.u32())
        else:
            depth += code in _BLOCKS
            _immediates(_ONE_BYTE, code, body)
    if not body.done:
        raise Unknown("code after the end")
    return found


Read = Callable[[Reader], object]


def _immediates(table: dict[int, tuple[Read, ...]], code: int, body: Reader) -> None:
    if code not in table:
        raise Unknown(f"the instruction {code:#x}")
    for read in table[code]:
        read(body)


def _value_type(body: Reader) -> None:
    code = body.byte()
    if code in (0x63, 0x64):
        _heap_type(body)
    elif code not in NUMBERS and code not in REFERENCES:
        raise Unknown(f"the value type {code:#x}")


def _heap_type(body: Reader) -> None:
    if body.peek() in REFERENCES:
        body.byte()
    elif body.s33() < 0:
        raise Unknown("a heap type")


def _block_type(body: Reader) -> None:
    code = body.peek()
    if code == 0x40:
        body.byte()
    elif code in (0x63, 0x64) or code in NUMBERS or code in REFERENCES:
        _value_type(body)
    elif body.s33() < 0:
        raise Unknown("a block type")


def _value_types(body: Reader) -> None:
    for _ in range(body.count()):
        _value_type(body)


def _labels(body: Reader) -> None:
    for _ in range(body.count() + 1):
        body.u32()


def _catches(body: Reader) -> None:
    for _ in range(body.count()):
        _immediates(_CATCHES, body.byte(), body)


def _memory_argument(body: Reader) -> None:
    align = body.u32()
    if align & 0x40:
        body.u32()
    # An alignment of 16 is the largest; what else the field may say one day is not known here.
    if align & ~0x40 > 4:
        raise Unknown("a memory argument")
    body.u64()


def _cast_flags(body: Reader) -> None:
    if body.byte() > 3:
        raise Unknown("the flags of a cast")


def _zero(body: Reader) -> None:
    if body.byte() != 0:
        raise Unknown("a byte that should be zero")


def _signed(most: int) -> Read:
    def read(body: Reader) -> None:
        for _ in range(most):
            if body.byte() < 0x80:
                return
        raise Unknown("a number that is too long")

    return read


def _bytes(count: int) -> Read:
    return lambda body: body.take(count)


def _prefixed(table: dict[int, tuple[Read, ...]]) -> Read:
    return lambda body: _immediates(table, body.u32(), body)


_index: Read = Reader.u32
_END: Final = 0x0B
_CALLS: Final = frozenset((0x10, 0x12))      # call, return_call
_BLOCKS: Final = frozenset((0x02, 0x03, 0x04, 0x1F))
# unreachable, nop, else, throw_ref, return, drop, select; all of numbers; ref.is_null, ref.eq, ref.as_non_null.
_PLAIN: Final = frozenset((0x00, 0x01, 0x05, 0x0A, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5), 0xD1, 0xD3, 0xD4))

# catch, catch_ref, catch_all, catch_all_ref
_CATCHES: Final[dict[int, tuple[Read, ...]]] = {0: (_index, _index), 1: (_index, _index), 2: (_index,), 3: (_index,)}

# Structures and arrays. Each takes what stands here: a type, a field, a length, data or elements.
_GC: Final[dict[int, tuple[Read, ...]]] = {
    **dict.fromkeys((0, 1, 6, 7, 11, 12, 13, 14, 16), (_index,)),
    **dict.fromkeys((2, 3, 4, 5, 8, 9, 10, 17, 18, 19), (_index, _index)),
    **dict.fromkeys((15, 26, 27, 28, 29, 30), ()),
    **dict.fromkeys((20, 21, 22, 23), (_heap_type,)),      # ref.test, ref.cast
    **dict.fromkeys((24, 25), (_cast_flags, _index, _heap_type, _heap_type)),      # br_on_cast, br_on_cast_fail
}

# Conversions that saturate, memory and tables at large, wide arithmetic.
_BULK: Final[dict[int, tuple[Read, ...]]] = {
    **dict.fromkeys((*range(8), 19, 20, 21, 22), ()),
    **dict.fromkeys((9, 11, 13, 15, 16, 17), (_index,)),
    **dict.fromkeys((8, 10, 12, 14), (_index, _index)),
}

_VECTOR_GAPS: Final = frozenset(
    (0x9A, 0xA2, 0xA5, 0xA6, 0xAF, 0xB0, 0xB2, 0xB3, 0xB4, 0xBB, 0xC2, 0xC5, 0xC6, 0xCF, 0xD0, 0xD2, 0xD3, 0xD4, 0xE2, 0xEE)
)
_VECTOR: Final[dict[int, tuple[Read, ...]]] = {
    **{code: () for code in (*range(14, 21), *range(35, 84), *range(94, 0x114)) if code not in _VECTOR_GAPS},
    **dict.fromkeys((*range(12), 92, 93), (_memory_argument,)),
    **dict.fromkeys((12, 13), (_bytes(16),)),      # v128.const, i8x16.shuffle
    **dict.fromkeys(range(21, 35), (_bytes(1),)),      # a lane
    **dict.fromkeys(range(84, 92), (_memory_argument, _bytes(1))),
}

_ATOMIC: Final[dict[int, tuple[Read, ...]]] = {3: (_zero,), **dict.fromkeys((0, 1, 2, *range(0x10, 0x4F)), (_memory_argument,))}

# What leads anywhere is not here: call_indirect, call_ref, and both as tail calls.
_ONE_BYTE: Final[dict[int, tuple[Read, ...]]] = {
    **dict.fromkeys((0x02, 0x03, 0x04), (_block_type,)),
    0x08: (_index,),      # throw
    **dict.fromkeys((0x0C, 0x0D, 0xD5, 0xD6), (_index,)),      # br, br_if, br_on_null, br_on_non_null
    0x0E: (_labels,),
    0x1C: (_value_types,),
    0x1F: (_block_type, _catches),
    **dict.fromkeys((*range(0x20, 0x27), 0x3F, 0x40, 0xD2), (_index,)),      # locals, globals, tables, sizes of memories, ref.func
    **dict.fromkeys(range(0x28, 0x3F), (_memory_argument,)),
    0x41: (_signed(5),),
    0x42: (_signed(10),),
    0x43: (_bytes(4),),
    0x44: (_bytes(8),),
    0xD0: (_heap_type,),
    0xFB: (_prefixed(_GC),),
    0xFC: (_prefixed(_BULK),),
    0xFD: (_prefixed(_VECTOR),),
    0xFE: (_prefixed(_ATOMIC),),
}
