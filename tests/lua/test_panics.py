"""What a guest writes to standard error before it fails is in its error, where the entry grants it."""

from __future__ import annotations

import pytest

from tests.lua.conftest import Lane

# Writes what is at an address to standard error; `fail` traps then.
MODULE = r"""(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "%s")
  (func $say (param $size i32)
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "say") (call $say (i32.const %d)))
  (func (export "fail") (call $say (i32.const %d)) unreachable)
  (func (export "silent") unreachable))"""

COMPONENT = r"""(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $e))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $o (sub resource)))
    (alias outer 1 $e (type $e1)) (export "error" (type $e2 (eq $e1)))
    (type $v (variant (case "last-operation-failed" (own $e2)) (case "closed"))) (export "stream-error" (type $v2 (eq $v)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $v2)))))))
  (alias export $streams "output-stream" (type $os))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $os (type $a)) (export "output-stream" (type $b (eq $a))) (export "get-stderr" (func (result (own $b))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 100) "panic: quietly"))
  (core instance $mem (instantiate $memory))
  (core func $get (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $mem "memory"))))
  (core module $m
    (import "i" "get" (func $get (result i32))) (import "i" "write" (func $write (param i32 i32 i32 i32))) (import "i" "memory" (memory 1))
    (func (export "fail") (call $write (call $get) (i32.const 100) (i32.const 14) (i32.const 16)) unreachable))
  (core instance $i (instantiate $m (with "i" (instance (export "get" (func $get)) (export "write" (func $write))
    (export "memory" (memory $mem "memory"))))))
  (func (export "fail") (canon lift (core func $i "fail"))))"""

RUST = "\nthread '<unnamed>' panicked at src/lib.rs:9:5:\nindex out of range\nnote: run with `RUST_BACKTRACE=1` environment variable\n"
GO = "panic: no luck\n\ngoroutine 1 [running]:\nmain.greet()\n\t/src/main.go:20\n"
PYTHON = "Traceback (most recent call last):\n  File app.py, line 3, in greet\nValueError: no\n"


@pytest.fixture
def guest(lane):
    """Opens a project with one entry for a module that writes this text."""

    def make(text: str) -> Lane:
        data = "".join(f"\\{byte:02x}" for byte in text.encode())
        return lane({"g": "imports: [wasi1]"}, MODULE % (data, len(text.encode()), len(text.encode())))

    return make


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (RUST, "thread '<unnamed>' panicked at src/lib.rs:9:5: index out of range"),
        (GO, "panic: no luck goroutine 1 [running]: main.greet()"),
        (PYTHON, "Traceback (most recent call last): File app.py, line 3, in greet ValueError: no"),
        ("one\ntwo\nthree\nfour\n", "two three four"),
        ("\x1b[31mred\x07", "[31mred"),
    ],
)
def test_the_message_has_the_panic_on_one_line(guest, text, line):
    """From where it says that it panics, else its last lines; nothing in it that a terminal could take for a command."""
    said = guest(text)("local _, err = funcs.call 't:g#fail' print(err:message()) print(err:details().stderr)")
    message, _, rest = said.partition("\n")
    assert message == f"fail: wasm `unreachable` instruction executed: {line}"
    assert rest == f"{text}\n"


def test_only_what_the_call_itself_has_written(guest):
    """What earlier calls wrote is not in the error of a later one, and without a word there are no details."""
    said = guest("early words\n")("""
      funcs.call 't:g#say'
      local _, err = funcs.call 't:g#silent'
      print(err:message(), err:details())
    """)
    assert said == "silent: wasm `unreachable` instruction executed\tnil\n"


def test_much_is_cut(guest):
    """Of much the end is kept, and the message has an end of its own."""
    said = guest("x" * 9000)("""
      local _, err = funcs.call 't:g#fail'
      print(#err:message() < 400, #err:details().stderr)
    """)
    assert said == "true\t4096\n"


def test_a_component_says_it_too(lane, capfd):
    """What it writes by streams of WASI 0.2 is in its error, and reaches the host's standard error as well."""
    run: Lane = lane({"g": "imports: [wasi:cli]"}, COMPONENT)
    said = run("for i = 1, 2 do local _, err = funcs.call 't:g#fail' print(err:message(), err:details().stderr) end")
    assert said == "fail: wasm `unreachable` instruction executed: panic: quietly\tpanic: quietly\n" * 2
