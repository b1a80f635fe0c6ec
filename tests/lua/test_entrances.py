"""The C calls that come back into Lua: they stand in one module, none of them compiled, also where the stack is nearly full."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.abi.conftest import ROOT, State, opened  # noqa: F401 -- the fixture
from tests.abi.leaving import WAITS
from tests.texts import texts

lua, wat = texts(__file__)

RUNS = ("wasmtime_func_call_unchecked", "wasmtime_instance_new", "wasmtime_call_future_poll", "wasmtime_call_future_delete")
# What else makes these calls, and how often; none of them where a function of the host could be called.
ELSEWHERE = {
    # Text of generated code: where there is no linker, and for a realloc behind the gate.
    ("lua/abi/generate.lua", "wasmtime_func_call_unchecked"): 1,
    # Where there is no linker.
    ("lua/guest/build.lua", "wasmtime_func_call_unchecked"): 1,
    ("lua/guest/build.lua", "wasmtime_instance_new"): 1,
    # Our own module, which has no start function.
    ("lua/abi/batches.lua", "wasmtime_instance_new"): 1,
    # A call that has ended.
    ("lua/calls/turns.lua", "wasmtime_call_future_delete"): 1,
    # A realloc or post-return behind the gate, and calls that have ended.
    ("lua/guest/fibers.lua", "wasmtime_call_future_poll"): 2,
    ("lua/guest/fibers.lua", "wasmtime_call_future_delete"): 2,
}  # fmt: skip


def test_what_runs_a_guest_is_called_in_known_places() -> None:
    """A new call of these belongs into lua/wasmtime/entrances.lua, or behind a reason of its own."""
    found = {}
    for path in [*ROOT.glob("lua/**/*.lua"), *ROOT.glob("stdlib/**/*.lua")]:
        name = str(path.relative_to(ROOT))
        for function in RUNS:
            count = len(re.findall(rf"\bC\.{function}\b", path.read_text(encoding="utf-8")))
            if count and name not in ("lua/wasmtime/entrances.lua", "lua/wasmtime/api.lua"):
                found[name, function] = count
    assert found == ELSEWHERE


def test_nothing_that_comes_back_is_compiled(opened: Callable[..., State]) -> None:      # noqa: F811
    """LuaJIT gives up a trace at each of these functions, however often they run."""
    state = opened([], {})
    assert state.run(lua("nothing_that_comes_back_is_compiled")) == 1000 + 4 * 3000


GUEST = wat("guest", WAITS=WAITS)
# Frames of each size, with the call of a guest at each depth near the one where the stack is full.
DEEP = lua("deep")


@pytest.mark.parametrize("grants", ["wasi:random", "wasi:random, wasi:cli"])
def test_a_guest_that_is_called_where_the_stack_is_nearly_full(opened: Callable[..., State], grants: str) -> None:      # noqa: F811
    """Either the call works or it is a stack overflow of the script; the places of the pool are all there afterwards."""
    from moonwit.lua.values import buffer

    fields = f"kind: function.wat, source: file://g.wat, method: f, imports: [{grants}], pool: {{type: lazy, max_size: 2}}"
    state = opened([f"name: f, {fields}"], {"g.wat": GUEST})
    assert buffer.decode(state.boot[b"run"](DEEP.encode(), b"@s.lua", buffer.encode(["t:f"]))[0]).message == "good"
