"""A handle is taken only as what it is: of its resource, its component, its instance, alive, and given once where it is given away."""

from __future__ import annotations

import pytest

from tests.abi.conftest import State
from tests.abi.hostile import Opened, guest

TYPES = """
 (type $a' (resource (rep i32))) (export $a "a" (type $a')) (core func $new-a (canon resource.new $a'))
 (core func $rep-a (canon resource.rep $a'))
 (type $b' (resource (rep i32))) (export $b "b" (type $b')) (core func $new-b (canon resource.new $b'))
 (core func $rep-b (canon resource.rep $b'))"""
WITH = """(with "" (instance (export "new-a" (func $new-a)) (export "new-b" (func $new-b))
 (export "rep-a" (func $rep-a)) (export "rep-b" (func $rep-b))))"""
CORE = """(import "" "new-a" (func $new-a (param i32) (result i32))) (import "" "new-b" (func $new-b (param i32) (result i32)))
 (import "" "rep-a" (func $rep-a (param i32) (result i32))) (import "" "rep-b" (func $rep-b (param i32) (result i32)))
 (memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
 (func (export "make-a") (param i32) (result i32) (call $new-a (local.get 0)))
 (func (export "make-b") (param i32) (result i32) (call $new-b (local.get 0)))
 (func (export "pair") (param i32 i32) (result i32)
  (i32.store (i32.const 16) (call $new-b (local.get 0))) (i32.store (i32.const 20) (call $new-b (local.get 1))) (i32.const 16))
 (func (export "look-a") (param i32) (result i32) (local.get 0))
 (func (export "look-b") (param i32) (result i32) (local.get 0))
 (func (export "eat-b") (param i32) (result i32) (call $rep-b (local.get 0)))
 (func (export "two-b") (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 1000)) (local.get 1)))
 (func (export "mix-b") (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 1000)) (call $rep-b (local.get 1))))
 (func (export "xim-b") (param i32 i32) (result i32) (i32.add (i32.mul (call $rep-b (local.get 0)) (i32.const 1000)) (local.get 1)))
 (func (export "own-b") (param i32 i32) (result i32)
  (i32.add (i32.mul (call $rep-b (local.get 0)) (i32.const 1000)) (call $rep-b (local.get 1))))
 (func (export "ab") (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 1000)) (local.get 1)))
 (func (export "list") (param i32 i32) (result i32) (local.get 1))
 (func (export "maybe") (param i32 i32) (result i32) (local.get 1))"""
LIFTS = {
    "make-a": '(param "n" u32) (result (own $a))', "make-b": '(param "n" u32) (result (own $b))',
    "pair": '(param "n" u32) (param "m" u32) (result (tuple (own $b) (own $b)))',
    "look-a": '(param "v" (borrow $a)) (result u32)', "look-b": '(param "v" (borrow $b)) (result u32)',
    "eat-b": '(param "v" (own $b)) (result u32)', "two-b": '(param "v" (borrow $b)) (param "w" (borrow $b)) (result u32)',
    "mix-b": '(param "v" (borrow $b)) (param "w" (own $b)) (result u32)',
    "xim-b": '(param "v" (own $b)) (param "w" (borrow $b)) (result u32)',
    "own-b": '(param "v" (own $b)) (param "w" (own $b)) (result u32)', "ab": '(param "v" (borrow $a)) (param "w" (borrow $b)) (result u32)',
    "list": '(param "v" (list (borrow $b))) (result u32)', "maybe": '(param "v" (option (borrow $b))) (result u32)',
}  # fmt: skip
OPTIONS = '(memory (core memory $i "memory")) (realloc (core func $i "realloc"))'
START = """
local calls = require 'lua.calls.calls'
function works(name, ...)
  local value, problem = calls.call('t:' .. name, ...)
  if problem ~= nil then error(name .. ': ' .. problem:message(), 2) end
  return value
end
function refused(text, name, ...)
  local value, problem = calls.call('t:' .. name, ...)
  if problem == nil then error(name .. ' succeeds', 2) end
  if problem:kind() ~= 'Invalid' or not problem:message():find(text, 1, true) then error(problem:kind() .. ' ' .. problem:message(), 2) end
end
"""
ANOTHER, GONE = (
    "this handle belongs to another instance, or is given more than once",
    "this resource handle was dropped or handed to a guest",
)


