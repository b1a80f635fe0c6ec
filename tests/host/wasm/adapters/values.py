"""Random WIT types and values of them, as tests/host/wasm/adapters/oracle.py has them."""

from __future__ import annotations

import struct
from random import Random
from typing import Any

from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters import oracle

CHARS = "\0aZ\x7f\x80\xe9\xff\u0100\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff日"
FLOATS = [0.0, -0.0, 1.5, -1e30, float("inf"), float("-inf")]
KEYS = [kind for kind in wit.PRIMITIVES if kind not in ("f32", "f64")]


def a_type(rng: Random, depth: int = 3) -> wit.Type:
    if depth == 0 or rng.random() < 0.2:
        return leaf(rng)
    deeper = depth - 1
    match rng.randrange(9):
        case 0:
            most = 24 if rng.random() < 0.1 else 5
            return wit.Record(tuple(wit.Field(f"f{n}", a_type(rng, deeper)) for n in range(rng.randint(1, most))))
        case 1:
            found = [wit.Case(f"c{n}", a_type(rng, deeper) if rng.random() < 0.8 else None) for n in range(rng.randint(1, 6))]
            found += [wit.Case(f"m{n}", None) for n in range(300 if rng.random() < 0.1 else 0)]
            return wit.Variant(tuple(found))
        case 2 | 3:
            return wit.List(a_type(rng, deeper))
        case 4:
            return wit.Tuple(tuple(a_type(rng, deeper) for _ in range(rng.randint(1, 4))))
        case 5:
            return wit.Result(*(a_type(rng, deeper) if rng.random() < 0.75 else None for _ in range(2)))
        case 6:
            return wit.FixedList(a_type(rng, deeper), rng.choice([1, 2, 3, 17]))
        case 7:
            return wit.Map(wit.Primitive(rng.choice(KEYS)), a_type(rng, deeper))
    return wit.Option(a_type(rng, deeper))


def leaf(rng: Random) -> wit.Type:
    kind = rng.randrange(18)
    if kind < 9:
        return wit.Primitive(rng.choice(wit.PRIMITIVES))
    if kind < 13:
        return wit.Primitive("string")
    if kind == 13:
        return wit.Enum(tuple(f"c{n}" for n in range(rng.choice([1, 2, 255, 256, 257]))))
    if kind == 14:
        return wit.Flags(tuple(f"f{n}" for n in range(rng.choice([1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65]))))
    return wit.Result(None, None) if kind == 15 else wit.List(wit.Primitive(rng.choice(wit.PRIMITIVES)))


def text(rng: Random) -> str:
    """Makes a string; most are of one kind of characters up to some place, because that is where the copying loops change."""
    chars = rng.choice([CHARS, "ab", "aé", "a\u0100", "日本", "a😀"])
    head = "".join(rng.choice("ab") for _ in range(rng.choice([0, 0, 7, 8, 15, 16, 17, 31])))
    return head + "".join(rng.choice(chars) for _ in range(rng.choice([0, 0, 1, 2, 5, 9, 20])))


def a_value(rng: Random, type: wit.Type) -> Any:
    if isinstance(type, wit.Primitive):
        return primitive(rng, type.kind)
    if (inner := oracle.element(type)) is not None:
        return [a_value(rng, inner) for _ in range(rng.choice([0, 0, 1, 2, 3, 5]))]
    if (parts := oracle.fields(type)) is not None:
        return tuple(a_value(rng, part) for part in parts)
    if isinstance(type, wit.Flags):
        return rng.getrandbits(len(type.names))
    found = oracle.cases(type)
    assert found is not None
    number = rng.randrange(len(found))
    case = found[number]
    return number, None if case is None else a_value(rng, case)


def primitive(rng: Random, kind: str) -> Any:
    if kind == "string":
        return text(rng)
    if kind == "char":
        return rng.choice(CHARS)
    if kind == "bool":
        return rng.random() < 0.5
    if kind[0] == "f":
        letter, size = ("<f", 4) if kind == "f32" else ("<d", 8)
        return int.from_bytes(struct.pack(letter, rng.choice(FLOATS)), "little") % (1 << 8 * size)
    size = 8 * oracle.SIZES[kind]
    number = rng.choice([0, 1, (1 << size) - 1, 1 << size - 1, rng.getrandbits(size)])
    return number - (1 << size) if kind[0] == "s" and number >> (size - 1) else number
