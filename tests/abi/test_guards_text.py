"""UTF-8 and characters, both ways, held against the Unicode Standard's table of well-formed sequences."""

from __future__ import annotations

from tests.abi.hostile import OPTIONS, Opened
from tests.abi.test_guards_arguments import Arguments, echo
from tests.texts import texts

lua, _ = texts(__file__)

# The first, second, third and fourth byte of every well-formed sequence: the Unicode Standard, table 3-7.
WELL_FORMED = [
    ((0x00, 0x7F),),
    ((0xC2, 0xDF), (0x80, 0xBF)),
    ((0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)),
    ((0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)),
    ((0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)),
    ((0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)),
    ((0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)),
    ((0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)),
    ((0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)),
]


def sequences() -> list[bytes]:
    """Sequences at the edges of each class, with each byte on the edge and one beyond it, and cut short at each place."""
    found: set[bytes] = set()
    for ranges in WELL_FORMED:
        for corner in (0, 1):
            base = [each[corner] for each in ranges]
            found |= {bytes(base[:count]) for count in range(1, len(base) + 1)}
            for place, (low, high) in enumerate(ranges):
                for value in (low - 1, low, high, high + 1, 0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF):
                    if 0 <= value <= 0xFF:
                        found.add(bytes([*base[:place], value, *base[place + 1 :]]))
    found |= {bytes([lead, *[0x80] * more]) for lead in (0xC0, 0xC1, 0xF5, 0xF6, 0xF8, 0xFC, 0xFE, 0xFF) for more in (0, 1, 2, 3, 4)}
    found |= {b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xc1\xbf"}
    return sorted(found)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# How many bytes of ASCII stand before and after: short strings, whole words, and loops of words are looked at in ways of their own.
AROUND = [
    (0, 0),
    (1, 0),
    (0, 1),
    (3, 0),
    (0, 5),
    (6, 0),
    (7, 0),
    (8, 0),
    (5, 5),
    (0, 12),
    (12, 0),
    (14, 1),
    (1, 28),
    (29, 0),
    (16, 15),
    (33, 0),
    (0, 40),
    (32, 32),
    (61, 0),
]


def test_utf8_is_judged_as_the_standard_does(opened: Opened) -> None:
    """Every class of the table, at its edges and beyond, cut short at each place, anywhere in a string."""
    state = opened([], {})
    check = state.run(lua("utf8_is_judged_as_the_standard_does"))
    for data in sequences():
        for before, after in AROUND:
            whole = b"x" * before + data + b"y" * after
            # What lies behind the string is none of its bytes, though it would make a cut sequence whole.
            for behind in (0x00, 0x41, 0x80, 0xBF):
                assert check(whole, behind) is is_utf8(whole), (whole, behind)
    assert check(b"", 0xFF) is True


def test_a_wrong_byte_is_found_wherever_it_is(opened: Opened) -> None:
    """Words of eight bytes and loops of four words are looked at together: each place in strings of up to a hundred bytes is tried."""
    opened([], {}).run(lua("a_wrong_byte_is_found_wherever_it_is"))


def test_strings_that_are_not_utf8(opened: Opened) -> None:
    """They are refused on both ways: from a script with a sentence, from a guest as a break of the canonical ABI."""
    core = """(memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "back") (param i32 i32) (result i32)
       (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))"""
    lifts = {
        name: f'(func (export "{name}") (param "v" {param}) (result {result}) (canon lift (core func $i "back") {OPTIONS}))'
        for name, param, result in (("taken", "string", "(list u8)"), ("given", "(list u8)", "string"), ("list", "(list u8)", "(list u8)"))
    }
    call = Arguments(opened, lifts, core)
    for data in (b"\xff", b"abc\xe0\x9f\x80", b"\xed\xa0\x80", b"x" * 20 + b"\xf4\x90\x80\x80", b"x" * 40 + b"\xc3"):
        text = '"' + "".join(f"\\{byte:03}" for byte in data) + '"'
        assert "the string is not valid UTF-8" in call("taken", text)
        assert call("given", text).endswith("the result has a string that is not UTF-8")
        assert call.takes("list", text)
    for text in ("''", "'abc'", "'\\195\\169'", "('x'):rep(40)"):
        assert call.takes("taken", text) and call.takes("given", text)


def test_a_char_is_one_character(opened: Opened) -> None:
    """Of each sequence in the table one, and no more: not half of one, one and a half, five bytes, or a surrogate."""
    call = opened([], {}).run("local code_of = require('lua.values.utf8').code_of return function(s) return code_of(s) or -1 end")
    for data in sequences():
        right = ord(data.decode()) if is_utf8(data) and len(data.decode()) == 1 else -1
        assert call(data) == right, data
    for code in (0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x10FFFF, 0xD7FF, 0xE000, 0x20AC, 0x1F600):
        assert call(chr(code).encode()) == code
    for data in (
        b"",
        b"ab",
        b"abc",
        b"abcd",
        b"abcde",
        b"\xc3\xa9x",
        b"x\xc3\xa9",
        b"\xc3\xa9\xc3",
        b"\xc3\xa9\xc3\xa9",
        b"\xf0\x9f\x98\x80x",
    ):
        assert call(data) == -1, data
    core, lifts = echo(["char"])
    arguments = Arguments(opened, lifts, core)
    assert arguments("char", "'\\226\\130\\172'") == "€"
    for value in ("''", "'ab'", "'\\237\\160\\128'", "'\\244\\144\\128\\128'", "'\\195'", "'\\195\\169\\195'", "65", "true"):
        assert "expected a string of one character" in arguments("char", value), value


def test_characters_are_written_as_they_are_read(opened: Opened) -> None:
    """A code below 0x80, 0x800, 0x10000 and the rest, in one to four bytes; surrogates and what is beyond are none."""
    made = "local char_of = require('lua.values.utf8').char_of return function(code) return char_of(code) or false end"
    char_of = opened([], {}).run(made)
    for code in (
        0,
        0x41,
        0x7F,
        0x80,
        0xBF,
        0xC0,
        0x7FF,
        0x800,
        0xFFF,
        0x1000,
        0xD7FF,
        0xE000,
        0xFFFF,
        0x10000,
        0x3FFFF,
        0x40000,
        0x10FFFF,
        0x20AC,
    ):
        assert char_of(code) == chr(code).encode()
    for code in (0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF):
        assert char_of(code) is False
