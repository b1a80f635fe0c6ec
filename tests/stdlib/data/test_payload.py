"""The module payload: one value in several formats."""

from __future__ import annotations

from collections.abc import Callable

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.values import buffer
from moonwit.stdlib.tasks import tasks
from moonwit.stdlib.tasks.msgpack import pack, unpack
from moonwit.stdlib.tasks.problem import DataProblem
from tests.texts import texts

lua, _ = texts(__file__)


def test_from_one_format_to_the_other(run: Callable[[str], str]) -> None:
    """A value goes through all formats and comes back; what a format can't hold is an error value."""
    script = lua("from_one_format_to_the_other")
    assert run(script).splitlines() == [
        "lua/any\tPayload (lua/any)",
        "json/plain\tstring\ttrue",
        "yaml/plain\tstring\ttrue",
        "application/msgpack\tstring\ttrue",
        "test",
        "golang/error\tnil",
        "payload: expected a string for text or bytes, got a table",
        "payload:transcode: 'no/such' is not a format to write",
        "json.encode: a function has no form in JSON",
        '"text"',
    ]


values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.binary(max_size=9),
    lambda v: st.lists(v, min_size=1) | st.dictionaries(st.binary(max_size=5), v, min_size=1),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(values)
def test_message_pack_comes_back(value: object) -> None:
    """Any value survives, bytes that are not text too."""
    assert unpack(pack(value)) == value
    assert unpack(msgpack.packb(value)) == value


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=40))
def test_any_bytes_give_a_value_or_a_problem(data: bytes) -> None:
    """No data makes the reader fail in another way."""
    answer = buffer.decode_all(tasks.run(b"msgpack.unpack", buffer.encode(data)))
    assert answer[0] is True or answer[1] == b"Invalid", answer


@pytest.mark.parametrize(
    "data",
    [b"\x91" * 100_000, b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff" * 10, b"\xc6\xff\xff\xff\xff", b"\x81\x01\x01", b"\xd4\x01\x01"],
)
def test_hostile_message_pack(data: bytes) -> None:
    """Depth, lengths that are not true, keys that are not names, extensions."""
    with pytest.raises((DataProblem, RecursionError)):
        unpack(data)
