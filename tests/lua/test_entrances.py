"""The C calls that come back into Lua: they stand in one module, none of them compiled, also where the stack is nearly full."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.abi.conftest import ROOT, State, opened  # noqa: F401 -- the fixture
from tests.abi.leaving import WAITS

RUNS = ("wasmtime_func_call_unchecked", "wasmtime_instance_new", "wasmtime_call_future_poll", "wasmtime_call_future_delete")
# What else makes these calls, and how often; none of them where a function of the host could be called.
ELSEWHERE = {
    # Text of generated code: where there is no linker, and for a realloc behind the gate.
    ("lua/abi/generate.lua", "wasmtime_func_call_unchecked"): 1,
    # Where there is no linker.
    ("lua/guest/build.lua", "wasmtime_func_call_unchecked"): 1,
    ("lua/guest/build.lua", "wasmtime_instance_new"): 1,
    # A call that has ended.
    ("lua/calls/turns.lua", "wasmtime_call_future_delete"): 1,
    # A realloc or post-return behind the gate, and calls that have ended.
    ("lua/guest/fibers.lua", "wasmtime_call_future_poll"): 2,
    ("lua/guest/fibers.lua", "wasmtime_call_future_delete"): 2,
}  # fmt: skip


def test_what_runs_a_guest_is_called_in_known_places() -> None:
    """A new call of these belongs into lua/wasmtime/entrances.lua, or behind a reason of its own."""
    found = {}
    for path in [*ROOT.glob("lua/**/*.lua"), *ROOT.glob("stdlib/**/*.lua")]:
        name = str(path.relative_to(ROOT))
        for function in RUNS:
            count = len(re.findall(rf"\bC\.{function}\b", path.read_text(encoding="utf-8")))
            if count and name not in ("lua/wasmtime/entrances.lua", "lua/wasmtime/api.lua"):
                found[name, function] = count
    assert found == ELSEWHERE


def test_nothing_that_comes_back_is_compiled(opened: Callable[..., State]) -> None:      # noqa: F811
    """LuaJIT gives up a trace at each of these functions, however often they run."""
    state = opened([], {})
    assert state.run("""
        local entrances, ffi, wasmtime = require 'lua.wasmtime.entrances', require 'ffi', require 'lua.wasmtime.api'
        local real, calls = wasmtime.C, 0
        local function count() calls = calls + 1 return nil end
        wasmtime.C = setmetatable({}, { __index = function() return count end })
        local inside, recorded = {}, {}
        jit.attach(function(_, func) recorded[func] = true end, 'record')
        jit.attach(function(what)
          if what == 'stop' then for func in pairs(recorded) do inside[func] = true end end
          recorded = {}
        end, 'trace')
        local function control() return wasmtime.C.any() end
        for i = 1, 1000 do control() end
        for _, name in ipairs { 'call', 'make', 'poll', 'delete' } do
          for i = 1, 1000 do entrances[name]() end
          for i = 1, 1000 do local f = entrances[name] f() f() end
        end
        wasmtime.C = real
        if not inside[control] then return 'nothing is compiled' end
        for name, f in pairs(entrances) do if inside[f] then return name end end
        return calls
    """) == 1000 + 4 * 3000


GUEST = f"""(component {WAITS}
 (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
 (alias export $r "get-random-u64" (func $tick)) (core func $tick (canon lower (func $tick)))
 (core module $m (import "" "tick" (func $tick (result i64))) (import "" "stdout" (func (result i32)))
  (func (export "f") (result i32) (drop (call $tick)) (i32.const 7)))
 (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) (export "stdout" (func $stdout))))))
 (func (export "f") (result u32) (canon lift (core func $i "f"))))"""
# Frames of each size, with the call of a guest at each depth near the one where the stack is full.
DEEP = """
 local funcs = require "funcs"
 local id = ...
 local tries, good = 0, 0
 for size = 1, 40, 3 do
   local names = {}
   for i = 1, size do names[i] = "a" .. i end
   local text = ("local last = ... local function down(n) local %s = n if n == 0 then return last() end return (down(n - 1)) end")
     :format(table.concat(names, ",")) .. " return down"
   local plain = loadstring(text)(function() return 7 end)
   local down = loadstring(text)(function() return funcs.call(id) end)
   local low, high = 1, 66000
   while high - low > 1 do
     local middle = math.floor((low + high) / 2)
     if pcall(plain, middle) then low = middle else high = middle end
   end
   for n = low - math.ceil(1600 / (size + 3)), low + 2 do
     local ok, value = pcall(down, n)
     tries = tries + 1
     if ok and value == 7 then good = good + 1 elseif ok or not tostring(value):find "stack overflow" then error(tostring(value), 0) end
   end
 end
 for i = 1, 100 do if funcs.call(id) ~= 7 then error("lost", 0) end end
 error(good > 0 and good < tries and "good", 0)"""


@pytest.mark.parametrize("grants", ["wasi:random", "wasi:random, wasi:cli"])
def test_a_guest_that_is_called_where_the_stack_is_nearly_full(opened: Callable[..., State], grants: str) -> None:      # noqa: F811
    """Either the call works or it is a stack overflow of the script; the places of the pool are all there afterwards."""
    from moonwit.lua.values import buffer

    fields = f"kind: function.wat, source: file://g.wat, method: f, imports: [{grants}], pool: {{type: lazy, max_size: 2}}"
    state = opened([f"name: f, {fields}"], {"g.wat": GUEST})
    assert buffer.decode(state.boot[b"run"](DEEP.encode(), b"@s.lua", buffer.encode(["t:f"]))[0]).message == "good"
