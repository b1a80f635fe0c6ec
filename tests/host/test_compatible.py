"""The compatible call path against real components: values, errors, instances and resources."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import wat2wasm

from moonwit.host.compatible.compatible import CompatibleFunction
from moonwit.host.compatible.component_instance import ResourceHandle
from moonwit.host.compatible.linking import load
from moonwit.host.values.intermediate import NONE, Int64, Some, UInt64
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit import types as wit
from tests.host.components import failure, from_wat, functions_of

GUEST = Path(__file__).parent.parent / "guests" / "types" / "types.wasm"


@cache
def guest() -> dict[str, CompatibleFunction]:
    return functions_of(GUEST.read_bytes())


# ---- values ----

RANGES = {f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)}
RANGES |= {f"s{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}
characters = st.characters(codec="utf-8")


def number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) <= 2**53 and str(value) != "-0.0" else value


def values(type: wit.Type, slot: bool = False) -> st.SearchStrategy[Any]:
    """Generates values of a type, each as a call gives it back."""
    if isinstance(type, wit.Primitive):
        if type.kind in RANGES:
            return st.integers(*RANGES[type.kind])
        if type.kind in ("f32", "f64"):
            return st.floats(width=32 if type.kind == "f32" else 64, allow_nan=False).map(number)
        if type.kind == "bool":
            return st.booleans()
        text = characters if type.kind == "char" else st.text(characters, max_size=12)
        return text.map(str.encode)
    if isinstance(type, wit.List):
        if type.element == wit.Primitive("u8"):
            return st.binary(max_size=12)
        return st.lists(values(type.element, True), max_size=3)
    if isinstance(type, wit.Tuple):
        return st.tuples(*(values(part, True) for part in type.types)).map(list)
    if isinstance(type, wit.Record):
        fields = st.fixed_dictionaries({field.name.encode(): values(field.type) for field in type.fields})
        return fields.map(lambda given: {name: value for name, value in given.items() if value is not None})
    if isinstance(type, wit.Option):
        absent = st.just(NONE if slot else None)
        inner = values(type.some, True)
        return absent | (inner.map(Some) if isinstance(type.some, wit.Option) else inner)
    if isinstance(type, wit.Variant):
        return st.one_of(*(alternative(case.name, case.type, case.name.encode()) for case in type.cases))
    if isinstance(type, wit.Result):
        return alternative("ok", type.ok, {b"ok": True}) | alternative("err", type.err, {b"err": True})
    if isinstance(type, wit.Enum):
        return st.sampled_from(type.names).map(str.encode)
    assert isinstance(type, wit.Flags)
    return st.sets(st.sampled_from(type.names)).map(lambda names: {name.encode(): True for name in names})


def alternative(name: str, type: wit.Type | None, alone: Any) -> st.SearchStrategy[Any]:
    return st.just(alone) if type is None else values(type, True).map(lambda payload: {name.encode(): payload})


def same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Some) and isinstance(right, Some):
        return same(left.value, right.value)
    # A wide integer knows whether it is signed.
    left = int(left) if isinstance(left, (Int64, UInt64)) else left
    return type(left) is type(right) and left == right and str(left) == str(right)


ECHOES = sorted(name for name in guest() if name.startswith(("echo-", "root-")) and name not in ("root-mul", "root-result"))


@pytest.mark.parametrize("name", ECHOES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_guest_gives_back_what_it_got(name: str, data: st.DataObject) -> None:
    """Values of every WIT type come back from a guest as what they were."""
    function = guest()[name]
    value = data.draw(values(function.signature.params[0].type))
    assert same(function.call([value]), value)


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("nothing", [], None),
        ("take-only", [b"x"], None),
        ("mul", [6, 7], 42),
        ("mul", [6.0, 7], 42),
        ("give-result", [True], {b"ok": True}),
        ("give-result", [False], {b"err": True}),
        ("give-result-ok", [False], {b"err": True}),
        ("trailing-options", [1], b"1 None None"),
        ("trailing-options", [1, NONE, b"x"], b'1 None Some("x")'),
        ("trailing-options", [1, None, None], b"1 None None"),
        ("echo-person", [{b"full_name": b"A", b"age": 1, b"tags": [], b"favourite_color": b"red", b"access": [b"read", b"exec-all"]}], {
            b"full-name": b"A", b"age": 1, b"tags": [], b"favourite-color": b"red", b"access": {b"read": True, b"exec-all": True}}),
        ("echo-list-u8", [[1, 2, 255]], b"\x01\x02\xff"),
        ("echo-u64", [2.0**60], 2**60),
        ("echo-f32", [0.1], 0.10000000149011612),
        ("echo-f64", [2**53], 2**53),
        ("echo-option-u8", [Some(5)], 5),
        ("echo-option-option", [5], 5),
        ("echo-option-option", [Some(5)], Some(5)),
        ("echo-option-option", [Some(None)], Some(NONE)),
        ("sixteen", list(range(16)), None),
        ("seventeen", list(range(17)), None),
    ],
)  # fmt: skip
def test_calls_take_what_the_rules_say(name: str, arguments: list[Any], result: Any) -> None:
    """Alternative ways to write an argument mean the same value."""
    got = guest()[name].call(arguments)
    if name == "echo-option-option" and arguments == [5]:
        assert same(got, Some(5))
    elif name in ("sixteen", "seventeen"):
        assert isinstance(got, int)
    else:
        assert same(got, result)


def test_bytes_of_a_megabyte_cross_whole() -> None:
    """Large byte strings arrive complete in both directions."""
    assert guest()["sum-bytes"].call([bytes(range(256)) * 4096]) == 4096 * 255 * 128
    assert guest()["make-bytes"].call([1 << 20]) == bytes(range(256)) * 4096


# ---- failures ----


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("unreachable", [], "wasm `unreachable` instruction executed"),
        ("panic", [b"no"], "wasm `unreachable` instruction executed"),
        ("recurse", [10_000_000], "out of bounds memory access"),
    ],
)
def test_a_trap_is_an_error_of_its_call(name: str, arguments: list[Any], reason: str) -> None:
    """A trap gives an Internal error with the reason and the guest's backtrace, and the next call works."""
    error = failure(guest()[name], *arguments)
    assert error.kind == "Internal"
    assert error.message.startswith(f"{name}: {reason}")
    assert error.wasm_backtrace
    assert all(frame["func"] for frame in error.wasm_backtrace)
    again = failure(guest()[name], *arguments)
    assert (again.message, len(again.wasm_backtrace)) == (error.message, len(error.wasm_backtrace))


