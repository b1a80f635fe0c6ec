"""Random WIT types, and for each type Lua expressions for values of it, good ones and bad ones.

Choices come from a ``random.Random`` and not from Hypothesis, whose own distribution is too narrow here: it makes lists of
lists of booleans over and over and hardly ever a record, and so once missed that booleans in records went unchecked.
A good value is a pair: the expression, and what a guest gives back for it in the intermediate model.
"""

from __future__ import annotations

import math
import struct
from random import Random
from typing import Any

from moonwit.host.values.intermediate import NONE, Some
from moonwit.host.wasm.wit import types as wit

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


def some_names(rng: Random, most: int) -> list[str]:
    return rng.sample(NAMES, rng.randint(1, most))


def leaf(rng: Random) -> wit.Type:
    kind = rng.randrange(20)
    if kind < 14:
        return wit.Primitive(rng.choice(wit.PRIMITIVES))
    if kind == 14:
        return wit.Enum(tuple(f"c{i}" for i in range(rng.choice([255, 256, 257, 300]))))
    if kind == 15:
        return wit.Enum(tuple(some_names(rng, 5)))
    if kind == 16:
        return wit.Flags(tuple(f"f{i}" if i % 3 else f"flag-{i}" for i in range(rng.choice([1, 7, 8, 9, 16, 17, 31, 32]))))
    if kind == 17:
        return wit.Flags(tuple(some_names(rng, 4)))
    return wit.Result(None, None) if kind == 18 else wit.List(wit.Primitive("u8"))


KEYS = [kind for kind in wit.PRIMITIVES if kind in RANGES or kind in ("bool", "char", "string")]


def a_map(rng: Random, depth: int) -> wit.Type:
    return wit.Map(wit.Primitive(rng.choice(KEYS)), a_type(rng, depth, maps=True))


def a_type(rng: Random, depth: int = 4, maps: bool = False) -> wit.Type:
    """Makes a type at most ``depth`` deep; now and then one of over 16 flat values. Maps only where asked for: Wasmtime has none."""
    if depth == 0 or rng.random() < 0.25:
        return leaf(rng)
    deeper = depth - 1
    if maps and rng.random() < 0.3:
        return a_map(rng, deeper)
    kind = rng.randrange(7)
    if kind == 0:
        most = 20 if rng.random() < 0.15 else 6
        return wit.Record(tuple(wit.Field(name, a_type(rng, deeper, maps)) for name in some_names(rng, most)))
    if kind == 1:
        cases = [wit.Case(name, a_type(rng, deeper, maps) if rng.random() < 0.7 else None) for name in some_names(rng, 5)]
        if rng.random() < 0.1:
            cases += [wit.Case(f"more-{i}", None) for i in range(260)]
        return wit.Variant(tuple(cases))
    if kind == 2:
        return wit.List(a_type(rng, deeper, maps))
    if kind == 3:
        return wit.Tuple(tuple(a_type(rng, deeper, maps) for _ in range(rng.randint(1, 5))))
    if kind == 4:
        return wit.Result(*(a_type(rng, deeper, maps) if rng.random() < 0.75 else None for _ in range(2)))
    return wit.Option(a_type(rng, deeper, maps))


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


def integer(rng: Random, low: int, high: int) -> Good:
    edges = [low, high, 0, 1, min(high, 2**53), min(high, 2**53 + 1), max(low, -(2**53)), max(low, -(2**53) - 1), high // 2, high // 2 + 1]
    value = rng.choice([*edges, *(rng.randint(low, high) for _ in edges)])
    spellings = []
    if abs(value) <= 2**53:
        spellings += [str(value), str(value), f"{value}.0"]
    elif float(value) == value:
        spellings.append(f"{float(value):.1f}")
    if value < 2**63:
        spellings.append(f"{value}LL")
    if value >= 0:
        spellings.append(f"{value}ULL")
    return rng.choice(spellings), value


def a_float(rng: Random) -> float:
    if rng.random() < 0.4:
        return rng.choice([0.0, -0.0, 1.0, -1.0, 0.1, math.inf, -math.inf, math.nan, 5e-324, 2.0**-149, 1e300, 2.0**53])
    return float(struct.unpack("<d", rng.randbytes(8))[0]) if rng.random() < 0.5 else rng.uniform(-1e6, 1e6)


def character(rng: Random) -> str:
    edges = "\0a\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"
    code = rng.choice([rng.randrange(128), rng.randrange(0x800), rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)])
    return rng.choice(edges) if rng.random() < 0.4 else chr(code)


