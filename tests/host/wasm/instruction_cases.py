"""Bodies of functions with each instruction that the engine takes, found by asking Wasmtime, which reads them independently of moonwit.

An instruction is put before a call, with all bytes after it that might be its immediates. Where the module is valid when the call is one
of function 0, and the engine misses function 99 when the call is one of that, it has read the call as a call: the bytes between
are immediates of the instruction, or instructions themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import product

from wasmtime import Module, WasmtimeError, wat2wasm

from moonwit.host.engine.engine import shared_engine
from tests.texts import texts

_, wat = texts(__file__)

# Functions, types, memories and the like for what instructions may name: 0 to 3 of most. The last function is the one to be replaced.
MODULE = wat("module")

# Labels 0 to 3: with nothing, an exception, any reference, and the function's own.
OPENING = "026e 0269 0240 00"
CLOSING = "00 0b 00 0b 00 0b 00 0b"

QUIET, CALL, MISSING = b"\x01\x01", b"\x10\x00", b"\x10\x63"


def forms(text: str) -> list[bytes]:
    """Reads bytes in hexadecimal, those of one form between commas."""
    return [bytes.fromhex(each) for each in text.split(",")]


def joined(*parts: list[bytes]) -> list[bytes]:
    """Gives each of the first with each of the second, and so on."""
    return [b"".join(each) for each in product(*parts)]


_INDICES = forms("00, 01, 02, 03, 04, 8000, 8080808000, 838000")
_HEAPS = forms("6e, 6d, 70, 6f, 69, 01, 02, 8100, 8280808000")
_TYPES = [*forms("7f, 7e, 7d, 7c, 7b"), *(bytes([code]) for code in range(0x69, 0x75)), *joined(forms("63, 64"), _HEAPS)]
_MEMORY = forms(
    "0000, 008001, 008080808000, 400000, 40018000, 800010, 000b, 0110, 0210, 0310, 0410, 410110, 420110, 430110, 440110, c0000110"
)
_LANES = forms("00, 01, 02, 07, 0b")
_WIDE = [b"\x10\x00" * 8, b"\x0b" * 16, b"\x00" * 16, b"\xff" * 16]
_CASTS = joined(forms("00, 01, 02, 03"), forms("02, 8200"), forms("6e, 6d"), forms("6b, 6c, 01, 818000"))
_CATCHES = joined(
    forms("40, 7f, 00"),
    forms("00, 01000000, 010001800000, 01010100, 010200, 010301, 020200 0301, 01010001, 81000200, 01000001, 0102 8000, 0200 8000 03 0301"),
)
_NUMBERS = [*forms("00, 7f, 9000, 8b8000, 8080808078, ffffffff07, 8080808080808080807f, 10000b10, 0b0b0b0b, 1000100010001000"), b"\x0b" * 8]
_TABLES = forms("0000, 02000000, 030000800000, 800000, 0180800000, 04 00 00 00 00 00")
_TWO = [b"", *_INDICES, *joined(_INDICES, _INDICES)]

_CANDIDATES = {
    # None stands for no prefix.
    None: [*_TWO, *_HEAPS, b"\x40", *_TYPES, *joined(forms("01, 8100"), _TYPES), *_MEMORY, *_NUMBERS, *_TABLES, *_CATCHES],
    0xFB: [*_TWO, *_HEAPS, *_CASTS],
    0xFC: _TWO,
    0xFD: [b"", *_LANES, *_MEMORY, *_WIDE, *joined(_MEMORY, _LANES)],
    0xFE: [b"", b"\x00", *_MEMORY],
}
_AFTER: dict[int | None, range] = {None: range(0xFB), 0xFB: range(40), 0xFC: range(40), 0xFD: range(0x130), 0xFE: range(0x60)}


def leb(number: int) -> bytes:
    """Encodes an unsigned number."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


@functools.cache
def _around() -> tuple[bytes, bytes]:
    """Gives the module before its code section, and what follows that."""
    whole = bytes(wat2wasm(MODULE))
    position, before = 8, b""
    while position < len(whole):
        section, start = whole[position], position
        size, shift, position = 0, 0, position + 1
        while True:
            byte = whole[position]
            size, shift, position = size | (byte & 0x7F) << shift, shift + 7, position + 1
            if byte < 0x80:
                break
        if section == 10:
            before = whole[:start]
            after = whole[position + size :]
        position += size
    return before, after


LOCALS = b"\x04\x01\x7f\x01\x7e\x01\x7d\x01\x63\x00"


def module(body: bytes, locals: bytes = LOCALS) -> bytes:
    """Makes the module with a body."""
    before, after = _around()
    code = locals + body
    content = b"\x01" + leb(len(code)) + code
    return before + b"\x0a" + leb(len(content)) + content + after


def problem(data: bytes) -> str:
    """Gives what the engine finds wrong with a module, or nothing."""
    try:
        Module.validate(shared_engine(), data)
    except WasmtimeError as error:
        return str(error)
    return ""


def body(instruction: bytes, call: bytes, inside: tuple[str, str] = ("", "")) -> bytes:
    """Makes a body of an instruction with a call right after it."""
    first, last = (bytes.fromhex(text) for text in inside)
    return bytes.fromhex(OPENING) + first + instruction + call + b"\x00" + last + bytes.fromhex(CLOSING)


# What stands around an instruction: the end of the block that it begins, or the if that it is the else of.
_INSIDE = {**dict.fromkeys((0x02, 0x03, 0x04, 0x1F), ("", "0b")), 0x05: ("0440", "0b")}


def instructions() -> Iterator[tuple[str, bytes, tuple[str, str]]]:
    """Gives the name of each instruction's opcode, it with immediates that it may have, and what stands around it."""
    for prefix, codes in _AFTER.items():
        for code in codes:
            opcode = bytes([code]) if prefix is None else bytes([prefix]) + leb(code)
            inside = _INSIDE.get(code, ("", "")) if prefix is None else ("", "")
            for immediates in _CANDIDATES[prefix]:
                text = opcode + immediates
                if problem(module(body(text, CALL, inside))):
                    continue
                if "unknown function 99" in problem(module(body(text, MISSING, inside))):
                    yield f"{code:#x}" if prefix is None else f"{prefix:#x} {code}", text, inside
