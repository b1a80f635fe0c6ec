"""A busy guest never holds its lane: it goes on elsewhere or gives way, whatever its pool, and nothing is lost or done twice.

Guests that are endless prove that others go on: where a lane were held, nothing after them would ever happen.
"""

from __future__ import annotations

import os
import threading
import time

import pytest

import moonwit
from tests.projects import entry, opened, write
from tests.texts import texts

lua, wat = texts(__file__)

SPIN = '(module (func (export "spin") (loop $l (br $l))))'
# Counts its calls, and computes in each for as many rounds as it is given; traps at the end for an even number.
COUNT = wat("count")
# A resource with a method that computes and a function beside it.
THING = wat("thing")
# Asks the host for a random number, then computes.
ROLL = wat("roll")

POOLS = {
    "none": {},
    "lazy": {"pool": {"type": "lazy"}},
    "static": {"pool": {"workers": 2}},
    "adaptive": {"pool": {"type": "adaptive"}},
    "inline": {"pool": {"type": "inline"}},
    "fresh": {"pool": {"reuse": False}},
}


def many(prefix: str, method: str, source: str, **fields: object) -> list[dict[str, object]]:
    return [entry(f"{prefix}_{name}", method=method, source=source, **pool, **fields) for name, pool in POOLS.items()]


ENTRIES = [
    *many("spin", "spin", SPIN),
    *many("count", "count", COUNT),
    *many("limited", "spin", SPIN, limits={"max_execution_ms": 500}),
    entry("two", method="count", source=COUNT, pool={"type": "lazy", "max_size": 2}),
    entry("make", method="make", source=THING),
    entry("made", method="made", source=THING),
    entry("roll", method="roll", source=ROLL, imports=["wasi:random"]),
]

LONG = 200_000_001  # rounds: some tenths of a second
ENDLESS = 10**17


@pytest.fixture
def project(tmp_path):
    with opened(tmp_path, *ENTRIES) as project:
        yield project


@pytest.mark.parametrize("pool", POOLS)
def test_others_go_on_beside_endless_guests(project, pool):
    """Four endless guests of which nothing is known start at once; timers and other functions go on, and all of them can be canceled."""
    project.run_script(lua("others_go_on_beside_endless_guests", POOL=pool))


@pytest.mark.parametrize("pool", POOLS)
def test_a_limit_ends_each_of_many_endless_guests(project, pool):
    """Ten calls end at their limit, not one after the other: the last has waited for less than half of ten limits."""
    project.run_script(lua("a_limit_ends_each_of_many_endless_guests", POOL=pool))


@pytest.mark.parametrize("pool", POOLS)
def test_results_and_traps_are_the_same_after_long_calls(project, pool):
    """A long call gives its result or its trap; where the pool keeps instances, it keeps what the calls before have left."""
    kept = "true" if pool not in ("inline", "fresh") else "false"
    project.run_script(lua("results_and_traps_are_the_same_after_long_calls", POOL=pool, KEPT=kept, LONG=LONG, LONG_1=LONG + 1))


def test_a_function_that_was_short_may_turn_out_long(project):
    """After many short calls they are synchronous; a long one gives way all the same, its result is right, and nobody notices."""
    project.run_script(lua("a_function_that_was_short_may_turn_out_long", LONG=LONG, ENDLESS_1=ENDLESS + 1))


def test_a_synchronous_call_that_turns_out_long_is_made_again(project):
    """Ended as by a trap, the instance is replaced, and the call is counted once."""
    project.run_script(lua("a_synchronous_call_that_turns_out_long_is_made_again", LONG=LONG))


STARTING = {
    "start": '(module (func $spin (loop $l (br $l))) (start $spin) (func (export "f") (result i32) (i32.const 1)))',
    "initialize": '(module (func (export "_initialize") (loop $l (br $l))) (func (export "f") (result i32) (i32.const 1)))',
    "late": """(module (func (export "_initialize") (local $n i64)
        (loop $l (local.set $n (i64.add (local.get $n) (i64.const 1))) (br_if $l (i64.lt_u (local.get $n) (i64.const 100000000)))))
      (func (export "f") (result i32) (i32.const 1)))""",
}


