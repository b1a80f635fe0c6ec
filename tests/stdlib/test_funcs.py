"""funcs.async, futures and executors: calls side by side, given up in time, tried again."""

from pathlib import Path

import pytest

import moonwit

SLEEP = Path(__file__).parents[2] / "examples" / "sleep"

INDEX = """version: "1.0"
namespace: t
entries:
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
    source: |
      return function(duration, value)
        time.sleep(duration)
        if value == "fail" then error("no luck") end
        return value
      end
  - name: short
    kind: function.lua
    modules: [time]
    limits: {max_execution_ms: 30}
    source: |
      return function(duration) time.sleep(duration) return "rested" end
  - name: count
    kind: function.lua
    modules: [errors]
    source: |
      local calls = 0
      return function(good)
        calls = calls + 1
        if calls < good then return nil, errors.new{message = "call " .. calls, kind = errors.UNAVAILABLE} end
        return calls
      end
"""


@pytest.fixture
def run(tmp_path):
    """Runs a script in a project of its own; `nap` is in Lua, the others are guests."""
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project.run_script


def test_futures_run_beside_each_other(run):
    """Calls that wait are started at once and answered as each is ready; a long one holds nobody up."""
    run("""
        local long = funcs.async("t:nap", "10s", "long")
        local futures = {}
        for i = 1, 1000 do futures[i] = funcs.async("t:nap", (1001 - i) / 10 .. "ms", i) end
        assert(not futures[1]:is_complete() and futures[1]:result() == nil)
        local started = time.now()
        for i = 1, 1000 do assert(futures[i]:await() == i) end
        assert(time.since(started):seconds() < 5)
        assert(not long:is_complete() and tostring(long) == "future (pending)")
    """)


def test_a_guest_that_can_not_wait_is_complete_at_once(run):
    """On the direct path a call is made when it is started."""
    run("""
        local future = assert(funcs.async("t:work", 10))
        assert(future:is_complete() and future:result() == 5 and future:await() == 5)
        local none, has = future:error()
        assert(none == nil and has == false and not future:is_canceled() and future:cancel() == false)
        local failed = funcs.async("t:trap")
        local value, err = failed:await()
        assert(value == nil and err:kind() == "Internal" and failed:error() == err and select(2, failed:error()) == true)
    """)


def test_async_never_raises(run):
    """A wrong id or wrong values are errors, as for call."""
    run("""
        for _, id in ipairs{"t:nothing", "nothing", 5, {}} do
          local future, err = funcs.async(id)
          assert(future == nil and errors.is(err, err:kind()) and err:message() ~= "", tostring(err))
        end
        local value, err = funcs.async("t:work", "x"):await()
        assert(value == nil and err:kind() == "Invalid")
    """)


def test_await_gives_up_in_time(run):
    """await with a timeout returns Timeout while the call goes on, and its answer later."""
    run("""
        local future = funcs.async("t:nap", "50ms", "late")
        local value, err = future:await("1ms")
        assert(value == nil and err:kind() == "Timeout" and err:retryable())
        assert(future:await("10s") == "late")
    """)


def test_cancel_stops_the_callee(run):
    """A canceled call ends where it waits; awaiting it gives an error of kind Canceled."""
    run("""
        local future = funcs.async("t:nap", "1h", 1)
        time.sleep("1ms")
        local waiting = {}
        coroutine.spawn(function() waiting.value, waiting.err = future:await() end)
        time.sleep("1ms")
        assert(future:cancel() and future:is_canceled() and not future:cancel())
        time.sleep("1ms")
        assert(waiting.err:kind() == "Canceled")
        assert(select(2, future:await()):kind() == "Canceled" and tostring(future) == "future (canceled)")
    """)


def test_an_error_in_the_background_is_the_futures(run):
    """A failing call fails its future, not the script, with message, kind and stack."""
    run("""
        local future = funcs.async("t:nap", "1ms", "fail")
        local value, err = future:await()
        assert(value == nil and err:kind() == "Internal" and err:message():find "no luck" and err:stack():find "t:nap")
    """)


def test_response_is_a_channel(run):
    """response() gives a channel with one payload, also in a select; the same channel each time. A call that failed gives its error."""
    run("""
        local slow, quick = funcs.async("t:nap", "1h", 1), funcs.async("t:nap", "1ms", "quick")
        assert(quick:response() == quick:channel())
        local chosen = channel.select{slow:response():case_receive(), quick:response():case_receive()}
        assert(chosen.channel == quick:response() and chosen.value:data() == "quick")
        local failed = funcs.async("t:trap"):response():receive()
        local value, err = failed:data()
        assert(value == nil and err == failed and err:kind() == "Internal")
    """)


