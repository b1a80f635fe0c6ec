"""What is read of core modules, against Wasmtime's own reflection."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import Engine, FuncType, MemoryType, Module, wat2wasm

from moonwit.host.wasm.binary.core import CoreExport, CoreImport, is_component, is_core, read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.problems import Malformed
from tests.texts import texts

_, wat = texts(__file__)

PROJECT = Path(__file__).parents[3]
FOUND = [path for folder in ("examples", "tests/guests") for path in sorted((PROJECT / folder).glob("**/*.wasm"))]
GUESTS = [path for path in FOUND if "node_modules" not in path.parts]      # there are the tools that build a guest
LETTERS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F"}
TEXT = wat("text")


def letters(types: list[object]) -> str:
    return "".join(LETTERS.get(str(found), "r") for found in types)


def module(text: str) -> bytes:
    return bytes(wat2wasm(text))


def compare(data: bytes) -> None:
    """Fails unless Wasmtime finds the same imports and exports."""
    ours, theirs = read_core(data), Module(Engine(), data)
    mine = [(found.module, found.name) for found in ours.imports], list(ours.exports)
    assert mine == ([(found.module, found.name) for found in theirs.imports], [found.name for found in theirs.exports])
    for found, other in zip((*ours.imports, *ours.exports.values()), (*theirs.imports, *theirs.exports), strict=True):
        kind = type(other.type).__name__.removesuffix("Type").lower()
        assert found.kind == kind
        if isinstance(other.type, FuncType):
            assert found.type == CoreType(letters(list(other.type.params)), letters(list(other.type.results)))
        if isinstance(other.type, MemoryType):
            assert found.memory64 == other.type.is_64


def test_imports_and_exports_are_what_wasmtime_reflects() -> None:
    """Names, kinds, order and function types are the same."""
    compare(module(TEXT.replace("v128", "f64")))      # wasmtime-py ends the process when it is asked for a v128's name


def test_func_kind_is_spelled_as_in_the_text_format() -> None:
    """Imports and exports are plain data with short kinds."""
    found = read_core(module(TEXT))
    assert found.imports[0] == CoreImport("env", "log", "func", CoreType("ii", ""))
    assert found.imports[4] == CoreImport("wasi", "now", "func", CoreType("I", "fF"))
    assert found.exports["passed-on"] == CoreExport("func", CoreType("ii", ""))
    assert found.exports["f"].type == CoreType("vr", "i")
    assert found.exports["second"] == CoreExport("memory", None, memory64=True)


@pytest.mark.parametrize("path", [path for path in GUESTS if is_core(path.read_bytes()[:8])], ids=lambda path: path.name)
def test_guests_are_what_wasmtime_reflects(path: Path) -> None:
    """So it is for the core modules among the guests."""
    compare(path.read_bytes())


def test_core_modules_and_components_are_told_apart() -> None:
    """The first eight bytes tell; neither claims the other's, or anything else."""
    core, component = module("(module)"), module("(component)")
    assert (is_core(core), is_component(core), is_core(component), is_component(component)) == (True, False, False, True)
    assert not any(check(data) for check in (is_core, is_component) for data in (b"", b"\0asm", b"not wasm", b"\x7fELF\0\0\1\0"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "a part of 8 bytes is announced but only 0 are left, at byte 0"),
        (b"\0asm\2\0\0\0", "this is not a core WebAssembly module, at byte 0"),
        (b"\0asm\1\0\0\0\x63\0", "a core module has no section 99, at byte 8"),
        (b"\0asm\1\0\0\0\2\1\0\1\1\0", "section 1 of a core module is out of order, at byte 11"),
        (b"\0asm\1\0\0\0\1\4\1\x60\0", "a part of 4 bytes is announced but only 3 are left, at byte 10"),
        (b"\0asm\1\0\0\0\1\5\1\x60\0\0\0", "section 1 of a core module ends 1 bytes before its announced size, at byte 14"),
        (b"\0asm\1\0\0\0\3\2\1\0", "there is no core type 0, only 0, at byte 11"),
        (b"\0asm\1\0\0\0\7\5\1\1f\0\0", "export `f` is func 0, but there are only 0, at byte 11"),
        (b"\0asm\1\0\0\0\7\5\1\1\xff\0\0", "a name is not valid UTF-8, at byte 11"),
        (b"\0asm\1\0\0\0\3\x05\xff\xff\xff\xff\x1f", "a number does not fit 32 bits, at byte 10"),
        (b"\0asm\1\0\0\0\3\x05\xff\xff\xff\xff\x0f", "a vector of 4294967295 elements is announced where 1000000 is the limit, at byte 10"),
        (b"\0asm\1\0\0\0\3\1\5", "a vector of 5 elements is announced but only 0 bytes are left, at byte 10"),
    ],
)
def test_malformed_modules_say_what_is_wrong_and_where(data: bytes, sentence: str) -> None:
    """Each mistake gives a sentence with the byte it stands at."""
    with pytest.raises(Malformed) as caught:
        read_core(data)
    assert str(caught.value) == sentence
