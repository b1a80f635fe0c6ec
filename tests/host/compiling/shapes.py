"""Core modules that are full of one thing each, of about as many bytes as asked for: what may take long to compile, and what may not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

I32, I64, V128 = 0x7F, 0x7E, 0x7B
THOUSAND = b"\xe8\x07" + bytes([I32]) * 1000
GET0, DROP, END = b"\x20\x00", b"\x1a", b"\x0b"


def leb(number: int) -> bytes:
    """Encodes an unsigned number."""
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def vector(items: Sequence[bytes]) -> bytes:
    """Encodes a vector of encoded items."""
    return leb(len(items)) + b"".join(items)


def section(identity: int, content: bytes) -> bytes:
    """Encodes a section."""
    return bytes([identity]) + leb(len(content)) + content


def get(local: int) -> bytes:
    """Encodes local.get."""
    return b"\x20" + leb(local)


def put(local: int) -> bytes:
    """Encodes local.set."""
    return b"\x21" + leb(local)


def body(locals: Sequence[tuple[int, int]], code: bytes) -> bytes:
    """Encodes a function: how many locals of which type, and its instructions."""
    return vector([leb(count) + bytes([type]) for count, type in locals]) + code + END


def module(bodies: Sequence[bytes], types: Sequence[bytes] = (b"\x60\x01\x7f\x00",), more: bytes = b"", table: bool = False) -> bytes:
    """Encodes a module; its functions are of the first type, from (i32) to nothing, and the last is of the last type."""
    numbers = [b"\0"] * (len(bodies) - 1) + [leb(len(types) - 1)]
    sections = section(1, vector(types)) + section(3, vector(numbers)) + (section(4, b"\1\x70\0\1") if table else b"")
    return b"\0asm\1\0\0\0" + sections + section(5, b"\1\0\1") + more + section(10, vector([leb(len(each)) + each for each in bodies]))


def repeated(code: bytes, *locals: tuple[int, int], table: bool = False) -> Callable[[int], bytes]:
    """Gives the shape of one function that does the same again and again."""
    return lambda size: module([body(locals, code * (size // len(code)))], table=table)


def loops(size: int) -> bytes:
    """Nested loops over many locals: each loop may have to pass on each of them."""
    depth, count, statements = size // 21, max(1, size // 25), size * 2 // 27
    code = b"\x03\x40" * depth
    for i in range(statements):
        code += get(1 + i % count) + b"\x42\x03\x7e" + put(1 + i * 13 % count)
    return module([body([(count, I64)], code + (GET0 + b"\x0d\0" + END) * depth)])


def branches(size: int) -> bytes:
    """Nested loops with branches out of them at many places."""
    depth, count = max(1, size // 20), max(1, size // 40)
    code, i = b"\x03\x40" * depth, 0
    while len(code) < size - 2 * depth:
        code += GET0 + b"\x0d" + leb(i * 7 % depth) + get(1 + i % count) + b"\x42\x03\x7e" + put(1 + i * 13 % count)
        i += 1
    return module([body([(count, I64)], code + END * depth)])


def tables(size: int) -> bytes:
    """Tables of targets, before each of which other locals were set."""
    depth = max(1, min(int((size / 8) ** 0.5 * 2), 100))
    code, i = b"\x03\x40" * min(depth, 60), 0
    depth = min(depth, 60)
    while len(code) < size - 2 * depth:
        targets = b"".join(leb(1 + each) for each in range(depth))
        code += b"\x02\x40" + get(1 + i % depth) + b"\x0e" + leb(depth) + targets + b"\0" + END
        code += get(1 + i % depth) + put(1 + i * 5 % depth)
        i += 1
    return module([body([(depth, I32)], code + END * depth)])


def conditions(size: int) -> bytes:
    """Conditions one after the other, each of which sets a local in one way or in another."""
    count, code, i = max(1, size // 40), b"", 0
    while len(code) < size - 10:
        one, other = (get(1 + i * a % count) + put(1 + i * b % count) for a, b in ((1, 13), (7, 5)))
        code += GET0 + b"\x04\x40" + one + b"\x05" + other + END
        i += 1
    return module([body([(count, I64)], code)])


def wide(size: int) -> bytes:
    """Nested loops that each take and give a thousand values."""
    made = [b"\x60\x01\x7f\0", b"\x60" + THOUSAND * 2, b"\x60\x01\x7f\0"]
    depth = max(1, size // 4)
    return module([body([], GET0 * 1000 + b"\x03\x01" * depth + END * depth + DROP * 1000)], made)


def results(size: int) -> bytes:
    """Calls that give a thousand values, which a branch drops."""
    call = b"\x02\x40\x10\x01\x0c\0" + END
    return module([body([], call * (size // len(call))), body([], b"\0")], [b"\x60\x01\x7f\0", b"\x60\0" + THOUSAND])


def functions(size: int) -> bytes:
    """Many functions of nothing."""
    return module([body([], b"")] * max(1, size // 3))


def exports(size: int) -> bytes:
    """Many functions that are exported."""
    count = max(1, size // 12)
    names = vector([b"\x06" + b"f%05d" % i + b"\0" + leb(i) for i in range(count)])
    return module([body([], b"")] * count, more=section(7, names))


def types(size: int) -> bytes:
    """Many types, each of a function with sixteen parameters."""
    count = max(1, size // 22)
    made = [b"\x60\x10" + bytes(I32 if i >> bit & 1 else I64 for bit in range(16)) + b"\0" for i in range(count)]
    return module([body([], b"")], [*made, b"\x60\x01\x7f\0"])


SHAPES: dict[str, Callable[[int], bytes]] = {
    "loops": loops,
    "branches": branches,
    "tables": tables,
    "conditions": conditions,
    "wide": wide,
    "results": results,
    "functions": functions,
    "exports": exports,
    "types": types,
    "empty loops": repeated(b"\x03\x40" + END),
    "many locals": repeated(b"\x03\x40" + GET0 + b"\x0d\0" + END, (49000, I64)),
    "indirect calls": repeated(GET0 * 2 + b"\x11\0\0", table=True),
    "table.get": repeated(GET0 + b"\x25\0\x1a", table=True),
    "table.copy": repeated(GET0 * 3 + b"\xfc\x0e\0\0", table=True),
    "memory.grow": repeated(GET0 + b"\x40\0\x1a"),
    "memory.copy": repeated(GET0 * 3 + b"\xfc\x0a\0\0"),
    "constants": lambda size: module([body([], GET0 + b"\x41\x01\x6a" * (size // 3) + DROP)]),
    "differences": lambda size: module([body([], GET0 + b"\x41\x03\x6b" * (size // 3) + DROP)]),
    "divisions": lambda size: module([body([], GET0 + (GET0 + b"\x6d") * (size // 3) + DROP)]),
    "conversions": lambda size: module([body([], GET0 + b"\xb7\xaa" * (size // 2) + DROP)]),
    "selections": repeated(get(1) + get(2) + GET0 + b"\x1b" + put(1), (4, I32)),
    "loads": repeated(GET0 + b"\x29\0\0\x1a"),
    "vectors": repeated(get(1) + get(2) + b"\xfd\xba\x01" + put(1), (4, V128)),
    "blocks": lambda size: module([body([], b"\x02\x40" * (size // 3) + END * (size // 3))]),
}
