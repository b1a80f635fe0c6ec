"""What validation knows of types: their size, depth and parts, with answers by hand; and the words that a long signature is cut to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from wasmtime import Engine, WasmtimeError, wat2wasm
from wasmtime.component import Component

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.component.facts import DEEPEST, LARGEST, Shapes
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed
from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.show import cut, cut_both
from moonwit.host.wasm.wit.wit import parse_wit
from moonwit.host.wasm.wit.wit_lexer import WitError

PRIMITIVES = {
    "bool": (1, 1), "u8": (1, 1), "s8": (1, 1), "u16": (2, 2), "s16": (2, 2), "u32": (4, 4), "s32": (4, 4), "u64": (8, 8), "s64": (8, 8),
    "f32": (4, 4), "f64": (8, 8), "char": (4, 4), "string": (16, 8),
}  # fmt: skip
# Kind, names, parts by their kinds; then bytes and alignment of a value where pointers have 64 bits.
COMPOSITES: list[tuple[str, int, list[str | None], int, tuple[int, int]]] = [
    ("list", 0, ["u8"], 0, (16, 8)), ("own", 0, [], 0, (4, 4)), ("borrow", 0, [], 0, (4, 4)), ("stream", 0, ["u8"], 0, (4, 4)),
    ("future", 0, [None], 0, (4, 4)), ("error-context", 0, [], 0, (4, 4)), ("map", 0, ["u8", "u8"], 0, (16, 8)),
    ("flags", 1, [], 0, (1, 1)), ("flags", 8, [], 0, (1, 1)), ("flags", 9, [], 0, (2, 2)), ("flags", 16, [], 0, (2, 2)),
    ("flags", 17, [], 0, (4, 4)), ("flags", 32, [], 0, (4, 4)),
    ("fixed-length list", 0, ["u16"], 5, (10, 2)), ("fixed-length list", 0, ["string"], 3, (48, 8)),
    ("record", 3, ["u8", "u32", "u8"], 0, (12, 4)), ("record", 1, ["u8"], 0, (1, 1)), ("tuple", 0, ["u8", "u64", "u16"], 0, (24, 8)),
    ("tuple", 0, ["u8", "u8", "u8"], 0, (3, 1)), ("tuple", 0, ["u16", "u8"], 0, (4, 2)),
    ("option", 0, ["u8"], 0, (2, 1)), ("option", 0, ["u64"], 0, (16, 8)), ("option", 0, ["string"], 0, (24, 8)),
    ("result", 0, [None, None], 0, (1, 1)), ("result", 0, ["u8", "u32"], 0, (8, 4)), ("result", 0, [None, "u16"], 0, (4, 2)),
    ("enum", 256, [], 0, (1, 1)), ("enum", 257, [], 0, (2, 2)), ("enum", 65536, [], 0, (2, 2)), ("enum", 65537, [], 0, (4, 4)),
    ("variant", 256, ["u8"] * 256, 0, (2, 1)), ("variant", 257, ["u8"] * 257, 0, (4, 2)), ("variant", 2, ["u8", "u64"], 0, (16, 8)),
    ("func", 0, ["u8"], 0, (0, 1)),
]  # fmt: skip


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_primitives(kind: str) -> None:
    """Size and alignment of each."""
    facts = Shapes().of(types.Primitive(kind))
    assert (facts.bytes, facts.alignment, facts.depth, facts.size, facts.borrows, facts.resources) == (
        *PRIMITIVES[kind],
        1,
        1,
        False,
        False,
    )


def test_composites() -> None:
    """Fields in order, each aligned; cases after their discriminant, whose size depends on how many there are."""
    shapes = Shapes()
    for kind, names, parts, length, right in COMPOSITES:
        inner = [None if part is None else types.Primitive(part) for part in parts]
        facts = shapes.facts(kind, tuple(f"n{i}" for i in range(names)), list(inner), length)
        assert (facts.bytes, facts.alignment) == right, (kind, names, parts)
        assert (facts.depth, facts.size) == (1 + bool([each for each in inner if each]), 1 + len([each for each in inner if each]))


def test_resources() -> None:
    """Handles are four bytes, and what holds one says so."""
    shapes, resource = Shapes(), types.Resource("r")
    own, borrow = shapes.of(types.Own(resource)), shapes.of(types.Borrow(resource))
    assert (own.bytes, own.alignment, own.borrows, own.resources) == (4, 4, False, True)
    assert (borrow.bytes, borrow.alignment, borrow.borrows, borrow.resources) == (4, 4, True, True)
    for held, borrows, resources in (
        (types.Own(resource), False, True),
        (types.Borrow(resource), True, True),
        (types.Primitive("u8"), False, False),
    ):
        facts = shapes.facts("tuple", (), [types.Primitive("u8"), held])
        assert (facts.borrows, facts.resources) == (borrows, resources)


def test_the_same() -> None:
    """Types are the same by their structure, names of parts without regard to case, and resources by what they are."""
    shapes = Shapes()

    def made(kind: str, names: tuple[str, ...], parts: list[Any], length: int = 0) -> int:
        return shapes.facts(kind, names, parts, length).shape

    u8, u16 = types.Primitive("u8"), types.Primitive("u16")
    assert made("record", ("a", "b"), [u8, u16]) == made("record", ("A", "b"), [types.Primitive("u8"), u16])
    different = [
        made("record", ("a", "b"), [u8, u16]), made("record", ("a", "c"), [u8, u16]), made("record", ("a", "b"), [u16, u8]),
        made("tuple", (), [u8, u16]), made("result", (), [u8, u16]), made("result", (), [None, u16]), made("result", (), [u16, None]),
        made("fixed-length list", (), [u8], 3), made("fixed-length list", (), [u8], 4), made("list", (), [u8]),
        made("enum", ("a", "b"), []), made("flags", ("a", "b"), []), made("enum", ("b", "a"), []),
    ]  # fmt: skip
    assert len(set(different)) == len(different)
    one, other = types.Resource("r"), types.Resource("r")
    own = types.Own(one)
    assert shapes.same(own, own) and shapes.same(types.Own(one), types.Own(one)) and not shapes.same(types.Own(one), types.Own(other))
    assert not shapes.same(types.Own(one), types.Borrow(one))


def test_beyond_the_bounds_numbers_stay_small() -> None:
    """Only that a bound is passed matters."""
    shapes = Shapes()
    found: types.Type = types.Primitive("u8")
    seen = []
    for _ in range(DEEPEST + 5):
        outer = types.Tuple((found, found))
        seen.append(shapes.keep(outer, shapes.facts("tuple", (), [found, found])))
        found = outer
    assert [facts.depth for facts in seen] == [min(depth, DEEPEST + 1) for depth in range(2, DEEPEST + 7)]
    assert [facts.size for facts in seen] == [min(2 ** (n + 2) - 1, LARGEST + 1) for n in range(DEEPEST + 5)]


def test_words_for_long_signatures() -> None:
    """Up to 240 characters stay; of two longer ones what is around their first difference."""
    assert cut("x" * 240) == "x" * 240 and cut("x" * 241) == "x" * 240 + "..."
    assert cut_both("a" * 240, "b" * 240) == ("a" * 240, "b" * 240)
    same = "s" * 100
    assert cut_both(same + "a" * 200, same + "b") == ("..." + same[20:] + "a" * 160 + "...", "..." + same[20:] + "b")
    assert cut_both("s" * 80 + "a" * 200, "s" * 80 + "b") == ("s" * 80 + "a" * 160 + "...", "s" * 80 + "b")
    assert cut_both("s" * 81 + "a" * 200, "s" * 81 + "b") == ("..." + "s" * 80 + "a" * 160 + "...", "..." + "s" * 80 + "b")
    assert cut_both("s" * 300, "s" * 250) == ("..." + "s" * 130, "..." + "s" * 80)
    assert cut_both("a" * 300, "b") == ("a" * 240 + "...", "b")


@pytest.mark.parametrize("kind", ["r", "u8"])
def test_resources_in_wit_are_counted(kind: str) -> None:
    """An own resource is one part, as a primitive is: twenty thousand are as many as there may be."""

    def text(params: int) -> str:
        inner = ", ".join([kind] * 99)
        return f"interface a {{ resource r; type t = tuple<{inner}>; f: func({', '.join(f'p{i}: t' for i in range(params))}); }}"

    parse_wit(text(200))
    with pytest.raises(WitError, match="20100 parts in full"):
        parse_wit(text(201))


@pytest.mark.parametrize("code", ["i32.add", "(local.get 300)", "(call 5)", "(i32.const 1)"])
@pytest.mark.parametrize("before", [0, 1, 7])
def test_where_code_is_wrong(code: str, before: int) -> None:
    """The place is that in the whole file, as Wasmtime gives it, of a module that is used or not."""
    data = bytes(wat2wasm(f"(component {'(core module (func nop))' * before} (core module (func {code})))"))
    with pytest.raises(WasmtimeError) as theirs:
        Component(Engine(), data)
    found = re.search(r"at offset (0x[0-9a-f]+|[0-9]+)", str(theirs.value))
    assert found is not None
    with pytest.raises(Malformed, match=f"at byte {int(found[1], 0)}$"):
        plan_component(decode(data))
