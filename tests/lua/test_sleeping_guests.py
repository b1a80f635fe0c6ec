"""Guests that sleep: on a fiber each, in the caller's lane, under the lane's own clock. No test here waits for real time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest

from tests.abi.conftest import ROOT
from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, SLEEPER
from tests.texts import texts

lua, _ = texts(__file__)

SLEEP_WASM = ROOT / "examples/sleep/wasm/sleep_test.wasm"
METHODS = ("nap", "echo-after", "posted", "trap-after", "spin")
FIELDS = {method: f"method: {method}, {GRANTS}" for method in METHODS}

Opened = Callable[..., Lane]


@pytest.fixture
def run(lane: Opened) -> Lane:
    """A lane with an entry for each function of the component SLEEPER."""
    limited = {f"{name}-50": f"{FIELDS[name]}, limits: {{max_execution_ms: 50}}" for name in ("nap", "echo-after")}
    fresh = {"fresh": f"{FIELDS['echo-after']}, pool: {{type: inline}}"}
    fresh["nap-inline"] = f"{FIELDS['nap']}, pool: {{type: inline}}"
    two = {"two": f"{FIELDS['echo-after']}, pool: {{type: lazy, max_size: 2}}"}
    return lane(FIELDS | limited | fresh | two, SLEEPER)


def test_an_hour_takes_no_time_under_a_test_clock(run: Lane) -> None:
    """The guest sleeps by the lane's clock; the script that called it sees that clock go on by as much."""
    assert (
        run("""
      local began = time.now()
      print(funcs.call("t:nap", 3600000), time.now():sub(began):hours())""")
        == "3600000\t1\n"
    )


def test_a_sleeping_guest_holds_up_its_caller_alone(run: Lane) -> None:
    """Others of the lane go on meanwhile; those that sleep less are done first, whatever the order of the calls."""
    assert run(lua("a_sleeping_guest_holds_up_its_caller_alone")) == "main goes on\nguest 3\ntick\t1\nguest 2\ntick\t2\nguest 1\ntick\t3\n"


def test_a_call_that_waits_for_nothing_ends_in_its_turn(run: Lane) -> None:
    """A guest that may wait, and does not, is done before anything else of the lane runs."""
    assert run(lua("a_call_that_waits_for_nothing_ends_in_its_turn")) == "true\n"


def test_calls_of_one_function_that_overlap_keep_their_values_apart(run: Lane) -> None:
    """Each has its own arguments and result, read and written while others of the same function are under way."""
    assert run(lua("calls_of_one_function_that_overlap_keep_their_values_apart")) == "600\t0\n"


def test_a_sleep_of_nothing_waits_for_a_turn_of_the_others(run: Lane) -> None:
    """A guest that polls without end for what is over already starves nobody."""
    assert run(lua("a_sleep_of_nothing_waits_for_a_turn_of_the_others")) == "true\ttrue\n"


def test_post_return_runs_after_a_call_that_waited(run: Lane) -> None:
    """The guest here traps when it is called again before its post-return has run; each instance is called ten times."""
    assert run(lua("post_return_runs_after_a_call_that_waited")) == "0\n"
    assert run.live() == 5


def test_instances_are_used_again(run: Lane) -> None:
    """As many are made as calls sleep at once; an entry of pool type inline keeps none."""
    run("""for _ = 1, 4 do all(30, function(i) assert(funcs.call("t:echo-after", i, "x")) end) time.sleep("1s") end""")
    assert run.live() == 30
    run("""all(30, function(i) assert(funcs.call("t:fresh", i, "x")) end) time.sleep("1s")""")
    assert run.live() == 30


def test_a_trap_after_a_sleep_ends_that_call_and_that_instance(run: Lane) -> None:
    """The others of the same function go on, and the next call has an instance of its own."""
    assert (
        run("""
      all(3, function(i) print(funcs.call("t:trap-after", 10 * i)) end)
      time.sleep("1s")""")
        == "nil\ttrap-after: wasm `unreachable` instruction executed\n" * 3
    )
    assert run.live() == 0


def test_a_limit_ends_a_sleeping_guest(run: Lane) -> None:
    """It is over at its limit and not before, as Timeout; the next call works."""
    assert run(lua("a_limit_ends_a_sleeping_guest")) == "nil\tTimeout\tnap: took longer than its limit of 50 ms\t50\n49\n"
    assert run.live() == 1


def test_canceling_a_future_ends_a_sleeping_guest(run: Lane) -> None:
    """The canceled call ends at once, its instance with it; the next call works."""
    assert run(lua("canceling_a_future_ends_a_sleeping_guest")) == "true\nnil\tCanceled\n5\n"
    assert run.live() == 1


def test_a_timeout_of_the_caller_ends_a_sleeping_guest(run: Lane) -> None:
    """An executor's timeout that is shorter than the sleep gives Timeout; a longer one changes nothing."""
    assert run(lua("a_timeout_of_the_caller_ends_a_sleeping_guest")) == "nil\tTimeout\t20\n19\tnil\n"


