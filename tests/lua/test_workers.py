"""Pools with workers: long calls run in other lanes, side by side, and hold nobody up; results are as in the caller's lane."""

import threading

import pytest

import moonwit

WORK = """(module (func (export "work") (param i64) (result i64)
        (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0)))) (i64.const 5)))"""

INDEX = f"""version: "1.0"
namespace: t
entries:
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
    source: |
      (component
        (core module $m
          (memory (export "memory") 1) (data (i32.const 16) "\\01\\00\\00\\00\\00\\00\\00\\00\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff")
          (func (export "view") (param i64) (result i32)
            (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0))))
            (i32.const 16)))
        (core instance $i (instantiate $m))
        (type $r (record (field "small-one" u64) (field "large-one" u64)))
        (export $view "seen" (type $r))
        (func (export "view") (param "n" u64) (result $view) (canon lift (core func $i "view") (memory (core memory $i "memory")))))
  - name: nap
    kind: function.lua
    modules: [time, funcs, errors]
    pool: {{type: static, workers: 2}}
    source: |
      return function(duration, value)
        if value == "raise" then error("no luck") end
        if value == "deep" then return funcs.call("t:nap", duration, "bottom") end
        time.sleep(duration)
        if value == "refuse" then return nil, errors.new{{message = "busy", kind = errors.UNAVAILABLE, details = {{left = 3}}}} end
        return value
      end
"""

LONG = 200_000_000  # iterations: some tenths of a second, many epochs


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project


def test_long_calls_hold_nobody_up(project):
    """While guests compute for long, timers of the script's lane go on, and the answers are right."""
    project.run_script(f"""
        local futures = {{}}
        for i = 1, 4 do futures[i] = funcs.async("t:work", {LONG}) end
        local ticks = 0
        coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
        for i = 1, 4 do assert(futures[i]:await() == 5) end
        assert(ticks > 10, ticks)
        assert(funcs.call("t:work", 10) == 5)
    """)


def test_short_calls_stay_in_the_lane(project):
    """A function that is quick keeps its instance and never waits."""
    project.run_script("""
        for _ = 1, 1000 do assert(funcs.call("t:work", 10) == 5) end
        local other = false
        coroutine.spawn(function() other = true end)
        assert(funcs.call("t:work", 10) == 5 and not other)
    """)


def test_a_function_that_is_quick_again_comes_back(project):
    """After a long call has sent a function to other lanes, some short ones bring it back to where they cost least."""
    project.run_script(f"""
        assert(funcs.call("t:work", {LONG}) == 5)
        local function stays()
          local other = false
          coroutine.spawn(function() other = true end)
          assert(funcs.call("t:work", 10) == 5)
          return not other
        end
        local before = stays()
        for _ = 1, 1000 do if stays() then break end end
        assert(not before and stays())
    """)


def test_values_are_the_same_from_far(project):
    """A record keeps both spellings of its names and its 64-bit integers when it comes from another lane."""
    project.run_script(f"""
        local near, far = funcs.call("t:view", 1), nil
        for _ = 1, 2 do far = assert(funcs.call("t:view", {LONG})) end
        for _, value in ipairs{{near, far}} do
          assert(value.small_one == 1 and value["small-one"] == 1 and value.large_one == 18446744073709551615ULL)
        end
    """)


def test_a_limit_counts_far_away_too(project):
    """max_execution_ms ends a busy guest in another lane, again and again."""
    project.run_script("""
        for _ = 1, 4 do
          local value, err = funcs.call("t:spin")
          assert(value == nil and err:kind() == "Timeout" and err:message():find "100 ms", tostring(err))
        end
    """)


