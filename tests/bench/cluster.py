"""Calls on a cluster: what the engine takes for a task is the floor beside them.

Run: python -m tests.bench.cluster [--calls N]

One scheduler and two workers of one thread each, as processes of this machine, which has to give each of them and the caller a core for
figures that say something.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.cluster.engine import Engine
from tests.projects import entry, opened

SQUARE = "(module (func (export \"square\") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))"
NAP = "local time = require 'time' return function(d) time.sleep(d) return d end"
ASYNC = """
local funcs = require 'funcs'
local n = tonumber(({...})[1])
local all = {}
for i = 1, n do all[i] = funcs.async('t:square', i % 1000) end
for i = 1, n do assert(all[i]:await() == (i % 1000) ^ 2) end
"""
MAP = """
local funcs, group = require 'funcs', require 'group'
local n = tonumber(({...})[1])
local items = {}
for i = 1, n do items[i] = i % 1000 end
local out = assert(group.map(items, function(i) return funcs.call('t:square', i) end))
assert(#out == n)
"""
NAPS = """
local funcs = require 'funcs'
local all = {}
for i = 1, 400 do all[i] = funcs.async('t:nap', '50ms') end
for i = 1, 400 do assert(all[i]:await()) end
"""


def measure(calls: int) -> dict[str, float]:
    """Gives tiny calls a second by ``funcs.async`` and by ``group.map``, the calls of a task; how many times the ideal 400 naps take; and
    a single call there and back, beside the engine's own, in milliseconds."""
    from distributed import Client

    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        try:
            entries = (
                entry("farm", "cluster.dask", address=engine.address),
                entry("square", source=SQUARE, method="square", pool={"cluster": "t:farm"}),
                entry("nap", "function.lua", source=NAP, modules=["time"], pool={"cluster": "t:farm"}),
            )
            with opened(Path(folder, "p"), *entries) as project, Client(engine.address) as client:
                for _ in range(50):
                    project.call("t:square", 3)
                    project.call("t:nap", "1ms")

                def take(script: str) -> float:
                    began = time.perf_counter()
                    project.run_script(script, arguments=[str(calls)])
                    return time.perf_counter() - began

                result = {"async": calls / take(ASYNC), "map": calls / take(MAP)}
                result["async"] = max(result["async"], calls / take(ASYNC))
                result["naps"] = take(NAPS) / (400 * 0.05 / 2)
                single, engines = [], []
                for i in range(60):
                    began = time.perf_counter()
                    project.call("t:square", 3)
                    single.append(time.perf_counter() - began)
                    began = time.perf_counter()
                    client.submit(pow, i, 2, pure=False).result()
                    engines.append(time.perf_counter() - began)
                result["single"], result["engine"] = sorted(single)[30] * 1e3, sorted(engines)[30] * 1e3
                return result
        finally:
            engine.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    result = measure(parser.parse_args().calls)
    print(f"tiny calls by funcs.async {result['async']:10,.0f} a second")
    print(f"tiny calls by group.map   {result['map']:10,.0f} a second")
    print(f"400 calls of 50 ms        {result['naps']:10.2f} of the ideal of two threads")
    times = result["single"] / result["engine"]
    print(f"a call there and back     {result['single']:10.2f} ms, {times:.2f} of the engine's submit().result()")


if __name__ == "__main__":
    main()
