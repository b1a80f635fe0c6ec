"""Answers that come when the time to wait has just passed: after the timer has woken the task, and before the task goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, SLEEPER
from tests.texts import texts

lua, _ = texts(__file__)

Run = Callable[[str], str]

# `late(f, ...)` runs f as a task and lets the test clock pass its deadline of 10 ms, so that in the next turn its timer wakes it; what the
# caller does then comes before the task goes on. `settle()` lets it go on.
LATE = lua("late")


def test_the_answer_to_a_call_elsewhere_is_kept(state: tuple[Any, Any]) -> None:
    """A value and a failure that arrive in the last moment are the answer, nothing is canceled, and what is awaited is counted right."""
    assert (
        state[0].execute(lua("the_answer_to_a_call_elsewhere_is_kept", LATE=LATE).encode())
        == b"true value nil, true nil failure, canceled, false nil nil"
    )


def test_a_value_is_received_in_the_last_moment(run: Run) -> None:
    """The receiver whose time is up gets what is sent before it goes on; nothing that came before is given again."""
    assert run(lua("a_value_is_received_in_the_last_moment")) == "before\ttrue\nsent\nv\ttrue\n"


def test_a_value_is_sent_in_the_last_moment(run: Run) -> None:
    """The sender whose time is up is told that its value was taken, and the receiver has it."""
    assert run(lua("a_value_is_sent_in_the_last_moment")) == "v\ttrue\ntrue\n"


def test_a_ticket_is_good_until_its_task_goes_on(state: tuple[Any, Any]) -> None:
    """Of what comes after the deadline the first is the answer while the task has not gone on, and nothing is once it has."""
    assert (
        state[0].execute(lua("a_ticket_is_good_until_its_task_goes_on", LATE_2=LATE).encode())
        == b"true false nil 1 2 late nil nil false late nil nil canceled false"
    )


def test_a_wait_ends_at_its_deadline_and_not_before(state: tuple[Any, Any]) -> None:
    """Also one that is in the past; without a deadline it waits until it is woken; what was answered before does not wait."""
    assert (
        state[0].execute(lua("a_wait_ends_at_its_deadline_and_not_before", LATE_2=LATE).encode())
        == b"late 5, late 0, late 0, nil1000005, before, 1000006"
    )


def test_a_gate_lets_through_in_order_and_keeps_nobody_who_has_gone(state: tuple[Any, Any]) -> None:
    """Who is late or canceled is passed over, and is not in the queue any more, wherever in it that was."""
    assert (
        state[0].execute(lua("a_gate_lets_through_in_order_and_keeps_nobody_who_has_gone", LATE_2=LATE).encode())
        == b"6, c canceled, a late, e late, 3, true, true, false, b one, d two, f all, 0 nil nil"
    )


def test_a_place_that_comes_too_late_is_the_next_ones(lane: Callable[..., Lane]) -> None:
    """A call whose time is up when a place of its pool is free is a Timeout, and the place serves the one behind it."""
    run = lane({"one": f"method: nap, {GRANTS}, pool: {{type: lazy, max_size: 1}}, limits: {{max_execution_ms: 50}}"}, SLEEPER)
    assert run(lua("a_place_that_comes_too_late_is_the_next_ones")) == "inside\tTimeout\nlate\tTimeout\nnext\t5\n0\t1\n"


def test_an_instance_that_is_free_too_late_is_the_next_ones(lane: Callable[..., Lane]) -> None:
    """A call whose time is up when its turn in a shared instance comes is a Timeout, and the turn is the next one's."""
    entries = {"alone": f"method: alone, {GRANTS}", "alone-50": f"method: alone, {GRANTS}, limits: {{max_execution_ms: 50}}"}
    run = lane(entries, RESOURCE)
    assert run(lua("an_instance_that_is_free_too_late_is_the_next_ones")) == "inside\t50\nlate\tTimeout\nnext\t5\n1\n"
