"""How long compiling takes at most: an upper bound in microseconds of one core, from counts of what drives Cranelift's time.

The weights were measured over modules that are full of one thing each: loops over many locals, chains of constants, functions that
are nothing but exports, and so on; tests/host/compiling/shapes.py makes them. What is not known to be cheap counts as endless:
that costs the start of a process, while a mistake the other way would hold up a lane.
"""

from __future__ import annotations

import functools
import math
import re

from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.problems import Malformed

ENDLESS = math.inf

# Microseconds: for a function, with what is made for its callers outside; for a type; for each value of a type, once for the type and once
# for each function of it; for a local that is declared; for a result of a call beyond the first.
_FUNCTION, _TYPE, _VALUE, _LOCAL, _RESULT = 100.0, 80.0, 12.0, 0.5, 5.0
# For each byte outside of code: exports, elements, data. Names and other custom sections are hardly looked at.
_BYTE, _CUSTOM_BYTE = 0.5, 0.05
# For each local in use, and each loop, block, or branch that may have to pass it on.
_LOOP_LOCAL, _EDGE_LOCAL = 6.0, 0.4
# From this many loops in a function on it takes steps up; from this many instructions on, more for each.
_MANY_LOOPS, _MANY_INSTRUCTIONS = 64, 4000

# For instructions, in half microseconds; those not named here take less than 3.
_WEIGHTS = bytearray([3] * 256)
for _half, _opcodes in (
    (1, (0x01, 0x0B, 0x1A, 0x20, 0x21, 0x22)),
    (8, (0x02, 0x05, 0x0C, 0x0D, 0x0E, 0x41, 0x42, 0x43, 0x44)),
    (10, (0x04, 0x10, 0x12, 0xFD)),
    (16, (0x6A, 0x6B, 0x7C, 0x7D, *range(0x6D, 0x71), *range(0x7F, 0x83), *range(0xA8, 0xB2))),
    (80, (0x11, 0x13, 0x14, 0x15, 0x25, 0x26, 0xD2, 0xFC, 0xFE)),
    (180, (0x03, 0x40)),
):
    for _opcode in _opcodes:
        _WEIGHTS[_opcode] = _half
# Beyond that: what table.init, table.copy, table.grow and table.fill take.
_LONG = re.compile(rb"\xfc[\x0c\x0e\x0f\x11]")
_LONG_WEIGHT = 150.0

_LEB = rb"[\x80-\xff]*+[\x00-\x7f]"
# A byte that is an instruction, and what must follow it. Blocks have no type or that of a single value; a memory is the first one. What is
# not of this form, garbage collection and exceptions too, matches as a single byte outside of the group.
_FORMS = (
    rb"(?<=[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4\xd1\xd3\xd4])",
    rb"(?<=[\x0c\x0d\x10\x12\x14\x15\x20-\x26\x3f-\x42\xd0\xd2\xd5\xd6])" + _LEB,
    rb"(?<=[\x28-\x3e])[\x00-\x1f]" + _LEB,
    rb"(?<=[\x02-\x04])[\x40\x69-\x7f]",
    rb"(?<=[\x11\x13])" + _LEB + _LEB,
    rb"(?<=\x43)[\x00-\xff]{4}",
    rb"(?<=\x44)[\x00-\xff]{8}",
    rb"(?<=\x1c)\x01[\x69-\x7f]",
    rb"(?<=\xfc)(?:[\x00-\x07\x13-\x16]|[\x09\x0b\x0d\x0f-\x11]" + _LEB + rb"|[\x08\x0a\x0c\x0e]" + _LEB + _LEB + rb")",
    rb"(?<=\xfd)(?:[\x00-\x0b\x5c\x5d][\x00-\x1f]" + _LEB + rb"|[\x0c\x0d][\x00-\xff]{16}|[\x15-\x22][\x00-\xff]"
    rb"|[\x54-\x5b][\x00-\x1f]" + _LEB + rb"[\x00-\xff]|[\x0e-\x14\x23-\x53\x5e-\x7f]|[\x80-\xff][\x01\x02])",
    rb"(?<=\xfe)(?:\x03\x00|[\x00-\x02\x10-\x4e][\x00-\x1f]" + _LEB + rb")",
)


