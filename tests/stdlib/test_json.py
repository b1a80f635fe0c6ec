"""The module json, held against Python's."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.texts import texts

read_lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]


def runtime() -> Any:
    """A state with the modules; strings are bytes."""
    lua = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
    lua.execute(b'package.path = ...; json = require "stdlib.json"; wit = require "lua.values.optional"; errors = require "stdlib.errors"',
                str(ROOT / "moonwit" / "?.lua").encode())  # fmt: skip
    return lua


LUA = runtime()
REENCODE = LUA.execute(read_lua("reencode").encode())
DECODE_ERROR = LUA.execute(b"return function(text) local v, e = json.decode(text) return v == nil and e and tostring(e) end")


def encode(expression: str, options: str = "nil") -> str:
    """Encodes the value of a Lua expression; the text, or the error's message."""
    answer = LUA.execute(f"local t, e = json.encode({expression}, {options}) return t or e:kind() .. ': ' .. e:message()".encode())
    return bytes(answer).decode()


def normal(value: Any) -> Any:
    """What a value is after a way through Lua: an empty object is an empty array."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()} or []
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(st.none() | st.booleans() | numbers | text, lambda v: st.lists(v) | st.dictionaries(text, v), max_leaves=30)


@settings(max_examples=300, deadline=None)
@given(values, st.booleans(), st.sampled_from([None, 0, 2]))
def test_what_python_writes_comes_back(value: Any, ascii_only: bool, indent: int | None) -> None:
    """Any value of Python's json survives decode and encode: the same types, digits and characters."""
    answer = REENCODE(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())
    assert isinstance(answer, bytes), answer
    back = json.loads(answer)
    assert back == normal(value)
    assert answer == answer.strip()


def test_a_map_is_an_object() -> None:
    """Its integer and boolean keys are text, an empty one is not an array."""
    maps = "require 'lua.values.maps'.mark"
    assert encode(f"{maps} {{[5] = {{{maps} {{}}}}, [-1] = 1}}") == '{"-1":1,"5":[{}]}'
    assert encode(f"{maps} {{[true] = 1, [false] = {maps} {{a = 1}}}}") == '{"false":{"a":1},"true":1}'


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(value: float) -> None:
    """A float is written with as many digits as it needs."""
    back = json.loads(REENCODE(json.dumps([value]).encode()))[0]
    assert back == value and math.copysign(1, float(back)) == math.copysign(1, value)


def python_takes(candidate: bytes) -> bool:
    """Whether Python takes it as JSON, without its extensions (NaN, lone surrogates, infinite floats)."""
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        value = json.loads(candidate.decode("utf-8"), parse_constant=refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        return False
    return True


ALPHABET = [b"[", b"]", b"{", b"}", b",", b":", b'"', b'"a"', b"1", b"-", b"0", b".", b"e", b"E+", b" ", b"\n", b"true", b"null", b"\\",
            b"\\u00", b"\\ud83d", b"\\ude00", b"\\n", b"\xc3\xa9", b"\xff", b"\x00", b"\x1f", b"/", b"nan"]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), max_size=12).map(b"".join))
