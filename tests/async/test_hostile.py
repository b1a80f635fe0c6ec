"""Guests that call built-ins with wrong indices, twice, and out of order end with an error, and nothing else happens."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.projects import opened
from tests.texts import texts

lua, wat = texts(__file__)

BUILTINS = {
    "set-new": ("(canon waitable-set.new)", "", "i"),
    "set-drop": ("(canon waitable-set.drop)", "i", ""),
    "set-poll": ('(canon waitable-set.poll (memory (core memory $libc "memory")))', "ii", "i"),
    "join": ("(canon waitable.join)", "ii", ""),
    "sub-drop": ("(canon subtask.drop)", "i", ""),
    "sub-cancel": ("(canon subtask.cancel async)", "i", "i"),
    "s-new": ("(canon stream.new $s)", "", "I"),
    "s-read": ('(canon stream.read $s async (memory (core memory $libc "memory")))', "iii", "i"),
    "s-write": ('(canon stream.write $s async (memory (core memory $libc "memory")))', "iii", "i"),
    "s-cancel-read": ("(canon stream.cancel-read $s async)", "i", "i"),
    "s-cancel-write": ("(canon stream.cancel-write $s async)", "i", "i"),
    "s-drop-r": ("(canon stream.drop-readable $s)", "i", ""),
    "s-drop-w": ("(canon stream.drop-writable $s)", "i", ""),
    "f-new": ("(canon future.new $f)", "", "I"),
    "f-read": ('(canon future.read $f async (memory (core memory $libc "memory")))', "ii", "i"),
    "f-write": ('(canon future.write $f async (memory (core memory $libc "memory")))', "ii", "i"),
    "f-drop-r": ("(canon future.drop-readable $f)", "i", ""),
    "f-drop-w": ("(canon future.drop-writable $f)", "i", ""),
    "inc": ("(canon backpressure.inc)", "", ""),
    "dec": ("(canon backpressure.dec)", "", ""),
    "cancel": ("(canon task.cancel)", "", ""),
    "return": ("(canon task.return (result u32))", "i", ""),
    "yield": ("(canon thread.yield)", "", "i"),
    "get": ("(canon context.get i32 0)", "", "i"),
    "set": ("(canon context.set i32 1)", "i", ""),
    "own-new": ("(canon resource.new $r)", "i", "i"),
    "own-rep": ("(canon resource.rep $r)", "i", "i"),
    "own-drop": ("(canon resource.drop $r)", "i", ""),
}
TYPES = {"i": "i32", "I": "i64"}
CALLS, FUNCTIONS = 12, 30


def _function(rng: random.Random, name: str) -> str:
    lines = []
    for _ in range(CALLS):
        called = rng.choice(list(BUILTINS))
        _, params, results = BUILTINS[called]
        given = " ".join(f"(i32.const {rng.choice([0, 1, 2, 3, 4, 5, 8, 64, 65536, -1, 0x7FFFFFFF])})" for _ in params)
        call = f"(call ${called} {given})"
        lines.append(f"(drop {call})" if results else call)
    return f'(func (export "{name}") (result i32) {" ".join(lines)} (i32.const {rng.choice([0, 0, 1, 2, 18, 34, 3, 15, -1])}))'


def _shape(params: str, results: str) -> str:
    return "".join(f"(param {TYPES[p]})" for p in params) + "".join(f"(result {TYPES[r]})" for r in results)


def _guest(seed: int) -> str:
    rng = random.Random(seed)
    declared = "\n".join(f"(core func ${name} {text})" for name, (text, _, _) in BUILTINS.items())
    imports = "\n".join(
        f'(import "" "{name}" (func ${name} {_shape(params, results)}))'
        for name, (_, params, results) in BUILTINS.items()
    )
    given = " ".join(f'(export "{name}" (func ${name}))' for name in BUILTINS)
    bodies = "\n".join(_function(rng, f"f{number}") for number in range(FUNCTIONS))
    lifts = "\n".join(
        f'(func (export "f{number}") async (result u32) (canon lift (core func $i "f{number}") async (callback (core func $i "c"))))'
        for number in range(FUNCTIONS)
    )
    return f"""(component
     (type $s (stream u32)) (type $f (future u8)) (type $r (resource (rep i32)))
     (core module $libc (memory (export "memory") 1)) (core instance $libc (instantiate $libc))
     {declared}
     (core module $m {imports} {bodies} (func (export "c") (param i32 i32 i32) (result i32) (i32.const 0)))
     (core instance $i (instantiate $m (with "" (instance {given}))))
     {lifts})"""


@pytest.mark.parametrize("seed", range(4))
def test_random_calls_of_built_ins_end_in_errors_only(tmp_path: Path, seed: int) -> None:
    """Whatever a guest does, each of its calls is answered within its limit, and other guests go on."""
    entries = [
        f"name: f{number}, kind: function.wat, source: file://g.wat, method: f{number}, limits: {{max_execution_ms: 100}}"
        for number in range(FUNCTIONS)
    ]
    with opened(tmp_path, *entries, files={"g.wat": _guest(seed)}) as project:
        project.run_script(
            lua("random_calls_of_built_ins_end_in_errors_only", FUNCTIONS=FUNCTIONS)
        )


def test_a_writer_outlives_the_guest_that_reads(tmp_path: Path) -> None:
    """What is written to a guest that waited for it and has failed meanwhile goes nowhere: its memory is gone."""
    text = wat("a_writer_outlives_the_guest_that_reads")
    with opened(tmp_path, "name: f, kind: function.wat, method: f, source: file://f.wat", files={"f.wat": text}) as project:
        project.run_script(
            lua("a_writer_outlives_the_guest_that_reads")
        )


def test_a_writer_is_told_that_its_guest_has_ended(tmp_path: Path) -> None:
    """What feeds a guest that traps, in the midst of a value or before it reads, ends."""
    entries = [f'name: {name}, kind: function.wat, source: "file://reader.wat", method: {name}' for name in ("read", "trap")]
    with opened(tmp_path, *entries, files={"reader.wat": wat("reader")}) as project:
        project.run_script(lua("a_writer_is_told"))
