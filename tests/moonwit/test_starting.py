"""What runs in an instance of a core module before its functions are called."""

from __future__ import annotations

from pathlib import Path

import pytest

import moonwit

# Each adds to the global that `get` gives.
INITIALIZE = '(func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1))))'
CONSTRUCTORS = '(func (export "__wasm_call_ctors") (global.set $n (i32.add (global.get $n) (i32.const 10))))'
START = '(func (export "_start") (global.set $n (i32.add (global.get $n) (i32.const 100))))'
SECTION = "(func $s (global.set $n (i32.add (global.get $n) (i32.const 1000)))) (start $s)"
OTHER_TYPE = '(func (export "_initialize") (param i32) (global.set $n (i32.const 7)))'
WASI = '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'
ABORT = '(import "env" "abort" (func (param i32 i32 i32 i32)))'


def opened(folder: Path, parts: str, methods: tuple[str, ...] = ("get",)) -> moonwit.Project:
    """Opens a project with a module of these parts, and an entry for each of its functions."""
    text = f'(module {parts} (global $n (mut i32) (i32.const 0)) (func (export "get") (result i32) (global.get $n)))'
    (folder / "it.wat").write_text(text)
    lines = ["version: '1.0'", "namespace: s", "entries:"]
    lines += [f"  - {{name: {method}, kind: function.wat, source: file://it.wat, method: {method}}}" for method in methods]
    (folder / "_index.yaml").write_text("\n".join(lines) + "\n")
    return moonwit.open(folder)


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        (INITIALIZE, 1),
        (CONSTRUCTORS, 10),
        (START, 100),
        (SECTION, 1000),
        (ABORT + START, 100),
        (WASI + START, 0),
        (WASI + INITIALIZE + START, 1),
        (WASI + CONSTRUCTORS + START, 10),
        (INITIALIZE + CONSTRUCTORS + START + SECTION, 1001),
        (OTHER_TYPE + START, 100),
        ("", 0),
    ],
)
def test_what_sets_up_a_module_runs_once_in_each_instance(tmp_path: Path, parts: str, value: int) -> None:
    """A reactor's `_initialize`, else exported constructors, else the `_start` of a module that is not a program of WASI; once."""
    with opened(tmp_path, parts) as project:
        assert [project.call("s:get") for _ in range(2)] == [value, value]


def test_what_is_called_by_itself_does_not_run_twice(tmp_path: Path) -> None:
    """An entry that calls what would run before runs it when it is called, and no other time."""
    trap_again = '(func (export "_start") (if (global.get $n) (then unreachable)) (global.set $n (i32.const 1)))'
    with opened(tmp_path, trap_again, ("get", "_start")) as project:
        assert project.call("s:_start") is None
        assert project.call("s:get") == 1
        with pytest.raises(moonwit.CallError, match="unreachable"):
            project.call("s:_start")


def test_a_start_that_fails_is_an_error_of_each_call(tmp_path: Path) -> None:
    """Where the set-up traps, each call says so."""
    with opened(tmp_path, '(func (export "_start") unreachable)') as project:
        for _ in range(2):
            with pytest.raises(moonwit.CallError, match="unreachable"):
                project.call("s:get")


def test_check_and_inspect_say_what_runs(moonwit, tmp_path):
    """`check` notes a function of a program whose `_start` does not run before it, and `inspect` says what runs."""
    opened(tmp_path, WASI + START).close()
    note = "note: the module is a program, whose `_start` is not called before `get`: what it sets up is not there"
    assert note in moonwit("check").stderr
    line = "start      `_start` runs the whole program (`moonwit run`), and is not called before other functions\n"
    for what in ("it.wat", "s:get"):
        assert line in moonwit("inspect", what).stdout
    opened(tmp_path, ABORT + START).close()
    assert "note" not in moonwit("check").stderr
    assert "start      `_start` is called once in each instance, before anything else\n" in moonwit("inspect", "it.wat").stdout
