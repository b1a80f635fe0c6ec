"""Run as a program: hot loops over guests with functions of the host, compiled by LuaJIT as eagerly as it can be made to.

python -m tests.abi.jitted FOLDER CALLS
"""

from __future__ import annotations

import sys
from pathlib import Path

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, OPTIONS, QUICK, component, lift

PLAIN = """(component
 (core module $m (memory (export "memory") 1) (global $n (mut i32) (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
   (global.set $n (i32.add (i32.const 1024) (i32.rem_u (i32.add (global.get $n) (i32.const 64)) (i32.const 8192)))) (global.get $n))
  (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
  (func (export "size") (param i32 i32) (result i32) (local.get 1)))
 (core instance $i (instantiate $m))
 (func (export "mul") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "mul")))
 (func (export "size") (param "text" string) (result u32)
  (canon lift (core func $i "size") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""

ROUND = """(func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (global.set $next (i32.add (i32.const 1024) (i32.rem_u (i32.add (global.get $next) (i32.const 64)) (i32.const 8192))))
  (global.get $next))"""
# The realloc lies behind a table, and post-return calls it in another module, so that nobody can prove that they call nothing of the host.
REALLOC = """(func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (call_indirect (type $realloc) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))"""
CORE = """
 (global $n (mut i32) (i32.const 1024))
 (func $r (param i32 i32 i32 i32) (result i32)
  (global.set $n (i32.add (i32.const 1024) (i32.rem_u (i32.add (global.get $n) (i32.const 64)) (i32.const 8192)))) (global.get $n))
 (elem (i32.const 0) $r)
 (func (export "look") (result i64) (call $wall (i32.const 64)) (i64.load (i32.const 64)))
 (func (export "bytes") (param i32) (result i32) (call $random (i64.extend_i32_u (local.get 0)) (i32.const 64)) (i32.const 64))
 (func (export "size") (param i32 i32) (result i32) (call $wall (i32.const 64)) (local.get 1))
 (func (export "post") (param i32)
  (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))))
 (func (export "trap") (param i32) (result i32) (if (local.get 0) (then (call $wall (i32.const -1)))) (i32.const 7))"""
LIFTS = (
    lift("look", "(result u64)")
    + lift("bytes", '(param "n" u32) (result (list u8))', OPTIONS + '(post-return (core func $i "post"))')
    + lift("size", '(param "text" string) (result u32)', OPTIONS)
    + lift("trap", '(param "now" bool) (result u32)')
)
NAPS = """
 (func (export "nap") (param i64) (result i32) (local $t i32)
  (local.set $t (call $duration (local.get 0))) (call $block (local.get $t)) (call $drop-pollable (local.get $t)) (i32.const 7))"""

SCRIPT = """
local funcs, time = require "funcs", require "time"
local calls = tonumber((...))
local wrong = 0
local function expect(value, err, wanted) if value ~= wanted then wrong = wrong + 1 print(value, err, wanted) end end
local function plain(n) for i = 1, n do local v, e = funcs.call("t:mul", i % 100, 3) expect(v, e, i % 100 * 3) end end
local function looks(n) for i = 1, n do if not (funcs.call("t:look") > 1e9) then wrong = wrong + 1 end end end
local function sizes(n) for i = 1, n do local v, e = funcs.call("t:size", ("x"):rep(i % 50)) expect(v, e, i % 50) end end
local function gets(n) for i = 1, n do expect(#funcs.call("t:bytes", i % 20), nil, i % 20) end end
local function waits(n) for i = 1, n do local v, e = funcs.call("t:nap", 0) expect(v, e, 7) end end
local function quick(n) for i = 1, n do local v, e = funcs.call("t:size-all", ("x"):rep(i % 50)) expect(v, e, i % 50) end end
local function leaves(n) for i = 1, n do
  local v, e = funcs.call("t:leaf", ("x"):rep(i % 50)) expect(v, e, i % 50)
  if i % 4 == 0 then v, e = funcs.call("t:leaf-all", "abcd") expect(v, e, 4) end
end end
local function traps(n) for i = 1, n do
  local v, e = funcs.call("t:trap", i % 100 == 0)
  if i % 100 ~= 0 then expect(v, e, 7) end
end end
local function mixed(n) for i = 1, n do
  local v, e = funcs.call("t:mul", i % 100, 3) expect(v, e, i % 100 * 3)
  if i % 3 == 0 then v, e = funcs.call("t:size", "abc") expect(v, e, 3) end
  if i % 5 == 0 then v, e = funcs.call("t:plain-size", "abc") expect(v, e, 3) end
  if i % 7 == 0 then v, e = funcs.call("t:nap", i % 2) expect(v, e, 7) end
end end
local all = { plain, looks, sizes, gets, waits, quick, leaves, traps, mixed }
for _, f in ipairs(all) do f(calls) end
for round = 1, 3 do
  for _, f in ipairs(all) do coroutine.spawn(f, calls / 10) end
  time.sleep("1s")
end
local kinds = { "t:mul", "t:trap", "t:look" }
-- One call site for all kinds of functions.
for i = 1, calls do
  local id = kinds[i % 3 + 1]
  if id == "t:mul" then funcs.call(id, 2, 3) elseif id == "t:trap" then funcs.call(id, false) else funcs.call(id) end
end
print("wrong", wrong)
"""


def main() -> None:
    folder, calls = Path(sys.argv[1]), int(sys.argv[2])
    text = component(CORE + NAPS, LIFTS + lift("nap", '(param "ns" u64) (result u32)'), REALLOC)
    methods = ("look", "bytes", "size", "trap")
    entries = [f"name: {name}, kind: function.wat, source: file://host.wat, method: {name}, {QUICK}" for name in methods]
    entries += [f"name: {name}-all, kind: function.wat, source: file://host.wat, method: {name}, {ALL}" for name in methods]
    entries += [f"name: nap, kind: function.wat, source: file://host.wat, method: nap, {ALL}"]
    entries += [
        "name: mul, kind: function.wat, source: file://plain.wat, method: mul",
        "name: plain-size, kind: function.wat, source: file://plain.wat, method: size",
    ]
    # The realloc of this one is known to call nothing of the host.
    size = '(func (export "size") (param i32 i32) (result i32) (call $wall (i32.const 64)) (local.get 1))'
    leaf = component(size, lift("size", '(param "text" string) (result u32)', OPTIONS), ROUND)
    for name, grants in (("leaf", QUICK), ("leaf-all", ALL)):
        entries.append(f"name: {name}, kind: function.wat, source: file://leaf.wat, method: size, {grants}")
    state = State(folder, entries, {"host.wat": text, "plain.wat": PLAIN, "leaf.wat": leaf})
    state.boot[b"test_clock"]()
    for option in sys.argv[3:]:
        state.run(f"require('jit.opt').start('{option}')")
    answer = state.boot[b"run"](SCRIPT.encode(), b"@s.lua", buffer.encode([str(calls)]))
    if answer is not None:
        print("failed:", buffer.decode(answer[0]).message)
    state.close()


if __name__ == "__main__":
    main()
