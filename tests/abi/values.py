"""Strategies: random WIT types, and for each type Lua expressions for values of it, good ones and bad ones.

A good value is a pair: the expression, and what a guest gives back for it in the intermediate model.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from hypothesis import strategies as st

from moonwit.host.intermediate import NONE, Some
from moonwit.host.wasm import types as wit

Good = tuple[str, Any]

# Names with a meaning in Lua, in Moonwit or in WIT are as good as others.
NAMES = [
    "a", "b", "x1", "tag-count", "full-name", "end", "nil", "type", "ok", "err", "none", "some", "message", "n", "a-b-c",
    "HTTP-code", "drop", "function", "z9-z9", "value", "self", "first", "flags", "option", "u8", "string",
]  # fmt: skip
RANGES = {f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)} | {
    f"s{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)
}

# Values that fit no type at all.
MISFITS = [
    "print", "coroutine.create(print)", "{1, x = 2}", "{[0] = 1}", "{[1.5] = 1}", "{[true] = true}", "1i", "{[0] = 1, 2, 3}",
    "{[-1] = 1}", "{[{}] = {}}", "wit",
]  # fmt: skip


def names(least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES), min_size=least, max_size=most, unique=True)


primitives = st.sampled_from(wit.PRIMITIVES).map(wit.Primitive)
many_names = st.integers(1, 32).map(lambda count: tuple(f"f{i}" if i % 3 else f"flag-{i}" for i in range(count)))
leaves = st.one_of(
    primitives,
    primitives,
    names(1, 5).map(lambda found: wit.Enum(tuple(found))),
    st.sampled_from([255, 256, 257, 300]).map(lambda count: wit.Enum(tuple(f"c{i}" for i in range(count)))),
    many_names.map(wit.Flags),
    names(1, 4).map(lambda found: wit.Flags(tuple(found))),
    st.just(wit.Result(None, None)),
)


@st.composite
def records(draw: st.DrawFn, inner: st.SearchStrategy[wit.Type]) -> wit.Type:
    return wit.Record(tuple(wit.Field(name, draw(inner)) for name in draw(names(1, 6))))


@st.composite
def variants(draw: st.DrawFn, inner: st.SearchStrategy[wit.Type]) -> wit.Type:
    cases = [wit.Case(name, draw(st.one_of(st.none(), inner))) for name in draw(names(1, 5))]
    if draw(st.integers(0, 9)) == 0:
        cases += [wit.Case(f"more-{i}", None) for i in range(260)]
    return wit.Variant(tuple(cases))


def wider(inner: st.SearchStrategy[wit.Type]) -> st.SearchStrategy[wit.Type]:
    maybe = st.one_of(st.none(), inner)
    return st.one_of(
        records(inner),
        variants(inner),
        inner.map(wit.List),
        inner.map(wit.Option),
        st.lists(inner, min_size=1, max_size=5).map(lambda parts: wit.Tuple(tuple(parts))),
        st.builds(wit.Result, maybe, maybe),
    )


types = st.recursive(leaves, wider, max_leaves=8)


def quoted(data: bytes) -> str:
    return '"' + "".join(chr(octet) if chr(octet).isalnum() and octet < 128 else f"\\{octet:03}" for octet in data) + '"'


def number(value: float) -> str:
    if math.isnan(value):
        return "0/0"
    if math.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    return f"{value:.17g}" if value or math.copysign(1, value) > 0 else "-0.0"


def narrowed(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


@st.composite
def integers(draw: st.DrawFn, low: int, high: int) -> Good:
    value = draw(st.one_of(st.integers(low, high), st.sampled_from([low, high, 0, min(high, 2**53), max(low, -(2**53)), high // 2 + 1])))
    spellings = []
    if abs(value) <= 2**53:
        spellings += [str(value), str(value), f"{value}.0"]
    elif float(value) == value:
        spellings.append(f"{float(value):.1f}")
    if value < 2**63:
        spellings.append(f"{value}LL")
    if value >= 0:
        spellings.append(f"{value}ULL")
    return draw(st.sampled_from(spellings)), value


def primitive(kind: str) -> st.SearchStrategy[Good]:
    if kind in RANGES:
        return integers(*RANGES[kind])
    if kind == "bool":
        return st.booleans().map(lambda value: (str(value).lower(), value))
    if kind == "f64":
        return st.floats().map(lambda value: (number(value), value))
    if kind == "f32":
        return st.one_of(st.floats(width=32), st.floats()).map(lambda value: (number(value), narrowed(value)))
    text = st.characters(exclude_categories=["Cs"])
    strings = text if kind == "char" else st.one_of(st.text(text, max_size=12), st.text("ab", min_size=7, max_size=70))
    return strings.map(lambda value: (quoted(value.encode()), value.encode()))


@st.composite
def sequence(draw: st.DrawFn, texts: list[str]) -> str:
    """The same sequence, built in different ways: LuaJIT keeps it in the array part, in the hash part, or in both."""
    way = draw(st.integers(0, 5))
    if way == 0:
        return "{" + ", ".join(f"[{i}] = {text}" for i, text in reversed(list(enumerate(texts, 1)))) + "}"
    if way == 1:
        keep = len(texts) // 2
        return "{" + ", ".join([*texts[:keep], *(f"[{i}] = {text}" for i, text in enumerate(texts[keep:], keep + 1))]) + "}"
    return "{" + ", ".join(texts) + "}"


@st.composite
def good(draw: st.DrawFn, type: wit.Type, absent: str = "wit.none") -> Good:
    """A value that fits. ``absent`` is how an absent option may be written where the value stands."""
    match type:
        case wit.Primitive(kind):
            return draw(primitive(kind))
        case wit.List(wit.Primitive("u8")):
            octets = draw(st.binary(max_size=20))
            return draw(st.sampled_from([quoted(octets), "{" + ", ".join(map(str, octets)) + "}"])), octets
        case wit.List(element):
            items = draw(st.lists(good(element), max_size=5))
            return draw(sequence([text for text, _ in items])), [result for _, result in items]
        case wit.Tuple(parts):
            items = [draw(good(part)) for part in parts]
            return draw(sequence([text for text, _ in items])), [result for _, result in items]
        case wit.Record(fields):
            return draw(record(fields))
        case wit.Variant(cases):
            case = draw(st.sampled_from(cases))
            if case.type is None:
                return quoted(case.name.encode()), case.name.encode()
            text, result = draw(good(case.type))
            return f"{{[{quoted(case.name.encode())}] = {text}}}", {case.name.encode(): result}
        case wit.Result(ok, err):
            name, side = draw(st.sampled_from([("ok", ok), ("err", err)]))
            text, result = ("true", True) if side is None else draw(good(side))
            return f"{{{name} = {text}}}", {name.encode(): result}
        case wit.Option(some):
            if draw(st.integers(0, 2)) == 0:
                return draw(st.sampled_from([absent, "wit.none"])), NONE
            text, result = draw(good(some, "nil"))
            if isinstance(some, wit.Option):
                return f"wit.some({text})", Some(result)
            return draw(st.sampled_from([text, f"wit.some({text})"])), result
        case wit.Enum(found):
            name = draw(st.sampled_from(found))
            return quoted(name.encode()), name.encode()
        case wit.Flags(found):
            return draw(flags(found))
    raise AssertionError(type)


@st.composite
def flags(draw: st.DrawFn, found: tuple[str, ...]) -> Good:
    chosen = draw(st.lists(st.sampled_from(found), unique=True))
    result = {name.encode(): True for name in chosen}
    if draw(st.booleans()):
        return draw(sequence([quoted(name.encode()) for name in chosen])), result
    others = [name for name in draw(st.lists(st.sampled_from(found), max_size=3, unique=True)) if name not in chosen]
    pairs = [(name, "true") for name in chosen] + [(name, "false") for name in others]
    return "{" + ", ".join(f"[{quoted(name.encode())}] = {value}" for name, value in pairs) + "}", result


@st.composite
def record(draw: st.DrawFn, fields: tuple[wit.Field, ...]) -> Good:
    pairs, result = [], {}
    for each in fields:
        text, value = draw(good(each.type, "nil"))
        if value is not NONE:
            result[each.name.encode()] = value
        name = draw(st.sampled_from([each.name, each.name.replace("-", "_")]))
        pairs.append(f"[{quoted(name.encode())}] = {text}")
    return "{" + ", ".join(draw(st.permutations(pairs))) + "}", result


WRONG: dict[str, list[str]] = {
    "bool": ["0", '"true"', "nil"],
    "f32": ['"1"', "true", "1LL", "1ULL", "nil"],
    "f64": ['"1"', "true", "1LL", "1ULL", "nil"],
    "char": ['""', '"ab"', "65", r'"\237\160\128"', r'"\255"', r'"\195"', r'"\192\128"', r'"\244\144\128\128"', "nil"],
    "string": ["5", "true", r'"\255"', r'"abc\237\160\128"', r'"\192\128"', r'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\195"', "nil"],
}
for _kind, (_low, _high) in RANGES.items():
    WRONG[_kind] = ['"5"', "true", "1.5", "0/0", "math.huge", "-math.huge", "1e300", "{}", "nil"]
    WRONG[_kind] += [f"{_high + 1:.1f}" if _high > 2**53 else str(_high + 1), f"{_high + 1}ULL" if _high + 1 < 2**64 else "-1LL"]
    WRONG[_kind].append(f"{_low * 2 - 1:.1f}")


@st.composite
def bad(draw: st.DrawFn, type: wit.Type) -> str:
    """A value that does not fit, for one reason somewhere inside."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(MISFITS))
    match type:
        case wit.Primitive(kind):
            return draw(st.sampled_from(WRONG[kind]))
        case wit.List(element):
            items = [text for text, _ in draw(st.lists(good(element), min_size=1, max_size=4))]
            return draw(bad_sequence(items, draw(bad(element).filter(lambda text: text != "nil"))))
        case wit.Tuple(parts):
            items = [draw(good(part))[0] for part in parts]
            place = draw(st.integers(0, len(parts) - 1))
            way = draw(st.integers(0, 2))
            if way == 0:
                return "{" + ", ".join([*items, items[-1]]) + "}"
            if way == 1:
                return "{" + ", ".join(items[:-1]) + "}"
            return draw(bad_sequence(items, draw(bad(parts[place])), place))
        case wit.Record(fields):
            return draw(bad_record(fields))
        case wit.Variant(cases):
            return draw(bad_variant(cases))
        case wit.Result(ok, err):
            name, side = draw(st.sampled_from([("ok", ok), ("err", err)]))
            wrong = "false" if side is None else draw(bad(side))
            return draw(st.sampled_from([f"{{{name} = {wrong}}}", "{}", "true", '"ok"', "{ok = true, err = true}", "{some = 1}", "{true}"]))
        case wit.Option(some):
            text = draw(bad(some).filter(lambda text: text != "nil"))
            return f"wit.some({text})" if isinstance(some, wit.Option) else text
        case wit.Enum():
            return draw(st.sampled_from(['"no-such"', "0", "1", '""', "{}", r'"\255"', "nil"]))
        case wit.Flags(found):
            name = quoted(found[0].encode())
            wrong = [f"{{[{name}] = 1}}", f'{{[{name}] = "x"}}', '{"no-such"}', '{["no-such"] = true}', "0", name, "nil"]
            wrong += [f"{{{name}, [3] = {name}}}", f"{{{name}, [0] = {name}}}", f"{{{name}, x = true}}"]
            return draw(st.sampled_from(wrong))
    raise AssertionError(type)


