"""A guest may call no import while values are passed to or from it: a trap, and never the end of the process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import ROOT, State
from tests.texts import texts

_, wat = texts(__file__)

LEFT = "cannot leave component instance: it calls an import while values are passed to or from it, in its realloc or post-return function"


@pytest.mark.parametrize("proof", ["true", "blind"])
def test_no_proof_ends_the_process(tmp_path: Path, proof: str) -> None:
    """Guests that hide the call of an import behind all that once hid it, in loops that are compiled; also where all pass for leaves."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.abi.leaving", str(tmp_path), proof, "3000"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "108 guests, 0 wrong\n", "")


STDOUT = wat("stdout")
RESOURCE = "(type $thing (resource (rep i32)))"
# What leaves, and what stands around it; the core function takes nothing and gives a number.
LEAVING = {
    "an import": (STDOUT, "(call $leave)"),
    "resource.new": (f"{RESOURCE} (core func $leave (canon resource.new $thing))", "(call $leave (i32.const 7))"),
    "resource.drop": (f"{RESOURCE} (core func $leave (canon resource.drop $thing))", "(call $leave (i32.const 1)) (i32.const 0)"),
}
TYPES = {"an import": "(result i32)", "resource.new": "(param i32) (result i32)", "resource.drop": "(param i32)"}


def component(what: str) -> str:
    opening, call = LEAVING[what]
    return wat("component", OPENING=opening, TYPES=TYPES[what], CALL=call)


def call(state: State, id: str, *arguments: object) -> str:
    source = b"local v, err = require('funcs').call(...) error(err and err:kind() .. ' ' .. err:message() or tostring(v), 0)"
    message: str = buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([id, *arguments]))[0]).message
    return message


@pytest.mark.parametrize("grants", ["", ", imports: [wasi:cli]"])
@pytest.mark.parametrize("what", LEAVING)
def test_realloc_and_post_return_may_not_leave(opened: Callable[..., State], what: str, grants: str) -> None:
    """Imports that the host serves, that are there without effect, and what makes and drops resources: one error."""
    if grants and what != "an import":
        grants = ""
    methods = ("take", "give", "nothing", "fine")
    entries = [f"name: {method}, kind: function.wat, source: file://g.wat, method: {method}{grants}" for method in methods]
    state = opened(entries, {"g.wat": component(what)})
    for _ in range(2):
        assert call(state, "t:take", "hello") == f"Internal take: {LEFT}"
        assert call(state, "t:give") == f"Internal give: {LEFT}"
        assert call(state, "t:nothing") == f"Internal nothing: {LEFT}"
    # From its own functions it may.
    if what != "resource.drop":
        assert call(state, "t:fine").isdigit()
