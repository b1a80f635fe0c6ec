"""By which functions a guest is entered, and what is done when it has been left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.abi import hosted
from tests.abi.conftest import State
from tests.abi.test_guards_instances import run
from tests.lua.sleepers import GRANTS, NAP, component, lift
from tests.texts import texts

lua, wat = texts(__file__)

GUEST = component(
    wat("guest", NAP=NAP),
    lift("make", '(param "n" u32) (result (own $thing))', "")
    + lift("one", "(result u32)", "")
    + lift("nap", '(param "ms" u32) (result u32)', ""),
    definitions="""(type $thing' (resource (rep i32))) (export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))""",
    more='(export "new" (func $new))',
)


def opened_in(folder: Path, grants: str, text: str = GUEST, names: tuple[str, ...] = ("make", "one", "nap")) -> State:
    folder.mkdir()
    entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}{grants}" for name in names]
    return State(folder, entries, {"guest.wat": text})


def maker() -> str:
    """A guest that imports much of the host and gives handles."""
    core = '(func (export "make") (param i32) (result i32) (call $new (local.get 0)))'
    head, main, tail = hosted.component(core, hosted.lift("make", '(param "n" u32) (result (own $r))')).partition("(core module $m")
    made = '(core instance $i (instantiate $m (with "own" (instance (export "new" (func $new))))'
    return f"""{head}(type $r' (resource (rep i32))) (export $r "r" (type $r')) (core func $new (canon resource.new $r'))
        {main} (import "own" "new" (func $new (param i32) (result i32)))""" + tail.replace("(core instance $i (instantiate $m", made)


@pytest.mark.parametrize(
    ("grants", "entered"),
    [("", 0), (", imports: ['wasi:clocks/wall-clock', 'wasi:random']", 2), (f", {hosted.ALL}", 0)],
    ids=["plain", "hosted", "waits"],
)
def test_only_what_may_come_back_is_kept_from_the_compiler(tmp_path: Path, grants: str, entered: int) -> None:
    """To take a handle out of a guest's table is a call of its store: by `entrances` where functions of the host may be in there."""
    state = opened_in(tmp_path / "p", grants, maker(), ("make",))
    state.run("""
      local entrances, call = require 'lua.wasmtime.entrances', require('lua.wasmtime.entrances').call
      entered = 0
      entrances.call = function(...) entered = entered + 1 return call(...) end""")
    for number in (1, 2):
        assert run(state, f"return tostring(assert(funcs.call('t:make', {number})))") == f"r handle {number}"
    assert state.run("return entered") == entered
    state.close()


def test_requests_that_wait_for_their_bodies_begin(tmp_path: Path) -> None:
    """Whenever the guest waits, and when its call is done; once, and not where there are none."""
    state = opened_in(tmp_path / "p", f", {GRANTS}")
    # What sends requests is there from the first call on.
    assert run(state, "return funcs.call('t:one')") == "1"
    state.run(lua("requests_that_wait_for_their_bodies_begin"))
    assert run(state, "return funcs.call('t:one') + funcs.call('t:nap', 1)") == "2"
    assert state.run("give = true return #begun") == 0
    assert run(state, "return funcs.call('t:one')") == "1"
    assert state.run("return table.concat(begun, ' ')") == b"done"
    assert run(state, "return funcs.call('t:nap', 1)") == "1"
    assert state.run("return table.concat(begun, ' ')") == b"done waits"
    state.close()


def test_what_is_busy_elsewhere_is_not_waited_for_where_nothing_can_wait(tmp_path: Path) -> None:
    """Outside of a task the one instance of a component with resources is refused while it is in a call; others have another instance."""
    plain = """(component (core module $m (func (export "one") (result i32) (i32.const 1))) (core instance $i (instantiate $m))
     (func (export "one") (result u32) (canon lift (core func $i "one"))))"""
    for name, text, shared in (("make", maker(), True), ("one", plain, False)):
        state = opened_in(tmp_path / name, "", text, (name,))
        state.run(
            lua("what_is_busy_elsewhere_is_not_waited_for_where_nothing_can_wait"),
            name.encode(),
            shared,
        )
        state.close()
