"""Tasks in processes apart: others go on meanwhile, whoever is canceled ends them, and nothing is left."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from moonwit.host.engine.worker import Cancellation
from moonwit.lua.values import buffer
from moonwit.stdlib.apart.pool import Pool
from moonwit.stdlib.apart.process import Failed, Process
from tests import projects
from tests.texts import texts

lua, _ = texts(__file__)

LONG = buffer.encode(b"- [a, b, c, {d: e}]\n" * 200_000)


def children() -> set[int]:
    return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


def test_a_process_serves_one_task_after_the_other() -> None:
    """It is started once, and ends with its pool."""
    before = children()
    pool = Pool(1)
    for i in range(3):
        assert buffer.decode_all(pool.perform(b"yaml.decode", buffer.encode(b"a: %d" % i), None)) == [True, {b"a": i}]
        assert len(children() - before) == 1
    pool.close()
    assert children() == before
    with pytest.raises(Failed, match="it was canceled"):
        pool.perform(b"yaml.decode", buffer.encode(b"a: 1"), None)


def test_a_canceled_task_ends_in_the_middle() -> None:
    """The process is ended, and the next task has another one; canceling what is over does nothing."""
    pool, cancellation = Pool(1), Cancellation()
    known = children()
    found: list[str] = []

    def perform() -> None:
        try:
            pool.perform(b"yaml.decode", LONG, cancellation)
        except Failed as problem:
            found.append(problem.kind)

    thread = threading.Thread(target=perform)
    thread.start()
    while not (started := children() - known):
        time.sleep(0.001)
    cancellation.cancel()
    thread.join()
    assert found == ["Canceled"]
    assert not started & children()
    late = Cancellation()
    assert buffer.decode_all(pool.perform(b"yaml.decode", buffer.encode(b"1"), late)) == [True, 1]
    late.cancel()
    assert buffer.decode_all(pool.perform(b"yaml.decode", buffer.encode(b"2"), None)) == [True, 2]
    pool.close()


def test_who_waits_for_a_process_can_be_canceled() -> None:
    """Where all processes are busy, a task waits for one, and may be given up meanwhile."""
    pool, first, second = Pool(1), Cancellation(), Cancellation()
    kinds: dict[str, str] = {}

    def perform(name: str, cancellation: Cancellation) -> None:
        try:
            pool.perform(b"yaml.decode", LONG, cancellation)
        except Failed as problem:
            kinds[name] = problem.kind

    threads = [threading.Thread(target=perform, args=each) for each in (("first", first), ("second", second))]
    for thread in threads:
        thread.start()
    second.cancel()
    threads[1].join()
    assert kinds.get("second") == "Canceled"
    first.cancel()
    threads[0].join()
    pool.close()


def test_a_process_has_bounds() -> None:
    """What takes too long or too much memory is an error, and the next task is done all the same."""
    pool = Pool(1, lambda: Process(seconds=0.2))
    with pytest.raises(Failed, match=r"it takes longer than the 0\.2 s that it may") as problem:
        pool.perform(b"yaml.decode", LONG, None)
    assert problem.value.kind == "Timeout"
    pool.close()
    pool = Pool(1, lambda: Process(memory=256 * 1024 * 1024))
    large = buffer.encode_all([{b"t": b"{{ 'x' * 10 ** 10 }}"}, b"t", {}, True, False])
    answer = buffer.decode_all(pool.perform(b"template.render", large, None))
    assert answer == [False, b"Invalid", b"template.render: it takes more memory than it may", None]
    assert buffer.decode_all(pool.perform(b"yaml.decode", buffer.encode(b"2"), None)) == [True, 2]
    pool.close()


def test_a_process_that_is_killed_is_told() -> None:
    """Its task fails, and the next one has another process; one that dies while it has no task is not missed."""
    pool, before = Pool(1), children()
    found: list[str] = []

    def perform() -> None:
        try:
            pool.perform(b"yaml.decode", LONG, None)
        except Failed as problem:
            found.append(problem.sentence)

    thread = threading.Thread(target=perform)
    thread.start()
    while not (started := children() - before):
        time.sleep(0.001)
    os.kill(started.pop(), signal.SIGKILL)
    thread.join()
    assert found == ["the process that does it was killed; the machine may be short of memory"]
    for i in range(2):
        assert buffer.decode_all(pool.perform(b"yaml.decode", buffer.encode(b"%d" % i), None)) == [True, i]
        (pid,) = children() - before
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    pool.close()
    assert children() == before


def test_others_go_on(run: Callable[[str], str]) -> None:
    """While megabytes are read, a coroutine of the lane runs on; the value arrives whole."""
    script = lua("others_go_on")
    assert run(script) == "nil\t200000\tb\ttrue\n"


INDEX = """
  - name: read
    kind: function.lua
    modules: [yaml]
    limits: {max_execution_ms: 300}
    source: |
      return function(lines) return #(yaml.decode(("- [a, b, c, {d: e}]\\n"):rep(lines))) end
"""


def test_the_limit_of_the_caller_counts(tmp_path: Path) -> None:
    """A function that reads for longer than it may ends at its limit, and so does the process; the next call works."""
    projects.write(tmp_path, INDEX)
    before = children()
    with moonwit.open(tmp_path) as project:
        with pytest.raises(moonwit.CallError) as problem:
            project.call("t:read", 1_000_000)
        assert problem.value.kind == "Timeout"
        end = time.monotonic() + 60
        while children() - before and time.monotonic() < end:
            time.sleep(0.01)
        assert children() == before
    assert children() == before


def test_a_hundred_megabytes_are_refused(run: Callable[[str], str]) -> None:
    """What is longer than texts may be is an error value at once, and so are deep nests and random bytes."""
    script = lua("a_hundred_megabytes_are_refused")
    refused = "Invalid\t{}: the text has 104857600 bytes, and at most 67108864 are taken\n"
    assert run(script) == "".join(refused.format(name) for name in ("yaml.decode", "yaml.decode_all", "toml.decode"))