def test_what_was_started_ends_with_the_script(run):
    """A script does not wait for calls that it has started and not awaited."""
    run('funcs.async("t:nap", "1h", 1)')


def test_a_timeout_ends_busy_guests_and_waiting_functions(run):
    """with_options{timeout} ends what takes longer with Timeout; an entry's own smaller limit counts; shorter calls are not touched."""
    run("""
        local quick = funcs.new():with_options{timeout = 30}
        for _ = 1, 3 do
          local value, err = quick:call("t:work", 1e13)
          assert(value == nil and err:kind() == "Timeout", tostring(err))
          assert(quick:call("t:work", 10) == 5)
        end
        local value, err = quick:call("t:nap", "1h", 1)
        assert(value == nil and err:kind() == "Timeout" and err:message():find "30 ms")
        assert(quick:call("t:nap", "1ms", 1) == 1)
        value, err = funcs.new():with_options{timeout = "1h"}:call("t:limited")
        assert(err:kind() == "Timeout" and err:message():find "20 ms", err:message())
        assert(select(2, quick:async("t:nap", "1h", 1):await()):kind() == "Timeout")
    """)


def test_a_limit_ends_a_function_that_waits(run):
    """max_execution_ms of a function.lua ends a call that waits longer; the next one works."""
    run("""
        for _ = 1, 3 do
          local value, err = funcs.call("t:short", "1h")
          assert(value == nil and err:kind() == "Timeout" and err:message():find "30 ms", tostring(err))
          assert(funcs.call("t:short", "1ms") == "rested")
        end
    """)


def test_retries(run):
    """Momentary errors are tried again, as often as was said; others are not."""
    run("""
        local retry = {max_attempts = 3, initial_delay = "1ms", backoff_factor = 2, jitter = 0.5}
        local patient = funcs.new():with_options{retry = retry}
        assert(patient:call("t:count", 3) == 3)
        local value, err = patient:call("t:count", 100)
        assert(value == nil and err:message() == "call 6", err:message())
        value, err = patient:call("t:trap")
        assert(err:kind() == "Internal")
    """)


def test_nothing_of_the_host_is_in_a_future(run):
    """A script that looks into a future finds plain values: no task, nobody who waits for it."""
    run("""
        local future = funcs.async("t:nap", "1h", 1)
        coroutine.spawn(function() future:await() end)
        time.sleep("1ms")
        for key, value in pairs(future) do assert(type(value) == "boolean", key) end
    """)


def test_misuse_raises_a_sentence(run):
    """Wrong options and methods called with a dot are raised with what was expected."""
    run("""
        local executor = funcs.new()
        for _, wrong in ipairs{
          {{timeot = 1}, "did you mean 'timeout'"}, {{timeout = 0}, "longer than 0, got 0"}, {{timeout = "x"}, "not a duration"},
          {{retry = {max_attempts = 0}}, "at least 1, got 0"}, {{retry = 5}, "expected a table"}, {5, "expected a table"},
        } do
          local ok, problem = pcall(executor.with_options, executor, wrong[1])
          assert(not ok and problem:find(wrong[2], 1, true), tostring(problem))
        end
        local ok, problem = pcall(executor.call, "t:work", 1)
        assert(not ok and problem:find "executor:call", problem)
        ok, problem = pcall(funcs.async("t:work", 1).await, 5)
        assert(not ok and problem:find "future:await", problem)
        ok, problem = pcall(function() funcs.async("t:work", 1).value = 5 end)
        assert(not ok or funcs.async("t:work", 1):result() == 5)
    """)


def test_guests_that_sleep_do_not_hold_the_lane():
    """Sleeping guests on the compatible path sleep side by side, while the script goes on."""
    with moonwit.open(SLEEP) as project:
        project.run_script("""
            local started, futures = time.now(), {}
            for i = 1, 8 do futures[i] = funcs.async("demo:sleep_ms", 300) end
            local ticks = 0
            coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
            for i = 1, 8 do assert(select(2, futures[i]:await()) == nil) end
            assert(time.since(started):milliseconds() < 8 * 300 and ticks > 5, ticks)
            local value, err = funcs.new():with_options{timeout = "50ms"}:call("demo:sleep_ms", 5000)
            assert(value == nil and err:kind() == "Timeout")
        """)
