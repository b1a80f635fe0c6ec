"""Errors that are not traps: an exception that a guest throws and does not catch is reported by Wasmtime in another way than a trap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.leaving import WAITS
from tests.abi.test_leaving import call

THROWN = "thrown Wasm exception"
RANDOM = """(import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
 (alias export $r "get-random-u64" (func $tick)) (core func $tick (canon lower (func $tick)))
 (core module $lib (memory (export "memory") 1) (tag $t (export "tag"))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $t)))
 (core instance $lib (instantiate $lib))
 (alias export $r "get-random-bytes" (func $bytes))
 (core func $bytes (canon lower (func $bytes) (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))"""
HOSTED = """(import "" "tick" (func $tick (result i64))) (import "" "bytes" (func $bytes (param i64 i32))) (import "" "tag" (tag $t))
  (func (export "lent") (result i32) (call $bytes (i64.const 8) (i32.const 64)) (i32.const 7))
  (func (export "caught") (result i32)
   (block $done (try_table (catch_all $done) (call $bytes (i64.const 8) (i32.const 64)))) (i32.const 7))"""
GIVEN = '(export "tick" (func $tick)) (export "bytes" (func $bytes)) (export "tag" (tag $lib "tag"))'


def component(mode: str) -> str:
    """Makes a component without imports, with those of the host, or with some that have its calls run on fibers."""
    opening = {"plain": "", "hosted": RANDOM, "waits": WAITS + RANDOM}[mode]
    tag = "(tag $t)" if mode == "plain" else HOSTED
    given = "" if mode == "plain" else GIVEN
    imported, passed = ('(import "" "stdout" (func (result i32)))', '(export "stdout" (func $stdout))') if mode == "waits" else ("", "")
    names = ("lent", "caught") if mode != "plain" else ()
    more = " ".join(f'(func (export "{name}") (result u32) (canon lift (core func $i "{name}")))' for name in names)
    return f"""(component {opening}
 (core module $d (tag $t) (func (export "dtor") (param i32) (throw $t))) (core instance $d (instantiate $d))
 (type $thing' (resource (rep i32) (dtor (core func $d "dtor"))))
 (export $thing "thing" (type $thing')) (core func $new (canon resource.new $thing'))
 (core module $m (import "" "new" (func $new (param i32) (result i32))) {imported} {tag} (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $t))
  (func (export "take") (param i32 i32) (result i32) (local.get 1))
  (func (export "main") (result i32) (throw $t)) (func (export "text") (result i32) (i32.const 64))
  (func (export "post") (param i32) (throw $t)) (func (export "number") (result i32) (i32.const 7))
  (func (export "make") (result i32) (call $new (i32.const 7))) (func (export "fine") (result i32) (i32.const 7)))
 (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) {passed} {given}))))
 (func (export "take") (param "s" string) (result u32)
  (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "main") (result u32) (canon lift (core func $i "main")))
 (func (export "text") (result string)
  (canon lift (core func $i "text") (memory (core memory $i "memory")) (post-return (core func $i "post"))))
 (func (export "number") (result u32) (canon lift (core func $i "number") (post-return (core func $i "post"))))
 (func (export "make") (result (own $thing)) (canon lift (core func $i "make")))
 (func (export "fine") (result u32) (canon lift (core func $i "fine"))) {more})"""


def entries(*methods: str) -> list[str]:
    fields = "kind: function.wat, source: file://g.wat, imports: [wasi:random, wasi:cli]"
    return [f"name: {method}, {fields}, method: {method}" for method in methods]


@pytest.mark.parametrize("mode", ["plain", "hosted", "waits"])
def test_an_exception_is_an_error_of_its_call(opened: Callable[..., State], mode: str) -> None:
    """From realloc, from the function, from its post-return and from a destructor; the instance ends, and the next call works."""
    methods = ("take", "main", "text", "number", "make", "fine")
    state = opened(entries(*methods), {"g.wat": component(mode)})
    for _ in range(2):
        assert call(state, "t:take", "hello") == f"Internal take: {THROWN}"
        assert call(state, "t:main") == f"Internal main: {THROWN}"
        assert call(state, "t:text") == f"Internal text: {THROWN}"
        assert call(state, "t:number") == f"Internal number: {THROWN}"
        assert call(state, "t:fine") == "7"
    source = b"""local thing = assert(require('funcs').call('t:make')) local ok, err = pcall(thing.drop, thing) error(tostring(err), 0)"""
    for _ in range(2):
        assert THROWN in buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
    state.close()


@pytest.mark.parametrize("mode", ["hosted", "waits"])
def test_an_exception_of_a_realloc_that_an_import_calls(opened: Callable[..., State], mode: str) -> None:
    """It is a trap: the guest can't catch it and go on, as if its own import had not failed."""
    state = opened(entries("lent", "caught"), {"g.wat": component(mode)})
    for _ in range(2):
        for name in ("lent", "caught"):
            assert call(state, f"t:{name}") == (
                f"Internal {name}: it throws an exception in its realloc function, which a function of the host has called"
            )
    state.close()


