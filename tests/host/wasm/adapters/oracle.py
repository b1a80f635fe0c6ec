"""Writes and reads WIT values in memories, as CanonicalABI.md has it, slowly and in one place: what adapters are compared with.

Nothing of the product is used but the classes of types. Values are Python's: numbers, the bits of floats, one-character strings for chars,
lists, tuples for records and tuples, ``(case number, payload)`` for all that are variants, the bits of flags, and numbers for handles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moonwit.host.wasm.wit import types as wit

SIZES = {"bool": 1, "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8, "f32": 4, "f64": 8, "char": 4}
NANS = {"f32": (0x7FFFFFFF, 0x7F800000), "f64": (0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000)}      # what is not the sign; an infinity
LONGEST = 2**28 - 1
LATIN1_UTF16 = "latin1+utf16"


class Trap(Exception):
    """The standard says that a guest which gives this value is trapped."""


class Huge(Exception):
    """A guest gives more than this oracle has time for."""


@dataclass
class Guest:
    """One side: its memory's bytes, the width of its addresses, its encoding, and where its next allocation is."""

    data: bytearray
    width: int
    encoding: str
    next: int = 16
    read: int = 0

    def allocate(self, size: int, alignment: int) -> int:
        at = -(-self.next // alignment) * alignment
        self.next = at + size
        assert self.next <= len(self.data), "the oracle's value is too large for the memory"
        return at


def trap_if(condition: bool) -> None:
    if condition:
        raise Trap


def cases(type: wit.Type) -> list[wit.Type | None] | None:
    match type:
        case wit.Variant(found):
            return [case.type for case in found]
        case wit.Enum(names):
            return [None] * len(names)
        case wit.Option(some):
            return [None, some]
        case wit.Result(ok, err):
            return [ok, err]
    return None


def fields(type: wit.Type) -> list[wit.Type] | None:
    match type:
        case wit.Record(found):
            return [field.type for field in found]
        case wit.Tuple(found):
            return list(found)
        case wit.FixedList(element, length):
            return [element] * length
    return None


def element(type: wit.Type) -> wit.Type | None:
    match type:
        case wit.List(found):
            return found
        case wit.Map(key, value):
            return wit.Tuple((key, value))
    return None


def head(number: int) -> int:
    return 1 if number <= 256 else 2 if number <= 65536 else 4


def round_up(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment


def remembered(find: Callable[[wit.Type, int], Any]) -> Callable[[wit.Type, int], Any]:
    """Keeps what is found out about a type, by its identity: comparing types takes as long as they are deep."""
    known: dict[tuple[int, int], tuple[wit.Type, Any]] = {}

    def found(type: wit.Type, width: int) -> Any:
        if (id(type), width) not in known:
            known[id(type), width] = type, find(type, width)
        return known[id(type), width][1]

    return found


@remembered
def shape(type: wit.Type, width: int) -> tuple[int, int]:
    """Gives size and alignment."""
    if isinstance(type, wit.Primitive):
        return (2 * width, width) if type.kind == "string" else (SIZES[type.kind],) * 2
    if element(type) is not None:
        return 2 * width, width
    if (parts := fields(type)) is not None:
        at, most = 0, 1
        for part in parts:
            size, alignment = shape(part, width)
            at, most = round_up(at, alignment) + size, max(most, alignment)
        return round_up(at, most), most
    if isinstance(type, wit.Flags):
        number = len(type.names)
        return (1, 1) if number <= 8 else (2, 2) if number <= 16 else (4 * -(-number // 32), 4)
    if (found := cases(type)) is not None:
        start, most = payload(found, width)
        size = max((shape(case, width)[0] for case in found if case is not None), default=0)
        most = max(most, head(len(found)))
        return round_up(start + size, most), most
    return 4, 4


def payload(found: list[wit.Type | None], width: int) -> tuple[int, int]:
    """Gives where the payload of a variant lies, and its alignment."""
    most = max((shape(case, width)[1] for case in found if case is not None), default=1)
    return round_up(head(len(found)), most), most


@remembered
def flat(type: wit.Type, width: int) -> list[str]:
    pointer = "i64" if width == 8 else "i32"
    if isinstance(type, wit.Primitive):
        return [pointer] * 2 if type.kind == "string" else [{"u64": "i64", "s64": "i64", "f32": "f32", "f64": "f64"}.get(type.kind, "i32")]
    if element(type) is not None:
        return [pointer] * 2
    if (parts := fields(type)) is not None:
        return [value for part in parts for value in flat(part, width)]
    if isinstance(type, wit.Flags):
        return ["i32"] * -(-len(type.names) // 32)
    joined: list[str] = []
    for case in cases(type) or []:
        for at, value in enumerate([] if case is None else flat(case, width)):
            if at == len(joined):
                joined.append(value)
            elif joined[at] != value:
                joined[at] = "i32" if {joined[at], value} == {"i32", "f32"} else "i64"
    return ["i32", *joined]


def store(guest: Guest, type: wit.Type, value: Any, at: int) -> None:
    def put(number: int, size: int, offset: int = 0) -> None:
        guest.data[at + offset : at + offset + size] = (number % (1 << 8 * size)).to_bytes(size, "little")

    if isinstance(type, wit.Primitive) and type.kind != "string":
        put(ord(value) if type.kind == "char" else int(value), SIZES[type.kind])
    elif isinstance(type, wit.Primitive) or element(type) is not None:
        for number, word in enumerate(allocate(guest, type, value)):
            put(word, guest.width, number * guest.width)
    elif (parts := fields(type)) is not None:
        offset = 0
        for part, inner in zip(parts, value, strict=True):
            size, alignment = shape(part, guest.width)
            offset = round_up(offset, alignment)
            store(guest, part, inner, at + offset)
            offset += size
    elif (found := cases(type)) is not None:
        put(value[0], head(len(found)))
        if (case := found[value[0]]) is not None:
            store(guest, case, value[1], at + payload(found, guest.width)[0])
    else:
        put(value, shape(type, guest.width)[0])


def encode(text: str, encoding: str, width: int) -> tuple[bytes, int]:
    """Gives a string's bytes, and its tagged length."""
    if encoding == "utf8":
        return text.encode(), len(text.encode())
    if encoding == LATIN1_UTF16 and all(ord(char) < 256 for char in text):
        return text.encode("latin-1"), len(text)
    units = text.encode("utf-16-le")
    return units, len(units) // 2 | ((1 << 8 * width - 1) if encoding == LATIN1_UTF16 else 0)


def allocate(guest: Guest, type: wit.Type, value: Any) -> tuple[int, int]:
    """Writes a string or list; gives its address and length."""
    inner = element(type)
    if inner is None:
        data, length = encode(value, guest.encoding, guest.width)
        at = guest.allocate(len(data), 1 if guest.encoding == "utf8" else 2)
        guest.data[at : at + len(data)] = data
        return at, length
    size, alignment = shape(inner, guest.width)
    at = guest.allocate(size * len(value), alignment)
    for number, each in enumerate(value):
        store(guest, inner, each, at + number * size)
    return at, len(value)


def lower(guest: Guest, type: wit.Type, value: Any) -> list[tuple[str, int]]:
    """Gives a value as core values, each with its type."""
    if (isinstance(type, wit.Primitive) and type.kind != "string") or isinstance(type, (wit.Own, wit.Borrow)):
        letter = flat(type, guest.width)[0]
        return [(letter, (ord(value) if isinstance(value, str) else int(value)) % (1 << int(letter[1:])))]
    if isinstance(type, wit.Primitive) or element(type) is not None:
        letter = flat(type, guest.width)[0]
        return [(letter, word) for word in allocate(guest, type, value)]
    if (parts := fields(type)) is not None:
        return [each for part, inner in zip(parts, value, strict=True) for each in lower(guest, part, inner)]
    if isinstance(type, wit.Flags):
        return [("i32", value >> 32 * at & 0xFFFFFFFF) for at in range(len(flat(type, guest.width)))]
    found, letters = cases(type), flat(type, guest.width)
    assert found is not None
    inside = [] if found[value[0]] is None else lower(guest, found[value[0]], value[1])
    bits = [value[0], *(bits for _, bits in inside)]
    return [(letter, bits[at] if at < len(bits) else 0) for at, letter in enumerate(letters)]


def load(guest: Guest, type: wit.Type, at: int) -> Any:
    guest.read += 1
    if guest.read > 20_000:
        raise Huge

    def get(size: int, offset: int = 0) -> int:
        return int.from_bytes(guest.data[at + offset : at + offset + size], "little")

    if isinstance(type, wit.Primitive) and type.kind != "string":
        return scalar(type.kind, get(SIZES[type.kind]))
    if isinstance(type, wit.Primitive) or element(type) is not None:
        return follow(guest, type, get(guest.width), get(guest.width, guest.width))
    if (parts := fields(type)) is not None:
        values, offset = [], 0
        for part in parts:
            size, alignment = shape(part, guest.width)
            offset = round_up(offset, alignment)
            values.append(load(guest, part, at + offset))
            offset += size
        return tuple(values)
    if isinstance(type, wit.Flags):
        return get(shape(type, guest.width)[0]) & ((1 << len(type.names)) - 1)
    if (found := cases(type)) is not None:
        number = get(head(len(found)))
        trap_if(number >= len(found))
        case = found[number]
        return number, None if case is None else load(guest, case, at + payload(found, guest.width)[0])
    return get(4)


def scalar(kind: str, bits: int) -> Any:
    """Makes a value of at least as many bits as it has."""
    if kind == "bool":
        return bits != 0
    if kind == "char":
        trap_if(bits >= 0x110000 or 0xD800 <= bits <= 0xDFFF)
        return chr(bits)
    size = 8 * SIZES[kind]
    bits %= 1 << size
    if kind in NANS and bits & NANS[kind][0] > NANS[kind][1]:      # any NaN may arrive as any other
        return NANS[kind][1] + 1
    return bits - (1 << size) if kind[0] == "s" and bits >> (size - 1) else bits


def follow(guest: Guest, type: wit.Type, at: int, length: int) -> Any:
    """Reads a string or list."""
    inner = element(type)
    if inner is not None:
        size, alignment = shape(inner, guest.width)
        trap_if(length * size > LONGEST or at % alignment != 0 or at + length * size > len(guest.data))
        if length > 20_000:
            raise Huge
        return [load(guest, inner, at + number * size) for number in range(length)]
    unit, codec, tag = {"utf8": (1, "utf-8", 0), "utf16": (2, "utf-16-le", 0)}.get(guest.encoding, (1, "latin-1", 1 << 8 * guest.width - 1))
    alignment = 1 if guest.encoding == "utf8" else 2
    if length & tag:
        unit, codec, length = 2, "utf-16-le", length ^ tag
    trap_if(length * unit > LONGEST or at % alignment != 0 or at + length * unit > len(guest.data))
    guest.read += length // 16
    try:
        return guest.data[at : at + length * unit].decode(codec)
    except UnicodeError:
        raise Trap from None


def lift(guest: Guest, type: wit.Type, values: Iterator[int]) -> Any:
    """Makes a value of core values, the bits of each."""
    if isinstance(type, wit.Primitive) and type.kind != "string":
        return scalar(type.kind, next(values) % (1 << int(flat(type, guest.width)[0][1:])))
    if isinstance(type, wit.Primitive) or element(type) is not None:
        at, length = next(values) % (1 << 8 * guest.width), next(values) % (1 << 8 * guest.width)
        return follow(guest, type, at, length)
    if (parts := fields(type)) is not None:
        return tuple(lift(guest, part, values) for part in parts)
    if isinstance(type, wit.Flags):
        words = [next(values) % 2**32 << 32 * at for at in range(len(flat(type, guest.width)))]
        return sum(words) & ((1 << len(type.names)) - 1)
    if (found := cases(type)) is None:
        return next(values)
    bits = [next(values) for _ in flat(type, guest.width)]
    number = bits[0] % 2**32
    trap_if(number >= len(found))
    case = found[number]
    return number, None if case is None else lift(guest, case, iter(bits[1:]))


def lift_all(guest: Guest, found: list[wit.Type], most: int, bits: list[int]) -> list[Any]:
    """Makes values of the parameters, or the result, of a core function: of a pointer where there are more than ``most``."""
    if sum(len(flat(type, guest.width)) for type in found) <= most:
        values = iter(bits)
        return [lift(guest, type, values) for type in found]
    at = bits[0] % (1 << 8 * guest.width)
    size, alignment = shape(wit.Tuple(tuple(found)), guest.width)
    trap_if(at % alignment != 0 or at + size > len(guest.data))
    return list(load(guest, wit.Tuple(tuple(found)), at))


def lower_all(guest: Guest, found: list[wit.Type], most: int, values: list[Any]) -> list[tuple[str, int]]:
    """Gives the parameters, or the result, of a core function: a pointer where there are more than ``most`` core values."""
    if sum(len(flat(type, guest.width)) for type in found) <= most:
        return [each for type, value in zip(found, values, strict=True) for each in lower(guest, type, value)]
    size, alignment = shape(wit.Tuple(tuple(found)), guest.width)
    at = guest.allocate(size, alignment)
    store(guest, wit.Tuple(tuple(found)), tuple(values), at)
    return [("i64" if guest.width == 8 else "i32", at)]
