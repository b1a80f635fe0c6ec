"""A first call begins when it is made: its code, its place and its guest have one limit; one in the background begins at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.host.compiling import jobs
from moonwit.host.compiling.process import Process
from moonwit.host.compiling.store import Store
from moonwit.project import Project
from tests.lua.sleepers import GRANTS, SLEEPER
from tests.lua.test_guest_calls import ASK

# How late the code of a function is, and the limit of its calls: what had the whole limit once more would take both.
LATE, LIMIT = 2.5, 3.0
# Another type in each of their modules.
_salts = iter(range(1, 100))
NAP = f"kind: function.wat, source: file://nap.wat, method: nap, {GRANTS}"
INDEX = f"""version: "1.0"
namespace: t
entries:
  - {{name: nap, {NAP}, limits: {{max_execution_ms: {LIMIT * 1000:.0f}}}}}
  - {{name: other, {NAP}, limits: {{max_execution_ms: {LIMIT * 1000:.0f}}}, engine: compatible}}
  - {{name: one, {NAP}, limits: {{max_execution_ms: 1000}}, pool: {{type: static, workers: 1}}, engine: compatible}}
  - {{name: known, {NAP}, limits: {{max_execution_ms: 1000}}}}
  - {{name: ask, kind: function.wat, source: file://ask.wat, method: ask, imports: [funcs]}}
  - name: soon
    kind: function.lua
    modules: [funcs]
    source: return function() return tostring(funcs.call("t:known", 50)) end
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose guests are new to this process."""
    monkeypatch.setattr(jobs, "_store", Store(None))
    for name, text in (("nap", SLEEPER), ("ask", ASK)):
        salt = f"(type (func (param {'i64 ' * next(_salts)})))"
        (tmp_path / f"{name}.wat").write_text(re.sub(r"\(core module \$\w+", rf"\g<0> {salt}", text))
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as opened:
        yield opened
    assert jobs._pending == {}, "a closed project has left compilations"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has all that is compiled from now on compiled elsewhere, late by most of the limit."""
    start = Process._start

    def begin(self: Process, *arguments: object) -> None:
        time.sleep(LATE)
        start(self, *arguments)  # type: ignore[arg-type]

    def set_up() -> None:
        monkeypatch.setattr(jobs, "IN_PLACE", 0.0)
        monkeypatch.setattr(Process, "_start", begin)

    return set_up


def test_every_way_to_call_has_one_limit(project: Project, late: Callable[[], None]) -> None:
    """A guest that waits ends at the limit of the call that waited for its code, on either path, in the background and with options."""
    late()
    project.run_script(f"""
        local spent, done = {{}}, channel.new(6)
        local function measure(name, call)
          coroutine.spawn(function()
            local began = time.now()
            local value, err = call()
            assert(value == nil and err:kind() == errors.TIMEOUT, name .. ": " .. tostring(err))
            spent[name] = time.since(began):milliseconds()
            done:send(true)
          end)
        end
        for _, id in ipairs {{ "t:nap", "t:other" }} do
          measure(id .. ", call", function() return funcs.call(id, 600000) end)
          measure(id .. ", async", function() return funcs.async(id, 600000):await() end)
          local once = funcs.new():with_options({{ retry = {{ max_attempts = 1 }} }})
          measure(id .. ", retry", function() return once:async(id, 600000):await() end)
        end
        for _ = 1, 6 do done:receive() end
        for name, each in pairs(spent) do assert(each >= {LIMIT * 1000 - 1} and each < {(LATE + LIMIT) * 1000}, name .. ": " .. each) end
    """)


def test_a_place_is_part_of_the_limit_on_the_compatible_path(project: Project) -> None:
    """What a call waits in the queue of its pool is taken off the time that it has left to run."""
    project.run_script("""
        funcs.call("t:one", 0)
        local first, second = funcs.async("t:one", 800), funcs.async("t:one", 800)
        assert(first:await() == 800)
        local value, err = second:await()
        assert(value == nil and err:kind() == errors.TIMEOUT, tostring(value))
    """)


def test_what_a_late_guest_calls_has_its_own_limit(project: Project, late: Callable[[], None]) -> None:
    """The time that a function's code was waited for is not taken off the limits of others that it calls."""
    project.run_script('assert(funcs.call("t:known", 0) == 0)')
    late()
    project.run_script('assert(funcs.call("t:ask", "t:soon", "") == "50")')


def test_a_call_in_the_background_begins_at_once(project: Project, late: Callable[[], None]) -> None:
    """funcs.async waits for nothing, also where the code is to be compiled; what is known without that is told at once."""
    late()
    project.run_script("""
        local others = 0
        local plain, options = funcs.new(), funcs.new():with_options({ timeout = "60s" })
        for _, start in ipairs { funcs.async, function(...) return plain:async(...) end, function(...) return options:async(...) end } do
          coroutine.spawn(function() others = others + 1 end)
          local future, err = start("t:known", 0)
          assert(future and err == nil and not future:is_complete() and others == 0, tostring(err))
          future:cancel()
          future, err = start("t:unknown")
          assert(future == nil and err:kind() == errors.NOT_FOUND, tostring(err))
          future, err = start("nothing")
          assert(future == nil and err:kind() == errors.INVALID, tostring(err))
          future, err = start(1)
          assert(future == nil and err:kind() == errors.INVALID, tostring(err))
          time.sleep(0)
          assert(others == 1)
          others = 0
        end
    """)
