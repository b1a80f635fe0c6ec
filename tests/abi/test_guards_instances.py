"""Instances whatever way their guest is called: what realloc, post-return and destructors get, and where the memory is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, OPTIONS, QUICK, component
from tests.abi.hostile import Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)

# The grants decide how a guest is called: by code that is compiled, by functions that are not, or on a fiber.
WAYS = {"plain": "", "quick": f", {QUICK}", "waits": f", {ALL}"}
# Notes what it is asked for at address 8 and how often it was asked at 12. The first is a leaf, the second calls through a table.
NOTES = """(i32.store (i32.const 12) (i32.add (i32.load (i32.const 12)) (i32.const 1)))
 (i32.store (i32.const 8) (i32.add (i32.add (i32.mul (local.get 0) (i32.const 1000000)) (i32.mul (local.get 1) (i32.const 100000)))
  (i32.add (i32.mul (local.get 2) (i32.const 1000)) (local.get 3))))"""
REALLOCS = {
    "leaf": f'(func (export "realloc") (param i32 i32 i32 i32) (result i32) {NOTES} (i32.const 1024))',
    "through a table": wat("reallocs_through_a_table", NOTES=NOTES),
}
POSTS = {
    "leaf": '(func (export "post") (param i32) (if (i32.eq (local.get 0) (i32.const 999)) (then (unreachable))) '
    "(i32.store (i32.const 2048) (local.get 0)))",
    "through a table": """(type $post (func (param i32))) (table $mine 1 funcref) (elem (table $mine) (i32.const 0) func $really)
      (func $really (param i32) (if (i32.eq (local.get 0) (i32.const 999)) (then (unreachable))) (i32.store (i32.const 2048) (local.get 0)))
      (func (export "post") (param i32) (call_indirect $mine (type $post) (local.get 0) (i32.const 0)))""",
}


def run(state: State, source: str) -> str:
    """Runs a script in a task, where a guest may wait; gives what it returns as text."""
    answer = state.boot[b"run"](
        f"local funcs = require 'funcs' error(tostring((function() {source} end)()), 0)".encode(), b"@s.lua", buffer.encode([])
    )
    return str(buffer.decode(answer[0]).message)


def opened_in(folder: Path, names: list[str], grants: str, text: str) -> State:
    folder.mkdir()
    entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}{grants}" for name in names]
    return State(folder, entries, {"guest.wat": text})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", REALLOCS)
def test_realloc_is_asked_for_what_is_needed(tmp_path: Path, way: str, how: str) -> None:
    """Once for each string or list, with nothing to give back, the alignment and the size; what it gives is where the value is."""
    core = wat("realloc_is_asked_for_what_is_needed")
    types = {
        "text": '(param "v" string)', "words": '(param "v" (list u32))', "two": '(param "v" string) (param "w" (list u64))',
        "first": '(param "v" (list u32))',
    }  # fmt: skip
    lifts = "".join(
        f'(func (export "{name}") {type} (result u32) (canon lift (core func $i "{name}") {OPTIONS}))' for name, type in types.items()
    )
    state = opened_in(tmp_path / "p", list(types), WAYS[way], component(core, lifts, realloc=REALLOCS[how]))
    for _ in range(2):
        assert run(state, "return funcs.call('t:text', 'abc')") == str(301003)
        assert run(state, "return funcs.call('t:words', {1, 2, 3})") == "4012"
        assert run(state, "return funcs.call('t:first', {77, 2, 3})") == "77"
    # The same instance is called again.
    assert [run(state, "return funcs.call('t:two', 'a', {1})") for _ in range(3)] == ["2", "4", "6"]
    state.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", POSTS)
def test_post_return_gets_the_result(tmp_path: Path, way: str, how: str) -> None:
    """Its trap is the error of the call, and the next call works."""
    core = f"""{POSTS[how]} (func (export "flat") (param i32) (result i32) (i32.add (i32.load (i32.const 2048)) (local.get 0)))
     (func (export "same") (param i32) (result i32) (local.get 0))"""
    names = ["flat", "same"]
    lifts = "".join(
        f'(func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}") (post-return (core func $i "post"))))'
        for name in names
    )
    state = opened_in(tmp_path / "p", names, WAYS[way], component(core, lifts))
    assert [run(state, f"return funcs.call('t:flat', {n})") for n in (5, 7, 1)] == ["5", "12", "13"]
    for _ in range(2):
        assert run(state, "return select(2, funcs.call('t:same', 999)):message()") == "same: wasm `unreachable` instruction executed"
        assert run(state, "return funcs.call('t:same', 4)") == "4"
    state.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_destructor_gets_the_representation(tmp_path: Path, way: str) -> None:
    """When a script drops the handle, and when the guest does."""
    resources = wat("a_destructor_gets_the_representation")
    core = """(func (export "make") (param i32) (result i32) (call $new (local.get 0)))
     (func (export "seen") (param i32) (result i32) (i32.load (i32.const 2048)))"""
    lifts = """(func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $i "make")))
     (func (export "seen") (param "v" (borrow $r)) (result u32) (canon lift (core func $i "seen")))"""
    head, main, tail = component(core, lifts).partition("(core module $m")
    # The import of a function stands before what the module defines.
    main += '\n (import "own" "new" (func $new (param i32) (result i32)))'
    tail = tail.replace(
        "(core instance $i (instantiate $m", '(core instance $i (instantiate $m (with "own" (instance (export "new" (func $new))))'
    )
    state = opened_in(tmp_path / "p", ["make", "seen"], WAYS[way], head + resources + main + tail)
    assert (
        run(
            state,
            lua("a_destructor_gets_the_representation"),
        )
        == "0 9"
    )
    state.close()


def test_the_memory_is_found_wherever_it_is(opened: Opened) -> None:
    """Of several core instances, in the one that exports it under that name."""
    text = wat("the_memory_is_found_wherever_it_is")
    state: Any = opened(["name: f, kind: function.wat, source: file://guest.wat, method: f"], {"guest.wat": text})
    assert state.run(lua("the_memory_is_found_wherever_it_is")) == 3 * 65536
    none = guest('(func (export "f") (result i32) (i32.const 1))', '(func (export "f") (result u32) (canon lift (core func $i "f")))')
    state = opened(["name: f, kind: function.wat, source: file://guest.wat, method: f"], {"guest.wat": none})
    assert (
        state.run("""
      local instances = require 'lua.guest.instance'
      assert(require('lua.calls.calls').call 't:f' == 1)
      return instances.memory_bytes(next(instances.all))""")
        is None
    )


def test_a_destructor_has_the_limit_of_its_guest(opened: Opened) -> None:
    """From when it is called, however long ago the last call was; one without end ends there."""
    text = wat("a_destructor_has_the_limit_of_its_guest")
    fields = "kind: function.wat, source: file://guest.wat, method: make, limits: {max_execution_ms: 50}"
    state: Any = opened([f"name: make, {fields}"], {"guest.wat": text})
    state.run(lua("a_destructor_has_the_limit_of_its_guest"))