def primitive(rng: Random, kind: str) -> Good:
    if kind in RANGES:
        return integer(rng, *RANGES[kind])
    if kind == "bool":
        value = rng.random() < 0.5
        return str(value).lower(), value
    if kind in ("f32", "f64"):
        real = a_float(rng)
        return number(real), narrowed(real) if kind == "f32" else real
    if kind == "char":
        text = character(rng)
    else:
        length = rng.choice([0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100])
        text = "".join(character(rng) for _ in range(length)) if rng.random() < 0.5 else "x" * length
    return quoted(text.encode()), text.encode()


def sequence(rng: Random, texts: list[str]) -> str:
    """The same sequence, built in different ways: LuaJIT keeps it in the array part, in the hash part, or in both."""
    way = rng.randrange(6)
    if way == 0:
        return "{" + ", ".join(f"[{i}] = {text}" for i, text in reversed(list(enumerate(texts, 1)))) + "}"
    if way == 1:
        keep = len(texts) // 2
        return "{" + ", ".join([*texts[:keep], *(f"[{i}] = {text}" for i, text in enumerate(texts[keep:], keep + 1))]) + "}"
    return "{" + ", ".join(texts) + "}"


def several(rng: Random, element: wit.Type, least: int = 0) -> list[Good]:
    return [good(rng, element) for _ in range(rng.choice([least, 1, 2, 3, 5]))]


def good(rng: Random, type: wit.Type, absent: str = "wit.none") -> Good:
    """A value that fits. ``absent`` is how an absent option may be written where the value stands."""
    match type:
        case wit.Primitive(kind):
            return primitive(rng, kind)
        case wit.List(wit.Primitive("u8")):
            octets = rng.randbytes(rng.choice([0, 1, 7, 8, 40]))
            return rng.choice([quoted(octets), "{" + ", ".join(map(str, octets)) + "}"]), octets
        case wit.List() | wit.Tuple():
            items = several(rng, type.element) if isinstance(type, wit.List) else [good(rng, part) for part in type.types]
            return sequence(rng, [text for text, _ in items]), [result for _, result in items]
        case wit.Map(key, value):
            return pairs(rng, key, value)
        case wit.Record(fields):
            return record(rng, fields)
        case wit.Variant(cases):
            case = rng.choice(cases[:8]) if rng.random() < 0.8 else rng.choice(cases)
            if case.type is None:
                return quoted(case.name.encode()), case.name.encode()
            text, result = good(rng, case.type)
            return f"{{[{quoted(case.name.encode())}] = {text}}}", {case.name.encode(): result}
        case wit.Result(ok, err):
            name, side = rng.choice([("ok", ok), ("err", err)])
            text, result = ("true", True) if side is None else good(rng, side)
            return f"{{{name} = {text}}}", {name.encode(): result}
        case wit.Option(some):
            if rng.random() < 0.3:
                return rng.choice([absent, "wit.none"]), NONE
            text, result = good(rng, some, "nil")
            if isinstance(some, wit.Option):
                return f"wit.some({text})", Some(result)
            return rng.choice([text, f"wit.some({text})"]), result
        case wit.Enum(names):
            name = rng.choice([*names[:3], *names[-3:], rng.choice(names)])
            return quoted(name.encode()), name.encode()
        case wit.Flags(names):
            return flags(rng, names)
    raise AssertionError(type)


def flags(rng: Random, names: tuple[str, ...]) -> Good:
    chosen = rng.sample(names, rng.choice([0, 1, len(names), rng.randint(0, len(names))]))
    result = {name.encode(): True for name in chosen}
    if rng.random() < 0.5:
        return sequence(rng, [quoted(name.encode()) for name in chosen]), result
    others = [name for name in names if name not in chosen and rng.random() < 0.3]
    pairs = [(name, "true") for name in chosen] + [(name, "false") for name in others]
    return "{" + ", ".join(f"[{quoted(name.encode())}] = {value}" for name, value in pairs) + "}", result


def a_key(rng: Random, key: wit.Type) -> Good:
    while True:
        text, result = good(rng, key)
        if isinstance(result, (bool, bytes)) or abs(result) <= 2**53:
            # Other spellings of an integer are no keys.
            return (text if isinstance(result, (bool, bytes)) else str(result)), result


