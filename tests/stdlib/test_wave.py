"""The module wit: optionals, and WAVE text read and written without types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

LUA = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
LUA.execute(b'package.path = ...; wit = require "stdlib.wit"; json = require "stdlib.json"', str(ROOT / "moonwit" / "?.lua").encode())
# The value of a text as JSON, where some(x) is shown as {"some!": x}; or the message.
READ = LUA.execute(lua("read").encode())
REWRITE = LUA.execute(b"return function(text) local v, e = wit.decode(text) assert(not e, e) return (assert(wit.encode(v))) end")


def read(text: str) -> Any:
    """Decodes WAVE; the value, or the error's message as a string that begins with `wit.decode`."""
    answer = bytes(READ(text.encode())).decode()
    return answer if answer.startswith("wit.decode") else json.loads(answer)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("-12", -12),
        ("6.5e1", 65),
        ("1e-2", 0.01),
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("9007199254740993", 9007199254740993),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("'é'", "é"),
        (r"'\''", "'"),
        (r"'\u{1F600}'", "😀"),
        ("'\"'", '"'),
        (r'"a\tb\n\"\\\u{e9}"', 'a\tb\n"\\é'),
        ('""', ""),
        ("[]", []),
        ("[1, 2,]", [1, 2]),
        ("(1, 'x', [true])", [1, "x", [True]]),
        ("{}", []),
        ("{:}", []),
        ("{read, write}", {"read": True, "write": True}),
        ("{a: 1, tag-count: {b: none}}", {"a": 1, "tag-count": {"b": None}}),
        ("{%true: 1, %some: 2,}", {"true": 1, "some": 2}),
        ("red", "red"),
        ("%ok", "ok"),
        ("HTTP-server2", "HTTP-server2"),
        ("circle(5)", {"circle": 5}),
        ("%some(5)", {"some": 5}),
        ("ok", {"ok": True}),
        ("ok( 1 )", {"ok": 1}),
        ('err("no")', {"err": "no"}),
        ("none", None),
        ("some(1)", {"some!": 1}),
        ("some(some(none))", {"some!": {"some!": None}}),
        ("[some(1), none]", [{"some!": 1}, None]),
        ("// first\n12 // last", 12),
        ('{\n  a: // why\n  1,\n}', {"a": 1}),
        ('"""\n"""', ""),
        ('"""\none\n"""', "one"),
        ('"""\n  one\n    "two" ""\n\n  """',
         "wit.decode: line 4, column 1: the line is indented by fewer spaces than the closing quotes, 2"),
        ('"""\n  one\n    "two" ""\n  \n  """', 'one\n  "two" ""\n'),
        ('"""\r\n a\\tb\r\n c\r\n """', "a\tb\nc"),
        ('"""\na\\"""b\n"""', 'a"""b'),
        ('"""\na\\"\\"\\"b\n"""', 'a"""b'),
    ],
)  # fmt: skip
def test_decode(text: str, value: Any) -> None:
    """Each form of WAVE has its Lua value."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: expected a value, got the end of the text"),
        ("// only a comment", "line 1, column 18: expected a value, got the end of the text"),
        ("[1 2]", "line 1, column 4: expected ',' or ']', got '2'"),
        ("[,]", "line 1, column 2: expected a value, got ','"),
        ("(é)", "line 1, column 2: expected a value, got 'é'"),
        ("1 1", "line 1, column 3: expected the end of the text, got '1'"),
        ("()", "line 1, column 1: a tuple has at least one element"),
        ("{a: 1,\n b}", "line 2, column 3: expected ':', got '}'"),
        ("{a, b: 1}", "line 1, column 6: expected ',' or '}': flags have no values, got ':'"),
        ("{a: 1, a: 2}", "line 1, column 8: 'a' is there twice"),
        ("{a: false, a: 2}", "line 1, column 12: 'a' is there twice"),
        ("{", "line 1, column 1: '{' is never closed"),
        ("{1}", "line 1, column 2: '1' is not a name in kebab-case"),
        ("{=}", "line 1, column 2: expected a name, got '='"),
        ("{:1}", "line 1, column 3: expected '}': a record without fields is {:}, got '1'"),
        ("{tag_count: 1}", "line 1, column 5: expected ',' or '}', got '_'"),
        ("fooBar", "line 1, column 1: 'fooBar' is not a name in kebab-case"),
        ("a--b", "line 1, column 1: 'a--b' is not a name in kebab-case"),
        ("%", "line 1, column 2: expected a name after %, got the end of the text"),
        ("some", "line 1, column 5: expected '(': some has a payload, got the end of the text"),
        ("none(1)", "line 1, column 1: none has no payload"),
        ("a()", "line 1, column 3: expected a value, got ')'"),
        ("a(1", "line 1, column 4: expected ')', got the end of the text"),
        ("01", "line 1, column 1: a number can't begin with 0"),
        ("-", "line 1, column 2: expected a digit, got the end of the text"),
        ("1.", "line 1, column 1: '1.' is not a number"),
        ("12ab", "line 1, column 1: '12a' is not a number"),
        ("1e999", "line 1, column 1: the number is out of range; infinity is written inf"),
        ("18446744073709551616", "line 1, column 1: the integer 18446744073709551616 does not fit into 64 bits"),
        ("-9223372036854775809", "line 1, column 1: the integer -9223372036854775809 does not fit into 64 bits"),
        ("9" * 400, f"line 1, column 1: the integer {'9' * 40} does not fit into 64 bits"),
        ("'ab'", "line 1, column 1: a char holds exactly one character; a string is written in double quotes"),
        ("''", "line 1, column 2: expected a character, got '''"),
        ('"abc', "line 1, column 1: the string has no end"),
        ('"a\nb"', 'line 1, column 3: a string ends on its line; one of several lines begins and ends with """'),
        (r'"\q"', "line 1, column 3: expected one of t n r ' \" \\ or u{...} after \\, got 'q'"),
        (r'"\u{d800}"', "line 1, column 2: \\u{d800} is not a character"),
        (r'"\u{110000}"', "line 1, column 2: \\u{110000} is not a character"),
        (r'"\u{' + "0" * 1000 + '}"', "line 1, column 2: \\u{" + "0" * 16 + "} is not a character"),
        ('"""x"""', "line 1, column 4: expected a line break after the opening \"\"\", got 'x'"),
        ('"""\n  a', 'line 1, column 1: the string has no closing """'),
        ('"""\na"""', 'line 2, column 2: only spaces may stand before the closing """ on its line'),
        ("[" * 100_000, "line 1, column 130: the text is nested deeper than 128 levels"),
        ("a(" * 100_000, "line 1, column 259: the text is nested deeper than 128 levels"),
        ("{a:" * 100_000, "line 1, column 388: the text is nested deeper than 128 levels"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    """Line and column count characters from 1."""
    assert read(text) == "wit.decode: " + message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("123", 123), ("-9", -9), ("3.14", 3.14), ("6.022e+23", 6.022e23), ("nan", "nan"), ("-inf", "-inf"), ("'x'", "x"),
        (r"'\u{0}'", "\0"), (r'"abc\t123"', "abc\t123"), ('("abc", 123)', ["abc", 123]), ("(123, \"abc\",)", [123, "abc"]),
        ("[]", []), ("['a', 'b', 'c']", ["a", "b", "c"]), ('{field-a: 1, field-b: "two"}', {"field-a": 1, "field-b": "two"}),
        ("{must-have: 123}", {"must-have": 123}), ("{must-have: 123, optional: none,}", {"must-have": 123, "optional": None}), ("{:}", []),
        ("days(30)", {"days": 30}), ("forever", "forever"), ("empty", "empty"), ("body([79, 75])", {"body": [79, 75]}),
        ('%err("oops")', {"err": "oops"}), ("south", "south"), ("%ok", "ok"), ("not-found", "not-found"), ('"flat some"', "flat some"),
        ('some("explicit some")', {"some!": "explicit some"}), ("none", None), ('ok("explicit ok")', {"ok": "explicit ok"}),
        ('err("oops")', {"err": "oops"}), ("ok", {"ok": True}), ("err", {"err": True}), ("{read, write}", {"read": True, "write": True}),
        ("{write, read,}", {"read": True, "write": True}), ("method-GET", "method-GET"), ("%non-keyword", "non-keyword"),
        ('"""\nA single line\n"""', "A single line"),
        ('"""\n    Indentation determined\n      by ending delimiter\n  """', "  Indentation determined\n    by ending delimiter"),
        (
            '"""\n  Must escape carriage return at end of line: \\r\n  Must break up double quote triplets: ""\\""\n  """',
            'Must escape carriage return at end of line: \r\nMust break up double quote triplets: """"',
        ),
    ],
)  # fmt: skip
def test_the_examples_of_the_format(text: str, value: Any) -> None:
    """What WAVE's own description shows, wasm-wave's README, means what is said there."""
    assert read(text) == value


