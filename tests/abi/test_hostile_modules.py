"""Core modules that misuse WASI 0.1: an errno or an error of the call, bounded memory, and the next call works."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.texts import texts

_, wat = texts(__file__)

IMPORTS = {
    "fd_write": "(param i32 i32 i32 i32) (result i32)",
    "fd_read": "(param i32 i32 i32 i32) (result i32)",
    "poll_oneoff": "(param i32 i32 i32 i32) (result i32)",
    "random_get": "(param i32 i32) (result i32)",
    "args_get": "(param i32 i32) (result i32)",
    "args_sizes_get": "(param i32 i32) (result i32)",
    "environ_get": "(param i32 i32) (result i32)",
    "clock_time_get": "(param i32 i64 i32) (result i32)",
    "fd_close": "(param i32) (result i32)",
    "fd_fdstat_get": "(param i32 i32) (result i32)",
    "fd_seek": "(param i32 i64 i32 i32) (result i32)",
    "sched_yield": "(result i32)",
    "path_open": "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
}
NO_ROOM = "f: an address outside of the guest's memory was given to the host"
TOO_MANY = "f: the guest gives the host a list of too many buffers"
BAD_DESCRIPTOR, INVALID, NOT_SEEKABLE = "8", "28", "70"


def outcome(folder: Path, body: str, pages: int = 2, memory: str = '(export "memory")') -> str:
    """Calls a function with this body twice; gives what it returned, or the message of its error."""
    imports = "\n".join(f'(import "wasi_snapshot_preview1" "{name}" (func ${name} {type}))' for name, type in IMPORTS.items())
    text = f'(module {imports} (memory {memory} {pages}) (func (export "f") (result i32) (local $n i32) {body}))'
    folder.mkdir()
    fields = "kind: function.wat, source: file://g.wat, method: f, imports: [wasi_snapshot_preview1]"
    state = State(folder, [f"name: f, {fields}"], {"g.wat": text})
    state.boot[b"test_clock"]()
    source = b"local v, err = require('funcs').call('t:f') error(err and err:message() or tostring(v), 0)"
    found = [buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message for _ in range(2)]
    state.close()
    assert found[0] == found[1]
    return str(found[0])


@pytest.mark.parametrize(("body", "expected"), [
    ("(call $fd_write (i32.const 5) (i32.const 0) (i32.const 2) (i32.const 9000))", BAD_DESCRIPTOR),
    ("(call $fd_write (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9000))", BAD_DESCRIPTOR),
    ("(call $fd_write (i32.const 1) (i32.const 131064) (i32.const 2) (i32.const 9000))", NO_ROOM),
    ("(call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 131070))", NO_ROOM),
    ("(i32.store (i32.const 4) (i32.const -1)) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))", NO_ROOM),
    ("(call $fd_write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 64))", TOO_MANY),
    ("(call $fd_read (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 9000))", BAD_DESCRIPTOR),
    ("(i32.store offset=4 (i32.const 0) (i32.const -1)) (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64))", NO_ROOM),
    ("(call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 64))", NOT_SEEKABLE),
    ("(call $fd_fdstat_get (i32.const 1) (i32.const 131060))", NO_ROOM),
    ("(call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 4096) (i32.const 0))", NO_ROOM),
    ("(call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 0) (i32.const 16))", INVALID),
    ("(call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const -1) (i32.const 16))", INVALID),
    ("(call $random_get (i32.const 100) (i32.const -1))", INVALID),
    ("(call $random_get (i32.const 131070) (i32.const 5))", NO_ROOM),
    ("(call $args_sizes_get (i32.const -4) (i32.const 0))", NO_ROOM),
    ("(call $args_get (i32.const -4) (i32.const -1))", "0"),
    ("(call $clock_time_get (i32.const 9) (i64.const 0) (i32.const 64))", INVALID),
    ("(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 131068))", NO_ROOM),
    ("(i32.add (call $sched_yield) (call $fd_close (i32.const 50)))", BAD_DESCRIPTOR),
])  # fmt: skip
def test_misuse(tmp_path: Path, body: str, expected: str) -> None:
    """Bad descriptors, addresses beyond the memory, lists that are too long: what the call gives, time and again."""
    assert outcome(tmp_path / "p", body) == expected


def test_standard_output_is_closed_once(tmp_path: Path) -> None:
    """What an instance closed stays closed: the second close in it has nothing to close."""
    twice = "(i32.add (i32.mul (i32.const 100) (call $fd_close (i32.const 1))) (call $fd_close (i32.const 1)))"
    first = f"(if (i32.eqz (i32.load (i32.const 0))) (then (i32.store (i32.const 0) (i32.add {twice} (i32.const 1)))))"
    assert outcome(tmp_path / "p", f"{first} (i32.sub (i32.load (i32.const 0)) (i32.const 1))") == BAD_DESCRIPTOR


def test_buffers_that_name_the_same_memory_many_times(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A gigabyte in a thousand buffers over one megabyte: some is taken, and no more than that is kept."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = wat("buffers_that_name_the_same_memory_many_times")
    assert outcome(tmp_path / "p", body, pages=20) == "1048576"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_without_a_memory_of_that_name(tmp_path: Path) -> None:
    """A module that exports no memory is told so where the host would need it."""
    message = outcome(tmp_path / "p", "(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 64))", memory="")
    assert "memory" in message and "mistake" not in message