# What is not made when the guest's limit of memory is reached fails by an error that is not a trap, in calls of each kind.
FULL = """(type $words (array (mut i64))) (type $list (struct (field (ref null $list)) (field (ref $words))))
  (global $all (mut (ref null $list)) (ref.null $list))
  (func $fill (loop $more
   (global.set $all (struct.new $list (global.get $all) (array.new_default $words (i32.const 1000)))) (br $more)))"""


def filling(mode: str) -> str:
    opening = {"plain": "", "hosted": RANDOM, "waits": WAITS + RANDOM}[mode]
    imports = {"plain": [], "hosted": ["tick"], "waits": ["tick", "stdout"]}[mode]
    imported = " ".join(f'(import "" "{name}" (func (result {"i64" if name == "tick" else "i32"})))' for name in imports)
    passed = " ".join(f'(export "{name}" (func ${name}))' for name in imports)
    return f"""(component {opening}
 (core module $d {FULL} (func (export "dtor") (param i32) (call $fill))) (core instance $d (instantiate $d))
 (type $thing' (resource (rep i32) (dtor (core func $d "dtor"))))
 (export $thing "thing" (type $thing')) (core func $new (canon resource.new $thing'))
 (core module $m (import "" "new" (func $new (param i32) (result i32))) {imported} {FULL} (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $fill) (i32.const 1024))
  (func (export "take") (param i32 i32) (result i32) (local.get 1)) (func (export "main") (result i32) (call $fill) (i32.const 7))
  (func (export "number") (result i32) (i32.const 7)) (func (export "post") (param i32) (call $fill))
  (func (export "make") (result i32) (call $new (i32.const 7))) (func (export "fine") (result i32) (i32.const 7)))
 (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) {passed}))))
 (func (export "take") (param "s" string) (result u32)
  (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "main") (result u32) (canon lift (core func $i "main")))
 (func (export "number") (result u32) (canon lift (core func $i "number") (post-return (core func $i "post"))))
 (func (export "make") (result (own $thing)) (canon lift (core func $i "make")))
 (func (export "fine") (result u32) (canon lift (core func $i "fine"))))"""


@pytest.mark.parametrize("mode", ["plain", "hosted", "waits"])
def test_an_error_that_is_no_trap(opened: Callable[..., State], mode: str) -> None:
    """A heap of structures that is full, in realloc, the function, its post-return or a destructor: the call fails, the next works."""
    limited = [f"{entry}, limits: {{max_memory_bytes: 1000000}}" for entry in entries("take", "main", "number", "make", "fine")]
    state = opened(limited, {"g.wat": filling(mode)})
    full = "GC heap out of memory"
    source = b"""local thing = assert(require('funcs').call('t:make')) local ok, err = pcall(thing.drop, thing) error(tostring(err), 0)"""
    for _ in range(2):
        assert call(state, "t:take", "hello").startswith(f"Internal take: {full}")
        assert call(state, "t:main").startswith(f"Internal main: {full}")
        assert call(state, "t:number").startswith(f"Internal number: {full}")
        assert full in buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
        assert call(state, "t:fine") == "7"
    state.close()


def test_after_a_list_the_guest_may_leave_again(opened: Callable[..., State]) -> None:
    """The realloc that an import calls may call none, but what has called the import may go on to the next."""
    text = f"""(component {RANDOM.replace("(throw $t)", "(i32.const 1024)")}
     (core module $m (import "" "tick" (func $tick (result i64))) (import "" "bytes" (func $bytes (param i64 i32)))
      (func (export "f") (result i32) (call $bytes (i64.const 8) (i32.const 64)) (drop (call $tick)) (i32.const 7)))
     (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) (export "bytes" (func $bytes))))))
     (func (export "f") (result u32) (canon lift (core func $i "f"))))"""
    state = opened(entries("f"), {"g.wat": text})
    assert [call(state, "t:f") for _ in range(3)] == ["7"] * 3
