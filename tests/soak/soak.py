"""Mixes calls, traps, timeouts, cancels and wrong values, and looks whether each is answered once and nothing is left over.

Run: python tests/soak/soak.py [SECONDS]    (300 if left out; exits 1 when something is wrong)
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import moonwit
from moonwit.host.engine import engine, worker

# A guest that sleeps for so many milliseconds; its text is indented as in an index.
SLEEPER = Path(__file__).with_name("sleeper.wat").read_text()
ADD = """
      (component
        (core module $m (func (export "add") (param i32 i32) (result i32)
          (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable)) (i32.add (local.get 0) (local.get 1))))
        (core instance $i (instantiate $m))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
"""
SPIN = """
      (module (func (export "spin") (param i32) (result i32) (if (local.get 0) (then (loop $l (br $l)))) (i32.const 7)))
"""
NAP = """
      return function(duration, value)
        if value == "raise" then error("no luck") end
        time.sleep(duration)
        if value == "refuse" then return nil, errors.new{message = "busy", kind = errors.UNAVAILABLE, details = {left = 3}} end
        return value
      end
"""


def entry(name: str, kind: str, source: str, **fields: str) -> str:
    lines = [f"  - name: {name}", f"    kind: {kind}", *(f"    {key}: {value}" for key, value in fields.items())]
    return "\n".join([*lines, "    source: |", source.strip("\n")])


WAITING = {"method": "sleep", "imports": '["wasi:clocks", "wasi:io"]'}
LIMIT = "{max_execution_ms: 20}"
INDEX = 'version: "1.0"\nnamespace: t\nentries:\n' + "\n".join(
    [
        entry("add", "function.wat", ADD, method="add"),
        entry("fresh", "function.wat", ADD, method="add", pool="{type: inline}"),
        entry("ahead", "function.wat", ADD, method="add", pool="{type: adaptive, warm_start: true, reuse: false}"),
        entry("spin", "function.wat", SPIN, method="spin", limits=LIMIT),
        entry("spin_far", "function.wat", SPIN, method="spin", limits=LIMIT, pool="{type: static, workers: 2}"),
        entry("sleep", "function.wat", SLEEPER, **WAITING),
        entry("sleep_briefly", "function.wat", SLEEPER, **WAITING, limits=LIMIT),
        entry("nap", "function.lua", NAP, modules="[time, errors]"),
        entry("nap_far", "function.lua", NAP, modules="[time, errors]", pool="{type: static, workers: 3, buffer: 4}"),
        entry("nap_briefly", "function.lua", NAP, modules="[time, errors]", limits=LIMIT, pool="{type: static, workers: 2}"),
    ]
)

# Each operation makes one call, or some, and raises when an answer is not what it must be.
SCRIPT = """
local seconds, coroutines = tonumber((...)), tonumber(select(2, ...))
local operations, done = {}, {}
local function is(kind, value, err)
  if value ~= nil or err == nil or err:kind() ~= kind then
    error(("expected %s, got %s, %s"):format(kind, tostring(value), err and err:kind() .. ": " .. tostring(err) or "no error"), 2)
  end
end
local random = math.random
local function add(id)
  local a, b = random(100, 1e6), random(1e6)
  assert(funcs.call(id, a, b) == a + b)
end
function operations.add() for _ = 1, 100 do add("t:add") end end
function operations.fresh() add("t:fresh") end
function operations.ahead() add("t:ahead") end
function operations.trap() is(errors.INTERNAL, funcs.call("t:add", 13, 1)) end
function operations.trap_fresh() is(errors.INTERNAL, funcs.call("t:ahead", 13, 1)) end
function operations.wrong()
  is(errors.INVALID, funcs.call("t:add", {}, 1))
  is(errors.INVALID, funcs.call("t:add", 1))
  is(errors.INVALID, funcs.call("t:nap_far", print))
  is(errors.NOT_FOUND, funcs.call("t:no"))
end
function operations.spin()
  is(errors.TIMEOUT, funcs.call("t:spin", 1))
  local value, err = funcs.call("t:spin", 0)
  -- On a busy machine its limit may pass while it waits.
  if value ~= 7 then is(errors.TIMEOUT, value, err) end
end
function operations.spin_far() is(errors.TIMEOUT, funcs.call("t:spin_far", 1)) end
function operations.sleep() local ms = random(0, 5) assert(funcs.call("t:sleep", ms) == ms) end
function operations.sleep_limit() is(errors.TIMEOUT, funcs.call("t:sleep_briefly", 3600000)) end
function operations.sleep_cancel()
  local future = funcs.async("t:sleep", 3600000)
  time.sleep(random(0, 3) * 1e6)
  assert(future:cancel())
  is(errors.CANCELED, future:await())
end
function operations.nap() for _, id in ipairs{"t:nap", "t:nap_far"} do local n = random(1e9) assert(funcs.call(id, "1ms", n) == n) end end
function operations.nap_raise() for _, id in ipairs{"t:nap", "t:nap_far"} do is(errors.INTERNAL, funcs.call(id, "1ms", "raise")) end end
function operations.nap_refuse()
  for _, id in ipairs{"t:nap", "t:nap_far"} do
    local value, err = funcs.call(id, "1ms", "refuse")
    is(errors.UNAVAILABLE, value, err)
    assert(err:details().left == 3)
  end
