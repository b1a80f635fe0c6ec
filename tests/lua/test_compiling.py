"""While code is compiled elsewhere its lane goes on, and the wait is part of the call: it has the call's limit and can be canceled."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest

import moonwit
from moonwit.host.compiling import jobs
from moonwit.host.compiling.code import CodeProblem
from moonwit.host.compiling.process import Process
from moonwit.host.compiling.store import Store
from moonwit.project import Project
from tests.projects import entry, opened, write
from tests.texts import texts

lua, _ = texts(__file__)

# Nested loops over many locals, for minutes; and a block of many values, which is soon done but not certain to be.
BOMB = f"""(module (func (export "f") (param i32) (local {"i64 " * 800})
  {"loop " * 800} {" ".join(f"local.get {1 + i % 800} i64.const 3 i64.mul local.set {1 + i * 13 % 800}" for i in range(1600))}
  {" local.get 0 br_if 0 end " * 800}))"""
SLOW = f"""(module (func (export "f") (param i32) (result i32)
  {"local.get 0 " * 500} (block (param {"i32 " * 500}) (result {"i32 " * 500})) {"i32.add " * 499}))"""

ENTRIES = """
  - {{name: bomb, kind: function.wat, source: file://bomb.wat, method: f, {bomb}}}
  - {{name: free, kind: function.wat, source: file://bomb.wat, method: f}}
  - {{name: slow, kind: function.wat, source: file://slow.wat, method: f, {slow}}}
  - {{name: bad, kind: function.wat, source: file://bad.wat, method: f}}
  - {{name: one, kind: function.wat, source: (module (func (export "f") (result i32) i32.const 1)), method: f}}
"""
# Another in each test, so that nothing is known from before.
_salts = iter(range(10**6))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Opens a project of the bomb and others: ``project(bomb="limits: ...", seconds=...)``."""
    opened: list[Project] = []
    bounds: list[float] = []

    def make(bomb: str = "limits: {max_execution_ms: 200}", slow: str = "results: pair", seconds: float | None = None) -> Project:
        if seconds is not None:
            bounds.append(seconds)
        write(tmp_path, ENTRIES.format(bomb=bomb, slow=slow))
        for name, text in (("bomb", BOMB), ("slow", SLOW), ("bad", SLOW.replace("(result i32)", "(result i64)", 1))):
            salt = f'(module (global (export "salt") i32 (i32.const {next(_salts)}))'
            (tmp_path / f"{name}.wat").write_text(text.replace("(module", salt, 1))
        opened.append(moonwit.open(tmp_path))
        return opened[-1]

    with jobs.apart(Store(None), lambda: Process(*bounds)):
        yield make
        for each in opened:
            each.close()
        assert jobs.statistics().pending == 0, "a closed project has left compilations"


def test_the_limit_counts_the_compilation(project: Callable[..., Project]) -> None:
    """A call whose code takes longer than its limit ends there, again and again, and is counted; other tasks of the lane go on."""
    project().run_script(lua("the_limit_counts_the_compilation"))


def test_what_is_compiled_elsewhere_works(project: Callable[..., Project]) -> None:
    """Once the code is there the call goes on; several callers get the same, also in the background and in the limit of an executor."""
    project().run_script(lua("what_is_compiled_elsewhere_works"))


def test_an_executor_bounds_the_first_call(project: Callable[..., Project]) -> None:
    """A timeout of the caller's own ends the wait for the code of an entry without a limit."""
    project().run_script("""
        local value, err = funcs.new():with_options({ timeout = "100ms" }):call("t:free", 0)
        assert(value == nil and err:kind() == errors.TIMEOUT, tostring(err))
        assert(err:message() == "t:free: took longer than its timeout of 100 ms", err:message())
    """)
    assert jobs.under_way() == []


def test_a_canceled_wait_ends_the_compilation(project: Callable[..., Project]) -> None:
    """When nobody else waits for it, it ends with the coroutine that did."""
    project().run_script(lua("a_canceled_wait_ends_the_compilation"))
    assert jobs.statistics().pending == 0


def test_a_bound_is_the_error_of_the_entry(project: Callable[..., Project]) -> None:
    """What takes more than compiling may is told with the place of the entry, the second time at once."""
    opened = project(bomb="pool: {type: inline}", seconds=0.3)
    opened.run_script(lua("a_bound_is_the_error_of_the_entry"))
    registry = opened.registry
    assert registry is not None
    assert [problem.entry for problem in registry.errors] == ["t:bomb", "t:free"]


def test_invalid_code_is_told_as_before(project: Callable[..., Project]) -> None:
    """A module that the engine refuses is refused in the same words, wherever it is compiled."""
    project().run_script("""
        local value, err = funcs.call("t:bad", 0)
        assert(err:message():find "the WAT text is not valid WebAssembly: .*type mismatch: expected i64, found i32", err:message())
    """)


def test_warm_functions_are_compiled_ahead(project: Callable[..., Project]) -> None:
    """warm_start compiles what takes long too, in the background."""
    opened = project(slow="pool: {type: lazy, warm_start: true}")
    opened.run_script('while funcs.stats("t:slow").instances.made == 0 do time.sleep("5ms") end')
    assert opened.call("t:slow", 2) == 1000


def test_a_call_from_python_waits_for_its_code(project: Callable[..., Project]) -> None:
    """Project.call has the same limit and the same results."""
    opened = project()
    assert opened.call("t:slow", 3) == 1500
    with pytest.raises(moonwit.CallError, match="took longer than its limit of 200 ms"):
        opened.call("t:bomb", 0)


class Late(Process):
    """A process whose code is late by most of the limit of a call."""

    def compile(
        self, codes: Sequence[bytes], library: str, settings: Sequence[tuple[str, int]]
    ) -> Generator[bytearray | CodeProblem, None, None]:
        time.sleep(2.5)
        return super().compile(codes, library, settings)


def test_what_is_left_of_the_limit_is_for_the_call(tmp_path: Path) -> None:
    """A guest that runs after its code was waited for has only the rest of its time."""
    spin = SLOW.replace("(result i32)", "(result i32) (loop $again (br $again))", 1)
    spin = spin.replace("(module", f"(module (memory {next(_salts) + 1})", 1)
    fields = entry("spin", source=spin, method="f", limits={"max_execution_ms": 3000})
    with jobs.apart(Store(None), Late), opened(tmp_path, fields) as project:
        project.run_script(lua("what_is_left_of_the_limit_is_for_the_call"))
