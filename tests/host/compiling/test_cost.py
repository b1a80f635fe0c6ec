"""What is compiled at once is cheap: the bound holds for modules of many shapes, at its exact edges, and lets common guests in."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import Module, wat2wasm

from moonwit.host.compiling.cost import ENDLESS, cost
from moonwit.host.compiling.jobs import IN_PLACE
from moonwit.host.engine.engine import shared_engine
from moonwit.host.functions.binaries import binary
from tests.host.compiling.shapes import DROP, END, GET0, I32, I64, SHAPES, body, get, leb, module
from tests.texts import texts

_, wat = texts(__file__)

GUESTS = Path(__file__).parents[2] / "guests"
EXAMPLES = Path(__file__).parents[3] / "examples"


def measured(data: bytes) -> float:
    """Gives the microseconds that compiling takes all threads together: the best of a few times."""
    engine, best = shared_engine(), math.inf
    for _ in range(4):
        began = time.process_time()
        Module(engine, data)
        best = min(best, (time.process_time() - began) * 1e6)
    return best


def largest(shape: Callable[[int], bytes]) -> bytes | None:
    """Gives the largest module of a shape that is let in; None where even a small one is not."""
    found, size = None, 100
    while size < 400_000 and cost(data := shape(size), IN_PLACE) < ENDLESS:
        found, size = data, size * 5 // 4
    return found


@pytest.fixture(scope="module")
def usual() -> float:
    """What compiling takes in terms of its bound, for many small functions: the machine's speed."""
    data = largest(SHAPES["functions"])
    assert data is not None
    return measured(data) / cost(data, IN_PLACE)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_nothing_that_is_let_in_takes_long(name: str, usual: float) -> None:
    """The largest module of each shape that is compiled at once takes no more than eight times as much, by its bound, as usual ones."""
    data = largest(SHAPES[name])
    if data is None:
        assert name in ("wide", "results")
        return
    assert measured(data) / cost(data, IN_PLACE) < 8 * usual


@pytest.mark.parametrize(("name", "size"), [("loops", 4000), ("branches", 4000), ("wide", 5100), ("results", 2000), ("tables", 40_000)])
def test_what_takes_long_is_not_let_in(name: str, size: int) -> None:
    """Modules of a few kilobytes that take seconds and more cost more than is compiled at once."""
    assert cost(SHAPES[name](size), IN_PLACE) == ENDLESS


@pytest.mark.parametrize(
    "path",
    ["shared/shared.wasm", "thirdparty/wide/wide.wasm", "resources/resources.wasm"],
)
def test_small_guests_are_let_in(path: str) -> None:
    """What toolchains make of small programs is compiled at once, adapters too."""
    modules = binary((GUESTS / path).read_bytes()).component_plan.modules
    assert sum(cost(module, IN_PLACE) for module in modules) <= IN_PLACE


def plain(code: bytes, *locals: tuple[int, int]) -> float:
    """Gives the cost of a module with one function."""
    return cost(module([body(locals, code)]), IN_PLACE)


def test_loops_have_an_edge() -> None:
    """A function may have 64 loops."""
    loop = b"\x03\x40" + END
    assert plain(loop * 64) < ENDLESS == plain(loop * 65)


def test_long_functions_cost_more_for_each_instruction() -> None:
    """From 4000 instructions on a function costs more than its instructions do by themselves."""
    short, half = plain((GET0 + DROP) * 1999), plain((GET0 + DROP) * 999)
    assert short < 2 * half
    assert plain((GET0 + DROP) * 4000) > 2.5 * short


@pytest.mark.parametrize(
    ("code", "known"),
    [
        (b"\x02\x40" + END, True),
        (b"\x02\x00" + END, False),  # of a function's type, which may have a thousand values
        (b"\x02\x7f\x41\x00" + END + DROP, True),
        (b"\x02\x63\x70" + b"\xd0\x70" + END + DROP, False),
        (b"\x1f\x40\x00" + END, False),  # try_table
        (b"\xfb\x1d" + DROP, False),  # garbage collection
        (b"\x43\x0b\x0b\x0b\x0b" + DROP, True),
        (b"\x44" + b"\x03" * 8 + DROP, True),
        (GET0 + b"\x28\x02\x80\x00" + DROP, True),
        (GET0 + b"\x28\x42\x00\x00" + DROP, False),  # another memory than the first
        (b"\xfd\x0c" + b"\x03" * 16 + DROP, True),
        (b"\xfc\x40", False),
    ],
)
def test_unknown_instructions_are_endless(code: bytes, known: bool) -> None:
    """Instructions whose cost is not known make a function endless; immediates are not taken for instructions."""
    assert (plain(code) < ENDLESS) is known
    # The bytes of immediates count as nothing: three bytes of 3 are not loops.
    if known:
        assert plain(code * 70) < ENDLESS


@pytest.mark.parametrize(("targets", "known"), [(1, True), (127, True), (128, False)])
def test_tables_of_targets_are_read(targets: int, known: bool) -> None:
    """br_table is read up to 127 targets; what follows it is read as it is."""
    code = b"\x02\x40" + GET0 + b"\x0e" + leb(targets) + b"\0" * (targets + 1) + END
    assert (plain(code) < ENDLESS) is known
    assert plain(code + b"\x1f\x40\x00" + END) == ENDLESS


def test_locals_in_loops_count_together() -> None:
    """What loops cost grows with the locals that are in use, and declared locals that nobody uses cost little."""
    used = b"".join(get(1 + i) + DROP for i in range(200))
    loops = (b"\x03\x40" + END) * 60
    assert plain(loops + used, (200, I64)) > plain(loops + used[:8], (200, I64)) + 30_000
    assert plain(loops, (200, I64)) - plain(loops, (1, I64)) < 2_000
    assert plain(loops + used, (400, I32)) < ENDLESS


CORE = module([body([], b"")])


@pytest.mark.parametrize("data", [b"", b"\0asm", CORE[:-1], CORE[:-3], b"\0asm\1\0\0\0\1\x02\1\x5f"])
def test_what_is_malformed_is_endless(data: bytes) -> None:
    """Reading never fails: a process finds out what is wrong."""
    assert cost(data, IN_PLACE) == ENDLESS


def test_instructions_are_read_as_the_assembler_writes_them() -> None:
    """A module with instructions of every known kind is read to its end."""
    text = wat("instructions_are_read_as_the_assembler_writes_them")
    assert cost(bytes(wat2wasm(text)), IN_PLACE) < ENDLESS
