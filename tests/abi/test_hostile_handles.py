"""Resource handles in the hands of guests and scripts that misuse them."""

from __future__ import annotations

import textwrap

import pytest

from tests.abi.conftest import State
from tests.abi.hostile import Caller, Opened, guest, lift
from tests.texts import texts

lua, wat = texts(__file__)

HANDLES = """
 (type $thing' (resource (rep i32) (dtor (core func $d "dtor")))) (export $thing "thing" (type $thing'))
 (core func $new (canon resource.new $thing'))
 (core func $rep (canon resource.rep $thing')) (core func $drop (canon resource.drop $thing'))"""
DTOR = wat("dtor")
WITH = """(with "" (instance
 (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop)) (export "gone" (func $d "gone"))))"""
KEEPER = wat("keeper")
KEEPER_LIFTS = {
    "make": '(param "rep" u32) (result (own $thing))',
    "raw": '(param "index" u32) (result (own $thing))',
    "again": "(result (own $thing))",
    "look": '(param "v" (borrow $thing)) (result u32)',
    "consume": '(param "v" (own $thing)) (result u32)',
    "wrong": '(param "v" (own $thing))',
    "both": '(param "a" (own $thing)) (param "b" (borrow $thing)) (result u32)',
    "all": '(param "v" (list (own $thing))) (result u32)',
    "gone": "(result u32)",
    "fill": "",
    "stuff": "",
}


@pytest.fixture(params=["lazy", "inline"])
def keeper(opened: Opened, request: pytest.FixtureRequest) -> State:
    """A guest with a resource, whose functions misuse it; the destructor of representation 666 traps."""
    lifts = "".join(lift(name, type) for name, type in KEEPER_LIFTS.items())
    text = guest(KEEPER, lifts, DTOR + HANDLES, WITH)
    extra = f", pool: {{type: {request.param}}}" if request.param == "inline" else ""
    state = Caller(opened, text, list(KEEPER_LIFTS), extra).state
    state.run(textwrap.dedent(lua("keeper")))
    return state


def test_a_handle_that_the_guest_does_not_have(keeper: State) -> None:
    """Index 0, one never given, a huge one and one that was given away are not handles."""
    keeper.run(lua("a_handle_that_the_guest_does_not_have"))


def test_a_handle_given_twice(keeper: State) -> None:
    """The guest moved it out with the first result, so the second time there is none."""
    keeper.run("""
      local h = works('make', 5)
      fails('Internal', 'is not a handle of the guest', 'again')
    """)


def test_handles_that_a_script_misuses(keeper: State) -> None:
    """A handle is moved once, not lent while it is moved, and not used after that; a refusal changes nothing."""
    keeper.run(lua("handles_that_a_script_misuses"))


def test_a_destructor_that_traps(keeper: State) -> None:
    """Dropping raises, the instance and its other handles end, and the next call has a new instance."""
    keeper.run(lua("a_destructor_that_traps"))


def test_a_drop_of_what_is_no_handle_traps(keeper: State) -> None:
    """Inside the guest too, indices are looked up in its own table."""
    keeper.run(lua("a_drop_of_what_is_no_handle_traps"))


def test_a_guest_that_makes_handles_without_end(keeper: State) -> None:
    """The table of handles is bounded."""
    keeper.run("""
      fails('Internal', 'unreachable', 'fill')
      assert(works('look', works('make', 9)) == 9)
    """)


def test_a_guest_without_room_for_a_handle(opened: Opened) -> None:
    """When the table is full, a call that hands over a handle fails, and does not raise."""
    lifts = "".join(lift(name, type) for name, type in KEEPER_LIFTS.items())
    state = Caller(opened, guest(KEEPER, lifts, DTOR + HANDLES, WITH), list(KEEPER_LIFTS)).state
    assert (
        state.run(lua("a_guest_without_room_for_a_handle"))
        == b"Internal: consume: the guest broke the canonical ABI: it has no room for another handle"
    )


def test_instances_end_with_their_last_handle(keeper: State) -> None:
    """An instance that was made for a single call lives as long as its resources, however they end."""
    keeper.run(lua("instances_end_with_their_last_handle"))
