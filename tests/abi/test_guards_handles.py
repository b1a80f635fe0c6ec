"""A handle is taken only as what it is: of its resource, its component, its instance, alive, and given once where it is given away."""

from __future__ import annotations

import pytest

from tests.abi.conftest import State
from tests.abi.hostile import Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)

TYPES = wat("types")
WITH = """(with "" (instance (export "new-a" (func $new-a)) (export "new-b" (func $new-b))
 (export "rep-a" (func $rep-a)) (export "rep-b" (func $rep-b))))"""
CORE = wat("core")
LIFTS = {
    "make-a": '(param "n" u32) (result (own $a))', "make-b": '(param "n" u32) (result (own $b))',
    "pair": '(param "n" u32) (param "m" u32) (result (tuple (own $b) (own $b)))',
    "look-a": '(param "v" (borrow $a)) (result u32)', "look-b": '(param "v" (borrow $b)) (result u32)',
    "eat-b": '(param "v" (own $b)) (result u32)', "two-b": '(param "v" (borrow $b)) (param "w" (borrow $b)) (result u32)',
    "mix-b": '(param "v" (borrow $b)) (param "w" (own $b)) (result u32)',
    "xim-b": '(param "v" (own $b)) (param "w" (borrow $b)) (result u32)',
    "own-b": '(param "v" (own $b)) (param "w" (own $b)) (result u32)', "ab": '(param "v" (borrow $a)) (param "w" (borrow $b)) (result u32)',
    "list": '(param "v" (list (borrow $b))) (result u32)', "maybe": '(param "v" (option (borrow $b))) (result u32)',
}  # fmt: skip
OPTIONS = '(memory (core memory $i "memory")) (realloc (core func $i "realloc"))'
START = lua("start")
ANOTHER, GONE = (
    "this handle belongs to another instance, or is given more than once",
    "this resource handle was dropped or handed to a guest",
)


@pytest.fixture(params=["kept", "fresh"])
def state(opened: Opened, request: pytest.FixtureRequest) -> State:
    """Entries that share an instance, and entries each call of which has one of its own."""
    return made(opened, request.param == "fresh")


def made(opened: Opened, fresh: bool) -> State:
    """Two components with the same resources and functions; those of the second are named other-."""
    lifts = "".join(f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {OPTIONS}))' for name, type in LIFTS.items())
    pool = ", pool: {type: inline}" if fresh else ""
    fields = f"kind: function.wat{pool}"
    entries = [f"name: {name}, {fields}, source: file://one.wat, method: {name}" for name in LIFTS]
    entries += [f"name: other-{name}, {fields}, source: file://two.wat, method: {name}" for name in LIFTS]
    # The second has another address for its memory, which makes it another component.
    two = CORE.replace('(memory (export "memory") 1)', '(memory (export "memory") 2)')
    state: State = opened(entries, {"one.wat": guest(CORE, lifts, TYPES, WITH), "two.wat": guest(two, lifts, TYPES, WITH)})
    state.run(START)
    return state


def test_the_resource(state: State) -> None:
    """A handle of one resource is none of another of the same component, by itself, in a list, or beside a good one."""
    state.run(lua("the_resource"))


def test_the_component(state: State) -> None:
    """A handle of another component is refused, though its resource has the same name and number there."""
    state.run(lua("the_component"))


def test_the_instance(opened: Opened) -> None:
    """All handles of a call belong to one instance; which one, the first says."""
    made(opened, True).run(lua("the_instance", ANOTHER=ANOTHER))


def test_given_twice(state: State) -> None:
    """A handle may be lent twice, and not be given away beside anything else; a refusal changes nothing."""
    state.run(lua("given_twice", ANOTHER=ANOTHER, GONE=GONE))


def test_two_calls_are_judged_apart(state: State) -> None:
    """What was lent to one call may be given to the next, and what a refused call looked at too."""
    state.run(lua("two_calls_are_judged_apart"))


def test_what_is_no_handle(state: State) -> None:
    """Nothing that looks like a handle is one."""
    state.run(lua("what_is_no_handle"))


def test_what_a_script_may_do_with_one(state: State) -> None:
    """It can't be changed or made; equal is what stands for the same; its text tells the resource."""
    state.run(lua("what_a_script_may_do_with_one"))