def test_the_end_of_a_script_ends_what_sleeps_in_it(run: Lane) -> None:
    """Nobody waits for a guest that was called in the background; no instance of it is left."""
    assert (
        run("""
      all(20, function() funcs.call("t:nap", 3600000) end)
      time.sleep("1ms") print("over")""")
        == "over\n"
    )
    assert run.live() == 0
    assert run("print(funcs.call('t:nap', 1))") == "1\n"


def test_a_failed_script_ends_what_sleeps_in_it(run: Lane) -> None:
    """An error of one coroutine ends the script and with it the guests of all others."""
    assert (
        run("""
      all(20, function() funcs.call("t:nap", 3600000) end)
      time.sleep("1ms") error("enough", 0)""")
        == "failed: enough\n"
    )
    assert run.live() == 0


def test_a_generator_calls_a_guest_that_sleeps(run: Lane) -> None:
    """Inside coroutine.wrap, pcall, metamethods and iterators the guest waits as time.sleep does."""
    assert run(lua("a_generator_calls_a_guest_that_sleeps")) == "6\ttrue\t7\n7\n123\nABC\n"


def test_where_waiting_is_impossible_the_call_says_so(run: Lane) -> None:
    """Inside an error handler a sleeping call fails with the sentence that time.sleep gives; the entry works afterwards."""
    out = run("""
      print(select(2, xpcall(error, function() return select(2, pcall(funcs.call, "t:nap", 5)) end)))
      print(funcs.call("t:nap", 5))""")
    assert "waiting is not possible here" in out and out.endswith("\n5\n")


def test_a_pool_bounds_how_many_sleep_at_once(run: Lane) -> None:
    """With max_size 2, two guests sleep at once and the others begin in the order of their calls."""
    out = run(lua("a_pool_bounds_how_many_sleep_at_once"))
    # Two that are over at the same moment may end in either order: an epoch may come before one of them sleeps.
    assert sorted(out.splitlines()) == ["1\t10", "2\t10", "3\t20", "4\t20", "5\t30", "6\t30"]
    assert run.live() == 2


def test_a_refused_call_does_not_take_a_place(run: Lane) -> None:
    """Wrong arguments are refused at once, also while all places are taken; the place of a trapped or canceled call is free again."""
    assert run(lua("a_refused_call_does_not_take_a_place")) == "Invalid\t0\nCanceled\nz\n"


def test_a_busy_guest_in_a_store_that_can_wait_gives_control_back(lane: Opened) -> None:
    """While it computes, a ticker of the same lane goes on; its limit ends it. (On the real clock: epochs are real.)"""
    fields = {"spin": FIELDS["spin"], "bounded": f"{FIELDS['spin']}, limits: {{max_execution_ms: 50}}"}
    run = lane(fields, SLEEPER, clock="system")
    assert run(lua("a_busy_guest_in_a_store_that_can_wait_gives_control_back")) == "true\nnil\tTimeout\n10\n"


def test_two_thousand_sleep_at_once_without_a_thread(run: Lane) -> None:
    """All are answered, and the process has no further thread."""
    threads = set(threading.enumerate())
    assert run(lua("two_thousand_sleep_at_once_without_a_thread")) == "0\n2000\n"
    assert set(threading.enumerate()) <= threads


def test_closing_a_lane_with_sleeping_guests(lane: Opened) -> None:
    """A lane can be closed while guests are asleep in groups that have not ended."""
    run = lane(FIELDS, SLEEPER)
    run.state.run("""
      local dispatcher, calls = require 'lua.dispatcher.dispatcher', require 'lua.calls.calls'
      for i = 1, 10 do dispatcher.open(nil, function() calls.call('t:nap', 1e6) end) end""")
    assert run("time.sleep('1ms') print('x')") == "x\n"
    assert run.live() == 10
    run.state.close()


def from_c(method: str, pool: str) -> str:
    return f"name: {method}, kind: function.wasm, fs: 't:files', path: /sleep_test.wasm, hash: '%s', method: 'test-sleep#{method}', {pool}"


def test_a_guest_in_c_sleeps_and_waits_for_several_timers(lane: Opened) -> None:
    """The example's guest: `poll` over many gives exactly the timers that are over, in the guest's order, past ones too."""
    digest = f"sha256:{hashlib.sha256(SLEEP_WASM.read_bytes()).hexdigest()}"
    entries = [from_c(method, f"{GRANTS}, pool: {{type: inline}}") % digest for method in ("sleep-ms", "first-of")]
    run = lane(FIELDS, SLEEPER, more=(f"name: files, kind: fs.directory, directory: '{SLEEP_WASM.parent}'", *entries))
    assert run(lua("a_guest_in_c_sleeps_and_waits_for_several_timers")) == "3600000\n1 3 4\n0 2\n0\n10\n"
