"""What fits a record, tuple, list, option, variant, result or enum, and in which words the rest is refused; answers by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.abi.hostile import Opened
from tests.abi.judged import judge_in


@pytest.fixture
def judge(opened: Opened) -> Any:
    return judge_in(opened([], {}))


def expect(judge: Any, types: str, values: dict[str, str | None]) -> None:
    """Each value is taken, or refused with what follows after the name of the only parameter."""
    kind = types.partition("(")[0].strip()
    for value, problem in values.items():
        path = "" if problem is None else "p1" if problem[0] == "[" else "p1." if re.match(r"[a-z-]+(\[\d+\])*: ", problem) else ""
        right = True if problem is None else f"f: parameter 1 (p1: {kind}): {path}{problem}".encode()
        assert judge(types, value) == right, (types, value)
        if problem is None:      # what fits is not blamed for what comes after it
            assert judge(f"{types}, u8", f"{value}, 256") == b"f: parameter 2 (p2: u8): 256 is out of range", (types, value)


LONG = "('x'):rep({})"


def test_sequences_in_any_order(judge: Any) -> None:
    """A sequence is one wherever its table keeps it; what else is in there is found all the same."""
    for values in ("hashed(1)", "hashed(1, 2)", "hashed(1, 2, 3, 4, 5, 6, 7)"):
        assert judge("list(u16)", values) is True
        assert judge("list(u8)", values) is True
    assert judge("list(u16)", "hashed(1, 2, 65536)") == b"f: parameter 1 (p1: list): p1[3]: 65536 is out of range"
    assert judge("list(u16)", "hashed(65536, 2, 3)") == b"f: parameter 1 (p1: list): p1[1]: 65536 is out of range"
    assert judge("tuple(u8, string, bool)", "hashed(1, 'x', true)") is True
    assert judge("tuple(u8, string, bool)", "hashed(1, 'x', 5)") == b"f: parameter 1 (p1: tuple): p1[3]: expected a boolean, got 5"
    assert judge("tuple(u8, string, bool)", "hashed(256, 'x', true)") == b"f: parameter 1 (p1: tuple): p1[1]: 256 is out of range"
    assert judge("tuple(u8, u8)", "hashed(1, 2, 3)") != judge("tuple(u8, u8)", "hashed(1, 2)")
    for names in (
        "hashed('a')",
        "hashed('a', 'b')",
        "hashed('a', 'b', 'c')",
        "hashed('a', 'b', 'c', 'd')",
        "hashed('d', 'c', 'b', 'a', 'a')",
    ):
        assert judge("flags({'a', 'b', 'c', 'd'})", names) is True
    for names in ("hashed('a', 'e')", "hashed('e', 'a', 'b', 'c')", "hashed('a', 'b', 'c', 'd', 'e')", "hashed('a', 'b', 5)"):
        assert judge("flags({'a', 'b', 'c', 'd'})", names) is not True
    for extra in ("[0]", "[1.5]", "[-1]", "[4]", ".x", "[true]"):
        for values in ("1, 2", "1", "1, 2, 3"):
            if extra == "[4]" and values == "1, 2, 3":
                continue
            text = f"(function() local t = hashed({values}) t{extra} = 3 return t end)()"
            assert judge("list(u16)", text) is not True, text
            text = f"(function() local t = hashed('a', 'b', 'c') t{extra} = 'a' return t end)()"
            assert (judge("flags({'a', 'b', 'c', 'd'})", text) is True) == (extra == "[4]"), text


def test_scalars(judge: Any) -> None:
    """A wrong kind of value is shown as it is."""
    out = {"-1": "-1 is out of range", "256": "256 is out of range", "1.5": "1.5 is not an integer", "0/0": "nan is not an integer"}
    expect(judge, "u8", {"0": None, "255": None, **out, "1/0": "inf is out of range", "-1/0": "-inf is out of range"})
    expect(
        judge,
        "u8",
        {
            "'1'": 'expected an integer, got "1"',
            "true": "expected an integer, got true",
            "{}": "expected an integer, got a table",
            "print": "expected an integer, got a function",
            "wit.none": "expected an integer, got wit.none",
            "wit.some(1)": "expected an integer, got wit.some(...)",
            "-1LL": "-1 is out of range",
            "256ULL": "256 is out of range",
            "'a\\nb'": "expected an integer, got a string of 3 bytes that is not plain text",
            "'\\255'": "expected an integer, got a string of 1 bytes that is not plain text",
            LONG.format(40): f'expected an integer, got "{"x" * 40}"',
            LONG.format(41): "expected an integer, got a string of 41 bytes",
        },
    )
    expect(
        judge,
        "s8",
        {"-128": None, "127": None, "-129": "-129 is out of range", "-129LL": "-129 is out of range", "128": "128 is out of range"},
    )
    expect(
        judge,
        "u64",
        {"2^63": None, "2^64": "1.8446744073709552e+19 is out of range", "-1": "-1 is out of range", "-1LL": "-1 is out of range"},
    )
    expect(judge, "u64", {"2^64 - 2048": None, "0.5": "0.5 is not an integer", "1e300": f"{1e300:.17g} is out of range"})
    expect(
        judge,
        "s64",
        {
            "-2^63": None,
            "2^63": "9.2233720368547758e+18 is out of range",
            "9223372036854775808ULL": "9223372036854775808 is out of range",
            "-2^63 - 2048": "-9.2233720368547779e+18 is out of range",
            "2^63 - 1024": None,
            "9223372036854775807ULL": None,
        },
    )
    expect(
        judge,
        "f64",
        {"1": None, "'1'": 'expected a number, got "1"', "1LL": "expected a number, got 1", "true": "expected a number, got true"},
    )
    expect(judge, "bool", {"false": None, "0": "expected a boolean, got 0", "'true'": 'expected a boolean, got "true"'})
    expect(
        judge,
        "char",
        {"'a'": None, "'ab'": 'expected a string of one character, got "ab"', "5": "expected a string of one character, got 5"},
    )
    utf8 = "the string is not valid UTF-8: for bytes the function needs a list<u8>"
    expect(judge, "string", {"'a'": None, "5": "expected a string, got 5", "'\\255'": utf8, "{}": "expected a string, got a table"})


def test_lists(judge: Any) -> None:
    """A sequence from 1 on without holes, each element of which fits."""
    hole = "expected a sequence, got a table with nothing at {} (write wit.none for an absent option)"
    expect(
        judge,
        "list(u16)",
        {
            "{}": None,
            "{1}": None,
            "{1, 2, 3}": None,
            "{[1] = 1}": None,
            "{[2] = 2, [1] = 1}": None,
            "{[3] = 3, [2] = 2, [1] = 1}": None,
            "{1, 'x'}": '[2]: expected an integer, got "x"',
            "{65536}": "[1]: 65536 is out of range",
            "{1, 2, 65536}": "[3]: 65536 is out of range",
            "{[2] = 70000, [1] = 1}": "[2]: 70000 is out of range",
            "{[2] = 1, [1] = 70000}": "[1]: 70000 is out of range",
            "5": "expected a sequence, got 5",
            "'ab'": 'expected a sequence, got "ab"',
            "wit.some({})": "expected a sequence, got wit.some(...)",
            "wit.none": "expected a sequence, got wit.none",
            "{x = 1}": 'expected a sequence, got a table with the key "x"',
            "{1, x = 1}": 'expected a sequence, got a table with the key "x"',
            "{1, 2, [true] = 1}": "expected a sequence, got a table with the key true",
            "{[0] = 1}": "expected a sequence, got a table with the key 0 and nothing at 1",
            "{1, [0] = 1}": "expected a sequence 1..1, got a table with the key 0",
            "{1, 2, [1.5] = 1}": "expected a sequence 1..2, got a table with the key 1.5",
            "{1, [-1] = 1}": "expected a sequence 1..1, got a table with the key -1",
            "{1, [3] = 1}": "expected a sequence 1..1, got a table with the key 3",
            "{[2] = 1}": "expected a sequence, got a table with the key 2 and nothing at 1",
        },
    )
    holed = judge("list(u16)", "{1, nil, 3}")
    assert holed in (
        f"f: parameter 1 (p1: list): {hole.format(2)}".encode(),
        b"f: parameter 1 (p1: list): expected a sequence 1..1, got a table with the key 3",
    )
    expect(
        judge,
        "list(u8)",
        {
            "''": None,
            "'\\255'": None,
            "{}": None,
            "{0, 255}": None,
            "{256}": "[1]: 256 is out of range",
            "5": "expected a string or a sequence of bytes, got 5",
            "true": "expected a string or a sequence of bytes, got true",
            "wit.some('x')": "expected a sequence, got wit.some(...)",
        },
    )
    expect(
        judge,
        "list(option(u8))",
        {"{1, wit.none}": None, "{wit.none}": None, "{wit.some(1)}": None, "{wit.some(256)}": "[1]: 256 is out of range"},
    )
    expect(judge, "list(list(u8))", {"{{1}, 'x', {}}": None, "{{1}, {2, 256}}": "[2][2]: 256 is out of range"})


def test_tuples(judge: Any) -> None:
    """Exactly as many as it says."""
    count = "expected 2 elements, got {} (write wit.none for an absent one)"
    expect(
        judge,
        "tuple(u8, string)",
        {
            "{1, 'x'}": None,
            "{[2] = 'x', [1] = 1}": None,
            "{1}": count.format(1),
            "{}": count.format(0),
            "{1, 'x', 3}": count.format(3),
            "{256, 'x'}": "[1]: 256 is out of range",
            "{1, 2}": "[2]: expected a string, got 2",
            "{[2] = 2, [1] = 1}": "[2]: expected a string, got 2",
            "{[2] = 'x', [1] = 256}": "[1]: 256 is out of range",
            "{1, 'x', y = 1}": 'expected a sequence, got a table with the key "y"',
            "{1, 'x', [0] = 1}": "expected a sequence 1..2, got a table with the key 0",
            "5": "expected a sequence, got 5",
            "wit.some({1, 'x'})": "expected a sequence, got wit.some(...)",
            "{1, y = 'x'}": 'expected a sequence, got a table with the key "y"',
        },
    )
    expect(judge, "tuple(option(u8), u8)", {"{wit.none, 1}": None, "{2, 1}": None, "{wit.none}": count.format(1)})


def test_records(judge: Any) -> None:
    """All fields but options are there, `-` may be `_`, and nothing else is."""
    record = "record({{'a-b', u8}, {'c', string}, {'d', option(u8)}})"
    expect(
        judge,
        record,
        {
            "{['a-b'] = 1, c = 'x'}": None,
            "{a_b = 1, c = 'x'}": None,
            "{a_b = 1, c = 'x', d = 2}": None,
            "{a_b = 1, c = 'x', d = wit.none}": None,
            "{c = 'x'}": 'the field "a-b" is missing',
            "{a_b = 1}": 'the field "c" is missing',
            "{}": 'the field "a-b" is missing',
            "{a_b = 256, c = 'x'}": "a-b: 256 is out of range",
            "{a_b = 1, c = 5}": "c: expected a string, got 5",
            "{a_b = 1, c = 'x', d = 256}": "d: 256 is out of range",
            "{a_b = 1, c = 'x', d = 'y'}": 'd: expected an integer, got "y"',
            "{a_b = 1, c = 'x', long = 1}": 'unknown field "long"',
            "{a_b = 1, c = 'x', d = 1, long = 1}": 'unknown field "long"',
            "{1, a_b = 1, c = 'x'}": "a record has no field 1",
            "{a_b = 1, ['a-b'] = 1, c = 'x'}": 'the field "a-b" is given twice, with "-" and with "_"',
            "5": "expected a record, got 5",
            "wit.some({a_b = 1, c = 'x'})": "expected a record, got wit.some(...)",
        },
    )
    assert (
        judge("record({{'title', string}})", "{titel = 'x'}")
        == b"f: parameter 1 (p1: record): unknown field \"titel\", did you mean 'title'?"
    )
    assert (
        judge("record({{'a', record({{'b', list(u8)}})}})", "{a = {b = {1, 256}}}")
        == b"f: parameter 1 (p1: record): p1.a.b[2]: 256 is out of range"
    )


def test_options(judge: Any) -> None:
    """Nothing, wit.none, or a value, with wit.some around it or not; one inside another needs it."""
    expect(
        judge,
        "option(u8)",
        {
            "nil": None,
            "wit.none": None,
            "1": None,
            "wit.some(1)": None,
            "wit.some(256)": "256 is out of range",
            "256": "256 is out of range",
        },
    )
    expect(
        judge,
        "option(option(u8))",
        {"wit.none": None, "wit.some(wit.none)": None, "wit.some(wit.some(1))": None, "wit.some(1)": None, "5": None},
    )
    expect(
        judge,
        "option(string)",
        {"'x'": None, "5": "expected a string, got 5", "wit.some(5)": "expected a string, got 5", "{}": "expected a string, got a table"},
    )
    expect(judge, "option(list(u8))", {"{}": None, "wit.some({1})": None, "{256}": "[1]: 256 is out of range"})


def test_variants(judge: Any) -> None:
    """The name of a case without payload, or a table with one case and its payload."""
    cases = ", ".join(f"{{'k{i}'}}" for i in range(1, 12))
    variant = "variant({{'none'}, {'one', u8}, {'two', string}, " + cases + "})"
    names = "the cases are none, one, two, k1, k2, k3, k4, k5, k6, k7, k8, k9, ..."
    one = "expected {case = payload} with exactly one case"
    expect(
        judge,
        variant,
        {
            "'none'": None,
            "'k11'": None,
            "{one = 1}": None,
            "{two = 'x'}": None,
            "{one = 256}": "one: 256 is out of range",
            "{two = 5}": "two: expected a string, got 5",
            "'one'": 'the case "one" has a payload: write {["one"] = value}',
            "{none = true}": 'the case "none" has no payload: write "none"',
            "{}": f"{one}, got an empty table",
            "{one = 1, two = 'x'}": f"{one}, got a table with several keys",
            "'zzzzz'": f'unknown case "zzzzz": {names}',
            "{zzzzz = 1}": f'unknown case "zzzzz": {names}',
            "{1}": f"unknown case 1: {names}",
            "5": "expected a case name or {case = payload}, got 5",
            "wit.some({one = 1})": "expected a case name or {case = payload}, got wit.some(...)",
        },
    )
    no_payload = 'the case "a" has no payload: write "a"'
    expect(judge, "variant({{'a'}, {'b'}})", {"'a'": None, "{a = 1}": no_payload, "{}": f"{one}, got an empty table"})
    expect(
        judge,
        "variant({{'a', u8}, {'b', u16}, {'c', u32}, {'d', string}})",
        {
            "{a = 255}": None,
            "{a = 256}": "a: 256 is out of range",
            "{b = 65535}": None,
            "{b = 65536}": "b: 65536 is out of range",
            "{c = 65536}": None,
            "{c = 4294967296}": "c: 4294967296 is out of range",
            "{d = 'x'}": None,
            "{d = 1}": "d: expected a string, got 1",
        },
    )


def test_results_and_enums(judge: Any) -> None:
    """Exactly one of ok and err; the name of a case."""
    either = "expected {ok = value} or {err = value}"
    expect(
        judge,
        "result(u8, nil)",
        {
            "{ok = 1}": None,
            "{err = true}": None,
            "{ok = 256}": "ok: 256 is out of range",
            "{err = 1}": "err: expected true, got 1: this side has no payload",
            "{err = false}": "err: expected true, got false: this side has no payload",
            "{}": f"{either}, got an empty table",
            "{ok = 1, err = true}": f"{either}, got a table with several keys",
            "{x = 1}": f'{either}, got a table with the key "x"',
            "{1}": f"{either}, got a table with the key 1",
            "5": f"{either}, got 5",
            "wit.some({ok = 1})": f"{either}, got wit.some(...)",
        },
    )
    expect(
        judge,
        "result(nil, string)",
        {
            "{ok = true}": None,
            "{err = 'x'}": None,
            "{err = 5}": "err: expected a string, got 5",
            "{ok = 1}": "ok: expected true, got 1: this side has no payload",
        },
    )
    expect(
        judge,
        "enum({'red', 'green'})",
        {
            "'red'": None,
            "'green'": None,
            "'blue'": 'unknown case "blue": the cases are red, green',
            "5": "expected a case name, got 5",
            "{red = true}": "expected a case name, got a table",
            "'gren'": "unknown case \"gren\", did you mean 'green'?: the cases are red, green",
        },
    )
    thirteen = ", ".join(f"'k{i}'" for i in range(13))
    assert judge(f"enum({{{thirteen}}})", "'zzzz'").endswith(b": the cases are k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, ...")
    twelve = ", ".join(f"'k{i}'" for i in range(12))
    assert judge(f"enum({{{twelve}}})", "'zzzz'").endswith(b": the cases are k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11")


def test_flags(judge: Any) -> None:
    """Names set to true, or a sequence of names."""
    expect(
        judge,
        "flags({'read', 'write'})",
        {
            "{}": None,
            "{read = true}": None,
            "{'read'}": None,
            "{'read', 'write'}": None,
            "{read = false}": None,
            "{'reed'}": "unknown flag \"reed\", did you mean 'read'?",
            "{reed = true}": "unknown flag \"reed\", did you mean 'read'?",
            "{read = 1}": "read: expected a boolean, got 1",
            "{'read', 5}": "unknown flag 5",
            "5": 'expected {flag = true} or {"flag"}, got 5',
            "wit.some({})": 'expected {flag = true} or {"flag"}, got wit.some(...)',
            "{[2] = 'read'}": "unknown flag 2",
            "{'read', [3] = 'read'}": "expected a sequence 1..1, got a table with the key 3",
        },
    )
