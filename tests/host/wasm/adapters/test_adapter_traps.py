"""What an adapter refuses, each at its exact edge: the last value that passes, and the first that is a trap, with the trap's name."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from moonwit.host.wasm.adapters import Options
from moonwit.host.wasm.adapters.adapter import adapter
from moonwit.host.wasm.adapters.routines import DOES, GIVES
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters.edge import PAGE, Edge, function, options, problem

P = wit.Primitive
STRING = P("string")
UNIT = {"utf8": 1, "utf16": 2, "latin1+utf16": 1}
WIDTHS = pytest.mark.parametrize("memory64", [False, True], ids=["32", "64"])


def passes(edge: Edge, *arguments: int) -> str:
    """Gives the name of the trap, and makes the edge as new."""
    found = problem(lambda: edge.call(list(arguments)))
    for side in (edge.caller, edge.callee):
        side.set("flags", 1)
        side.set("next", 16)
    return found


@WIDTHS
@pytest.mark.parametrize("encoding", UNIT)
def test_a_string_ends_with_the_memory(encoding, memory64):
    """A string may end with the last byte of the memory, and not one later; an empty one must lie there too."""
    edge = Edge(function([STRING]), options(encoding, memory64))
    assert passes(edge, PAGE - 8, 8 // UNIT[encoding]) == "no trap"
    assert passes(edge, PAGE - 8, 8 // UNIT[encoding] + 1) == "caller_string_out_of_bounds"
    assert passes(edge, PAGE, 0) == "no trap"
    assert passes(edge, PAGE + 2, 0) == "caller_string_out_of_bounds"
    assert passes(edge, 2**32 - 2, 2) == "caller_string_out_of_bounds"


def test_addresses_of_64_bits_do_not_wrap():
    """An address and a length whose sum has more than 64 bits are out of bounds."""
    edge = Edge(function([STRING, wit.List(P("u64"))]), options(memory64=True))
    assert passes(edge, 2**64 - 1, 2, 16, 0) == "caller_string_out_of_bounds"
    assert passes(edge, 16, 0, 2**64 - 8, 1) == "caller_list_out_of_bounds"
    assert passes(edge, 16, 0, 16, 2**61) == "caller_too_long"


@pytest.mark.parametrize("caller, callee", list(itertools.product(UNIT, repeat=2)))
def test_values_at_the_end_of_4_gib(caller, callee):
    """Strings and lists may end with the last byte that an address of 32 bits can have; the address behind it would be 0."""
    edge = Edge(function([STRING, wit.List(P("bool"))]), options(caller), options(callee), caller_pages=65536)
    for text in ("a" * 24, "aé" * 12, "aé日" * 8):
        data = text.encode({"utf8": "utf-8"}.get(caller, "utf-16-le"))
        length = len(data) if caller == "utf8" else len(data) // 2 | (0x80000000 if caller == "latin1+utf16" else 0)
        edge.caller.memory.write(edge.store, data, 2**32 - len(data))
        edge.caller.memory.write(edge.store, b"\x02\x00", 2**32 - 2 - len(data))
        assert passes(edge, 2**32 - len(data), length, 2**32 - 2 - len(data), 2) == "no trap"
        at, got, flags, count = edge.callee.got()
        coded = text.encode("utf-8" if callee == "utf8" else "latin-1" if callee != "utf16" and "日" not in text else "utf-16-le")
        assert bytes(edge.callee.memory.read(edge.store, at, at + len(coded))) == coded
        assert (got & 0x7FFFFFFF) * (2 if callee == "utf16" or got >> 31 else 1) == len(coded)
        assert bytes(edge.callee.memory.read(edge.store, flags, flags + count)) == b"\x01\x00"
    edge.caller.memory.write(edge.store, b"\x02\x00\x03", 2**32 - 3)
    assert passes(edge, 16, 0, 2**32 - 3, 3) == "no trap"
    assert bytes(edge.callee.memory.read(edge.store, edge.callee.got()[2], edge.callee.got()[2] + 3)) == b"\x01\x00\x01"
    assert passes(edge, 16, 0, 2**32 - 3, 4) == "caller_list_out_of_bounds"
    assert passes(edge, 2**32 - 2, 3, 16, 0) == "caller_string_out_of_bounds"


@WIDTHS
def test_a_list_ends_with_the_memory(memory64):
    """So may a list, counted in elements."""
    edge = Edge(function([wit.List(P("u64"))]), options("utf8", memory64))
    assert passes(edge, PAGE - 16, 2) == "no trap"
    assert passes(edge, PAGE - 16, 3) == "caller_list_out_of_bounds"
    assert passes(edge, PAGE, 0) == "no trap"
    assert passes(edge, PAGE + 8, 0) == "caller_list_out_of_bounds"


@WIDTHS
@pytest.mark.parametrize(
    "type, alignment",
    [(wit.List(P("u16")), 2), (wit.List(P("char")), 4), (wit.List(wit.Tuple((P("u8"), P("f64")))), 8), (wit.Map(P("u8"), P("u32")), 4)],
)
def test_a_list_is_aligned(type, alignment, memory64):
    """The address of a list is a multiple of its elements' alignment, even where the list is empty."""
    edge = Edge(function([type]), options("utf8", memory64))
    assert passes(edge, 16, 0) == "no trap"
    for off in range(1, alignment):
        assert passes(edge, 16 + off, 0) == "caller_unaligned"


