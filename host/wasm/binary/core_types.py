"""Reads the types of core modules, and compares what one exports with what another imports.

Source: WebAssembly's core specification, "Types" of the binary format and "Matching" of validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import Final

from moonwit.host.wasm.binary.reader import Reader
from moonwit.registry.record import record

NUMBERS: Final = {0x7F: "i", 0x7E: "I", 0x7D: "f", 0x7C: "F", 0x7B: "v"}
REFERENCES: Final = frozenset(range(0x69, 0x75))      # funcref, externref, anyref, ... as one byte each
MOST: Final = 1_000_000      # entries of a section: Wasmtime's limit too
MOST_VALUES: Final = 1000      # parameters of a function: Wasmtime's limit too
MOST_FIELDS: Final = 10_000      # of a struct: Wasmtime's limit too
_NUMBER_CODES: Final = bytes(NUMBERS)
_WORDS: Final = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "v": "v128"}
# Reference types by the heap type's code; as one byte each they are nullable.
_HEAPS: Final = {
    0x68: "cont", 0x69: "exn", 0x6A: "array", 0x6B: "struct", 0x6C: "i31", 0x6D: "eq", 0x6E: "any", 0x6F: "extern", 0x70: "func",
    0x71: "none", 0x72: "noextern", 0x73: "nofunc", 0x74: "noexn", 0x75: "nocont",
}  # fmt: skip
_LETTERS: Final = bytes(ord(NUMBERS.get(code, "r" if code in _HEAPS else "\0")) for code in range(256))
# Types that are subtypes of nothing else but their own nullable form. Of the others Wasmtime decides when it makes an instance.
_PLAIN: Final = frozenset({*_WORDS.values(), *(f"{word}{heap}" for word in ("ref ", "ref null ") for heap in ("func", "extern", "exn"))})
_PLAIN_CODES: Final = frozenset({0x69, 0x6F, 0x70, 0xE9, 0xEF, 0xF0})
# What can be stepped over at once, by far the most of long constant expressions and long structs.
_CONSTANTS: Final = re.compile(rb"(?:\x41[\x80-\xff]{0,4}[\x00-\x7f]|\x42[\x80-\xff]{0,9}[\x00-\x7f]|[\x6a-\x6c\x7c-\x7e])*+")
_FIELDS: Final = re.compile(rb"(?:[\x68-\x75\x77\x78\x7b-\x7f][\x00\x01])*+")


@record
class CoreType:
    """A core function type, one letter per value: i = i32, I = i64, f = f32, F = f64, v = v128, r = any reference.

    The last two stand only in the types of core modules; no lifted or lowered function has them. ``references`` says what each r
    is, by the code of its heap type: with 0x80 for one that is never null, 0 where it is a type that the module defines.
    """

    params: str
    results: str
    references: bytes = field(default=b"", compare=False)

    def __str__(self) -> str:
        words = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "v": "v128", "r": "ref"}
        params, results = (", ".join(words.get(c, c) for c in text) for text in (self.params, self.results))
        return f"({params}) -> ({results})"


@record
class CoreExport:
    """Something a core module exports. ``type`` is set for functions and tags; the flags are those of memories and tables.

    ``value`` is a table's element type or a global's type as text, "" where it is not known; ``limits`` are in pages or elements.
    """

    kind: str
    type: CoreType | None = None
    memory64: bool = False
    shared: bool = False
    limits: tuple[int, int | None] = field(default=(0, None), compare=False)
    value: str = field(default="", compare=False)
    mutable: bool = field(default=False, compare=False)


def mismatch(wanted: CoreExport, given: CoreExport) -> tuple[str, str] | None:
    """Gives what is wanted and what is given as words, where the two do not fit; None where they do."""
    if wanted.kind != given.kind:
        return f"a {wanted.kind}", f"a {given.kind}"
    if wanted.kind in ("func", "tag"):
        return _function_mismatch(wanted.type, given.type)
    if wanted.kind == "global":
        same = _same_value(wanted.value, given.value) if wanted.mutable else _fits_value(wanted.value, given.value)
        return None if same and wanted.mutable == given.mutable else (_global_words(wanted), _global_words(given))
    if wanted.kind == "table" and not _same_value(wanted.value, given.value):
        return f"a table of {wanted.value}", f"a table of {given.value}"
    if (wanted.memory64, wanted.shared) != (given.memory64, given.shared):
        return _kind_words(wanted), _kind_words(given)
    least, most = wanted.limits
    if given.limits[0] < least or (most is not None and (given.limits[1] is None or given.limits[1] > most)):
        return f"a {wanted.kind} of {_limit_words(wanted.limits)}", f"one of {_limit_words(given.limits)}"
    return None


def _function_mismatch(wanted: CoreType | None, given: CoreType | None) -> tuple[str, str] | None:
    if wanted is None or given is None:
        return None
    pairs = zip(wanted.references, given.references, strict=False)
    fits = not any(one != other and one in _PLAIN_CODES and other in _PLAIN_CODES for one, other in pairs)
    return None if wanted == given and fits else (_function_words(wanted), _function_words(given))


def _function_words(found: CoreType) -> str:
    names = iter([_HEAPS.get(code & 0x7F, "its own type") for code in found.references])
    words = [f"ref {next(names, '')}".rstrip() if letter == "r" else _WORDS[letter] for letter in found.params + found.results]
    number = len(found.params)
    return f"({', '.join(words[:number])}) -> ({', '.join(words[number:])})"


def _same_value(wanted: str, given: str) -> bool:
    return wanted == given or not (wanted in _PLAIN and given in _PLAIN)


def _fits_value(wanted: str, given: str) -> bool:
    return _same_value(wanted, given) or wanted == given.replace("ref ", "ref null ")


def _global_words(found: CoreExport) -> str:
    return f"a {'mutable' if found.mutable else 'constant'} global of type {found.value}"


def _kind_words(found: CoreExport) -> str:
    return f"a{' shared' if found.shared else ''} {found.kind} with {64 if found.memory64 else 32}-bit addresses"


def _limit_words(limits: tuple[int, int | None]) -> str:
    return f"at least {limits[0]}" + ("" if limits[1] is None else f" and at most {limits[1]}")


def describe(body: Reader, function_type: Callable[[Reader], CoreType]) -> CoreExport:
    """Reads an import's or a module type's description: a kind and its type."""
    at, code = body.position, body.byte()
    if code == 0 or code == 0x20:      # 0x20: a function of exactly this type
        return CoreExport("func", function_type(body))
    if code == 1:
        return table(body, definition=False)
    if code == 2:
        return memory(body)
    if code == 3:
        return global_type(body)
    if code == 4:
        body.expect(0, "the attribute of a tag")
        return CoreExport("tag", function_type(body))
    raise body.error(f"0x{code:02x} is not a kind of core import", at)


def value_type(body: Reader) -> str:
    """Reads a value type, as the text format writes it; "" for a reference to a type that the module defines."""
    at, code = body.position, body.byte()
    if code in NUMBERS:
        return _WORDS[NUMBERS[code]]
    if code in (0x63, 0x64):
        heap = body.s33()
        if heap >= 0:
            return ""
        code, word = heap & 0x7F, "ref null " if code == 0x63 else "ref "
        return word + _HEAPS[code] if code in _HEAPS else ""
    if code in _HEAPS:
        return f"ref null {_HEAPS[code]}"
    raise body.error(f"0x{code:02x} is not a core value type", at)


def values(body: Reader) -> tuple[str, bytes]:
    """Reads a vector of value types: a letter of ``CoreType`` for each, and the references among them."""
    number = body.count(MOST_VALUES)
    raw = body.data[body.position : body.position + number]
    letters = raw.translate(_LETTERS)
    if 0 not in letters:      # nearly always: all are of one byte
        body.position += number
        return letters.decode(), raw.translate(None, _NUMBER_CODES) if b"r" in letters else b""
    references, found = bytearray(), ""
    for _ in range(number):
        code = body.peek()
        value_type(body)
        if code not in NUMBERS:
            references.append(_reference(body, code))
        found += NUMBERS.get(code, "r")
    return found, bytes(references)


def _reference(body: Reader, code: int) -> int:
    """Gives a reference type that was just read as one number, as ``CoreType`` has it."""
    if code not in (0x63, 0x64):
        return code
    heap = body.data[body.position - 1]      # a heap type of the specification is one byte, from 0x40 on
    return 0 if heap not in _HEAPS or body.data[body.position - 2] != code else heap | (0x80 if code == 0x64 else 0)


def function_signature(body: Reader) -> CoreType:
    """Reads parameters and results, after the 0x60 that announces them."""
    params, first = values(body)
    results, second = values(body)
    return CoreType(params, results, first + second)


def recursive_types(body: Reader) -> list[CoreType | None]:
    """Reads a type or a group of types; those that are not functions are None."""
    if body.peek() == 0x4E:
        body.byte()
        return [_subtype(body) for _ in range(body.count())]
    return [_subtype(body)]


def _subtype(body: Reader) -> CoreType | None:
    code = body.byte()
    if code in (0x50, 0x4F):
        for _ in range(body.count(1)):
            body.u32()
        code = body.byte()
    if code == 0x65:      # shared
        code = body.byte()
    while code in (0x4C, 0x4D):      # what describes it, or is described by it
        body.u32()
        code = body.byte()
    if code == 0x60:
        return function_signature(body)
    if code == 0x5F:
        number = body.count(MOST_FIELDS)
        known = _FIELDS.match(body.data, body.position, min(body.end, body.position + 2 * number))
        assert known is not None
        for _ in range(number - (known.end() - body.position) // 2):
            if known is not None:
                body.position, known = known.end(), None
            _field(body)
        if known is not None:
            body.position = known.end()
        return None
    if code == 0x5E:
        _field(body)
        return None
    if code == 0x5D:      # a continuation
        body.s33()
        return None
    raise body.error(f"0x{code:02x} is not a core type", body.position - 1)


def _field(body: Reader) -> None:
    if body.peek() in (0x77, 0x78):      # i16, i8 stand only in fields
        body.byte()
    else:
        value_type(body)
    body.byte()


def _limits(body: Reader, pages: bool) -> tuple[bool, bool, tuple[int, int | None]]:
    at, flags = body.position, body.byte()
    if flags > 0x0F:
        raise body.error(f"0x{flags:02x} are not the flags of a memory or table", at)
    limits = body.u64(), body.u64() if flags & 1 else None
    page = body.u32() if flags & 8 else 16
    if limits[1] is not None and limits[0] > limits[1]:
        raise body.error(f"a memory or table has at least {limits[0]} and at most {limits[1]}", at)
    most = (1 << 64 if flags & 4 else 1 << 32) >> min(page, 16) if pages else (1 << 64 if flags & 4 else 1 << 32) - 1
    if page > 16:
        raise body.error(f"expected pages of at most 2^16 bytes, got 2^{page}", at)
    if max(limits[0], limits[1] or 0) > most:
        raise body.error(f"expected at most {most} as the size of a memory or table, got {max(limits[0], limits[1] or 0)}", at)
    return bool(flags & 4), bool(flags & 2), limits


def memory(body: Reader) -> CoreExport:
    """Reads a memory type."""
    memory64, shared, limits = _limits(body, True)
    return CoreExport("memory", None, memory64, shared, limits)


def table(body: Reader, definition: bool) -> CoreExport:
    """Reads a table type, and in a definition its initial value."""
    initial = definition and body.peek() == 0x40
    if initial:
        body.byte()
        body.expect(0, "the byte after a table's 0x40")
    at, element = body.position, value_type(body)
    if element in _WORDS.values():
        raise body.error(f"a table holds references, not {element}", at)
    table64, shared, limits = _limits(body, False)
    if initial:
        constant_expression(body)
    return CoreExport("table", None, table64, shared, limits, element)


def global_type(body: Reader) -> CoreExport:
    """Reads a global's type."""
    value = value_type(body)
    at, flags = body.position, body.byte()
    if flags > 3:
        raise body.error(f"0x{flags:02x} can't tell whether a global is mutable", at)
    return CoreExport("global", None, shared=bool(flags & 2), value=value, mutable=bool(flags & 1))