def test_decode_takes_exactly_what_python_takes(candidate: bytes) -> None:
    """Random scraps of JSON are taken by both or by neither, and to the same value."""
    answer = REENCODE(candidate)
    taken = isinstance(answer, bytes)
    assert taken == python_takes(candidate), answer
    if taken:
        assert json.loads(answer) == normal(json.loads(candidate))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_random_bytes_do_no_harm(candidate: bytes) -> None:
    """Bytes that aren't JSON are an error with line and column."""
    message = DECODE_ERROR(candidate)
    assert bool(message) != python_takes(candidate)
    assert not message or message.startswith(b"json.decode: line ")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "line 1, column 1: expected a value, got the end of the text"),
        ('{"a":1,}', "line 1, column 8: expected a name in double quotes, got '}'"),
        ("[1 2]", "line 1, column 4: expected ',' or ']', got '2'"),
        ('{\n  "é": tru\n}', "line 2, column 8: expected a value, got 't'"),
        ('"abc', "line 1, column 1: the string has no end"),
        ('"é\t"', "line 1, column 3: a string can't hold the control character 0x09 as it is; write it as an escape"),
        ("1e999", "line 1, column 1: the number is out of range"),
        ("9" * 400, "line 1, column 1: the number is out of range"),
        ("[01]", "line 1, column 2: a number can't begin with 0"),
        ('["\\ud800"]', "line 1, column 3: half of a surrogate pair stands alone"),
        ('"\\q"', "line 1, column 2: \\ can't be followed by 'q'"),
        ("'a'", "line 1, column 1: expected a value, got '''"),
        ("1 1", "line 1, column 3: expected the end of the text, got '1'"),
        ("[" * 129, "line 1, column 129: the text is nested deeper than 128 levels"),
        ("[" * 1_000_000, "line 1, column 129: the text is nested deeper than 128 levels"),
    ],
)
def test_a_mistake_is_named_with_its_place(source: str, message: str) -> None:
    """Line and column count characters from 1."""
    assert DECODE_ERROR(source.encode()).decode() == "json.decode: " + message


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{}", "[]"),
        ("nil", "null"),
        ("{1, json.null, 3}", "[1,null,3]"),
        ("{a = wit.none, b = wit.some(5)}", '{"a":null,"b":5}'),
        ("{b = 1, a = 2, [''] = 3}", '{"":3,"a":2,"b":1}'),
        ("2^53", "9007199254740992"),
        ("-2^53 + 1", "-9007199254740991"),
        ("0.1", "0.1"),
        ("1/3", "0.3333333333333333"),
        ("1e300", "1e+300"),
        ("18446744073709551615ULL", "18446744073709551615"),
        ("-9223372036854775807LL - 1", "-9223372036854775808"),
        (r"'\0\31\127\"\\/'", r'"\u0000\u001f' + "\x7f" + r'\"\\/"'),
        ("errors.new{message = 'no', kind = 'Timeout', details = {1}}",
         '{"details":[1],"kind":"Timeout","message":"no"}'),
        ("0/0", "Invalid: json.encode: NaN has no form in JSON"),
        ("{a = {1, 1/0}}", "Invalid: json.encode: a[2]: infinity has no form in JSON"),
        ("{users = {{}, {}, {tags = print}}}", "Invalid: json.encode: users[3].tags: a function has no form in JSON"),
        ("{['a b'] = {'\\255'}}", 'Invalid: json.encode: ["a b"][1]: a string that is not UTF-8 can\'t be written as JSON'),
        ("{['\\255'] = 1}", 'Invalid: json.encode: ["?"]: a string that is not UTF-8 can\'t be written as JSON'),
        ("{1, a = 2}", "Invalid: json.encode: a table with both numbers and names as keys has no form in JSON"),
        ("{x = {1, nil, 3}}",
         "Invalid: json.encode: x: a table with holes (2 elements, the last at 3) has no form in JSON; write json.null for null"),
        ("{[1.5] = 1}", "Invalid: json.encode: a table with the key 1.5 has no form in JSON"),
        ("{[true] = 1}", "Invalid: json.encode: a table with a boolean as key has no form in JSON"),
        ("(function() local t = {1} t[2] = {x = t} return t end)()", "Invalid: json.encode: [2].x: the value contains itself"),
        ("coroutine.create(print)", "Invalid: json.encode: a thread has no form in JSON"),
    ],
)  # fmt: skip
def test_encode(expression: str, expected: str) -> None:
    """Each kind of value has one text, or an error that names the place."""
    assert encode(expression) == expected


def test_a_table_reached_twice_is_written_twice() -> None:
    """Only a real circle is an error."""
    assert encode("(function() local t = {1} return {t, t} end)()") == "[[1],[1]]"


