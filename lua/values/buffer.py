"""Reads and writes what LuaJIT's ``string.buffer`` serializes (lj_serialize.c), in the terms of the intermediate model.

What the format can't say travels as a table with the key ``true``, which no map of a script can have:
``{[true]="some", value=...}``, ``{[true]="map", KEY, VALUE, KEY, VALUE ...}`` for a map of WIT, ``{[true]="error", kind=..., ...}``,
``{[true]="resource", number=..., name=...}``, and ``{[true]="deep", value=BYTES}`` for a table that lies deeper than LuaJIT's own limit
of 100 levels: BYTES is its serialization. ``NONE`` is the null light userdata.
``lua/values/intermediate.lua`` is the other half.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import Any

from moonwit.host.values.intermediate import DEPTH, EXACT, NONE, Empty, ErrorValue, Int64, Some, UInt64, Value, kind_of

NIL, FALSE, TRUE, NULL, INT32, NUMBER, TABLE, INT64, UINT64, STRING = 0x00, 0x01, 0x02, 0x03, 0x06, 0x07, 0x08, 0x10, 0x11, 0x20
HASH_PART, ARRAY_FROM_0, ARRAY_FROM_1 = 0x01, 0x02, 0x04

# After so many levels of tables the rest goes into a "deep" blob; lua/values/intermediate.lua has it from here.
DEEP = 64

# Blobs take a level each.
DECODED_DEPTH = DEPTH + DEPTH // DEEP

_number, _int32, _int64, _uint64, _uint32 = Struct("<d"), Struct("<i"), Struct("<q"), Struct("<Q"), Struct("<I")
_REFUSED = {
    0x04: "a light userdata",
    0x05: "a light userdata",
    0x0E: "a metatable reference",
    0x0F: "a string reference",
    0x12: "a complex number",
}


class Encoded(bytes):
    """A value that is encoded already."""


def decode(data: bytes) -> Value:
    """Decodes one value; raises ValueError when ``data`` is anything else."""
    values = decode_all(data, 1)
    if len(values) != 1:
        raise ValueError("the encoded value is empty")
    return values[0]


def fields(value: Value) -> Any:
    """Gives a decoded table by the names of its fields, as a typed dictionary declares them; one of Lua's without fields is empty."""
    if not value:
        return {}
    assert isinstance(value, dict)
    return {name.decode(): field for name, field in value.items()}


def decode_all(data: bytes, most: int | None = None) -> list[Value]:
    """Decodes values that follow one another, such as the arguments of a call; raises ``ValueError``."""
    values: list[Value] = []
    reader = _Reader(data, 0)
    try:
        while reader.at < len(data):
            if most is not None and len(values) == most:
                raise ValueError(f"the encoded value is followed by {len(data) - reader.at} more bytes")
            values.append(reader.value(0))
    except (IndexError, StructError):
        raise ValueError(f"the encoded value ends early, after {len(data)} bytes") from None
    return values


def encode(value: Value) -> bytes:
    """Encodes one value; raises TypeError or ValueError with the path of what can't be encoded."""
    out = bytearray()
    try:
        _write(out, value, 0)
    except _Misfit as misfit:
        raise misfit.error() from None
    return bytes(out)


def encode_all(values: list[Value]) -> bytes:
    """Encodes values one after the other."""
    return b"".join(map(encode, values))


