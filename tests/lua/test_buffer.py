"""The codec against LuaJIT's own string.buffer, and its Lua half against its Python half."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lupa.luajit21 import LuaRuntime

import moonwit.lua
from moonwit.host.values.intermediate import DEPTH, EXACT, NONE, Empty, ErrorValue, Int64, Some, UInt64
from moonwit.lua.values.buffer import decode, decode_all, encode, encode_all
from tests.texts import texts

read_lua, _ = texts(__file__)

ROOT = Path(moonwit.lua.__file__).parent.parent


@pytest.fixture(scope="module")
def lua() -> Any:
    runtime = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
    run = runtime.execute(
        read_lua("lua").encode(),
        str(ROOT).encode(),
    )
    return run


numbers = st.one_of(
    st.integers(-EXACT, EXACT),
    st.floats(allow_nan=False).filter(lambda x: not (x.is_integer() and abs(x) <= EXACT) or (x == 0 and math.copysign(1, x) < 0)),
    st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.integers(0, 2**64 - 1).map(UInt64),
)
lengths = st.sampled_from([0, 1, 191, 192, 223, 224, 8159, 8160, 8127, 8128, 70000])
strings = st.binary(max_size=20) | lengths.map(lambda n: b"x" * n)
scalars = st.one_of(st.booleans(), numbers, strings)
plain = st.recursive(
    scalars | st.builds(Empty),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=6),
        st.dictionaries(st.binary(max_size=8), inner, min_size=1, max_size=6),
    ),
    max_leaves=20,
)
words = st.text(st.characters(codec="utf-8"), max_size=12)
rich = st.recursive(
    plain | st.just(NONE),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4),
        st.dictionaries(st.binary(max_size=8), inner, min_size=1, max_size=4),
        st.builds(Some, inner),
        st.builds(
            ErrorValue,
            kind=words,
            message=words,
            retryable=st.booleans(),
            details=inner | st.none(),
            extra=st.fixed_dictionaries({"lua_stack": st.just(Empty())}, optional={"entry": words.map(str.encode)}),
        ),
    ),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Compares types too: 1 is not 1LL, and 0.0 is not -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Empty):
        return len(left) == len(right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, Some):
        return same(left.value, right.value)
    if isinstance(left, ErrorValue):
        return (left.kind, left.message, left.retryable) == (right.kind, right.message, right.retryable) and (
            same(left.details, right.details) and same(left.extra, right.extra)
        )
    if isinstance(left, float):
        return struct.pack("<d", left) == struct.pack("<d", right)
    return bool(left == right)


@settings(max_examples=150, deadline=None)
@given(value=plain)
def test_plain_values_survive_luajit(lua: Any, value: Any) -> None:
    """What Python encodes, LuaJIT decodes and encodes again into what Python decodes to the same value."""
    assert same(decode(lua(b"return buffer.encode(buffer.decode(...))", encode(value))), value)


@settings(max_examples=150, deadline=None)
@given(value=rich)
def test_marked_values_survive_both_halves(lua: Any, value: Any) -> None:
    """Optionals and errors come back from Lua as what they were."""
    assert same(decode(lua(b"return assert(M.encode(M.decode(...)))", encode(value))), value)


@settings(max_examples=150, deadline=None)
@given(values=st.lists(rich | st.none(), max_size=6))
def test_arguments_survive_both_halves(lua: Any, values: list[Any]) -> None:
    """A list of arguments keeps its nils, those at the end too."""
    answer = lua(b"local t, n = M.decode_all(...) return assert(M.encode_all(n, unpack(t, 1, n)))", encode_all(values))
    assert len(decode_all(answer)) == len(values)
    assert all(map(same, decode_all(answer), values))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=40))
def test_random_bytes_are_a_value_or_an_error(lua: Any, data: bytes) -> None:
    """Whatever the bytes, decoding gives a value or a ValueError, and never a value where LuaJIT sees malformed bytes."""
    try:
        decode(data)
    except ValueError:
        return
    assert lua(b"return (pcall(buffer.decode, ...))", data)


@settings(max_examples=100, deadline=None)
@given(value=plain, cut=st.integers(1, 10))
def test_truncated_bytes_are_an_error(value: Any, cut: int) -> None:
    """A value that ends early is a ValueError."""
    data = encode(value)
    with pytest.raises(ValueError):
        decode(data[:-cut])


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (b"1", 1),
        (b"-1.5", -1.5),
        (b"2^53", 2**53),
        (b"-(2^53)", -(2**53)),
        (b"2^53 + 2", float(2**53 + 2)),
        (b"-0", -0.0),
        (b"1/0", math.inf),
        (b"1LL", Int64(1)),
        (b"-1LL", Int64(-1)),
        (b"0xffffffffffffffffULL", UInt64(2**64 - 1)),
        (b"'a\\0b'", b"a\0b"),
        (b"{}", Empty()),
        (b"{1, 2, 3}", [1, 2, 3]),
        (b"{[1] = 'a', [2] = 'b'}", [b"a", b"b"]),
        (b"{[2] = 'b', 'a'}", [b"a", b"b"]),
        (b"{x = {y = true}}", {b"x": {b"y": True}}),
        (b"{['1'] = 1}", {b"1": 1}),
        (b"{1, nil}", [1]),
        (b"optional.none", NONE),
        (b"{optional.none, 1}", [NONE, 1]),
        (b"optional.some(optional.none)", Some(NONE)),
        (b"optional.some(nil)", Some(None)),
        (b"{a = optional.some(5)}", {b"a": Some(5)}),
        (b"setmetatable({a = 1}, {__index = {b = 2}})", {b"a": 1}),
    ],
)
def test_lua_values_are_read_by_the_rules(lua: Any, source: bytes, value: Any) -> None:
    """Each kind of Lua value becomes its row of the model."""
    assert same(decode(lua(b"return assert(M.encode(" + source + b"))")), value)


def test_not_a_number_stays_one(lua: Any) -> None:
    """NaN crosses as NaN."""
    assert math.isnan(decode(lua(b"return M.encode(0/0)")))
    assert lua(b"local x = M.decode(...) return x ~= x", encode(math.nan))


def test_an_error_keeps_all_it_knows(lua: Any) -> None:
    """Kind, message, retryable, details, origin and cause cross in both directions."""
    source = read_lua("an_error_keeps_all_it_knows").encode()
    encoded = lua(source)
    (error,) = decode(encoded)
    assert (error.kind, error.message, error.retryable, error.details) == ("Timeout", "late\udcff", True, {b"after": 5})
    assert error.extra["cause"].message == "inner"
    assert error.extra["lua_stack"] == [{b"file": b"a.lua", b"line": 3}]
    again = lua(b"return assert(M.encode(M.decode(...)[1]))", encode([error]))
    assert same(decode(again), error)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"print", b"value: a function can't be passed on"),
        (b"{users = {{}, {}, {tags = print}}}", b"users[3].tags: a function can't be passed on"),
        (b"{['tag-count'] = coroutine.create(print)}", b'["tag-count"]: a thread can\'t be passed on'),
        (b"{newproxy()}", b"[1]: a userdata can't be passed on"),
        (b"ffi.new('int[1]')", b"value: a cdata can't be passed on"),
        (b"{a = {1, x = 2}}", b"a: a table with both numbers and names as keys can't be passed on"),
        (b"{[true] = 'some', value = 1}", b"value: a table with a boolean as a key can't be passed on"),
        (b"{1, nil, 3}", b"value: a table with 2 numbers as keys, but none at 2, can't be passed on"),
        (b"{[0] = 1}", b"value: a table with 1 numbers as keys, but none at 1, can't be passed on"),
        (b"{[1.5] = 1}", b"value: a table with 1 numbers as keys, but none at 1, can't be passed on"),
        (b"{a = optional.some({b = print})}", b"a.b: a function can't be passed on"),
        (b"{errors.make{message = 'x', details = {f = print}}}", b"[1].details.f: a function can't be passed on"),
    ],
)
def test_what_cant_leave_is_named_with_its_path(lua: Any, source: bytes, message: bytes) -> None:
    """The sentence says where in the value the misfit lies and what it is."""
    assert lua(b"local text, err = M.encode(" + source + b") assert(text == nil) return err") == message


def test_the_sentence_names_the_argument(lua: Any) -> None:
    """With several values, the sentence begins with which one it is."""
    source = b"return select(2, M.encode_all(3, nil, print, 1)), select(2, M.encode_all(1, {a = print}))"
    assert lua(source) == (b"argument 2: a function can't be passed on", b"argument 1: a: a function can't be passed on")


def test_cycles_are_an_error_and_sharing_is_not(lua: Any) -> None:
    """A table reached twice is copied twice; one that contains itself is an error, through errors and optionals as well."""
    assert decode(lua(b"local t = {1} return assert(M.encode{t, {t}})")) == [[1], [[1]]]
    assert lua(b"local t = {} t.a = {t} return select(2, M.encode(t))") == b"a[1]: contains itself"
    source = b"local d = {} local e = errors.make{message = 'x', details = d} d.err = optional.some(e) return select(2, M.encode(e))"
    assert lua(source) == b"details.err: contains itself"


@pytest.mark.parametrize("depth", [1, 63, 64, 65, 66, 100, 101, 127, 128])
def test_values_as_deep_as_allowed_cross(lua: Any, depth: int) -> None:
    """128 levels go both ways, though LuaJIT's serializer stops at 100."""
    value: Any = Empty()
    for _ in range(depth - 1):
        value = [value]
    assert same(decode(lua(b"return assert(M.encode(M.decode(...)))", encode(value))), value)
    named: Any = Some(NONE)
    for _ in range(depth - 1):
        named = {b"x": named}
    assert same(decode(lua(b"return assert(M.encode(M.decode(...)))", encode(named))), named)