def test_text_that_is_not_utf8_is_refused() -> None:
    """Bytes that are not characters are named with their place."""
    assert READ(b'"\xc3\xa9\xff"') == b"wit.decode: line 1, column 3: the text is not UTF-8"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("nil", "none"),
        ("wit.none", "none"),
        ("wit.some(wit.none)", "some(none)"),
        ("{1, 2.5, -0.0, 2^53, 1e300, 1/0, -1/0, 0/0}", "[1, 2.5, -0.0, 9007199254740992, 1e+300, inf, -inf, nan]"),
        ("2^60", "1.152921504606847e+18"),
        ("18446744073709551615ULL", "18446744073709551615"),
        (r"'\0\9\"\\é\127'", r'"\u{0}\t\"\\é\u{7f}"'),
        ("{}", "[]"),
        ("{b = true, a_b = {1}}", "{a-b: [1], b: true}"),
        ("{none = 1, x = 2}", "{%none: 1, x: 2}"),
        ("{ok = 1}", "ok(1)"),
        ("wit.map {[10] = {}, [-2] = 'a', [9] = 1, [-10] = 1}", '[(-10, 1), (-2, "a"), (9, 1), (10, [])]'),
        ("wit.map {b = 1, ['a b'] = {wit.map {[true] = 1}}}", '[("a b", [[(true, 1)]]), ("b", 1)]'),
        ("{err = {1}}", "err([1])"),
        ("{ok = 1, err = 2}", "{%err: 2, %ok: 1}"),
        ("{a = {1, print}}", "wit.encode: a[2]: a function has no form in WAVE"),
        ("{1, nil, 3}",
         "wit.encode: a table with holes (2 elements, the last at 3) has no form in WAVE; write wit.none for an absent element"),
        ("{a_b = 1, ['a-b'] = 2}", "wit.encode: two fields are named 'a-b'"),
        ("{['a b'] = 1}", 'wit.encode: ["a b"]: \'a b\' can\'t be the name of a field in WAVE'),
        ("{x = '\\255'}", "wit.encode: x: a string that is not UTF-8 has no form in WAVE"),
        ("(function() local t = {} t.x = {t} return t end)()", "wit.encode: x[1]: the value contains itself"),
        ("(function() local t = 1 for _ = 1, 1e5 do t = wit.some(t) end return t end)()", "nested deeper than 128 levels"),
    ],
)  # fmt: skip
def test_encode(expression: str, expected: str) -> None:
    """Each value has one text, or an error that names the place."""
    answer = LUA.execute(f"local t, e = wit.encode({expression}) return t or e:message()".encode()).decode()
    assert answer == expected or (expected.startswith("nested") and answer.endswith(expected))


