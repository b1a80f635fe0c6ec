"""Components that real tools have put together of two, each with a standard library of its own: what crosses, as Wasmtime has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

import moonwit
from tests.abi.composed import opened

GUESTS = Path(__file__).parents[1] / "guests" / "plugged"
NAMES = ["Zen", "Été à Paris", "日本 語", "😀", "", "Ärger", "a" * 40 + "é"]


class Oracle:
    """The same component, run by Wasmtime."""

    def __init__(self, data: bytes) -> None:
        engine = Engine()
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        linker = Linker(engine)
        linker.add_wasip2()
        self.instance = linker.instantiate(self.store, Component(engine, data))

    def call(self, name: str, *arguments: Any) -> Any:
        function = self.instance.get_func(self.store, name)
        assert function is not None
        result = function(self.store, *arguments)
        function.post_return(self.store)
        return result


@pytest.fixture(scope="module", params=["plugged", "plugged_js"])
def guest(request: pytest.FixtureRequest) -> bytes:
    """A library in Rust, and what calls it in Rust too, or in JavaScript."""
    return (GUESTS / f"{request.param}.wasm").read_bytes()


@pytest.fixture(scope="module")
def project(guest: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    methods = {name: name for name in ("run", "sum", "many", "live", "often")}
    grants = ", imports: ['wasi:cli', 'wasi:io', 'wasi:clocks', 'wasi:random']"
    with opened(tmp_path_factory.mktemp("plugged"), guest, methods, grants) as found:
        yield found


@pytest.fixture(scope="module")
def oracle(guest: bytes) -> Oracle:
    return Oracle(guest)


def test_values_and_resources_cross(project: moonwit.Project, oracle: Oracle) -> None:
    """Records, variants, options, flags, chars and lists of strings cross both ways; resources are owned, lent, given away and split."""
    lines = project.call("t:run", NAMES)
    assert lines == oracle.call("run", NAMES)
    assert "put 7" in lines and "1 shelves, 7 books" in lines
    assert [project.call("t:run", NAMES) == lines for _ in range(20)] == [True] * 20


def test_an_error_crosses(project: moonwit.Project) -> None:
    """The err side of a result comes back through the component that asks, and what that one held is dropped."""
    with pytest.raises(moonwit.CallError, match="Zen is there already"):
        project.call("t:run", ["Zen", "Zen"])


@pytest.mark.parametrize("size", [0, 1, 65536, 1 << 20])
def test_bytes_cross(size: int, project: moonwit.Project) -> None:
    """Bytes arrive whole, however many there are."""
    data = bytes(n * 7 % 256 for n in range(size))
    assert project.call("t:sum", data) == sum(data)


def test_seventeen_parameters_cross(project: moonwit.Project, oracle: Oracle) -> None:
    """Parameters that are too many for core values go through memory, at the edges of their ranges."""
    assert project.call("t:many") == oracle.call("many")


def test_many_calls_leave_nothing(project: moonwit.Project) -> None:
    """Thousands of calls between the two in one call of a script leave no resource behind."""
    assert project.call("t:often", 5000) == 25000
    assert project.call("t:live") == 0
