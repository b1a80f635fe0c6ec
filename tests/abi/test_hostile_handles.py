"""Resource handles in the hands of guests and scripts that misuse them."""

from __future__ import annotations

import textwrap

import pytest

from tests.abi.conftest import State
from tests.abi.hostile import Caller, Opened, guest, lift

HANDLES = """
 (type $thing' (resource (rep i32) (dtor (core func $d "dtor")))) (export $thing "thing" (type $thing'))
 (core func $new (canon resource.new $thing'))
 (core func $rep (canon resource.rep $thing')) (core func $drop (canon resource.drop $thing'))"""
DTOR = """(core module $dtors (global $gone (mut i32) (i32.const 0))
  (func (export "gone") (result i32) (global.get $gone))
  (func (export "dtor") (param i32) (if (i32.eq (local.get 0) (i32.const 666)) (then (unreachable)))
   (global.set $gone (i32.add (global.get $gone) (i32.const 1)))))
 (core instance $d (instantiate $dtors))"""
WITH = """(with "" (instance
 (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop)) (export "gone" (func $d "gone"))))"""
KEEPER = """(import "" "new" (func $new (param i32) (result i32))) (import "" "rep" (func $rep (param i32) (result i32)))
 (import "" "drop" (func $drop (param i32))) (import "" "gone" (func $gone (result i32)))
 (memory (export "memory") 1) (global $last (mut i32) (i32.const 0))
 (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
 (func (export "make") (param i32) (result i32) (global.set $last (call $new (local.get 0))) (global.get $last))
 (func (export "raw") (param i32) (result i32) (local.get 0))
 (func (export "again") (result i32) (global.get $last))
 (func (export "look") (param i32) (result i32) (local.get 0))
 (func (export "consume") (param i32) (result i32) (local $rep i32)
  (local.set $rep (call $rep (local.get 0))) (call $drop (local.get 0)) (local.get $rep))
 (func (export "wrong") (param i32) (call $drop (i32.add (local.get 0) (i32.const 1000))))
 (func (export "both") (param i32 i32) (result i32) (i32.const 1))
 (func (export "all") (param i32 i32) (result i32) (local.get 1))
 (func (export "gone") (result i32) (call $gone))
 (func (export "fill") (loop $more (drop (call $new (i32.const 1))) (br $more)))
 (func (export "stuff") (local $i i32) (loop $more (drop (call $new (i32.const 1)))
   (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $more (i32.lt_u (local.get $i) (i32.const 16777215)))))"""
KEEPER_LIFTS = {
    "make": '(param "rep" u32) (result (own $thing))',
    "raw": '(param "index" u32) (result (own $thing))',
    "again": "(result (own $thing))",
    "look": '(param "v" (borrow $thing)) (result u32)',
    "consume": '(param "v" (own $thing)) (result u32)',
    "wrong": '(param "v" (own $thing))',
    "both": '(param "a" (own $thing)) (param "b" (borrow $thing)) (result u32)',
    "all": '(param "v" (list (own $thing))) (result u32)',
    "gone": "(result u32)",
    "fill": "",
    "stuff": "",
}


@pytest.fixture(params=["lazy", "inline"])
def keeper(opened: Opened, request: pytest.FixtureRequest) -> State:
    """A guest with a resource, whose functions misuse it; the destructor of representation 666 traps."""
    lifts = "".join(lift(name, type) for name, type in KEEPER_LIFTS.items())
    text = guest(KEEPER, lifts, DTOR + HANDLES, WITH)
    extra = f", pool: {{type: {request.param}}}" if request.param == "inline" else ""
    state = Caller(opened, text, list(KEEPER_LIFTS), extra).state
    state.run(
        textwrap.dedent("""
        local calls = require 'lua.calls.calls'
        function call(name, ...) return calls.call('t:' .. name, ...) end
        function works(name, ...)
          local value, problem = call(name, ...)
          if problem ~= nil then error(name .. ': ' .. problem:message(), 2) end
          return value
        end
        function fails(kind, text, name, ...)
          local value, problem = call(name, ...)
          if problem == nil then error(name .. ' succeeds', 2) end
          local found = problem:kind() .. ': ' .. problem:message()
          if problem:kind() ~= kind or not found:find(text, 1, true) then error(found, 2) end
        end
        function count()
          collectgarbage() collectgarbage()
          works('gone')
          local n = 0
          for _ in pairs(require('lua.guest.instance').all) do n = n + 1 end
          return n
        end
        """)
    )
    return state


