"""A busy guest never holds its lane: it goes on elsewhere or gives way, whatever its pool, and nothing is lost or done twice.

Guests that are endless prove that others go on: where a lane were held, nothing after them would ever happen.
"""

from __future__ import annotations

import os
import threading
import time

import pytest

import moonwit

SPIN = '(module (func (export "spin") (loop $l (br $l))))'
# Counts its calls, and computes in each for as many rounds as it is given; traps at the end for an even number.
COUNT = """(module (global $n (mut i64) (i64.const 0))
  (func (export "count") (param i64) (result i64) (local $left i64)
    (global.set $n (i64.add (global.get $n) (i64.const 1)))
    (local.set $left (local.get 0))
    (loop $l (local.set $left (i64.sub (local.get $left) (i64.const 1))) (br_if $l (i64.gt_s (local.get $left) (i64.const 0))))
    (if (i64.eqz (i64.rem_u (local.get 0) (i64.const 2))) (then unreachable))
    (global.get $n)))"""
# A resource with a method that computes and a function beside it.
THING = """(component
  (type $T' (resource (rep i32)))
  (core func $new (canon resource.new $T'))
  (core module $M (import "" "new" (func $new (param i32) (result i32)))
    (global $n (mut i32) (i32.const 0))
    (func (export "make") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $new (global.get $n)))
    (func (export "busy") (param i32 i64) (result i32)
      (loop $l (local.set 1 (i64.sub (local.get 1) (i64.const 1))) (br_if $l (i64.gt_s (local.get 1) (i64.const 0)))) (local.get 0))
    (func (export "made") (result i32) (global.get $n)))
  (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
  (export $T "thing" (type $T'))
  (func (export "make") (result (own $T)) (canon lift (core func $m "make")))
  (func (export "[method]thing.busy") (param "self" (borrow $T)) (param "n" u64) (result u32) (canon lift (core func $m "busy")))
  (func (export "made") (result u32) (canon lift (core func $m "made"))))"""
# Asks the host for a random number, then computes.
ROLL = """(component
  (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
  (core func $roll (canon lower (func $r "get-random-u64")))
  (core module $M (import "" "roll" (func $roll (result i64)))
    (func (export "roll") (param i64) (result i32)
      (drop (call $roll))
      (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.gt_s (local.get 0) (i64.const 0))))
      (i32.const 6)))
  (core instance $m (instantiate $M (with "" (instance (export "roll" (func $roll))))))
  (func (export "roll") (param "n" u64) (result u32) (canon lift (core func $m "roll"))))"""

POOLS = {
    "none": "",
    "lazy": "pool: {type: lazy}",
    "static": "pool: {workers: 2}",
    "adaptive": "pool: {type: adaptive}",
    "inline": "pool: {type: inline}",
    "fresh": "pool: {reuse: false}",
}


def _entry(name: str, method: str, text: str, more: str = "") -> str:
    lines = "\n".join(f"      {line}" for line in text.splitlines())
    more = f"    {more}\n" if more else ""
    return f"  - name: {name}\n    kind: function.wat\n    method: {method}\n{more}    source: |\n{lines}\n"


INDEX = 'version: "1.0"\nnamespace: t\nentries:\n' + "".join(
    [_entry(f"spin_{name}", "spin", SPIN, pool) for name, pool in POOLS.items()]
    + [_entry(f"count_{name}", "count", COUNT, pool) for name, pool in POOLS.items()]
    + [_entry(f"limited_{name}", "spin", SPIN, f"limits: {{max_execution_ms: 500}}\n    {pool}") for name, pool in POOLS.items()]
    + [
        _entry("two", "count", COUNT, "pool: {type: lazy, max_size: 2}"),
        _entry("make", "make", THING),
        _entry("made", "made", THING),
        _entry("roll", "roll", ROLL, "imports: [wasi:random]"),
    ]
)

LONG = 200_000_001  # rounds: some tenths of a second
ENDLESS = 10**17


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project


@pytest.mark.parametrize("pool", POOLS)
def test_others_go_on_beside_endless_guests(project, pool):
    """Four endless guests of which nothing is known start at once; timers and other functions go on, and all of them can be canceled."""
    project.run_script(f"""
        local futures, ticks = {{}}, 0
        for i = 1, 4 do futures[i] = funcs.async("t:spin_{pool}") end
        coroutine.spawn(function() while true do time.sleep("10ms") ticks = ticks + 1 end end)
        while ticks < 20 do time.sleep("10ms") end
        assert(funcs.call("t:count_{pool}", 1) == 1)
        for i = 1, 4 do assert(not futures[i]:is_complete() and futures[i]:cancel()) end
        while funcs.stats("t:spin_{pool}").instances.live > 0 do time.sleep("10ms") end
        assert(funcs.stats("t:spin_{pool}").instances.replaced >= 2)
    """)


