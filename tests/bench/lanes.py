"""Compares work in several lanes with the same work in one, in one run.

Run: python tests/bench/lanes.py [--quick]

Times are the fastest of several rounds, taken in turns; only their ratios mean anything. How late a ticker is, is told for a machine
that does nothing else beside it, and for one with 1000 guests asleep and others that compute in two workers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import moonwit

_SPEC = importlib.util.spec_from_file_location("soak", Path(__file__).parents[1] / "soak" / "soak.py")
assert _SPEC is not None and _SPEC.loader is not None
_soak: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_soak)
entry = _soak.entry

GRANTED = textwrap.indent(Path(__file__).with_name("granted.wat").read_text(), " " * 6)
MUL = """
      (module (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1))))
"""
WORK = """
      (module (func (export "work") (param i64) (result i64)
        (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0)))) (i64.const 5)))
"""
POOLS = {
    "none given": "{}",
    "lazy": "{type: lazy}",
    "static": "{type: static, workers: 2}",
    "adaptive": "{type: adaptive}",
}

# Each gives a number: nanoseconds per call, or the milliseconds that something took.
MEASURE = """
      local measures = {}
      local function since(began) return time.since(began):nanoseconds() end
      -- Each id has a loop of its own, for LuaJIT to compile by itself.
      local loops = {}
      function measures.call(n, id)
        loops[id] = loops[id] or load("local call, id = ... return function(n) for i = 1, n do call(id, 6, i) end end")(funcs.call, id)
        local began = time.now()
        loops[id](n)
        return since(began) / n
      end
      function measures.await(n, id)
        local began = time.now()
        for i = 1, n do funcs.async(id, 6, i):await() end
        return since(began) / n
      end
      function measures.far(n)
        local began = time.now()
        for i = 1, n do funcs.call("b:same", i) end
        return since(began) / n
      end
      function measures.together(n, rounds)
        local began, futures = time.now(), {}
        for i = 1, 2 do futures[i] = funcs.async("b:work", n) end
        for i = 1, 2 do assert(futures[i]:await() == 5) end
        return since(began) / 1e6
      end
      function measures.alone(n)
        local began = time.now()
        for i = 1, 2 do assert(funcs.async("b:work", n):await() == 5) end
        return since(began) / 1e6
      end
      -- How late each tick of 10 ms is, in milliseconds: the half that is less late, and the latest.
      function measures.ticks(n)
        local late, began = {}, time.now()
        local ticker = time.ticker("10ms")
        for i = 1, n do
          ticker:channel():receive()
          late[i] = since(began) / 1e6 - 10 * i
        end
        ticker:stop()
        table.sort(late)
        return {late[math.ceil(n / 2)], late[n]}
      end
      function measures.busy_ticks(n, work)
        for _ = 1, 1000 do funcs.async("b:sleep", 10 * n + 1000) end
        local over = false
        for _ = 1, 2 do
          coroutine.spawn(function() while not over do funcs.call("b:work", work) end end)
        end
        time.sleep("300ms")
        local late = measures.ticks(n)
        over = true
        return late
      end
      return function(name, ...) return measures[name](...) end
"""
INDEX = 'version: "1.0"\nnamespace: b\nentries:\n' + "\n".join(
    [
        *(entry(f"mul_{i}", "function.wat", MUL, method="mul", pool=pool) for i, pool in enumerate(POOLS.values())),
        entry("granted", "function.wat", GRANTED, method="mul", imports='["wasi:clocks", "wasi:io"]'),
        entry("work", "function.wat", WORK, method="work", pool="{type: static, workers: 2}"),
        entry("sleep", "function.wat", _soak.SLEEPER, **_soak.WAITING, pool="{type: lazy, max_size: 2000}"),
        entry("same", "function.lua", "      return function(x) return x end", pool="{type: static, workers: 1}"),
        entry("measure", "function.lua", MEASURE, modules="[funcs, time]"),
    ]
)


def cores() -> float:
    """Gives what two threads that hash take, of one after the other: what this machine has to give now, whoever else uses it."""
    data, times = bytes(2**20), 0
    began = time.perf_counter()
    while (alone := time.perf_counter() - began) < 0.4:
        hashlib.sha256(data)
        times += 1

    def hash_half(_: int) -> None:
        for _ in range(times // 2):
            hashlib.sha256(data)

    with ThreadPoolExecutor(2) as threads:
        began = time.perf_counter()
        list(threads.map(hash_half, range(2)))
        return (time.perf_counter() - began) / alone


def measure(quick: bool = False) -> dict[str, Any]:
    """Gives nanoseconds per call of each pool and of calls to other lanes, milliseconds of the rest; and ``cores()`` as "machine"."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "_index.yaml").write_text(INDEX)
        with moonwit.open(folder) as project:
            assert project.registry is not None and not project.registry.problems, project.registry

            def take(name: str, *arguments: Any) -> Any:
                return project.call("b:measure", name, *arguments)

            work = 1_000_000
            take("alone", work)
            while (spent := take("alone", work)) < 400:
                work = int(work * min(max(450 / max(spent, 1), 1.2), 20))
            result: dict[str, Any] = {"idle": take("ticks", 50)}
            best: dict[str, float] = {}
            for _ in range(3 if quick else 7):
                for i, name in enumerate(POOLS):
                    best[name] = min(best.get(name, 1e18), take("call", 100_000, f"b:mul_{i}"))
                best["granted"] = min(best.get("granted", 1e18), take("call", 20_000, "b:granted"))
                best["async"] = min(best.get("async", 1e18), take("await", 100_000, "b:mul_0"))
                best["far"] = min(best.get("far", 1e18), take("far", 2_000))
                best["machine"] = min(best.get("machine", 1e18), cores())
                for name in ("together", "alone"):
                    best[name] = min(best.get(name, 1e18), take(name, work))
            result.update(best)
            result["busy"] = take("busy_ticks", 50 if quick else 200, work)
    return result


def other_lane(rounds: int) -> float:
    """Gives the nanoseconds of a call to another lane and back."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "_index.yaml").write_text(INDEX)
        with moonwit.open(folder) as project:
            return min(float(str(project.call("b:measure", "far", 2_000))) for _ in range(rounds))


def main() -> None:
    result = measure("--quick" in sys.argv[1:])
    base = result["none given"]
    for name in POOLS:
        print(f"mul, pool {name:12} {result[name]:8.1f} ns {result[name] / base:7.2f}x of the default pool")
    print(f"async and await of mul  {result['async']:8.1f} ns {result['async'] / base:7.2f}x of a call")
    print(f"mul, granted clocks     {result['granted']:8.1f} ns")
    print(f"a call to another lane and back {result['far'] / 1000:6.1f} us")
    together, alone = result["together"], result["alone"]
    print(f"two busy guests on two workers  {together:6.0f} ms {together / alone:7.2f}x of one after the other")
    print(f"two threads that hash                     {result['machine']:7.2f}x of one after the other")
    for name, what in (("idle", "alone"), ("busy", "beside two busy guests and 1000 asleep")):
        print(f"a tick of 10 ms is late by {result[name][0]:6.2f} ms half of the time, {result[name][1]:6.2f} ms at most, {what}")


if __name__ == "__main__":
    main()