COUNTER = """(component
  (core module $m
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
  (core instance $i (instantiate $m))
  (func (export "next") (param "step" u32) (result u32) (canon lift (core func $i "next"))))"""


def test_an_instance_is_reused_until_it_fails() -> None:
    """State is kept between calls and after a bad argument; after a trap a new instance begins anew."""
    function = from_wat(COUNTER)["next"]
    assert [function.call([1]), function.call([1])] == [1, 2]
    assert failure(function, -1).message == "next: parameter 1 (step: u32): -1 is out of range"
    assert failure(function, b"x").kind == "Invalid"
    assert function.call([1]) == 3
    failure(function, 0)
    assert function.call([1]) == 1


def test_without_reuse_each_call_begins_anew() -> None:
    """``reuse=False`` gives every call a fresh instance."""
    function = from_wat(COUNTER, reuse=False)["next"]
    assert [function.call([1]), function.call([1])] == [1, 1]


def test_post_return_is_called_each_time() -> None:
    """Results are followed by post-return: a guest that insists on it serves a second call."""
    text = """(component
      (core module $m
        (memory (export "memory") 1) (data (i32.const 16) "\\20\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 32) "ok")
        (global $open (mut i32) (i32.const 0))
        (func (export "text") (result i32)
          (if (global.get $open) (then unreachable)) (global.set $open (i32.const 1)) (i32.const 16))
        (func (export "done") (param i32) (global.set $open (i32.const 0))))
      (core instance $i (instantiate $m))
      (func (export "text") (result string)
        (canon lift (core func $i "text") (memory (core memory $i "memory")) (post-return (core func $i "done")))))"""
    function = from_wat(text)["text"]
    assert [function.call([]) for _ in range(3)] == [b"ok"] * 3


