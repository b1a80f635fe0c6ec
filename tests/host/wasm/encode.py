"""Writes WebAssembly binaries byte by byte, for tests that need what no text format writes, or more of it than a text could hold."""

from __future__ import annotations

from collections.abc import Iterable

CORE, COMPONENT = b"\0asm\1\0\0\0", b"\0asm\x0d\0\1\0"
NO_FUNCTION = b"\x40\0\1\0"      # the type of a component's function without parameters and result


def number(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def index(value: int) -> bytes:
    """The index of a type where a type is expected: a signed number."""
    out = bytearray()
    while value >= 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def name(text: str) -> bytes:
    return number(len(text.encode())) + text.encode()


def vector(items: Iterable[bytes]) -> bytes:
    found = list(items)
    return number(len(found)) + b"".join(found)


def section(identity: int, body: bytes) -> bytes:
    return bytes([identity]) + number(len(body)) + body


def core(*sections: tuple[int, bytes]) -> bytes:
    return CORE + b"".join(section(*each) for each in sections)


def component(*sections: tuple[int, bytes]) -> bytes:
    return COMPONENT + b"".join(section(*each) for each in sections)


def types(*found: bytes) -> bytes:
    """A component that defines these types."""
    return component((7, vector(found)))
