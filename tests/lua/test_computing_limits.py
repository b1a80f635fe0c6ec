"""Limits of functions in Lua end what computes, whatever it does to go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

lua, _ = texts(__file__)

# Each never ends by itself.
WAYS = {
    "loop": "while true do end",
    "numeric loop": "for i = 1, 1e15 do end",
    "goto": "::again:: goto again",
    "tail call": "local function f() return f() end f()",
    "iterator": "for x in function() return 1 end do end",
    "pcall": "while true do pcall(spin) end",
    "xpcall": "while true do xpcall(spin, spin) end",
    "handler": "xpcall(error, spin)",
    "recursion": "local function f() pcall(f) pcall(f) end f()",
    "wide recursion": "local function f() while true do pcall(f) end end f()",
    "loop at the end of the stack": "local function f() if not pcall(f) then while true do end end end f()",
    "recursion in words": "local m = {} m.__tostring = function(v) while true do errors.wrap(v, 'x') end end tostring(setmetatable({}, m))",
    "coroutine": "while true do coroutine.resume(coroutine.create(spin)) end",
    "wrapped": "coroutine.wrap(spin)()",
    "gsub": "(('x'):rep(10)):gsub('.', spin)",
    "sort": "table.sort({1, 2, 3}, spin)",
    "foreach": "while true do table.foreach({1}, spin) end",
    "move": "table.move({}, 1, 1e15, 2)",
    "__index": "return setmetatable({}, {__index = spin}).x",
    "__newindex": "setmetatable({}, {__newindex = spin}).x = 1",
    "__lt": "local t = setmetatable({}, {__lt = spin}) return t < t",
    "__concat": "return setmetatable({}, {__concat = spin}) .. 'x'",
    "__tostring": "return ('%s'):format(setmetatable({}, {__tostring = spin}))",
    "__call": "setmetatable({}, {__call = spin})()",
    "load": "load('while true do end')()",
    "library": "lib.spin()",
    "spawned": "coroutine.spawn(function() while true do pcall(spin) end end) time.sleep('1h')",
    "waiting": "while true do pcall(time.sleep, '1ms') end",
    "waiting beside": "coroutine.spawn(function() while true do pcall(time.sleep, '1ms') end end) time.sleep('1h')",
    "a function without a limit": "return funcs.call('p:endless')",
    "one that was compiled": "return funcs.call('p:compiled')",
    "one that has loaded its code": "return funcs.call('p:loaded')",
    "in the background": "return funcs.async('p:endless'):await()",
    "a longer limit": "return funcs.call('p:long')",
}
# What is called without a limit works on, and keeps what it has counted.
ENTRIES = """
  - {name: lib, kind: library.lua, source: "return {spin = function() while true do end end}"}
  - {name: endless, kind: function.lua, source: "return function() while true do end end"}
  - {name: compiled, kind: function.lua, source: "local n = 0 return function(x) for i = 1, x or 1e15 do n = n + 1 end return n end"}
  - name: loaded
    kind: function.lua
    source: |
      local f = load("return function(x) for i = 1, x or 1e15 do end return x end")()
      return function(x) return f(x) end
  - {name: long, kind: function.lua, limits: {max_execution_ms: 600000}, source: "return function() while true do end end"}
  - {name: short, kind: function.lua, limits: {max_execution_ms: 20}, source: "return function() while true do end end"}
  - name: inner
    kind: function.lua
    modules: [funcs]
    limits: {max_execution_ms: 600000}
    source: |
      return function() local value, err = funcs.call("p:short") return err:message() end
  - name: enough
    kind: function.lua
    limits: {max_execution_ms: 600000}
    source: |
      return function(n) local sum = 0 for i = 1, n do sum = sum + (pcall(error) and 0 or 1) end return sum end
  - name: leaves
    kind: function.lua
    modules: [time]
    limits: {max_execution_ms: 600000}
    source: file://leaves.lua
  - name: cmd
    kind: process.lua
    meta: {command: {name: cmd, short: never ends}}
    limits: {max_execution_ms: 100}
    source: "return function() while true do pcall(function() while true do end end) end end"
  - name: endless_way
    kind: function.lua
    imports: {lib: "p:lib"}
    modules: [funcs, time]
    limits: {max_execution_ms: 60}
    source: file://ways.lua
  - name: far
    kind: function.lua
    imports: {lib: "p:lib"}
    modules: [funcs, time]
    limits: {max_execution_ms: 60}
    pool: {workers: 1}
    source: file://ways.lua
