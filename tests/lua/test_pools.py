"""Pools: how many calls are under way at once, who waits, which instances are kept, and what is counted."""

import threading
from pathlib import Path

import pytest

import moonwit

COUNT = """(module (global $g (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"""
SLEEPER = "\n" + (Path(__file__).parents[1] / "soak" / "sleeper.wat").read_text()

INDEX = f"""version: "1.0"
namespace: t
entries:
  - name: nap
    kind: function.lua
    modules: [time]
    pool: {{type: static, workers: 2, buffer: 3}}
    source: return function(d, x) time.sleep(d) return x end
  - name: unbuffered
    kind: function.lua
    modules: [time]
    pool: {{type: static, workers: 1, buffer: 0}}
    source: return function(d, x) time.sleep(d) return x end
  - name: ahead
    kind: function.wat
    method: f
    pool: {{type: adaptive, reuse: false}}
    source: {COUNT!r}
  - name: kept
    kind: function.wat
    method: f
    source: {COUNT!r}
  - name: fixed
    kind: function.wat
    method: f
    pool: {{type: static, workers: 1}}
    source: {COUNT!r}
  - name: few
    kind: function.wat
    method: sleep
    imports: ["wasi:clocks", "wasi:io"]
    pool: {{type: lazy, max_size: 3}}
    source: |
{SLEEPER}
  - name: few_other
    kind: function.wat
    method: sleep
    engine: compatible
    imports: ["wasi:clocks", "wasi:io"]
    pool: {{type: lazy, max_size: 3}}
    source: |
{SLEEPER}
  - name: trap
    kind: function.wat
    method: f
    source: (module (func (export "f") unreachable))
""".replace("\\n", "")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project


def test_a_full_queue_suspends_who_fills_it(project):
    """funcs.async waits while the buffer is full, so that never more calls wait than that; each is answered, in order."""
    project.run_script("""
        local futures, begun = {}, {}
        for i = 1, 20 do
          futures[i] = funcs.async("t:nap", "2ms", i)
          assert(funcs.stats("t:nap").queue.waiting <= 3)
        end
        for i = 1, 20 do assert(futures[i]:await() == i) end
        assert(funcs.stats("t:nap").queue.most == 3 and funcs.stats("t:nap").queue.waiting == 0)
        for i = 1, 5 do
          futures[i] = funcs.async("t:unbuffered", "2ms", i)
          assert(funcs.stats("t:unbuffered").queue.waiting == 0)
        end
        for i = 1, 5 do assert(futures[i]:await() == i) end
    """)


def test_who_waits_for_a_full_queue_can_be_canceled(project):
    """A coroutine that is canceled while it waits for room raises there, and others go on."""
    project.run_script("""
        local log = {}
        for i = 1, 5 do funcs.async("t:nap", "20ms", i) end
        local co = coroutine.spawn(function() log[1] = {pcall(funcs.async, "t:nap", "1ms", "never")} end)
        time.sleep("2ms")
        assert(coroutine.cancel(co))
        assert(funcs.async("t:nap", "1ms", "last"):await() == "last")
        assert(log[1][1] == false and errors.is(log[1][2], errors.CANCELED))
    """)


@pytest.mark.parametrize("name", ["few", "few_other"])
def test_max_size_bounds_the_calls_under_way(project, name):
    """Callers beyond max_size wait in order, on both call paths; canceling one that waits lets the next one in."""
    project.run_script(f"""
        local id, order, futures = "t:{name}", {{}}, {{}}
        -- Calls in the background wait for their code before they wait for a place.
        funcs.call(id, 0)
        for i = 1, 12 do
          futures[i] = funcs.async(id, i == 7 and 3600000 or 5)
          coroutine.spawn(function() local value = futures[i]:await() order[#order + 1] = i end)
        end
        time.sleep("1ms")
        local queue = funcs.stats(id).queue
        assert(queue.waiting == 9, queue.waiting)
        assert(futures[7]:cancel())
        for i = 1, 12 do futures[i]:await() end
        local counted = funcs.stats(id)
        assert(counted.instances.made <= 4 and counted.queue.waiting == 0 and counted.calls >= 11, json.encode(counted))
        time.sleep("1ms")
        assert(#order == 12 and order[1] == 7)
    """)


