"""Components as others build them: large types, odd names, several that call each other; from every pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

lua, _ = texts(__file__)

GUESTS = Path(__file__).parent / "guests" / "thirdparty"
POOLS = ("{type: inline}", "{type: lazy}", "{type: static, size: 2}", "{type: adaptive}", "{type: lazy, reuse: false}")
METHODS = {
    "wide": "kinds#echo-wide",
    "kinds": "acme:wide/kinds@1.4.2#echo-kinds",
    "fifty": "acme:wide/kinds#fifty",
    "move": "kinds@1.4.2#move_to",
    "next": "kinds#next-ID",
    "count": "kinds#GET_count",
    "old": "stable#old",
    "newer": "acme:wide/stable@1.0.0#newer",
    "ping": "ping",
    "deep": "nest:deep/a#f",
    "other": "nest:other/a@0.1.0#f",
    "only": "a#only_deep",
}
# As Lua: the values are tables whose numbers are not bytes.
VALUES = lua("values")
Run = Callable[[str], None]


def entry(name: str, guest: str, method: str, more: str = "") -> str:
    """An entry for a function of a guest."""
    path = f"{guest}/{guest}.wasm"
    digest = sha256((GUESTS / path).read_bytes()).hexdigest()
    return f'  - {{name: {name}, kind: function.wasm, fs: g, path: {path}, hash: "sha256:{digest}", method: "{method}"{more}}}\n'


def opened(folder: Path, entries: str) -> moonwit.Project:
    write(folder, f"name: g, kind: fs.directory, directory: {GUESTS}", entries)
    project = moonwit.open(folder)
    assert not project.registry.problems
    return project


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs a script in a project with the functions of the guest `wide` under the names in METHODS."""
    with opened(tmp_path, "".join(entry(name, "wide", method) for name, method in METHODS.items())) as project:
        yield lambda script: project.run_script(VALUES + script)


def test_names_in_capitals_versions_and_equal_last_names(run: Run) -> None:
    """Interfaces and functions are found whatever their authors call them."""
    run(lua("names_in_capitals_versions_and_equal_last_names"))


def test_a_record_with_200_fields(run: Run) -> None:
    """All fields go there and back; each is checked, and a mistake names its field."""
    run(lua("a_record_with_200_fields"))


def test_large_variants_enums_and_deep_types(run: Run) -> None:
    """300 cases, 32 flags and 30 levels go there and back."""
    run(lua("large_variants_enums_and_deep_types"))


def test_fifty_parameters(run: Run) -> None:
    """Parameters beyond what is passed flat arrive in order, and arity counts them all."""
    run(lua("fifty_parameters"))


@pytest.mark.parametrize("pool", POOLS)
def test_every_pool_gives_the_same(pool: str, tmp_path: Path) -> None:
    """Results do not depend on the pool."""
    more = f", pool: {pool}"
    with opened(tmp_path, entry("move", "wide", METHODS["move"], more)) as project:
        arguments: list[Any] = [{"x": 1, "y": -2}, "ü", 2**64 - 1, list(range(17))]
        for _ in range(3):
            assert project.call("t:move", *arguments) == arguments


@pytest.mark.parametrize("wit", ["old: func() -> u32;", "interface stable { old: func() -> u32; }"])
def test_the_wit_of_an_interface_need_not_name_it(tmp_path: Path, wit: str) -> None:
    """Signatures are compared with the interface of the method, and one that differs is refused."""
    right, wrong = (f', wit: "{text}"' for text in (wit, wit.replace("u32", "u64")))
    with opened(tmp_path, entry("right", "wide", "stable#old", right) + entry("wrong", "wide", "stable#old", wrong)) as project:
        assert project.call("t:right") == 1
        with pytest.raises(moonwit.CallError, match=r"but the component's is `func\(\) -> u32`"):
            project.call("t:wrong")


def test_components_that_call_each_other(tmp_path: Path) -> None:
    """What several components were composed into is called from every pool."""
    pools = [f", pool: {pool}" for pool in POOLS]
    with opened(tmp_path, "".join(entry(f"run{number}", "composed", "run", more) for number, more in enumerate(pools))) as project:
        for number in range(len(pools)):
            assert [project.call(f"t:run{number}", "moon") for _ in range(2)] == ["Moon", "Moon"]
