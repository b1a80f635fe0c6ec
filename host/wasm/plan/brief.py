"""Proves of a core function that it ends soon: its code has no loop, no recursion, nothing that takes long by itself, and is short.

The proof follows direct calls, and says no to each instruction that it does not know.
"""

from __future__ import annotations

import functools

from moonwit.host.wasm.binary.core_types import CoreType, describe
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.problems import Malformed

# How many bytes of code a call may come past, those of the functions that it calls as often as they are called: about ten microseconds.
MOST = 20_000

# Instructions without operands: unreachable, nop, else, end, return, drop, select, and those on numbers.
_PLAIN = frozenset([0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5)])
# With one index: branches, locals, globals, memory.size.
_INDEXED = frozenset([0x0C, 0x0D, *range(0x20, 0x25), 0x3F])
_BLOCKS = frozenset([0x02, 0x04])
_NUMBERS = frozenset([0x7F, 0x7E, 0x7D, 0x7C])
_EMPTY = 0x40


@functools.lru_cache(maxsize=256)
def ends_soon(module: bytes, export: str) -> bool:
    """Tells whether every call of the exported function ends within a bounded, small number of instructions."""
    found = _module(module)
    return found is not None and found.exports.get(export) is not None and found.cost(found.exports[export]) <= MOST


@functools.lru_cache(maxsize=8)
def _module(data: bytes) -> _Module | None:
    try:
        return _Module(data)
    except Malformed:
        return None


class _Unknown(Exception):
    """Something that may take long, or that the proof does not know."""


class _Module:
    """Where a module's functions are, and what was found out about them."""

    def __init__(self, data: bytes) -> None:
        self.imported = 0
        self.exports: dict[str, int] = {}
        self.bodies: list[tuple[int, int]] = []
        self.data = data
        # What a call costs in bytes of code; more than MOST where that is not known, and while it is being found out.
        self.costs: dict[int, int] = {}
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
                for _ in range(body.count()):
                    code = body.take(body.u32())
                    self.bodies.append((code.position, code.end))

    def cost(self, index: int, depth: int = 0) -> int:
        """Gives what a call of a function costs."""
        if index not in self.costs:
            self.costs[index] = MOST + 1
            number = index - self.imported
            if 0 <= number < len(self.bodies) and depth < 100:
                start, end = self.bodies[number]
                if end - start <= MOST:
                    self.costs[index] = self._sum(Reader(self.data, start, end), depth)
        return self.costs[index]

    def _sum(self, body: Reader, depth: int) -> int:
        total = body.end - body.position
        try:
            for callee in _calls(body):
                total += self.cost(callee, depth + 1)
                if total > MOST:
                    return MOST + 1
        except (Malformed, _Unknown):
            return MOST + 1
        return total


def _calls(body: Reader) -> list[int]:
    """Gives the function of each call in a body."""
    found: list[int] = []
    for _ in range(body.count()):
        body.u32()
        if body.byte() not in _NUMBERS:
            raise _Unknown
    while not body.done:
        code = body.byte()
        if code in _PLAIN:
            continue
        if code == 0x10:
            found.append(body.u32())
        elif code in _INDEXED:
            body.u32()
        elif code in _BLOCKS:
            if body.byte() not in (*_NUMBERS, _EMPTY):
                raise _Unknown
        elif 0x28 <= code <= 0x3E:
            if body.u32() & ~0x3F:
                raise _Unknown
            body.u64()
        else:
            _constant(code, body)
    return found


def _constant(code: int, body: Reader) -> None:
    if code in (0x41, 0x42):
        while body.byte() >= 0x80:
            pass
    elif code in (0x43, 0x44):
        body.take(4 if code == 0x43 else 8)
    elif code == 0x0E:
        for _ in range(body.count() + 1):
            body.u32()
    else:
        raise _Unknown