end
function operations.nap_limit() is(errors.TIMEOUT, funcs.call("t:nap_briefly", "1h", 1)) end
function operations.nap_cancel()
  local futures = {}
  for i = 1, 6 do futures[i] = funcs.async(i % 2 == 0 and "t:nap" or "t:nap_briefly", "1h", i) end
  time.sleep(random(0, 3) * 1e6)
  for _, future in ipairs(futures) do
    local payloads = future:response()
    if future:cancel() then is(errors.CANCELED, future:await()) else is(errors.TIMEOUT, future:await()) end
    -- One answer, not two.
    payloads:receive()
    assert(channel.select{payloads:case_receive(), default = true}.default)
  end
end
function operations.patience()
  is(errors.TIMEOUT, funcs.new():with_options{timeout = random(1, 5)}:call("t:nap", "1h", 1))
  is(errors.TIMEOUT, funcs.new():with_options{timeout = random(1, 5)}:call("t:sleep", 3600000))
end
function operations.first_of_many()
  local futures, answers = {}, channel.new(4)
  for i = 1, 4 do
    futures[i] = funcs.async("t:sleep", i == 3 and 1 or 3600000)
    coroutine.spawn(function() local value, err = futures[i]:await() answers:send(value or 0) end)
  end
  assert(answers:receive() == 1)
  for i = 1, 4 do futures[i]:cancel() end
  for _ = 1, 3 do assert(answers:receive() == 0) end
end
local names = {}
for name in pairs(operations) do names[#names + 1] = name done[name] = {0, 0} end
table.sort(names)
local ends, left = time.now():add(seconds * 1e9), channel.new(coroutines)
for _ = 1, coroutines do
  coroutine.spawn(function()
    while time.now():before(ends) do
      local name = names[random(#names)]
      done[name][1] = done[name][1] + 1
      operations[name]()
      done[name][2] = done[name][2] + 1
      time.sleep(0)
    end
    left:send(true)
  end)
end
for _ = 1, coroutines do left:receive() end
for _, name in ipairs(names) do assert(done[name][1] == done[name][2], name) print(name, done[name][2]) end
"""


def resident() -> int:
    """Gives the process's resident memory in KiB."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Samples:
    """Memory and threads, looked at from time to time on a thread of its own."""

    def __init__(self, seconds: float) -> None:
        self.taken: list[tuple[float, int, int]] = []
        self._over = threading.Event()
        self._every = max(seconds / 60, 0.1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = time.monotonic()
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self.taken.append((time.monotonic() - self._began, resident(), threading.active_count()))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def soak(seconds: float, coroutines: int = 24, say: bool = False) -> dict[str, Any]:
    """Runs the mix for so long; raises when an answer is wrong. Gives memory (KiB) and threads over time and at the end."""
    engine.start_ticker()
    before = threading.active_count()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "_index.yaml").write_text(INDEX)
        with moonwit.open(folder) as project:
            assert project.registry is not None and not project.registry.problems, project.registry
            samples, calls, wrong = Samples(seconds), [0, 0], []
            ends = time.monotonic() + seconds

            def from_python(number: int) -> None:
                try:
                    while time.monotonic() < ends:
                        assert project.call("t:add", 20, number) == 20 + number
                        assert project.call("t:nap_far", "0s", number) == number
                        calls[number] += 2
                        time.sleep(0.005)
                except BaseException as problem:
                    wrong.append(problem)

            async def from_asyncio() -> int:
                made = 0
                while time.monotonic() < ends:
                    answers = await asyncio.gather(*(project.acall("t:add", 100, i) for i in range(10)))
                    assert answers == [100 + i for i in range(10)]
                    made += 10
                    await asyncio.sleep(0.01)
                return made

            threads = [threading.Thread(target=from_python, args=(number,)) for number in range(2)]
            script = project.start_script(SCRIPT.encode(), "=soak", [str(seconds), str(coroutines)])
            for thread in threads:
                thread.start()
            made = asyncio.run(from_asyncio())
            for thread in threads:
                thread.join()
            script.result()
            samples.stop()
            statistics = project.statistics()
        assert not wrong, wrong
        left = wait_for_threads(before)
    if say:
        print(f"from Python: {sum(calls)} calls of two threads, {made} of asyncio")
        for id, counted in statistics.items():
            print(f"{id}: {counted['calls']} calls, {counted['errors']} errors, {counted['timeouts']} timeouts, {counted['instances']}")
        for at, memory, count in samples.taken[:: max(len(samples.taken) // 15, 1)]:
            print(f"{at:6.1f} s  {memory / 1024:7.1f} MiB  {count} threads")
    return {"samples": samples.taken, "threads_before": before, "threads_after": left, "statistics": statistics}


def wait_for_threads(most: int) -> int:
    """Gives how many threads there are besides idle workers, once they are no more than ``most``, or after 40 seconds."""
    for _ in range(400):
        if threading.active_count() - worker.idle() <= most:
            break
        time.sleep(0.1)
    return threading.active_count() - worker.idle()


def growth(samples: list[tuple[float, int, int]]) -> float:
    """Gives by what share memory grew from the second quarter to the last: the least of each, as garbage comes and goes."""
    quarter = max(len(samples) // 4, 1)
    early = min(memory for _, memory, _ in samples[quarter : 2 * quarter] or samples)
    late = min(memory for _, memory, _ in samples[-quarter:])
    return late / early - 1


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    result = soak(seconds, say=True)
    grown = growth(result["samples"])
    print(f"memory: {grown:+.1%}; threads: {result['threads_before']} before, {result['threads_after']} after; pid {os.getpid()}")
    return 1 if grown > 0.1 or result["threads_after"] > result["threads_before"] else 0


if __name__ == "__main__":
    sys.exit(main())
