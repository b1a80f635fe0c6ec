"""The module yaml, held against PyYAML and JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.host.values.intermediate import NONE
from moonwit.lua.values import buffer
from moonwit.stdlib.tasks import tasks
from moonwit.stdlib.tasks.problem import DataProblem
from moonwit.stdlib.tasks.yaml_reader import MOST_COPIES, decode, decode_all
from moonwit.stdlib.tasks.yaml_writer import encode

text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
values = st.recursive(st.none() | st.booleans() | numbers | text, lambda v: st.lists(v) | st.dictionaries(text, v), max_leaves=30)


def model(value: Any) -> Any:
    """What a value of Python is in the intermediate model."""
    if isinstance(value, dict):
        return {key.encode(): model(each) for key, each in value.items()} or []
    if isinstance(value, list):
        return [model(each) for each in value]
    return NONE if value is None else value.encode() if isinstance(value, str) else value


def problem_of(source: bytes) -> str:
    """What is wrong with a text."""
    with pytest.raises(DataProblem) as problem:
        decode(source)
    return problem.value.message


@settings(max_examples=300, deadline=None)
@given(values)
def test_what_is_written_comes_back(value: Any) -> None:
    """Any value survives encode and decode, and what is written means the same to a reader of YAML 1.1."""
    written = encode(model(value))
    assert decode(written) == model(value)
    read = yaml.load(written, Loader=yaml.CSafeLoader)
    assert normal(read) == normal(value)


def normal(value: Any) -> Any:
    """What a value is after a way through Lua: an empty mapping is an empty list."""
    if isinstance(value, dict):
        return {key: normal(each) for key, each in value.items()} or []
    return [normal(each) for each in value] if isinstance(value, list) else value


# Line ends of YAML 1.1, which libyaml folds, and characters that YAML has only as escapes.
json_text = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | json_text,
    lambda v: st.lists(v) | st.dictionaries(json_text, v),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(json_values, st.sampled_from([None, 0, 2]))
def test_json_is_yaml(value: Any, indent: int | None) -> None:
    """What Python writes as JSON is read as the same value."""
    assert decode(json.dumps(value, indent=indent, ensure_ascii=False).encode()) == model(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("+12", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("010", 10),
        ("0b11", b"0b11"),
        ("1_000", b"1_000"),
        ("1:30", b"1:30"),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        (".", b"."),
        ("+.inf", math.inf),
        ("-.INF", -math.inf),
        ("yes", b"yes"),
        ("NULL", NONE),
        ("True", True),
        ("tRue", b"tRue"),
        ("~", NONE),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("000000000000000000000000000001", 1),
        ("2001-01-01", b"2001-01-01"),
        ("'1'", b"1"),
        ("!!str 1", b"1"),
        ("!!float 1", 1.0),
        ("!!int 0x10", 16),
        ("!local x", b"x"),
        ("!local 1", b"1"),
        ("! 1", b"1"),
        ("!!binary aGk=", b"hi"),
        ("", NONE),
        ("# only", NONE),
        ("{1: a, true: b, ~: c}", {b"1": b"a", b"true": b"b", b"~": b"c"}),
        ("[a, [], {}]", [b"a", [], []]),
        ("a:", {b"a": NONE}),
        ("&k a: 1\n? *k\n", None),
        ("- &x 1\n- *x\n- {*x : 2}", [1, 1, {b"1": 2}]),
        ("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", {b"a": {b"x": 1, b"y": 2}, b"b": {b"y": 3, b"x": 1}}),
        ("a: &a {x: 1}\nb: {<<: [*a, {x: 2, z: 3}]}", {b"a": {b"x": 1}, b"b": {b"x": 1, b"z": 3}}),
        ('"<<": 1', {b"<<": 1}),
    ],
)
def test_the_core_schema(source: str, value: Any) -> None:
    """Plain texts are what YAML 1.2 says; tags and quotes have the last word; keys are names."""
    if value is None:
        assert problem_of(source.encode()) == "line 2, column 3: the key 'a' stands twice in one mapping"
    else:
        found = decode(source.encode())
        assert (found == value and type(found) is type(value)) or (value == {} and found == [])


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a: 1\nb: [1", "line 3, column 1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: b: c", "line 1, column 5: this is not YAML: mapping values are not allowed in this context"),
        ("\ta: 1", "line 1, column 1: this is not YAML: while scanning for the next token, found character that cannot start any token"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice in one mapping"),
        ("a: *b", "line 1, column 4: `*b` refers to an anchor that is not above it"),
        ("&a [*a]", "line 1, column 5: `*a` stands inside what it refers to"),
        ("[1]: 2", "line 1, column 3: expected a plain value as the key, got a collection"),
        ("a: 1\n<<: 2", "line 2, column 5: `<<` merges mappings only"),
        ("!!int x", "line 1, column 1: `!!int` stands before what is not one"),
        ("!!binary $", "line 1, column 1: the text of `!!binary` is not base64"),
        ("1e999", "line 1, column 1: the number is out of range"),
        ("9" * 10_000, "line 1, column 1: the number is out of range"),
        ("0x" + "f" * 17, "line 1, column 1: the number does not fit into 64 bits"),
        ('"\\ud800"', "line 1, column 4: this is not YAML: while parsing a quoted scalar, found invalid Unicode character escape code"),
        ("a\x00", "line 1, column 2: the character U+0000 is not allowed in YAML: write it as an escape in double quotes"),
        ("--- 1\n--- 2\n", "the text holds more than one document: read them with yaml.decode_all"),
        ("%TAG !a! tag:a\n" * 17, "the text has more than 16 `%TAG` directives"),
        ("- " * 129 + "a", "line 1, column 257: the text is nested deeper than 128 levels"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(source: str, sentence: str) -> None:
    """Mistakes of syntax and of meaning name line and column."""
    assert problem_of(source.encode()) == sentence


def test_text_that_is_not_utf_8_is_told() -> None:
    """The place is where the first wrong byte stands."""
    assert problem_of("a: ä\nb: ö".encode() + b"\xff") == "line 2, column 5: the text is not UTF-8"
    assert decode(b"\xef\xbb\xbfa: 1") == {b"a": 1}


def test_documents_of_a_stream() -> None:
    """Each is a value of its own, with anchors of its own."""
    assert decode_all(b"--- &a 1\n---\n- 2\n...\n---\n") == [1, [2], NONE]
    assert decode_all(b"") == []
    with pytest.raises(DataProblem, match=r"\*a"):
        decode_all(b"--- &a 1\n--- *a\n")


def test_null_may_be_nil() -> None:
    """Then mappings leave it out."""
    assert decode(b"{a: ~, b: [~, 1], c: {d: null}}", True) == {b"b": [None, 1], b"c": []}
    assert decode(b"~", True) is None


def bomb(levels: int, width: int) -> bytes:
    """A few lines that stand for width ** levels values."""
    lines = ["a0: &a0 [" + ",".join("x" * width) + "]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines).encode()


def test_aliases_are_bounded() -> None:
    """A text of a line per level can't stand for billions of values."""
    assert f"aliases stand for more than {MOST_COPIES} values" in problem_of(bomb(9, 9))
    assert "nested deeper than 128 levels" in problem_of(bomb(200, 1))
    assert len(decode(bomb(4, 9))) == 4
    merges = "\n".join(["a0: &a0 {k: 1}", *(f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 9)}], k{i}: 1}}" for i in range(1, 20))])
    assert "aliases" in problem_of(merges.encode())


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=100)
    | st.lists(st.sampled_from(list("[]{}:,-?&*!|>'\"%@#~ \n\tab1.")), max_size=40).map(lambda c: "".join(c).encode())
)
def test_any_bytes_give_a_value_or_a_problem(source: bytes) -> None:
    """No text makes the reader fail in another way, and what it gives can be passed to Lua."""
    answer = buffer.decode_all(tasks.run(b"yaml.decode", buffer.encode(source)))
    assert answer[0] is True or (answer[1] == b"Invalid" and answer[2].startswith(b"yaml.decode: ")), answer


def test_the_order_of_keys() -> None:
    """Those that are named come first, at every level; the rest is sorted; texts of several lines are blocks, and nothing is folded."""
    value = {
        b"zebra": 1,
        b"alpha": {b"b": 1, b"kind": 2, b"a": [True, NONE]},
        b"name": b"test",
        b"kind": b"one\ntwo\n",
        b"long": b"a " * 100,
    }
    assert encode(value, [b"name", b"kind"]).decode() == (
        "name: test\nkind: |\n  one\n  two\nalpha:\n  kind: 2\n  a:\n  - true\n  - null\n  b: 1\nlong: '" + "a " * 100 + "'\nzebra: 1\n"
    )


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "on",
        "~",
        "null",
        "1",
        "0o17",
        "0x1f",
        "1e5",
        "1_000",
        "1:30",
        ".inf",
        "2001-01-01",
        "=",
        "<<",
        "",
        " a",
        "- a",
        "a: b",
        "#",
    ],
)
def test_texts_stay_texts(word: str) -> None:
    """What another reader would take for something else is in quotes, in both versions of YAML."""
    written = encode([word.encode()])
    assert decode(written) == [word.encode()]
    assert yaml.load(written, Loader=yaml.CSafeLoader) == [word]
