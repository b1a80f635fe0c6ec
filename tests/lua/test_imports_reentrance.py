"""A library that calls the component back whose imports it answers, where all calls of that have one instance because of its resources."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.lua.test_reentrance import GUEST, LUA, METHODS, WAYS
from tests.texts import texts

lua, wat = texts(__file__)

# The library answers the interface by which the guest calls functions: call-string(target, input) here is ways[input]().
LIBRARY = LUA.replace("{ main = function(way)", "{ call_string = function(_, way)")


@pytest.fixture
def open_lane(lane: Callable[..., Lane]) -> Callable[[str], Lane]:
    """Opens a lane with the guest's entries, whose import a library answers."""

    def make(limit: str) -> Lane:
        fields = f"imports: ['wasi:clocks', 'wippy:runtime/funcs': ways]{limit}"
        more = (
            "name: ways, kind: library.lua, source: 'file://ways.lua', modules: [funcs, time, errors]",
            "name: lua, kind: function.lua, source: 'return {m = function(w) return w end}', method: m",
        )
        entries = {name: f"method: '{method}', {fields}" for name, method in METHODS.items()}
        return lane(entries, GUEST, more=more, files={"ways.lua": LIBRARY.replace("LAST", '"lua"')})

    return make


@pytest.mark.parametrize("limit", ["", ", limits: {max_execution_ms: 1000000}"], ids=["unlimited", "limited"])
@pytest.mark.parametrize("way", ["same", "other", "make", "async", "slept"])
def test_an_instance_that_a_library_enters_again(open_lane: Callable[[str], Lane], way: str, limit: str) -> None:
    """By this entry or another, at once or in the background: an error for the library, whose guest's call goes on."""
    run = open_lane(limit)
    out = run(lua("an_instance_that_a_library_enters_again", WAY=way))
    assert out == f"{WAYS[way]}\n{WAYS[way]}\n5\n" * 2 + "nothing\n0\n"


def test_a_library_holds_handles_of_another_component(lane: Callable[..., Lane]) -> None:
    """It calls their methods in the midst of its guest's call, and drops them there."""
    text = wat("a_library_holds_handles_of_another_component")
    things = {f"things_{name}": f"method: '{method}', imports: [funcs]" for name, method in METHODS.items()}
    entries = [f"name: {name}, kind: function.wat, source: file://things.wat, {fields}" for name, fields in things.items()]
    library = lua("a_library_holds_handles_of_another_component")
    more = (*entries, "name: lib, kind: library.lua, modules: [funcs], source: file://lib.lua")
    run = lane({"u": "method: u, imports: ['a:b/host': lib]"}, text, more=more, files={"lib.lua": library, "things.wat": GUEST})
    assert run("for n = 1, 5 do print(funcs.call('t:u', n)) end print(funcs.call('t:things_dropped'))") == "1\n3\n4\n8\n9\n2\n"
