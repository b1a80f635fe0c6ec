"""`import moonwit`: projects from Python."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import moonwit
from tests import projects


@pytest.fixture
def host(project):
    """Opens the project."""
    with moonwit.open(project) as opened:
        yield opened


def test_a_call_gives_a_python_value(host):
    """Results are Python's own values: integers of any size, records in the order of their type, bytes."""
    assert host.call("demo:answer") == 42
    assert host.call("demo:big") == 2**64 - 1
    assert list(host.call("demo:point").items()) == [("y", 7), ("x", 9)]
    assert host.call("demo:bytes") == b"ab"
    assert host.call("demo:half", 5) == 2.5


def test_a_failed_call_raises(host):
    """A failed call raises CallError with kind, message and stack, and the next call works."""
    with pytest.raises(moonwit.CallError) as caught:
        host.call("demo:refuse")
    assert (caught.value.message, str(caught.value), caught.value.details) == ("no way", "no way", "no way")
    with pytest.raises(moonwit.CallError) as caught:
        host.call("demo:crash")
    assert caught.value.kind == "Internal"
    assert "guest inner" in caught.value.stack
    with pytest.raises(moonwit.CallError) as caught:
        host.call("demo:nope")
    assert caught.value.kind == "NotFound"
    assert host.call("demo:answer") == 42


def test_scripts(host, capfd):
    """A script gets its arguments, prints to the process's standard output, and raises CallError when it fails."""
    host.run_script("print(..., funcs.call('demo:neg', 3))", arguments=["a"])
    assert capfd.readouterr().out == "a\t-3\n"
    with pytest.raises(moonwit.CallError, match=r"s\.lua:2: boom"):
        host.run_script("\nerror('boom')", "@s.lua")


def test_any_thread_may_call(host):
    """Calls from several threads come one after the other, each with its own result."""
    results = {}

    def work(number):
        results[number] = [host.call("demo:neg", number) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [-number] * 50 for number in range(4)}


def test_a_closed_project_says_so(project):
    """A closed project takes no calls, and closing it twice is fine."""
    host = moonwit.open(project)
    host.close()
    host.close()
    with pytest.raises(RuntimeError, match="this project is closed"):
        host.call("demo:answer")


def test_what_can_not_be_passed_is_refused_and_the_next_call_works(host):
    """An id or a script's name that Lua can't be given raises in its caller, and nobody else waits for it."""
    for id in ("demo:\ud800", object(), {1: 2}):
        with pytest.raises((TypeError, ValueError)):
            host.call(id)
    with pytest.raises(ValueError, match="surrogate"):
        host.run_script("return 1", "@\ud800.lua")
    assert host.call("demo:answer") == 42


def test_calls_beside_a_close_are_answered(project):
    """A call that another thread makes while the project closes gives its value or says that the project is closed."""

    def use(host):
        while True:
            try:
                assert host.call("demo:answer") == 42
            except RuntimeError as closed:
                return str(closed)

    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            host = moonwit.open(project)
            told = [threads.submit(use, host) for _ in range(4)]
            host.call("demo:answer")
            host.close()
            assert {each.result(60) for each in told} == {"this project is closed"}


def test_a_lane_that_has_ended_takes_no_calls(project):
    """Who got hold of a project's lane before it was closed is told so, not left waiting."""
    host = moonwit.open(project)
    lane = host.lane
    host.close()
    with pytest.raises(RuntimeError, match="this project is closed"):
        lane.call("demo:answer", b"")


FORKED = """
import os, sys, moonwit
with moonwit.open(sys.argv[1]) as host:
    host.call("demo:answer")
    if os.fork() == 0:
        try:
            host.call("demo:answer")
        except RuntimeError as problem:
            print(problem, flush=True)
        host.close()
        with moonwit.open() as other:
            other.run_script("print 'a project of its own works'")
        os._exit(0)
    os.wait()
    print(host.call("demo:answer"))
"""


def test_a_forked_process_is_told_to_open_a_project_of_its_own(project):
    """A call on the parent's project raises in its child, instead of waiting for a thread that is not there; the parent's works on."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED, project], stdout=subprocess.PIPE, timeout=60, text=True)
    first, second, third = run.stdout.splitlines()
    assert first.startswith("this project was opened before this process was forked: open it again here")
    assert (second, third) == ("a project of its own works", "42")


def test_without_a_project():
    """Without a project scripts have the standard library, and calls say what is missing."""
    with moonwit.open() as host:
        host.run_script("assert(json.encode({1, 2}) == '[1,2]')")
        with pytest.raises(moonwit.CallError, match="no project was found"):
            host.call("demo:answer")


def test_problems_do_not_raise(project):
    """A project with problems opens: they are in its registry, and what they break can't be called."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "methd: neg"), encoding="utf-8")
    with moonwit.open(project) as host:
        assert host.registry.errors
        with pytest.raises(moonwit.CallError, match="the entry demo:neg can't be used"):
            host.call("demo:neg", 1)
        assert host.call("demo:answer") == 42


def test_the_environment_may_be_given(tmp_path):
    """`environ` stands in for the process's environment."""
    projects.write(
        tmp_path,
        "  - {name: who, kind: function.lua, source: \"return function() return '${env:MOONWIT_WHO|nobody}' end\"}\n",
        namespace="demo",
    )
    with moonwit.open(tmp_path, environ={"MOONWIT_WHO": "me"}) as host:
        assert host.call("demo:who") == "me"
    with moonwit.open(tmp_path, environ={}) as host:
        assert host.call("demo:who") == "nobody"


def test_calls_from_many_threads_and_from_asyncio(host):
    """A project serves several threads and an event loop at once; each caller gets its own answer."""
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda i: host.call("demo:neg", i), range(200))) == [-i for i in range(200)]

    async def many():
        return await asyncio.gather(*(host.acall("demo:neg", i) for i in range(100)), return_exceptions=True)

    assert asyncio.run(many()) == [-i for i in range(100)]
    with pytest.raises(moonwit.CallError):
        asyncio.run(host.acall("demo:nothing"))


def test_asyncio_cancels_calls(tmp_path):
    """A task of asyncio that is canceled, or out of time, ends its call, and the worker is free for the next."""
    projects.write(
        tmp_path,
        "  - {name: nap, kind: function.lua, modules: [time], pool: {type: static, workers: 1},\n"
        "     source: 'return function(duration) time.sleep(duration) return duration end'}\n",
        namespace="demo",
    )
    with moonwit.open(tmp_path) as host:

        async def use():
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(host.acall("demo:nap", "1h"), 0.02)
            return await host.acall("demo:nap", "1ms")

        assert asyncio.run(use()) == "1ms"


def test_a_closed_project_leaves_nothing_behind(project):
    """Opening and closing a project again and again keeps threads and file descriptors as they were."""
    def left():
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    def use():
        with moonwit.open(project) as opened:
            assert opened.call("demo:neg", 1) == -1

    use()
    before = left()
    for _ in range(20):
        use()
    assert left() == before
