"""Where values stand in memory and how they are flattened, at each size where that changes; answers by hand from CanonicalABI.md."""

from __future__ import annotations

from typing import Any

from tests.abi.hostile import OPTIONS, Opened
from tests.abi.test_guards_arguments import Arguments
from tests.texts import texts

lua, _ = texts(__file__)

LAYOUT = lua("layout")
# Size, alignment and core types; then the offsets of fields, or the size of the discriminant and the offset of the payload.
TYPES: dict[str, tuple[str, str]] = {
    "bool": ("1 1 i", ""), "u8": ("1 1 i", ""), "s8": ("1 1 i", ""), "u16": ("2 2 i", ""), "s16": ("2 2 i", ""), "u32": ("4 4 i", ""),
    "s32": ("4 4 i", ""), "char": ("4 4 i", ""), "f32": ("4 4 f", ""), "u64": ("8 8 I", ""), "s64": ("8 8 I", ""), "f64": ("8 8 F", ""),
    "string": ("8 4 ii", ""), "list(u64)": ("8 4 ii", ""), "own": ("4 4 i", ""), "borrow": ("4 4 i", ""),
    "flags(1)": ("1 1 i", ""), "flags(8)": ("1 1 i", ""), "flags(9)": ("2 2 i", ""), "flags(16)": ("2 2 i", ""), "flags(17)": ("4 4 i", ""),
    "flags(32)": ("4 4 i", ""),
    "enum(1)": ("1 1 i", "1 1"), "enum(256)": ("1 1 i", "1 1"), "enum(257)": ("2 2 i", "2 2"), "enum(65536)": ("2 2 i", "2 2"),
    "enum(65537)": ("4 4 i", "4 4"),
    "cases(256)": ("1 1 i", "1 1"), "cases(257)": ("2 2 i", "2 2"), "cases(65536)": ("2 2 i", "2 2"), "cases(65537)": ("4 4 i", "4 4"),
    "cases(256, u8)": ("2 1 ii", "1 1"), "cases(257, u8)": ("4 2 ii", "2 2"), "cases(65536, u16)": ("4 2 ii", "2 2"),
    "cases(65537, u16)": ("8 4 ii", "4 4"), "cases(3, u64, u8)": ("16 8 iI", "1 8"), "cases(3, string, u16)": ("12 4 iii", "1 4"),
    "tuple(u8, u16, u8, u32)": ("12 4 iiii", "0 2 4 8"), "record(u8, u64, u8)": ("24 8 iIi", "0 8 16"),
    "tuple(u8, u8, u8)": ("3 1 iii", "0 1 2"),
    "tuple(u16, u8)": ("4 2 ii", "0 2"), "tuple(f32, string, f64)": ("24 8 fiiF", "0 4 16"),
    "option(u8)": ("2 1 ii", "1 1"), "option(u16)": ("4 2 ii", "1 2"), "option(u64)": ("16 8 iI", "1 8"),
    "option(option(u8))": ("3 1 iii", "1 1"),
    "option(tuple(u8, u64))": ("24 8 iiI", "1 8"), "result(nil, nil)": ("1 1 i", "1 1"), "result(u8, nil)": ("2 1 ii", "1 1"),
    "result(nil, u32)": ("8 4 ii", "1 4"), "result(u8, string)": ("12 4 iii", "1 4"),
    # Payloads of different core types share their slots: the same type stays, i32 with f32 is i32, anything else i64.
    "result(f32, f32)": ("8 4 if", "1 4"), "result(f32, u32)": ("8 4 ii", "1 4"), "result(u32, f32)": ("8 4 ii", "1 4"),
    "result(f64, f64)": ("16 8 iF", "1 8"), "result(f64, u64)": ("16 8 iI", "1 8"), "result(f32, f64)": ("16 8 iI", "1 8"),
    "result(f32, u64)": ("16 8 iI", "1 8"), "result(u32, u64)": ("16 8 iI", "1 8"), "result(u32, f64)": ("16 8 iI", "1 8"),
    "cases(3, tuple(f32, u8), tuple(u32, f32, f64), string)": ("24 8 iiiF", "1 8"),
}  # fmt: skip


def test_sizes_and_offsets(opened: Opened) -> None:
    """Every kind of type, at each number of names or cases where its size changes."""
    of: Any = opened([], {}).run(LAYOUT)
    for text, right in TYPES.items():
        assert tuple(each.decode() for each in of(text.encode())) == right, text