@functools.cache
def _pattern(tables: bool) -> re.Pattern[bytes]:
    """Gives the pattern of an instruction; ``tables`` includes br_table, one form for each number of targets."""
    forms = list(_FORMS)
    if tables:
        forms.append(rb"(?<=\x0e)(?:" + b"|".join(re.escape(bytes([n])) + rb"(?:%b){%d}" % (_LEB, n + 1) for n in range(128)) + rb")")
    return re.compile(rb"([\x00-\xff])(?:" + rb"|".join(forms) + rb")|[\x00-\xff]")


def cost(data: bytes, most: float) -> float:
    """Gives the bound for a core module: ``ENDLESS`` as soon as it is more than ``most``.

    What is malformed is endless too.
    """
    try:
        total = _module(Reader(data), most)
    except Malformed:
        return ENDLESS
    return total if total <= most else ENDLESS


def _module(reader: Reader, most: float) -> float:
    total, functions = 0.0, 0
    types: list[tuple[int, int]] = []
    own: list[tuple[int, int]] = []
    reader.take(8)
    while not reader.done:
        identity = reader.byte()
        body = reader.take(reader.u32())
        total += (body.end - body.position) * (_CUSTOM_BYTE if identity == 0 else _BYTE)
        if identity == 1:
            types = _types(body, most)
            total += sum(_TYPE + _VALUE * (params + results) for params, results in types)
        elif identity == 3:
            own = [types[number] for number in _numbers(body, most) if number < len(types)]
            total += sum(_FUNCTION + _VALUE * (params + results) for params, results in own)
        elif identity == 10:
            widest = max((results for _, results in types), default=0)
            for _ in range(body.count()):
                params = own[functions][0] if functions < len(own) else 0
                total += _function(body.take(body.u32()), params, widest)
                functions += 1
                if total > most:
                    return ENDLESS
    return total


def _types(body: Reader, most: float) -> list[tuple[int, int]]:
    """Reads how many parameters and results each type has."""
    found = []
    for _ in range(body.count(max(int(most / _TYPE), 0))):
        body.expect(0x60, "a function's type")
        found.append((_values(body), _values(body)))
    return found


def _values(body: Reader) -> int:
    count = body.count()
    for _ in range(count):
        if body.byte() in (0x63, 0x64):
            body.s33()
    return count


def _numbers(body: Reader, most: float) -> list[int]:
    return [body.u32() for _ in range(body.count(max(int(most / _FUNCTION), 0)))]


def _function(body: Reader, params: int, widest: int) -> float:
    locals = params
    for _ in range(body.count()):
        locals += body.u32()
        if body.byte() in (0x63, 0x64):
            body.s33()
    opcodes = _read(body.data, body.position, body.end)
    if opcodes is None:
        return ENDLESS
    total = sum(opcodes.translate(_WEIGHTS)) / 2 + _LOCAL * locals
    total += _LONG_WEIGHT * len(_LONG.findall(body.data, body.position, body.end))
    if widest > 1:
        total += _RESULT * widest * sum(opcodes.count(op) for op in b"\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15")
    if opcodes.count(b"\x03") > _MANY_LOOPS:
        return ENDLESS
    used = min(locals, opcodes.count(b"\x20") + opcodes.count(b"\x21") + opcodes.count(b"\x22"))
    edges = sum(opcodes.count(op) for op in b"\x02\x04\x05\x0c\x0d\xd5\xd6")
    if b"\x0e" in opcodes:
        # Each target is at least a byte, and all of them are what the bytes have beyond the instructions.
        edges += body.end - body.position - len(opcodes)
    total += used * (_LOOP_LOCAL * opcodes.count(b"\x03") + _EDGE_LOCAL * edges)
    return total * max(1.0, len(opcodes) / _MANY_INSTRUCTIONS)


def _read(data: bytes, start: int, end: int) -> bytes | None:
    """Gives the instructions of a function as a byte each; None where they are not all known."""
    for tables in (False, True):
        found = _pattern(tables).findall(data, start, end)
        opcodes = b"".join(found)
        if len(opcodes) == len(found):
            return opcodes
        if data.find(0x0E, start, end) < 0:
            break
    return None