@pytest.mark.parametrize("encoding, odd", [("utf8", "no trap"), ("utf16", "caller_unaligned"), ("latin1+utf16", "caller_unaligned")])
def test_a_string_is_aligned(encoding, odd):
    """The address of a string that may be UTF-16 is even."""
    edge = Edge(function([STRING]), options(encoding))
    assert passes(edge, 16, 1) == "no trap"
    assert passes(edge, 17, 1) == odd


@pytest.mark.parametrize("encoding, most", [("utf8", 2**28 - 1), ("utf16", 2**27 - 1), ("latin1+utf16", 2**28 - 1)])
def test_a_string_is_too_long(encoding, most):
    """A string has at most 2^28 - 1 bytes, even where the memory has more."""
    edge = Edge(function([STRING]), options(encoding))
    assert passes(edge, 16, most) == "caller_string_out_of_bounds"
    assert passes(edge, 16, most + 1) == "caller_too_long"


@WIDTHS
def test_tagged_utf16_is_too_long(memory64):
    """The length of a tagged string is counted in UTF-16 code units, without its tag."""
    edge, tag = Edge(function([STRING]), options("latin1+utf16", memory64)), 1 << (63 if memory64 else 31)
    assert passes(edge, 16, tag | 2**27 - 1) == "caller_string_out_of_bounds"
    assert passes(edge, 16, tag | 2**27) == "caller_too_long"