def test_a_guest_that_lies_is_an_error_of_its_call() -> None:
    """Invalid UTF-8, a wild pointer, a wrong char and a wrong case in a result end the call, not the process."""
    text = """(component
      (core module $m
        (memory (export "memory") 1) (data (i32.const 16) "\\20\\00\\00\\00\\02\\00\\00\\00\\00\\00\\f0\\7f\\ff\\ff\\00\\00")
        (data (i32.const 32) "\\ff\\fe")
        (func (export "at") (param i32) (result i32) (local.get 0)))
      (core instance $i (instantiate $m))
      (type $e (enum "a" "b")) (export $e2 "e" (type $e))
      (func (export "text") (param "at" u32) (result string) (canon lift (core func $i "at") (memory (core memory $i "memory"))))
      (func (export "letter") (param "at" u32) (result char) (canon lift (core func $i "at")))
      (func (export "case") (param "at" u32) (result $e2) (canon lift (core func $i "at"))))"""
    functions = from_wat(text)
    wild = [("text", 16), ("text", 24), ("text", 65535), ("text", 2**32 - 4), ("letter", 0xD800), ("letter", 0x110000), ("case", 2)]
    for name, at in wild:
        assert failure(functions[name], at).kind == "Internal"
    assert functions["letter"].call([0x1F600]) == "\U0001f600".encode()


def test_a_guest_that_spins_ends_at_its_limit() -> None:
    """A limit in time ends a busy guest with an error of kind Timeout; other functions go on."""
    from moonwit.host.engine import engine

    engine.start_ticker()
    binary = GUEST.read_bytes()
    spin = functions_of(binary)["spin"]
    limited = CompatibleFunction(binary, spin.interface, "spin", spin.signature, max_execution_ms=20)
    assert failure(limited).kind == "Timeout"
    assert guest()["mul"].call([2, 3]) == 6


def test_calls_from_many_threads_dont_disturb_each_other() -> None:
    """Concurrent calls of one function each have an instance of their own."""
    function = functions_of(GUEST.read_bytes())["echo-string"]
    wrong: list[Any] = []

    def work(number: int) -> None:
        for i in range(20):
            text = f"{number}:{i}".encode() * 50
            if function.call([text]) != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(function.idle) <= 6


def test_a_function_that_is_not_there_is_an_error() -> None:
    """A name that the component does not export is NotFound, in an interface and at the root."""
    data = GUEST.read_bytes()
    signature = wit.Function((), None)
    assert failure(CompatibleFunction(data, None, "nope", signature)).kind == "NotFound"
    assert failure(CompatibleFunction(data, "moonwit:types/calls@0.1.0", "nope", signature)).kind == "NotFound"
    assert failure(CompatibleFunction(data, "moonwit:types/other@0.1.0", "nothing", signature)).kind == "NotFound"


@pytest.mark.parametrize("data", [b"", b"\0asm", b"\0asm\x0d\0\x01\0\xff\xff", GUEST.read_bytes()[:5000]])
def test_bytes_that_are_no_component_are_an_error(data: bytes) -> None:
    """Truncated and random bytes give an Invalid error that names the function."""
    error = failure(CompatibleFunction(data, None, "run", wit.Function((), None)))
    assert error.kind == "Invalid"
    assert error.message.startswith("the function `run` can't be run: the component can't be compiled: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('(component (import "a:b/c" (instance (export "f" (func (result (stream u8)))))))', "`stream` requires"),
        ('(component (import "f" (func (param "x" (list (option (future u32)))))))', "`future` requires"),
        ('(component (import "f" (func (param "x" (tuple u8 error-context)))))', "`error-context` requires"),
        ('(component (import "f" (func async (param "x" u8))))', "async component functions require"),
    ],
)
def test_components_of_wasi_0_3_are_refused(text: str, reason: str) -> None:
    """A type at which the C API would end the process is refused when the component is loaded, in one sentence."""
    with pytest.raises(Refused, match="^the component can't be compiled: failed to parse WebAssembly module: " + reason):
        load(bytes(wat2wasm(text)))


# ---- resources ----