class _Reader:
    """A position in encoded bytes."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def value(self, depth: int) -> Value:
        data, at = self.data, self.at
        tag = data[at]
        if tag >= STRING:
            return self.take(self.length() - STRING)
        self.at = at + 1
        if tag == NUMBER:
            self.at = at + 9
            number: float = _number.unpack_from(data, at + 1)[0]
            if number.is_integer() and -EXACT <= number <= EXACT and (number != 0 or data[at + 8] == 0):
                return int(number)
            return number
        if TABLE <= tag <= TABLE + (HASH_PART | ARRAY_FROM_1):
            return self.table(tag - TABLE, depth + 1)
        if tag == INT32:
            self.at = at + 5
            return _int32.unpack_from(data, at + 1)[0]
        if tag == NIL:
            return None
        if tag == FALSE:
            return False
        if tag == TRUE:
            return True
        if tag == NULL:
            return NONE
        if tag == INT64:
            self.at = at + 9
            return Int64(_int64.unpack_from(data, at + 1)[0])
        if tag == UINT64:
            self.at = at + 9
            return UInt64(_uint64.unpack_from(data, at + 1)[0])
        raise ValueError(f"byte {at} of the encoded value is {_REFUSED.get(tag, f'the unknown tag {tag:#04x}')}, which is not taken")

    def length(self) -> int:
        data, at = self.data, self.at
        first = data[at]
        if first < 0xE0:
            self.at = at + 1
            return first
        if first < 0xFF:
            self.at = at + 2
            return ((first & 0x1F) << 8 | data[at + 1]) + 0xE0
        self.at = at + 5
        length: int = _uint32.unpack_from(data, at + 1)[0]
        return length

    def take(self, length: int) -> bytes:
        if length < 0:
            raise ValueError(f"byte {self.at} of the encoded value begins a string of negative length")
        end = self.at + length
        if end > len(self.data):
            raise IndexError
        text = self.data[self.at : end]
        self.at = end
        return text

    def table(self, parts: int, depth: int) -> Value:
        if depth > DECODED_DEPTH:
            raise ValueError(f"the encoded value is nested deeper than {DECODED_DEPTH} levels")
        slots = self.length() if parts & (ARRAY_FROM_0 | ARRAY_FROM_1) else 0
        pairs = self.length() if parts & HASH_PART else 0
        if parts & ARRAY_FROM_1:
            slots = max(slots - 1, 0)  # LuaJIT counts slot 0 of a 1-based array, and leaves it out.
        # Every element takes a byte or more: a count that can't be true runs into the end of the data.
        values = [self.value(depth) for _ in range(slots)]
        if parts & ARRAY_FROM_0 and values and values.pop(0) is not None:
            raise ValueError("the encoded value holds a table with the key 0, which is not a sequence and no map")
        if pairs:
            return self.shape(values, depth, pairs)
        while values and values[-1] is None:
            values.pop()
        if None in values:
            raise ValueError("the encoded value holds a sequence with holes")
        return values or Empty()

    def shape(self, values: list[Value], depth: int, pairs: int) -> Value:
        """Reads a hash part of ``pairs`` and says what it makes together with an array part of ``values``; raises ``ValueError``."""
        names: dict[bytes, Value] = {}
        numbers: dict[int, Value] = {i: value for i, value in enumerate(values, 1) if value is not None}
        marker: bytes | None = None
        for _ in range(pairs):
            key, value = self.value(depth), self.value(depth)
            if key is True and marker is None and isinstance(value, bytes):
                marker = value
            elif type(key) is bytes and key not in names:
                names[key] = value
            elif type(key) is int and key not in numbers:
                numbers[key] = value
            else:
                raise ValueError(f"the encoded value holds a table with a key that is taken twice or is {kind_of(key)}")
        if marker == b"map" and not names:
            return self.map(numbers)
        if marker is not None and not numbers:
            return self.marked(marker, names, depth)
        numbers = {key: value for key, value in numbers.items() if value is not None}
        names = {key: value for key, value in names.items() if value is not None}
        if marker is not None or (numbers and names):
            raise ValueError("the encoded value holds a table with mixed keys")
        if numbers:
            if min(numbers) != 1 or max(numbers) != len(numbers):
                raise ValueError("the encoded value holds a sequence with holes")
            return [numbers[i] for i in range(1, len(numbers) + 1)]
        return names or Empty()

    def map(self, numbers: dict[int, Value]) -> Value:
        pairs = [numbers.get(i) for i in range(1, len(numbers) + 1)]
        keys, values = pairs[::2], pairs[1::2]
        if len(keys) != len(values) or None in values:
            raise ValueError("the encoded value holds a map whose keys and values do not fit each other")
        for key in keys:
            if not isinstance(key, (bytes, int)):
                raise ValueError(f"the encoded value holds a map with a key that is {kind_of(key)}")
        return dict(zip(keys, values, strict=True))

    def marked(self, marker: bytes, fields: dict[bytes, Value], depth: int) -> Value:
        if marker == b"some" and fields.keys() <= {b"value"}:
            return Some(fields.get(b"value"))
        if marker == b"deep" and fields.keys() == {b"value"} and isinstance(fields[b"value"], bytes):
            inner = _Reader(fields[b"value"], 0)
            value = inner.value(depth)
            if inner.at != len(inner.data):
                raise ValueError("the encoded value holds a nested part with bytes left over")
            return value
        if marker == b"error":
            kind, message, retryable = fields.pop(b"kind", b""), fields.pop(b"message", b""), fields.pop(b"retryable", None)
            if isinstance(kind, bytes) and isinstance(message, bytes) and (retryable is None or isinstance(retryable, bool)):
                details = fields.pop(b"details", None)
                extra = {_text(key): value for key, value in fields.items()}
                return ErrorValue(_text(kind), _text(message), retryable, details, extra)
        raise ValueError(f"the encoded value holds a {_text(marker)!r} marker that does not fit its fields")


class _Misfit(Exception):
    """Something that can't be encoded; ``keys`` collects the way to it from the inside out."""

    def __init__(self, kind: type[TypeError | ValueError], what: str) -> None:
        self.kind = kind
        self.what = what
        self.keys: list[str] = []

    def error(self) -> TypeError | ValueError:
        path = "".join(reversed(self.keys)).removeprefix(".") or "value"
        return self.kind(f"{path}: {self.what}")