def pairs(rng: Random, key: wit.Type, value: wit.Type) -> Good:
    found = dict(a_key(rng, key)[::-1] for _ in range(rng.choice([0, 1, 2, 5])))
    items = {each: good(rng, value) for each in found}
    texts = [f"[{text}] = {items[each][0]}" for each, text in found.items()]
    return "{" + ", ".join(texts) + "}", {each: result for each, (_, result) in items.items()}


def bad_pairs(rng: Random, key: wit.Type, value: wit.Type) -> str:
    wrong = ["5", "true", "print", "nil", '"a"', "1.5", "5LL", "{[wit.none] = 1}", "{[5LL] = 5}", "{[{}] = 1}"]
    if rng.random() < 0.4:
        return rng.choice(wrong)
    if rng.random() < 0.5:
        return f"{{[{a_key(rng, key)[0]}] = {bad(rng, value, present=True)}}}"
    assert isinstance(key, wit.Primitive)
    keys = {"bool": ["0", '"yes"'], "char": ['""', '"ab"', "5"], "string": ["5", "true", r'"\255"']}
    misfits = ["1.5", '"x"', "-2^54", "2^54", "1LL", '"05"', '"1.0"', "false"]
    return f"{{[{rng.choice(keys.get(key.kind, misfits))}] = {good(rng, value)[0]}}}"


def record(rng: Random, fields: tuple[wit.Field, ...]) -> Good:
    pairs, result = [], {}
    for each in fields:
        text, value = good(rng, each.type, "nil")
        if value is not NONE:
            result[each.name.encode()] = value
        name = rng.choice([each.name, each.name.replace("-", "_")])
        pairs.append(f"[{quoted(name.encode())}] = {text}")
    rng.shuffle(pairs)
    return "{" + ", ".join(pairs) + "}", result


WRONG: dict[str, list[str]] = {
    "bool": ["0", '"true"', "nil"],
    "f32": ['"1"', "true", "1LL", "1ULL", "nil"],
    "f64": ['"1"', "true", "1LL", "1ULL", "nil"],
    "char": ['""', '"ab"', "65", r'"\237\160\128"', r'"\255"', r'"\195"', r'"\192\128"', r'"\244\144\128\128"', r'"\195\065"', "nil"],
    "string": ["5", "true", r'"\255"', r'"abc\237\160\128"', r'"\192\128"', r'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\195"', "nil"],
}
WRONG["char"] += [r'"\224\128\128"', r'"\240\128\128\128"', r'"\245\128\128\128"', r'"\226\130"', r'"\194\128\128"', r'"\128"', r'"a\128"']
for _kind, (_low, _high) in RANGES.items():
    WRONG[_kind] = ['"5"', "true", "1.5", "0/0", "math.huge", "-math.huge", "1e300", "{}", "nil"]
    WRONG[_kind] += [f"{_high + 1:.1f}" if _high > 2**53 else str(_high + 1), f"{_high + 1}ULL" if _high + 1 < 2**64 else "-1LL"]
    WRONG[_kind].append(f"{_low * 2 - 1:.1f}")


def bad(rng: Random, type: wit.Type, present: bool = False) -> str:
    """A value that does not fit, for one reason somewhere inside; never nil when it must be ``present``."""
    while True:
        text = _bad(rng, type)
        if text != "nil" or not present:
            return text


