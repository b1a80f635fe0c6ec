"""Components of several component instances: what each has of its own, what crosses, and what is a trap."""

from __future__ import annotations

from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import ALLOCATING, COUNTERS, HOLDER, opened

TEXTS = f"""(component
 (component $shout
  (core module $m {ALLOCATING}
   (global $calls (mut i32) (i32.const 0))
   (func (export "shout") (param i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (local.get 0) (i32.add (i32.const 64) (global.get $calls)))
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "shout") (param "s" string) (result string)
   (canon lift (core func $i "shout") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
 (component $ask
  (import "shout" (func $shout (param "s" string) (result string)))
  (core module $libc {ALLOCATING})
  (core instance $libc (instantiate $libc))
  (core func $shout' (canon lower (func $shout) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
   string-encoding=utf16))
  (core module $m
   (import "" "memory" (memory 1)) (import "" "shout" (func $shout (param i32 i32 i32)))
   (data (i32.const 0) "m\\00o\\00o\\00n\\00")
   (func (export "ask") (result i32)
    (call $shout (i32.const 0) (i32.const 4) (i32.const 32))
    (i32.add (i32.mul (i32.load (i32.const 36)) (i32.const 1000)) (i32.load16_u (i32.load (i32.const 32))))))
  (core instance $i (instantiate $m
   (with "" (instance (export "memory" (memory $libc "memory")) (export "shout" (func $shout'))))))
  (func (export "ask") (result u32) (canon lift (core func $i "ask"))))
 (instance $a (instantiate $shout))
 (instance $b (instantiate $ask (with "shout" (func $a "shout"))))
 (instance $c (instantiate $ask (with "shout" (func $a "shout"))))
 (export "one" (func $b "ask"))
 (export "other" (func $c "ask"))
 (instance $inner (export "ask" (func $b "ask")))
 (instance $outer (export "inner" (instance $inner)))
 (export "a:b/outer" (instance $outer)))"""


def test_component_instances_have_memories_and_globals_of_their_own(tmp_path: Path) -> None:
    """Two component instances call a third, in another encoding than its own; what that one keeps, both see, each other's not."""
    with opened(tmp_path, TEXTS, {"one": "one"}) as project:
        assert [project.call("t:one") for _ in range(3)] == [4000 + 65, 4000 + 66, 4000 + 67]


@pytest.mark.parametrize("method", ["a:b/outer#inner#ask", "other"])
def test_an_instance_in_an_instance_is_named_by_a_path(method: str, tmp_path: Path) -> None:
    """A function of an instance that another holds is `outer#inner#function`."""
    with opened(tmp_path, TEXTS, {"f": method}) as project:
        assert project.call("t:f") == 4065


RESOURCES = f"""(component {COUNTERS} {HOLDER}
 (instance $counters (instantiate $counters))
 (instance $h (instantiate $holder (with "counters" (instance $counters))))
 (export "t:c/counters" (instance $counters))
 (alias export $counters "counter" (type $c))
 (instance $out (export "counter" (type $c)) (export "give" (func $h "give")) (export "look" (func $h "look"))
  (export "leak" (func $h "leak")) (export "take" (func $h "take")))
 (export "t:c/holder" (instance $out))
 (export "index" (func $h "index")) (export "kept" (func $h "kept")) (export "end" (func $h "end")))"""
METHODS = {
    **{name: name for name in ("index", "kept", "end")},
    **{name: f"t:c/holder#{name}" for name in ("give", "look", "leak", "take")},
    "make": "t:c/counters#[constructor]counter",
    "value": "t:c/counters#[method]counter.value",
    "dropped": "t:c/counters#dropped",
}


def script(project: moonwit.Project, text: str) -> None:
    project.run_script(f"local funcs = require 'funcs'\n{text}")


def test_resources_cross_between_component_instances(tmp_path: Path) -> None:
    """Each component instance has handles of its own, and the last that drops an own one has the definer's destructor run."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        assert [project.call("t:index", value) for value in (7, 8)] == [1, 2]
        assert project.call("t:kept") == 8
        project.call("t:end")
        assert project.call("t:dropped") == 8
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:kept")


def test_a_script_holds_what_crosses(tmp_path: Path) -> None:
    """A handle that one component instance has made is lent and given to another, which gets it as a borrow or as its own."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        script(project, """
          local counter = assert(funcs.call('t:make', 5))
          assert(counter:value() == 5)
          assert(funcs.call('t:look', counter) == 5)
          assert(funcs.call('t:look', counter) == 5)
          assert(funcs.call('t:take', counter) == nil)
          assert(funcs.call('t:kept') == 5)
          local back = assert(funcs.call('t:give'))
          assert(back:value() == 5)
          back:drop()
          assert(funcs.call('t:dropped') == 5)
          local gone, err = funcs.call('t:kept')
          assert(gone == nil and err:message():find('unknown handle index', 1, true), tostring(err))
        """)


def test_a_borrow_that_is_left_is_a_trap(tmp_path: Path) -> None:
    """A component instance that keeps a handle which the host has lent it fails as the call ends."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        script(project, """
          local counter = assert(funcs.call('t:make', 5))
          local nothing, err = funcs.call('t:leak', counter)
          assert(nothing == nil and err:message():find('borrow handles still remain at the end of the call', 1, true), tostring(err))
        """)


BACK = """(component
 (core module $m
  (table (export "table") 1 funcref)
  (func (export "up") (result i32) (i32.const 1))
  (func (export "run") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
  (type $t (func (param i32) (result i32)))
  (func (export "again") (result i32) (call_indirect (param i32) (result i32) (i32.const 0) (i32.const 0))))
 (core instance $i (instantiate $m))
 (func $up (result u32) (canon lift (core func $i "up")))
 (func $again (result u32) (canon lift (core func $i "again")))
 (component $child
  (import "up" (func $up (result u32)))
  (import "again" (func $again (result u32)))
  (core func $up' (canon lower (func $up)))
  (core func $again' (canon lower (func $again)))
  (core module $m
   (import "" "up" (func $up (result i32))) (import "" "again" (func $again (result i32)))
   (func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (call $again)) (else (call $up)))))
  (core instance $i (instantiate $m (with "" (instance (export "up" (func $up')) (export "again" (func $again'))))))
  (func (export "f") (param "deep" u32) (result u32) (canon lift (core func $i "f"))))
 (instance $child (instantiate $child (with "up" (func $up)) (with "again" (func $again))))
 (core func $f (canon lower (func $child "f")))
 (core module $fill (import "" "f" (func $f (param i32) (result i32))) (import "" "table" (table 1 funcref)) (elem (i32.const 0) func $f))
 (core instance (instantiate $fill (with "" (instance (export "f" (func $f)) (export "table" (table $i "table"))))))
 (func (export "run") (param "deep" u32) (result u32) (canon lift (core func $i "run"))))"""


def test_an_instance_inside_may_call_back_and_another_call_may_not_come_in(tmp_path: Path) -> None:
    """What is inside of a component instance may call what that one lifts; but one that is in a call can't be entered again."""
    with opened(tmp_path, BACK, {"run": "run"}) as project:
        assert project.call("t:run", 0) == 1
        with pytest.raises(moonwit.CallError, match="cannot enter component instance"):
            project.call("t:run", 1)
        assert project.call("t:run", 0) == 1