@pytest.fixture(params=["kept", "fresh"])
def state(opened: Opened, request: pytest.FixtureRequest) -> State:
    """Entries that share an instance, and entries each call of which has one of its own."""
    return made(opened, request.param == "fresh")


def made(opened: Opened, fresh: bool) -> State:
    """Two components with the same resources and functions; those of the second are named other-."""
    lifts = "".join(f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {OPTIONS}))' for name, type in LIFTS.items())
    pool = ", pool: {type: inline}" if fresh else ""
    fields = f"kind: function.wat{pool}"
    entries = [f"name: {name}, {fields}, source: file://one.wat, method: {name}" for name in LIFTS]
    entries += [f"name: other-{name}, {fields}, source: file://two.wat, method: {name}" for name in LIFTS]
    # The second has another address for its memory, which makes it another component.
    two = CORE.replace('(memory (export "memory") 1)', '(memory (export "memory") 2)')
    state: State = opened(entries, {"one.wat": guest(CORE, lifts, TYPES, WITH), "two.wat": guest(two, lifts, TYPES, WITH)})
    state.run(START)
    return state


def test_the_resource(state: State) -> None:
    """A handle of one resource is none of another of the same component, by itself, in a list, or beside a good one."""
    state.run("""
      local a, b = works('make-a', 5), works('make-b', 6)
      assert(works('look-a', a) == 5 and works('look-b', b) == 6)
      refused('expected a handle of the resource b, got a handle', 'look-b', a)
      refused('expected a handle of the resource a, got b handle', 'look-a', b)
      refused('expected a handle of the resource b, got a handle', 'eat-b', a)
      refused('expected a handle of the resource b, got a handle', 'list', { a })
      refused('expected a handle of the resource b, got a handle', 'maybe', a)
      assert(works('look-a', a) == 5 and works('look-b', b) == 6 and works('maybe', b) ~= nil and works('list', { b }) == 1)
    """)


def test_the_component(state: State) -> None:
    """A handle of another component is refused, though its resource has the same name and number there."""
    state.run("""
      local mine, other = works('make-b', 5), works('other-make-b', 6)
      refused('(v: borrow<b>): this handle belongs to an instance of t:other-make-b, which is of another binary', 'look-b', other)
      refused('(v: borrow<b>): this handle belongs to an instance of t:make-b, which is of another binary', 'other-look-b', mine)
      refused('this handle belongs to an instance of t:other-make-b', 'eat-b', other)
      refused('[2]: this handle belongs to an instance of t:other-make-b', 'list', { mine, other })
      assert(works('look-b', mine) == 5 and works('other-look-b', other) == 6)
    """)


def test_the_instance(opened: Opened) -> None:
    """All handles of a call belong to one instance; which one, the first says."""
    made(opened, True).run(f"""
      local pair, alone = works('pair', 3, 4), works('make-b', 5)
      assert(works('two-b', pair[1], pair[2]) == 3004)
      refused('parameter 2 (w: borrow<b>): {ANOTHER}', 'two-b', pair[1], alone)
      refused('parameter 2 (w: borrow<b>): {ANOTHER}', 'two-b', alone, pair[1])
      refused('parameter 2 (w: b): {ANOTHER}', 'mix-b', pair[1], alone)
      refused('[2]: {ANOTHER}', 'list', {{ pair[1], alone }})
      refused('{ANOTHER}', 'ab', works('make-a', 1), pair[1])
      assert(works('look-b', alone) == 5 and works('two-b', pair[2], pair[1]) == 4003)
    """)


