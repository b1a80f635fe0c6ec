"""Values at the edges of each WIT type, by hand: Lua expressions, and what a guest gives back for them."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import Any

from moonwit.host.values.intermediate import NONE, Some
from moonwit.host.wasm.wit import types as wit
from tests.abi.values import RANGES, Good, number, quoted

MOST = 40

TEXTS = ["", "a", "1234567", "12345678", "123456789", "x" * 15, "x" * 16, "x" * 17, "y" * 31, "y" * 32, "y" * 33, "\0", "a\0b", "\x7f\x80"]
TEXTS += ["\u07ff\u0800", "\ud7ff\ue000", "\uffff", "\U00010000", "\U0010ffff", "é" * 40, "x" * 70 + "日本語", "日" + "x" * 70]
FLOATS = [0.0, -0.0, 1.0, -1.5, 2.0**53, 2.0**-149, 2.0**127, math.inf, -math.inf, math.nan]


def integers(kind: str) -> list[Good]:
    low, high = RANGES[kind]
    plain = [value for value in {low, high, 0, 1, low + 1, high - 1, high // 2, high // 2 + 1} if abs(value) <= 2**53]
    plain += [2**53, -(2**53)] if kind == "s64" else [2**53] if kind == "u64" else []
    found: list[Good] = [(str(value), value) for value in plain]
    found += [(f"{value}ULL", value) for value in {0, high, 2**53 + 1} if value <= high]
    return found + [(f"{value}LL", value) for value in {0, low, low + 1, min(high, 2**63 - 1), -(2**53) - 1} if low <= value]


def primitive(kind: str) -> list[Good]:
    if kind in RANGES:
        return integers(kind)
    if kind == "bool":
        return [("true", True), ("false", False)]
    if kind == "f32":
        return [(number(value), value) for value in [*FLOATS, 1.100000023841858]] + [("1e300", math.inf), ("1e-300", 0.0)]
    if kind == "f64":
        return [(number(value), value) for value in [*FLOATS, 0.1, 1.7976931348623157e308, 5e-324]]
    texts = TEXTS if kind == "string" else [*"a\0\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"]
    return [(quoted(text.encode()), text.encode()) for text in texts]


def rows(types: list[wit.Type], absent: str) -> list[tuple[Good, ...]]:
    """As many rows of values as the longest list of edges has; the shorter ones begin again."""
    columns = [edges(type, absent) for type in types]
    count = max(map(len, columns))
    return [tuple(column[i % len(column)] for column in columns) for i in range(min(count, MOST))]


def case(name: str, type: wit.Type | None, bare: Good) -> list[Good]:
    if type is None:
        return [bare]
    return [(f"{{[{quoted(name.encode())}] = {text}}}", {name.encode(): result}) for text, result in edges(type)]


def record(fields: tuple[wit.Field, ...]) -> list[Good]:
    found: list[Good] = []
    for i, row in enumerate(rows([each.type for each in fields], "nil")):
        names = [each.name if i % 2 else each.name.replace("-", "_") for each in fields]
        pairs = [f"[{quoted(name.encode())}] = {text}" for name, (text, _) in zip(names, row, strict=True)]
        result = {each.name.encode(): value for each, (_, value) in zip(fields, row, strict=True) if value is not NONE}
        found.append(("{" + ", ".join(pairs) + "}", result))
    return found


def flags(names: tuple[str, ...]) -> list[Good]:
    chosen: list[tuple[str, ...]] = [(), names, *((name,) for name in names), names[::2], names[-2:]]
    found: list[Good] = []
    for i, some in enumerate(chosen[:MOST]):
        items = [quoted(name.encode()) for name in some]
        text = ", ".join(items) if i % 2 else ", ".join(f"[{item}] = true" for item in items)
        found.append((f"{{{text}}}", {name.encode(): True for name in some}))
    return found


def edges(type: wit.Type, absent: str = "wit.none") -> list[Good]:
    """A few dozen values that fit; ``absent`` is how an absent option is written where they stand."""
    found: list[Good]
    match type:
        case wit.Primitive(kind):
            return primitive(kind)
        case wit.List(wit.Primitive("u8")):
            octets = [b"", b"\0", bytes(range(256)), b"\xff" * 1000]
            return [(quoted(each), each) for each in octets] + [("{" + ", ".join(map(str, each)) + "}", each) for each in octets]
        case wit.List(element):
            items = edges(element)
            lists: list[list[Good]] = [[], items, *([item] for item in items[:8]), items[:2] * 20]
            return [("{" + ", ".join(text for text, _ in each) + "}", [result for _, result in each]) for each in lists]
        case wit.Tuple(types):
            found = []
            for row in rows(list(types), "wit.none"):
                found.append(("{" + ", ".join(text for text, _ in row) + "}", [result for _, result in row]))
            return found
        case wit.Record(fields):
            return record(fields)
        case wit.Variant(cases):
            of_cases = [case(each.name, each.type, (quoted(each.name.encode()), each.name.encode())) for each in cases]
            return in_turns(of_cases)
        case wit.Result(ok, err):
            return in_turns([case(name, side, (f"{{{name} = true}}", {name.encode(): True})) for name, side in (("ok", ok), ("err", err))])
        case wit.Option(some):
            nested = isinstance(some, wit.Option)
            inner = edges(some, "nil")[: MOST - 2]
            found = [(f"wit.some({text})", Some(result)) if nested else (text, result) for text, result in inner]
            return [(absent, NONE), ("wit.none", NONE), *found]
        case wit.Enum(names):
            return [(quoted(name.encode()), name.encode()) for name in (*names[:20], *names[-20:])]
        case wit.Flags(names):
            return flags(names)
    raise AssertionError(type)


def in_turns(lists: list[list[Any]]) -> list[Any]:
    """Items of all lists, one of each in turn."""
    return [item for row in zip_longest(*lists) for item in row if item is not None][:MOST]
