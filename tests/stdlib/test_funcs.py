"""funcs.async, futures and executors: calls side by side, given up in time, tried again."""

from pathlib import Path

import pytest

import moonwit
from tests.projects import opened
from tests.texts import texts

lua, _ = texts(__file__)

SLEEP = Path(__file__).parents[2] / "examples" / "sleep"

ENTRIES = """
  - name: work
    kind: function.wat
    method: work
    source: |
      (module (func (export "work") (param i64) (result i64)
        (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0)))) (i64.const 5)))
  - name: limited
    kind: function.wat
    method: spin
    limits: {max_execution_ms: 20}
    source: (module (func (export "spin") (loop $l (br $l))))
  - name: trap
    kind: function.wat
    method: trap
    source: (module (func (export "trap") unreachable))
  - name: nap
    kind: function.lua
    modules: [time]
    source: file://nap.lua
  - name: short
    kind: function.lua
    modules: [time]
    limits: {max_execution_ms: 30}
    source: |
      return function(duration) time.sleep(duration) return "rested" end
  - name: count
    kind: function.lua
    modules: [errors]
    source: file://count.lua
"""
FILES = {"nap.lua": lua("nap"), "count.lua": lua("count")}


@pytest.fixture
def run(tmp_path):
    """Runs a script in a project of its own; `nap` is in Lua, the others are guests."""
    with opened(tmp_path, ENTRIES, files=FILES) as project:
        yield project.run_script


def test_futures_run_beside_each_other(run):
    """Calls that wait are started at once and answered as each is ready; a long one holds nobody up."""
    run(lua("futures_run_beside_each_other"))


def test_a_guest_that_can_not_wait_is_complete_at_once(run):
    """A call is made when it is started."""
    run(lua("a_guest_that_can_not_wait_is_complete_at_once"))


def test_async_never_raises(run):
    """A wrong id or wrong values are errors, as for call."""
    run(lua("async_never_raises"))


def test_await_gives_up_in_time(run):
    """await with a timeout returns Timeout while the call goes on, and its answer later."""
    run(lua("await_gives_up_in_time"))


def test_cancel_stops_the_callee(run):
    """A canceled call ends where it waits; awaiting it gives an error of kind Canceled."""
    run(lua("cancel_stops_the_callee"))


def test_an_error_in_the_background_is_the_futures(run):
    """A failing call fails its future, not the script, with message, kind and stack."""
    run("""
        local future = funcs.async("t:nap", "1ms", "fail")
        local value, err = future:await()
        assert(value == nil and err:kind() == "Internal" and err:message():find "no luck" and err:stack():find "t:nap")
    """)


def test_response_is_a_channel(run):
    """response() gives a channel with one payload, also in a select; the same channel each time. A call that failed gives its error."""
    run(lua("response_is_a_channel"))


def test_what_was_started_ends_with_the_script(run):
    """A script does not wait for calls that it has started and not awaited."""
    run('funcs.async("t:nap", "1h", 1)')


def test_a_timeout_ends_busy_guests_and_waiting_functions(run):
    """with_options{timeout} ends what takes longer with Timeout; an entry's own smaller limit counts; shorter calls are not touched."""
    run(lua("a_timeout_ends_busy_guests_and_waiting_functions"))


def test_a_limit_ends_a_function_that_waits(run):
    """max_execution_ms of a function.lua ends a call that waits longer; the next one works."""
    run(lua("a_limit_ends_a_function_that_waits"))


def test_retries(run):
    """Momentary errors are tried again, as often as was said; others are not."""
    run(lua("retries"))


def test_nothing_of_the_host_is_in_a_future(run):
    """A script that looks into a future finds plain values: no task, nobody who waits for it."""
    run(lua("nothing_of_the_host_is_in_a_future"))


def test_misuse_raises_a_sentence(run):
    """Wrong options and methods called with a dot are raised with what was expected."""
    run(lua("misuse_raises_a_sentence"))


def test_guests_that_sleep_do_not_hold_the_lane():
    """Guests sleep side by side, while the script goes on."""
    with moonwit.open(SLEEP) as project:
        project.run_script(lua("guests_that_sleep_do_not_hold_the_lane"))
