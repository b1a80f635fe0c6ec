"""Compares switching between waiting coroutines with bare coroutine switches, in one run.

Run: python tests/bench/dispatcher.py [--quick]

Times are the fastest of several rounds, taken in turns; only their ratios mean anything. "bare" is what Lua itself costs: a
resume and a yield, or creating a coroutine and running it to its end.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

from moonwit.lua.lane.lane import new_state

# Ordinary script code, run in the sandbox: `loops.NAME(n)` does something n times. Each is the main function of a run.
SCRIPT = b"""
local loops = {}
function loops.ping_pong(n)
  -- A value there and a value back: each side waits once per round.
  local ping, pong = channel.new(), channel.new()
  coroutine.spawn(function() for i = 1, n do pong:send(ping:receive()) end end)
  for i = 1, n do ping:send(i) pong:receive() end
end
function loops.one_way(n)
  local c = channel.new()
  coroutine.spawn(function() for i = 1, n do c:send(i) end end)
  for i = 1, n do c:receive() end
end
function loops.buffered(n)
  local c = channel.new(100)
  coroutine.spawn(function() for i = 1, n do c:send(i) end end)
  for i = 1, n do c:receive() end
end
function loops.select(n)
  local a, b = channel.new(), channel.new()
  coroutine.spawn(function() for i = 1, n do b:send(i) end end)
  for i = 1, n do channel.select{a:case_receive(), b:case_receive()} end
end
function loops.spawn(n)
  local left, done = n, channel.new()
  local function work() left = left - 1 if left == 0 then done:send(true) end end
  for i = 1, n do
    coroutine.spawn(work)
    if i % 1000 == 0 then time.sleep(0) end
  end
  done:receive()
end
function loops.pause(n)
  local sleep = time.sleep
  for i = 1, n do sleep(0) end
end
function loops.timers(n)
  local sleep = time.sleep
  for i = 1, n do sleep(1) end
end
function loops.generator(n)
  -- A generator that waits: each value goes through a coroutine of the script's own.
  local c = channel.new()
  coroutine.spawn(function() for i = 1, n do c:send(i) end end)
  local next = coroutine.wrap(function() while true do coroutine.yield(c:receive()) end end)
  for i = 1, n do next() end
end
function loops.sleepers(n)
  local done = channel.new(n)
  for i = 1, n do coroutine.spawn(function() time.sleep(i % 97 * 1e6 + 1e6) done:send(true) end) end
  for i = 1, n do done:receive() end
end
return loops
"""

HARNESS = b"""
local source, modules = ...
local D = require 'lua.dispatcher.dispatcher'
local loops = assert(require('lua.scripts.scripts').script(source, '=bench', modules))()
local resume, yield, create = coroutine.resume, coroutine.yield, coroutine.create
local bare = {}
function bare.switch(n)
  local co = create(function() while true do yield() end end)
  for i = 1, n do resume(co) end
end
function bare.create(n)
  local f = function() end
  for i = 1, n do resume(create(f)) end
end
return function(name, n)
  local f = bare[name] or function(count) assert(D.run(loops[name], count)) end
  f(n)
end
"""


def measure(quick: bool = False) -> dict[str, float]:
    """Gives nanoseconds per round of each loop."""
    counts = {
        "switch": 1_000_000, "create": 100_000, "ping_pong": 300_000, "one_way": 300_000, "buffered": 300_000, "select": 100_000,
        "spawn": 100_000, "pause": 300_000, "timers": 300_000, "generator": 200_000, "sleepers": 10_000,
    }  # fmt: skip
    lua, boot = new_state({})
    boot[b"test_clock"]()
    modules = lua.execute(b"return require 'stdlib.modules'")
    run: Any = lua.execute(HARNESS, SCRIPT, modules)
    best = dict.fromkeys(counts, float("inf"))
    for _ in range(3 if quick else 7):
        for name, count in counts.items():
            count = count // 10 if quick else count
            started = time.perf_counter_ns()
            run(name.encode(), count)
            best[name] = min(best[name], (time.perf_counter_ns() - started) / count)
    return best


def main() -> None:
    best = measure("--quick" in sys.argv[1:])
    print(f"bare switch pair (resume and yield): {best['switch']:.0f} ns; bare create and finish: {best['create']:.0f} ns")
    rows = [
        ("channel ping-pong, two waits", best["ping_pong"], 2 * best["switch"], "of two bare pairs"),
        ("channel, one value", best["one_way"], best["switch"], "of a bare pair"),
        ("buffered channel, one value", best["buffered"], best["switch"], "of a bare pair"),
        ("select of two, one value", best["select"], best["switch"], "of a bare pair"),
        ("generator that receives, one value", best["generator"], 2 * best["switch"], "of two bare pairs"),
        ("time.sleep(0)", best["pause"], best["switch"], "of a bare pair"),
        ("time.sleep(1), alone", best["timers"], best["switch"], "of a bare pair"),
        ("spawn and finish", best["spawn"], best["create"], "of a bare one"),
        ("10,000 sleepers, each", best["sleepers"], best["create"], "of a bare one"),
    ]
    for name, ours, floor, what in rows:
        print(f"{name:36} {ours:8.0f} ns {ours / floor:7.2f}x {what}")
    far = other_lane(3 if "--quick" in sys.argv[1:] else 7)
    print(f"{'a call to another lane and back':36} {far:8.0f} ns {far / (2 * best['switch']):7.2f}x of two bare pairs")


def other_lane(rounds: int) -> float:
    spec = importlib.util.spec_from_file_location("lanes", Path(__file__).with_name("lanes.py"))
    assert spec is not None and spec.loader is not None
    lanes: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lanes)
    return float(lanes.other_lane(rounds))


if __name__ == "__main__":
    main()