BOXES = """(component
  (core module $m
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $dropped))
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "trap") unreachable))
  (core instance $i (instantiate $m))
  (type $box (resource (rep i32) (dtor (core func $i "dtor"))))
  (core func $new (canon resource.new $box))
  (core func $rep (canon resource.rep $box))
  (core func $drop (canon resource.drop $box))
  (core module $n
    (import "r" "new" (func $new (param i32) (result i32))) (import "r" "rep" (func $rep (param i32) (result i32)))
    (import "r" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "open") (param i32) (result i32) (call $rep (local.get 0)) (call $drop (local.get 0)))
    (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $j (instantiate $n (with "r" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (export $box' "box" (type $box))
  (func (export "[constructor]box") (param "n" u32) (result (own $box')) (canon lift (core func $j "make")))
  (func (export "[method]box.twice") (param "self" (borrow $box')) (result u32) (canon lift (core func $i "twice")))
  (func (export "open") (param "it" (own $box')) (result u32) (canon lift (core func $j "open")))
  (func (export "sum") (param "a" (borrow $box')) (param "b" (borrow $box')) (result u32) (canon lift (core func $j "sum")))
  (func (export "mixed") (param "a" (own $box')) (param "b" (borrow $box')) (result u32) (canon lift (core func $j "sum")))
  (func (export "dropped") (result u32) (canon lift (core func $i "dropped")))
  (func (export "fail") (param "self" (borrow $box')) (canon lift (core func $i "trap-it"))))""".replace(
    '(func (export "trap") unreachable)', '(func (export "trap-it") (param i32) unreachable)'
)


def test_a_resource_is_made_used_and_dropped() -> None:
    """Methods reach the instance that a handle came from; dropping runs the destructor once."""
    functions = from_wat(BOXES)
    box = functions["[constructor]box"].call([21])
    assert isinstance(box, ResourceHandle)
    assert functions["[method]box.twice"].call([box]) == 42
    box.drop()
    box.drop()
    message = "[method]box.twice: parameter 1 (self: borrow<box>): the handle of `box` has been dropped or given away"
    assert failure(functions["[method]box.twice"], box).message == message
    # The count lives in the instance that the handle came from, which its constructor keeps for the next call.
    other = functions["[constructor]box"].call([1])
    assert other.instance is box.instance
    functions["dropped"].idle.append(other.instance)
    assert functions["dropped"].call([]) == 1


def test_a_handle_that_is_given_away_is_gone() -> None:
    """Passing a handle as ``own`` ends it."""
    functions = from_wat(BOXES)
    box = functions["[constructor]box"].call([5])
    assert functions["open"].call([box]) == 5
    assert "has been dropped or given away" in failure(functions["open"], box).message


def test_a_collected_handle_is_dropped() -> None:
    """A handle that nobody holds any more runs its destructor before the instance's next call."""
    functions = from_wat(BOXES)
    box = functions["[constructor]box"].call([5])
    functions["dropped"].idle.append(box.instance)
    del box
    assert functions["dropped"].call([]) == 1


def test_handles_that_dont_fit_are_refused_before_the_guest_runs() -> None:
    """Something else, a handle of another instance or passed twice: an Invalid error, and the handle still works."""
    functions = from_wat(BOXES)
    box, other = functions["[constructor]box"].call([5]), from_wat(BOXES)["[constructor]box"].call([6])
    expected = "[method]box.twice: parameter 1 (self: borrow<box>): expected a handle of `box`, got a number"
    assert failure(functions["[method]box.twice"], 5).message == expected
    assert "expected a handle of `box`, got one of `box`" in failure(functions["[method]box.twice"], other).message
    fresh = CompatibleFunction(functions["sum"].data, None, "[constructor]box", functions["[constructor]box"].signature)
    assert failure(functions["sum"], box, fresh.call([7])).message == "sum: its handles belong to different instances"
    assert failure(functions["mixed"], box, box).message == "mixed: a handle that is given away is passed more than once"
    assert functions["sum"].call([box, box]) == 10


def test_handles_of_a_failed_instance_are_dead() -> None:
    """After a trap the handles of that instance give an error, and new ones work."""
    functions = from_wat(BOXES)
    box = functions["[constructor]box"].call([5])
    failure(functions["fail"], box)
    assert "belongs to an instance that has failed" in failure(functions["[method]box.twice"], box).message
    box.drop()
    assert functions["[method]box.twice"].call([functions["[constructor]box"].call([4])]) == 8
