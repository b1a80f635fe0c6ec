"""What a script hands over is checked at the exact edge before it reaches the guest, and what realloc gives before it is written to."""

from __future__ import annotations

from collections.abc import Iterable

from tests.abi.conftest import State
from tests.abi.hostile import OPTIONS, Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)

RANGES = {
    "u8": (0, 2**8 - 1), "s8": (-(2**7), 2**7 - 1), "u16": (0, 2**16 - 1), "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1), "s32": (-(2**31), 2**31 - 1), "u64": (0, 2**64 - 1), "s64": (-(2**63), 2**63 - 1),
}  # fmt: skip
# Gives the result as text, or nil and the sentence. Lua's own words for values keep 64-bit integers whole.
CALL = lua("call")


class Arguments:
    """Functions of one parameter, ``v``, by name; each gives back its flat core value, or with a longer text what that says."""

    def __init__(self, opened: Opened, functions: dict[str, str], core: str = "", types: str = "", results: str = "i32") -> None:
        self.state: State = opened(
            [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}" for name in functions],
            {"guest.wat": guest(core, types + "".join(functions.values()))},
        )
        self._call = self.state.run(CALL)

    def __call__(self, name: str, value: str) -> str:
        return str(self._call(name.encode(), value.encode())[1].decode("utf-8", "replace"))

    def takes(self, name: str, value: str) -> bool:
        return bool(self._call(name.encode(), value.encode())[0])


