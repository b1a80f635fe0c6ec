"""WASI as Wasmtime has it: what a guest gives, prints and fails with is the same."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests import projects
from tests.oracle.function import Oracle, oracle_of, outcome

GUESTS = Path(__file__).parents[1] / "guests"
CALLS: dict[str, list[tuple[str, list[Any]]]] = {
    "wasi": [
        ("add", [3, 4]),
        ("arguments", []),
        ("variable", ["NAME"]),
        ("variable", ["EMPTY"]),
        ("variable", ["MISSING"]),
        ("variable", [""]),
        ("say", ["hello"]),
        ("say", [""]),
        ("say", ["ü 漢 \N{PILE OF POO} \x01"]),
        ("complain", ["oh no"]),
        ("say", ["x" * 100_000]),
        ("leave", [0]),
        ("leave", [1]),
        ("leave", [77]),
        ("sleep-ms", [0]),
        ("sleep-ms", [2]),
        ("random-bytes", [0]),
        ("read-file", ["/etc/passwd"]),
        ("list-folder", ["/"]),
    ],
    "outside": [
        ("add", [1, 2]),
        ("count", []),
        ("count", []),
        ("arguments", []),
        ("variables", []),
        ("variable", ["NAME"]),
        ("initial-folder", []),
        ("say", [bytes(range(256)) + b"\xc3\x28\xed\xa0\x80\n"]),
        ("say", [b"no end of line"]),
        ("say", [b""]),
        ("say", [b"\n\n\n"]),
        ("say", [b"a\nb\nand a part"]),
        ("complain", [b"\xff\xfe"]),
        ("say", [b"0123456789abcde\n" * 65536]),
        ("say", [b"z" * 1_048_577]),
        ("flood", [20_000]),
        ("wall-resolution", []),
        ("monotonic-resolution", []),
        ("leave", [0]),
        ("leave", [3]),
        ("count", []),
        ("folders", []),
        ("read-file", ["/x"]),
        ("spin-ms", [3]),
        ("sleep-ms", [3]),
    ],
}
WORLD = "wasi: {args: ['--a', '', 'ü'], cwd: /data, env: [{id: name, name: NAME}, {id: empty, name: EMPTY}]}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder = tmp_path_factory.mktemp("paths")
    text = """
  - {name: here, kind: fs.directory, directory: .}
  - {name: values, kind: env.storage.static, values: {NAME: value, EMPTY: ''}}
  - {name: name, kind: env.variable, storage: values, variable: NAME}
  - {name: empty, kind: env.variable, storage: values, variable: EMPTY}
"""
    for guest, calls in CALLS.items():
        source = GUESTS / guest / f"{guest}.wasm"
        shutil.copy(source, folder)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        for method in sorted({name for name, _ in calls}):
            text += f"""  - name: {guest}-{method}
    kind: function.wasm
    fs: here
    path: {guest}.wasm
    hash: sha256:{digest}
    method: {method}
    pool: {{type: adaptive}}
    imports: [wasi:cli, wasi:io, wasi:clocks, wasi:random]
    {WORLD if guest == "outside" else WORLD.replace("cwd: /data, ", "")}
"""
    projects.write(folder, text)
    with moonwit.open(folder) as opened:
        assert opened.registry.problems == []
        yield opened


def told(project: moonwit.Project, id: str, arguments: list[Any]) -> tuple[Any, ...]:
    try:
        return ("value", project.call(id, *arguments))
    except moonwit.CallError as error:
        return ("error", error.kind, error.message, error.details)


@pytest.mark.parametrize("guest", CALLS)
def test_what_wasmtime_has(project: moonwit.Project, guest: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Results, errors, standard output and standard error of each call, as bytes of descriptors."""
    assert project.registry is not None
    oracles: dict[str, Oracle] = {}
    for method, arguments in CALLS[guest]:
        id = f"t:{guest}-{method}"
        if id not in oracles:
            oracles[id] = oracle_of(project.entries.loaded(project.registry.entries[id]), project.registry)
        result, captured = told(project, id, arguments), capfdbinary.readouterr()
        expected, wanted = outcome(oracles[id], *arguments), capfdbinary.readouterr()
        assert (result, captured) == (expected, wanted), f"{method}{str(arguments)[:60]}"


def test_output_of_calls_that_overlap(project: moonwit.Project, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Each line of several guests that print at once arrives whole, and all of them."""
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: project.call("t:outside-flood", 500), range(5)))
    assert capfdbinary.readouterr().out == (b"x" * 99 + b"\n") * 2500
