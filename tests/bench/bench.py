"""Compares calls through Moonwit with the same calls through wasmtime-py and with the floor, in one run.

Run: python tests/bench/bench.py [--quick]

Each row is one call. "moonwit" is `funcs.call` in a Lua loop; "wasmtime-py" is the `wasmtime.component` function called from
Python with arguments at hand; "floor" is what cannot be avoided: the bare C call `wasmtime_func_call_unchecked` with ready
arguments, a plain copy of the bytes there and back, or wasmtime-py's bare `Linker.instantiate`. Times are the fastest of
several rounds, taken in turns, so that a busy machine disturbs all alike; only their ratios mean anything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wasmtime import Store, component, wat2wasm

from moonwit.host.engine import engine
from moonwit.kinds import KINDS
from moonwit.lua.calls.entries import Entries
from moonwit.lua.lane.lane import new_state
from moonwit.registry import load

GUEST = (Path(__file__).parent / "guest.wat").read_text()

PROJECT = """version: "1.0"
namespace: bench
entries:
""" + "".join(
    f"  - {{name: {name}, kind: function.wat, source: file://guest.wat, method: {method}, pool: {{type: {pool}}}}}\n"
    for name, method, pool in [
        ("mul", "mul", "lazy"),
        ("inline", "mul", "inline"),
        ("text", "text", "lazy"),
        ("users", "users", "lazy"),
        ("octets", "octets", "lazy"),
        ("floats", "floats", "lazy"),
    ]
)

# The timed loops: `moonwit.NAME(n)` makes n calls. They are ordinary script code, run in the sandbox.
SCRIPT = b"""
local loops, call = {}, funcs.call
local function users(n)
  local list = {}
  for i = 1, n do list[i] = {id = i, name = 'Alice' .. i, tags = {'admin', 'dev'}, active = true} end
  return list
end
local function loop(name, id, value)
  loops[name] = function(n)
    local last
    for i = 1, n do last = call(id, value) end
    return last
  end
end
function loops.mul(n)
  local sum = 0
  for i = 1, n do sum = sum + call('bench:mul', 6, i) end
  return sum
end
function loops.inline(n)
  for i = 1, n do assert(call('bench:inline', 6, 7) == 42) end
end
loop('string 16 B', 'bench:text', ('x'):rep(16))
loop('string 64 KiB', 'bench:text', ('x'):rep(65536))
loop('3 records', 'bench:users', users(3))
loop('1000 records', 'bench:users', users(1000))
loop('list<u8> 64 KiB', 'bench:octets', ('x'):rep(65536))
loop('list<u8> 1 MiB', 'bench:octets', ('x'):rep(1048576))
local floats = {}
for i = 1, 10000 do floats[i] = i + 0.5 end
loop('list<f64> 10,000', 'bench:floats', floats)
return loops
"""

# The floors, in Lua that has `ffi`: `B` is a binding of lua/guest/binding.lua.
FLOOR = b"""
local calls, C = ...
local ffi = require 'ffi'
local floors = {}
local B, trap = require('lua.calls.direct').last.idle, ffi.new 'void *[1]'
local call, ctx, func, io = C.wasmtime_func_call_unchecked, B.ctx, B.func, B.io
function floors.call(n)
  for i = 1, n do
    io[0].u32, io[1].u32 = 6, i
    if call(ctx, func, io, 2, trap) ~= nil or trap[0] ~= nil then error 'trap' end
  end
end
local function copy(name, size)
  local from, to, back = ('x'):rep(size), ffi.new('uint8_t[?]', size), ffi.new('uint8_t[?]', size)
  floors[name] = function(n)
    for i = 1, n do
      ffi.copy(to, from, size)
      ffi.copy(back, to, size)
    end
    return back[0]
  end
