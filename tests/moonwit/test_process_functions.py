"""A `process.wasm` whose `method` is any function: as a command, with words as WAVE or text, and called by scripts."""

import hashlib

import pytest
from wasmtime import wat2wasm

# `greet` gives its argument after "Hello, "; `count` counts its calls in this instance.
GUEST = wat2wasm("""(component
  (core module $m
    (memory (export "memory") 1)
    (global $at (mut i32) (i32.const 4096))
    (global $calls (mut i32) (i32.const 0))
    (data (i32.const 16) "Hello, ")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      global.get $at
      (global.set $at (i32.and (i32.add (i32.add (global.get $at) (local.get 3)) (i32.const 15)) (i32.const -16))))
    (func (export "greet") (param $p i32) (param $n i32) (result i32)
      (memory.copy (i32.const 2048) (i32.const 16) (i32.const 7))
      (memory.copy (i32.const 2055) (local.get $p) (local.get $n))
      (i32.store (i32.const 0) (i32.const 2048))
      (i32.store (i32.const 4) (i32.add (local.get $n) (i32.const 7)))
      i32.const 0)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "sum") (param $p i32) (param $n i32) (result i64)
      (local $s i64)
      (loop $next
        (if (local.get $n) (then
          (local.set $s (i64.add (local.get $s) (i64.load32_u (local.get $p))))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next))))
      local.get $s)
    (func (export "count") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      global.get $calls)
    (func (export "check") (param i32) (result i32) local.get 0)
    (func (export "stop") unreachable)
    (func (export "length") (param i32 i32 i32) (result i32)
      (select (local.get 2) (i32.const -1) (local.get 0)))
    (func (export "or") (param i32 i32) (result i32) (select (local.get 1) (i32.const -1) (local.get 0)))
    (func (export "point") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 1))
      (i32.store (i32.const 4) (local.get 0))
      i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (type $p (record (field "x" s32) (field "y" s32)))
  (export $point "point-type" (type $p))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $i "greet") (memory $memory) (realloc $realloc)))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add")))
  (func (export "sum") (param "all" (list u32)) (result u64)
    (canon lift (core func $i "sum") (memory $memory) (realloc $realloc)))
  (func (export "count") (result u32) (canon lift (core func $i "count")))
  (func (export "check") (param "fails" bool) (result (result)) (canon lift (core func $i "check")))
  (func (export "length") (param "text" (option string)) (result s32)
    (canon lift (core func $i "length") (memory $memory) (realloc $realloc)))
  (func (export "or") (param "number" (option s32)) (result s32) (canon lift (core func $i "or")))
  (func (export "stop") (canon lift (core func $i "stop")))
  (func (export "swap") (param "p" $point) (result $point)
    (canon lift (core func $i "point") (memory $memory))))""")
METHODS = ("greet", "add", "sum", "count", "check", "stop", "swap", "length", "or")


@pytest.fixture
def run(tmp_path, moonwit):
    """Runs a command of a project that has each function of the guest as a process."""
    (tmp_path / "guest.wasm").write_bytes(GUEST)
    binary = f"fs: here, path: guest.wasm, hash: 'sha256:{hashlib.sha256(GUEST).hexdigest()}'"
    (tmp_path / "_index.yaml").write_text(
        "version: '1.0'\nnamespace: app\nentries:\n  - {name: here, kind: fs.directory, directory: .}\n"
        + "".join(f"  - {{name: {m}, kind: process.wasm, meta: {{command: {{name: {m}}}}}, {binary}, method: {m}}}\n" for m in METHODS)
        + "  - {name: wrong, kind: process.wasm, meta: {command: {name: wrong}}, "
        + binary
        + ", method: gret}\n"
        "  - {name: lua, kind: process.lua, meta: {command: {name: lua}}, modules: [funcs], source: \"local funcs = require('funcs') "
        "return function(id, ...) print(funcs.call(id, ...)) print(funcs.call('app:count'), funcs.call('app:count')) end\"}\n"
    )
    return lambda *arguments: moonwit("run", *arguments)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("greet", "World"), "Hello, World"),
        (("greet", '"a\\u{62}c"'), "Hello, abc"),
        (("greet", "12"), "Hello, 12"),
        (("greet", ""), "Hello, "),
        (("greet", "true"), "Hello, true"),
        (("add", "40", "-2"), "38"),
        (("sum", "[1, 2, 4294967295]"), "4294967298"),
        (("swap", "{x: 1, y: -2}"), "{x: -2, y: 1}"),
        (("count",), "1"),
        (("greet", "none"), "Hello, none"),
        (("length", "none"), "-1"),
        (("length", "abc"), "3"),
        (("length", 'some("none")'), "4"),
        (("or", "none"), "-1"),
        (("or", "7"), "7"),
        (("or", "some(7)"), "7"),
    ],
)
def test_a_function_is_a_command(run, words, printed):
    """Words are WAVE or text, and the result is printed: strings as they are, anything else as WAVE."""
    result = run(*words)
    assert (result.stdout, result.stderr, result.returncode) == (printed + "\n", "", 0)


def test_what_has_no_result_prints_nothing(run):
    """A `result` without a payload is the exit status: 0, or 1 with a sentence."""
    result = run("check", "false")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)
    result = run("check", "true")
    assert (result.stdout, result.returncode) == ("", 1) and result.stderr.startswith("moonwit: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("greet",), "app:greet: expected 1 argument, got 0: func(name: string) -> string"),
        (("add", "1", "2", "3"), "app:add: expected 2 arguments, got 3: func(a: s32, b: s32) -> s32"),
        (("add", "1", "x"), 'parameter 2 (b: s32): expected an integer, got "x"'),
        (("sum", "[1"), 'parameter 1 (all: list<u32>): expected a sequence, got "[1"'),
        (("stop",), "unreachable"),
        (("wrong",), "did you mean"),
    ],
)
def test_bad_words_are_a_sentence(run, words, sentence):
    """What is wrong, where, and status 1."""
    result = run(*words)
    assert (result.stdout, result.returncode) == ("", 1)
    assert sentence in result.stderr


def test_a_call_runs_a_process(run):
    """Each run has an instance of its own."""
    assert run("lua", "app:greet", "you").stdout == "Hello, you\n1\t1\n"


def test_check_and_list_know_them(run, moonwit):
    """A function that the binary does not have is found where it is named."""
    checked = moonwit("check")
    assert checked.returncode == 1 and "method" in checked.stderr and checked.stderr.count("error") <= 1
    assert "greet" in run("list").stdout
