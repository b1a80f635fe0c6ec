"""What a call from one component to another costs, in a component composed of two, and through Wasmtime's own component implementation.

Run: python tests/bench/edges.py; the calls are made by a loop in the guest, so what calls the loop does not count.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from wasmtime import Engine, Store, wat2wasm
from wasmtime.component import Component, Linker

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.abi.composed import ALLOCATING, opened

PLACE = 2 << 20
MEMORY = ALLOCATING.replace('"memory") 1)', '"memory") 200)').replace("(i32.const 1024)", f"(i32.const {PLACE})")
FREE = f"(global.set $at (i32.const {PLACE}))"
RECORD = '(type $words (record (field "a" string) (field "b" string) (field "c" string))) (export "words" (type $r (eq $words)))'
CALLEE = f"""(component $callee
 (core module $m {MEMORY}
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "take") (param i32 i32) (result i32) {FREE} (local.get 1))
  (func (export "back") (param i32 i32 i32 i32 i32 i32) (result i32)
   (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.store (i32.const 8) (local.get 2))
   (i32.store (i32.const 12) (local.get 3)) (i32.store (i32.const 16) (local.get 4)) (i32.store (i32.const 20) (local.get 5))
   {FREE} (i32.const 0)))
 (core instance $i (instantiate $m))
 (type $words (record (field "a" string) (field "b" string) (field "c" string))) (export $r "words" (type $words))
 (func (export "add") (param "x" u32) (param "y" u32) (result u32) (canon lift (core func $i "add")))
 (func (export "take") (param "x" (list u8)) (result u32)
  (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "back") (param "x" $r) (result $r)
  (canon lift (core func $i "back") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""


def loop(name: str, body: str) -> str:
    """A function that does something so many times."""
    again = "(local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $again (local.get $n))"
    return f'(func (export "{name}") (param $n i32) (result i32) (local $s i32) (loop $again {body} {again}) (local.get $s))'


LOOPS = {
    "two u32": ("adds", 1_000_000, "(local.set $s (call $add (local.get $s) (i32.const 3)))"),
    "a record of 3 strings, there and back": (
        "backs",
        100_000,
        "(call $back (i32.const 64) (i32.const 20) (i32.const 70) (i32.const 20) (i32.const 75) (i32.const 20) (i32.const 0)) (call $free)",
    ),
    "list<u8> of 1 MiB": ("takes", 200, "(local.set $s (call $take (i32.const 65536) (i32.const 1048576)))"),
    "a plain copy of 1 MiB": ("copies", 200, f"(memory.copy (i32.const {PLACE}) (i32.const 65536) (i32.const 1048576))"),
}
EXPORTS = [name for name, _, _ in LOOPS.values()]
CALLER = f"""(component $caller
 (import "callee" (instance $callee
  {RECORD}
  (export "add" (func (param "x" u32) (param "y" u32) (result u32)))
  (export "take" (func (param "x" (list u8)) (result u32)))
  (export "back" (func (param "x" $r) (result $r)))))
 (core module $libc {MEMORY} (data (i32.const 64) "the quick brown fox jumps over the lazy dog, and so on")
  (func (export "free") {FREE}))
 (core instance $libc (instantiate $libc))
 (core func $add (canon lower (func $callee "add")))
 (core func $take (canon lower (func $callee "take") (memory (core memory $libc "memory"))))
 (core func $back
  (canon lower (func $callee "back") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
 (core module $m
  (import "" "memory" (memory 1)) (import "" "free" (func $free))
  (import "" "add" (func $add (param i32 i32) (result i32))) (import "" "take" (func $take (param i32 i32) (result i32)))
  (import "" "back" (func $back (param i32 i32 i32 i32 i32 i32 i32)))
  {" ".join(loop(name, body) for name, _, body in LOOPS.values())})
 (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $libc "memory")) (export "free" (func $libc "free"))
  (export "add" (func $add)) (export "take" (func $take)) (export "back" (func $back))))))
 {" ".join(f'(func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}")))' for name in EXPORTS)})"""
COMPOSED = f"""(component {CALLEE} {CALLER}
 (instance $a (instantiate $callee)) (instance $b (instantiate $caller (with "callee" (instance $a))))
 {" ".join(f'(export "{name}" (func $b "{name}"))' for name in EXPORTS)})"""


def measure(quick: bool = False, rounds: int = 5) -> dict[str, tuple[float, float]]:
    """Gives for each call how many seconds it takes with adapters of ours, and with Wasmtime's; the least of some rounds."""
    data = bytes(wat2wasm(COMPOSED))
    store = Store(Engine())
    instance = Linker(store.engine).instantiate(store, Component(store.engine, data))
    least: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), data, {name: name for name in EXPORTS}) as project:
        for _ in range(rounds):
            for call, (name, count, _) in LOOPS.items():
                count = max(count // 10, 20) if quick else count
                project.call(f"t:{name}", 1)
                start = time.perf_counter()
                project.call(f"t:{name}", count)
                middle = time.perf_counter()
                function = instance.get_func(store, name)
                assert function is not None
                again = time.perf_counter()
                function(store, count)
                end = time.perf_counter()
                function.post_return(store)
                ours, theirs = (middle - start) / count, (end - again) / count
                before = least.get(call, (ours, theirs))
                least[call] = min(before[0], ours), min(before[1], theirs)
    return least


if __name__ == "__main__":
    print(f"{'one call':40}{'moonwit':>12}{'wasmtime':>12}")
    for call, (ours, theirs) in measure().items():
        print(f"{call:40}{ours * 1e9:9.0f} ns{theirs * 1e9:9.0f} ns")