def test_depth_is_bounded() -> None:
    """128 levels are written, 129 are an error; the same for optionals."""
    nest = "(function(n) local t = 1 for _ = 1, n do t = {%s} end return t end)(%d)"
    assert encode(nest % ("t", 128)) == "[" * 128 + "1" + "]" * 128
    assert encode(nest % ("t", 129)).endswith("nested deeper than 128 levels")
    assert encode((nest % ("t", 100000)).replace("{t}", "wit.some(t)")).endswith("nested deeper than 128 levels")


def test_after_an_error_the_next_text_is_whole() -> None:
    """Nothing of a failed text is left for the next."""
    assert encode("{1, 2, print}").startswith("Invalid")
    assert encode("{1}") == "[1]"


@pytest.mark.parametrize(("options", "indent"), [("{indent = 2}", 2), ("{indent = '\\t'}", "\t"), ("{indent = 0}", 0), ("{}", 0)])
def test_indent_is_as_in_python(options: str, indent: int | str) -> None:
    """Indented text is laid out as Python lays it out."""
    value = {"a": [1, {"b": 2}, []], "c": "x"}
    separators = None if indent else (",", ":")
    expected = json.dumps(value, indent=indent or None, separators=separators)
    assert encode("{a = {1, {b = 2}, {}}, c = 'x'}", options) == expected


INDENT = "json.encode: expected up to 16 spaces or tabs as the indent, or how many spaces"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("json.decode(5)", "json.decode: expected a string, got a number"),
        ("json.decode()", "json.decode: expected a string, got nil"),
        ("json.encode(1, 2)", "json.encode: expected a table as the options, got a number"),
        ("json.encode(1, {indnt = 1})", "json.encode: unknown option 'indnt', did you mean 'indent'?"),
        ("json.encode(1, {indent = -1})", f"{INDENT}, got -1"),
        ("json.encode(1, {indent = '--'})", f"{INDENT}, got other text"),
    ],
)
def test_misuse_raises_at_the_caller(call: str, message: str) -> None:
    """A wrong call is blamed on the line that makes it."""
    ok, raised = LUA.execute(f"return pcall(loadstring('local x = {call} return x', '@s.lua'))".replace("'--'", '"--"').encode())
    assert (ok, raised.decode()) == (False, "s.lua:1: " + message.replace('"--"', "'--'"))


@pytest.mark.parametrize(
    ("source", "kind", "shown"),
    [
        ("9007199254740992", b"number", b"9.007199254741e+15"),
        ("9007199254740993", b"cdata", b"9007199254740993LL"),
        ("-9007199254740993", b"cdata", b"-9007199254740993LL"),
        ("-9223372036854775808", b"cdata", b"-9223372036854775808LL"),
        ("9223372036854775808", b"cdata", b"9223372036854775808ULL"),
        ("18446744073709551616", b"number", b"1.844674407371e+19"),
        ("-9223372036854775809", b"number", b"-9.2233720368548e+18"),
        ("000", None, None),
    ],
)
def test_integers_beyond_a_number(source: str, kind: bytes | None, shown: bytes | None) -> None:
    """What a number can't hold is 64-bit cdata, and beyond 64 bits the nearest number."""
    answer = LUA.execute(b"local v, e = json.decode(...) if e then return nil end return type(v), tostring(v)", source.encode())
    if kind is None:
        assert answer is None
    else:
        assert answer[0] == kind
        if kind == b"cdata":
            assert answer[1] == shown
        else:
            assert float(answer[1]) == pytest.approx(float(source), rel=1e-12)


def test_null_is_none() -> None:
    """null, wit.none and json.null are one value, and a null at the top is told from an error."""
    assert LUA.execute(b"local v, e = json.decode('null') return v == json.null and v == wit.none and e == nil") is True
    assert LUA.execute(b"return #json.decode('[null,null]')") == 2


def test_last_duplicate_wins() -> None:
    """Of two names alike the later counts."""
    assert REENCODE(b'{"a":1,"a":2}') == b'{"a":2}'


def test_a_byte_order_mark_is_ignored() -> None:
    """Editors that write one do no harm."""
    assert REENCODE(b"\xef\xbb\xbf[1]") == b"[1]"
