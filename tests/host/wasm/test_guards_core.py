"""Types of core modules at their exact edges: what we read and link is what Wasmtime reads and links, case by case."""

from __future__ import annotations

import itertools

import pytest
from wasmtime import Config, Engine, Module, WasmtimeError, wat2wasm
from wasmtime.component import Component

from moonwit.host.wasm.binary.core import read_core
from moonwit.host.wasm.binary.core_types import CoreExport, mismatch
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed
from tests.texts import texts

_, wat = texts(__file__)


def engine() -> Engine:
    config = Config()
    for feature in ("memory64", "threads", "gc", "function_references", "exceptions", "tail_call", "wasm_custom_page_sizes"):
        if hasattr(type(config), f"wasm_{feature.removeprefix('wasm_')}"):
            setattr(config, f"wasm_{feature.removeprefix('wasm_')}", True)
    return Engine(config)


ENGINE = engine()


def leb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def section(number: int, *entries: bytes) -> bytes:
    body = leb(len(entries)) + b"".join(entries)
    return bytes([number]) + leb(len(body)) + body


def core(*sections: bytes) -> bytes:
    return b"\0asm\1\0\0\0" + b"".join(sections)


def taken_by_us(data: bytes) -> bool:
    try:
        read_core(data)
    except Malformed:
        return False
    return True


def taken_by_wasmtime(data: bytes) -> bool:
    try:
        Module.validate(ENGINE, data)
    except WasmtimeError:
        return False
    return True


def agree(cases: dict[str, bytes]) -> None:
    """Each is taken by both or by neither; some of them are taken, and some are not."""
    answers = {name: (taken_by_us(data), taken_by_wasmtime(data)) for name, data in cases.items()}
    assert {name: answer for name, answer in answers.items() if answer[0] != answer[1]} == {}
    assert {answer[0] for answer in answers.values()} == {True, False}


def test_limits_of_memories() -> None:
    """At least and at most 65536 pages, or 2^48 of them with 64-bit addresses; never more at least than at most."""
    cases = {}
    for flags in range(0x12):
        sizes = [0, 1, 65535, 65536, 65537, 2**32 - 1, 2**32, 2**48 - 1, 2**48, 2**48 + 1]
        for least in sizes:
            for most in [0, 1, *sizes] if flags & 1 else [None]:
                limits = leb(least) + (b"" if most is None else leb(most)) + (leb(16) if flags & 8 else b"")
                if flags in (0, 1, 4, 5) or flags > 0x0F:
                    cases[f"{flags:#x} {least} {most}"] = core(section(5, bytes([flags]) + limits))
    agree(cases)


def test_limits_of_tables() -> None:
    """As many elements as the index type can say; flags of tables are those of memories without pages."""
    cases = {}
    for flags in (0, 1, 0x10, 0x11):
        for least, most in itertools.product((0, 1, 10_000_000, 2**32 - 1, 2**32), repeat=2):
            limits = leb(least) + (leb(most) if flags & 1 else b"")
            cases[f"{flags:#x} {least} {most}"] = core(section(4, b"\x70" + bytes([flags]) + limits))
    ours = {name: taken_by_us(data) for name, data in cases.items()}
    # Wasmtime has a bound of its own, of ten million elements, on what a module's tables begin with.
    for name, data in cases.items():
        if int(name.split()[1]) <= 10_000_000:
            assert ours[name] == taken_by_wasmtime(data), name
        elif ours[name]:
            assert int(name.split()[1]) < 2**32
    assert not any(ours[name] for name in ours if name.endswith(f" {2**32}") and name.startswith(("0x1 ", "0x11")))


def test_value_types() -> None:
    """Of all bytes those are types that Wasmtime takes for one: of parameters, results, globals, locals and fields."""
    cases = {}
    for code in range(0x40, 0x80):
        if code in (0x63, 0x64):
            continue
        cases[f"parameter {code:#x}"] = core(section(1, bytes([0x60, 1, code, 0])))
        cases[f"two parameters {code:#x}"] = core(section(1, bytes([0x60, 2, 0x7F, code, 0])))
        cases[f"result {code:#x}"] = core(section(1, bytes([0x60, 0, 1, code])))
        cases[f"array {code:#x}"] = core(section(1, bytes([0x5E, code, 0])))
        cases[f"struct {code:#x}"] = core(section(1, bytes([0x5F, 1, code, 1])))
        cases[f"import {code:#x}"] = core(section(2, bytes([0, 0, 3, code, 0])))
        cases[f"table import {code:#x}"] = core(section(2, bytes([0, 0, 1, code, 0, 1])))
        for nullable in (0x63, 0x64):
            cases[f"reference {nullable:#x} {code:#x}"] = core(section(1, bytes([0x60, 1, nullable, code, 0])))
    answers = {name: (taken_by_us(data), taken_by_wasmtime(data)) for name, data in cases.items()}
    # What Wasmtime takes we read; what stands where a type should and is none, neither of us takes.
    assert not [name for name, (ours, theirs) in answers.items() if theirs and not ours]
    numbers = [name for name in answers if int(name.split()[-1], 16) not in range(0x65, 0x79) and not name.startswith("reference")]
    assert not [name for name in numbers if answers[name][0] != answers[name][1]]


