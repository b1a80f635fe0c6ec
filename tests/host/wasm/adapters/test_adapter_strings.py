"""Strings through adapters: what realloc is asked for, in each pair of encodings, and every kind of text that is not valid."""

from __future__ import annotations

import itertools

import pytest

from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters.edge import PAGE, Edge, bits, function, options, problem

STRING = wit.Primitive("string")
BOTH, TAG = "latin1+utf16", 1 << 31


Sent = tuple[bytes, int, list[tuple[int, ...]]]


def sent(caller: str, callee: str, data: bytes, length: int, widths: tuple[bool, bool] = (False, False)) -> Sent:
    """Passes the bytes of a string; gives those that arrive, the length, and (old size, alignment, new size) of each realloc."""
    edge = Edge(function([STRING]), options(caller, widths[0]), options(callee, widths[1]))
    edge.caller.memory.write(edge.store, data, 32)
    edge.call([32, length])
    at, given = edge.callee.got()
    tag = 1 << (63 if widths[1] else 31)
    unit = 1 if callee == "utf8" else 2 if callee == "utf16" or given & tag else 1
    size = (given & ~tag if callee == BOTH else given) * unit
    return bytes(edge.callee.memory.read(edge.store, at, at + size)), given, [call[1:] for call in edge.callee.log() if call[0] >= 0]


# Encodings, a string, and the old size, alignment and new size of each realloc that definitions.py makes.
REALLOCS = [
    ("utf8", "utf8", "", [(0, 1, 0)]),
    ("utf8", "utf8", "aé日😀", [(0, 1, 10)]),
    ("utf16", "utf16", "aé日😀", [(0, 2, 10)]),
    ("utf8", "utf16", "", [(0, 2, 0)]),
    ("utf8", "utf16", "abc", [(0, 2, 6)]),
    ("utf8", "utf16", "aé", [(0, 2, 6), (6, 2, 4)]),
    ("utf8", "utf16", "😀", [(0, 2, 8), (8, 2, 4)]),
    ("utf16", "utf8", "", [(0, 1, 0)]),
    ("utf16", "utf8", "abc", [(0, 1, 3)]),
    ("utf16", "utf8", "aé", [(0, 1, 2), (2, 1, 6), (6, 1, 3)]),
    ("utf16", "utf8", "日", [(0, 1, 1), (1, 1, 3)]),
    ("utf16", "utf8", "😀", [(0, 1, 2), (2, 1, 6), (6, 1, 4)]),
    ("utf8", BOTH, "", [(0, 2, 0)]),
    ("utf8", BOTH, "abc", [(0, 2, 3)]),
    ("utf8", BOTH, "aé", [(0, 2, 3), (3, 2, 2)]),
    ("utf8", BOTH, "aéĀ", [(0, 2, 5), (5, 2, 10), (10, 2, 6)]),
    ("utf16", BOTH, "abc", [(0, 2, 3)]),
    ("utf16", BOTH, "aé", [(0, 2, 2)]),
    ("utf16", BOTH, "aéĀ😀", [(0, 2, 5), (5, 2, 10)]),
    (BOTH, "utf8", "abc", [(0, 1, 3)]),
    (BOTH, "utf8", "aé", [(0, 1, 2), (2, 1, 4), (4, 1, 3)]),
    (BOTH, "utf8", "éé", [(0, 1, 2), (2, 1, 4)]),
    (BOTH, "utf8", "Ā", [(0, 1, 1), (1, 1, 3), (3, 1, 2)]),
    (BOTH, "utf16", "aé", [(0, 2, 4)]),
    (BOTH, "utf16", "aĀ", [(0, 2, 4)]),
    (BOTH, BOTH, "aé", [(0, 2, 2)]),
    (BOTH, BOTH, "aĀ", [(0, 2, 4)]),
]


@pytest.mark.parametrize("widths", [(False, False), (True, True)])
@pytest.mark.parametrize("caller, callee, text, expected", REALLOCS)
def test_what_realloc_is_asked_for(caller, callee, text, expected, widths):
    """The target's realloc is asked for the best case, the worst, and what was needed, as the standard's own definition does."""
    data, length = coded(text, caller, widths[0])
    assert sent(caller, callee, data, length, widths) == (*coded(text, callee, widths[1]), expected)


def coded(text: str, encoding: str, memory64: bool) -> tuple[bytes, int]:
    """Gives a string's bytes and tagged length."""
    if encoding == "utf8":
        return text.encode(), len(text.encode())
    if encoding == BOTH and all(ord(char) < 256 for char in text):
        return text.encode("latin-1"), len(text)
    data = text.encode("utf-16-le")
    return data, len(data) // 2 | ((1 << 63 if memory64 else TAG) if encoding == BOTH else 0)