def test_a_handle_that_the_guest_does_not_have(keeper: State) -> None:
    """Index 0, one never given, a huge one and one that was given away are not handles."""
    keeper.run("""
      for _, index in ipairs { 0, 1, 2, 7, 65535, 0x1000000, 0x7fffffff, 0xffffffff } do
        fails('Internal', 'is not a handle of the guest', 'raw', index)
      end
      local h = works('make', 5)
      assert(works('look', h) == 5)
    """)


def test_a_handle_given_twice(keeper: State) -> None:
    """The guest moved it out with the first result, so the second time there is none."""
    keeper.run("""
      local h = works('make', 5)
      fails('Internal', 'is not a handle of the guest', 'again')
    """)


def test_handles_that_a_script_misuses(keeper: State) -> None:
    """A handle is moved once, not lent while it is moved, and not used after that; a refusal changes nothing."""
    keeper.run("""
      local a = works('make', 5)
      fails('Invalid', 'given more than once', 'both', a, a)
      fails('Invalid', 'given more than once', 'all', { a, a })
      fails('Invalid', 'expected a handle', 'look', 1)
      fails('Invalid', 'expected a handle', 'look', {})
      fails('Invalid', 'expected a handle', 'look', 1ULL)
      assert(works('look', a) == 5 and works('consume', a) == 5)
      fails('Invalid', 'dropped or handed to a guest', 'look', a)
      fails('Invalid', 'dropped or handed to a guest', 'consume', a)
      local b = works('make', 6)
      b:drop()
      assert(not pcall(b.drop, b))
      fails('Invalid', 'dropped or handed to a guest', 'look', b)
      local c, d = works('make', 1), works('make', 2)
      fails('Invalid', '[2]: this handle belongs to another instance, or is given more than once', 'all', { c, c })
      d:drop()
      fails('Invalid', '[2]: this resource handle was dropped or handed to a guest', 'all', { c, d })
      fails('Invalid', '[2]: expected a handle of the resource', 'all', { c, 5 })
      assert(works('look', c) == 1)
    """)


def test_a_destructor_that_traps(keeper: State) -> None:
    """Dropping raises, the instance and its other handles end, and the next call has a new instance."""
    keeper.run("""
      for i = 1, 3 do
        local bad = works('make', 666)
        local other = works('make', 5)
        assert(not pcall(function() bad:drop() end))
        local value, problem = call('look', other)
        assert(problem == nil or problem:message():find 'has ended')
        assert(works('look', works('make', 7)) == 7)
        works('make', 666)
        collectgarbage() collectgarbage()
        assert(works('look', works('make', 8)) == 8)
      end
    """)


def test_a_drop_of_what_is_no_handle_traps(keeper: State) -> None:
    """Inside the guest too, indices are looked up in its own table."""
    keeper.run("""
      for i = 1, 3 do
        fails('Internal', 'unreachable', 'wrong', works('make', 5))
        assert(works('look', works('make', 9)) == 9)
      end
    """)


def test_a_guest_that_makes_handles_without_end(keeper: State) -> None:
    """The table of handles is bounded."""
    keeper.run("""
      fails('Internal', 'unreachable', 'fill')
      assert(works('look', works('make', 9)) == 9)
    """)


def test_a_guest_without_room_for_a_handle(opened: Opened) -> None:
    """When the table is full, a call that hands over a handle fails, and does not raise."""
    lifts = "".join(lift(name, type) for name, type in KEEPER_LIFTS.items())
    state = Caller(opened, guest(KEEPER, lifts, DTOR + HANDLES, WITH), list(KEEPER_LIFTS)).state
    assert state.run("""
      local calls = require 'lua.calls.calls'
      local h = calls.call('t:make', 5)
      assert(select(2, calls.call 't:stuff') == nil)
      local value, problem = calls.call('t:consume', h)
      assert(calls.call('t:look', calls.call('t:make', 6)) == 6)
      return problem:kind() .. ': ' .. problem:message()
    """) == b"Internal: consume: the guest broke the canonical ABI: it has no room for another handle"


def test_instances_end_with_their_last_handle(keeper: State) -> None:
    """An instance that was made for a single call lives as long as its resources, however they end."""
    keeper.run("""
      local before = count()
      for i = 1, 50 do
        assert(works('consume', works('make', i)) == i)
        works('make', i):drop()
        works('make', i)
        call('raw', 5)
        call('wrong', works('make', i))
        works('all', { works('make', i) })
      end
      local after = count()
      assert(after <= before + 1, ('%d instances before, %d after'):format(before, after))
    """)