def test_kinds_and_indices() -> None:
    """Kinds of imports and exports, flags of globals, and indices into each space: the last one is one, the next is none."""
    function, memory, table, a_global = bytes([0x60, 0, 0]), b"\0\1", b"\x70\0\1", b"\x7f\0\x41\0\x0b"
    cases = {
        f"import {kind} {rest.hex()}": core(section(1, function), section(2, bytes([0, 0, kind]) + rest))
        for kind in (*range(6), 0x20, 0x21)
        for rest in (b"\0", b"\1", b"\x70\0\1", b"\0\1", b"\x7f\0", b"\x7f\1", b"\x7f\2", b"\x7f\4", b"\0\0", b"\1\0")
        if kind < 5
    }
    whole = [section(1, function), section(3, b"\0"), section(4, table), section(5, memory), section(6, a_global)]
    code = section(10, b"\2\0\x0b")
    for kind, index in itertools.product(range(6), range(3)):
        cases[f"export {kind} {index}"] = core(*whole, section(7, b"\1a" + bytes([kind, index])), code)
    for index in range(3):
        cases[f"function {index}"] = core(section(1, function), section(3, bytes([index])), code)
    for flags in range(5):
        cases[f"global {flags}"] = core(section(6, bytes([0x7F, flags, 0x41, 0, 0x0B])))
    cases["twice"] = core(*whole, section(7, b"\1a\0\0", b"\1a\2\0"), code)
    cases["two names"] = core(*whole, section(7, b"\1a\0\0", b"\1b\2\0"), code)
    shared = [name for name in cases if name.startswith(("global 2", "global 3", "import 3 7f02"))]  # a proposal that is off
    agree({name: data for name, data in cases.items() if name not in shared})


def test_sections_come_in_order() -> None:
    """Each once, in the order of the standard; custom ones anywhere; a section ends where its size says."""
    made = {
        1: section(1, bytes([0x60, 0, 0])),
        2: section(2, b"\0\0\2\0\1"),
        3: section(3, b"\0"),
        4: section(4, b"\x70\0\1"),
        6: section(6, b"\x7f\0\x41\0\x0b"),
        7: section(7, b"\1m\2\0"),
        10: section(10, b"\2\0\x0b"),
        11: section(11),
    }
    order = list(made)
    cases = {
        "all": core(*made.values()),
        "none": core(),
        "unknown": core(*made.values(), section(15)),
        "custom": core(b"\0\1\0", *made.values(), b"\0\2\1x"),
    }
    for first, second in itertools.pairwise(order):
        swapped = [second if each == first else first if each == second else each for each in order]
        cases[f"{first} and {second} swapped"] = core(*(made[each] for each in swapped))
        cases[f"{first} twice"] = core(*(made[each] * (2 if each == first else 1) for each in order))
    for number, data in made.items():
        body = data[2:]
        if number not in (10, 11):
            cases[f"{number} longer"] = core(
                *(bytes([each, len(body) + 1]) + body + b"\0" if each == number else made[each] for each in order)
            )
        cases[f"{number} shorter"] = core(*(bytes([each, len(body) - 1]) + body[:-1] if each == number else made[each] for each in order))
    for cut in range(8, len(cases["all"])):
        if cut not in [8 + sum(len(made[each]) for each in order[:count]) for count in range(len(order) + 1)]:
            cases[f"cut at {cut}"] = cases["all"][:cut]
    del cases["11 shorter"]
    agree({name: data for name, data in cases.items() if name != "10 shorter"})


def test_numbers_are_as_long_as_they_may_be() -> None:
    """A count or an index takes five bytes at most, and what does not fit into 32 bits is none."""
    cases = {}
    for text in (
        "00",
        "8000",
        "80808000",
        "8080808000",
        "808080808000",
        "8080808010",
        "8080808001",
        "ffffffff0f",
        "ffffffff1f",
        "ffffffff7f",
        "ff",
    ):
        cases[f"size {text}"] = b"\0asm\1\0\0\0" + b"\3" + bytes.fromhex(text) + b"\0"
        body = bytes.fromhex(text)
        cases[f"count {text}"] = core(b"\3" + leb(len(body)) + body)
    cases["one"] = core(b"\3\1\0")
    agree(cases)