@pytest.mark.parametrize("type, size", [(P("u8"), 1), (P("u64"), 8), (wit.Tuple((P("u8"), P("u16"), P("u8"))), 6), (STRING, 8)])
def test_a_list_is_too_long(type, size):
    """A list has at most 2^28 - 1 bytes."""
    edge = Edge(function([wit.List(type)]))
    assert passes(edge, 16, (2**28 - 1) // size) == "caller_list_out_of_bounds"
    assert passes(edge, 16, (2**28 - 1) // size + 1) == "caller_too_long"


@pytest.mark.parametrize("number", [1, 2, 255, 256, 257, 65536, 65537])
@pytest.mark.parametrize("filled", [False, True])
def test_cases_that_there_are(number, filled):
    """The last case passes, the next one is a trap: in a core value, and in memory where the discriminant has bits for it."""
    cases = tuple(wit.Case(f"c{n}", P("u8") if filled and n == 0 else None) for n in range(number))
    for type in (wit.Variant(cases), *([] if filled else [wit.Enum(tuple(case.name for case in cases))])):
        edge = Edge(function([type]))
        more = [0] * (len(edge.lowered) - 1)
        assert passes(edge, number - 1, *more) == "no trap"
        assert edge.callee.got()[0] == number - 1
        assert passes(edge, number, *more) == "caller_unknown_case"
        assert passes(edge, 2**32 - 1, *more) == "caller_unknown_case"
        edge, size = Edge(function([wit.List(type)])), 1 if number <= 256 else 2 if number <= 65536 else 4
        for value, expected in ((number - 1, "no trap"), (number, "caller_unknown_case")):
            if value < 1 << 8 * size:
                edge.caller.memory.write(edge.store, value.to_bytes(size, "little"), 32)
                assert passes(edge, 32, 1) == expected


@pytest.mark.parametrize("type", [wit.Option(P("u8")), wit.Result(None, None), wit.Result(P("u64"), STRING)])
def test_options_and_results_have_two_cases(type):
    """2 is not a case of an option or a result."""
    edge = Edge(function([type]))
    more = [0] * (len(edge.lowered) - 1)
    assert passes(edge, 1, *more) == "no trap"
    assert passes(edge, 2, *more) == "caller_unknown_case"


@pytest.mark.parametrize(
    "char, good",
    [*((char, True) for char in (0, 0xD7FF, 0xE000, 0x10FFFF)), *((char, False) for char in (0xD800, 0xDFFF, 0x110000, 2**32 - 1))],
)
def test_chars(char, good):
    """A char is a Unicode scalar value: not a surrogate, and not beyond the last plane."""
    edge = Edge(function([P("char"), wit.List(P("char"))]))
    edge.caller.memory.write(edge.store, char.to_bytes(4, "little"), 32)
    assert passes(edge, char, 16, 0) == ("no trap" if good else "caller_no_char")
    assert passes(edge, 65, 32, 1) == ("no trap" if good else "caller_no_char")


@pytest.mark.parametrize("memory64", [False, True])
def test_parameters_in_memory(memory64):
    """More than 16 core values are passed by an address, which is aligned, with all of them inside the memory."""
    edge = Edge(function([P("u64")] * 17), options("utf8", memory64))
    assert passes(edge, PAGE - 17 * 8) == "no trap"
    assert passes(edge, PAGE - 16 * 8) == "caller_out_of_bounds"
    assert passes(edge, PAGE - 17 * 8 - 4) == "caller_unaligned"


@WIDTHS
def test_result_in_memory(memory64):
    """The callee's result, and the caller's place for it, are aligned and inside of their memories."""
    edge = Edge(function([], wit.Tuple((P("u64"), P("u8")))), options("utf8", memory64), options("utf8", memory64))
    for theirs, mine, expected in [
        (PAGE - 16, PAGE - 16, "no trap"),
        (PAGE - 8, 16, "callee_out_of_bounds"),
        (20, 16, "callee_unaligned"),
        (16, PAGE - 8, "caller_out_of_bounds"),
        (16, 20, "caller_unaligned"),
    ]:
        edge.callee.give([(edge.callee.results[0], theirs)])
        assert passes(edge, mine) == expected


def test_results_are_checked():
    """What the callee returns is checked as what the caller passes is, and the trap names the callee."""
    for type, value, expected in [(P("char"), 0xD800, "no_char"), (wit.Enum(("a",)), 1, "unknown_case")]:
        edge = Edge(function([], type))
        edge.callee.give([("i32", value)])
        assert passes(edge) == f"callee_{expected}"
    edge = Edge(function([], STRING))
    edge.callee.give([("i32", 32)])
    for address, length, expected in [(PAGE, 1, "string_out_of_bounds"), (0, 2**28, "too_long"), (48, 1, "no_utf8")]:
        edge.callee.memory.write(edge.store, address.to_bytes(4, "little") + length.to_bytes(4, "little"), 32)
        edge.callee.memory.write(edge.store, b"\xff", 48)
        assert passes(edge, 64) == f"callee_{expected}"


@WIDTHS
def test_realloc_is_not_trusted(memory64):
    """What realloc returns is aligned and has room inside the memory, in the callee and in the caller."""
    edge = Edge(function([wit.List(P("u32"))], wit.List(P("u32"))), options("utf8", memory64), options("utf8", memory64))
    theirs = edge.callee.view()
    width = edge.callee.width
    theirs.data[32 : 32 + 2 * width] = (16).to_bytes(width, "little") + (2).to_bytes(width, "little")
    edge.callee.write(theirs)
    edge.callee.give([(edge.callee.results[0], 32)])
    for side, name in ((edge.callee, "callee"), (edge.caller, "caller")):
        for forged, expected in [
            (PAGE - 8, "no trap"),
            (PAGE - 4, f"{name}_realloc_out_of_bounds"),
            (2**32 - 8, f"{name}_realloc_out_of_bounds"),
            (18, f"{name}_realloc_unaligned"),
        ]:
            side.set("forged", forged)
            assert passes(edge, 16, 2, 64) == expected
        side.set("forged", -1)


def test_realloc_is_not_trusted_when_a_string_grows():
    """Neither is what it returns the second and third time, when a string needs more room, and gives some back."""
    edge = Edge(function([STRING]), options("utf16"), options("utf8"))
    edge.caller.memory.write(edge.store, "aé".encode("utf-16-le"), 32)
    for wait, most in ((0, 2), (1, 6), (2, 3)):
        for forged, expected in ((PAGE - most, "no trap"), (PAGE - most + 1, "callee_realloc_out_of_bounds")):
            edge.callee.set("forged", forged)
            edge.callee.set("wait", wait)
            # What realloc returns is the same from then on, and large enough for all if it is for the largest.
            if expected != "no trap" or wait == 2 or most == 6:
                assert passes(edge, 32, 2) == expected
    edge.callee.set("forged", -1)


def test_a_caller_that_may_not_leave():
    """A caller that is in its own realloc or post-return may not call."""
    edge = Edge(function([P("u8")]))
    assert passes(edge, 1) == "no trap"
    edge.caller.set("flags", 0)
    edge.callee.log()
    assert passes(edge, 1) == "cannot_leave_component_instance"
    assert edge.callee.log() == []


def test_the_flags_of_both():
    """While realloc and post-return run their guest may not leave, which the guests here look at; before and after it may."""
    edge = Edge(function([STRING], STRING), options(), options("utf16", post_return=True))
    assert edge.answer("back", ["there"]) == "back"
    assert [side.get("flags") for side in (edge.caller, edge.callee)] == [1, 1]
    assert [call[0] for call in edge.callee.log()] == [0, -1, -2]      # one realloc that fits, the function, its post-return
    edge = Edge(function([], P("u8")), options(), options(post_return=True))
    edge.callee.give([("i32", 513)])
    assert edge.call([]) == 1
    assert [call[0] for call in edge.callee.log()] == [-1, -2]


@pytest.mark.parametrize(
    "side, throws, expected",
    [
        ("callee", 1, "callee_throws_in_realloc"),
        ("callee", 2, "callee_throws"),
        ("callee", 3, "callee_throws_in_post_return"),
        ("caller", 1, "caller_throws_in_realloc"),
    ],
)
def test_exceptions_do_not_cross(side, throws, expected):
    """An exception that leaves a guest's function is a trap."""
    edge = Edge(function([STRING], STRING), options(), options(post_return=True))
    getattr(edge, side).set("throws", throws)
    theirs = edge.callee.view()
    theirs.data[32:40] = (16).to_bytes(4, "little") + (1).to_bytes(4, "little")
    edge.callee.write(theirs)
    edge.callee.give([("i32", 32)])
    assert passes(edge, 16, 1, 64) == expected


def test_what_must_be_given():
    """An adapter is not made where a side lacks the memory or realloc that its types need."""
    one = function([STRING], P("u8"))
    for caller, callee, what in [
        (Options(), options(), "expected a memory of the component that is the caller of a function, got none"),
        (options(), Options(memory=True), "expected a realloc function of the component that is the callee of a function, got none"),
    ]:
        with pytest.raises(Malformed, match=re.escape(what)):
            adapter(one, caller, callee)
    assert adapter(one, Options(memory=True), options())


def test_each_trap_has_a_sentence():
    """What reports traps knows the end of every name of a function that traps."""
    text = (Path(__file__).parents[4] / "lua/wasmtime/trap.lua").read_text(encoding="utf-8")
    known = set(re.findall(r"^  (\w+) = ['\"]", text, re.M))
    assert {*GIVES, *DOES, "cannot_leave_component_instance"} <= known | {"cannot_leave_component_instance"}
