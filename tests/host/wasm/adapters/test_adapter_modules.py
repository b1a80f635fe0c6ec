"""What an adapter imports, how large it is, what crosses in core values and what in memory, and how it moves handles."""

from __future__ import annotations

import time

import pytest
from wasmtime import Module

from moonwit.host.wasm.adapters import Options
from moonwit.host.wasm.adapters.adapter import adapter
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters.edge import ENGINE, Edge, function, options, problem

P = wit.Primitive
STRING = P("string")
FULL = options(post_return=True)
A, B = wit.Resource("a"), wit.Resource("b")


def imports(signature: wit.Function, caller: Options = FULL, callee: Options = FULL) -> list[str]:
    return [f"{found.module}.{found.name}" for found in Module(ENGINE, adapter(signature, caller, callee)).imports]


def test_only_what_is_needed_is_imported():
    """A side's memory and realloc are imported where values pass through them, and flags where they are looked at or set."""
    plain = options()
    assert imports(function([P("u8")], P("f32")), plain, plain) == ["caller.flags", "callee.func"]
    assert imports(function([P("u8")])) == ["caller.flags", "callee.flags", "callee.func", "callee.post-return"]
    given = ["caller.flags", "caller.memory", "callee.flags", "callee.func", "callee.memory", "callee.realloc"]
    assert imports(function([STRING]), plain, plain) == given
    assert imports(function([P("u8")] * 17), plain, plain) == given
    pair = wit.Tuple((P("u8"), P("u8")))
    assert imports(function([], pair), plain, plain) == ["caller.flags", "caller.memory", "callee.func", "callee.memory"]
    taken = ["caller.flags", "caller.memory", "caller.realloc", "callee.func", "callee.memory"]
    assert imports(function([], wit.Option(STRING)), plain, plain) == taken


def test_handles_are_imported_in_order():
    """Functions of handles stand in the order that is agreed on: by what they do, then by the resource's number."""
    plain = options()
    params = [wit.Own(B), wit.Borrow(A), wit.List(wit.Borrow(B)), wit.Option(wit.Own(A))]
    found = imports(function(params, wit.Tuple((wit.Own(B), wit.Own(A)))), plain, plain)
    names = ["0-give", "1-give", "0-take", "1-take", "0-lend", "1-lend", "enter", "exit"]
    assert [name for name in found if name.startswith("resource.")] == [f"resource.{name}" for name in names]
    assert [name for name in imports(function([wit.Own(A)]), plain, plain) if name.startswith("resource.")] == ["resource.0-give"]


def test_handles_are_moved_in_order():
    """Handles are given and lent in the order of the parameters, between enter and the call; results are taken after exit."""
    log: list[tuple[object, ...]] = []

    def answer(name: str, result: int | None) -> object:
        def called(*arguments: int) -> int | None:
            log.append((name, *arguments))
            if name == "enter" or not arguments:
                return result
            return None if result is None else result + arguments[0]

        return called

    resources = {name: answer(name, number) for name, number in (("0-give", 100), ("0-take", 200), ("1-lend", 300), ("enter", 7))}
    signature = function([wit.Own(A), wit.List(wit.Borrow(B)), wit.Own(A)], wit.Own(A))
    edge = Edge(signature, options(), options(post_return=True), {**resources, "exit": answer("exit", None)})
    edge.caller.memory.write(edge.store, bytes([5, 0, 0, 0, 6, 0, 0, 0]), 32)
    edge.callee.give([("i32", 9)])
    assert edge.call([1, 32, 2, 3]) == 209
    assert log == [("enter",), ("0-give", 1), ("1-lend", 5), ("1-lend", 6), ("0-give", 3), ("exit", 7), ("0-take", 9)]
    first, at, length, last = edge.callee.got()
    assert (first, length, last) == (101, 2, 103)
    assert bytes(edge.callee.memory.read(edge.store, at, at + 8)) == bytes([49, 1, 0, 0, 50, 1, 0, 0])


@pytest.mark.parametrize("number, lowered", [(15, 15), (16, 16), (17, 1)])
def test_where_parameters_go_through_memory(number, lowered):
    """Sixteen core values are passed as they are, seventeen by an address."""
    edge = Edge(function([P("u32")] * number))
    assert len(edge.lowered) == lowered
    assert edge.send(list(range(number))) == list(range(number))


