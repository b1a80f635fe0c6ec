"""Over a million calls in one process. Run as a program; prints memory, descriptors and threads after each round as JSON."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from pathlib import Path

from tests.abi.conftest import State

GUEST = """(component
 (core module $dtors (func (export "dtor") (param i32)))
 (core instance $d (instantiate $dtors))
 (type $thing' (resource (rep i32) (dtor (core func $d "dtor"))))
 (export $thing "thing" (type $thing'))
 (core func $new (canon resource.new $thing')) (core func $drop (canon resource.drop $thing'))
 (core module $m
  (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "consume") (param i32) (result i32) (call $drop (local.get 0)) (i32.const 1)))
 (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
 (func (export "make") (param "rep" u32) (result (own $thing)) (canon lift (core func $i "make")))
 (func (export "consume") (param "v" (own $thing)) (result u32) (canon lift (core func $i "consume"))))"""
PLAIN = """(component
 (core module $m
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
  (func (export "text") (param i32 i32) (result i32)
   (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (func (export "trap") (unreachable)))
 (core instance $i (instantiate $m))
 (func (export "mul") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "mul")))
 (func (export "text") (param "v" string) (result string)
  (canon lift (core func $i "text") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "trap") (canon lift (core func $i "trap"))))"""

LOOP = r"""
local calls = require 'lua.calls.calls'
local call = calls.call
-- A table keeps the size that it once had: how many handles, errors and instances wait for the collector at most is not left to chance.
local function collect(i)
  if i % 500 == 0 then collectgarbage() end
end
return function(share)
  for i = 1, 1000000 * share do
    if call('t:mul', 3, i % 1000) ~= 3 * (i % 1000) then error 'mul' end
  end
  for i = 1, 20000 * share do
    assert(call('t:mul-inline', 6, 7) == 42)
    collect(i)
  end
  for i = 1, 50000 * share do
    local text = 'a string of many ' .. i
    assert(call('t:text', text) == text)
    collect(i)
  end
  for i = 1, 20000 * share do
    local thing = assert(call('t:make', i))
    if i % 3 == 0 then thing:drop() elseif i % 3 == 1 then assert(call('t:consume', thing) == 1) end
    local other = assert(call('t:make-inline', i))
    if i % 3 == 0 then other:drop() elseif i % 3 == 1 then assert(call('t:consume', other) == 1) end
    collect(i)
  end
  for i = 1, 20000 * share do
    local value, problem = call 't:trap'
    assert(value == nil and problem:kind() == 'Internal')
    value, problem = call('t:mul', 'x', 1)
    assert(value == nil and problem:kind() == 'Invalid')
    value, problem = call('t:nothing', 1)
    assert(value == nil and problem:kind() == 'NotFound')
    collect(i)
  end
  -- How much of all this LuaJIT compiles, and how often, is left to chance too.
  jit.flush()
  for _ = 1, 3 do
    collectgarbage()
    call('t:make', 1)
  end
  local instances = 0
  for _ in pairs(require('lua.guest.instance').all) do instances = instances + 1 end
  return instances, collectgarbage 'count'
end
"""


def measure(instances: int, lua: float) -> dict[str, float]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
        "lua": lua * 1024,
        "instances": instances,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "mappings": len(Path("/proc/self/maps").read_text().splitlines()),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        entries = []
        for file, names in (("plain", ["mul", "text", "trap"]), ("things", ["make", "consume"])):
            for name in names:
                for suffix, extra in (("", ""), ("-inline", ", pool: {type: inline}")):
                    entries.append(f"name: {name}{suffix}, kind: function.wat, source: file://{file}.wat, method: {name}{extra}")
        state = State(Path(folder), entries, {"plain.wat": PLAIN, "things.wat": GUEST})
        run = state.run(LOOP)
        rounds = [measure(*run(share)) for share in (0.1, 0.4, 0.9)]
        print(json.dumps(rounds))
        state.close()


if __name__ == "__main__":
    main()