def _write(out: bytearray, value: Value, depth: int) -> None:
    if value is None:
        out.append(NIL)
    elif value is NONE:
        out.append(NULL)
    elif isinstance(value, bool):
        out.append(TRUE if value else FALSE)
    elif isinstance(value, int):
        _write_int(out, value)
    elif isinstance(value, float):
        out.append(NUMBER)
        out += _number.pack(value)
    elif isinstance(value, bytes):
        _write_length(out, len(value) + STRING)
        out += value
    elif isinstance(value, str):
        _write(out, _utf8(value), depth)
    elif isinstance(value, (list, tuple, dict, Some, ErrorValue)):
        if depth >= DEPTH:
            raise _Misfit(ValueError, f"is nested deeper than {DEPTH} levels")
        if depth and depth % DEEP == 0:
            blob = bytearray()
            _write_table(blob, value, depth + 1)
            _write_pairs(out, [(True, b"deep"), (b"value", bytes(blob))], depth)
        else:
            _write_table(out, value, depth + 1)
    else:
        raise _Misfit(TypeError, f"{kind_of(value)} can't be passed to Lua")


def _write_table(out: bytearray, value: Value, depth: int) -> None:
    if isinstance(value, dict):
        if any(isinstance(key, int) for key in value):
            _write_map(out, value, depth)
            return
        pairs: list[tuple[Any, Value]] = []
        for key, item in value.items():
            if not isinstance(key, (bytes, str)):
                raise _Misfit(TypeError, f"the key {key!r} is not a string")
            if item is not None:
                pairs.append((key, item))
        _write_pairs(out, pairs, depth)
    elif isinstance(value, Some):
        _write_pairs(out, [(True, b"some"), (b"value", value.value)], depth)
    elif isinstance(value, ErrorValue):
        named = {"kind": value.kind, "message": value.message, "retryable": value.retryable, "details": value.details}
        fields = {**value.extra, **named}
        _write_pairs(out, [(True, b"error"), *((key, item) for key, item in fields.items() if item is not None)], depth)
    elif value:
        out.append(TABLE + ARRAY_FROM_1)
        _write_length(out, len(value) + 1)
        at = 0
        try:
            for at, item in enumerate(value, 1):  # noqa: B007
                # A hole would end the sequence for Lua.
                _write(out, NONE if item is None else item, depth)
        except _Misfit as misfit:
            misfit.keys.append(f"[{at}]")
            raise
    else:
        out.append(TABLE)


def _write_map(out: bytearray, value: dict[Any, Value], depth: int) -> None:
    for key in value:
        if not isinstance(key, int):
            raise _Misfit(TypeError, f"the key {key!r} stands among numbers")
        if not -EXACT <= key <= EXACT:
            raise _Misfit(ValueError, f"the key {key} is beyond 2**53, and no key of a Lua table can be: use list<tuple<K, V>> in the WIT")
    pairs: list[tuple[Any, Value]] = [(True, b"map")]
    for number, (key, item) in enumerate(value.items()):
        pairs += [(2 * number + 1, key), (2 * number + 2, NONE if item is None else item)]
    _write_pairs(out, pairs, depth)


def _write_pairs(out: bytearray, pairs: list[tuple[Any, Value]], depth: int) -> None:
    if not pairs:
        out.append(TABLE)
        return
    out.append(TABLE + HASH_PART)
    _write_length(out, len(pairs))
    for key, item in pairs:
        _write(out, key, depth)
        try:
            _write(out, item, depth)
        except _Misfit as misfit:
            misfit.keys.append(f".{_text(key) if isinstance(key, bytes) else key}")
            raise


def _write_int(out: bytearray, value: int) -> None:
    if isinstance(value, (Int64, UInt64)):
        signed = isinstance(value, Int64)
    elif -EXACT <= value <= EXACT:
        out.append(NUMBER)
        out += _number.pack(value)
        return
    else:
        signed = value < 2**63
    try:
        packed = (_int64 if signed else _uint64).pack(value)
    except StructError:
        raise _Misfit(ValueError, "does not fit into 64 bits") from None
    out.append(INT64 if signed else UINT64)
    out += packed


def _write_length(out: bytearray, length: int) -> None:
    if length < 0xE0:
        out.append(length)
    elif length < 0x1FE0:
        length -= 0xE0
        out.append(0xE0 | length >> 8)
        out.append(length & 0xFF)
    elif length <= 0xFFFF_FFFF:
        out.append(0xFF)
        out += _uint32.pack(length)
    else:
        raise _Misfit(ValueError, "is longer than 4 GiB")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise _Misfit(ValueError, "is a string with a surrogate, which has no UTF-8") from None


def _text(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
