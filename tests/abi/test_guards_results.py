"""What a guest gives back is checked at the exact edge: the last address that fits, the first that does not, with answers known by hand.

The standard is CanonicalABI.md, "Loading" and "Flat Lifting". Random attacks sample edges too thinly to hold them.
"""

from __future__ import annotations

import pytest

from tests.abi.conftest import State
from tests.abi.hostile import OPTIONS, Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)

END = 65536  # the memory has one page
REALLOC = '(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))'
# The guest returns the address of a pair (pointer, length) that it is given, an address itself, or 64 bits that it has stored.
CORE = wat("core", REALLOC=REALLOC)
PARAMS = {
    "pair": '(param "at" u32) (param "count" u32)',
    "area": '(param "at" u32)',
    "kept": '(param "bits" u64)',
    "listed": '(param "bits" u64)',
}

CALL = lua("call")


class Results:
    """Functions by name: which core function gives the result, and the WIT type that it is lifted as."""

    def __init__(self, opened: Opened, functions: dict[str, tuple[str, str]], pages: int = 1, types: str = "") -> None:
        lifts = "".join(
            f'(func (export "{name}") {PARAMS[core]} (result {type}) (canon lift (core func $i "{core}") {OPTIONS}))'
            for name, (core, type) in functions.items()
        )
        entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}, results: table" for name in functions]
        self.state: State = opened(entries, {"guest.wat": guest(CORE.replace("PAGES", str(pages)), types + lifts)})
        self._call = self.state.run(CALL)

    def __call__(self, name: str, *arguments: int) -> str:
        """Gives the value as text, its count where it is long, or what the guest broke."""
        given = [self.state.run(f"return {each}ULL") if each > 2**53 else each for each in arguments]
        count, text = self._call(f"t:{name}".encode(), *given)
        if count is None:
            before, broke, what = text.decode().partition(": the guest broke the canonical ABI: ")
            assert broke and before == name, text
            return str(what)
        return f"{count} elements" if count else str(text.decode())


OUTSIDE, AREA = "the result is a list outside the guest's memory", "the result is outside the guest's memory"
UNALIGNED = "the result is a list at an address that is not a multiple of"
UNALIGNED_AREA = "the result is at an address that is not a multiple of"
TEXT, OCTETS = "the result has a string outside the guest's memory", "the result has a list outside the guest's memory"
ELEMENTS = {   # size and alignment of an element, by its type
    "bool": (1, 1), "s8": (1, 1), "u16": (2, 2), "s16": (2, 2), "u32": (4, 4), "s32": (4, 4), "f32": (4, 4), "char": (4, 4), "u64": (8, 8),
    "s64": (8, 8), "f64": (8, 8), "string": (8, 4), "(list u8)": (8, 4), "(tuple u8 u8)": (2, 1), "(tuple u8 u16)": (4, 2),
    "(tuple u64 u8)": (16, 8), "(option u32)": (8, 4), "(result u8)": (2, 1), "(option bool)": (2, 1),
}  # fmt: skip