@pytest.mark.parametrize(
    "type, value",
    [
        (wit.Variant((wit.Case("a", P("f32")), wit.Case("b", P("u32")), wit.Case("c", P("f64")))), (0, 0x3FC00000)),
        (wit.Variant((wit.Case("a", P("f32")), wit.Case("b", P("u32")))), (0, 0xBFC00000)),
        (wit.Variant((wit.Case("a", STRING), wit.Case("b", P("u64")), wit.Case("c", wit.Tuple((P("f64"), P("f32")))))), (0, "text")),
        (wit.Variant((wit.Case("a", STRING), wit.Case("b", P("u64")), wit.Case("c", wit.Tuple((P("f64"), P("f32")))))), (2, (2**62, 7))),
        (wit.Option(wit.Variant((wit.Case("a", wit.Result(P("f32"), P("s64"))), wit.Case("b", P("f64"))))), (1, (0, (0, 0x3F800000)))),
        (wit.Result(wit.Option(P("f32")), wit.Tuple((P("u8"), P("char")))), (1, (200, "日"))),
        (wit.Flags(tuple(f"f{n}" for n in range(70))), (1 << 70) - 1),
        (wit.FixedList(wit.Option(P("f64")), 8), tuple((n % 2, n << 52 if n % 2 else None) for n in range(8))),
        (wit.FixedList(P("u16"), 1000), tuple(range(1000))),
        (wit.Map(STRING, wit.List(STRING)), [("a", ["b", "c"]), ("a", [])]),
    ],
)
@pytest.mark.parametrize("widths", [(False, False), (True, False), (False, True)])
def test_joined_core_values(type, value, widths):
    """A case's payload goes through core values that all cases share, whatever these are on each side."""
    sides = options("utf8", widths[0]), options("utf16", widths[1])
    assert Edge(function([type, P("u8")]), *sides).send([value, 255]) == [value, 255]
    assert Edge(function([type, P("u8")], type), *sides).answer(value, [value, 1]) == value


def test_joined_bits():
    """What a case puts into a wider core value fills it up with zeros, and so is what no case uses."""
    cases = (wit.Case("a", P("s32")), wit.Case("b", P("f32")), wit.Case("c", wit.Tuple((P("u64"), P("f64")))))
    edge = Edge(function([wit.Variant(cases)]))
    for sent, got in [
        ((0, 2**64 - 1, 5), [0, 2**32 - 1, 0]),
        ((1, 2**64 - 2**23, 5), [1, 2**32 - 2**23, 0]),
        ((2, 2**64 - 1, 1 << 63), [2, 2**64 - 1, 1 << 63]),
    ]:
        edge.call(list(sent))
        assert edge.callee.got() == got


def test_narrow_numbers():
    """What a core value has beyond its type's bits is cut off, a bool is any but 0, and flags that there are not are dropped."""
    kinds = ["u8", "s8", "u16", "s16", "bool", "bool"]
    flags = [wit.Flags(tuple(f"f{n}" for n in range(number))) for number in (3, 8, 16, 32)]
    edge = Edge(function([*map(P, kinds), *flags]))
    edge.call([0x1FF, 0x1FF, 0x1FFFF, 0x18000, 0x100, 0, *[0xFFFFFFFF] * 4])
    assert edge.callee.got() == [0xFF, 2**32 - 1, 0xFFFF, 2**32 - 0x8000, 1, 0, 7, 0xFF, 0xFFFF, 0xFFFFFFFF]


