"""Guests that call functions of the registry by wippy:runtime/funcs."""

import pytest

import moonwit
from tests.projects import opened
from tests.texts import texts

lua, wat = texts(__file__)

ASK = wat("ask")

ENTRIES = """
  - {name: ask, kind: function.wat, source: "file://ask.wat", method: ask, imports: [funcs], pool: {type: lazy, max_size: 1}}
  - {name: ask_inline, kind: function.wat, source: "file://ask.wat", method: ask, imports: [funcs], pool: {type: inline}}
  - {name: ask_static, kind: function.wat, source: "file://ask.wat", method: ask, imports: [funcs], pool: {type: static, workers: 1}}
  - {name: ask_adaptive, kind: function.wat, source: "file://ask.wat", method: ask, imports: [funcs], pool: {type: adaptive}}
  - {name: bytes, kind: function.wat, source: "file://ask.wat", method: ask-bytes, imports: [funcs]}
  - {name: late, kind: function.wat, source: "file://ask.wat", method: ask, imports: [funcs], limits: {max_execution_ms: 60}}
  - {name: refused, kind: function.wat, source: "file://ask.wat", method: ask}
  - {name: double, kind: function.wat, method: double, wit: "double: func(text: string) -> string;", source: "file://double.wat"}
  - name: lua
    kind: function.lua
    modules: [time, funcs, errors]
    method: main
    source: file://lua.lua
"""
FILES = {"lua.lua": lua("lua"), "ask.wat": ASK, "double.wat": wat("double")}


@pytest.fixture
def project(tmp_path):
    with opened(tmp_path, ENTRIES, files=FILES) as project:
        yield project


@pytest.mark.parametrize("pool", ["ask", "ask_inline", "ask_static", "ask_adaptive"])
def test_a_guest_calls_lua_and_webassembly(project, pool):
    """What a guest calls may be in Lua, and wait, or in WebAssembly; from all pools."""
    assert project.call(f"t:{pool}", "t:lua", "upper case") == "UPPER CASE"
    assert project.call(f"t:{pool}", "t:double", "ab") == "abab"


def test_the_lane_goes_on_while_a_guest_waits_for_what_it_calls(project):
    """The script runs between the guest's call and its answer."""
    project.run_script(lua("the_lane_goes_on_while_a_guest_waits_for_what_it_calls"))


@pytest.mark.parametrize(
    ("input", "value"), [("nothing", ""), ("number", "42.5"), ("again ", "again " + "x" * 15)], ids=["nothing", "number", "recursion"]
)
def test_values(project, input, value):
    """Nothing is an empty string, a number its text; a guest may call itself by way of Lua though its pool has one place."""
    assert project.call("t:ask", "t:lua", input) == value


@pytest.mark.parametrize(
    ("target", "input", "sentence"),
    [
        ("t:lua", "list", "t:lua gave a table, and a guest can be given a string: return one"),
        ("t:lua", "broken", "t:lua gave a string that is not UTF-8: call it with call-bytes"),
        ("t:lua", "raise", "no luck"),
        ("t:lua", "refuse", "not today"),
        ("t:nothing", "x", "there is no entry `t:nothing`"),
        ("nonsense", "x", "`nonsense` is not an id: write namespace:name"),
        ("t:lua", "endless", "t:lua: guests call each other more than 100 levels deep"),
    ],
)
def test_errors_are_the_err_side(project, target, input, sentence):
    """What goes wrong in what a guest calls reaches the guest as the err side of its result; the next call works."""
    with pytest.raises(moonwit.CallError) as raised:
        project.call("t:ask", target, input)
    assert raised.value.message == sentence
    assert project.call("t:ask", "t:lua", "upper") == "UPPER"


def test_bytes(project):
    """call-bytes passes any bytes, both ways."""
    assert project.call("t:bytes", "t:lua", b"upper\xff") == b"UPPER\xff"
    assert project.call("t:bytes", "t:lua", b"broken") == b"\xff\xfe"


def test_a_limit_ends_a_guest_that_waits_for_what_it_calls(project):
    """The limit of the guest's entry ends the whole of its call, and what it called too."""
    with pytest.raises(moonwit.CallError, match="limit of 60 ms") as raised:
        project.call("t:late", "t:lua", "slow")
    assert raised.value.kind == "Timeout"
    assert project.call("t:late", "t:lua", "upper") == "UPPER"


def test_canceling_ends_what_the_guest_has_called(project):
    """A canceled call takes the Lua function that its guest waits for with it."""
    project.run_script(lua("canceling_ends_what_the_guest_has_called"))


def test_without_the_grant_a_guest_calls_nobody(project):
    """An entry that does not import `funcs` has a guest whose call is a sentence."""
    with pytest.raises(moonwit.CallError, match="uses wippy:runtime/funcs, which its entry does not import") as raised:
        project.call("t:refused", "t:lua", "upper")
    assert raised.value.kind == "PermissionDenied"
