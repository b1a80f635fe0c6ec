"""Guests written to do harm: each gives an error that names what it did, the process goes on, and the next call works."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys

import pytest

from tests.abi.conftest import ROOT
from tests.abi.hostile import BUMP, MEMORY, OPTIONS, Caller, Opened, guest, lift
from tests.texts import texts

lua, wat = texts(__file__)

# What a guest can break; each is to be seen when the guest's bytes are random.
CLASSES = [
    "the result has a list outside the guest's memory",
    "the result has a string outside the guest's memory",
    "the result has a string that is not UTF-8",
    "the result is a list at an address that is not a multiple of",
    "the result is a list outside the guest's memory",
    "the result is at an address that is not a multiple of",
    "the result is not a case of the enum",
    "the result is not a case of the option",
    "the result is not a case of the result",
    "the result is not a case of the variant",
    "the result is not a character",
    "the result is not a handle of the guest",
    "the result is outside the guest's memory",
    "the result takes more memory than a value may",
    "value",
]


def test_a_hundred_thousand_random_attacks_do_no_harm() -> None:
    """Whatever bytes a guest returns, the outcome is a value of the function's type or an error that says what was wrong."""
    ran = subprocess.run([sys.executable, "-m", "tests.abi.attacks", "100000", "1"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert sorted(seen) == CLASSES
    assert sum(seen.values()) == 100000


def test_a_random_seed_does_no_harm() -> None:
    """The same with bytes that are different in every run."""
    seed = str(secrets.randbelow(2**24))
    ran = subprocess.run([sys.executable, "-m", "tests.abi.attacks", "20000", seed], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, f"seed {seed}: {ran.stderr}"


REALLOCS = {
    "null": ("(i32.const 0)", None),
    "unaligned": ("(i32.const 1025)", "an address that is not aligned"),
    "past-the-end": ("(i32.const 65536)", "memory that it does not have"),
    "just-past-the-end": ("(i32.sub (i32.const 65540) (local.get 3))", "memory that it does not have"),
    "huge": ("(i32.const -8)", "memory that it does not have"),
    "the-same-again": ("(i32.const 1024)", None),
    "trapping": ("(unreachable)", "unreachable"),
    "dividing-by-zero": ("(i32.div_u (i32.const 1) (i32.const 0))", "divide by zero"),
    "endless": ("(call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3))", "exhausted"),
}


@pytest.mark.parametrize("name", REALLOCS)
def test_a_realloc_that_returns_nonsense(opened: Opened, name: str) -> None:
    """Memory that the guest does not have is not written to; memory that it gives twice is its own business."""
    body, wrong = REALLOCS[name]
    core = f"""{MEMORY} (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) {body})
      (func (export "take") (param i32 i32) (result i32) (local.get 1)) (func (export "plain") (result i32) (i32.const 5))"""
    types = f'{lift("take", """(param "v" (list (tuple string u64))) (result u32)""")} {lift("plain", "(result u32)")}'
    call = Caller(opened, guest(core, types), ["take", "plain"])
    value = call.state.run("return {{'first', 1}, {'second', 2}, {'third', 3}}")
    for _ in range(3):
        kind, text = call("take", value)
        if wrong is None:
            assert (kind, text) == ("number", "3")
        else:
            assert kind == "Internal"
            assert wrong in text
        assert call("plain") == ("number", "5")


@pytest.mark.parametrize("where", ["realloc", "call", "post"])
def test_memory_may_grow_and_move_at_any_time(opened: Opened, where: str) -> None:
    """The base of memory is read again after each call into the guest, so high new addresses are good ones."""
    grow = "(drop (memory.grow (i32.const 40)))"
    core = wat(
        "memory_may_grow_and_move_at_any_time",
        MEMORY=MEMORY,
        **{place.upper(): grow if where == place else "" for place in ("realloc", "call", "post")},
    )
    options = f'{OPTIONS} (post-return (core func $i "post"))'
    call = Caller(opened, guest(core, lift("echo", '(param "v" (list string)) (result (list string))', options)), ["echo"])
    value = call.state.run("return {'first', ('x'):rep(100), 'third'}")
    for _ in range(20):
        assert call("echo", value) == ("table", f"first {'x' * 100} third")


def test_memory_grown_to_its_limit_is_usable(opened: Opened) -> None:
    """Addresses up to 4 GiB are not problem for the arithmetic of bounds."""
    core = wat("memory_grown_to_its_limit_is_usable", MEMORY=MEMORY, BUMP=BUMP)
    call = Caller(opened, guest(core, lift("last", "(result string)") + lift("beyond", "(result string)")), ["last", "beyond"])
    assert call("last") == ("string", "dddddddd")
    kind, text = call("beyond")
    assert kind == "Internal"
    assert "outside the guest's memory" in text


def test_a_post_return_that_traps(opened: Opened) -> None:
    """The call fails, and so does not hand out a value of an instance that is finished."""
    core = f"""{MEMORY} {BUMP} (global $calls (mut i32) (i32.const 0))
      (func (export "f") (result i32) (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
      (func (export "post") (param i32) (if (i32.eq (local.get 0) (i32.const 3)) (then (unreachable))))"""
    call = Caller(opened, guest(core, lift("f", "(result u32)", '(post-return (core func $i "post"))')), ["f"])
    for _ in range(3):
        assert call("f") == ("number", "1")
        assert call("f") == ("number", "2")
        kind, text = call("f")
        assert kind == "Internal"
        assert "unreachable" in text


UNLINKED_CORE = f"""(import "" "missing" (func $missing)) {MEMORY} (func (export "realloc") (param i32 i32 i32 i32) (result i32) %s)
 (func (export "f") (param i32 i32) (result i32) %s (i32.const 4))"""


@pytest.mark.parametrize("where", ["realloc", "call"])
def test_an_import_that_is_not_linked_fails_where_it_is_called(opened: Opened, where: str) -> None:
    """The error names interface, function and entry, in the middle of lowering arguments too."""
    core = UNLINKED_CORE % (("(call $missing) (i32.const 1024)", "") if where == "realloc" else ("(i32.const 1024)", "(call $missing)"))
    before = """(import "test:missing/things@1.2.0" (instance $missing (export "go" (func))))
      (core func $missing (canon lower (func $missing "go")))"""
    text = guest(core, lift("f", '(param "v" string) (result u32)'), before, '(with "" (instance (export "missing" (func $missing))))')
    call = Caller(opened, text, ["f"])
    for _ in range(3):
        kind, text = call("f", b"abc")
        assert kind == "PermissionDenied"
        assert "test:missing/things" in text
        assert "t:f" in text


def test_a_guest_that_takes_the_name_of_moonwits_own_module(opened: Opened) -> None:
    """A module may call itself anything: what it says is not mistaken, and nothing fails in Moonwit."""
    core = """$moonwit:unlinked (func $plain (export "f") (unreachable))"""
    text = f"(component (core module {core}) (core instance $i (instantiate $moonwit:unlinked)) {lift('f', '', '')})"
    kind, message = Caller(opened, text, ["f"])("f")
    assert kind == "Internal"
    assert "unreachable" in message


STARTS = {"trapping": ("(unreachable)", "unreachable"), "endless": ("(call $start)", "exhausted")}


@pytest.mark.parametrize("name", STARTS)
def test_a_start_function_that_fails(opened: Opened, name: str) -> None:
    """No instance comes to be, for each call anew."""
    body, wrong = STARTS[name]
    core = f'(func $start {body}) (start $start) (func (export "f") (result i32) (i32.const 1))'
    call = Caller(opened, guest(core, lift("f", "(result u32)", "")), ["f"])
    for _ in range(3):
        kind, text = call("f")
        assert kind == "Internal"
        assert wrong in text


def test_a_stack_overflow_is_an_error_of_the_call(opened: Opened) -> None:
    """The guest's stack is bounded, and the same function still takes what fits."""
    core = wat("a_stack_overflow_is_an_error_of_the_call")
    call = Caller(opened, guest(core, lift("f", '(param "n" u32) (result u32)', "")), ["f"])
    for _ in range(3):
        kind, text = call("f", 100000000)
        assert kind == "Internal"
        assert "exhausted" in text
        assert call("f", 100) == ("number", "100")


def test_lists_that_name_the_same_memory_many_times_are_bounded(opened: Opened) -> None:
    """One page of memory can stand for an endless value: a result is refused past a bound of its own."""
    core = wat("lists_that_name_the_same_memory_many_times_are_bounded", MEMORY=MEMORY, BUMP=BUMP)
    nested = "(list (list (list (list (list $marks)))))"
    flags = "(type $marks' (flags {})) (export $marks \"marks\" (type $marks'))".format(" ".join(f'"f{i}"' for i in range(32)))
    call = Caller(opened, guest(core, flags + lift("f", f"(result {nested})")), ["f"])
    call.state.run("require('lua.abi.generate').MOST_RESULT_BYTES = 2 ^ 22")
    for _ in range(3):
        kind, text = call("f")
        assert kind == "Internal"
        assert "more memory than a value may" in text
    assert call.state.run("collectgarbage() collectgarbage() return collectgarbage 'count'") < 64 * 1024


FLOATS = [0xFFFFFFFFFFFFFFFF, 0xFFFA000000000000, 0xFFF9800000001000, 0xFFFB000012345678, 0xFFF8000000000001, 0xFFFE800000000000]


def test_a_nan_of_the_guests_choice_is_a_number(opened: Opened) -> None:
    """LuaJIT keeps the types of values in NaNs; a guest that returns such bits gets no object made of them."""
    core = wat("a_nan_of_the_guests_choice_is_a_number", MEMORY=MEMORY, BUMP=BUMP)
    lifts = [
        lift("flat", '(param "v" u64) (result f64)'),
        lift("single", '(param "v" u32) (result f32)'),
        lift("kept", '(param "v" u64) (result (tuple f32 f32))'),
        lift("many", '(param "v" u64) (result (list f64))'),
    ]
    call = Caller(opened, guest(core, "".join(lifts)), ["flat", "single", "kept", "many"])
    check = call.state.run(lua("a_nan_of_the_guests_choice_is_a_number"))
    for bits in FLOATS * 100:
        assert check(bits >> 32, bits & 0xFFFFFFFF), hex(bits)


GOOD = '(func (export "f") (param i32) (result i32) (i32.const 0))'
MISFITS = {
    "parameter": ('(func (export "f") (param i64) (result i32) (i32.const 0))', ""),
    "result": ('(func (export "f") (param i32) (result i64) (i64.const 0))', ""),
    "no-result": ('(func (export "f") (param i32))', ""),
    "more-parameters": ('(func (export "f") (param i32 i32) (result i32) (i32.const 0))', ""),
    "post-return": (GOOD + '(func (export "post") (param f64))', "post"),
    "realloc": (GOOD + '(func (export "realloc") (param i32) (result i32) (i32.const 0))', "realloc"),
    "not-a-function": ('(global (export "f") i32 (i32.const 0))', ""),
    "not-there": ("", ""),
}


@pytest.mark.parametrize("name", MISFITS)
def test_core_functions_of_another_type_are_refused(opened: Opened, name: str) -> None:
    """A function is called as what it is, or not at all: the core signature must be the one that the WIT type gives."""
    core, option = MISFITS[name]
    options = {"post": '(post-return (core func $i "post"))', "realloc": OPTIONS}.get(option, "")
    call = Caller(opened, guest(f"{MEMORY} {core}", lift("f", '(param "v" u32) (result u32)', options)), ["f"])
    for _ in range(2):
        kind, text = call("f", 1)
        assert kind == "Invalid", text
        assert "can't be used" in text