def test_sixteen_flat_parameters(opened: Opened) -> None:
    """Sixteen core values are handed over as such, seventeen in memory; one result is, two are not."""
    of = opened([], {}).run(lua("sixteen_flat_parameters"))
    assert of(16, 1) == (False, 16, 0, False)
    assert of(17, 2) == (True, 1, 17, True)
    assert of(0, 0) == (False, 0, 0, False)


def flags(count: int) -> str:
    return " ".join(f'"f{number}"' for number in range(count))


WRONG = [
    "1", "'f0'", "wit.none", "wit.some({})", "{f99 = true}", "{'f99'}", "{f0 = 1}", "{[1] = 'f0', f0 = true}", "{[2] = 'f0'}",
    "{'f0', 'f99'}", "{'f0', [3] = 'f0'}", "{'f0', 'f0', 'f0', f0 = true}", "{'f0', 'f0', 'f99'}", "{'f0', 'f0', 'f0', 'f99'}",
    "{'f0', [1.5] = 'f0'}", "{'f0', 'f0', 'f0', [5] = 'f0'}", "{'f0', 'f0', 'f0', [0] = 'f0'}", "{'f0', 'f0', 'f0', [1.5] = 'f0'}",
]  # fmt: skip


def test_flags_are_the_bits_that_they_say(opened: Opened) -> None:
    """Each name is a bit, up to the thirty-second, however the flags are written: as a table of names, or as a list of one to many."""
    core, lifts, types = (
        ['(memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))'],
        {},
        "",
    )
    core.append('(func (export "bits") (param i32) (result i32) (local.get 0))')
    core.append('(func (export "stored") (param i32 i32) (result i64) (i64.load (local.get 0)))')
    for count in (1, 8, 9, 16, 17, 31, 32):
        types += f"(type $t{count}' (flags {flags(count)})) (export $t{count} \"flags{count}\" (type $t{count}'))"
        lifts[f"bits{count}"] = f'(func (export "bits{count}") (param "v" $t{count}) (result u32) (canon lift (core func $i "bits")))'
        lifts[f"back{count}"] = f'(func (export "back{count}") (param "v" u32) (result $t{count}) (canon lift (core func $i "bits")))'
        stored = f'(param "v" (list $t{count})) (result u64) (canon lift (core func $i "stored") {OPTIONS})'
        lifts[f"stored{count}"] = f'(func (export "stored{count}") {stored})'
    call = Arguments(opened, lifts, "\n".join(core), types)
    set_of = call.state.run("""local calls = require 'lua.calls.calls'
      return function(id, bits) local out = {} for name in pairs(calls.call(id, bits)) do out[#out + 1] = name end
        table.sort(out) return table.concat(out, ' ') end""")
    for count in (1, 8, 9, 16, 17, 31, 32):
        last, width = count - 1, 8 if count <= 8 else 16 if count <= 16 else 32
        chosen = [
            [],
            [0],
            [last],
            sorted({0, last}),
            sorted({0, last // 2, last}),
            [last, 0],
            list(range(count)),
            list(range(count))[::-1],
            list(range(count))[-4:],
        ]
        for some in chosen:
            if len(set(some)) != len(some):
                continue
            bits = sum(1 << number for number in some)
            listed, named = ", ".join(f"'f{number}'" for number in some), ", ".join(f"f{number} = true" for number in some)
            for text in (f"{{{listed}}}", f"{{{named}}}"):
                assert call(f"bits{count}", text) == str(bits), (count, text)
                assert (
                    int(call(f"stored{count}", f"{{{text}, {{}}, {text}}}").removesuffix("ULL").removesuffix("LL")) & (1 << 3 * width) - 1
                    == (bits | bits << 2 * width) & 2**64 - 1
                )
            names = sorted(f"f{number}" for number in some)
            assert set_of(f"t:back{count}".encode(), bits).decode() == " ".join(names), (count, bits)
        elsewhere = [f"{{[{key}] = 'f0'}}" for key in ("0", "2", "3", "1.5", "-1", "'x'", "true")]
        for text in [*WRONG, *elsewhere, f"{{f{count} = true}}", f"{{'f{count}'}}"]:
            assert not call.takes(f"bits{count}", text), (count, text)
        for text in ("{'f0', 'f0'}", "{'f0', 'f0', 'f0'}", "{'f0', 'f0', 'f0', 'f0'}", "{f0 = true}"):
            assert call(f"bits{count}", text) == "1"
        assert call(f"bits{count}", "{f0 = false}") == "0"


def test_records_have_a_metatable_where_a_name_has_a_dash(opened: Opened) -> None:
    """It lets the name be read with an underscore; a record without such a name is a plain table."""
    assert opened([], {}).run(lua("records_have_a_metatable_where_a_name_has_a_dash")) is True
