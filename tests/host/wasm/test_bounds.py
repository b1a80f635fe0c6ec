"""No binary takes long or much memory to read: counts, depths and sizes are bounded, each with a sentence, and the rest is linear."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.functions.binaries import binary
from moonwit.host.functions.inspect import inspect_file
from moonwit.host.wasm.binary.core import is_component, read_core
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.component.show import show_world
from moonwit.host.wasm.plan.plan import Plan
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused
from tests.host.wasm.encode import COMPONENT, CORE, NO_FUNCTION, component, core, index, name, number, section, types, vector

FUNCTIONS = (1, b"\1\x60\0\0"), (3, b"\1\0")


def read(data: bytes) -> str:
    """Reads a binary and prints it; gives the error's sentence, or nothing."""
    try:
        if is_component(data):
            found = decode(data)
            show_world(found.world)
            plan_component(found)
        else:
            read_core(data)
    except (Malformed, Refused) as error:
        return str(error)
    return ""


MANY: dict[str, Callable[[int], tuple[int, bytes]]] = {
    "types": lambda count: (1, number(count) + b"\x60\0\0" * count),
    "globals": lambda count: (6, number(count) + b"\x7f\0\x41\0\x0b" * count),
    "tables": lambda count: (4, number(count) + b"\x70\0\0" * count),
    "memories": lambda count: (5, number(count) + b"\0\0" * count),
    "tags": lambda count: (13, number(count) + b"\0\0" * count),
    "imports": lambda count: (2, vector(name("m") + name(f"{n:x}") + b"\0\0" for n in range(count))),
    "exports": lambda count: (7, vector(name(f"{n:x}") + b"\0\0" for n in range(count))),
    "functions": lambda count: (3, number(count) + b"\0" * count),
}


def core_of(what: str, count: int) -> bytes:
    """A core module with so many of one thing."""
    before = {"tags": FUNCTIONS, "imports": FUNCTIONS[:1], "exports": FUNCTIONS, "functions": FUNCTIONS[:1]}
    return core(*before.get(what, ()), MANY[what](count))


@pytest.mark.parametrize(
    ("what", "most"),
    [("types", 100_000), ("imports", 50_000), ("functions", 1_000_000), ("tables", 1000), ("memories", 1000), ("globals", 50_000),
     ("exports", 50_000), ("tags", 50_000)],
)  # fmt: skip
def test_entries_of_a_core_module_are_bounded(what: str, most: int) -> None:
    """A section may have so many entries and not one more; the sentence does not call the module wrong."""
    assert read(core_of(what, most)) == ""
    if what == "functions":      # by the standard's own limit
        assert "1000001 elements is announced where 1000000 is the limit" in read(core_of(what, most + 1))
    else:
        sentence = f"The core module has {most + 1} {what}, which is more than the {most} that Moonwit takes."
        with pytest.raises(Refused) as caught:
            read_core(core_of(what, most + 1))
        assert str(caught.value) == sentence


def test_types_in_groups_are_counted_one_by_one() -> None:
    """A group of types counts as many types as it has."""
    group = b"\x4e" + number(50_000) + b"\x60\0\0" * 50_000
    assert read(core((1, b"\2" + group * 2))) == ""
    assert read(core((1, b"\3" + group * 2 + b"\x60\0\0"))).startswith("The core module has more than 100000 types")


def test_sections_are_bounded() -> None:
    """So are sections: custom ones may be empty and stand anywhere."""
    assert read(CORE + section(0, b"\0") * 100_000) == ""
    assert read(CORE + section(0, b"\0") * 100_001) == "The core module has more than 100000 sections, which is more than Moonwit takes."


