"""The module sync on a test clock: who gets in, in which order, and that nothing is lost to those who give up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests.texts import texts

lua, _ = texts(__file__)

Run = Callable[[str], str]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script on a test clock; gives what it printed, and after that `failed: ` and how it ended."""
    _, boot = new_state({})
    boot[b"test_clock"]()

    def run(source: str) -> str:
        answer: Any = boot[b"run"](source.encode(), b"@s.lua", buffer.encode([]))
        return capfd.readouterr().out + (f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else "")

    return run


def test_a_semaphore_bounds_and_keeps_the_order(run: Run) -> None:
    """No more than its places are held at once, and those who wait come in their order."""
    assert run(lua("a_semaphore_bounds_and_keeps_the_order")) == (
        "2\t1 2 3 4 5\tsemaphore (2 free)\ntrue\ttrue\tfalse\tfalse\tno place became free within the time to wait\nsemaphore (3 free)\n"
    )


def test_a_place_is_not_lost_to_one_who_gave_up(run: Run) -> None:
    """A waiter that was canceled, or whose time has passed, is passed over; what a failing function held is given back."""
    assert (
        run(lua("a_place_is_not_lost_to_one_who_gave_up"))
        == "false\tno place became free within the time to wait\ntrue\nsemaphore (1 free)\n"
    )
    assert run("local s = sync.semaphore(1) pcall(s.with, s, error, 'no') print(s)") == "semaphore (1 free)\n"


def test_a_mutex_is_held_by_one(run: Run) -> None:
    """Who waits gets it in order, nobody gets in between, and it is free when its holder fails."""
    assert run(lua("a_mutex_is_held_by_one")) == (
        "false\tthe mutex was not free within the time to wait\n1 2 3\tmutex (locked)\nfalse\tno\nmutex (free)\n"
        "false\tmutex:unlock: this coroutine does not hold it\n"
        "false\tmutex:lock: this coroutine holds it already, and would wait for itself\n"
        "false\tmutex:unlock: this coroutine does not hold it\n"
    )


def test_mutexes_that_wait_for_each_other_are_found(run: Run) -> None:
    """Two that are locked in opposite orders: the one that would close the ring is told so, and both go on."""
    assert run(lua("mutexes_that_wait_for_each_other_are_found")) == (
        "both\nmutex:lock: the coroutine that holds it waits for this one, and neither would go on\n"
    )


def test_an_event_wakes_all(run: Run) -> None:
    """Those who wait and those who come later; a timeout that passes before says so."""
    assert run(lua("an_event_wakes_all")) == (
        "false\tthe event did not happen within the time to wait\n0\tfalse\tevent (not set)\n3\ttrue\ttrue\tevent (set)\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sync.semaphore(-1)", "sync.semaphore: expected a whole number of at least 0, got -1"),
        ("sync.semaphore('x')", "sync.semaphore: expected a whole number of at least 0, got a string"),
        ("sync.semaphore(0):acquire('soon')", "semaphore:acquire: the timeout: 'soon' is not a duration"),
        ("sync.mutex():with()", "mutex:with: expected a function, got nil"),
        ("sync.event().set(5)", "event:set is called on a number, write e:set(...)"),
        ("sync.event():clear()", "an event has no method 'clear'"),
        ("sync.semaphore(0):acquire()", "every coroutine waits"),
    ],
)
def test_misuse(run: Run, text: str, sentence: str) -> None:
    """The sentence says what was expected."""
    assert sentence in run(text)
