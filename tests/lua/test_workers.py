"""Pools with workers: long calls run in other lanes, side by side, and hold nobody up; results are as in the caller's lane."""

import threading

import pytest

from tests.projects import opened
from tests.texts import texts

lua, wat = texts(__file__)

WORK = """(module (func (export "work") (param i64) (result i64)
        (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0)))) (i64.const 5)))"""

ENTRIES = f"""
  - name: work
    kind: function.wat
    method: work
    pool: {{type: static, workers: 2}}
    source: |
      {WORK}
  - name: spin
    kind: function.wat
    method: spin
    pool: {{type: adaptive}}
    limits: {{max_execution_ms: 100}}
    source: (module (func (export "spin") (loop $l (br $l))))
  - name: view
    kind: function.wat
    method: view
    pool: {{type: static, workers: 1}}
    source: file://view.wat
  - name: nap
    kind: function.lua
    modules: [time, funcs, errors]
    pool: {{type: static, workers: 2}}
    source: file://nap.lua
"""
FILES = {"view.wat": wat("view"), "nap.lua": lua("nap")}

LONG = 200_000_000  # iterations: some tenths of a second, many epochs


@pytest.fixture
def project(tmp_path):
    with opened(tmp_path, ENTRIES, files=FILES) as project:
        yield project


def test_long_calls_hold_nobody_up(project):
    """While guests compute for long, timers of the script's lane go on, and the answers are right."""
    project.run_script(lua("long_calls_hold_nobody_up", LONG=LONG))


def test_short_calls_stay_in_the_lane(project):
    """A function that is quick keeps its instance and never waits."""
    project.run_script(lua("short_calls_stay_in_the_lane"))


def test_a_function_that_is_quick_again_comes_back(project):
    """After a long call has sent a function to other lanes, some short ones bring it back to where they cost least."""
    project.run_script(lua("a_function_that_is_quick_again_comes_back", LONG=LONG))


def test_values_are_the_same_from_far(project):
    """A record keeps both spellings of its names and its 64-bit integers when it comes from another lane."""
    project.run_script(lua("values_are_the_same_from_far", LONG=LONG))


def test_a_limit_counts_far_away_too(project):
    """max_execution_ms ends a busy guest in another lane, again and again."""
    project.run_script(lua("a_limit_counts_far_away_too"))


def test_functions_in_lua_run_in_other_lanes(project):
    """Values are copied there and back; errors keep kind, details and where they came from; a function may call itself."""
    project.run_script(lua("functions_in_lua_run_in_other_lanes"))


def test_more_calls_than_workers_wait_in_order(project):
    """Calls beyond the workers are answered all the same, each with its own answer."""
    project.run_script("""
        local futures = {}
        for i = 1, 100 do futures[i] = funcs.async("t:nap", "1ms", i) end
        for i = 1, 100 do assert(futures[i]:await() == i) end
    """)


def test_cancel_reaches_other_lanes(project):
    """A canceled call ends in its lane or leaves the queue, and the worker is free for the next."""
    project.run_script(lua("cancel_reaches_other_lanes"))


def test_cancel_ends_a_busy_guest_elsewhere(project):
    """A guest without a limit that computes in another lane ends with its call: canceled, out of time, or left behind by a script."""
    project.run_script(lua("cancel_ends_a_busy_guest_elsewhere", LONG=LONG))
    project.run_script(f'assert(funcs.call("t:work", {LONG}) == 5)')


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_is_gone_leaves_nobody_waiting(project):
    """When a worker ends by a mistake in Moonwit its calls fail with a sentence, and the next ones go to another worker."""
    assert project.call("t:nap", "1ms", 1) == 1
    (worker,) = project.entries.lanes
    script = project.start_script(lua("a_worker_that_is_gone_leaves_nobody_waiting").encode(), "=script")
    # It is counted where it runs.
    while project.statistics("t:nap")["calls"] < 2 and not script.done():
        threading.Event().wait(0.01)
    worker.run({"kind": "nonsense"})  # a message that no lane knows
    script.result(timeout=60)


def test_a_script_that_ends_leaves_no_call_behind(project):
    """What a script has started elsewhere ends with it."""
    project.run_script('for i = 1, 4 do funcs.async("t:nap", "1h", i) end time.sleep("10ms")')
    assert project.call("t:nap", "1ms", 7) == 7


@pytest.mark.parametrize("name", ["nap", "view"])
def test_a_worker_that_cannot_be_started_is_an_error_of_the_call(project, monkeypatch, name):
    """The call says why, leaves its place in the pool, and the next one that finds a worker is made."""
    call = {"nap": 'funcs.call("t:nap", "0s", 1)', "view": f'funcs.call("t:view", {LONG})'}[name]
    good = {"nap": "1", "view": "table"}[name]
    shown = {"nap": "tostring(value)", "view": "type(value)"}[name]
    from moonwit.lua.calls.workers import Workers

    with monkeypatch.context() as patched:
        patched.setattr(Workers, "start", lambda *_: (_ for _ in ()).throw(RuntimeError("can't start new thread")))
        project.run_script(lua("a_worker_that_cannot_be_started_is_an_error_of_the_call", CALL=call))
    project.run_script(f"""
        local value, err = {call}
        assert({shown} == {good!r}, tostring(err))
    """)