@st.composite
def bad_sequence(draw: st.DrawFn, items: list[str], wrong: str, place: int | None = None) -> str:
    way = draw(st.integers(0, 4))
    if way == 0:
        return "{" + ", ".join([*items, "[0] = " + items[0]]) + "}"
    if way == 1:
        # What stands in the hash part may come before or after the rest of the sequence.
        others = ", ".join(f"{name} = 1" for name in draw(names(1, 3)) if name.isalnum() and name not in ("end", "nil", "function"))
        return f"put({{{others or 'x = 1'}}}, {', '.join(items)})"
    if way == 2:
        return "{" + ", ".join([items[0], "nil", items[0]]) + "}" if len(items) != 3 or place is None else "{nil, nil, 1}"
    place = draw(st.integers(0, len(items) - 1)) if place is None else place
    return "{" + ", ".join([*items[:place], wrong, *items[place + 1 :]]) + "}" if wrong != "nil" else "{[2] = 1}"


@st.composite
def bad_record(draw: st.DrawFn, fields: tuple[wit.Field, ...]) -> str:
    pairs = {each.name: draw(good(each.type, "nil"))[0] for each in fields}
    chosen = draw(st.sampled_from(fields))
    way = draw(st.integers(0, 3))
    if way == 0 and not isinstance(chosen.type, wit.Option):
        del pairs[chosen.name]
    elif way == 1:
        pairs["no-such"] = "1"
    elif way == 2 and "-" in chosen.name and pairs[chosen.name] != "nil":
        pairs[chosen.name.replace("-", "_")] = pairs[chosen.name]
    else:
        pairs[chosen.name] = draw(bad(chosen.type).filter(lambda text: text != "nil"))
    return "{" + ", ".join(f"[{quoted(name.encode())}] = {text}" for name, text in pairs.items()) + "}"