"""
FILES = {"leaves.lua": lua("leaves")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes the project."""
    folder = tmp_path_factory.mktemp("limits")
    ways = "".join(f'["{name}"] = function() {body} end,\n' for name, body in WAYS.items())
    write(folder, ENTRIES, namespace="p", files=FILES)
    (folder / "ways.lua").write_text(
        f"local function spin() while true do end end\nlocal ways = {{\n{ways}}}\nreturn function(way) return ways[way]() end\n"
    )
    return folder


@pytest.fixture(scope="module")
def project(folder: Path) -> Iterator[moonwit.Project]:
    """Opens the project, whose unlimited functions have been compiled."""
    with moonwit.open(folder) as project:
        assert project.registry is not None
        assert project.registry.problems == []
        project.run_script("for i = 1, 100 do funcs.call('p:compiled', 100) funcs.call('p:loaded', 100) end")
        yield project


@pytest.mark.parametrize("way", WAYS)
def test_what_computes_is_ended(project: moonwit.Project, way: str) -> None:
    """Loops, callbacks, metamethods, coroutines and what is called: an error of kind Timeout, which no pcall of the function's keeps."""
    with pytest.raises(moonwit.CallError) as caught:
        project.call("p:endless_way", way)
    assert (caught.value.kind, caught.value.message) == ("Timeout", "p:endless_way: took longer than its limit of 60 ms")
    assert project.call("p:enough", 3) == 3


@pytest.mark.parametrize("way", ["loop", "pcall", "coroutine", "recursion", "waiting beside"])
def test_in_another_lane(project: moonwit.Project, way: str) -> None:
    """A worker is free again too."""
    for _ in range(2):
        with pytest.raises(moonwit.CallError, match="p:far: took longer than its limit of 60 ms"):
            project.call("p:far", way)


def test_what_was_called_goes_on(project: moonwit.Project) -> None:
    """A function that was interpreted for a caller with a limit keeps its state and works without one."""
    before = project.call("p:compiled", 0)
    with pytest.raises(moonwit.CallError):
        project.call("p:endless_way", "one that was compiled")
    after = project.call("p:compiled", 5)
    assert isinstance(before, float | int) and isinstance(after, float | int)
    assert after > before + 5


def test_the_inner_limit_counts_for_the_inner_call(project: moonwit.Project) -> None:
    """A call whose own limit has passed gives its caller an error, and the caller goes on."""
    assert project.call("p:inner") == "p:short: took longer than its limit of 20 ms"


def test_what_ends_in_time_is_not_touched(project: moonwit.Project) -> None:
    """Under a limit code computes the same; what it has spawned ends with it."""
    assert project.call("p:enough", 100_000) == 100_000
    assert project.call("p:leaves") == "left"
    project.run_script("time.sleep(0) assert(funcs.call('p:leaves', true) == 'Canceled')")


def test_the_error_says_where_it_computed(project: moonwit.Project) -> None:
    """Its stack has the line."""
    with pytest.raises(moonwit.CallError) as caught:
        project.call("p:short")
    assert "p:short:1: in " in caught.value.stack


def test_a_process_is_ended(folder: Path) -> None:
    """A command whose limit has passed ends with a sentence and the exit status 1."""
    done = subprocess.run([sys.executable, "-m", "moonwit", "run", "cmd"], capture_output=True, cwd=folder, timeout=300)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[0] == "moonwit: p:cmd: took longer than its limit of 100 ms"
