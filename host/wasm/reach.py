"""Proves of a core function that it can't leave its module: it calls no import, and nothing through a table or a reference.

The proof follows direct calls alone. What it does not know is a reason to say no.
"""

from __future__ import annotations

import functools

from moonwit.host.wasm.core import describe
from moonwit.host.wasm.plan import CoreType, Malformed
from moonwit.host.wasm.reader import Reader

# Functions that are gone through at most: a realloc needs some ten.
MOST = 500

_PLAIN = frozenset([0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, 0xD1, *range(0x45, 0xC5)])
_BLOCKS = frozenset([0x02, 0x03, 0x04, 0xD0])
_INDEXED = frozenset([0x0C, 0x0D, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3F, 0x40, 0xD2])
_CALLS = frozenset([0x10, 0x12])
_BULK = {8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}      # how many indices follow


@functools.lru_cache(maxsize=64)
def stays_inside(module: bytes, export: str) -> bool:
    """Tells whether the exported function can call nothing outside of its core module."""
    try:
        return _Module(module).stays_inside(export)
    except (Malformed, _Unknown):
        return False


class _Unknown(Exception):
    """An instruction that the proof does not know."""


class _Module:
    """Where a module's functions are."""

    def __init__(self, data: bytes) -> None:
        self.imported = 0
        self.exports: dict[str, int] = {}
        self.bodies: list[Reader] = []
        reader = Reader(data)
        reader.take(8)
        while not reader.done:
            section, body = reader.byte(), reader.take(reader.u32())
            if section == 2:
                for _ in range(body.count()):
                    body.name()
                    body.name()
                    self.imported += describe(body, lambda inner: CoreType(str(inner.u32()), "")).kind == "func"
            elif section == 7:
                for _ in range(body.count()):
                    name, kind, index = body.name(), body.byte(), body.u32()
                    if kind == 0:
                        self.exports[name] = index
            elif section == 10:
                self.bodies = [body.take(body.u32()) for _ in range(body.count())]

    def stays_inside(self, export: str) -> bool:
        waiting = [self.exports[export]] if export in self.exports else [-1]
        seen = set(waiting)
        while waiting:
            index = waiting.pop() - self.imported
            if not 0 <= index < len(self.bodies) or len(seen) > MOST:
                return False
            new = _callees(self.bodies[index]) - seen
            seen |= new
            waiting += new
        return True


def _callees(body: Reader) -> set[int]:
    """Gives the functions that a body calls directly."""
    found: set[int] = set()
    body = Reader(body.data, body.position, body.end)
    for _ in range(body.count()):
        body.u32()
        body.s33()
    while not body.done:
        code = body.byte()
        if code in _PLAIN:
            continue
        if code in _CALLS:
            found.add(body.u32())
        elif code in _INDEXED:
            body.u32()
        elif code in _BLOCKS:
            body.s33()
        elif 0x28 <= code <= 0x3E:
            _memory_argument(body)
        else:
            _other(code, body)
    return found


def _other(code: int, body: Reader) -> None:
    if code in (0x41, 0x42):
        while body.byte() >= 0x80:
            pass
    elif code in (0x43, 0x44):
        body.take(4 if code == 0x43 else 8)
    elif code == 0x0E:
        for _ in range(body.count() + 1):
            body.u32()
    elif code == 0x1C:
        for _ in range(body.count()):
            body.s33()
    elif code == 0xFC:
        inner = body.u32()
        if inner > 7 and inner not in _BULK:
            raise _Unknown
        for _ in range(_BULK.get(inner, 0)):
            body.u32()
    elif code == 0xFD:
        _vector(body.u32(), body)
    else:
        # Calls through tables and references among them.
        raise _Unknown


def _vector(inner: int, body: Reader) -> None:
    if inner <= 11 or inner in (92, 93):
        _memory_argument(body)
    elif inner in (12, 13):
        body.take(16)
    elif 21 <= inner <= 34:
        body.byte()
    elif 84 <= inner <= 91:
        _memory_argument(body)
        body.byte()


def _memory_argument(body: Reader) -> None:
    if body.u32() & 0x40:
        body.u32()
    body.u64()
