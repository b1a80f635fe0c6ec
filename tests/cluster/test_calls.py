"""Functions whose pool names a cluster: values, errors, limits and cancellation are what they are at home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import moonwit
from tests.cluster.engine import Engine
from tests.projects import entry, opened
from tests.texts import texts

lua, _ = texts(__file__)

SPIN = """(module (func (export "spin") (result i32) (loop $l (br $l)) (i32.const 1)))"""
MUL = """(module (func (export "mul") (param i64 i64) (result i64) (i64.mul (local.get 0) (local.get 1)))
 (func (export "half") (param i32) (result i32) (if (i32.and (local.get 0) (i32.const 1)) (then (unreachable)))
  (i32.shr_u (local.get 0) (i32.const 1))))"""
WIT = "mul: func(a: u64, b: u64) -> u64; half: func(a: u32) -> u32;"
FAR = {"cluster": "t:farm"}


@pytest.fixture(scope="module")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    entries = (
        entry("farm", "cluster.dask", address=engine.address),
        entry("mul", source=MUL, method="mul", wit=WIT, pool=FAR),
        entry("both", source=MUL, wit=WIT, pool=FAR),
        entry("spin", source=SPIN, method="spin", pool=FAR, limits={"max_execution_ms": 300}),
        entry("endless", source=SPIN, method="spin", pool=FAR),
        entry("nap", "function.lua", source="local time = require 'time' return function(d) time.sleep(d) return d end",
              modules=["time"], pool=FAR),
        entry("twice", "function.lua", source="file://twice.lua", modules=["funcs", "errors", "ctx"], pool=FAR),
        entry("plain", "function.lua", source="return function(v) return v end"),
    )  # fmt: skip
    with opened(tmp_path_factory.mktemp("p"), *entries, files={"twice.lua": lua("twice")}) as made:
        yield made


def script(project: moonwit.Project, text: str, capfd: pytest.CaptureFixture[str]) -> str:
    """Runs a script and gives what it prints."""
    project.run_script("local funcs, time = require 'funcs', require 'time' " + text)
    return capfd.readouterr().out


def test_values_cross(project: moonwit.Project, capfd: pytest.CaptureFixture[str]) -> None:
    """Numbers of 64 bits, tables, and functions of a whole binary; a function there calls others of its project there."""
    assert project.call("t:mul", 2**40, 2**10) == 2**50
    assert project.call("t:both#half", 10) == 5
    assert project.call("t:twice", "call", {"a": [1, "x", None]}) == [{"a": [1, "x", None]}, {"a": [1, "x", None]}]
    assert script(project, "print(funcs.call('t:mul', 2^52, 3))", capfd) == "13510798882111488ULL\n"


def test_errors_cross(project: moonwit.Project) -> None:
    """Kind, message and details of an error, raised or returned; a trap; arguments that do not fit."""
    for arguments, kind, message in (
        (("t:twice", "fail", 7), "Conflict", "no"),
        (("t:twice", "raise", 7), "Internal", "raised 7"),
        (("t:both#half", 3), "Internal", "unreachable"),
        (("t:both#half", "x"), "Invalid", "parameter 1"),
    ):
        with pytest.raises(moonwit.CallError, match=message) as caught:
            project.call(*arguments)
        assert caught.value.kind == kind
    with pytest.raises(moonwit.CallError) as caught:
        project.call("t:twice", "fail", 7)
    assert caught.value.details == {"n": 7}


def test_a_context_travels(project: moonwit.Project, capfd: pytest.CaptureFixture[str]) -> None:
    """What `funcs.new():with_context` sets is there."""
    assert script(project, "print((funcs.new():with_context({user = 'ann'}):call('t:twice', 'context')))", capfd) == "ann\n"


def test_a_busy_guest_ends_at_its_limit(project: moonwit.Project) -> None:
    """Here and there: afterwards the workers have time for others."""
    for _ in range(3):
        with pytest.raises(moonwit.CallError) as caught:
            project.call("t:spin")
        assert caught.value.kind == "Timeout"
    assert project.call("t:mul", 6, 7) == 42


def test_canceled_calls_end_there(project: moonwit.Project, capfd: pytest.CaptureFixture[str]) -> None:
    """A guest that computes for ever, and calls that wait: more of them than there are threads."""
    text = """local all = {} for i = 1, 4 do all[i] = funcs.async('t:endless') all[4 + i] = funcs.async('t:nap', '1h') end
      time.sleep('300ms') for i = 1, 8 do all[i]:cancel() end print(funcs.call('t:mul', 6, 7))"""
    assert script(project, text, capfd) == "42\n"


def test_many_calls_are_answered_once_each(project: moonwit.Project, capfd: pytest.CaptureFixture[str]) -> None:
    """They travel in batches: 5000 calls are far fewer tasks; each has its own answer."""
    text = """local all, sum = {}, 0 for i = 1, 5000 do all[i] = funcs.async('t:mul', i, 2) end
      for i = 1, 5000 do local v, err = all[i]:await() assert(v == 2 * i, tostring(err)) sum = sum + v end print(sum)"""
    assert script(project, text, capfd) == "25005000\n"
    made = project.statistics("t:mul")["workers"]
    assert sum(worker["calls"] for worker in made) >= 5000
    assert all(worker["calls"] > 0 < worker["milliseconds"] for worker in made)
    workers = project.clusters()["t:farm"]
    assert sum(worker["calls"] for worker in workers) >= 5000
    assert all(worker["calls"] > 0 for worker in workers)