def test_idle_instances_end_after_thirty_seconds(project):
    """An instance of a lazy pool lives on while it is used, and ends when nobody has called it for long; one of a static pool stays."""
    project.submit(lambda boot: boot[b"test_clock"]()).result()
    project.run_script("""
        assert(funcs.call("t:kept") == 1 and funcs.call("t:fixed") == 1)
        for i = 2, 6 do
          time.sleep("20s")
          assert(funcs.call("t:kept") == i)
        end
        time.sleep("31s")
        assert(funcs.stats("t:kept").instances.live == 0)
        assert(funcs.call("t:kept") == 1)
        assert(funcs.call("t:fixed") == 2)
    """)


def test_instances_that_were_many_become_few(project):
    """After a burst of sleepers no more than are used stay."""
    project.submit(lambda boot: boot[b"test_clock"]()).result()
    project.run_script("""
        local futures = {}
        for i = 1, 3 do futures[i] = funcs.async("t:few", 10) end
        for i = 1, 3 do futures[i]:await() end
        assert(funcs.stats("t:few").instances.live == 3)
        for _ = 1, 4 do
          time.sleep("10s")
          assert(funcs.call("t:few", 1) == 1)
        end
        assert(funcs.stats("t:few").instances.live == 1)
    """)


def test_fresh_instances_are_prepared_ahead(project):
    """With `reuse: false` each call has a fresh instance, which is made before the call when there is time."""
    project.run_script("""
        for i = 1, 5 do
          assert(funcs.call("t:ahead") == 1)
          time.sleep("1ms")
          local instances = funcs.stats("t:ahead").instances
          assert(instances.made == i + 1 and instances.live == 1)
        end
    """)


def test_warm_start_makes_instances_before_the_first_call(tmp_path):
    """After a while there are instances of a warm pool, and none of the others."""
    (tmp_path / "_index.yaml").write_text(INDEX.replace("name: ahead", "name: warm").replace("reuse: false", "warm_start: true"))
    over = threading.Event()
    with moonwit.open(tmp_path) as project:
        for _ in range(1000):
            counted = project.statistics()
            if counted.get("t:warm", {}).get("instances", {}).get("live") == 1:
                break
            over.wait(0.01)
        assert list(counted) == ["t:warm"] and counted["t:warm"]["calls"] == 0 and counted["t:warm"]["instances"]["live"] == 1
        assert [project.call("t:warm"), project.call("t:warm")] == [1, 2]


def test_statistics(project):
    """Calls, errors, instances and times are counted, and are the same from Lua and from Python; an unknown id is NotFound."""
    project.run_script("""
        for i = 1, 10000 do assert(funcs.call("t:kept") == i) end
        for _ = 1, 3 do assert(not funcs.call("t:trap")) end
        assert(not funcs.call("t:kept", 1))
        for i = 1, 3 do assert(funcs.call("t:nap", "5ms", i) == i) end
        local kept, trap, nap = funcs.stats("t:kept"), funcs.stats("t:trap"), funcs.stats("t:nap")
        assert(kept.calls == 10001 and kept.errors == 1 and kept.instances.live == 1 and kept.instances.made == 1)
        assert(kept.times.execution.mean > 0 and kept.times.execution.mean <= kept.times.execution.max)
        assert(trap.calls == 3 and trap.errors == 3 and trap.timeouts == 0 and trap.instances.replaced == 3 and trap.instances.live == 0)
        assert(nap.calls == 3 and nap.errors == 0 and nap.times.execution.total >= 15 and nap.times.queueing.total == 0)
        local value, err = funcs.stats("t:mising")
        assert(value == nil and err:kind() == "NotFound")
        assert(not pcall(funcs.stats, 1))
        local all = funcs.stats()
        assert(all["t:kept"].calls == 10001 and all["t:nap"].calls == 3 and not all["t:fixed"])
    """)
    assert project.statistics("t:kept")["calls"] == 10001
    assert set(project.statistics()) >= {"t:kept", "t:trap", "t:nap"}
    with pytest.raises(moonwit.CallError, match="no entry"):
        project.statistics("t:mising")


def test_projects_from_several_threads(tmp_path):
    """Each thread opens, uses and closes a project of its own beside the others, with calls in other lanes."""
    (tmp_path / "_index.yaml").write_text(INDEX)
    wrong = []

    def use(number):
        try:
            for _ in range(3):
                with moonwit.open(tmp_path) as project:
                    assert [project.call("t:nap", "1ms", number) for _ in range(5)] == [number] * 5
                    assert project.call("t:kept") == 1
                    assert project.statistics("t:nap")["calls"] == 5
        except BaseException as problem:
            wrong.append(problem)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
