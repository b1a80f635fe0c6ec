"""A first call begins when it is made: its code, its place and its guest have one limit; one in the background begins at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest

from moonwit.host.compiling import jobs
from moonwit.host.compiling.code import CodeProblem
from moonwit.host.compiling.process import Process
from moonwit.host.compiling.store import Store
from moonwit.project import Project
from tests.lua.sleepers import GRANTS, SLEEPER
from tests.lua.test_guest_calls import ASK
from tests.projects import opened
from tests.texts import texts

lua, _ = texts(__file__)

# How late the code of a function is, and the limit of its calls: what had the whole limit once more would take both.
LATE, LIMIT = 2.5, 3.0
# Another type in each of their modules.
_salts = iter(range(1, 100))
NAP = f"kind: function.wat, source: file://nap.wat, method: nap, {GRANTS}"
ENTRIES = f"""
  - {{name: nap, {NAP}, limits: {{max_execution_ms: {LIMIT * 1000:.0f}}}}}
  - {{name: one, {NAP}, limits: {{max_execution_ms: 1000}}, pool: {{type: static, workers: 1}}}}
  - {{name: known, {NAP}, limits: {{max_execution_ms: 1000}}}}
  - {{name: ask, kind: function.wat, source: file://ask.wat, method: ask, imports: [funcs]}}
  - name: soon
    kind: function.lua
    modules: [funcs]
    source: return function() return tostring(funcs.call("t:known", 50)) end
"""


class MaybeLate(Process):
    """A process that takes longer by ``late`` seconds."""

    late = 0.0

    def compile(
        self, codes: Sequence[bytes], library: str, settings: Sequence[tuple[str, int]]
    ) -> Generator[bytearray | CodeProblem, None, None]:
        time.sleep(self.late)
        return super().compile(codes, library, settings)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose guests are new to this process."""
    for name, text in (("nap", SLEEPER), ("ask", ASK)):
        salt = f"(type (func (param {'i64 ' * next(_salts)})))"
        (tmp_path / f"{name}.wat").write_text(re.sub(r"\(core module \$\w+", rf"\g<0> {salt}", text))
    with jobs.apart(Store(None), MaybeLate):
        with opened(tmp_path, ENTRIES) as project:
            yield project
        assert jobs.statistics().pending == 0, "a closed project has left compilations"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has all that is compiled from now on compiled elsewhere, late by most of the limit."""
    def set_up() -> None:
        monkeypatch.setattr(jobs, "IN_PLACE", 0.0)
        monkeypatch.setattr(MaybeLate, "late", LATE)

    return set_up


def test_every_way_to_call_has_one_limit(project: Project, late: Callable[[], None]) -> None:
    """A guest that waits ends at the limit of the call that waited for its code, in the background and with options."""
    late()
    project.run_script(lua("every_way_to_call_has_one_limit", LIMIT_1000_1=LIMIT * 1000 - 1, LATE_LIMIT_1000=(LATE + LIMIT) * 1000))


def test_a_place_is_part_of_the_limit(project: Project) -> None:
    """What a call waits in the queue of its pool is taken off the time that it has left to run."""
    project.run_script(lua("a_place_is_part_of_the_limit"))


def test_what_a_late_guest_calls_has_its_own_limit(project: Project, late: Callable[[], None]) -> None:
    """The time that a function's code was waited for is not taken off the limits of others that it calls."""
    project.run_script('assert(funcs.call("t:known", 0) == 0)')
    late()
    project.run_script('assert(funcs.call("t:ask", "t:soon", "") == "50")')


def test_a_call_in_the_background_begins_at_once(project: Project, late: Callable[[], None]) -> None:
    """funcs.async waits for nothing, also where the code is to be compiled; what is known without that is told at once."""
    late()
    project.run_script(lua("a_call_in_the_background_begins_at_once"))