@st.composite
def bad_variant(draw: st.DrawFn, cases: tuple[wit.Case, ...]) -> str:
    case = draw(st.sampled_from(cases))
    name = quoted(case.name.encode())
    ways = ['"no-such"', '{["no-such"] = 1}', "{}", "true", f"{{{name}}}", "0", "nil"]
    if case.type is None:
        ways += [f"{{[{name}] = true}}", f"{{[{name}] = wit.none}}"]
    else:
        wrong = draw(bad(case.type))
        ways += [name, f"{{[{name}] = {wrong}}}", f"{{[{name}] = {wrong}}}", f'{{[{name}] = {draw(good(case.type))[0]}, ["no-such"] = 1}}']
    return draw(st.sampled_from(ways))


# Any Lua value, for types that it was not made for.
anything = st.recursive(
    st.one_of(
        st.sampled_from([*MISFITS, "nil", "wit.none", "true", "false", "0", "-1", "255", "1e10", "1LL", "2^60", "0/0"]),
        st.sampled_from(['""', '"a"', '"ok"', '"end"']),
        st.sampled_from([r'"\255"', '"f1"', "wit.some(nil)", "wit.some(1)", "{}", "{nil, 1}", "{1, 2}", '{"f1", "flag-0"}']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "{" + ", ".join(items) + "}"),
        st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"[{quoted(name.encode())}] = {text}" for name, text in pairs) + "}"
        ),
        inner.map(lambda text: f"wit.some({text})"),
    ),
    max_leaves=6,
)