def test_given_twice(state: State) -> None:
    """A handle may be lent twice, and not be given away beside anything else; a refusal changes nothing."""
    state.run(f"""
      local pair = works('pair', 3, 4)
      local v, w = pair[1], pair[2]
      assert(works('two-b', v, v) == 3003)
      for _, name in ipairs {{ 'mix-b', 'xim-b', 'own-b' }} do
        refused('{ANOTHER}', name, v, v)
        refused('{ANOTHER}', name, w, w)
      end
      assert(works('look-b', v) == 3 and works('look-b', w) == 4)
      assert(works('list', {{ v, v, w }}) == 3)
      assert(works('mix-b', v, w) == 3004)
      refused('{GONE}', 'look-b', w)
      refused('{GONE}', 'two-b', v, w)
      assert(works('look-b', v) == 3)
      local again = works('pair', 5, 6)
      assert(works('xim-b', again[1], again[2]) == 5006)
      refused('{GONE}', 'look-b', again[1])
      assert(works('look-b', again[2]) == 6)
      local both = works('pair', 7, 8)
      assert(works('own-b', both[2], both[1]) == 8007)
      refused('{GONE}', 'eat-b', both[1])
      refused('{GONE}', 'eat-b', both[2])
    """)


def test_two_calls_are_judged_apart(state: State) -> None:
    """What was lent to one call may be given to the next, and what a refused call looked at too."""
    state.run("""
      local v = works('make-b', 3)
      assert(works('look-b', v) == 3)
      refused('another instance', 'mix-b', v, v)
      refused('another instance', 'xim-b', v, v)
      assert(works('look-b', v) == 3 and works('eat-b', v) == 3)
    """)


def test_what_is_no_handle(state: State) -> None:
    """Nothing that looks like a handle is one."""
    state.run("""
      local v = works('make-b', 3)
      for _, value in ipairs { 1, 0, 'b handle 1', {}, 1ULL, 3LL, require('ffi').new('int[1]'), print, true } do
        refused('expected a handle of the resource b, got ', 'look-b', value)
        refused('expected a handle of the resource b, got ', 'eat-b', value)
      end
      refused('expected a handle of the resource b, got wit.none', 'look-b', require('lua.values.optional').none)
      assert(works('look-b', v) == 3)
    """)


def test_what_a_script_may_do_with_one(state: State) -> None:
    """It can't be changed or made; equal is what stands for the same; its text tells the resource."""
    state.run("""
      local ffi = require 'ffi'
      local v, w = works('make-b', 3), works('make-b', 3)
      assert(tostring(v):find '^b handle %d+$' and v == v and v ~= w and not (v == 3) and not (v == ffi.new 'int[1]'))
      for _, change in ipairs { function() v.x = 1 end, function() v.drop = print end } do
        local ok, problem = pcall(change)
        assert(not ok and problem:find("^%[string.*a resource handle can't be changed"), problem)
      end
      assert(not pcall(function() v.number = 1 end) and works('look-b', v) == 3)
      v:drop()
      assert(tostring(v) == 'resource handle (gone)' and v ~= v)
      local ok, problem = pcall(v.drop, v)
      assert(not ok and problem:find 'was dropped or handed to a guest' and not problem:find 'handles%.lua', problem)
      ok, problem = pcall(v.drop, w)
      assert(ok, problem)
      ok, problem = pcall(v.drop, 5)
      assert(not ok and problem:find 'was dropped or handed to a guest' and not problem:find 'handles%.lua', problem)
      ok, problem = pcall(function() return w.name end)
      assert(not ok and problem:find '^%[string.*:%d+: this resource handle was dropped or handed to a guest$', problem)
      ok, problem = pcall(function() v:drop() return 1 end)
      assert(not ok and problem:find '^%[string.*:%d+: this resource handle was dropped or handed to a guest$', problem)
    """)
