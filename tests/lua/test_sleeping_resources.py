"""Guests with resources whose methods sleep: all calls of such a component share one instance, and take turns in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, component, lift
from tests.texts import texts

lua, wat = texts(__file__)

METHODS = {"thing": "[constructor]thing", "alone": "alone", "take": "take", "dropped": "dropped"}


@pytest.fixture
def run(lane: Callable[..., Lane]) -> Lane:
    """A lane with an entry for each function of the component RESOURCE."""
    entries = {name: f"method: '{method}', {GRANTS}" for name, method in METHODS.items()}
    limited = {"alone-50": f"{entries['alone']}, limits: {{max_execution_ms: 50}}"}
    return lane(entries | limited, RESOURCE)


def test_methods_sleep(run: Lane) -> None:
    """A method of a handle sleeps as a function does, and the handle serves the next call."""
    assert run(lua("methods_sleep")) == "7\t7\n1\n"


def test_calls_of_one_instance_take_turns_in_order(run: Lane) -> None:
    """Who comes first goes first: one that calls again and again overtakes nobody who waits."""
    assert run(lua("calls_of_one_instance_take_turns_in_order")) == "1 2 3 1 2 3 1 2 3\n"
    assert run.live() == 1


def test_calls_that_overlap_and_then_a_trap(run: Lane) -> None:
    """After calls of one function that waited for each other a trap ends the instance, those that wait get an answer, and new ones work."""
    assert run(lua("calls_that_overlap_and_then_a_trap")) == (
        "1\t10\n2\t10\n3\t10\n4\t10\ntrap\tnil\tthing.trap: wasm `unreachable` instruction executed\n"
        "nap\tnil\tthing.nap: the instance of a resource that it was given has ended\nlate\t10\nlate\t10\n"
        "true\tnil\tthing.nap: parameter 1 (self: borrow<thing>): the instance that this handle belongs to has ended\n"
    )


def test_a_handle_can_not_be_dropped_while_its_instance_is_in_a_call(run: Lane) -> None:
    """It says so and stays good; once the call is over it can be dropped."""
    assert run(lua("a_handle_can_not_be_dropped_while_its_instance_is_in_a_call")) == (
        "false\tthis resource handle can't be dropped while its instance is in a call: wait for the call\n7\n7\ttrue\n1\n"
    )


def test_a_handle_that_is_given_away_while_others_wait(run: Lane) -> None:
    """Who waited with a handle that meanwhile was given to the guest is told so when its turn comes."""
    assert run(lua("a_handle_that_is_given_away_while_others_wait")).replace("taken\t1", "taken\t0").endswith("1\nInvalid\nnil\n2\n")


def test_a_collected_handle_is_destroyed_once_its_instance_rests(run: Lane) -> None:
    """A handle that nobody holds is dropped later when its instance is asleep in a call, and nothing is entered meanwhile."""
    assert run(lua("a_collected_handle_is_destroyed_once_its_instance_rests")) == "100\n1\n1\n"


def test_a_limit_while_waiting_for_the_instance(run: Lane) -> None:
    """A call that waits for its turn is over at its limit; the one it waited for goes on, and so do those behind it."""
    assert run(lua("a_limit_while_waiting_for_the_instance")) == "nil\tTimeout\t50\nlong\t1000\nbehind\t1\n1\n"


def test_canceling_one_that_waits_for_the_instance(run: Lane) -> None:
    """It ends alone; canceling the one that sleeps ends the instance, and those that wait get another one."""
    assert run(lua("canceling_one_that_waits_for_the_instance")) == "Canceled\nCanceled\n4\tnil\n"


def test_idle_time_ends_no_instance_that_another_entry_uses(run: Lane) -> None:
    """An entry that has long been idle shares its instance with one that sleeps for an hour; that one is answered."""
    assert run(lua("idle_time_ends_no_instance_that_another_entry_uses")) == "0\n1\n3600000\n2\n"


def test_the_registry_changes_while_a_guest_sleeps(run: Lane) -> None:
    """What sleeps goes on; calls from then on have new instances."""
    run.state.run("require('lua.dispatcher.dispatcher').background_timer(50e6, function() require('lua.calls.calls').forget() end)")
    assert run(lua("the_registry_changes_while_a_guest_sleeps")) == "0\n1\n100\n"


def test_each_call_has_its_own_limit(lane: Callable[..., Lane]) -> None:
    """A method that waited for its turn is over at its own limit, whatever came after it."""
    run = lane({"thing": f"method: '[constructor]thing', {GRANTS}, limits: {{max_execution_ms: 50}}"}, RESOURCE)
    assert run(lua("each_call_has_its_own_limit")) == "7\t30\nTimeout\t51\nInvalid\t51\n"


CALLER = component(
    wat("caller"),
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "") + lift("call", '(param "id" string) (result string)'),
    definitions=wat("caller_2"),
    more='(export "call" (func $call)) (export "new" (func $new))',
)


@pytest.mark.parametrize("limit", ["", ", limits: {max_execution_ms: 50}"])
def test_a_guest_that_calls_itself(lane: Callable[..., Lane], limit: str) -> None:
    """By way of the registry it would wait for its own instance forever: it is told so, and the next call works."""
    imports = "imports: ['wasi:clocks', 'wasi:io', 'funcs']"
    run = lane({"call": f"method: call, {imports}{limit}", "other": f"method: call, {imports}"}, CALLER)
    sentence = "it is called from within a call of its own component"
    out = run("""for _, id in ipairs({"t:call", "t:other", "t:none"}) do print(funcs.call("t:call", id)) end""").splitlines()
    assert [sentence in line for line in out] == [True, True, False] and "t:none" in out[2]
