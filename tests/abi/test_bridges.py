"""What the host's own code does not know: strings that are not UTF-8, 64-bit memories, imports that are exported again."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from tests.abi.composed import ALLOCATING, opened

WIDE = """(memory (export "memory") i64 1)
 (global $at (mut i64) (i64.const 1024))
 (func $realloc (export "realloc") (param i64 i64 i64 i64) (result i64)
  (global.set $at (i64.and (i64.add (global.get $at) (i64.const 7)) (i64.const -8)))
  (memory.copy (global.get $at) (local.get 0) (select (local.get 1) (local.get 3) (i64.lt_u (local.get 1) (local.get 3))))
  (global.get $at)
  (global.set $at (i64.add (global.get $at) (local.get 3))))"""
ECHO = """(component
 (core module $m {memory}
  (func (export "echo") (param {a} {a}) (result {a})
   ({a}.store ({a}.const 16) (local.get 0)) ({a}.store ({a}.const {second}) (local.get 1)) ({a}.const 16))
  (global $posts (mut i32) (i32.const 0))
  (func (export "post") (param {a}) (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
  (func (export "posts") (result i32) (global.get $posts)))
 (core instance $i (instantiate $m))
 (func (export "echo") (param "s" string) (result string)
  (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
   (post-return (core func $i "post")) string-encoding={encoding}))
 (type $resource (resource (rep i32)))
 (func (export "posts") (result u32) (canon lift (core func $i "posts"))))"""
NARROW, BROAD = {"memory": ALLOCATING, "a": "i32", "second": 20}, {"memory": WIDE, "a": "i64", "second": 24}
TEXTS = ["", "moon", "zażółć gęślą", "snow ☃, moon 🌙", "é" * 300, "ab" * 5000 + "🌙"]


@pytest.mark.parametrize("encoding", ["utf8", "utf16", "latin1+utf16"])
@pytest.mark.parametrize("kind", [NARROW, BROAD], ids=["32", "64"])
def test_strings_of_every_encoding_and_memory(encoding: str, kind: dict[str, str], tmp_path: Path) -> None:
    """A string comes back as it went, whatever the guest keeps it as; the guest's post-return is called each time."""
    with opened(tmp_path, ECHO.format(**kind, encoding=encoding), {"echo": "echo", "posts": "posts"}) as project:
        assert [project.call("t:echo", text) for text in TEXTS] == TEXTS
        assert project.call("t:posts") == len(TEXTS)


@pytest.mark.parametrize("encoding", ["utf16", "latin1+utf16"])
def test_large_strings(encoding: str, tmp_path: Path) -> None:
    """What takes more memory than there is at first has more made."""
    with opened(tmp_path, ECHO.format(**NARROW, encoding=encoding).replace('"memory") 1)', '"memory") 200)'), {"echo": "echo"}) as project:
        text = "ü🌙" * 500_000
        assert project.call("t:echo", text) == text


ARGUMENTS = f"""(component
 (import "wasi:cli/environment@0.2.0" (instance $environment (export "get-arguments" (func (result (list string))))))
 (alias export $environment "get-arguments" (func $arguments))
 (core module $libc {ALLOCATING})
 (core instance $libc (instantiate $libc))
 (core func $arguments' (canon lower (func $arguments) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
  string-encoding=utf16))
 (core module $m (import "" "memory" (memory 1)) (import "" "arguments" (func $arguments (param i32)))
  (func (export "sum") (result i32) (local $at i32) (local $end i32) (local $sum i32)
   (call $arguments (i32.const 0))
   (local.set $at (i32.load (i32.const 0)))
   (local.set $end (i32.add (local.get $at) (i32.mul (i32.load (i32.const 4)) (i32.const 8))))
   (block $done (loop $more
    (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
    (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 1000)) (i32.load offset=4 (local.get $at))))
    (local.set $sum (i32.add (local.get $sum) (i32.load16_u (i32.load (local.get $at)))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $more)))
   (local.get $sum)))
 (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $libc "memory")) (export "arguments" (func $arguments'))))))
 (func (export "sum") (result u32) (canon lift (core func $i "sum")))
 (export "again" (func $arguments)))"""
GRANTED = ", imports: [wasi:cli], wasi: {args: ['üx', 'A🌙']}"


def test_the_host_gives_strings_in_the_guests_encoding(tmp_path: Path) -> None:
    """Each argument comes with its length in code units, and its first unit."""
    with opened(tmp_path, ARGUMENTS, {"sum": "sum"}, GRANTED) as project:
        for _ in range(3):
            assert project.call("t:sum") == (2 + ord("ü")) * 1000 + 3 + ord("A")


def test_an_import_is_exported_again(tmp_path: Path) -> None:
    """A function that the component only passes on is the host's own; without the grant it says so."""
    with opened(tmp_path, ARGUMENTS, {"again": "again"}, GRANTED) as project:
        assert [project.call("t:again") for _ in range(3)] == [["üx", "A🌙"]] * 3


def test_a_start_function_is_called(tmp_path: Path) -> None:
    """A start function runs once for each instance, before any other call, and its post-return after it."""
    data = bytes(wat2wasm("""(component
     (core module $m (global $runs (mut i32) (i32.const 0))
      (func (export "go") (global.set $runs (i32.add (global.get $runs) (i32.const 1))))
      (func (export "post") (global.set $runs (i32.add (global.get $runs) (i32.const 10))))
      (func (export "runs") (result i32) (global.get $runs)))
     (core instance $i (instantiate $m))
     (func $go (canon lift (core func $i "go") (post-return (core func $i "post"))))
     (func (export "runs") (result u32) (canon lift (core func $i "runs"))))"""))
    with opened(tmp_path, data + b"\x09\x03\0\0\0", {"runs": "runs"}) as project:
        assert [project.call("t:runs") for _ in range(2)] == [11, 11]


def test_a_start_function_that_traps_ends_the_instance(tmp_path: Path) -> None:
    """Its trap is the call's error, each time an instance is made."""
    data = bytes(wat2wasm("""(component
     (core module $m (func (export "go") (unreachable)) (func (export "runs") (result i32) (i32.const 1)))
     (core instance $i (instantiate $m))
     (func $go (canon lift (core func $i "go")))
     (func (export "runs") (result u32) (canon lift (core func $i "runs"))))"""))
    with opened(tmp_path, data + b"\x09\x03\0\0\0", {"runs": "runs"}) as project:
        for _ in range(2):
            with pytest.raises(moonwit.CallError, match="unreachable"):
                project.call("t:runs")


HELD = f"""(component
 (type $r' (resource (rep i32)))
 (core func $new (canon resource.new $r'))
 (core func $rep (canon resource.rep $r'))
 (core func $drop (canon resource.drop $r'))
 (core module $m
  (import "" "new" (func $new (param i32) (result i32)))
  (import "" "rep" (func $rep (param i32) (result i32)))
  (import "" "drop" (func $drop (param i32)))
  {ALLOCATING}
  (func (export "make") (param i32 i32) (result i32)
   (call $new (i32.add (i32.mul (local.get 1) (i32.const 1000)) (i32.load16_u (local.get 0)))))
  (func (export "see") (param i32 i32 i32) (result i32) (i32.add (local.get 0) (local.get 2)))
  (func (export "end") (param i32 i32 i32) (result i32) (call $rep (local.get 0)) (call $drop (local.get 0))))
 (core instance $i (instantiate $m
  (with "" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
 (export $r "name" (type $r'))
 (func (export "[constructor]name") (param "s" string) (result (own $r))
  (canon lift (core func $i "make") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
 (func (export "[method]name.see") (param "self" (borrow $r)) (param "s" string) (result u32)
  (canon lift (core func $i "see") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
 (func (export "end") (param "name" (own $r)) (param "s" string) (result u32)
  (canon lift (core func $i "end") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16)))"""


def test_resources_beside_strings_of_another_encoding(tmp_path: Path) -> None:
    """Handles are taken, lent and given beside strings that are transcoded; however often, none is left behind."""
    methods = {"make": "[constructor]name", "see": "[method]name.see", "end": "end"}
    with opened(tmp_path, HELD, methods) as project:
        project.run_script("""
          local funcs = require 'funcs'
          for i = 1, 300 do
            local name = assert(funcs.call('t:make', 'üx'))
            assert(name:see 'abc' == 2252 + 3)
            assert(name:see '' == 2252)
            assert(funcs.call('t:end', name, '') == 2252)
          end
          local one = assert(funcs.call('t:make', 'a'))
          one:drop()
        """)
