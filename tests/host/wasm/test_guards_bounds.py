"""How much of everything is read: the last number that is taken, and the first that is not."""

from __future__ import annotations

import pytest

from moonwit.host.wasm.binary.core import read_core
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.core_plan import resources_of
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.types import Borrow, Field, Function, List, Option, Own, Primitive, Record, Resource, Result, Tuple
from moonwit.host.wasm.wit.wit import parse_wit
from moonwit.host.wasm.wit.wit_lexer import WitError
from tests.host.wasm.test_guards_core import core, leb

COMPONENT = b"\0asm\x0d\0\1\0"


def repeated(number: int, count: int, entry: bytes) -> bytes:
    """A section with the same entry so many times."""
    body = leb(count) + entry * count
    return bytes([number]) + leb(len(body)) + body


def taken(data: bytes) -> bool:
    """Tells whether a core module or component is read."""
    try:
        read_core(data) if data[6] == 0 else decode(data)
    except (Malformed, Refused):
        return False
    return True


def exports(count: int) -> bytes:
    """So many exports of a global, each under a name of its own, after their number in three bytes."""
    number = bytes([count & 0x7F | 0x80, count >> 7 & 0x7F | 0x80, count >> 14])
    return number + b"".join(b"\5%05d\3\0" % each for each in range(count))


FUNCTION = b"\x60\0\0"
CORE = {   # entries of a section: how many there may be
    "types": (lambda count: core(repeated(1, count, FUNCTION)), 100_000),
    "types of groups": (lambda count: core(repeated(1, count // 2, b"\x4e\2" + FUNCTION * 2)), 100_000),
    "tables": (lambda count: core(repeated(4, count, b"\x70\0\0")), 1000),
    "memories": (lambda count: core(repeated(5, count, b"\0\0")), 1000),
    "globals": (lambda count: core(repeated(6, count, b"\x7f\0\x41\0\x0b")), 50_000),
    "tags": (lambda count: core(repeated(1, 1, FUNCTION), repeated(13, count, b"\0\0")), 50_000),
    "imports": (lambda count: core(repeated(2, count, b"\0\0\3\x7f\0")), 50_000),
    "exports": (lambda count: core(repeated(6, 1, b"\x7f\0\x41\0\x0b"), b"\7" + leb(3 + 8 * count) + exports(count)), 50_000),
    "functions": (lambda count: core(repeated(1, 1, FUNCTION), repeated(3, count, b"\0")), 1_000_000),
    "sections": (lambda count: core(b"\0\1\0" * count), 100_000),
    "parameters": (lambda count: core(repeated(1, 1, b"\x60" + leb(count) + b"\x7f" * count + b"\0")), 1000),
    "results": (lambda count: core(repeated(1, 1, b"\x60\0" + leb(count) + b"\x7f" * count)), 1000),
    "references": (lambda count: core(repeated(1, 1, b"\x60" + leb(count) + b"\x70" * count + b"\0")), 1000),
    "fields": (lambda count: core(repeated(1, 1, b"\x5f" + leb(count) + b"\x7f\0" * count)), 10_000),
    "supertypes": (lambda count: core(repeated(1, 2, b"\x50" + leb(count) + b"\0" * count + FUNCTION)), 1),
    "definitions of a component": (lambda count: COMPONENT + b"\7\1\0" * count, 50_000),
    "parameters in a component": (
        lambda count: COMPONENT + repeated(7, 1, b"\x40" + leb(count) + b"".join(b"\5p%04d\x7d" % each for each in range(count)) + b"\1\0"),
        1000,
    ),
    "parts of a tuple": (lambda count: COMPONENT + repeated(7, 1, b"\x6f" + leb(count) + b"\x7d" * count), 10_000),
}  # fmt: skip


@pytest.mark.parametrize("what", CORE)
def test_bounds_of_binaries(what: str) -> None:
    """One more is refused."""
    make, most = CORE[what]
    step = 2 if what == "types of groups" else 1
    assert taken(make(most - step)) and taken(make(most))
    assert not taken(make(most + step))


def nested(count: int) -> str:
    return "f: func() -> " + "list<" * count + "u8" + ">" * count + ";"


def listed(count: int, each: str = "u8") -> str:
    return ", ".join([each] * count)


WIT = {
    "lists within each other": (nested, 99),
    "options through names": (lambda count: "".join(f"type a{n} = option<a{n + 1}>;" for n in range(count)) + f"type a{count} = u8;", 49),
    "flags": (lambda count: "flags f {" + ", ".join(f"g{n}" for n in range(count)) + "}", 32),
    "parameters": (lambda count: "f: func(" + ", ".join(f"p{n}: u8" for n in range(count)) + ");", 1000),
    "types of a tuple": (lambda count: f"type t = tuple<{listed(count)}>;", 1000),
    "characters": (lambda count: " " * count, 1 << 20),
}


@pytest.mark.parametrize("what", WIT)
def test_bounds_of_texts(what: str) -> None:
    """One more is refused."""
    make, most = WIT[what]
    parse_wit(make(most - 1))
    parse_wit(make(most))
    with pytest.raises(WitError):
        parse_wit(make(most + 1))


def test_bounds_of_parts() -> None:
    """Types are counted as they are when written out in full, where the same one is used many times."""
    hundred = f"type t = tuple<{listed(99)}>;"  # with itself, a hundred parts
    for count, good in ((198, True), (199, True), (200, False)):
        text = f"{hundred} type u = tuple<{listed(count, 't')}>;"
        if good:
            parse_wit(text)
        else:
            with pytest.raises(WitError, match="parts when written out in full, and 20000 is the limit"):
                parse_wit(text)
    parse_wit(f"{hundred} f: func(" + ", ".join(f"p{n}: t" for n in range(200)) + ");")
    with pytest.raises(WitError, match="parts in full, and 20000 is the limit"):
        parse_wit(f"{hundred} f: func(" + ", ".join(f"p{n}: t" for n in range(201)) + ");")


def test_the_resources_that_functions_speak_of() -> None:
    """Each once, in order, wherever they stand in parameters and results; by what they are, not by their names."""
    one, two, three, four = Resource("r"), Resource("r"), Resource("s"), Resource("t")
    functions = [
        Function((Field("a", List(Own(one))), Field("b", Primitive("u8"))), Result(Borrow(two), None)),
        Function((Field("a", Own(one)),), None),
        Function((), Record((Field("x", Option(Own(three))), Field("y", Tuple((Primitive("u8"), Borrow(four))))))),
    ]
    found = resources_of(functions)
    assert [id(each) for each in found] == [id(each) for each in (one, two, three, four)]
    assert resources_of([Function((Field("a", Primitive("u8")),), List(Primitive("string")))]) == []
