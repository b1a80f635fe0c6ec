"""The generated code of every type is compiled by LuaJIT: what a hot loop around a call meets is looked up in its trace events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.functions.binaries import binary
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.lane.lane import new_state
from tests.abi.conftest import ROOT, State
from tests.abi.values import quoted
from tests.texts import texts

read_lua, _ = texts(__file__)

GUEST = ROOT / "tests/guests/types/types.wasm"

# lj_traceerr.h. What belongs to nested loops is LuaJIT's way of compiling them: the inner loop first, then the way around it.
REASONS = [
    "RECERR", "TRACEUV", "TRACEOV", "STACKOV", "SNAPOV", "BLACKL", "RETRY", "NYIBC", "LLEAVE",
    "LINNER", "LUNROLL", "BADTYPE", "CJITOFF", "CUNROLL", "DOWNREC", "NYIFFU", "NYIRETL", "STORENN",
    "NOMM", "IDXLOOP", "NYITMIX", "NOCACHE", "NYICONV", "NYICALL", "GFAIL", "PHIOV", "TYPEINS",
    "MCODEAL", "MCODEOV", "MCODELM", "SPILLOV", "BADRA", "NYIIR", "NYIPHI", "NYICOAL",
]  # fmt: skip
NESTING = {"LLEAVE", "LINNER", "LUNROLL", "NYIRETL"}
# More values or more code than one trace may have.
LARGE = {"SPILLOV", "SNAPOV", "TRACEOV"}

WATCH = read_lua("watch")


@cache
def functions() -> dict[str, Any]:
    return dict(binary(GUEST.read_bytes()).functions)


def entry(path: str) -> str:
    return path.rpartition("#")[2]


ECHOES = sorted(path for path in functions() if "/echo" in path)


def sample(type: wit.Type, way: int) -> str:
    """A plain value; ``way`` chooses between cases."""
    match type:
        case wit.Primitive("bool"):
            return "true"
        case wit.Primitive("string"):
            return '"hello"' if way % 2 else '"hello, this is a text"'
        case wit.Primitive("char"):
            return '"c"' if way % 2 else quoted("é".encode())
        case wit.Primitive("f32" | "f64"):
            return "1.5"
        case wit.Primitive(kind):
            return "5LL" if kind in ("s64", "u64") and way % 2 else "5"
        case wit.List(wit.Primitive("u8")):
            return '"octets"'
        case wit.List(element):
            return f"{{{', '.join([sample(element, way)] * 3)}}}"
        case wit.Tuple(types):
            return f"{{{', '.join(sample(part, way) for part in types)}}}"
        case wit.Record(fields):
            return f"{{{', '.join(f'[{quoted(each.name.encode())}] = {sample(each.type, way)}' for each in fields)}}}"
        case wit.Variant(cases):
            case = cases[way % len(cases)]
            name = quoted(case.name.encode())
            return name if case.type is None else f"{{[{name}] = {sample(case.type, way)}}}"
        case wit.Option(some):
            inner = sample(some, way)
            return "wit.none" if way % 3 == 2 else f"wit.some({inner})" if isinstance(some, wit.Option) else inner
        case wit.Result(ok, err):
            name, side = ("err", err) if way % 2 else ("ok", ok)
            return f"{{{name} = {'true' if side is None else sample(side, way)}}}"
        case wit.Enum(names):
            return quoted(names[way % len(names)].encode())
        case wit.Flags(names):
            first, last = quoted(names[0].encode()), quoted(names[-1].encode())
            return f"{{{first}}}" if way % 2 else f"{{[{first}] = true, [{last}] = true}}"
    raise AssertionError(type)


def loops(type: wit.Type | None) -> bool:
    """Tells whether values of a type are gone through in loops."""
    match type:
        case wit.List(element):
            return element != wit.Primitive("u8")
        case wit.Record(fields):
            return any(loops(each.type) for each in fields)
        case wit.Variant(cases):
            return any(loops(case.type) for case in cases)
        case wit.Tuple(types):
            return any(map(loops, types))
        case wit.Option(some):
            return loops(some)
        case wit.Result(ok, err):
            return loops(ok) or loops(err)
    return False


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    data = GUEST.read_bytes()
    entries = ["name: files, kind: fs.directory, directory: ."]
    for path in ECHOES:
        file = f"fs: files, path: types.wasm, hash: 'sha256:{hashlib.sha256(data).hexdigest()}'"
        entries.append(f"name: {entry(path)}, kind: function.wasm, {file}, method: '{path}', results: table")
    # All of it by one entry.
    entries.append(f"name: whole, kind: function.wasm, {file}, results: table")
    made = State(Path(tmp_path_factory.mktemp("jit")), entries, {"types.wasm": data})
    yield made
    made.close()


@pytest.fixture
def watch(project: State) -> Iterator[Any]:
    """A Lua state of its own: LuaJIT counts how hot a place is in 64 shared counters, which others may have stopped."""
    lua, boot = new_state(project.entries.callbacks())
    yield lua.eval(b"function(text) return loadstring(text) end")(WATCH.encode())
    boot[b"close"]()


@pytest.mark.parametrize("way", range(3))
@pytest.mark.parametrize("path", ECHOES, ids=entry)
def test_a_hot_loop_around_a_call_is_compiled(watch: Any, path: str, way: int) -> None:
    """Nothing on the way is beyond LuaJIT; without lists, the whole loop becomes one trace.

    A trace has room for about 120 values that outlive a call into the guest, and large records have more: LuaJIT then compiles
    function by function.
    """
    (parameter,) = functions()[path].params
    found, blacklisted, compiled, traces = watch(f"t:{entry(path)}".encode(), sample(parameter.type, way).encode())
    aborts = []
    for line in found.decode().splitlines():
        phase, reason, where = line.split(" ", 2)
        aborts.append((phase, REASONS[int(reason)], where))
    ours = [each for each in aborts if each[2].startswith("=") or "/lua/abi/" in each[2]]
    assert not [each for each in ours if each[1] not in NESTING | LARGE]
    assert not [each for each in aborts if each[0] == "hot" and each[1] not in NESTING | LARGE]
    assert not blacklisted.decode()
    assert traces > 0
    if not loops(parameter.type) and not [each for each in aborts if each[1] in LARGE]:
        assert compiled, aborts


def test_only_the_largest_types_are_too_large_for_one_trace(project: State) -> None:
    """What everybody uses, a record of a few fields with strings and options, is one trace."""
    for name in ("echo-line", "echo-tuple4", "echo-shape", "echo-option-point", "echo-access", "echo-u64"):
        lua, boot = new_state(project.entries.callbacks())
        (path,) = [path for path in ECHOES if entry(path) == name]
        (parameter,) = functions()[path].params
        watch = lua.eval(b"function(text) return loadstring(text) end")(WATCH.encode())
        _, _, compiled, _ = watch(f"t:{name}".encode(), sample(parameter.type, 1).encode())
        assert compiled, name
        boot[b"close"]()


@pytest.mark.parametrize("name", ["echo-u64", "echo-line"])
def test_functions_of_a_whole_binary_are_compiled(watch: Any, name: str) -> None:
    """Those that share instances with all that their binary exports are one trace as well."""
    (path,) = [path for path in ECHOES if entry(path) == name]
    (parameter,) = functions()[path].params
    found, blacklisted, compiled, _ = watch(f"t:whole#{path}".encode(), sample(parameter.type, 1).encode())
    assert compiled and not blacklisted, found


def test_background_calls_that_are_complete_at_once_are_compiled(watch: Any) -> None:
    """funcs.async of a guest that never waits, and await of its future, are one trace too."""
    found, blacklisted, compiled, _ = watch(b"t:echo-u64", b"5LL", True)
    assert compiled and not blacklisted, found
