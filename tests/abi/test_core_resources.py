"""Core modules with resources of their own: a destructor is optional, and what a module imports it may not call while values are passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.test_leaving import LEFT, call
from tests.texts import texts

lua, wat = texts(__file__)

WIT = """resource counter { constructor(start: u32); get: func() -> u32; left: func() -> u32; absorb: func(other: counter) -> u32; }
size: func(text: string) -> u32;"""


def module(dtor: str) -> str:
    return wat("module", DTOR=dtor)


DTOR = '(func (export "[dtor]counter") (param i32) (global.set $left (i32.add (global.get $left) (local.get 0))))'
METHODS = {"counter": "[constructor]counter", "size": "size"}


@pytest.fixture(params=["with", "without"])
def destructor(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with")


@pytest.mark.parametrize("grants", ["", "'wasi:random', 'wasi:cli'"])
def test_a_destructor_is_optional(opened: Callable[..., State], destructor: bool, grants: str) -> None:
    """Handles are made, used, given away, dropped and collected; the module's destructor is called for each that ends, if it has one."""
    wit = WIT.replace("\n", " ")
    fields = f'kind: function.wat, source: file://m.wat, imports: [{grants}], wit: "{wit}"'
    entries = [f"name: {name}, {fields}, method: '{path}'" for name, path in METHODS.items()]
    state = opened(entries, {"m.wat": module(DTOR if destructor else "")})
    source = lua("a_destructor_is_optional").encode()
    found = buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
    gone = "this resource handle was dropped or handed to a guest"
    totals = (1, 21, 321, 321) if destructor else (0, 0, 0, 0)
    assert found.replace(gone, "gone") == "1 20 300 0 false gone {} 20 {} {} {}".format(*totals)
    # With four bytes to store the realloc makes a resource.
    assert call(state, "t:size", "abcd") == f"Internal size: {LEFT}"
    assert call(state, "t:size", "ab") == "2"


def test_a_core_module_may_not_leave_from_its_realloc(opened: Callable[..., State]) -> None:
    """What it is granted of WASI 0.1 is an import as any other."""
    fields = f'kind: function.wat, source: file://m.wat, imports: ["preview1"], wit: "{WIT}"'.replace("\n", " ")
    state = opened([f"name: size, {fields}, method: size"], {"m.wat": module(DTOR)})
    assert call(state, "t:size", "abc") == f"Internal size: {LEFT}"
    assert call(state, "t:size", "ab") == "2"