def test_lists_at_the_end_of_memory(opened: Opened) -> None:
    """A list ends at the last byte at the latest and begins at a multiple of its alignment, an empty one too."""
    names = {f"l{number}": type for number, type in enumerate(ELEMENTS)}
    call = Results(opened, {name: ("pair", f"(list {type})") for name, type in names.items()})
    for name, type in names.items():
        size, align = ELEMENTS[type]
        for count in (1, 2, 3):
            last = END - count * size
            assert call(name, last, count) == f"{count} elements", (type, count)
            assert call(name, last + align, count) == OUTSIDE, (type, count)
            assert call(name, last, count + 1) == OUTSIDE, (type, count)
            # What is both is said to be outside.
            assert call(name, last + 1, count) == OUTSIDE, (type, count)
        for at in range(1024, 1024 + 2 * align):
            fits = at % align == 0
            assert call(name, at, 2) == ("2 elements" if fits else f"{UNALIGNED} {align}"), (type, at)
            assert call(name, at, 0) == ("{}" if fits else f"{UNALIGNED} {align}"), (type, at)
        assert call(name, END, 0) == "{}"
        assert call(name, 0, 0) == "{}"
        # 2^32 - 16 + 16 bytes end at address 0 where a sum has only 32 bits.
        for at, count in (
            (END + align, 0),
            (2**32 - 16, 0),
            (2**32 - 16, 16 // size),
            (0, END // size + 1),
            (0, 2**32 - 1),
            (16, 2**32 // size - 1),
        ):
            assert call(name, at, count) == OUTSIDE, (type, at, count)


@pytest.mark.parametrize(("type", "wrong"), [("string", TEXT), ("(list u8)", OCTETS)])
def test_strings_and_bytes_at_the_end_of_memory(opened: Opened, type: str, wrong: str) -> None:
    """They end at the last byte at the latest; the address of an empty one lies in the memory or at its end. Alone and in a list."""
    call = Results(
        opened, {"one": ("pair", type), "many": ("pair", f"(list {type})"), "inner": ("kept", type), "listed": ("listed", f"(list {type})")}
    )
    for at, count in ((0, 0), (1, 0), (END, 0), (END - 1, 0)):
        assert call("one", at, count) == ""
        assert call("listed", at | count << 32) == "1 elements"
    for at, count in ((END - 1, 1), (END - 2, 2), (END - 9, 9), (END - 40, 40), (0, END)):
        assert call("one", at, count) == f"{count} elements"
        assert call("inner", at | count << 32) == f"{count} elements"
    beyond = [(END + 1, 0), (0x7FFFFFFF, 0), (2**32 - 1, 0), (END, 1), (END - 1, 2), (END - 8, 9), (END - 39, 40), (0, END + 1), (1, END)]
    for at, count in [*beyond, (2**32 - 1, 1), (2**32 - 16, 17), (0, 2**32 - 1), (1, 2**32 - 1)]:
        assert call("one", at, count) == wrong, (at, count)
        assert call("listed", at | count << 32) == wrong, (at, count)


AREAS = {   # type: size and alignment
    "(tuple u8 u8)": (2, 1), "(tuple u16 u8)": (4, 2), "(tuple u32 u32)": (8, 4), "(tuple u64 u8)": (16, 8), "(tuple f32 u8)": (8, 4),
    "(option u8)": (2, 1), "(option u64)": (16, 8), "(result u32)": (8, 4), "(result string)": (12, 4),
    "(tuple u8 u8 u8)": (3, 1),
}  # fmt: skip


def test_the_result_lies_in_memory(opened: Opened) -> None:
    """A result in memory ends at the last byte at the latest and is aligned."""
    names = {f"a{number}": type for number, type in enumerate(AREAS)}
    call = Results(opened, {**{name: ("area", type) for name, type in names.items()}, "s": ("area", "string"), "l": ("area", "(list u32)")})
    for name, (size, align) in zip([*names, "s", "l"], [*AREAS.values(), (8, 4), (8, 4)], strict=True):
        last = (END - size) // align * align
        for at in range(last - 2 * align, END + 2):
            outside = at > END - size
            assert (call(name, at) == AREA) == outside, (name, at)
            assert (call(name, at) == f"{UNALIGNED_AREA} {align}") == (not outside and at % align != 0), (name, at)
        for at in range(1024, 1024 + 2 * align):
            assert (call(name, at) == f"{UNALIGNED_AREA} {align}") == (at % align != 0), (name, at)
        for at in (END, 2**31, 2**32 - align, 2**32 - size, 2**32 - 8, 2**32 - 1):
            assert call(name, at) == AREA, (name, at)


def test_nothing_is_longer_than_the_standard_allows(opened: Opened) -> None:
    """Strings and lists have at most 2^28 - 1 bytes, even where the memory is larger; what a result may take is looked at after that."""
    types = {"text": "string", "octets": "(list u8)", "bools": "(list bool)", "words": "(list u32)", "pairs": "(list (tuple u64 u8))"}
    call = Results(opened, {name: ("pair", type) for name, type in types.items()}, pages=4097)
    call.state.run("require('lua.abi.generate').MOST_RESULT_BYTES = 1000")
    too_much = "the result takes more memory than a value may"
    for name, kind, size in (
        ("text", "has a string", 1),
        ("octets", "has a list", 1),
        ("bools", "is a list", 1),
        ("words", "is a list", 4),
        ("pairs", "is a list", 16),
    ):
        assert call(name, 0, (2**28 - 1) // size) == too_much
        assert call(name, 0, 2**28 // size) == f"the result {kind} that is longer than any may be"


# What one element takes of Lua's memory, about: 8 bytes in the table that holds it, and what is made for it. A table with names takes 48
# bytes and 24 for each of 2^n places.
COSTS = {
    "u16": 8, "bool": 8, "f32": 8, "f64": 8, "char": 8, "u64": 32, "s64": 32, "string": 56, "(list u16)": 56, "(option u16)": 8,
    "(option string)": 56, "(option (option u16))": 72, "(tuple u16)": 64, "(tuple u16 u64)": 96, "(result u16)": 80,
    "(result string)": 128, "$one": 80, "$three": 152, "$four": 200, "$five": 248, "$two-flags": 104, "$shape": 104,
}  # fmt: skip
TYPES = wat("types")


def test_what_a_result_takes_is_counted(opened: Opened) -> None:
    """A result takes as much memory as it may, and not a byte more; elements cost what they are made of, strings and bytes their length."""
    names = {f"c{number}": type for number, type in enumerate(COSTS)}
    functions = {f"{name}-{way}": ("pair", f"(list {type})") for name, type in names.items() for way in ("fits", "over")}
    flat = {f"{name}-{way}": ("pair", type) for name, type in (("text", "string"), ("octets", "(list u8)")) for way in ("fits", "over")}
    call = Results(opened, {**functions, **flat}, types=TYPES)
    for name, type in [*names.items(), ("text", None), ("octets", None)]:
        cost = 100 if type is None else 7 * COSTS[type]
        count = 100 if type is None else 7
        for way, most in (("fits", cost), ("over", cost - 1)):
            call.state.run(f"require('lua.abi.generate').MOST_RESULT_BYTES = {most}")
            right = f"{count} elements" if way == "fits" else "the result takes more memory than a value may"
            assert call(f"{name}-{way}", 1024, count) == right, (type, way)


def test_a_result_may_take_a_gigabyte(opened: Opened) -> None:
    """The bound itself."""
    assert opened([], {}).run("return require('lua.abi.generate').MOST_RESULT_BYTES") == 2**30


def labels(count: int, around: str = "{}") -> str:
    return " ".join(around.format(f'"c{number}"') for number in range(count))


CASE = "(case {})"


def test_discriminants(opened: Opened) -> None:
    """The last case is one, the next number is none: alone, in a record and in a list, with discriminants of one and of two bytes."""
    types = "".join(
        f"(type ${name}' {type}) (export ${name} \"{name}-t\" (type ${name}'))"
        for name, type in {
            "three": f"(enum {labels(3)})",
            "most": f"(enum {labels(256)})",
            "wide": f"(enum {labels(257)})",
            "bare": f"(variant {labels(3, CASE)})",
            "full": '(variant (case "a" u16) (case "b") (case "c" s16))',
            "wide-full": f'(variant {labels(256, CASE)} (case "last" u8))',
        }.items()
    )
    kinds = {"three": "$three", "most": "$most", "wide": "$wide", "bare": "$bare"}
    functions = {name: ("area", type) for name, type in kinds.items()}
    functions |= {f"{name}-in": ("kept", f"(tuple {type} u32)") for name, type in kinds.items()}
    functions |= {f"{name}-list": ("listed", f"(list {type})") for name, type in kinds.items()}
    functions |= {"full": ("kept", "$full"), "wide-full": ("kept", "$wide-full"), "fulls": ("listed", "(list $full)")}
    functions |= {
        "option": ("kept", "(option u8)"),
        "options": ("listed", "(list (option u8))"),
        "nested": ("kept", "(option (option u8))"),
    }
    functions |= {
        "result": ("kept", "(result u8)"),
        "results": ("listed", "(list (result u8))"),
        "empty": ("area", "(result)"),
        "empties": ("listed", "(list (result))"),
    }
    call = Results(opened, functions, types=types)
    for name, last in (("three", 2), ("most", 255), ("wide", 256), ("bare", 2)):
        kind = "variant" if name == "bare" else "enum"
        width = 2**16 if name == "wide" else 2**8
        assert call(name, last) == f"{len(f'c{last}')} elements"
        assert call(name, last + 1) == f"the result is not a case of the {kind}"
        assert call(name, 2**32 - 1) == f"the result is not a case of the {kind}"
        assert call(f"{name}-in", last) == "2 elements"
        assert call(f"{name}-list", last) == "1 elements"
        if last + 1 < width:
            assert call(f"{name}-in", last + 1) == f"the result is not a case of the {kind}"
            assert call(f"{name}-list", last + 1) == f"the result is not a case of the {kind}"
            assert call(f"{name}-in", width - 1) == f"the result is not a case of the {kind}"
    assert [call("full", number | 7 << 16) for number in range(3)] == ["{a=7}", "1 elements", "{c=7}"]
    assert call("full", 3) == call("full", 255) == call("fulls", 3) == "the result is not a case of the variant"
    assert [call("wide-full", number | 7 << 16) for number in (255, 256)] == ["4 elements", "{last=7}"]
    assert call("wide-full", 257) == call("wide-full", 65535) == "the result is not a case of the variant"
    assert [call("option", number | 7 << 8) for number in (0, 1)] == ["nil", "7"]
    assert (
        call("option", 2)
        == call("option", 255)
        == call("options", 2)
        == call("nested", 2)
        == call("nested", 2 << 8 | 1)
        == "the result is not a case of the option"
    )
    assert [call("result", number | 7 << 8) for number in (0, 1)] == ["{ok=7}", "{err=true}"]
    assert call("result", 2) == call("result", 255) == call("results", 2) == "the result is not a case of the result"
    assert [call("empty", number) for number in (0, 1, 2, 2**32 - 1)] == [
        "{ok=true}",
        "{err=true}",
        *["the result is not a case of the result"] * 2,
    ]
    assert call("empties", 1) == "1 elements"
    assert call("empties", 2) == "the result is not a case of the result"


def test_characters(opened: Opened) -> None:
    """A char is below 0xD800 or from 0xE000 to 0x10FFFF."""
    call = Results(opened, {"one": ("area", "char"), "many": ("listed", "(list char)")})
    for code in (0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF):
        assert call("one", code) == f"{len(chr(code).encode())} elements", hex(code)
        assert call.state.run("return (require('lua.calls.calls').call('t:one', ...))", code) == chr(code).encode()
        assert call("many", code) == "1 elements"
    for code in (0xD800, 0xD801, 0xDBFF, 0xDC00, 0xDFFE, 0xDFFF, 0x110000, 0x110001, 0x80000000, 0xFFFFFFFF):
        assert call("one", code) == call("many", code) == "the result is not a character", hex(code)


def test_a_result_type_as_two_values(opened: Opened) -> None:
    """Where a function's result is given as value and error, its discriminant is checked all the same."""
    text = guest(CORE.replace("PAGES", "1"), "".join(
        f'(func (export "{name}") (param "v" {param}) (result {type}) (canon lift (core func $i "{core}") {OPTIONS}))'
        for name, core, param, type in (("flat", "area", "u32", "(result)"), ("kept", "kept", "u64", "(result u8 (error u8))"))
    ))  # fmt: skip
    state = opened(
        [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}" for name in ("flat", "kept")], {"guest.wat": text}
    )
    call = state.run("""local calls = require 'lua.calls.calls'
      return function(id, v) local value, err = calls.call(id, v) return tostring(value) .. ' ' .. (err and err:message() or 'none') end""")
    assert call(b"t:flat", 0) == b"nil none"
    assert b"canonical ABI" not in call(b"t:flat", 1) and call(b"t:flat", 1) != b"nil none"
    for number in (2, 3, 2**32 - 1):
        assert call(b"t:flat", number).endswith(b": the result is not a case of the result")
    assert call(b"t:kept", 0 | 7 << 8) == b"7 none"
    assert call(b"t:kept", 1 | 7 << 8).startswith(b"nil ") and b"canonical ABI" not in call(b"t:kept", 1 | 7 << 8)
    for number in (2, 255):
        assert call(b"t:kept", number).endswith(b": the result is not a case of the result")


def test_an_empty_string_or_list_outside_memory(opened: Opened) -> None:
    """It is refused at the first address beyond the memory and where it is not aligned; a good one is taken."""
    functions = {"text": "string", "words": "(list u32)"}
    lifts = "".join(
        f'(func (export "{name}") {PARAMS["pair"]} (result {type}) (canon lift (core func $i "pair") {OPTIONS}))'
        for name, type in functions.items()
    )
    fields = "kind: function.wat, source: file://guest.wat"
    state = opened(
        [f"name: {name}, {fields}, method: {name}" for name in functions], {"guest.wat": guest(CORE.replace("PAGES", "1"), lifts)}
    )
    call = state.run("""local calls = require 'lua.calls.calls'
      return function(id, at) local value, problem = calls.call(id, at, 0) return value and #value or problem:kind() end""")
    for name, good, bad in (("text", (0, 1, END), (END + 1, 0x7FFFFFFF)), ("words", (0, 4, END), (END + 4, 1, 2, 3, 0x7FFFFFFC))):
        for at in good:
            assert call(f"t:{name}".encode(), at) == 0, (name, at)
        for at in bad:
            assert call(f"t:{name}".encode(), at) == b"Internal", (name, at)