@pytest.mark.parametrize(
    ("part", "each"),
    [(b"\7\2\1\x7d", 2), (b"\4\x08" + COMPONENT, 1), (b"\0\1\0", 1), (b"\1\x08" + CORE, 1)],
    ids=["types", "components", "custom sections", "modules"],
)
def test_definitions_of_a_component_are_bounded(part: bytes, each: int) -> None:
    """A component may have 50,000 definitions, counted with the sections that they stand in."""
    assert read(COMPONENT + part * (50_000 // each)) == ""
    sentence = "The component has more than 50000 definitions, which is more than Moonwit takes."
    assert read(COMPONENT + part * (50_000 // each + 1)) == sentence


def test_bytes_of_definitions_are_bounded() -> None:
    """A million bytes of definitions are taken and not one more; modules and custom sections are not counted."""

    def enum(size: int) -> bytes:
        labels = [name(f"a{n:0997x}") for n in range(999)]      # of a thousand bytes each, and one of what is left
        labels.append(name("b" * (size - 999_000 - 6)))
        return component((7, b"\1\x6d" + vector(labels)), (0, name("a") + bytes(2_000_000)))

    assert read(enum(1_000_000)) == ""
    assert read(enum(1_000_001)) == "The component has more than 1000000 bytes of definitions, which is more than Moonwit takes."


def chain(levels: int) -> bytes:
    """Components each of which instantiates the one before."""
    parts = [(4, COMPONENT)]
    for level in range(levels - 1):
        parts.append((4, component((6, b"\1\4\2\1" + number(level)), (5, b"\1\0\0\0"))))
    return component(*parts, (5, b"\1\0" + number(levels - 1) + b"\0"))


def types_chain(levels: int) -> bytes:
    """Instance types each of which has an instance of the one before."""
    rows = [b"\x42\0", *(b"\x42\2\2\3\2\1" + number(level) + b"\4\0\1i\5\0" for level in range(levels - 1))]
    return component((7, vector(rows)), (10, b"\1\0\1x\5" + number(levels - 1)))


@pytest.mark.parametrize("make", [chain, types_chain])
def test_how_deep_parts_refer_to_each_other_is_bounded(make: Callable[[int], bytes]) -> None:
    """Components that instantiate each other, and instances in instances, end in a sentence and not in a RecursionError."""
    sentence = "The component's parts refer to each other more than 50 deep, which is more than Moonwit takes."
    edge = next(levels for levels in range(40, 60) if read(make(levels + 1)) == sentence)
    assert edge in (48, 49, 50) and read(make(edge)) != sentence
    assert read(make(5000)) == sentence


@pytest.mark.parametrize("inner", [2, 100])
def test_work_that_multiplies_is_bounded(inner: int) -> None:
    """Instance types that each hold many of the one before would describe more than there is time for."""
    rows = [b"\x42\0"]
    for level in range(30):
        exports = b"".join(b"\4\0" + name(f"i{n}") + b"\5\0" for n in range(inner))
        rows.append(b"\x42" + number(inner + 1) + b"\2\3\2\1" + number(level) + exports)
    found = read(component((7, vector(rows)), (10, b"\1\0\1x\5\x1e")))
    assert found == "The component takes more than 100000 definitions to resolve, which is more than Moonwit takes."


def test_types_that_share_parts_are_read_once() -> None:
    """A type of 2^5000 parts, of which 5000 differ, is read at once; only a function that uses it can't be taken."""
    rows = [b"\x6f\2\x73\x73"]
    for _ in range(5000):
        rows += [b"\x70" + index(len(rows) - 1), b"\x6f\2" + index(len(rows)) * 2]
    assert read(types(*rows)) == ""
    used = component((7, vector([*rows, b"\x40\1\1p" + index(len(rows) - 1) + b"\1\0"])), (10, b"\1\0\1f\1" + number(len(rows))))
    assert read(used) == "The component's import `f` uses a type of more than 20000 parts, which Moonwit does not take yet."


def test_equal_types_that_share_nothing_are_compared_at_once() -> None:
    """Thousands of functions of one large type are each held against another that is built alike."""
    parts = b"\x6f" + number(400) + b"\x7d" * 400
    signature = b"\x40\1\1p"
    inside = component(
        (7, vector([parts, signature + index(0) + b"\1\0"])), (10, vector(b"\0" + name(f"f{n}") + b"\1\1" for n in range(1000)))
    )
    arguments = vector(name(f"f{n}") + b"\1\0" for n in range(1000))
    whole = component((7, vector([parts, signature + index(0) + b"\1\0"])), (10, b"\1\0\1f\1\1"), (4, inside), (5, b"\1\0\0" + arguments))
    assert read(whole) == ""


def test_functions_are_bounded_by_all_parts_of_their_types() -> None:
    """Many functions of a large type are more than anybody prints; the sentence says so before anything is printed."""
    large = b"\x6f" + number(9998) + b"\x7d" * 9998      # with the function itself and the tuple 10,000 parts

    def many(count: int) -> bytes:
        rows = vector([large, b"\x40\1\1p\0\1\0"])
        return component((7, rows), (10, vector(b"\0" + name(f"f{n}") + b"\1\1" for n in range(count))))

    assert read(many(100)) == ""
    sentence = "The component's functions have types of more than 1000000 parts, which is more than Moonwit takes."
    assert read(many(101)) == sentence


INTERFACE = b"\1\x42\2\1" + NO_FUNCTION + b"\4\0\1f\1\0"


def resource(index: int) -> bytes:
    """The export of a resource."""
    return b"\0" + name(f"r{index}") + b"\3" + number(index) + b"\0"


CALLS: dict[str, Callable[[int], bytes]] = {
    "core imports": lambda n: core_of("imports", n),
    "core exports": lambda n: core_of("exports", n),
    "core types": lambda n: core_of("types", n),
    "imports": lambda n: component((7, b"\1" + NO_FUNCTION), (10, vector(b"\0" + name(f"f{i}") + b"\1\0" for i in range(n)))),
    "exports": lambda n: component((7, b"\1\x7d"), (11, vector(b"\0" + name(f"f{i}") + b"\3\0\0" for i in range(n)))),
    "interfaces": lambda n: component((7, INTERFACE), (10, vector(b"\0" + name(f"a:b/c{i}") + b"\5\0" for i in range(n)))),
    "aliases": lambda n: component((7, b"\1\x7d"), (6, number(n) + b"\3\2\0\0" * n)),
    "types": lambda n: types(*[b"\x6b\x7d"] * n),
    "nested types": lambda n: types(b"\x70\x7d", *[b"\x70" + index(i) for i in range(n)]),
    "records": lambda n: types(b"\x72" + vector(name(f"f{i}") + b"\x7d" for i in range(n))),
    "resources": lambda n: component((7, number(n) + b"\x3f\x7f\0" * n), (11, vector(resource(i) for i in range(n)))),
    "components": lambda n: component(*[(4, COMPONENT)] * n, (5, number(n) + b"\0\0\0" * n)),
    "modules": lambda n: component(*[(1, CORE)] * n, (2, number(n) + b"\0\0\0" * n)),
}


@pytest.mark.parametrize("make", CALLS.values(), ids=CALLS)
def test_reading_is_linear(make: Callable[[int], bytes]) -> None:
    """Twice as much takes twice as many steps; steps are counted, since times on a busy machine say nothing."""

    def steps(data: bytes) -> int:
        count = 0

        def step(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += 1

        before = sys.getprofile()
        sys.setprofile(step)
        try:
            assert read(data) == ""
        finally:
            sys.setprofile(before)
        return count

    steps(make(10))      # what is made once in a process
    base, one, two = (steps(make(n)) for n in (10, 400, 800))
    assert two - base < 2.3 * (one - base), (base, one, two)


def test_memory_is_small_beside_the_file() -> None:
    """Reading a module of a megabyte takes less than twenty times as much, whatever fills it."""
    for data in (
        core(*FUNCTIONS, (7, vector(name(f"{n:0200x}") + b"\0\0" for n in range(5000)))),
        core(FUNCTIONS[0], (2, vector(name("m") + name(f"{n:0200x}") + b"\0\0" for n in range(5000)))),
        core((1, number(1000) + (b"\x60" + number(1000) + b"\x70" * 1000 + b"\0") * 1000)),
        core(FUNCTIONS[0], (3, number(1_000_000) + bytes(1_000_000))),
        component((0, name("a") + bytes(1_000_000))),
    ):
        tracemalloc.start()
        try:
            assert read(data) == ""
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 20 * len(data)


def test_a_name_as_long_as_the_file_does_not_fill_the_sentence() -> None:
    """Errors about long names are short all the same."""
    long = name("x" * 1_000_000)
    twice = core(*FUNCTIONS, (7, b"\2" + (long + b"\0\0") * 2))
    outside = core((7, b"\1" + long + b"\0\0"))
    imported = component((1, core(FUNCTIONS[0], (2, b"\2" + (long + long + b"\0\0") * 2))))
    missing = component((1, core(FUNCTIONS[0], (2, b"\1" + long + long + b"\0\0"))), (2, b"\1\0\0\0"))
    for data in (twice, outside, imported, missing, component((10, b"\1\0" + long + b"\1\0"))):
        assert 0 < len(read(data)) < 500


def test_inspect_prints_long_types_and_names_in_part(tmp_path: Path) -> None:
    """A module's functions of a thousand parameters and names of a megabyte are printed in part."""
    wide = (1, b"\1\x60" + number(1000) + b"\x7f" * 1000 + b"\0"), (2, b"\1" + name("m") + name("f") + b"\0\0")
    data = core(*wide, (7, vector([*(name(f"f{n}") + b"\0\0" for n in range(1000)), name("x" * 1_000_000) + b"\0\0"])))
    file = tmp_path / "wide.wasm"
    file.write_bytes(data)
    text = inspect_file(file)
    assert len(text) < 1_000_000 and "f999: (i32, i32, " in text


def test_a_plan_comes_of_what_is_small() -> None:
    """The bounds leave room: a component of the usual size has a plan."""
    found = binary(CALLS["imports"](1000)).component_plan
    assert isinstance(found, Plan)


LIFTED = (
    '(core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f0 (canon lift (core func $i "f"))) '
    '(instance $b0 (export "f" (func $f0)))'
)


def bundles(deep: int, wide: int) -> bytes:
    """A component that exports an instance in which so many stand in each other, each so many times."""
    inner = []
    for level in range(1, deep):
        exports = " ".join(f'(export "x{each}" (instance $b{level - 1}))' for each in range(wide))
        inner.append(f"(instance $b{level} {exports})")
    return bytes(wat2wasm(f'(component {LIFTED} {" ".join(inner)} (export "top" (instance $b{deep - 1})))'))


def again(times: int) -> bytes:
    """A component that exports a function which is lowered and lifted so many times."""
    links = [f"(core func $c{n} (canon lower (func $f{n - 1}))) (func $f{n} (canon lift (core func $c{n})))" for n in range(1, times + 1)]
    return bytes(wat2wasm(f'(component {LIFTED} {" ".join(links)} (export "top" (func $f{times})))'))


@pytest.mark.parametrize(
    ("fits", "more", "sentence"),
    [
        (bundles(50, 1), bundles(51, 1), "The component's instances stand in each other more than 50 deep"),
        (bundles(12, 2), bundles(40, 2), "The component takes more than 100000 definitions to resolve"),
        (again(99), again(100), "Functions are lowered and lifted again more than 100 times in a row"),
    ],
    ids=["deep", "wide", "again"],
)
def test_what_components_are_composed_of_is_bounded(fits: bytes, more: bytes, sentence: str) -> None:
    """Instances in instances and functions made of functions may multiply, or go deep; past a bound that is a sentence."""
    assert read(fits) == ""
    assert read(more).startswith(sentence)
