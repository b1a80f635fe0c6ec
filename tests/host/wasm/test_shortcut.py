"""The helper modules of toolchains are left out of a plan where it is known what they do, and only there."""

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.functions.binaries import binary
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.plan import Export, Lift, Plan, Step, Stub, StubItem
from moonwit.host.wasm.plan.shortcut import shorten
from moonwit.host.wasm.problems import Unsupported
from moonwit.host.wasm.wit.types import Field, Function, Primitive

ROOT = Path(__file__).resolve().parents[3]
SHIM = """(module (type $t (func (param i32 i64) (result i32))) (table (export "$imports") 2 2 funcref)
  (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "1") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 1))))"""
FILLER = """(module (type $t (func (param i32 i64) (result i32)))
  (import "" "0" (func $a (type $t))) (import "" "1" (func $b (type $t))) (import "" "$imports" (table 2 2 funcref))
  (elem (i32.const 0) func $a $b))"""
MAIN = """(module (import "h" "b" (func $b (param i32 i64) (result i32))) (memory (export "memory") 1)
  (func (export "f") (param i32) (result i32) (call $b (local.get 0) (i64.const 1))))"""
TYPE = CoreType("iI", "i")


def plan(shim: str = SHIM, filler: str = FILLER, type: CoreType = TYPE) -> Plan:
    """A plan as for a component by wit-component: its guest imports the second of two functions by way of the shim."""
    memory = Export(1, "memory")
    stubs = tuple(Stub("test:host/api", name, type, memory=memory) for name in "ab")
    steps = (Step(0, ()), Step(1, (Export(0, "1"),)), Step(2, (StubItem(0), StubItem(1), Export(0, "$imports"))))
    signature = Function((Field("x", Primitive("u32")),), Primitive("u32"))
    lift = Lift(None, "f", signature, Export(1, "f"), CoreType("i", "i"), memory)
    return Plan(tuple(bytes(wat2wasm(text)) for text in (shim, MAIN, filler)), steps, stubs, exports={"f": lift})


def test_helpers_are_left_out() -> None:
    """The guest gets the function itself, and what referred to its step does so still."""
    short = shorten(plan(), [True, True])
    assert [(step.module, step.arguments) for step in short.steps] == [(1, (StubItem(1),))]
    assert short.exports["f"].core == Export(0, "f") and short.exports["f"].memory == Export(0, "memory")
    assert [stub.memory for stub in short.stubs] == [Export(0, "memory")] * 2


@pytest.mark.parametrize(
    ("shim", "filler"),
    [
        (SHIM.replace("(local.get 1) (i32.const 1)", "(i64.const 5) (i32.const 1)"), FILLER),
        (SHIM.replace("(local.get 0) (local.get 1) (i32.const 1)", "(local.get 0) (local.get 1) (i32.const 7)"), FILLER),
        (SHIM.replace("(table (", '(memory (export "m") 1) (table ('), FILLER),
        (SHIM.replace("(func (export", "(global (mut i32) (i32.const 0)) (func (export", 1), FILLER),
        (SHIM, FILLER.replace("(i32.const 0) func", "(i32.const 1) func").replace("$a $b", "$a")),
        (SHIM, FILLER.replace("(elem", '(func (export "more")) (elem')),
        (SHIM, FILLER.replace("(elem", "(func $s) (start $s) (elem")),
    ],
    ids=["other parameter", "other element", "a memory", "a global", "other offset", "another function", "a start function"],
)
def test_what_does_anything_else_stays(shim: str, filler: str) -> None:
    """A module that is not known byte by byte is part of the plan."""
    whole = plan(shim, filler)
    assert shorten(whole, [True, True]) is whole


def test_what_is_linked_late_stays() -> None:
    """A function that can't be linked before the guest's memory is there keeps both modules, and so does one of another type."""
    whole = plan()
    assert shorten(whole, [True, False]) is whole
    other = plan(type=CoreType("iI", "I"))
    assert shorten(other, [True, True]) is other


@pytest.mark.parametrize(("file", "steps"), [("examples/sleep/wasm/sleep_test.wasm", (3, 1)), ("tests/guests/wasi/wasi.wasm", (4, 4))])
def test_guests_of_toolchains(file: str, steps: tuple[int, int]) -> None:
    """Of a compiled guest only its own module is left; one with an adapter, which the shim leads to as well, keeps all."""
    whole = binary((ROOT / file).read_bytes()).component_plan
    assert not isinstance(whole, Unsupported)
    assert (len(whole.steps), len(shorten(whole, [True] * len(whole.stubs)).steps)) == steps