def test_tagged_text_that_is_latin1():
    """Tagged UTF-16 that holds only Latin-1 becomes that, and memory is given back."""
    assert sent(BOTH, BOTH, "aé".encode("utf-16-le"), 2 | TAG) == (b"a\xe9", 2, [(0, 2, 4), (4, 1, 2)])
    assert sent(BOTH, "utf8", "a".encode("utf-16-le"), 1 | TAG) == (b"a", 1, [(0, 1, 1)])


@pytest.mark.parametrize("before", [0, 15])
@pytest.mark.parametrize("target", ["utf8", "utf16", BOTH])
def test_invalid_utf8(target, before):
    """UTF-8 is refused exactly where Python refuses it: wrong and missing continuations, overlong forms, surrogates, too large."""
    edge = Edge(function([STRING]), options("utf8"), options(target))
    seconds = (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
    firsts = [0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF]
    tails = [b"", *(bytes([second]) for second in seconds)]
    tails += [bytes([second, third]) for second in seconds for third in (0x41, 0x80, 0xBF, 0xC0)]
    tails += [bytes([second, 0x80, fourth]) for second in seconds for fourth in (0x7F, 0x80, 0xBF)]
    head = b"x" * before
    seen = set()
    for first, tail in itertools.product(firsts, tails):
        data = head + bytes([first]) + tail
        try:
            data.decode()
            expected = "no trap"
        except UnicodeDecodeError:
            expected = "caller_no_utf8"
        edge.caller.memory.write(edge.store, data, 32)
        # What lies behind a string that lacks one byte would make it valid.
        edge.caller.memory.write(edge.store, b"\x80\0\0", 32 + len(data))
        got = problem(lambda data=data: edge.call([32, len(data)]))
        assert got == expected, data
        seen.add(got)
        edge.callee.set("flags", 1)
        edge.callee.set("next", 16)
    assert len(seen) == 2


@pytest.mark.parametrize("source", ["utf16", BOTH])
@pytest.mark.parametrize("target", ["utf8", "utf16", BOTH])
def test_invalid_utf16(source, target):
    """A surrogate without its other half is refused, wherever it stands."""
    edge = Edge(function([STRING]), options(source), options(target))
    units = (0x41, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000)
    for before, tail in itertools.product((0, 1, 7, 8, 9), [*itertools.product(units), *itertools.product(units, units)]):
        data = b"x\0" * before + b"".join(unit.to_bytes(2, "little") for unit in tail)
        try:
            data.decode("utf-16-le")
            expected = "no trap"
        except UnicodeDecodeError:
            expected = "caller_no_utf16"
        edge.caller.memory.write(edge.store, data, 32)
        edge.caller.memory.write(edge.store, (0xDC00).to_bytes(2, "little"), 32 + len(data))
        length = len(data) // 2 | (TAG if source == BOTH else 0)
        assert problem(lambda length=length: edge.call([32, length])) == expected, data
        edge.callee.set("flags", 1)
        edge.callee.set("next", 16)


CHARS = ["a", "é", "ÿ", "Ā", "߿", "ࠀ", "日", "\ud7ff", "\ue000", "\uffff", "😀", "\U0010ffff"]


@pytest.mark.parametrize("callee", ["utf8", "utf16", BOTH])
@pytest.mark.parametrize("caller", ["utf8", "utf16", BOTH])
def test_text_of_every_length(caller, callee):
    """Each kind of character arrives behind ASCII of any length, because copying loops take sixteen, eight and one at a time."""
    edge = Edge(function([STRING]), options(caller), options(callee))
    for before, char, after in itertools.product((0, 1, 6, 7, 8, 9, 15, 16, 17, 24, 33), CHARS, ("", "b", "é", "bbbbbbbbb", "日" * 9)):
        text = "a" * before + char + after
        assert edge.send([text]) == [text]
        for side in (edge.caller, edge.callee):
            side.set("next", 16)


@pytest.mark.parametrize("caller, callee", list(itertools.product(["utf8", "utf16", BOTH], repeat=2)))
def test_a_string_up_to_the_last_byte_of_a_target(caller, callee):
    """A string is copied into memory that ends with the target's: what is written ahead is within it, else it would trap."""
    edge = Edge(function([STRING]), options(caller), options(callee), pages=1, most=1)
    for text in ("a" * 16, "a" * 24, "é" * 16, "a" * 16 + "é" * 2, "日" * 16):
        starts = [PAGE - 600]
        for _ in range(2):
            edge.callee.set("next", starts[-1])
            assert edge.send([text]) == [text]
            starts.append(PAGE - (edge.callee.get("next") - starts[-1]))
            edge.caller.set("next", 16)
        assert edge.callee.get("next") == PAGE


def test_bits_of_lengths():
    """The tag of a length is the highest bit of a 64-bit length where the target's memory has such addresses."""
    data = "Ā".encode("utf-16-le")
    assert sent("utf16", BOTH, data, 1, (False, True))[1] == bits("i64", 1 << 63 | 1)
    assert sent("utf16", BOTH, data, 1, (True, False))[1] == bits("i32", 1 << 31 | 1)