def constant_expression(body: Reader) -> None:
    """Steps over a constant expression."""
    while True:
        known = _CONSTANTS.match(body.data, body.position, body.end)
        assert known is not None
        body.position = known.end()
        at, code = body.position, body.byte()
        if code == 0x0B:
            return
        if code == 0x41:
            _skip_leb(body, 5)
        elif code == 0x42:
            _skip_leb(body, 10)
        elif code in (0x43, 0x44):
            body.take(4 if code == 0x43 else 8)
        elif code in (0x23, 0xD2):
            body.u32()
        elif code == 0xD0:
            body.s33()
        elif code == 0xFD:
            body.expect(12, "the vector instruction of a constant expression")
            body.take(16)
        elif code == 0xFB:
            inner = body.u32()
            if inner in (0, 1, 6, 7):
                body.u32()
            elif inner == 8:
                body.u32()
                body.u32()
            elif inner not in (26, 27, 28):
                raise body.error(f"instruction 0xfb {inner} can't stand in a constant expression", at)
        elif code not in (0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E):
            raise body.error(f"instruction 0x{code:02x} can't stand in a constant expression", at)


def _skip_leb(body: Reader, most: int) -> None:
    at = body.position
    for _ in range(most):
        if body.byte() < 0x80:
            return
    raise body.error("a number is too long", at)