def _bad(rng: Random, type: wit.Type) -> str:
    inner = type
    while isinstance(inner, wit.Option):
        inner = inner.some
    # Some of the misfits are maps.
    if rng.random() < 0.1 and not isinstance(inner, wit.Map):
        return rng.choice(MISFITS)
    match type:
        case wit.Primitive(kind):
            return rng.choice(WRONG[kind])
        case wit.List(element):
            items = [text for text, _ in several(rng, element, 1)]
            return bad_sequence(rng, items, rng.randrange(len(items)), element)
        case wit.Tuple(parts):
            items = [good(rng, part)[0] for part in parts]
            if rng.random() < 0.3:
                return "{" + ", ".join(rng.choice([[*items, items[-1]], items[:-1]])) + "}"
            place = rng.randrange(len(parts))
            return bad_sequence(rng, items, place, parts[place])
        case wit.Map(key, value):
            return bad_pairs(rng, key, value)
        case wit.Record(fields):
            return bad_record(rng, fields)
        case wit.Variant(cases):
            return bad_variant(rng, cases)
        case wit.Result(ok, err):
            name, side = rng.choice([("ok", ok), ("err", err)])
            wrong = "false" if side is None else bad(rng, side)
            others = ["{}", "true", '"ok"', "{ok = true, err = true}", "{some = 1}", "{true}", "nil"]
            return f"{{{name} = {wrong}}}" if rng.random() < 0.6 else rng.choice(others)
        case wit.Option(some):
            text = bad(rng, some, present=True)
            return f"wit.some({text})" if isinstance(some, wit.Option) else text
        case wit.Enum():
            return rng.choice(['"no-such"', "0", "1", '""', "{}", r'"\255"', "nil"])
        case wit.Flags(names):
            name, last = quoted(names[0].encode()), quoted(names[-1].encode())
            wrongs = [f"{{[{name}] = 1}}", f'{{[{last}] = "x"}}', '{"no-such"}', '{["no-such"] = true}', "0", name, "nil"]
            wrongs += [f"{{{name}, [3] = {last}}}", f"{{{name}, [0] = {name}}}", f"{{{last}, x = true}}", f'{{{name}, "no-such"}}']
            wrongs += [f"{{{name}, {name}, {name}, {last}, 5}}", f"{{[{last}] = true, x = true}}", f"{{[{name}] = true, {name}}}"]
            return rng.choice(wrongs)
    raise AssertionError(type)


def bad_sequence(rng: Random, items: list[str], place: int, type: wit.Type) -> str:
    way = rng.randrange(8)
    if way == 0:
        return "{" + ", ".join([*items, "[0] = " + items[0]]) + "}"
    if way == 1:
        # What stands in the hash part may come before or after the rest of the sequence.
        others = ", ".join(f"{name} = 1" for name in some_names(rng, 4) if name.isalnum() and name not in ("end", "nil", "function"))
        return f"put({{{others or 'x = 1'}}}, {', '.join(items)})"
    if way == 2:
        return "{" + ", ".join([*items[:-1], "nil", items[-1]]) + "}"
    wrong = bad(rng, type, present=True)
    return sequence(rng, [*items[:place], wrong, *items[place + 1 :]])


def bad_record(rng: Random, fields: tuple[wit.Field, ...]) -> str:
    pairs = {each.name: good(rng, each.type, "nil")[0] for each in fields}
    chosen = rng.choice(fields)
    way = rng.randrange(5)
    if way == 0 and not isinstance(chosen.type, wit.Option):
        del pairs[chosen.name]
    elif way == 1:
        pairs["no-such"] = "1"
    elif way == 2 and "-" in chosen.name and pairs[chosen.name] != "nil":
        pairs[chosen.name.replace("-", "_")] = pairs[chosen.name]
    else:
        pairs[chosen.name] = bad(rng, chosen.type, present=True)
    return "{" + ", ".join(f"[{quoted(name.encode())}] = {text}" for name, text in pairs.items()) + "}"


def bad_variant(rng: Random, cases: tuple[wit.Case, ...]) -> str:
    case = rng.choice(cases[:8])
    name = quoted(case.name.encode())
    ways = ['"no-such"', '{["no-such"] = 1}', "{}", "true", f"{{{name}}}", "0", "nil"]
    if case.type is None:
        return rng.choice([*ways, f"{{[{name}] = true}}", f"{{[{name}] = wit.none}}"])
    if rng.random() < 0.6:
        return f"{{[{name}] = {bad(rng, case.type)}}}"
    return rng.choice([*ways, name, f'{{[{name}] = {good(rng, case.type)[0]}, ["no-such"] = 1}}'])


ODDITIES = [*MISFITS, "nil", "wit.none", "true", "false", "0", "-1", "255", "1e10", "1LL", "2^60", "0/0", '""', '"a"', '"ok"', '"end"']
ODDITIES += [r'"\255"', '"f1"', "wit.some(nil)", "wit.some(1)", "{}", "{nil, 1}", "{1, 2}", '{"f1", "flag-0"}']


def anything(rng: Random, depth: int = 3) -> str:
    """Any Lua value, for types that it was not made for."""
    way = rng.randrange(4) if depth else 0
    if way == 0:
        return rng.choice(ODDITIES)
    if way == 1:
        return f"wit.some({anything(rng, depth - 1)})"
    items = [anything(rng, depth - 1) for _ in range(rng.randrange(4))]
    if way == 2:
        return "{" + ", ".join(items) + "}"
    return "{" + ", ".join(f"[{quoted(rng.choice(NAMES).encode())}] = {text}" for text in items) + "}"
