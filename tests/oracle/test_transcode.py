"""Each row of the table of values: what an argument may be, what a result is, and the sentence for what does not fit."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwit.host.values.intermediate import NONE, Empty, ErrorValue, Int64, Some, UInt64
from moonwit.host.wasm.wit.types import Case as WitCase
from moonwit.host.wasm.wit.types import (
    Enum,
    Field,
    Flags,
    Function,
    List,
    Option,
    Own,
    Primitive,
    Record,
    Resource,
    Result,
    Tuple,
    Type,
    Variant,
)
from tests.oracle.transcode import Case, ValueMismatch, arguments_to_component, from_component, to_component

BOOL, U8, S8, U32, U64, S64 = (Primitive(kind) for kind in ("bool", "u8", "s8", "u32", "u64", "s64"))
F32, F64, CHAR, STRING = (Primitive(kind) for kind in ("f32", "f64", "char", "string"))
USER = Record((Field("full-name", STRING), Field("age", U8), Field("email", Option(STRING))), "user")
SHAPE = Variant((WitCase("empty", None), WitCase("circle", F32), WitCase("maybe-size", Option(U8))), "shape")
COLOR = Enum(("red", "dark-grey"), "color")
ACCESS = Flags(("read", "write", "exec-all"), "access")


@pytest.mark.parametrize(
    ("type", "value", "lowered"),
    [
        (BOOL, True, True),
        (U8, 255, 255),
        (U8, 255.0, 255),
        (U8, -0.0, 0),
        (U8, Int64(7), 7),
        (S8, UInt64(127), 127),
        (U64, 2**64 - 1, 2**64 - 1),
        (U64, 2.0**63, 2**63),
        (S64, -(2.0**63), -(2**63)),
        (F64, 3, 3.0),
        (F64, 0.5, 0.5),
        (CHAR, "😀".encode(), "😀"),
        (STRING, b"a\0b", "a\0b"),
        (STRING, "é", "é"),
        (List(U8), b"\xff\x00", b"\xff\x00"),
        (List(U8), [1, 2.0, UInt64(3)], b"\x01\x02\x03"),
        (List(U8), Empty(), b""),
        (List(STRING), Empty(), []),
        (List(Option(U8)), [1, NONE], [Case(1, 1), Case(0)]),
        (Tuple((U8, STRING)), [1, b"x"], (1, "x")),
        (USER, {b"full-name": b"A", b"age": 1}, ("A", 1, Case(0))),
        (USER, {b"full_name": b"A", b"age": 1, b"email": b"e"}, ("A", 1, Case(1, "e"))),
        (USER, {b"full-name": b"A", b"age": 1, b"email": NONE}, ("A", 1, Case(0))),
        (Record((Field("x", Option(U8)),)), Empty(), (Case(0),)),
        (Option(U8), None, Case(0)),
        (Option(U8), NONE, Case(0)),
        (Option(U8), 5, Case(1, 5)),
        (Option(U8), Some(5), Case(1, 5)),
        (Option(Option(U8)), None, Case(0)),
        (Option(Option(U8)), Some(None), Case(1, Case(0))),
        (Option(Option(U8)), Some(NONE), Case(1, Case(0))),
        (Option(Option(U8)), Some(5), Case(1, Case(1, 5))),
        (Option(Option(U8)), 5, Case(1, Case(1, 5))),
        (Option(Option(U8)), Some(Some(5)), Case(1, Case(1, 5))),
        (Option(Option(Option(U8))), Some(Some(NONE)), Case(1, Case(1, Case(0)))),
        (Option(Result(Option(U8), None)), {b"ok": NONE}, Case(1, Case(0, Case(0)))),
        (SHAPE, b"empty", Case(0)),
        (SHAPE, {b"circle": 1}, Case(1, 1.0)),
        (SHAPE, {b"maybe-size": NONE}, Case(2, Case(0))),
        (Result(U8, STRING), {b"ok": 1}, Case(0, 1)),
        (Result(U8, STRING), {b"err": b"no"}, Case(1, "no")),
        (Result(None, None), {b"ok": True}, Case(0)),
        (Result(None, None), {b"err": True}, Case(1)),
        (COLOR, b"dark-grey", "dark-grey"),
        (ACCESS, {b"read": True, b"write": False}, frozenset({"read"})),
        (ACCESS, [b"read", b"exec-all", b"read"], frozenset({"read", "exec-all"})),
        (ACCESS, Empty(), frozenset()),
    ],
)
def test_what_an_argument_may_be(type: Type, value: Any, lowered: Any) -> None:
    """Every way to write an argument gives the one WIT value that is meant."""
    got = to_component(type, value, "f")
    assert got == lowered
    assert repr(got) == repr(lowered)


@pytest.mark.parametrize(
    ("type", "value", "sentence"),
    [
        (BOOL, 1, "f: expected a boolean, got a number"),
        (BOOL, None, "f: expected a boolean, got nil"),
        (U8, True, "f: expected a number for u8, got a boolean"),
        (U8, b"1", "f: expected a number for u8, got a string"),
        (U8, 256, "f: 256 is out of range"),
        (U8, -1, "f: -1 is out of range"),
        (S8, -129, "f: -129 is out of range"),
        (U32, 1.5, "f: 1.5 is not an integer"),
        (U32, math.nan, "f: nan is not an integer"),
        (U32, math.inf, "f: inf is not an integer"),
        (U32, 4294967296, "f: 4294967296 is out of range"),
        (U64, Int64(-1), "f: -1 is out of range"),
        (U64, 2.0**64, "f: 1.844674407371e+19 is out of range"),
        (S64, UInt64(2**63), "f: 9223372036854775808 is out of range"),
        pytest.param(U64, -(10**400), "f: -inf is out of range", id="huge"),
        (F64, b"1", "f: expected a number for f64, got a string"),
        (F64, True, "f: expected a number for f64, got a boolean"),
        (F32, UInt64(1), "f: expected a number for f32, got a 64-bit integer"),
        (CHAR, b"", "f: expected a string of one character, got 0 characters"),
        (CHAR, b"ab", "f: expected a string of one character, got 2 characters"),
        (CHAR, b"\xed\xa0\x80", "f: the string is not valid UTF-8, at byte 1"),
        (CHAR, 65, "f: expected a string of one character, got a number"),
        (STRING, b"ab\xff", "f: the string is not valid UTF-8, at byte 3"),
        (STRING, b"\xc0\x80", "f: the string is not valid UTF-8, at byte 1"),
        (STRING, "\ud800", "f: the string holds a surrogate, which has no UTF-8"),
        (STRING, NONE, "f: expected a string, got an optional value"),
        (List(U8), 5, "f: expected a string or a sequence of bytes, got a number"),
        (List(U8), [1, 256], "f: v[2]: 256 is out of range"),
        (List(U32), b"abc", "f: expected a sequence, got a string"),
        (List(U32), {b"a": 1}, "f: expected a sequence, got a map"),
        (List(U32), [1, NONE], "f: v[2]: expected a number for u32, got an optional value"),
        (Tuple((U8, U8)), [1], "f: expected a sequence of 2, got one of 1"),
        (Tuple((U8, U8)), b"ab", "f: expected a sequence of 2, got a string"),
        (USER, b"x", "f: expected a map of fields, got a string"),
        (USER, [1], "f: expected a map of fields, got a sequence"),
        (USER, {b"full-name": b"A"}, "f: the field `age` is missing"),
        (USER, Empty(), "f: the field `full-name` is missing"),
        (USER, {b"full-name": b"A", b"agee": 1}, "f: the field `agee` is unknown; did you mean `age`?"),
        (USER, {b"full-name": b"A", b"age": 1, b"zzz": 1}, "f: the field `zzz` is unknown"),
        (USER, {b"full-name": b"A", b"full_name": b"B", b"age": 1}, "f: the field `full-name` is given twice, also as `full_name`"),
        (USER, {b"full_name": b"\xff", b"age": 1}, 'f: v["full-name"]: the string is not valid UTF-8, at byte 1'),
        (List(USER), [{b"full_name": b"A", b"age": 300}], "f: v[1].age: 300 is out of range"),
        (Option(U8), b"x", "f: expected a number for u8, got a string"),
        (Option(U8), Some(None), "f: expected a number for u8, got nil"),
        (Option(U8), Some(Some(5)), "f: expected a number for u8, got an optional value"),
        (SHAPE, b"circel", "f: the case `circel` is unknown; did you mean `circle`?"),
        (SHAPE, {b"oval": 1}, "f: the case `oval` is unknown"),
        (SHAPE, b"circle", "f: the case `circle` has a payload, write {circle = ...}"),
        (SHAPE, b"maybe-size", 'f: the case `maybe-size` has a payload, write {["maybe-size"] = ...}'),
        (SHAPE, {b"empty": True}, 'f: the case `empty` has no payload, write "empty"'),
        (SHAPE, {b"circle": 1, b"empty": True}, "f: expected a case's name or {case = payload}, got a map of 2"),
        (SHAPE, Empty(), "f: expected a case's name or {case = payload}, got an empty table"),
        (SHAPE, 5, "f: expected a case's name or {case = payload}, got a number"),
        (SHAPE, {b"circle": b"x"}, "f: v.circle: expected a number for f32, got a string"),
        (Result(U8, STRING), 5, "f: expected {ok = ...} or {err = ...}, got a number"),
        (Result(U8, STRING), {b"oops": 5}, "f: expected {ok = ...} or {err = ...}, got the key `oops`"),
        (Result(U8, STRING), {b"err": 5}, "f: v.err: expected a string, got a number"),
        (Result(None, STRING), {b"ok": 5}, "f: ok has no payload, write {ok = true}"),
        (Result(U8, STRING), ErrorValue("Invalid", "x"), "f: expected {ok = ...} or {err = ...}, got an error"),
        (COLOR, b"dark_grey", "f: the case `dark_grey` is unknown; did you mean `dark-grey`?"),
        (COLOR, 1, "f: expected one of `red` and `dark-grey`, got a number"),
        (ACCESS, {b"reed": True}, "f: the flag `reed` is unknown; did you mean `read`?"),
        (ACCESS, {b"read": 1}, "f: the flag `read` is a number, expected a boolean"),
        (ACCESS, [b"read", 5], "f: expected names of flags, got a number"),
        (ACCESS, b"read", "f: expected {flag = true} or a sequence of names, got a string"),
        (Own(Resource("box")), 5, "f: expected a handle of `box`, got a number"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(type: Type, value: Any, sentence: str) -> None:
    """The sentence says where the value lies, what is wrong with it and, where one can guess, what was meant."""
    with pytest.raises(ValueMismatch) as caught:
        to_component(type, value, "f", "v")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("type", "value", "lifted"),
    [
        (U64, 2**64 - 1, 2**64 - 1),
        (F64, 3.0, 3),
        (F64, 2.0**60, 2.0**60),
        (CHAR, "é", "é".encode()),
        (List(U8), b"\xff", b"\xff"),
        (List(Option(U8)), [Case(0), Case(1, 2)], [NONE, 2]),
        (Tuple((Option(U8), U8)), (Case(0), 1), [NONE, 1]),
        (USER, ("A", 1, Case(0)), {b"full-name": b"A", b"age": 1}),
        (Option(U8), Case(0), None),
        (Option(U8), Case(1, 5), 5),
        (Option(Option(U8)), Case(0), None),
        (Option(Option(U8)), Case(1, Case(0)), Some(NONE)),
        (Option(Option(U8)), Case(1, Case(1, 5)), Some(5)),
        (Option(Option(Option(U8))), Case(1, Case(1, Case(0))), Some(Some(NONE))),
        (List(Option(Option(U8))), [Case(0), Case(1, Case(0))], [NONE, Some(NONE)]),
        (SHAPE, Case(0), b"empty"),
        (SHAPE, Case(2, Case(0)), {b"maybe-size": NONE}),
        (Result(Option(U8), None), Case(0, Case(0)), {b"ok": NONE}),
        (Result(Option(U8), None), Case(1), {b"err": True}),
        (COLOR, "dark-grey", b"dark-grey"),
        (ACCESS, frozenset({"exec-all", "read"}), {b"read": True, b"exec-all": True}),
    ],
)
def test_what_a_result_is(type: Type, value: Any, lifted: Any) -> None:
    """Every WIT value has one form as a result; an absent option is nil, or ``NONE`` where something must stand."""
    got = from_component(type, value)
    assert got == lifted
    assert repr(got) == repr(lifted)


def test_negative_zero_stays_a_float() -> None:
    """-0.0 is not the integer 0."""
    assert repr(from_component(F64, -0.0)) == "-0.0"
    assert repr(from_component(F64, 0.0)) == "0"


COMPUTE = Function((Field("a", U32), Field("b", U32)), U32)
TRAILING = Function((Field("a", Option(U32)), Field("b", U32), Field("c", Option(U32)), Field("d", Option(STRING))), None)


def test_the_sentence_names_function_and_parameter() -> None:
    """A parameter that does not fit is named with its number, name and type."""
    with pytest.raises(ValueMismatch) as caught:
        arguments_to_component("compute", COMPUTE, [1, 4294967296])
    assert str(caught.value) == "compute: parameter 2 (b: u32): 4294967296 is out of range"
    users = Function((Field("users", List(USER)),), None)
    with pytest.raises(ValueMismatch) as caught:
        arguments_to_component("store", users, [[{b"full-name": 5}]])
    assert str(caught.value) == 'store: parameter 1 (users: list<user>): users[1]["full-name"]: expected a string, got a number'


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        (COMPUTE, [1], "f: parameter 2 (b: u32): is missing"),
        (COMPUTE, [1, 2, 3], "f: takes 2 arguments, got 3: func(a: u32, b: u32) -> u32"),
        (Function((), None), [None], "f: takes no arguments, got 1: func()"),
        (TRAILING, [], "f: parameter 1 (a: option<u32>): is missing"),
        (TRAILING, [1], "f: parameter 2 (b: u32): is missing"),
    ],
)
def test_arity_is_exact(function: Function, arguments: list[Any], sentence: str) -> None:
    """Too few and too many arguments are errors that say what is taken."""
    with pytest.raises(ValueMismatch) as caught:
        arguments_to_component("f", function, arguments)
    assert str(caught.value) == sentence


def test_options_at_the_end_may_be_left_out() -> None:
    """Left-out options are absent ones, like nil and ``NONE``."""
    for arguments in ([None, 1], [NONE, 1, None], [None, 1, None, NONE]):
        assert arguments_to_component("f", TRAILING, arguments) == [Case(0), 1, Case(0), Case(0)]


anything = st.recursive(
    st.sampled_from([None, NONE, False, True, Empty()]) | st.integers() | st.floats() | st.binary(max_size=4) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.binary(max_size=4), inner, max_size=3) | st.builds(Some, inner),
    max_leaves=6,
)
TYPES = [BOOL, U8, S64, F32, CHAR, STRING, List(U8), List(Option(STRING)), Tuple((U8,)), USER, SHAPE, COLOR, ACCESS]
TYPES += [Option(Option(U8)), Result(None, U8)]


@given(value=anything, type=st.sampled_from(TYPES))
def test_any_value_fits_or_is_refused(value: Any, type: Type) -> None:
    """Whatever is passed, there is a WIT value or a one-line sentence; and a value that fits survives the way back."""
    try:
        lowered = to_component(type, value, "f")
    except ValueMismatch as error:
        assert str(error).startswith("f: ")
        assert "\n" not in str(error)
        return
    lifted = from_component(type, lowered)
    assert repr(to_component(type, lifted, "f")) == repr(lowered)


def test_wide_integers_know_their_sign() -> None:
    """An integer beyond 2^53 comes back as the 64-bit integer of its type, whatever its value."""
    for type, value, kind in (
        (U64, 2**53, int),
        (U64, 2**53 + 1, UInt64),
        (U64, 2**64 - 1, UInt64),
        (S64, -(2**53), int),
        (S64, -(2**53) - 1, Int64),
        (S64, 2**63 - 1, Int64),
    ):
        got = from_component(type, value)
        assert (got, got.__class__) == (value, kind)
