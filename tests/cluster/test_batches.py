"""How calls travel together: few messages and tasks for many short calls, and no wait for one that is alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.cluster import client
from moonwit.host.cluster import engine as engines
from moonwit.host.cluster.archive import Archive
from moonwit.host.cluster.calls import HOLD, TASK_COST, Call, Function
from moonwit.lua.lane.far import Far
from tests.cluster.engine import Engine
from tests.projects import entry, opened

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
SHORT = 1e-5


def function(seconds: float | None, waiting: int, now: float) -> Function:
    """A function of which so many calls wait that came just now, each of so many seconds."""
    made = Function("t:f", Archive("", b"", {}, {}, {}), again=False)
    made.seconds = seconds
    made.waiting.extend(Call(number, lambda _: None, b"", now) for number in range(waiting))
    return made


def test_a_call_that_is_alone_goes_at_once() -> None:
    """Nobody else is under way: it waits for no others."""
    assert function(SHORT, 1, 5.0).size(2, False, 5.0) == 1


def test_short_calls_wait_for_more_of_them() -> None:
    """While others are under way, a few of them stay until they make up for a task, or have waited for long enough."""
    few, enough = 8, round(2 * TASK_COST / SHORT)
    assert function(SHORT, few, 5.0).size(2, True, 5.0) == 0
    assert function(SHORT, few, 5.0).size(2, True, 5.0 + HOLD) == few / 2
    assert function(SHORT, enough, 5.0).size(2, True, 5.0) == enough / 2


@pytest.mark.parametrize("seconds", [TASK_COST, 0.05, None])
def test_long_calls_wait_for_nothing(seconds: float | None) -> None:
    """Nor do those of which nothing is known yet."""
    assert function(seconds, 1, 5.0).size(2, True, 5.0) == 1


def test_calls_cross_together(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that calls in a loop gives way after each call; what it has called passes on once in a millisecond at most."""
    sent: list[int] = []
    send = Far.send

    def counted(self: Far, cluster: bytes, id: bytes, frames: bytes) -> None:
        sent.append(len(frames))
        send(self, cluster, id, frames)

    monkeypatch.setattr(Far, "send", counted)
    entries = entry("farm", "cluster.dask", address=engine.address), entry("add", source=ADD, method="add", pool={"cluster": "t:farm"})
    with opened(tmp_path, *entries) as project:
        project.call("t:add", 1, 2)
        sent.clear()
        began = time.monotonic()
        project.run_script("""local all, funcs = {}, require 'funcs'
            for i = 1, 5000 do all[i] = funcs.async('t:add', i, 1) end
            for i = 1, 5000 do assert(all[i]:await() == i + 1) end""")
        assert len(sent) <= (time.monotonic() - began) * 1000 + 3


def test_calls_do_not_ask_who_is_there(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler is asked for its workers twice a second, however many calls there are."""
    asked: list[float] = []
    workers = engines.workers

    async def counted(connected: Any) -> dict[str, dict[str, Any]]:
        asked.append(time.monotonic())
        return await workers(connected)

    monkeypatch.setattr(engines, "workers", counted)
    entries = entry("farm", "cluster.dask", address=engine.address), entry("add", source=ADD, method="add", pool={"cluster": "t:farm"})
    with opened(tmp_path, *entries) as project:
        project.call("t:add", 1, 2)
        before, began = len(asked), time.monotonic()
        for number in range(100):
            assert project.call("t:add", number, 2) == number + 2
        assert len(asked) - before <= (time.monotonic() - began) / client.LOOK + 2
