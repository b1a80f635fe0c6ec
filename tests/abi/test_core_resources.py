"""Core modules with resources of their own: a destructor is optional, and what a module imports it may not call while values are passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.test_leaving import LEFT, call

WIT = """resource counter { constructor(start: u32); get: func() -> u32; left: func() -> u32; absorb: func(other: counter) -> u32; }
size: func(text: string) -> u32;"""


def module(dtor: str) -> str:
    return f"""(module
 (import "[export]$root" "[resource-new]counter" (func $new (param i32) (result i32)))
 (import "[export]$root" "[resource-rep]counter" (func $rep (param i32) (result i32)))
 (import "[export]$root" "[resource-drop]counter" (func $drop (param i32)))
 (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
 (memory (export "memory") 1) (global $left (mut i32) (i32.const 0)) (global $bad (export "bad") (mut i32) (i32.const 0))
 {dtor}
 (func (export "[constructor]counter") (param i32) (result i32) (call $new (local.get 0)))
 (func (export "[method]counter.get") (param i32) (result i32) (local.get 0))
 (func (export "[method]counter.left") (param i32) (result i32) (global.get $left))
 (func (export "[method]counter.absorb") (param i32 i32) (result i32) (local $rep i32)
  (local.set $rep (call $rep (local.get 1))) (call $drop (local.get 1)) (local.get $rep))
 (func (export "size") (param i32 i32) (result i32) (local.get 1))
 (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (if (i32.eq (local.get 3) (i32.const 3)) (then (drop (call $yield))))
  (if (i32.eq (local.get 3) (i32.const 4)) (then (drop (call $new (i32.const 1)))))
  (i32.const 1024)))"""


DTOR = '(func (export "[dtor]counter") (param i32) (global.set $left (i32.add (global.get $left) (local.get 0))))'
METHODS = {"counter": "[constructor]counter", "size": "size"}


@pytest.fixture(params=["with", "without"])
def destructor(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with")


@pytest.mark.parametrize("grants", ["", "'wasi:random', 'wasi:cli'"])
def test_a_destructor_is_optional(opened: Callable[..., State], destructor: bool, grants: str) -> None:
    """Handles are made, used, given away, dropped and collected; the module's destructor is called for each that ends, if it has one."""
    wit = WIT.replace("\n", " ")
    fields = f'kind: function.wat, source: file://m.wat, imports: [{grants}], wit: "{wit}"'
    entries = [f"name: {name}, {fields}, method: '{path}'" for name, path in METHODS.items()]
    state = opened(entries, {"m.wat": module(DTOR if destructor else "")})
    source = b"""
      local funcs = require "funcs"
      local out = {}
      local function note(...) for i = 1, select("#", ...) do out[#out + 1] = tostring((select(i, ...))) end end
      local function counter(n) return funcs.call("t:counter", n) end
      local one, two, three, last = counter(1), counter(20), counter(300), counter(7)
      note(one:get(), two:get(), three:get(), last:left())
      one:drop()
      note(pcall(one.drop, one))
      note(last:left(), last:absorb(two), last:left())
      three = nil
      collectgarbage() collectgarbage()
      note(counter(5):left())
      for i = 1, 1000 do local c = counter(0) c:drop() end
      note(last:left())
      error(table.concat(out, " "), 0)"""
    found = buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
    gone = "this resource handle was dropped or handed to a guest"
    totals = (1, 21, 321, 321) if destructor else (0, 0, 0, 0)
    assert found.replace(gone, "gone") == "1 20 300 0 false gone {} 20 {} {} {}".format(*totals)
    # With four bytes to store the realloc makes a resource.
    assert call(state, "t:size", "abcd") == f"Internal size: {LEFT}"
    assert call(state, "t:size", "ab") == "2"


def test_a_core_module_may_not_leave_from_its_realloc(opened: Callable[..., State]) -> None:
    """What it is granted of WASI 0.1 is an import as any other."""
    fields = f'kind: function.wat, source: file://m.wat, imports: ["preview1"], wit: "{WIT}"'.replace("\n", " ")
    state = opened([f"name: size, {fields}, method: size"], {"m.wat": module(DTOR)})
    assert call(state, "t:size", "abc") == f"Internal size: {LEFT}"
    assert call(state, "t:size", "ab") == "2"