@pytest.mark.parametrize("pool", POOLS)
def test_a_limit_ends_each_of_many_endless_guests(project, pool):
    """Ten calls end at their limit, not one after the other: the last has waited for less than half of ten limits."""
    project.run_script(f"""
        assert(select(2, funcs.call("t:limited_{pool}")):kind() == "Timeout")
        local began, futures = time.now(), {{}}
        for i = 1, 10 do futures[i] = funcs.async("t:limited_{pool}") end
        for i = 1, 10 do
          local value, err = futures[i]:await()
          assert(value == nil and err:kind() == "Timeout" and err:message():find "500 ms", tostring(err))
        end
        assert(time.since(began):milliseconds() >= 500 and time.since(began):milliseconds() < 2500, tostring(time.since(began)))
    """)


@pytest.mark.parametrize("pool", POOLS)
def test_results_and_traps_are_the_same_after_long_calls(project, pool):
    """A long call gives its result or its trap; where the pool keeps instances, it keeps what the calls before have left."""
    kept = "true" if pool not in ("inline", "fresh") else "false"
    project.run_script(f"""
        local function count(n) return funcs.call("t:count_{pool}", n) end
        local function nth(n) return {kept} and n or 1 end
        assert(count(1) == nth(1) and count({LONG}) == nth(2) and count(1) == nth(3))
        local beside = funcs.async("t:spin_{pool}")
        assert(count({LONG}) == nth(4) and count(1) == nth(5) and count({LONG}) == nth(6))
        for _ = 1, 2 do
          local value, err = count({LONG + 1})
          assert(value == nil and err:kind() == "Internal" and err:message():find "unreachable", tostring(err))
        end
        assert(count(1) == 1 and count({LONG}) == nth(2))
        assert(funcs.stats("t:count_{pool}").calls == 10 and funcs.stats("t:count_{pool}").errors == 2)
    """)


def test_a_function_that_was_short_may_turn_out_long(project):
    """After many short calls they are synchronous; a long one gives way all the same, its result is right, and nobody notices."""
    project.run_script(f"""
        for i = 1, 2000 do assert(funcs.call("t:count_none", 1) == i) end
        -- Nobody waits: it goes on where it is.
        assert(funcs.call("t:count_none", {LONG}) == 2001)
        local ticks = 0
        coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
        for _ = 1, 200 do funcs.call("t:count_none", 1) end
        local future = funcs.async("t:count_none", {ENDLESS + 1})
        while ticks < 10 do time.sleep("5ms") end
        assert(not future:is_complete() and future:cancel())
        assert(funcs.call("t:count_none", {LONG}) >= 1)
        assert(funcs.stats("t:count_none").calls == 2203 and funcs.stats("t:count_none").errors == 0)
    """)


def test_a_synchronous_call_that_turns_out_long_is_made_again(project):
    """Ended as by a trap, the instance is replaced, and the call is counted once."""
    project.run_script(f"""
        for i = 1, 200 do funcs.call("t:count_none", 1) end
        coroutine.spawn(function() while true do time.sleep("1ms") end end)
        time.sleep("1ms")
        assert(funcs.call("t:count_none", {LONG}) == 1 and funcs.call("t:count_none", {LONG}) == 2)
        local counted = funcs.stats("t:count_none")
        assert(counted.calls == 202 and counted.errors == 0 and counted.instances.replaced == 1, json.encode(counted))
    """)


STARTING = {
    "start": '(module (func $spin (loop $l (br $l))) (start $spin) (func (export "f") (result i32) (i32.const 1)))',
    "initialize": '(module (func (export "_initialize") (loop $l (br $l))) (func (export "f") (result i32) (i32.const 1)))',
    "late": """(module (func (export "_initialize") (local $n i64)
        (loop $l (local.set $n (i64.add (local.get $n) (i64.const 1))) (br_if $l (i64.lt_u (local.get $n) (i64.const 100000000)))))
      (func (export "f") (result i32) (i32.const 1)))""",
}


def test_a_guest_that_never_starts_is_ended(tmp_path):
    """Made where it can't give way, an endless guest without a limit is ended, with a sentence; one with a limit ends by that."""
    (tmp_path / "_index.yaml").write_text(
        'version: "1.0"\nnamespace: t\nentries:\n'
        + "".join(_entry(name, "f", text) for name, text in STARTING.items())
        + "".join(_entry(f"limited_{name}", "f", text, "limits: {max_execution_ms: 300}") for name, text in STARTING.items())
    )
    with moonwit.open(tmp_path) as first, moonwit.open(tmp_path) as second:
        scripts = [
            project.start_script(
                f"""
                local value, err = funcs.call("t:{name}")
                assert(value == nil and err:message():find("it computes for more than 10 s while it is made", 1, true), tostring(err))
                assert(funcs.call("t:late") == 1 and funcs.call("t:late") == 1)
                value, err = funcs.call("t:limited_{name}")
                assert(value == nil and err:kind() == "Timeout" and err:message():find "300 ms", tostring(err))
                """.encode(),
                "=s",
            )
            for project, name in ((first, "start"), (second, "initialize"))
        ]
        for script in scripts:
            script.result(timeout=240)