def test_misuse_raises_at_the_caller() -> None:
    """A wrong call is blamed on the line that makes it."""
    ok, raised = LUA.execute(b"return pcall(loadstring('local x = wit.decode(nil) return x', '@s.lua'))")
    assert (ok, raised) == (False, b"s.lua:1: wit.decode: expected a string, got nil")


def test_none_can_not_be_changed() -> None:
    """Nothing can be put into wit.none or its metatable."""
    assert LUA.execute(b"return pcall(function() wit.none.x = 1 end)")[0] is False
    assert LUA.execute(b"return pcall(setmetatable, wit.none, {})")[0] is False
    assert LUA.execute(b"return tostring(wit.none), tostring(wit.some(wit.some(1)))") == (b"none", b"some(some(1))")


characters = st.characters(exclude_categories=["Cs"])
labels = st.from_regex(r"\A[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}\Z")
KEYWORDS = {"true", "false", "inf", "nan", "none", "some", "ok", "err"}


def label(name: str) -> str:
    """A name in WAVE."""
    return "%" + name if name in KEYWORDS else name


def quote(text: str) -> str:
    """A string in WAVE."""
    return '"' + "".join("\\" + c if c in '"\\' else f"\\u{{{ord(c):x}}}" if ord(c) < 32 else c for c in text) + '"'


# Pairs of a text and the value it stands for, both made here.
pairs = st.recursive(
    st.integers(-(2**63), 2**64 - 1).map(lambda i: (str(i), i))
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda f: (repr(f), f))
    | st.booleans().map(lambda b: (str(b).lower(), b))
    | st.text(characters).map(lambda s: (quote(s), s))
    | labels.map(lambda s: (label(s), s)),
    lambda inner: (
        st.lists(inner).map(lambda v: ("[" + " ,".join(t for t, _ in v) + "]", [x for _, x in v]))
        | st.lists(inner, min_size=1).map(lambda v: ("(" + ", ".join(t for t, _ in v) + ",)", [x for _, x in v]))
        | st.dictionaries(labels, inner, min_size=1).map(
            lambda d: ("{" + ", ".join(f"{label(k)} :{t}" for k, (t, _) in d.items()) + "}", {k: x for k, (_, x) in d.items()}))
        | inner.map(lambda v: (f"some({v[0]})", {"some!": v[1]}))
        | st.tuples(labels, inner).map(lambda v: (f"{label(v[0])}({v[1][0]})", {v[0]: v[1][1]}))
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(pairs)
def test_random_values_are_read_and_survive_writing(pair: tuple[str, Any]) -> None:
    """A text made in Python is read as what it stands for, and so is what `encode` makes of that."""
    text, value = pair
    assert read(text) == value
    assert read(bytes(REWRITE(text.encode())).decode()) == value


SCRAPS = [*"[](){}:,'\"\\%-.0159aZ \n/", '"""', "//", "some", "none", "ok", "true", "inf", "\\u{", "e+", "é", "ab-c"]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(SCRAPS), max_size=15).map("".join))
def test_scraps_are_a_value_or_an_error_with_a_place(text: str) -> None:
    """Whatever is decoded is a value that can be written again, or our error."""
    answer = bytes(READ(text.encode())).decode()
    if answer.startswith("wit.decode"):
        assert answer.startswith("wit.decode: line ")
    else:
        # A NaN is not equal to itself, but its text is.
        assert bytes(READ(REWRITE(text.encode()))).decode() == answer
