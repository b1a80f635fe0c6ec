"""What provably ends soon: code without loops, recursion, or what takes long by itself; anything else is not believed."""

import pytest
from wasmtime import wat2wasm

from moonwit.host.wasm.plan.brief import MOST, ends_soon

BRIEF = {
    "numbers": "(func (export \"f\") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))",
    "memory": "(memory 1) (func (export \"f\") (result i64) (i32.store offset=16 (i32.const 0) (memory.size)) (i64.load (i32.const 8)))",
    "branches": """(func (export "f") (param i32) (result f64) (local f64 i64) (block $b (br_table $b $b (local.get 0)))
        (if (result f64) (local.get 0) (then (f64.const 1)) (else (return (f64.const -1)))))""",
    "globals": '(global $g (mut i32) (i32.const 0)) (func (export "f") (global.set $g (i32.add (global.get $g) (i32.const -70000))))',
    "calls": """(func $a (result i32) (i32.const 1)) (func $b (result i32) (call $a))
        (func (export "f") (result i32) (i32.add (call $a) (call $b)))""",
    "traps": '(func (export "f") (drop (select (i32.const 1) (i32.const 2) (i32.const 3))) unreachable)',
}
OTHERS = {
    "a loop": '(func (export "f") (loop $l (br $l)))',
    "a loop further on": '(func $a (loop $l (br $l))) (func $b (call $a)) (func (export "f") (call $b))',
    "recursion": '(func $f (export "f") (call $f))',
    "mutual recursion": '(func $a (call $b)) (func $b (call $a)) (func (export "f") (call $a))',
    "an import": '(import "m" "f" (func $i)) (func (export "f") (call $i))',
    "an import that is exported": '(import "m" "f" (func $i)) (export "f" (func $i))',
    "a table": '(table 1 funcref) (func (export "f") (call_indirect (i32.const 0)))',
    "a memory that grows": '(memory 1) (func (export "f") (result i32) (memory.grow (i32.const 1)))',
    "much memory at once": '(memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)))',
    "a tail call": '(func $a) (func (export "f") (return_call $a))',
    "a reference": '(func (export "f") (local funcref) (local.set 0 (ref.null func)))',
    "another name": '(func (export "g"))',
}  # fmt: skip


@pytest.mark.parametrize("text", BRIEF.values(), ids=BRIEF)
def test_what_ends_soon(text):
    """Straight code, forward branches and calls of the same."""
    assert ends_soon(bytes(wat2wasm(f"(module {text})")), "f")


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_may_not(text):
    """Each has one thing that may take long, or that is not known."""
    assert not ends_soon(bytes(wat2wasm(f"(module {text})")), "f")


def _doubling(levels: int) -> bytes:
    """Gives a module whose function calls another twice, and so on."""
    inner = "".join(f"(func $f{n} (call $f{n - 1}) (call $f{n - 1}))" for n in range(1, levels))
    return bytes(wat2wasm(f'(module (func $f0) {inner} (func (export "f") (call $f{levels - 1})))'))


def test_the_bound():
    """Functions that are called often count as often: doubled 10 times is short, doubled 20 times is a million calls."""
    assert ends_soon(_doubling(10), "f")
    assert not ends_soon(_doubling(20), "f")


def test_the_bound_on_code():
    """A body of more than MOST bytes is not believed, one a little shorter is."""
    def long(count: int) -> bytes:
        return bytes(wat2wasm('(module (func (export "f") ' + "nop " * count + "))"))

    assert ends_soon(long(MOST - 2), "f") and not ends_soon(long(MOST - 1), "f")


def test_what_is_not_a_module():
    """Bytes that are cut off are not proof."""
    whole = bytes(wat2wasm('(module (func (export "f")))'))
    assert ends_soon(whole, "f")
    assert not any(ends_soon(whole[:size], "f") for size in range(8, len(whole)))
