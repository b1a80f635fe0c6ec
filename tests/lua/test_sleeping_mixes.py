"""Random mixes of calls that sleep, compute, trap, are refused, canceled or too late: each is answered once, and rightly."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, SLEEPER
from tests.projects import write
from tests.texts import texts

lua, _ = texts(__file__)

SLEEPERS = {
    "nap": ("nap", ""),
    "few": ("echo-after", ", pool: {type: lazy, max_size: 3}"),
    "fresh": ("echo-after", ", pool: {type: inline}"),
    "static": ("echo-after", ", pool: {type: static, size: 2}"),
    "adaptive": ("echo-after", ", pool: {type: adaptive, max_size: 5}"),
    "quick": ("nap", ", limits: {max_execution_ms: 20}"),
    "few-quick": ("echo-after", ", limits: {max_execution_ms: 20}, pool: {type: lazy, max_size: 2}"),
    "trap-after": ("trap-after", ""),
    "spin": ("spin", ""),
}
RESOURCES = {"thing": "[constructor]thing", "alone": "alone", "take": "take"}

# `wrong` has what was not as it should be; `answers` counts what came back of `asked`.
SCRIPT = lua("script")


def script(seed: int, coroutines: int, steps: int) -> str:
    return SCRIPT.replace("SEED", str(seed)).replace("COROUTINES", str(coroutines)).replace("STEPS", str(steps))


def test_mixes_under_a_test_clock(lane: Callable[..., Lane]) -> None:
    """Some thousands of calls, a hundred at a time; afterwards no more instances are left than the pools may keep."""
    seed = random.randrange(2**31)
    things = tuple(
        f"name: {name}, kind: function.wat, source: file://things.wat, method: '{method}', {GRANTS}" for name, method in RESOURCES.items()
    )
    entries = {name: f"method: {method}, {GRANTS}{more}" for name, (method, more) in SLEEPERS.items()}
    run = lane(entries, SLEEPER, more=things, files={"things.wat": RESOURCE})
    for round in range(2):
        assert run(script(seed + round, 100, 30)) == "true\t0\n", seed + round
        # Pools of up to 100 places keep what once slept at the same time.
        assert run.live() < 350


@pytest.mark.parametrize("opened", [3])
def test_mixes_with_workers_and_threads(tmp_path: Path, opened: int) -> None:
    """The same on the real clock, with pools of other lanes, several times; a project leaves no thread behind."""
    entries = [
        f"name: {name}, kind: function.wat, source: file://guest.wat, method: {method}, {GRANTS}{more}"
        for name, (method, more) in SLEEPERS.items()
    ]
    entries += [
        f"name: {name}, kind: function.wat, source: file://things.wat, method: '{method}', {GRANTS}" for name, method in RESOURCES.items()
    ]
    body = script(random.randrange(2**31), 40, 8).replace("print(", "say(")
    entries.append("name: main, kind: function.lua, modules: [funcs, time], method: main, source: file://main.lua")
    write(tmp_path, *entries, files={"guest.wat": SLEEPER, "things.wat": RESOURCE, "main.lua": lua("main", BODY=body)})
    before = threading.active_count()
    for _ in range(opened):
        with moonwit.open(tmp_path) as project:
            assert project.registry.problems == []
            assert project.call("t:main") == "true 0"
    assert threading.active_count() <= before + 1