end
copy('copy 64 KiB', 65536)
copy('copy 1 MiB', 1048576)
return floors
"""


def users(count: int) -> list[component.Record]:
    made = []
    for i in range(count):
        record = component.Record()
        record.id, record.name, record.tags, record.active = i, f"Alice{i}", ["admin", "dev"], True  # type: ignore[attr-defined]
        made.append(record)
    return made


def fastest(functions: dict[str, tuple[Callable[[int], Any], int]], rounds: int) -> dict[str, float]:
    """Times each function's n calls in turns; gives nanoseconds per call of the fastest round."""
    best: dict[str, float] = {}
    for name, (function, count) in functions.items():
        function(max(count // 10, 1))
        best[name] = float("inf")
    for _ in range(rounds):
        for name, (function, count) in functions.items():
            started = time.perf_counter_ns()
            function(count)
            best[name] = min(best[name], (time.perf_counter_ns() - started) / count)
    return best


def measure(quick: bool = False) -> dict[str, tuple[float, float, float | None]]:
    """Gives for each row nanoseconds per call: moonwit, wasmtime-py, floor."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "_index.yaml").write_text(PROJECT)
        Path(folder, "guest.wat").write_text(GUEST)
        registry = load(Path(folder), KINDS)
        assert not registry.errors, registry.errors
        lua, boot = new_state(Entries(registry).callbacks())
        loops = lua.execute(
            b"""local text, modules = ... return assert(require('lua.scripts.scripts').script(text, '=bench', modules))()""",
            SCRIPT,
            lua.execute(b"return require 'stdlib.modules'"),
        )
        loops[b"mul"](1)
        floors = lua.execute(FLOOR, boot[b"calls"], lua.execute(b"return require('lua.wasmtime.api').C"))

        store = Store(engine.shared_engine())
        store.set_epoch_deadline(engine.NO_LIMIT)
        guest = component.Component(engine.shared_engine(), wat2wasm(GUEST))
        linker = component.Linker(engine.shared_engine())
        instance = linker.instantiate(store, guest)

        def peer(name: str, *arguments: Any) -> Callable[[int], Any]:
            function = instance.get_func(store, name)
            assert function is not None

            def run(count: int) -> None:
                for _ in range(count):
                    function(store, *arguments)

            return run

        def instantiate(count: int) -> None:
            # A store holds 10,000 instances at most, and keeps them until it is closed.
            fresh = Store(engine.shared_engine())
            fresh.set_epoch_deadline(engine.NO_LIMIT)
            for _ in range(count):
                linker.instantiate(fresh, guest)
            fresh.close()

        bytes_64k, bytes_1m = b"x" * 65536, b"x" * 1048576
        rows: list[tuple[str, int, Callable[[int], Any], int, str | None, int]] = [
            # name, our count, wasmtime-py's function and count, the floor and its count
            ("mul", 1_000_000, peer("mul", 6, 7), 5_000, "call", 1_000_000),
            ("string 16 B", 100_000, peer("text", "x" * 16), 3_000, None, 0),
            ("string 64 KiB", 3_000, peer("text", "x" * 65536), 500, "copy 64 KiB", 3_000),
            ("3 records", 30_000, peer("users", users(3)), 300, None, 0),
            ("1000 records", 100, peer("users", users(1000)), 3, None, 0),
            ("list<u8> 64 KiB", 3_000, peer("octets", bytes_64k), 10, "copy 64 KiB", 3_000),
            ("list<u8> 1 MiB", 200, peer("octets", bytes_1m), 1, "copy 1 MiB", 200),
            ("list<f64> 10,000", 300, peer("floats", [i + 0.5 for i in range(10000)]), 3, None, 0),
        ]
        rounds, less = (3, 10) if quick else (7, 1)
        result = {}
        for name, ours, theirs, their_count, floor, floor_count in rows:
            functions = {"moonwit": (loops[name.encode()], max(ours // less, 1)), "wasmtime-py": (theirs, max(their_count // less, 1))}
            if floor is not None:
                functions["floor"] = (floors[floor.encode()], max(floor_count // less, 1))
            best = fastest(functions, rounds)
            result[name] = best["moonwit"], best["wasmtime-py"], best.get("floor")
        best = fastest({"moonwit": (loops[b"inline"], 5_000 // less), "wasmtime-py": (instantiate, 5_000 // less)}, rounds)
        result["inline call"] = best["moonwit"], best["wasmtime-py"], best["wasmtime-py"]
        store.close()
        boot[b"close"]()
        return result


def shown(nanoseconds: float) -> str:
    if nanoseconds < 10_000:
        return f"{nanoseconds:.1f} ns" if nanoseconds < 100 else f"{nanoseconds:.0f} ns"
    return f"{nanoseconds / 1e3:.1f} us" if nanoseconds < 1e6 else f"{nanoseconds / 1e6:.2f} ms"


def main() -> None:
    print(f"{'one call':18} {'moonwit':>10} {'wasmtime-py':>12} {'faster by':>10} {'floor':>10} {'of floor':>9}")
    for name, (ours, theirs, floor) in measure("--quick" in sys.argv[1:]).items():
        times = f"{theirs / ours:.0f}x" if theirs / ours >= 10 else f"{theirs / ours:.2f}x"
        tail = f"{shown(floor):>10} {f'{ours / floor:.2f}x':>9}" if floor is not None else ""
        print(f"{name:18} {shown(ours):>10} {shown(theirs):>12} {times:>10} {tail}".rstrip())


if __name__ == "__main__":
    main()
