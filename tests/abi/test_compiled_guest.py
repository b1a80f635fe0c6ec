"""A guest compiled from a real language, with a function for every WIT type: scripts get of the edges of each what Wasmtime gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.functions.binaries import binary
from moonwit.host.values.intermediate import NONE
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer
from tests.abi.conftest import ROOT, State
from tests.abi.edges import edges
from tests.abi.paths import Paths, expect, expect_refusal, same
from tests.abi.values import MISFITS
from tests.oracle.function import CallFailed, Oracle
from tests.texts import texts

lua, _ = texts(__file__)

GUEST = ROOT / "tests/guests/types/types.wasm"


@cache
def functions() -> dict[str, Any]:
    return dict(binary(GUEST.read_bytes()).functions)


def entry(path: str) -> str:
    return path.rpartition("#")[2]


ROOTS = [f"root-{kind}" for kind in ("string", "list", "vec3", "payload", "level", "marks", "option", "tuple")]
ECHOES = sorted([path for path in functions() if "/echo" in path] + ROOTS)
CALLS = sorted(path for path in functions() if "/calls" in path)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    data = GUEST.read_bytes()
    entries = ["name: files, kind: fs.directory, directory: ."]
    for path in [*ECHOES, *CALLS]:
        file = f"fs: files, path: types.wasm, hash: 'sha256:{hashlib.sha256(data).hexdigest()}', method: '{path}'"
        results = "pair" if path in CALLS else "table"
        entries.append(f"name: {entry(path)}, kind: function.wasm, {file}, results: {results}")
    state = State(Path(tmp_path_factory.mktemp("types")), entries, {"types.wasm": data})
    yield Paths(state)
    state.close()


@pytest.mark.parametrize("path", ECHOES, ids=entry)
def test_every_edge_of_every_type_comes_back(paths: Paths, path: str) -> None:
    """The guest gives back what it got, whatever the path, and in between refuses what fits no type."""
    (parameter,) = functions()[path].params
    for i, (text, result) in enumerate(edges(parameter.type)):
        expect(text, paths.outcomes(entry(path), text), None if result is NONE else result)
        if i < len(MISFITS):
            expect_refusal(MISFITS[i], paths.outcomes(entry(path), MISFITS[i]))


# Calls whose outcome is a value or an error of the guest's own.
ARGUMENTS = {
    "give-result": ["true", "false"],
    "give-result-ok": ["true", "false"],
    "give-result-err": ["true", "false"],
    "give-result-both": ["true", "false"],
    "give-result-bytes": ["true", "false"],
    "give-result-reason": ["true", "false"],
    "give-result-problem": ["0", "1", "2", "3", "4"],
    "give-result-nested": ["0", "1", "2", "3", "4", "5"],
    "take-result": ["{ok = 5}", "{err = 'x'}", "{}", "5"],
    "nothing": ["", "1"],
    "take-only": ["'x'", ""],
    "give-only": [""],
    "sixteen": ["1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16", "1"],
    "seventeen": [
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 2^32",
    ],
    "twenty-mixed": [
        "1, 'b', 1.5, nil, {1, 2}, true, 'é', -5LL, {9, 'i'}, {ok = 3}, 1, 2, 3, 4, 5, 6, 7, 8, 0.5, 't'",
        "1, 'b', 1.5, 7, {}, false, 'x', 5, {9, 'i'}, {err = 3}, 1, 2, 3, 4, 5, 6, 7, 8, 0.5, '\\255'",
    ],
    "trailing-options": ["1", "1, 2", "1, nil, 'x'", "1, 2, 'x'", "1, 2, 'x', 4", ""],
    "mul": ["6, 7", "4294967295, 4294967295", "-1, 1", "6"],
    "sum-s32": ["{1, -2, 2147483647}"],
    "sum-f64": ["{1, 0.5, -2}"],
    "sum-bytes": ["'abc'", "{1, 2, 255}", "{1, 256}"],
    "join": ["{'a', 'b'}, ', '", "{}, ''", "{'a', 5}, ''"],
    "char-count": ["'日本語'"],
    "make-bytes": ["0", "1", "100000"],
    "make-strings": ["0", "3", "1000"],
    "panic": ["'no'"],
    "unreachable": [""],
    "recurse": ["100", "4294967295"],
}

OUTCOMES = lua("outcomes")


def expected(function: Oracle, arguments: list[Any]) -> dict[bytes, Any]:
    """Gives what a call should come to: a result's two sides are a value and an error, whose kind is empty."""
    try:
        value = function.call(arguments)
    except CallFailed as error:
        return {b"kind": error.kind.encode(), b"message": error.message.encode()}
    if isinstance(function.signature.result, wit.Result):
        if b"err" in value:
            return {b"kind": b"", b"details": value[b"err"] if function.signature.result.err is not None else None}
        value = value[b"ok"] if function.signature.result.ok is not None else None
    return {b"done": True, b"value": value}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_results_and_errors_are_the_oracles(paths: Paths, name: str) -> None:
    """A guest's value or error has the same details; a trap is Internal, and bad arguments are Invalid."""
    call = paths.state.run(OUTCOMES)
    for text in ARGUMENTS[name]:
        outcome, given = call(text.encode(), f"t:{name}".encode())
        found, wanted = buffer.decode(outcome), expected(paths.oracle(name), buffer.decode_all(given))
        if found.get(b"kind") in (b"Internal", b"Invalid"):
            # Each has words of its own.
            assert wanted[b"kind"] == found[b"kind"], (text, found, wanted)
            continue
        if wanted.get(b"kind") == b"":
            found.pop(b"message")
        wanted = {key: value for key, value in wanted.items() if value is not None and value is not NONE}
        assert same(found, wanted), f"{name}({text}): {found!r}, not {wanted!r}"


FORGED = lua("forged")


def test_no_metamethod_runs_while_a_call_is_prepared(paths: Paths) -> None:
    """A script's code between check and lowering could change what was checked, so tables are read raw, forged optionals too."""
    _, _, reads, total = paths.state.run(FORGED)
    assert reads == 0
    assert total == 3
