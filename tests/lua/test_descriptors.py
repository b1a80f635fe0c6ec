"""Descriptors that tasks of a lane wait for, through the dispatcher alone: pipes, changes that nobody watches, and ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.lane.lane import new_state
from tests.texts import texts

read_lua, _ = texts(__file__)

SETUP = read_lua("setup")


@pytest.fixture
def run() -> Callable[[str], str]:
    """Runs the body of a main task; gives what it returns, and how many still watch and how many descriptors are in the set."""
    lua, _ = new_state({})

    def found(body: str) -> str:
        answer = lua.execute(f"{SETUP} return run(function() {body} end)".encode())
        assert isinstance(answer, bytes)
        return answer.decode()

    return found


def test_what_can_be_read_already(run: Callable[[str], str]) -> None:
    """A wait for what is there is over at once."""
    assert run("""local r, w = pipe() local D = descriptors.new(r) ffi.C.write(w, 'x', 1)
      wait(D, r) descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return 'read'""") == "read 0 0"


def test_what_comes_later(run: Callable[[str], str]) -> None:
    """Several wait for one descriptor, and each is woken by what another task writes; others wait on."""
    assert run(read_lua("what_comes_later")) == "abc 0 0"


def test_a_change_that_nobody_watched(run: Callable[[str], str]) -> None:
    """What has come between two waits is seen by the second."""
    assert run("""local r, w = pipe() local D = descriptors.new(r) ffi.C.write(w, 'x', 1)
      wait(D, r) wait(D, r) wait(D, r)
      descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return 'read'""") == "read 0 0"


def test_a_descriptor_that_is_closed(run: Callable[[str], str]) -> None:
    """Who waits for what is closed goes on, and a wait after that is over at once."""
    assert run(read_lua("a_descriptor_that_is_closed")) == "over 0 0"


def test_the_number_of_a_descriptor_is_used_again(run: Callable[[str], str]) -> None:
    """Changes of a new descriptor reach who waits for the new one only."""
    assert run(read_lua("the_number_of_a_descriptor_is_used_again")) == "50 0 0"


def test_pushing_on_in_the_background(run: Callable[[str], str]) -> None:
    """What follows a descriptor hears of its changes while no task waits for it."""
    assert run(read_lua("pushing_on_in_the_background")) == "pushed 0 0"


def test_a_canceled_wait(run: Callable[[str], str]) -> None:
    """A task that is canceled where it waits for a descriptor leaves nothing behind."""
    assert run(read_lua("a_canceled_wait")) == "canceled 0 0"
