"""Proves of a core function that it can't leave its module: it calls no import, and nothing through a table or a reference.

The proof follows only direct calls. What it does not know for certain is a reason to say no: an instruction, a type, a body that does not
end just where it should. Calls of functions that it says yes to are compiled (lua/abi/generate.lua); should it be wrong all the same,
host/wasm/plan/gate.py makes that a trap.
"""

from __future__ import annotations

import functools

from moonwit.host.wasm.binary.core_types import MOST, CoreType, describe
from moonwit.host.wasm.binary.instructions import Unknown, callees
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.problems import Malformed

# Functions and bytes of code that a lane reads at most: a realloc has about ten functions of a few thousand bytes.
MOST_FUNCTIONS, MOST_BYTES = 500, 100_000

_IMPORTS, _EXPORTS, _CODE = 2, 7, 10


@functools.lru_cache(maxsize=64)
def stays_inside(module: bytes, export: str) -> bool:
    """Tells whether the exported function can call nothing outside of its core module."""
    try:
        return _Module(module).stays_inside(export)
    except (Malformed, Unknown):
        return False


class _Module:
    """Where a module's functions are."""

    def __init__(self, data: bytes) -> None:
        self.imported = 0
        self.exports: dict[str, int] = {}
        self.bodies: list[Reader] = []
        reader, known = Reader(data), set()
        reader.take(8)
        while not reader.done:
            section, body = reader.byte(), reader.take(reader.u32())
            if section in known:
                raise Unknown(f"a second section {section}")
            if section in (_IMPORTS, _EXPORTS, _CODE):
                known.add(section)
                for _ in range(body.count(MOST)):
                    self.entry(section, body)
                body.finish(f"section {section}")

    def entry(self, section: int, body: Reader) -> None:
        if section == _IMPORTS:
            body.name()
            body.name()
            self.imported += describe(body, lambda inner: CoreType(str(inner.u32()), "")).kind == "func"
        elif section == _EXPORTS:
            name, kind, index = body.name(), body.byte(), body.u32()
            if kind == 0:
                self.exports[name] = index
        else:
            self.bodies.append(body.take(body.u32()))

    def stays_inside(self, export: str) -> bool:
        waiting = [self.exports[export]] if export in self.exports else [-1]
        seen, left = set(waiting), MOST_BYTES
        while waiting:
            index = waiting.pop() - self.imported
            if not 0 <= index < len(self.bodies) or len(seen) > MOST_FUNCTIONS:
                return False
            body = self.bodies[index]
            left -= body.end - body.position
            if left < 0:
                return False
            new = callees(body) - seen
            seen |= new
            waiting += new
        return True
