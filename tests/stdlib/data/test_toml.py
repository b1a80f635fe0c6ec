"""The module toml, which Python reads for it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.values import buffer
from moonwit.stdlib.tasks import tasks
from moonwit.stdlib.tasks.problem import DataProblem
from moonwit.stdlib.tasks.toml import decode


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", []),
        ("a = 1\nb.c = 'x'", {b"a": 1, b"b": {b"c": b"x"}}),
        ("a = [1, [], {}]", {b"a": [1, [], []]}),
        ("a = 0x1F", {b"a": 31}),
        ("a = 1979-05-27T07:32:00Z", {b"a": b"1979-05-27T07:32:00Z"}),
        ("a = 1979-05-27T00:32:00.5-07:00", {b"a": b"1979-05-27T00:32:00.500000-07:00"}),
        ("a = 1979-05-27", {b"a": b"1979-05-27"}),
        ("a = 07:32:00", {b"a": b"07:32:00"}),
        ("a = inf", {b"a": float("inf")}),
        ("a = -9223372036854775808", {b"a": -(2**63)}),
        ("[[a]]\nb = 1\n[[a]]", {b"a": [{b"b": 1}, []]}),
        ("\ufeffa = 1", {b"a": 1}),
    ],
)
def test_what_toml_stands_for(source: str, value: Any) -> None:
    """Tables, arrays, numbers; dates and times are text."""
    assert decode(source.encode()) == value


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (b"a = ", "at the end: this is not TOML: invalid value"),
        (b"a = 1\na = 2", "at the end: this is not TOML: cannot overwrite a value"),
        (b"a = 1\n[b\n", "line 2, column 3: this is not TOML: expected ']' at the end of a table declaration"),
        (b"a = \xff", "line 1, column 5: the text is not UTF-8"),
        (b"a = 9223372036854775808", "the number 9223372036854775808 does not fit into 64 bits"),
        (b"a = 1" + b"0" * 5000, "this is not TOML: Exceeds the limit (4300 digits) for integer string conversion: value has 5001 digits"),
        (b"a = 2001-02-30", "line 1, column 5: this is not TOML: invalid date or datetime"),
    ],
)
def test_what_is_wrong_is_told(source: bytes, sentence: str) -> None:
    """Mistakes name line and column where there is one."""
    with pytest.raises(DataProblem) as problem:
        decode(source)
    assert problem.value.message == sentence


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from(list("[]{}=.,\"'#\n\t ab1-:TZ_e+")), max_size=40).map(lambda c: "".join(c).encode())
)
def test_any_bytes_give_a_value_or_a_problem(source: bytes) -> None:
    """No text makes the reader fail in another way; Python takes what it takes."""
    answer = buffer.decode_all(tasks.run(b"toml.decode", buffer.encode(source)))
    assert answer[0] is True or (answer[1] == b"Invalid" and answer[2].startswith(b"toml.decode: ")), answer
    try:
        tomllib.loads(source.decode())
    except (ValueError, RecursionError):
        assert answer[0] is False
    else:
        assert answer[0] is True or b"64 bits" in answer[2]
