"""An instance that is entered again while a call is in it: an error of that call, whichever way it comes, and the next call works.

A component with resources has one instance for all its calls. Its guest calls a function in Lua by a granted import, and that one calls the
component again, itself or by way of others.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.lua.sleepers import component, lift
from tests.texts import texts

read_lua, wat = texts(__file__)

# ask(id, input) calls a function of the registry, and so does a thing's method; `value` gives what it was made from, `dropped` how many
# destructors have run.
GUEST = component(
    wat("guest"),
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "")
    + lift("[method]thing.ask", '(param "self" (borrow $thing)) (param "id" string) (param "input" string) (result string)')
    + lift("[method]thing.value", '(param "self" (borrow $thing)) (result u32)', "")
    + lift("ask", '(param "id" string) (param "input" string) (result string)')
    + lift("dropped", "(result u32)", ""),
    definitions=wat("guest_2"),
    more='(export "call" (func $call)) (export "new" (func $new)) (export "dropped" (func $count "dropped"))',
)
METHODS = {"thing": "[constructor]thing", "ask": "ask", "dropped": "dropped"}

LUA = read_lua("lua")
INSIDE = "it is called from within a call of its own component, whose resources all belong to one instance, which takes one call at a time"
BUSY = "this resource handle can't be dropped while its instance is in a call: wait for the call"
WAYS = {
    "same": f"Internal ask: {INSIDE}",
    "other": f"Internal dropped: {INSIDE}",
    "make": f"Internal thing: {INSIDE}",
    "async": f"Internal ask: {INSIDE}",
    "slept": f"Internal dropped: {INSIDE}",
    "far": f"Internal ask: {INSIDE}",
    "limited": f"Internal dropped: {INSIDE}",
    "method": f"Internal thing.value: {INSIDE}",
    "asking": f"Internal thing.ask: {INSIDE}",
    "drop": f"false {BUSY}",
    "collect": f"Internal dropped: {INSIDE}",
}


@pytest.fixture
def open_lane(lane: Callable[..., Lane]) -> Callable[..., Lane]:
    """Opens a lane with the guest's entries, and two functions in Lua, of which the second has a limit."""

    def make(limit: str = "") -> Lane:
        grants = f"imports: ['wasi:clocks', 'wasi:io', funcs]{limit}"
        lua = "kind: function.lua, source: 'file://ways.lua', modules: [funcs, time, errors], method: main"
        more = (f"name: lua, {lua}", f"name: limited, {lua}, limits: {{max_execution_ms: 1000000}}")
        files = {"ways.lua": LUA.replace("LAST", '"limited"')}
        return lane({name: f"method: '{method}', {grants}" for name, method in METHODS.items()}, GUEST, more=more, files=files)

    return make


@pytest.mark.parametrize("limit", ["", ", limits: {max_execution_ms: 1000000}"], ids=["unlimited", "limited"])
@pytest.mark.parametrize("way", WAYS)
def test_an_instance_that_is_entered_again(open_lane: Callable[..., Lane], way: str, limit: str) -> None:
    """From a function and from a borrow's method: an error of the call, within no time; the call that it came from goes on."""
    run = open_lane(limit)
    out = run(read_lua("an_instance_that_is_entered_again", WAY=way))
    dropped = "4" if way == "collect" else "0"
    assert out == f"{WAYS[way]}\n{WAYS[way]}\n5\n" * 2 + f"true\nnothing\n{dropped}\n"
    assert run.live() == 1


def test_a_call_in_the_background_that_nobody_waits_for(open_lane: Callable[..., Lane]) -> None:
    """It has its turn once the call that it came from is over."""
    run = open_lane()
    assert run("""
      for i = 1, 3 do print(funcs.call("t:ask", "t:lua", "later")) end
      time.sleep("1ms")
      print(funcs.call("t:ask", "t:lua", "nothing"))""") == "later\nlater\nlater\nnothing\n"


def test_a_call_in_the_background_that_is_waited_for_for_a_while(open_lane: Callable[..., Lane]) -> None:
    """Whoever stops waiting for it in time, or is not in the guest's call, keeps nobody waiting forever: it has its turn later."""
    run = open_lane()
    assert run("""
      print(funcs.call("t:ask", "t:lua", "patient"))
      time.sleep("1ms")
      print(funcs.call("t:ask", "t:lua", "outcome"))""") == "Timeout\n0\n"


def test_two_instances_that_wait_for_each_other(lane: Callable[..., Lane]) -> None:
    """Each guest is in a call of its own instance and waits for one of the other: the second to wait is told so, and nothing hangs."""
    grants = "imports: ['wasi:clocks', 'wasi:io', funcs]"
    source = """
local funcs, time = require("funcs"), require("time")
local function said(value, err) return err and err:kind() .. " " .. err:message() or tostring(value) end
return { main = function(id) time.sleep("1ms") return said(funcs.call(id)) end }
"""
    lua = "kind: function.lua, source: 'file://cross.lua', modules: [funcs, time], method: main"
    # Each differs in what it is granted, so it has an instance of its own.
    entries = {f"{name}-a": f"method: {name}, {grants}" for name in ("ask", "dropped")}
    entries |= {f"{name}-b": f"method: {name}, imports: ['wasi:clocks', 'wasi:io', 'wasi:random', funcs]" for name in ("ask", "dropped")}
    run = lane(entries, GUEST, more=(f"name: cross, {lua}",), files={"cross.lua": source})
    out = run("""
      local a, b = funcs.async("t:ask-a", "t:cross", "t:dropped-b"), funcs.async("t:ask-b", "t:cross", "t:dropped-a")
      print(a:await()) print(b:await())
      print(funcs.call("t:dropped-a"), funcs.call("t:dropped-b"))""")
    lines = [line.removesuffix("\tnil") for line in out.splitlines()]
    assert sorted(lines) == sorted(["0", f"Internal dropped: {INSIDE}", "0\t0"])