def test_deeper_values_are_an_error(lua: Any) -> None:
    """The 129th level is refused on either side, cycles in Python included."""
    source = b"local t = {} for _ = 1, 128 do t = {t} end return select(2, M.encode(t))"
    assert lua(source).endswith(b": is nested deeper than 128 levels")
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match=f"nested deeper than {DEPTH} levels"):
        encode(loop)


def test_deep_bytes_are_bounded() -> None:
    """Endless nesting in the encoded bytes, blobs within blobs included, is a ValueError and no RecursionError."""
    with pytest.raises(ValueError, match="nested deeper"):
        decode(b"\x0c\x02" * 100_000 + b"\x08")
    blob = b"\x08"
    for _ in range(300):
        blob = b"\x09\x02\x02" + encode(b"deep") + encode(b"value") + encode(blob)
    with pytest.raises(ValueError, match="nested deeper"):
        decode(blob)


def test_a_value_that_stands_for_an_endless_one_is_refused(lua: Any) -> None:
    """Sharing that multiplies to 2^100 tables ends with an error instead of filling the memory."""
    source = b"local t = {} for _ = 1, 100 do t = {t, t} end return select(2, M.encode(t))"
    assert b"more than 16777216 tables" in lua(source)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02\x02",
        b"\x04\0\0\0\0",
        b"\x05" + b"\0" * 8,
        b"\x0e\x01",
        b"\x0f\x01",
        b"\x12" + b"\0" * 16,
        b"\x13",
        b"\x1f",
        b"\xff\x1f\0\0\0",
        b"\xff\xff\xff\xff\xff",
        b"\x0c\xff\xff\xff\xff\xff",
        b"\x09\x01\x00\x01",
        b"\x09\x02!a\x01!a\x02",
        b"\x09\x01" + encode(math.nan) + b"\x01",
        b"\x0a\x01\x02",
        b"\x0c\x03\x00\x02",
        b"\x0d\x02\x01\x02!a\x02",
        b"\x09\x01\x02" + encode(b"other"),
        b"\x09\x01\x02" + encode(b"deep"),
        b"\x09\x02\x02" + encode(b"deep") + encode(b"value") + encode(b"\x02\x02"),
        b"\x09\x02\x02" + encode(b"error") + encode(b"kind") + b"\x02",
        b"\x09\x02\x02" + encode(b"some") + encode(b"other") + b"\x02",
    ],
)
def test_malformed_bytes_are_refused(data: bytes) -> None:
    """What LuaJIT or the model does not know is a ValueError."""
    with pytest.raises(ValueError):
        decode(data)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        ("é", "é".encode()),
        ((1, 2), [1, 2]),
        ({"a": None, "b": 1}, {b"b": 1}),
        ([None], [NONE]),
        ([], Empty()),
        ({}, Empty()),
        (EXACT + 1, Int64(EXACT + 1)),
        (-(2**63), Int64(-(2**63))),
        (2**63, UInt64(2**63)),
        (1.0, 1),
    ],
)
def test_python_values_are_taken_generously(value: Any, back: Any) -> None:
    """Text, tuples, integers beyond a number's and absent values have one meaning each."""
    assert same(decode(encode(value)), back)


BEYOND = "and no key of a Lua table can be: use list<tuple<K, V>> in the WIT"


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"users": [{}, {"tags": object()}]}, TypeError, "users[2].tags: a object can't be passed to Lua"),
        ({1.5: 2}, TypeError, "value: the key 1.5 is not a string"),
        ({1: 2, "a": 3}, TypeError, "value: the key 'a' stands among numbers"),
        ({2**53 + 1: 2}, ValueError, "value: the key 9007199254740993 is beyond 2**53, " + BEYOND),
        ([2**64], ValueError, "[1]: does not fit into 64 bits"),
        ("\ud800", ValueError, "value: is a string with a surrogate, which has no UTF-8"),
    ],
)
def test_python_values_that_dont_fit_are_named(value: Any, error: type[Exception], message: str) -> None:
    """The sentence begins with the path."""
    with pytest.raises(error) as caught:
        encode(value)
    assert str(caught.value) == message
