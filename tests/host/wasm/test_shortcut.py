"""The helper modules of toolchains are left out of a plan where it is known what they do, and only there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.functions.binaries import binary
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.plan.plan import Export, Item, Lift, LocalResource, Plan, Step, Stub, StubItem
from moonwit.host.wasm.plan.shortcut import InUse, passes_on, shorten
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit.types import Field, Function, Primitive, Resource
from moonwit.registry.record import replace

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
        (SHIM.replace("(table (", "(table 2 2 funcref) (table ("), FILLER),
        (SHIM.replace("(table (", '(memory (export "m") 1) (table ('), FILLER),
        (SHIM.replace("(func (export", "(global (mut i32) (i32.const 0)) (func (export", 1), FILLER),
        (SHIM, FILLER.replace("(i32.const 0) func", "(i32.const 1) func").replace("$a $b", "$a")),
        (SHIM, FILLER.replace("(elem", '(func (export "more")) (elem')),
        (SHIM, FILLER.replace("(elem", "(func $s) (start $s) (elem")),
    ],
    ids=["other parameter", "other element", "two tables", "a memory", "a global", "other offset", "another function", "a start function"],
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


def test_how_many_elements_may_be_filled() -> None:
    """As many as the filler is given arguments, each function as often as it likes; no more."""
    three, four = (FILLER.replace("$a $b)", f"{functions})").replace("(table 2 2", "(table 2") for functions in ("$a $b $a", "$a $b $a $b"))
    assert len(shorten(plan(filler=three), [True, True]).steps) == 1
    whole = plan(filler=four)
    assert shorten(whole, [True, True]) is whole


def test_a_table_is_filled_by_one_step() -> None:
    """By none, by two, or by one that is given the table in another place: then nothing is left out."""
    made = plan()
    first, guest, filler = made.steps
    for steps in (
        (first, guest),
        (first, guest, filler, filler),
        (first, guest, Step(2, (StubItem(0), Export(0, "$imports"), Export(0, "$imports")))),
        (first, guest, Step(2, (Export(0, "$imports"), StubItem(1), StubItem(0)))),
        (first, guest, Step(1, (StubItem(0), StubItem(1), Export(0, "$imports")))),
        (Step(0, (StubItem(0),)), guest, filler),
    ):
        whole = replace(made, steps=steps)
        assert shorten(whole, [True, True]) is whole


def test_whatever_refers_to_a_step_is_moved() -> None:
    """Arguments, memories, reallocs, destructors, post-returns and what is called at first; what is used otherwise keeps both modules."""
    made = plan()
    lift = made.exports["f"]
    guest = Export(1, "x")
    uses: dict[str, Callable[[Item], Plan]] = {
        "argument": lambda item: replace(made, steps=(*made.steps, Step(1, (item,)))),
        "memory": lambda item: replace(made, stubs=(replace(made.stubs[0], memory=item), made.stubs[1])),
        "realloc": lambda item: replace(made, stubs=(replace(made.stubs[0], realloc=item), made.stubs[1])),
        "dtor": lambda item: replace(made, resources=(LocalResource(Resource("r"), item),)),
        "core": lambda item: replace(made, exports={"f": replace(lift, core=item)}),
        "memory of an export": lambda item: replace(made, exports={"f": replace(lift, memory=item)}),
        "realloc of an export": lambda item: replace(made, exports={"f": replace(lift, realloc=item)}),
        "post-return": lambda item: replace(made, exports={"f": replace(lift, post_return=item)}),
        "initialize": lambda item: replace(made, initialize=item),
    }
    for what, use in uses.items():
        assert "step=0, name='x'" in str(shorten(use(guest), [True, True])), what
        assert len(shorten(use(Export(0, "0")), [True, True]).steps) == len(use(guest).steps) - 2, what
        for item in (Export(0, "x"), Export(2, "0"), Export(2, "x")):
            whole = use(item)
            assert shorten(whole, [True, True]) is whole, (what, item)
    later = replace(made, steps=(*made.steps, Step(1, (StubItem(0),)), Step(1, (Export(3, "x"),))))
    assert [step.arguments for step in shorten(later, [True, True]).steps] == [(StubItem(1),), (StubItem(0),), (Export(1, "x"),)]


@pytest.mark.parametrize(
    ("code", "slot"),
    [
        ("00 2000 2001 4100 110300 0b", 0), ("00 2000 2001 4105 110300 0b", 5), ("00 2000 2001 413f 110300 0b", 63),
        ("00 2000 2001 41c000 110300 0b", 64), ("00 2000 2001 41ff00 110300 0b", 127), ("00 2000 2001 4140 110300 0b", None),
        ("00 2000 2001 417f 110300 0b", None), ("00 2000 2001 4105 110200 0b", None), ("00 2000 2001 4105 110400 0b", None),
        ("00 2000 2001 4105 110301 0b", None), ("00 2000 2000 4105 110300 0b", None), ("00 2001 2000 4105 110300 0b", None),
        ("00 2000 4105 110300 0b", None), ("00 2000 2001 2002 4105 110300 0b", None), ("00 2000 2001 4105 110300 0b 00", None),
        ("01 2000 2001 4105 110300 0b", None), ("00 2000 2101 4105 110300 0b", None), ("00 2000 2001 4205 110300 0b", None),
        ("00 2000 2001 4105 100300 0b", None), ("00 2000 2001 4105 110300 0f", None), ("00 2000 2001 4105 110300", None),
    ],
)  # fmt: skip
def test_functions_that_pass_on_their_parameters(code: str, slot: int | None) -> None:
    """All of them, in order, to one element of table 0 by a call of their own type; and nothing besides."""
    body = Reader(bytes.fromhex(code))
    if slot is None:
        with pytest.raises((Malformed, InUse)):
            passes_on(body, 3, 2)
    else:
        assert passes_on(body, 3, 2) == slot


@pytest.mark.parametrize(("file", "steps"), [("examples/sleep/wasm/sleep_test.wasm", (3, 1)), ("tests/guests/wasi/wasi.wasm", (4, 4))])
def test_guests_of_toolchains(file: str, steps: tuple[int, int]) -> None:
    """Of a compiled guest only its own module is left; one with an adapter, which the shim leads to as well, keeps all."""
    whole = binary((ROOT / file).read_bytes()).component_plan
    assert (len(whole.steps), len(shorten(whole, [True] * len(whole.stubs)).steps)) == steps
