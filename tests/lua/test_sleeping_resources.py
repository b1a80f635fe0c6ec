"""Guests with resources whose methods sleep: all calls of such a component share one instance, and take turns in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, component, lift

METHODS = {"thing": "[constructor]thing", "alone": "alone", "take": "take", "dropped": "dropped"}


@pytest.fixture
def run(lane: Callable[..., Lane]) -> Lane:
    """A lane with an entry for each function of the component RESOURCE."""
    entries = {name: f"method: '{method}', {GRANTS}" for name, method in METHODS.items()}
    limited = {"alone-50": f"{entries['alone']}, limits: {{max_execution_ms: 50}}"}
    return lane(entries | limited, RESOURCE)


def test_methods_sleep(run: Lane) -> None:
    """A method of a handle sleeps as a function does, and the handle serves the next call."""
    assert (
        run("""
      local thing = assert(funcs.call("t:thing", 7))
      print(thing:nap(1000), thing:nap(10))
      thing:drop()
      print(funcs.call("t:dropped"))""")
        == "7\t7\n1\n"
    )


def test_calls_of_one_instance_take_turns_in_order(run: Lane) -> None:
    """Who comes first goes first: one that calls again and again overtakes nobody who waits."""
    assert (
        run("""
      local thing, other = assert(funcs.call("t:thing", 7)), assert(funcs.call("t:thing", 8))
      local order = {}
      all(3, function(i) for k = 1, 3 do
        if i == 1 then thing:nap(5) elseif i == 2 then other:nap(5) else funcs.call("t:alone", 5) end
        order[#order + 1] = i
      end end)
      time.sleep("1s")
      print(table.concat(order, " "))""")
        == "1 2 3 1 2 3 1 2 3\n"
    )
    assert run.live() == 1


def test_calls_that_overlap_and_then_a_trap(run: Lane) -> None:
    """After calls of one function that waited for each other a trap ends the instance, those that wait get an answer, and new ones work."""
    assert run("""
      local thing = assert(funcs.call("t:thing", 7))
      all(4, function(i) print(i, funcs.call("t:alone", 10)) end)
      time.sleep("5ms")
      coroutine.spawn(function() print("trap", thing:trap(1)) end)
      time.sleep(0)
      coroutine.spawn(function() print("nap", thing:nap(1)) end)
      time.sleep(0)
      all(2, function(i) print("late", funcs.call("t:alone", 10)) end)
      time.sleep("1s")
      print(pcall(thing.nap, thing, 1))""") == (
        "1\t10\n2\t10\n3\t10\n4\t10\ntrap\tnil\tthing.trap: wasm `unreachable` instruction executed\n"
        "nap\tnil\tthing.nap: the instance of a resource that it was given has ended\nlate\t10\nlate\t10\n"
        "true\tnil\tthing.nap: parameter 1 (self: borrow<thing>): the instance that this handle belongs to has ended\n"
    )


def test_a_handle_can_not_be_dropped_while_its_instance_is_in_a_call(run: Lane) -> None:
    """It says so and stays good; once the call is over it can be dropped."""
    assert run("""
      local thing = assert(funcs.call("t:thing", 7))
      coroutine.spawn(function() print(thing:nap(100)) end)
      time.sleep("1ms")
      print(pcall(thing.drop, thing))
      time.sleep("1s")
      print(thing:nap(1), pcall(thing.drop, thing))
      print(funcs.call("t:dropped"))""") == (
        "false\tthis resource handle can't be dropped while its instance is in a call: wait for the call\n7\n7\ttrue\n1\n"
    )


def test_a_handle_that_is_given_away_while_others_wait(run: Lane) -> None:
    """Who waited with a handle that meanwhile was given to the guest is told so when its turn comes."""
    assert (
        run("""
      local thing = assert(funcs.call("t:thing", 7))
      coroutine.spawn(function() print("taken", select("#", funcs.call("t:take", thing, 10))) end)
      time.sleep(0)
      coroutine.spawn(function() print(pcall(function() return thing:nap(1) end)) end)
      time.sleep("1s")
      print(funcs.call("t:dropped"))
      local another = assert(funcs.call("t:thing", 9))
      all(2, function() local _, err = funcs.call("t:take", another, 10) print(err and err:kind()) end)
      time.sleep("1s")
      print(funcs.call("t:dropped"))""")
        .replace("taken\t1", "taken\t0")
        .endswith("1\nInvalid\nnil\n2\n")
    )


def test_a_collected_handle_is_destroyed_once_its_instance_rests(run: Lane) -> None:
    """A handle that nobody holds is dropped later when its instance is asleep in a call, and nothing is entered meanwhile."""
    assert (
        run("""
      do local thing = assert(funcs.call("t:thing", 7)) end
      coroutine.spawn(function() print(funcs.call("t:alone", 100)) end)
      time.sleep("1ms")
      collectgarbage() collectgarbage()
      print(select("#", funcs.call("t:dropped")))
      print(funcs.call("t:dropped"))""")
        == "100\n1\n1\n"
    )


def test_a_limit_while_waiting_for_the_instance(run: Lane) -> None:
    """A call that waits for its turn is over at its limit; the one it waited for goes on, and so do those behind it."""
    assert (
        run("""
      coroutine.spawn(function() print("long", funcs.call("t:alone", 1000)) end)
      time.sleep("1ms")
      local began = time.now()
      coroutine.spawn(function() print("behind", funcs.call("t:alone", 1)) end)
      local value, err = funcs.call("t:alone-50", 1)
      print(value, err:kind(), time.now():sub(began):milliseconds())
      time.sleep("2s")
      print(funcs.call("t:alone-50", 1))""")
        == "nil\tTimeout\t50\nlong\t1000\nbehind\t1\n1\n"
    )


def test_canceling_one_that_waits_for_the_instance(run: Lane) -> None:
    """It ends alone; canceling the one that sleeps ends the instance, and those that wait get another one."""
    assert (
        run("""
      local sleeper = funcs.async("t:alone", 100000)
      time.sleep("1ms")
      local waiter, last = funcs.async("t:alone", 3), funcs.async("t:alone", 4)
      time.sleep("1ms")
      waiter:cancel()
      print(select(2, waiter:await()):kind())
      time.sleep("1ms")
      sleeper:cancel()
      print(select(2, sleeper:await()):kind())
      print(last:await())""")
        == "Canceled\nCanceled\n4\tnil\n"
    )


def test_idle_time_ends_no_instance_that_another_entry_uses(run: Lane) -> None:
    """An entry that has long been idle shares its instance with one that sleeps for an hour; that one is answered."""
    assert (
        run("""
      print(funcs.call("t:dropped"))
      print(funcs.call("t:alone", 1))
      coroutine.spawn(function() print(funcs.call("t:alone", 3600000)) end)
      for i = 1, 3700 do time.sleep("1s") end
      print(funcs.call("t:alone", 2))""")
        == "0\n1\n3600000\n2\n"
    )


def test_the_registry_changes_while_a_guest_sleeps(run: Lane) -> None:
    """What sleeps goes on; calls from then on have new instances."""
    run.state.run("require('lua.dispatcher.dispatcher').background_timer(50e6, function() require('lua.calls.calls').forget() end)")
    assert (
        run("""
      print(funcs.call("t:dropped"))
      coroutine.spawn(function() print(funcs.call("t:alone", 100)) end)
      time.sleep("60ms")
      print(funcs.call("t:alone", 1))
      time.sleep("1s")""")
        == "0\n1\n100\n"
    )


def test_each_call_has_its_own_limit(lane: Callable[..., Lane]) -> None:
    """A method that waited for its turn is over at its own limit, whatever came after it."""
    run = lane({"thing": f"method: '[constructor]thing', {GRANTS}, limits: {{max_execution_ms: 50}}"}, RESOURCE)
    assert (
        run("""
      local thing = assert(funcs.call("t:thing", 7))
      local began = time.now()
      local function nap(ms) local value, err = thing:nap(ms) print(value or err:kind(), time.now():sub(began):milliseconds()) end
      coroutine.spawn(nap, 30)
      time.sleep("1ms")
      coroutine.spawn(nap, 100)
      time.sleep("24ms")
      coroutine.spawn(nap, 1)
      time.sleep("1s")""")
        == "7\t30\nTimeout\t51\nInvalid\t51\n"
    )


CALLER = component(
    """(import "host" "call" (func $call (param i32 i32 i32 i32 i32)))
 (import "host" "new" (func $new (param i32) (result i32)))
 (func (export "[constructor]thing") (param i32) (result i32) (call $new (local.get 0)))
 (func (export "call") (param i32 i32) (result i32)
  (call $call (local.get 0) (local.get 1) (local.get 0) (local.get 1) (i32.const 64))
  (i32.store (i32.const 32) (i32.load (i32.const 68))) (i32.store (i32.const 36) (i32.load (i32.const 72)))
  (i32.const 32))""",
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "") + lift("call", '(param "id" string) (result string)'),
    definitions="""
(import "wippy:runtime/funcs" (instance $funcs
 (export "call-string" (func (param "target" string) (param "input" string) (result (result string (error string)))))))
(core func $call (canon lower (func $funcs "call-string") (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
(type $thing' (resource (rep i32)))
(export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))""",
    more='(export "call" (func $call)) (export "new" (func $new))',
)


@pytest.mark.parametrize("limit", ["", ", limits: {max_execution_ms: 50}"])
def test_a_guest_that_calls_itself(lane: Callable[..., Lane], limit: str) -> None:
    """By way of the registry it would wait for its own instance forever: it is told so, and the next call works."""
    imports = "imports: ['wasi:clocks', 'wasi:io', 'funcs']"
    run = lane({"call": f"method: call, {imports}{limit}", "other": f"method: call, {imports}"}, CALLER)
    sentence = "it is called from within a call of its own component"
    out = run("""for _, id in ipairs({"t:call", "t:other", "t:none"}) do print(funcs.call("t:call", id)) end""").splitlines()
    assert [sentence in line for line in out] == [True, True, False] and "t:none" in out[2]
