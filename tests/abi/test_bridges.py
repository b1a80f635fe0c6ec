"""What the host's own code does not know: strings that are not UTF-8, 64-bit memories, imports that are exported again."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from tests.abi.composed import ALLOCATING, opened
from tests.texts import texts

lua, wat = texts(__file__)

WIDE = wat("wide")
NARROW, BROAD = {"MEMORY": ALLOCATING, "A": "i32", "SECOND": 20}, {"MEMORY": WIDE, "A": "i64", "SECOND": 24}
TEXTS = ["", "moon", "zażółć gęślą", "snow ☃, moon 🌙", "é" * 300, "ab" * 5000 + "🌙"]


@pytest.mark.parametrize("encoding", ["utf8", "utf16", "latin1+utf16"])
@pytest.mark.parametrize("kind", [NARROW, BROAD], ids=["32", "64"])
def test_strings_of_every_encoding_and_memory(encoding: str, kind: dict[str, object], tmp_path: Path) -> None:
    """A string comes back as it went, whatever the guest keeps it as; the guest's post-return is called each time."""
    with opened(tmp_path, wat("echo", **kind, ENCODING=encoding), {"echo": "echo", "posts": "posts"}) as project:
        assert [project.call("t:echo", text) for text in TEXTS] == TEXTS
        assert project.call("t:posts") == len(TEXTS)


@pytest.mark.parametrize("encoding", ["utf16", "latin1+utf16"])
def test_large_strings(encoding: str, tmp_path: Path) -> None:
    """What takes more memory than there is at first has more made."""
    with opened(tmp_path, wat("echo", **NARROW, ENCODING=encoding).replace('"memory") 1)', '"memory") 200)'), {"echo": "echo"}) as project:
        text = "ü🌙" * 500_000
        assert project.call("t:echo", text) == text


ARGUMENTS = wat("arguments", ALLOCATING=ALLOCATING)
GRANTED = ", imports: [wasi:cli], wasi: {args: ['üx', 'A🌙']}"


def test_the_host_gives_strings_in_the_guests_encoding(tmp_path: Path) -> None:
    """Each argument comes with its length in code units, and its first unit."""
    with opened(tmp_path, ARGUMENTS, {"sum": "sum"}, GRANTED) as project:
        for _ in range(3):
            assert project.call("t:sum") == (2 + ord("ü")) * 1000 + 3 + ord("A")


def test_an_import_is_exported_again(tmp_path: Path) -> None:
    """A function that the component only passes on is the host's own; without the grant it says so."""
    with opened(tmp_path, ARGUMENTS, {"again": "again"}, GRANTED) as project:
        assert [project.call("t:again") for _ in range(3)] == [["üx", "A🌙"]] * 3


def test_a_start_function_is_called(tmp_path: Path) -> None:
    """A start function runs once for each instance, before any other call, and its post-return after it."""
    data = bytes(wat2wasm(wat("a_start_function_is_called")))
    with opened(tmp_path, data + b"\x09\x03\0\0\0", {"runs": "runs"}) as project:
        assert [project.call("t:runs") for _ in range(2)] == [11, 11]


def test_a_start_function_that_traps_ends_the_instance(tmp_path: Path) -> None:
    """Its trap is the call's error, each time an instance is made."""
    data = bytes(wat2wasm(wat("a_start_function_that_traps_ends_the_instance")))
    with opened(tmp_path, data + b"\x09\x03\0\0\0", {"runs": "runs"}) as project:
        for _ in range(2):
            with pytest.raises(moonwit.CallError, match="unreachable"):
                project.call("t:runs")


HELD = wat("held", ALLOCATING=ALLOCATING)


def test_resources_beside_strings_of_another_encoding(tmp_path: Path) -> None:
    """Handles are taken, lent and given beside strings that are transcoded; however often, none is left behind."""
    methods = {"make": "[constructor]name", "see": "[method]name.see", "end": "end"}
    with opened(tmp_path, HELD, methods) as project:
        project.run_script(lua("resources_beside_strings_of_another_encoding"))
