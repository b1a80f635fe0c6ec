"""Pools: how many calls are under way at once, who waits, which instances are kept, and what is counted."""

import threading
from pathlib import Path

import pytest

import moonwit
from tests.projects import opened, write
from tests.texts import texts

lua, _ = texts(__file__)

COUNT = """(module (global $g (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"""
SLEEPER = "\n" + (Path(__file__).parents[1] / "soak" / "sleeper.wat").read_text()

ENTRIES = f"""
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
  - name: trap
    kind: function.wat
    method: f
    source: (module (func (export "f") unreachable))
""".replace("\\n", "")


@pytest.fixture
def project(tmp_path):
    with opened(tmp_path, ENTRIES) as project:
        yield project


def test_a_full_queue_suspends_who_fills_it(project):
    """funcs.async waits while the buffer is full, so that never more calls wait than that; each is answered, in order."""
    project.run_script(lua("a_full_queue_suspends_who_fills_it"))


def test_who_waits_for_a_full_queue_can_be_canceled(project):
    """A coroutine that is canceled while it waits for room raises there, and others go on."""
    project.run_script(lua("who_waits_for_a_full_queue_can_be_canceled"))


def test_max_size_bounds_the_calls_under_way(project):
    """Callers beyond max_size wait in order; canceling one that waits lets the next one in."""
    project.run_script(lua("max_size_bounds_the_calls_under_way"))


def test_idle_instances_end_after_thirty_seconds(project):
    """An instance of a lazy pool lives on while it is used, and ends when nobody has called it for long; one of a static pool stays."""
    project.submit(lambda boot: boot[b"test_clock"]()).result()
    project.run_script(lua("idle_instances_end_after_thirty_seconds"))


def test_instances_that_were_many_become_few(project):
    """After a burst of sleepers no more than are used stay."""
    project.submit(lambda boot: boot[b"test_clock"]()).result()
    project.run_script(lua("instances_that_were_many_become_few"))


def test_fresh_instances_are_prepared_ahead(project):
    """With `reuse: false` each call has a fresh instance, which is made before the call when there is time."""
    project.run_script(lua("fresh_instances_are_prepared_ahead"))


def test_warm_start_makes_instances_before_the_first_call(tmp_path):
    """After a while there are instances of a warm pool, and none of the others."""
    over = threading.Event()
    with opened(tmp_path, ENTRIES.replace("name: ahead", "name: warm").replace("reuse: false", "warm_start: true")) as project:
        for _ in range(1000):
            counted = project.statistics()
            if counted.get("t:warm", {}).get("instances", {}).get("live") == 1:
                break
            over.wait(0.01)
        assert list(counted) == ["t:warm"] and counted["t:warm"]["calls"] == 0 and counted["t:warm"]["instances"]["live"] == 1
        assert [project.call("t:warm"), project.call("t:warm")] == [1, 2]


def test_statistics(project):
    """Calls, errors, instances and times are counted, and are the same from Lua and from Python; an unknown id is NotFound."""
    project.run_script(lua("statistics"))
    assert project.statistics("t:kept")["calls"] == 10001
    assert set(project.statistics()) >= {"t:kept", "t:trap", "t:nap"}
    with pytest.raises(moonwit.CallError, match="no entry"):
        project.statistics("t:mising")


def test_projects_from_several_threads(tmp_path):
    """Each thread opens, uses and closes a project of its own beside the others, with calls in other lanes."""
    write(tmp_path, ENTRIES)
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