def test_a_guest_that_is_granted_what_changes_nothing_may_be_called_synchronously(project):
    """One that asks for random numbers is called so after many short calls, and called again on a fresh instance when it gives no way."""
    project.run_script("""
        for i = 1, 200 do assert(funcs.call("t:roll", 1) == 6) end
        local ticks = 0
        coroutine.spawn(function() while true do time.sleep("1ms") ticks = ticks + 1 end end)
        time.sleep("1ms")
        assert(funcs.call("t:roll", 50000001) == 6)
        local counted = funcs.stats("t:roll")
        assert(counted.calls == 201 and counted.errors == 0 and counted.instances.replaced == 1, json.encode(counted))
        local futures = {}
        for i = 1, 3 do futures[i] = funcs.async("t:roll", 1e17) end
        local before = ticks
        while ticks < before + 10 do time.sleep("5ms") end
        for i = 1, 3 do assert(futures[i]:cancel()) end
        assert(funcs.call("t:roll", 1) == 6)
    """)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
def test_busy_guests_have_threads_of_their_own(project):
    """As many as there are cores, and no more."""
    project.run_script('for i = 1, 8 do funcs.async("t:spin_none") end time.sleep("50ms")')
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("moonwit worker")]
    assert len(names) == len(os.sched_getaffinity(0))


def test_callers_beyond_the_bound_wait_in_order(project):
    """`max_size` bounds the calls under way, elsewhere too; one that is canceled lets the next one in."""
    project.run_script(f"""
        local order, futures = {{}}, {{}}
        for i = 1, 5 do
          futures[i] = funcs.async("t:two", i <= 2 and {ENDLESS + 1} or 1)
          coroutine.spawn(function() futures[i]:await() order[#order + 1] = i end)
        end
        while funcs.stats("t:two").queue.waiting < 3 do time.sleep("5ms") end
        assert(#order == 0)
        futures[2]:cancel()
        for i = 3, 5 do assert(futures[i]:await()) end
        time.sleep("1ms")
        assert(table.concat(order, " ") == "2 3 4 5" and not futures[1]:is_complete())
    """)


def test_guests_with_resources_give_way(project):
    """A busy method holds up calls of its instance, in order, and nobody else; its handle can't be dropped meanwhile."""
    project.run_script(f"""
        local thing, ticks = funcs.call("t:make"), 0
        coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
        local answer
        coroutine.spawn(function() answer = thing:busy({LONG}) end)
        while ticks < 3 do time.sleep("5ms") end
        if answer == nil then
          local dropped, problem = pcall(thing.drop, thing)
          assert(not dropped and tostring(problem):find "in a call", tostring(problem))
        end
        assert(funcs.call("t:made") == 1 and answer == 1 and thing:busy(5) == 1)
        local busy = coroutine.spawn(function() thing:busy({ENDLESS}) end)
        time.sleep("30ms")
        coroutine.cancel(busy)
        assert(funcs.call("t:made") == 0 and select(2, thing:busy(1)):kind() == "Invalid")
        local other = funcs.call("t:make")
        assert(other:busy({LONG}) == 1 and other:busy(1) == 1)
        other:drop()
    """)


def test_handles_outlive_a_call_that_turns_out_long(project):
    """However many calls of a method were short before, one that turns out long gives way, and ends no instance that handles belong to."""
    project.run_script(f"""
        local thing, other, ticks = funcs.call("t:make"), funcs.call("t:make"), 0
        for _ = 1, 1000 do assert(thing:busy(1) == 1) end
        coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
        time.sleep("6ms")
        assert(thing:busy({LONG}) == 1 and ticks > 2, "held")
        assert(other:busy(1) == 2 and thing:busy(1) == 1 and funcs.call("t:made") == 2)
    """)


def test_guests_that_call_lua_give_way_in_turns(project):
    """A guest that is granted functions of the host stays in its lane; a busy one is left and entered again."""
    project.run_script(f"""
        local ticks = 0
        coroutine.spawn(function() while true do time.sleep("5ms") ticks = ticks + 1 end end)
        local futures = {{}}
        for i = 1, 3 do futures[i] = funcs.async("t:roll", {ENDLESS}) end
        while ticks < 10 do time.sleep("5ms") end
        assert(funcs.call("t:roll", 1) == 6 and funcs.call("t:roll", {LONG // 4}) == 6)
        for i = 1, 3 do assert(futures[i]:cancel()) end
    """.replace(f"{LONG // 4}", "50000001"))


def test_closing_a_project_ends_what_is_busy(tmp_path):
    """Endless guests without a limit end with the project, their threads too."""
    (tmp_path / "_index.yaml").write_text(INDEX)
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
    while not (project.entries._workers and project.entries._workers._lanes) and not script.done():
        time.sleep(0.01)
    (worker,) = project.entries._workers._lanes
    worker.submit(lambda boot: worker._post({"kind": "nonsense"})).result()
    script.result(timeout=60)