def test_a_guest_that_never_starts_is_ended(tmp_path):
    """Made where it can't give way, an endless guest without a limit is ended, with a sentence; one with a limit ends by that."""
    entries = [entry(name, method="f", source=text) for name, text in STARTING.items()]
    limits = {"max_execution_ms": 300}
    write(tmp_path, *entries, *(entry(f"limited_{name}", method="f", source=text, limits=limits) for name, text in STARTING.items()))
    with moonwit.open(tmp_path) as first, moonwit.open(tmp_path) as second:
        scripts = [
            project.start_script(
                lua("a_guest_that_never_starts_is_ended", NAME=name).encode(),
                "=s",
            )
            for project, name in ((first, "start"), (second, "initialize"))
        ]
        for script in scripts:
            script.result(timeout=240)


def test_a_guest_that_is_granted_what_changes_nothing_may_be_called_synchronously(project):
    """One that asks for random numbers is called so after many short calls, and called again on a fresh instance when it gives no way."""
    project.run_script(lua("a_guest_that_is_granted_what_changes_nothing_may_be_called_synchronously"))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
def test_busy_guests_have_threads_of_their_own(project):
    """As many as there are cores, and no more."""
    project.run_script('for i = 1, 8 do funcs.async("t:spin_none") end time.sleep("50ms")')
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("moonwit worker")]
    assert len(names) == len(os.sched_getaffinity(0))


def test_callers_beyond_the_bound_wait_in_order(project):
    """`max_size` bounds the calls under way, elsewhere too; one that is canceled lets the next one in."""
    project.run_script(lua("callers_beyond_the_bound_wait_in_order", ENDLESS_1=ENDLESS + 1))


def test_guests_with_resources_give_way(project):
    """A busy method holds up calls of its instance, in order, and nobody else; its handle can't be dropped meanwhile."""
    project.run_script(lua("guests_with_resources_give_way", LONG=LONG, ENDLESS=ENDLESS))


def test_handles_outlive_a_call_that_turns_out_long(project):
    """However many calls of a method were short before, one that turns out long gives way, and ends no instance that handles belong to."""
    project.run_script(lua("handles_outlive_a_call_that_turns_out_long", LONG=LONG))


def test_guests_that_call_lua_give_way_in_turns(project):
    """A guest that is granted functions of the host stays in its lane; a busy one is left and entered again."""
    project.run_script(lua("guests_that_call_lua_give_way_in_turns", ENDLESS=ENDLESS, LONG_4=LONG // 4).replace(f"{LONG // 4}", "50000001"))


def test_closing_a_project_ends_what_is_busy(tmp_path):
    """Endless guests without a limit end with the project, their threads too."""
    write(tmp_path, *ENTRIES)
    before = {thread.name for thread in threading.enumerate()}
    project = moonwit.open(tmp_path)
    project.start_script(b'for i = 1, 3 do funcs.async("t:spin_none") funcs.async("t:spin_inline") end time.sleep("1h")', "=s")
    while project.statistics().get("t:spin_none", {}).get("calls", 0) < 3:
        time.sleep(0.01)
    assert project.interrupt(60)
    left = {thread.name for thread in threading.enumerate()} - before - {"moonwit epochs"}
    assert not left


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_is_gone_leaves_nobody_waiting(project):
    """Should the thread of a busy guest end by a mistake in Moonwit, its call fails with a sentence, and the next ones go elsewhere."""
    script = project.start_script(
        f"""
        local value, err = funcs.call("t:count_none", {ENDLESS + 1})
        assert(value == nil and err:kind() == "Internal" and err:message():find "mistake in Moonwit", tostring(err))
        assert(funcs.call("t:count_none", {LONG}) == 1)
        """.encode(),
        "=s",
    )
    while not project.entries.lanes and not script.done():
        time.sleep(0.01)
    (worker,) = project.entries.lanes
    worker.run({"kind": "nonsense"})  # a message that no lane knows
    script.result(timeout=60)