def test_functions_in_lua_run_in_other_lanes(project):
    """Values are copied there and back; errors keep kind, details and where they came from; a function may call itself."""
    project.run_script("""
        assert(funcs.call("t:nap", "1ms", {1, {x = "y"}})[2].x == "y")
        assert(funcs.call("t:nap", "1ms", "deep") == "bottom")
        local value, err = funcs.call("t:nap", "1ms", "raise")
        assert(value == nil and err:kind() == "Internal" and err:message():find "no luck" and err:stack():find "t:nap")
        value, err = funcs.call("t:nap", "1ms", "refuse")
        assert(value == nil and err:kind() == errors.UNAVAILABLE and err:details().left == 3)
        value, err = funcs.call("t:nap", "1ms", print)
        assert(value == nil and err:kind() == "Invalid" and err:message():find "function")
    """)


def test_more_calls_than_workers_wait_in_order(project):
    """Calls beyond the workers are answered all the same, each with its own answer."""
    project.run_script("""
        local futures = {}
        for i = 1, 100 do futures[i] = funcs.async("t:nap", "1ms", i) end
        for i = 1, 100 do assert(futures[i]:await() == i) end
    """)


def test_cancel_reaches_other_lanes(project):
    """A canceled call ends in its lane or leaves the queue, and the worker is free for the next."""
    project.run_script("""
        local futures = {}
        for i = 1, 6 do futures[i] = funcs.async("t:nap", "1h", i) end
        time.sleep("20ms")
        for i = 1, 6 do assert(futures[i]:cancel()) end
        assert(funcs.call("t:nap", "1ms", "next") == "next")
        local value, err = funcs.new():with_options{timeout = 30}:call("t:nap", "1h", 1)
        assert(value == nil and err:kind() == "Timeout")
        assert(funcs.call("t:nap", "1ms", "next") == "next")
    """)


def test_cancel_ends_a_busy_guest_elsewhere(project):
    """A guest without a limit that computes in another lane ends with its call: canceled, out of time, or left behind by a script."""
    project.run_script(f"""
        assert(funcs.call("t:work", {LONG}) == 5)
        for _ = 1, 3 do
          local futures = {{}}
          for i = 1, 2 do futures[i] = funcs.async("t:work", -1) end
          time.sleep("30ms")
          for i = 1, 2 do assert(futures[i]:cancel()) end
          local value, err = funcs.new():with_options{{timeout = "30ms"}}:call("t:work", -1)
          assert(value == nil and err:kind() == "Timeout")
          assert(funcs.call("t:work", {LONG}) == 5)
        end
        local counted = funcs.stats("t:work")
        assert(counted.instances.replaced >= 3 and counted.instances.live <= 3, json.encode(counted))
        for i = 1, 2 do funcs.async("t:work", -1) end
        time.sleep("10ms")
    """)
    project.run_script(f'assert(funcs.call("t:work", {LONG}) == 5)')


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_is_gone_leaves_nobody_waiting(project):
    """When a worker ends by a mistake in Moonwit its calls fail with a sentence, and the next ones go to another worker."""
    assert project.call("t:nap", "1ms", 1) == 1
    (worker,) = project.entries._workers._lanes
    script = project.start_script(b"""
        local value, err = funcs.call("t:nap", "1h", 1)
        assert(value == nil and err:kind() == "Internal" and err:message():find "mistake in Moonwit", tostring(err))
        assert(funcs.call("t:nap", "1ms", "next") == "next")
        local counted = funcs.stats("t:nap")
        assert(counted.queue.waiting == 0)
    """, "=script")
    # It is counted where it runs.
    while project.statistics("t:nap")["calls"] < 2 and not script.done():
        threading.Event().wait(0.01)
    worker.submit(lambda boot: worker._post({"kind": "nonsense"})).result()
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
        project.run_script(f"""
            for _ = 1, 5 do
              local value, err = {call}
              assert(value == nil and err:kind() == "Unavailable", tostring(value))
              assert(err:message():find("no lane could be started for its call", 1, true), err:message())
              assert(err:message():find("can't start new thread", 1, true), err:message())
            end
        """)
    project.run_script(f"""
        local value, err = {call}
        assert({shown} == {good!r}, tostring(err))
    """)
