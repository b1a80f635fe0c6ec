"""The proof that a guest's realloc and post-return call no import holds in every lane: those of a service, and those of workers.

test_leaving.py runs hot loops in one lane. Here are a few calls in lanes that others make: right values where the proof is right, and
where a guest leaves all the same, the trap that says so, whether the proof sees through it or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.lua.guest import plan as plan_data
from tests.abi.hosted import OPTIONS, component, lift
from tests.abi.jitted import ROUND
from tests.abi.leaving import VARIANTS, guest
from tests.abi.test_leaving import LEFT
from tests.host.http.conftest import Served
from tests.projects import write as write_project
from tests.texts import texts

lua, _ = texts(__file__)

# The import is called after so many calls of an instance.
AFTER = 3
LEAF = component(
    '(func (export "size") (param i32 i32) (result i32) (call $wall (i32.const 64)) (local.get 1))',
    lift("size", '(param "text" string) (result u32)', OPTIONS),
    ROUND,
)
HIDDEN = ("plain", "reference in a local", "table", "tail")
GRANTS = {"hosted": "imports: [wasi:random, wasi:clocks]", "waits": "imports: [wasi:random, wasi:cli, wasi:clocks, wasi:io]"}
METHODS = {"take": ("hello", "5"), "give": ("", ""), "number": ("", "0.5")}
LUA = lua("lua")


def write(folder: Path, after: int, more: str = "") -> None:
    """Writes a project: a leaf, and guests that leave after some calls; functions in Lua that call them run in lanes of workers."""
    files = {"leaf.wat": LEAF, "many.lua": LUA}
    pool = "pool: {type: static, workers: 2}"
    entries = [f"name: many, kind: function.lua, source: file://many.lua, modules: [funcs], {pool}"]
    for mode, grants in GRANTS.items():
        entries.append(f"name: leaf-{mode}, kind: function.wat, source: file://leaf.wat, method: size, {grants}")
        for number, name in enumerate(HIDDEN):
            files[f"{mode}-{number}.wat"] = guest(VARIANTS[name], after, mode == "waits")
            for method in METHODS:
                fields = f"kind: function.wat, source: file://{mode}-{number}.wat, method: {method}, {grants}"
                entries.append(f"name: {method}-{mode}-{number}, {fields}")
    write_project(folder, *entries, more, files=files)


@pytest.fixture(params=["proved", "blind"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[moonwit.Project]:
    """The project, with the proof as it is, and with one that takes every function for a leaf."""
    if request.param == "blind":
        monkeypatch.setattr(plan_data, "stays_inside", lambda *_: True)
    write(tmp_path, AFTER)
    with moonwit.open(tmp_path) as opened:
        assert opened.registry.problems == []
        yield opened


@pytest.mark.parametrize("mode", GRANTS)
def test_in_lanes_of_workers(project: moonwit.Project, mode: str) -> None:
    """Some hundred calls in a loop, which LuaJIT compiles: of a leaf all are right, of the others each instance leaves once."""
    calls = 200
    assert project.call("t:many", f"t:leaf-{mode}", "hello", calls) == {"values": ["5"] * calls, "wrong": []}
    for number in range(len(HIDDEN)):
        for method, (text, value) in METHODS.items():
            found = project.call("t:many", f"t:{method}-{mode}-{number}", text, calls)
            turns = calls // (AFTER + 1)
            assert found == {"values": [value] * (calls - turns), "wrong": [f"{method}: {LEFT}"] * turns}, (method, HIDDEN[number])


def test_in_lanes_of_a_service(tmp_path: Path) -> None:
    """A few requests for each guest: the leaf answers all, the others fail by themselves in each, and the service goes on."""
    parameters = {f"leaf-{mode}": "text" for mode in GRANTS} | {f"take-{mode}-{n}": "s" for mode in GRANTS for n in range(len(HIDDEN))}
    lines = ['  - {name: web, kind: http.service, addr: "127.0.0.1:0", access_log: false}']
    for name, parameter in parameters.items():
        lines.append(f'  - {{name: at-{name}, kind: http.endpoint, path: "/{name}/{{{parameter}}}", func: {name}}}')
    # A service has several lanes, and each has an instance of its own.
    write(tmp_path, 0, "\n".join(lines) + "\n")
    served = Served(tmp_path)
    try:
        for _ in range(3):
            for name in parameters:
                answer = served.ask("GET", f"/{name}/hello")
                if name.startswith("leaf"):
                    assert (answer.status, answer.text) == (200, "5"), name
                else:
                    assert answer.status == 500, (name, answer.text)
        assert f"take: {LEFT}" in served.logged(LEFT)
        assert served.stop() == 0
    finally:
        served.process.kill()
        served.process.wait()