@pytest.mark.parametrize(
    "type, data, expected",
    [
        (wit.Flags(("a", "b", "c")), "ff08", "0700"),
        (wit.Flags(tuple(f"f{n}" for n in range(9))), "ffff00fe", "ff010000"),
        (wit.Flags(tuple(f"f{n}" for n in range(33))), "ff" * 16, "ffffffff01000000" * 2),
        (wit.Flags(tuple(f"f{n}" for n in range(8))), "ff08", "ff08"),
        (P("bool"), "02ff", "0101"),
    ],
)
def test_narrow_elements(type, data, expected):
    """The same goes for the elements of a list."""
    edge = Edge(function([wit.List(type)]))
    edge.caller.memory.write(edge.store, bytes.fromhex(data), 32)
    edge.call([32, 2])
    at = edge.callee.got()[0]
    assert bytes(edge.callee.memory.read(edge.store, at, at + len(data) // 2)).hex() == expected


def test_padding_stays():
    """The bytes between the fields of a record are not copied: they are not part of the value."""
    edge = Edge(function([wit.List(wit.Tuple((P("u8"), P("u32"))))]))
    edge.caller.memory.write(edge.store, b"\x01\xee\xee\xee\x02\0\0\0", 32)
    edge.call([32, 1])
    at = edge.callee.got()[0]
    assert bytes(edge.callee.memory.read(edge.store, at, at + 8)) == b"\x01\0\0\0\x02\0\0\0"


def bomb(depth: int, make: object) -> wit.Type:
    found: wit.Type = STRING
    for _ in range(depth):
        found = make(found)
    return found


def parts(found: wit.Type | None) -> int:
    """Counts the parts of all distinct types that a type is made of."""
    seen, todo = {}, [found]
    while todo:
        each = todo.pop()
        if each is not None and id(each) not in seen:
            seen[id(each)] = each
            todo += wit.parts(each)
    return sum(len(wit.parts(each)) for each in seen.values())


BOMBS = {
    "options": (100, wit.Option),
    "pairs of lists": (40, lambda inner: wit.Tuple((wit.List(inner), wit.List(inner)))),
    "variants": (14, lambda inner: wit.Variant(tuple(wit.Case(f"c{n}", wit.Tuple((inner,))) for n in range(100)))),
    "lists in lists": (1000, wit.List),
    "results": (100, lambda inner: wit.Result(wit.List(inner), wit.Option(wit.List(inner)))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_size_is_bounded(name):
    """An adapter grows with the distinct types of its function, not with the values that these can describe."""
    depth, make = BOMBS[name]
    signature = function([bomb(depth, make)], bomb(depth, make))
    assert parts(signature.result) < 3000
    begun = time.process_time()
    binary = adapter(signature, options("utf16"), options("utf8", memory64=True))
    assert len(binary) < 4_000 + parts(signature.result) * 800
    Module(ENGINE, binary)
    assert time.process_time() - begun < 60


def test_many_parts():
    """A record of thousands of fields and a variant of thousands of payloads are long, and nothing worse."""
    record = wit.Record(tuple(wit.Field(f"f{n}", wit.Option(P("u8"))) for n in range(2000)))
    variant = wit.Variant(tuple(wit.Case(f"c{n}", wit.Tuple((P("u8"), P("u16")))) for n in range(2000)))
    edge = Edge(function([record, variant]))
    values = [tuple((n % 2, n % 256 if n % 2 else None) for n in range(2000)), (1999, (1, 2))]
    assert edge.send(values) == values


def test_small_types_are_functions_too():
    """What is small stands where it is needed only as long as a function has room: thousands of fields of one type share its function."""
    some = wit.Option(P("u8"))
    record = wit.Record(tuple(wit.Field(f"f{n}", some) for n in range(2000)))
    assert len(adapter(function([wit.List(record)]), options(), options())) < 2000 * 20


def test_what_is_too_large():
    """Types with values of a gigabyte, or with far more parts than any real one, are refused with a sentence."""
    inner: wit.Type = P("u64")
    for _ in range(40):
        inner = wit.FixedList(inner, 2)
    with pytest.raises(Refused, match="values of more than 1073741824 bytes"):
        adapter(function([inner]), options(), options())
    many = wit.Record(tuple(wit.Field(f"f{n}", wit.Option(STRING)) for n in range(40_000)))
    with pytest.raises(Refused, match="more parts than Moonwit takes"):
        adapter(function([many]), options(), options())


def test_deep_lists_run():
    """A value as deep as its type may be takes no more stack than a guest has."""
    edge = Edge(function([bomb(150, wit.List)]))
    value: object = "deep"
    for _ in range(150):
        value = [value]
    assert edge.send([value]) == [value]


def test_an_unreachable_callee():
    """What the callee's own function traps with is its own: its name is not the adapter's."""
    edge = Edge(function([P("u8")]))
    edge.callee.set("flags", 0)
    assert problem(lambda: edge.call([1])) not in ("no trap", "callee_throws")
