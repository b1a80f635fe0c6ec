"""Errors that are not traps: an exception that a guest throws and does not catch is reported by Wasmtime in another way than a trap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.leaving import WAITS
from tests.abi.test_leaving import call
from tests.texts import texts

_, wat = texts(__file__)

THROWN = "thrown Wasm exception"
RANDOM = wat("random")
HOSTED = wat("hosted")
GIVEN = '(export "tick" (func $tick)) (export "bytes" (func $bytes)) (export "tag" (tag $lib "tag"))'


def component(mode: str) -> str:
    """Makes a component without imports, with those of the host, or with some that have its calls run on fibers."""
    opening = {"plain": "", "hosted": RANDOM, "waits": WAITS + RANDOM}[mode]
    tag = "(tag $t)" if mode == "plain" else HOSTED
    given = "" if mode == "plain" else GIVEN
    imported, passed = ('(import "" "stdout" (func (result i32)))', '(export "stdout" (func $stdout))') if mode == "waits" else ("", "")
    names = ("lent", "caught") if mode != "plain" else ()
    more = " ".join(f'(func (export "{name}") (result u32) (canon lift (core func $i "{name}")))' for name in names)
    return wat("component", OPENING=opening, IMPORTED=imported, TAG=tag, PASSED=passed, GIVEN=given, MORE=more)


def entries(*methods: str) -> list[str]:
    fields = "kind: function.wat, source: file://g.wat, imports: [wasi:random, wasi:cli]"
    return [f"name: {method}, {fields}, method: {method}" for method in methods]


@pytest.mark.parametrize("mode", ["plain", "hosted", "waits"])
def test_an_exception_is_an_error_of_its_call(opened: Callable[..., State], mode: str) -> None:
    """From realloc, from the function, from its post-return and from a destructor; the instance ends, and the next call works."""
    methods = ("take", "main", "text", "number", "make", "fine")
    state = opened(entries(*methods), {"g.wat": component(mode)})
    for _ in range(2):
        assert call(state, "t:take", "hello") == f"Internal take: {THROWN}"
        assert call(state, "t:main") == f"Internal main: {THROWN}"
        assert call(state, "t:text") == f"Internal text: {THROWN}"
        assert call(state, "t:number") == f"Internal number: {THROWN}"
        assert call(state, "t:fine") == "7"
    source = b"""local thing = assert(require('funcs').call('t:make')) local ok, err = pcall(thing.drop, thing) error(tostring(err), 0)"""
    for _ in range(2):
        assert THROWN in buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
    state.close()


@pytest.mark.parametrize("mode", ["hosted", "waits"])
def test_an_exception_of_a_realloc_that_an_import_calls(opened: Callable[..., State], mode: str) -> None:
    """It is a trap: the guest can't catch it and go on, as if its own import had not failed."""
    state = opened(entries("lent", "caught"), {"g.wat": component(mode)})
    for _ in range(2):
        for name in ("lent", "caught"):
            assert call(state, f"t:{name}") == (
                f"Internal {name}: it throws an exception in its realloc function, which a function of the host has called"
            )
    state.close()


# What is not made when the guest's limit of memory is reached fails by an error that is not a trap, in calls of each kind.
FULL = wat("full")


def filling(mode: str) -> str:
    opening = {"plain": "", "hosted": RANDOM, "waits": WAITS + RANDOM}[mode]
    imports = {"plain": [], "hosted": ["tick"], "waits": ["tick", "stdout"]}[mode]
    imported = " ".join(f'(import "" "{name}" (func (result {"i64" if name == "tick" else "i32"})))' for name in imports)
    passed = " ".join(f'(export "{name}" (func ${name}))' for name in imports)
    return wat("filling", OPENING=opening, FULL=FULL, IMPORTED=imported, PASSED=passed)


@pytest.mark.parametrize("mode", ["plain", "hosted", "waits"])
def test_an_error_that_is_no_trap(opened: Callable[..., State], mode: str) -> None:
    """A heap of structures that is full, in realloc, the function, its post-return or a destructor: the call fails, the next works."""
    limited = [f"{entry}, limits: {{max_memory_bytes: 1000000}}" for entry in entries("take", "main", "number", "make", "fine")]
    state = opened(limited, {"g.wat": filling(mode)})
    full = "GC heap out of memory"
    source = b"""local thing = assert(require('funcs').call('t:make')) local ok, err = pcall(thing.drop, thing) error(tostring(err), 0)"""
    for _ in range(2):
        assert call(state, "t:take", "hello").startswith(f"Internal take: {full}")
        assert call(state, "t:main").startswith(f"Internal main: {full}")
        assert call(state, "t:number").startswith(f"Internal number: {full}")
        assert full in buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
        assert call(state, "t:fine") == "7"
    state.close()


def test_after_a_list_the_guest_may_leave_again(opened: Callable[..., State]) -> None:
    """The realloc that an import calls may call none, but what has called the import may go on to the next."""
    text = wat("after_a_list_the_guest_may_leave_again", RANDOM=RANDOM.replace("(throw $t)", "(i32.const 1024)"))
    state = opened(entries("f"), {"g.wat": text})
    assert [call(state, "t:f") for _ in range(3)] == ["7"] * 3
