"""More arguments or results than LuaJIT takes are an error of their call; the lane goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from tests.projects import opened, write
from tests.texts import texts

lua, _ = texts(__file__)

ENTRIES = """
  - name: add
    kind: function.wat
    method: add
    wit: "add: func(a: s32, b: s32) -> s32;"
    source: |
      (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
  - {name: near, kind: function.lua, source: "return function(...) return select('#', ...) end"}
  - {name: far, kind: function.lua, pool: {workers: 1}, source: "return function(...) return select('#', ...) end"}
  - name: limited
    kind: function.lua
    limits: {max_execution_ms: 60000}
    source: "return function(...) return select('#', ...) end"
  - name: many
    kind: function.lua
    source: |
      local t = {} for i = 1, 7900 do t[i] = i end
      return function() return "first", unpack(t) end
  - name: cmd
    kind: process.lua
    meta: {command: {name: cmd, short: counts}}
    source: "return function(...) print(select('#', ...)) return 0 end"
"""
SCRIPT = lua("script")
MOST = 4000
TOO_MANY = "expected at most 4000 arguments, got {}: pass them in a table"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[moonwit.Project]:
    """Opens the project."""
    with opened(tmp_path, ENTRIES, namespace="p") as project:
        yield project


@pytest.mark.parametrize("name", ["near", "far", "limited"])
@pytest.mark.parametrize("count", [MOST + 1, 8500, 70000])
def test_calls_from_python(project: moonwit.Project, name: str, count: int) -> None:
    """One argument too many is an error that says so, and so are many more; the next call works."""
    with pytest.raises(moonwit.CallError) as caught:
        project.call(f"p:{name}", *range(count))
    assert (caught.value.kind, caught.value.message) == ("Invalid", f"p:{name}: {TOO_MANY.format(count)}")
    assert project.call(f"p:{name}", *range(MOST)) == MOST


@pytest.mark.parametrize("name", ["near", "far", "limited"])
def test_calls_from_lua(project: moonwit.Project, name: str) -> None:
    """Each way to call gives nil and an error; what LuaJIT can't even pass raises where it is passed."""
    project.run_script(SCRIPT.replace("NAME", name))


def test_a_guest_counts_its_own(project: moonwit.Project) -> None:
    """A guest's function says how many it takes; from elsewhere the bound of all calls comes first."""
    project.run_script(lua("a_guest_counts_its_own"))
    with pytest.raises(moonwit.CallError, match="p:add: expected at most 4000 arguments, got 8500"):
        project.call("p:add", *range(8500))
    assert project.call("p:add", 1, 2) == 3


def test_spawning(project: moonwit.Project) -> None:
    """coroutine.spawn raises at its caller."""
    project.run_script(lua("spawning"))


def test_many_results(project: moonwit.Project) -> None:
    """What a function returns past its value and error is left out, however much it is; a script's results too."""
    assert project.call("p:many") == "first"
    project.run_script("""
        assert(funcs.call("p:many") == "first" and funcs.async("p:many"):await() == "first")
        local t = {} for i = 1, 7990 do t[i] = i end
        return unpack(t)
    """)


def test_arguments_of_programs(tmp_path: Path) -> None:
    """A script and a process get as many as a call has; one more is a sentence and the exit status 1."""
    write(tmp_path, ENTRIES, namespace="p")

    def run(what: str, count: int) -> tuple[int, str, str]:
        words = [str(n) for n in range(count)]
        command = [sys.executable, "-m", "moonwit", "run", what, *words]
        source = b"print(select('#', ...), #arg)"
        done = subprocess.run(command, input=source, capture_output=True, cwd=tmp_path, timeout=300)
        return done.returncode, done.stdout.decode(), done.stderr.decode().splitlines()[0] if done.stderr else ""

    assert run("-", MOST) == (0, "4000\t4000\n", "")
    assert run("-", 9000) == (1, "", "moonwit: expected at most 4000 arguments, got 9000: give them in a file, or on standard input")
    assert run("cmd", MOST) == (0, "4000\n", "")
    assert run("cmd", 9000) == (1, "", f"moonwit: p:cmd: {TOO_MANY.format(9000)}")
