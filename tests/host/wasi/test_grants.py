"""A guest gets what its entry grants, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.host.wasi.conftest import Entry
from tests.projects import failure

Functions = Callable[..., dict[str, Entry]]

WASI = """(component
  (import "wasi:random/random@0.2.1" (instance $random (export "get-random-u64" (func (result u64)))))
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type $t (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
    (export "now" (func (result u64)))
    (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
  (import "other:thing/box@1.0.0" (instance $box
    (export "box" (type $b (sub resource))) (export "open" (func (param "x" string) (result (own $b))))))
  (import "wippy:runtime/funcs@0.1.0" (instance $funcs (export "call-nothing" (func))))
  (import "alone" (func $alone (result u32)))
  (core func $random' (canon lower (func $random "get-random-u64")))
  (core func $now' (canon lower (func $clock "now")))
  (core func $alone' (canon lower (func $alone)))
  (core func $nothing' (canon lower (func $funcs "call-nothing")))
  (core module $m
    (import "i" "random" (func $random (result i64))) (import "i" "now" (func $now (result i64)))
    (import "i" "alone" (func $alone (result i32))) (import "i" "nothing" (func $nothing))
    (func (export "random") (result i64) call $random) (func (export "now") (result i64) call $now)
    (func (export "alone") (result i32) call $alone) (func (export "nothing") call $nothing)
    (func (export "plain") (result i32) i32.const 7))
  (core instance $i (instantiate $m (with "i" (instance
    (export "random" (func $random')) (export "now" (func $now'))
    (export "alone" (func $alone')) (export "nothing" (func $nothing'))))))
  (func (export "random") (result u64) (canon lift (core func $i "random")))
  (func (export "now") (result u64) (canon lift (core func $i "now")))
  (func (export "alone") (result u32) (canon lift (core func $i "alone")))
  (func (export "nothing") (canon lift (core func $i "nothing")))
  (func (export "plain") (result u32) (canon lift (core func $i "plain"))))"""


def test_what_is_not_imported_fails_when_it_is_called(functions: Functions) -> None:
    """Undeclared imports don't keep a component from loading; calling one says which interface the entry lacks."""
    found = functions(WASI)
    assert found["plain"].call([]) == 7
    for name, sentence in [
        ("random", "uses wasi:random/random, which its entry does not import (it called get-random-u64): add wasi:random"),
        ("now", "uses wasi:clocks/monotonic-clock, which its entry does not import (it called now): add wasi:clocks"),
        ("alone", "calls alone, which nothing provides: "),
        ("nothing", "calls call-nothing of wippy:runtime/funcs, but the interface has no such function: "),
    ]:
        error = failure(found[name].call, [])
        assert error.kind == "PermissionDenied"
        assert error.message.startswith(f"the function app:{name} {sentence}")
    assert found["plain"].call([]) == 7


@pytest.mark.parametrize(
    ("imports", "random", "now"),
    [
        (("wasi:random",), True, False),
        (("wasi:clocks",), False, True),
        (("wasi:clocks/monotonic-clock@0.2.3", "wasi:random/random"), True, True),
        (("wasi:clocks/wall-clock", "wasi:random/insecure"), False, False),
        (("wasi:io", "wasi:cli", "wasi:filesystem"), False, False),
    ],
)
def test_grants_open_exactly_what_they_name(imports: tuple[str, ...], random: bool, now: bool, functions: Functions) -> None:
    """A granted interface works whatever 0.2 version the guest was built against; its neighbors stay closed."""
    found = functions(WASI, *imports)
    for name, granted in [("random", random), ("now", now)]:
        if granted:
            assert found[name].call([]) > 0
        else:
            assert "does not import" in failure(found[name].call, []).message


PRINTER = """(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $e))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $o (sub resource)))
    (alias outer 1 $e (type $e1)) (export "error" (type $e2 (eq $e1)))
    (type $v (variant (case "last-operation-failed" (own $e2)) (case "closed"))) (export "stream-error" (type $v2 (eq $v)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $v2)))))))
  (alias export $streams "output-stream" (type $os))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $os (type $a)) (export "output-stream" (type $b (eq $a))) (export "get-stdout" (func (result (own $b))))))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $os (type $a)) (export "output-stream" (type $b (eq $a))) (export "get-stderr" (func (result (own $b))))))
  (import "wasi:cli/environment@0.2.0" (instance $env (export "get-arguments" (func (result (list string))))))
  (core module $memory (memory (export "memory") 1) (global $p (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $p) (global.set $p (i32.add (global.get $p) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))))
  (core instance $mem (instantiate $memory))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $get-stderr (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $mem "memory"))))
  (core func $arguments (canon lower (func $env "get-arguments") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (core module $m
    (import "i" "stdout" (func $stdout (result i32))) (import "i" "stderr" (func $stderr (result i32)))
    (import "i" "write" (func $write (param i32 i32 i32 i32))) (import "i" "arguments" (func $arguments (param i32)))
    (import "i" "memory" (memory 1))
    (func (export "out") (param i32 i32) (call $write (call $stdout) (local.get 0) (local.get 1) (i32.const 16)))
    (func (export "err") (param i32 i32) (call $write (call $stderr) (local.get 0) (local.get 1) (i32.const 16)))
    (func (export "count") (result i32) (call $arguments (i32.const 32)) (i32.load (i32.const 36))))
  (core instance $i (instantiate $m (with "i" (instance (export "stdout" (func $get-stdout)) (export "stderr" (func $get-stderr))
    (export "write" (func $write)) (export "arguments" (func $arguments)) (export "memory" (memory $mem "memory"))))))
  (func (export "out") (param "text" string)
    (canon lift (core func $i "out") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (func (export "err") (param "text" string)
    (canon lift (core func $i "err") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (func (export "arguments") (result u32) (canon lift (core func $i "count"))))"""


def test_output_reaches_the_hosts_streams_when_granted(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """With ``wasi:cli`` a guest's output goes to the host's, an unfinished line at the end of the call."""
    found = functions(PRINTER, "wasi:cli")
    found["out"].call(["one\ntwo"])
    found["err"].call(["three\n"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("one\ntwo", "three\n")


def test_output_goes_nowhere_without_a_grant(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """Without ``wasi:cli`` a guest may print, and nobody sees it."""
    found = functions(PRINTER)
    found["out"].call(["one\n"])
    found["err"].call(["two\n"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_guest_sees_no_arguments_of_the_host(functions: Functions) -> None:
    """With ``wasi:cli`` granted, arguments are still empty; without, asking for them is an error."""
    assert functions(PRINTER, "wasi:cli")["arguments"].call([]) == 0
    error = failure(functions(PRINTER)["arguments"].call, [])
    assert error.message == (
        "the function app:arguments uses wasi:cli/environment, which its entry does not import (it called get-arguments): "
        "add wasi:cli to the imports of app:arguments, as in `imports: [wasi:cli]`"
    )


WASI_GUEST = Path(__file__).parents[2] / "guests" / "wasi" / "wasi.wasm"


def test_a_guest_with_a_standard_library_runs_on_little(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """A guest written in C asks for directories and standard streams first of all: it computes without any grant, prints with
    ``wasi:cli`` alone, and what it really lacks is what the error names."""
    data = WASI_GUEST.read_bytes()
    bare, printing = functions(data), functions(data, "wasi:cli")
    assert bare["add"].call([1, 2]) == 3
    bare["say"].call(["nobody hears"])
    printing["say"].call(["hello"])
    assert capfd.readouterr().out == "hello\n"
    assert "uses wasi:cli/environment," in failure(bare["arguments"].call, []).message
    assert "uses wasi:clocks/" in failure(printing["seconds"].call, []).message
    assert printing["arguments"].call([]) == []
    assert printing["variable"].call(["PATH"]) is None
    assert printing["read-line"].call([]) is None
    assert b"err" in printing["read-file"].call(["/etc/passwd"])
    exited = failure(printing["leave"].call, [3])
    assert (exited.kind, exited.message) == ("Internal", "leave: it exited with status 1")
    assert printing["add"].call([1, 2]) == 3


def test_granted_filesystem_and_clocks_hold_nothing_of_the_host(functions: Functions) -> None:
    """With the grants alone there is time, and there are no directories."""
    found = functions(WASI_GUEST.read_bytes(), "wasi:cli", "wasi:clocks", "wasi:filesystem")
    assert found["seconds"].call([]) > 1_700_000_000
    assert b"err" in found["list-folder"].call(["/"])
