"""Damaged components give one of our errors or a plan, quickly, and what Wasmtime still takes we still read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wasmtime import Engine, Module, WasmtimeError, wat2wasm
from wasmtime.component import Component as Reflected

from moonwit.host.wasm.binary.core import read_core
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.plan import Plan
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

FOLDER = Path(__file__).parent / "components"
BINARIES = [bytes(wat2wasm(path.read_text())) for path in sorted(FOLDER.glob("*.wat"))]
SMALL = [data for data in BINARIES if len(data) < 2000]
# What the standard has and this Wasmtime does not.
LIMITS = re.compile(r"not implemented|not supported|feature|nesting is too deep|exceeds the limit|too many")
PREAMBLE = b"\0asm\x0d\0\1\0"


def outcome(data: bytes) -> Plan | Exception:
    """Decodes and plans; only our own errors may come of it."""
    try:
        return plan_component(decode(data))
    except (Malformed, Refused) as error:
        return error


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A component with some bytes flipped, put in, taken out or cut off."""
    data = bytearray(draw(st.sampled_from(SMALL)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(8, len(data) - 1)) if len(data) > 9 else 8
        way = draw(st.sampled_from(["flip", "set", "insert", "delete", "cut"]))
        if way == "flip":
            data[place:place + 1] = bytes([data[place] ^ 1 << draw(st.integers(0, 7))]) if place < len(data) else b""
        elif way == "set":
            data[place:place + 1] = bytes([draw(st.integers(0, 255))])
        elif way == "insert":
            data[place:place] = draw(st.binary(min_size=1, max_size=4))
        elif way == "delete":
            del data[place:place + draw(st.integers(1, 4))]
        else:
            del data[place:]
    return bytes(data)


def is_in_order(found: Plan | Exception, data: bytes) -> bool:
    """Tells whether an answer is a plan or a sentence of usual length, which names no byte outside of the file."""
    if isinstance(found, Plan):
        return True
    places = [int(place) for place in re.findall(r"at byte (\d+)", str(found))]
    return 10 < len(str(found)) < 2000 and all(place <= len(data) for place in places)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_components_give_our_errors_or_a_plan(data: bytes) -> None:
    """Whatever is damaged, a plan comes out, or one of our errors with a sentence about that file."""
    assert is_in_order(outcome(data), data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_components_are_taken_as_wasmtime_takes_them(data: bytes) -> None:
    """What Wasmtime takes is not malformed and has the same exports; what it calls invalid we do not plan."""
    found, engine = outcome(data), Engine()
    try:
        reflected = Reflected(engine, data).type
    except WasmtimeError as error:
        assert not isinstance(found, Plan) or LIMITS.search(str(error)), error
        return
    assert not isinstance(found, Malformed), found
    if isinstance(found, Plan):
        # An instance in an instance stands beside it too, as an interface of its own.
        assert [name for name in decode(data).world.exports if "#" not in name] == list(reflected.exports(engine))


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(PREAMBLE)
@example(PREAMBLE + b"\x04\xff\xff\xff\xff\x0f")
@example(PREAMBLE + b"\x07\x05\xff\xff\xff\xff\x0f")
@example(PREAMBLE + b"\x07\x0c\x01\x72\x01\x01a\x80\x80\x80\x80\x80\x00")
def test_random_bytes_after_a_preamble(tail: bytes) -> None:
    """Random sections give our errors, or an empty component."""
    assert is_in_order(outcome(PREAMBLE + tail), PREAMBLE + tail)
    assert is_in_order(outcome(tail), tail)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_random_core_modules(tail: bytes) -> None:
    """Random sections of a core module give Malformed or a description, and what Wasmtime takes is described."""
    data = b"\0asm\1\0\0\0" + tail
    try:
        found = read_core(data)
    except Malformed as error:
        assert is_in_order(error, data)
        with pytest.raises(WasmtimeError):
            Module.validate(Engine(), data)
        return
    assert len(found.wanted) == len(found.imports)


@pytest.mark.parametrize("data", SMALL, ids=lambda data: str(len(data)))
def test_every_truncation_is_malformed_or_a_shorter_component(data: bytes) -> None:
    """A component cut off inside a section is malformed, and the error says at which byte."""
    malformed = 0
    for end in range(len(data)):
        found = outcome(data[:end])
        assert is_in_order(found, data)
        if isinstance(found, Malformed):
            malformed += 1
            assert "at byte " in str(found)
    assert malformed > len(data) // 2 or len(data) == 8


def nested(levels: int, section: int, body: bytes) -> bytes:
    """Puts a part into itself ``levels`` times."""
    for _ in range(levels):
        size = len(body)
        leb = bytearray()
        while True:
            leb.append(size & 0x7F | (0x80 if size > 0x7F else 0))
            size >>= 7
            if not size:
                break
        body = (PREAMBLE if section == 4 else b"") + bytes([section]) + bytes(leb) + body
    return body


def test_components_nested_too_deep_are_malformed() -> None:
    """A thousand components within each other are refused with a sentence, not with a RecursionError."""
    found = outcome(nested(1000, 4, PREAMBLE))
    assert isinstance(found, Malformed) and "deep within each other" in str(found)
    assert isinstance(outcome(nested(30, 4, PREAMBLE)), Plan)


def test_long_wrong_name_is_malformed() -> None:
    """A name of many words that is wrong at its end is refused, not tried in every possible way."""
    name = b"a" + b"-1" * 55 + b"!"
    found = outcome(PREAMBLE + b"\x0a" + bytes([len(name) + 6]) + b"\x01\x00" + bytes([len(name)]) + name + b"\x03\x01\x00")
    assert isinstance(found, Malformed) and "not the name of an import or export" in str(found)


def test_types_nested_too_deep_are_malformed() -> None:
    """So are a thousand instance types within each other."""
    body = b"\x42\x00"
    for _ in range(1000):
        body = b"\x42\x01\x01" + body
    size = len(body) + 1
    found = outcome(PREAMBLE + b"\x07" + bytes([size & 0x7F | 0x80, size >> 7]) + b"\x01" + body)
    assert isinstance(found, Malformed) and "deep within each other" in str(found)