# What one module exports and the other imports, of each kind; text for both, without a name.
GLOBALS = [
    "i32",
    "i64",
    "f32",
    "f64",
    "v128",
    "funcref",
    "externref",
    "(ref func)",
    "(ref extern)",
    "(mut i32)",
    "(mut i64)",
    "(mut funcref)",
    "(mut (ref func))",
]
LIMITS = ["0", "1", "2", "1 1", "1 2", "2 2", "2 3", "0 2"]
FUNCTIONS = [
    "",
    "(param i32)",
    "(param i64)",
    "(result i32)",
    "(param i32) (result i32)",
    "(param funcref)",
    "(param externref)",
    "(param i32 i32)",
]
KINDS = {
    "global": [f"(global {each})" for each in GLOBALS],
    "memory": [f"(memory {each})" for each in [*LIMITS, "i64 1", "i64 1 2", "1 2 shared", "1 1 shared"]],
    "table": [f"(table {each})" for each in [*(f"{limits} funcref" for limits in LIMITS), "1 externref", "i64 1 funcref"]],
    "func": [f"(func {each})" for each in FUNCTIONS],
    "tag": [f"(tag {each})" for each in ("", "(param i32)", "(param i64)")],
    "mixed": ["(global i32)", "(memory 1)", "(table 1 funcref)", "(func)", "(tag)"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_an_import(kind: str) -> None:
    """One module's export is given to another as its import: whether it fits is what Wasmtime says, for every pair of types."""
    fits = {}
    for given, wanted in itertools.product(KINDS[kind], repeat=2):
        text = wat("what_fits_an_import", GIVEN=given, SPLIT=given[1:].split(" ")[0].strip(")"), WANTED=wanted)
        data = bytes(wat2wasm(text))
        try:
            Component(ENGINE, data)
            theirs = True
        except WasmtimeError as error:
            theirs = False
            assert "mismatch" in str(error) or "type" in str(error) or "expected" in str(error), error
        try:
            plan_component(decode(data))
            ours = True
        except Malformed:
            ours = False
        except Exception as error:
            # What is imported is not linked here, but its types are looked at before that.
            ours = type(error).__name__ == "Refused"
            assert ours, error
        fits[given, wanted] = (ours, theirs)
    for heap in ("extern", "func"):
        # The standard has a constant global's type be a subtype; Wasmtime asks for the same when it reads, and for a subtype when it links.
        fits.pop((f"(global (ref {heap}))", f"(global {heap}ref)"), None)
    assert {pair: answer for pair, answer in fits.items() if answer[0] != answer[1]} == {}
    assert {answer[0] for answer in fits.values()} == {True, False}


def test_words_for_what_does_not_fit() -> None:
    """What is wanted, then what is given; nothing where they fit."""
    one, shared = CoreExport("memory", limits=(1, 2)), CoreExport("memory", shared=True, limits=(1, 2))
    assert mismatch(one, one) is None
    assert mismatch(one, CoreExport("memory", limits=(0, None))) == ("a memory of at least 1 and at most 2", "one of at least 0")
    least, more = CoreExport("table", limits=(3, None)), CoreExport("table", limits=(2, 9))
    assert mismatch(least, more) == ("a table of at least 3", "one of at least 2 and at most 9")
    assert mismatch(one, shared) == ("a memory with 32-bit addresses", "a shared memory with 32-bit addresses")
    assert mismatch(CoreExport("memory", memory64=True), one) == ("a memory with 64-bit addresses", "a memory with 32-bit addresses")
    assert mismatch(CoreExport("table", value="ref null func"), CoreExport("table", value="ref null extern")) == (
        "a table of ref null func", "a table of ref null extern",
    )  # fmt: skip
    assert mismatch(one, CoreExport("table")) == ("a memory", "a table")
    constant, mutable = CoreExport("global", value="i32"), CoreExport("global", value="i32", mutable=True)
    assert mismatch(constant, mutable) == ("a constant global of type i32", "a mutable global of type i32")
    assert mismatch(CoreExport("global", value="i64"), constant) == ("a constant global of type i64", "a constant global of type i32")


@pytest.mark.parametrize(("sort", "type"), [("func", ""), ("table", "1 funcref"), ("memory", "1"), ("global", "i32"), ("tag", "")])
def test_each_sort_is_passed_on_by_itself(sort: str, type: str) -> None:
    """An export of each kind is taken out of its instance and given to another; as another kind it is refused."""
    definition = "(global i32 (i32.const 0))" if sort == "global" else f"({sort} {type})"
    for given in ("func", "table", "memory", "global", "tag"):
        text = f"""(component (core module $a {definition} (export "x" ({sort} 0))) (core module $b (import "" "x" ({sort} {type})))
          (core instance $i (instantiate $a)) (alias core export $i "x" (core {given} $x))
          (core instance (instantiate $b (with "" (instance (export "x" ({given} $x)))))))"""
        data = bytes(wat2wasm(text))
        if given == sort:
            Component(ENGINE, data)
            plan_component(decode(data))
        else:
            with pytest.raises(WasmtimeError):
                Component(ENGINE, data)
            with pytest.raises(Malformed):
                plan_component(decode(data))