def echo(types: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Core code and lifts of functions that give back the scalar that they are given, each named as its type."""
    core, lifts = [], {}
    for type in types:
        flat = {"u64": "i64", "s64": "i64", "f32": "f32", "f64": "f64"}.get(type, "i32")
        core.append(f'(func (export "{type}") (param {flat}) (result {flat}) (local.get 0))')
        lifts[type] = f'(func (export "{type}") (param "v" {type}) (result {type}) (canon lift (core func $i "{type}")))'
    return "\n".join(core), lifts


def test_integers_at_the_edges_of_their_types(opened: Opened) -> None:
    """Each type's lowest and highest number are taken, the ones beyond are not: as numbers and as signed and unsigned cdata."""
    core, lifts = echo(RANGES)
    call = Arguments(opened, lifts, core)
    for type, (low, high) in RANGES.items():
        for value in (low - 1, low, low + 1, -1, 0, 1, high - 1, high, high + 1):
            fits = low <= value <= high
            ways = [f"{value}LL" if value != -(2**63) else "(-9223372036854775807LL - 1)"] if -(2**63) <= value < 2**63 else []
            ways += [f"{value}ULL"] if 0 <= value < 2**64 else []
            # Doubles near 2^63 and 2^64 are even.
            ways += [f"{value}"] if abs(value) <= 2**53 or value in (-(2**63), 2**63, 2**64) else []
            assert ways or not fits
            for way in ways:
                assert call.takes(type, way) == fits, (type, way, call(type, way))
                if fits:
                    assert call(type, way).removesuffix("ULL").removesuffix("LL") in (str(value), f"{value:.17g}"), (type, way)
                else:
                    assert call(type, way).endswith("is out of range"), (type, way, call(type, way))
        for value in ("0.5", "-0.5", f"{high // 2} + 0.5", "0/0"):
            if value != f"{high // 2} + 0.5" or high < 2**53:
                assert not call.takes(type, value), (type, value)
        for value in ("1/0", "-1/0", "2^64", "-2^64", "1e300", "'1'", "nil", "true", "{}", "1i", "function() end"):
            assert not call.takes(type, value), (type, value)
    # The largest doubles below 2^63 and 2^64, the smallest above -2^63, and the next after it.
    assert call("u64", "2^64 - 2048") == "18446744073709549568ULL"
    assert call("s64", "2^63 - 1024") == "9223372036854774784LL"
    assert not call.takes("s64", "-2^63 - 2048")
    # Other cdata is not an integer, whatever number it holds.
    for value in ("require('ffi').new('int32_t[1]')", "require('ffi').new('uint8_t[4]')", "require('ffi').cast('void *', 1)"):
        for type in RANGES:
            assert "expected an integer" in call(type, f"(function() local require = _G.require return {value} end)()"), (type, value)


def test_64_bit_results_are_numbers_where_that_is_exact(opened: Opened) -> None:
    """A number up to 2^53 either way, cdata from there on."""
    core, lifts = echo(["u64", "s64"])
    call = Arguments(opened, lifts, core)
    for value in (0, 2**53 - 1, 2**53):
        assert call("u64", f"{value}ULL") == call("s64", f"{value}LL") == str(value)
        assert int(call("s64", f"-{value}LL")) == -value
    for value in (2**53 + 1, 2**63 - 1):
        assert call("u64", f"{value}ULL") == f"{value}ULL"
        assert call("s64", f"{value}LL") == f"{value}LL"
        assert call("s64", f"-{value}LL") == f"-{value}LL"


def test_other_scalars_take_their_own_kind_alone(opened: Opened) -> None:
    """A bool is a boolean, a float a number."""
    core, lifts = echo(["bool", "f32", "f64"])
    call = Arguments(opened, lifts, core)
    assert [call("bool", "true"), call("bool", "false"), call("f64", "1.5"), call("f32", "1.5"), call("f64", "0/0")] == [
        "true",
        "false",
        "1.5",
        "1.5",
        "nan",
    ]
    for type, values in {
        "bool": ("1", "0", "nil", "'true'", "{}"),
        "f32": ("'1'", "true", "nil", "1LL", "{}"),
        "f64": ("'1'", "true", "nil", "1ULL"),
    }.items():
        for value in values:
            assert not call.takes(type, value), (type, value)


# What the guest's realloc gives, by alignment and size of the argument; the memory has one page.
TYPES = ("string", "(list u8)", "(list u32)", "(list u64)", "(list (tuple u8 u16))")
STRING, OCTETS, WORDS, WIDE, PAIRS = (f'(param "v" {type})' for type in TYPES)
REALLOCS: list[tuple[str, str, dict[int, bool]]] = [  # a parameter, a value, and whether it fits at each address
    (STRING, "'ab'", {65534: True, 65535: False, 65536: False, -1: False, -2: False, 1: True}),
    (STRING, "'a'", {65535: True, 65536: False, 1: True}),
    (STRING, "''", {65536: True, 65537: False, 0: True, -1: False}),
    (OCTETS, "'ab'", {65534: True, 65535: False, 1: True}),
    (OCTETS, "{1, 2}", {65534: True, 65535: False, 1: True}),
    (WORDS, "{1, 2}", {65528: True, 65532: False, 65529: False}),
    (WORDS, "{1}", {1024: True, 1025: False, 1026: False, 1027: False, 1028: True, -4: False}),
    (WORDS, "{}", {65536: True, 65540: False, 1025: False}),
    (WIDE, "{1}", {65528: True, 65532: False, 1028: False}),
    (WIDE, "{1, 2}", {65520: True, 65528: False}),
    (PAIRS, "{{1, 2}}", {65532: True, 65534: False, 1025: False, 1026: True}),
]


def test_what_realloc_gives_lies_in_memory(opened: Opened) -> None:
    """It is aligned and ends at the last byte at the latest, before anything is written there."""
    core, lifts, right = ['(memory (export "memory") 1)', '(func (export "f") (param i32 i32) (result i32) (local.get 0))'], {}, {}
    for number, (param, value, places) in enumerate(REALLOCS):
        for at, fits in places.items():
            name = f"f{number}-at{at % 2**32}"
            core.append(f'(func (export "{name}") (param i32 i32 i32 i32) (result i32) (i32.const {at}))')
            options = f'(memory (core memory $i "memory")) (realloc (core func $i "{name}"))'
            lifts[name] = f'(func (export "{name}") {param} (result u32) (canon lift (core func $i "f") {options}))'
            # These addresses lie in the memory: only their alignment may be wrong.
            what = "an address that is not aligned" if at in (1025, 1026, 1027, 1028) else "memory that it does not have"
            wrong = f"Internal {name}: the guest broke the canonical ABI: the guest's realloc gave {what}"
            right[name] = (value, str(at) if fits else wrong)
    call = Arguments(opened, lifts, "\n".join(core))
    for name, (value, answer) in right.items():
        assert call(name, value) == answer


def test_what_realloc_is_asked_for(opened: Opened) -> None:
    """Nothing is given back, the alignment is the element's, the size what is needed."""
    types = ["string", "(list u8)", "(list u32)", "(list u64)", "(list (tuple u8 u16))", "(list char)"]
    core = ['(memory (export "memory") 1) (global $asked (mut i32) (i32.const 0))']
    core.append("""(func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $asked (i32.add (i32.add (i32.mul (local.get 0) (i32.const 1000000)) (i32.mul (local.get 1) (i32.const 100000)))
       (i32.add (i32.mul (local.get 2) (i32.const 1000)) (local.get 3)))) (i32.const 1024))""")
    core.append('(func (export "f") (param i32 i32) (result i32) (global.get $asked))')
    lifts = {
        f"f{i}": f'(func (export "f{i}") (param "v" {type}) (result u32) (canon lift (core func $i "f") {OPTIONS}))'
        for i, type in enumerate(types)
    }
    call = Arguments(opened, lifts, "\n".join(core))
    values = ["'abc'", "'abcd'", "{1, 2, 3}", "{1, 2}", "{{1, 2}, {3, 4}, {5, 6}}", "{'a'}"]
    assert [call(f"f{i}", value) for i, value in enumerate(values)] == ["1003", "1004", "4012", "8016", "2012", "4004"]


def test_many_parameters_lie_in_memory(opened: Opened) -> None:
    """Sixteen flat values are handed over as they are; one more, and all of them lie in memory that realloc gives, checked as any."""
    core = ['(memory (export "memory") 1)', f'(func (export "flat") (param {"i32 " * 16}) (result i32) (local.get 15))']
    core.append('(func (export "spilled") (param i32) (result i32) (i32.load offset=64 (local.get 0)))')
    lifts = {}
    params = " ".join(f'(param "p{i}" u32)' for i in range(16))
    for at in (1024, 65536 - 68, 65536 - 64, 1026):
        core.append(f'(func (export "realloc{at}") (param i32 i32 i32 i32) (result i32) (i32.const {at}))')
        options = f'(memory (core memory $i "memory")) (realloc (core func $i "realloc{at}"))'
        lifts[f"s{at}"] = (
            f'(func (export "s{at}") {params} (param "last" u32) (result u32) (canon lift (core func $i "spilled") {options}))'
        )
    lifts["flat"] = f'(func (export "flat") {params} (result u32) (canon lift (core func $i "flat")))'
    call = Arguments(opened, lifts, "\n".join(core))
    sixteen = ", ".join(map(str, range(1, 17)))
    assert call("flat", sixteen) == "16"
    for at in (1024, 65536 - 68):
        assert call(f"s{at}", f"{sixteen}, 17") == "17"
    for at, what in ((65536 - 64, "memory that it does not have"), (1026, "an address that is not aligned")):
        assert call(f"s{at}", f"{sixteen}, 17").endswith(f"the guest's realloc gave {what}")


def test_nothing_longer_than_the_standard_allows_is_handed_over(opened: Opened) -> None:
    """The bound is 2^28 - 1 bytes. What is looked at with it is tried with a smaller one, which needs no such strings."""
    state = opened([], {})
    assert state.run("return require('lua.abi.layout').MAX_BYTES") == 2**28 - 1
    fits = state.run(lua("nothing_longer_than_the_standard_allows_is_handed_over"))
    assert fits(b"string", b"('x'):rep(15)") is True
    assert fits(b"string", b"('x'):rep(16)") == b"f: parameter 1 (v: string): a string of 16 bytes is too long"
    assert fits(b"bytes", b"('x'):rep(15)") is True
    assert fits(b"bytes", b"('x'):rep(16)") == b"f: parameter 1 (v: list): a string of 16 bytes is too long"
    assert fits(b"bytes", b"{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}") is True
    assert fits(b"bytes", b"{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}") == b"f: parameter 1 (v: list): a list of 16 elements is too long"
    assert fits(b"words", b"{1, 2, 3}") is True
    assert fits(b"words", b"{1, 2, 3, 4}") == b"f: parameter 1 (v: list): a list of 4 elements is too long"


# High and low half of a double, and what it is; LuaJIT takes what is from 0xfff80000 on for an object.
DOUBLES = {
    (0xFFF00000, 0): "-inf", (0xFFF00000, 1): "nan", (0xFFF7FFFF, 0xFFFFFFFF): "nan", (0xFFF80000, 0): "nan", (0xFFF80000, 0x1000): "nan",
    (0xFFF90000, 0x12345678): "nan", (0xFFFB0000, 0x1000): "nan", (0xFFFEFFFF, 0): "nan", (0xFFFFFFFF, 0xFFFFFFFF): "nan",
    (0xFFFFFFFF, 0): "nan",
    (0x7FF00000, 0): "inf", (0x7FF80000, 0): "nan", (0x7FFFFFFF, 0xFFFFFFFF): "nan", (0x3FF80000, 0): "1.5", (0xBFF80000, 0): "-1.5",
    (0, 0): "0", (0x80000000, 0): "-0", (0, 0xFFFFFFFF): "2.1219957904712067e-314", (0xFFEFFFFF, 0xFFFFFFFF): "-1.7976931348623157e+308",
}  # fmt: skip
SINGLES = {
    0xFF800000: "-inf", 0xFF800001: "nan", 0xFFC00000: "nan", 0xFFFFFFFF: "nan", 0x7F800000: "inf", 0x7FC00000: "nan", 0x7FFFFFFF: "nan",
    0x3FC00000: "1.5", 0xBFC00000: "-1.5", 0: "0", 0x80000000: "-0", 0xFF7FFFFF: "-3.4028234663852886e+38",
}  # fmt: skip


def test_floats_from_a_guest_are_numbers(opened: Opened) -> None:
    """Whatever their bits: alone, in a tuple and in a list, with others before and after them."""
    core = wat("floats_from_a_guest_are_numbers")
    lifts = {
        name
        + suffix: f'(func (export "{name}{suffix}") (param "v" u64) (result {type}) (canon lift (core func $i "{name}{suffix}") {OPTIONS}))'
        for name in ("f64", "f32")
        for suffix, type in (("", name), ("-tuple", f"(tuple {name} {name} {name})"), ("-list", f"(list {name})"))
    }
    call = Arguments(opened, lifts, core)
    shown = call.state.run(lua("floats_from_a_guest_are_numbers"))
    for (high, low), right in DOUBLES.items():
        assert shown(b"t:f64", high, low).decode() == right, hex(high)
        for name in (b"t:f64-tuple", b"t:f64-list"):
            assert shown(name, high, low).decode() == f"1.5 {right} 2", hex(high)
    for bits, right in SINGLES.items():
        assert shown(b"t:f32", 0, bits).decode() == right, hex(bits)
        for name in (b"t:f32-tuple", b"t:f32-list"):
            assert shown(name, 0, bits).decode() == f"1.5 {right} 2", hex(bits)
