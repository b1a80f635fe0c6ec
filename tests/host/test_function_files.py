"""Binaries of `function.wasm` entries are read once, checked by hash, and never from outside their folder."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.functions.loaded import FunctionProblem
from moonwit.host.functions.loading import load_function
from moonwit.registry import Registry
from tests.projects import loaded
from tests.texts import texts

_, wat = texts(__file__)

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
STRINGS = wat("strings")
COMPONENT = wat("component")
CLOCK = wat("clock")


def project(folder: Path, *entries: str, settings: str = "") -> Registry:
    """Loads a project of these entries, each its fields in YAML."""
    return loaded(folder, *entries, namespace="app", settings=settings)


def binary_entry(folder: Path, data: bytes, extra: str = "", digest: str | None = None, name: str = "f") -> str:
    (folder / "wasm").mkdir(exist_ok=True)
    (folder / "wasm" / "it.wasm").write_bytes(data)
    hashed = digest or sha256(data).hexdigest()
    return f"name: {name}\nkind: function.wasm\nfs: bin\npath: /it.wasm\nhash: sha256:{hashed}\nmethod: add\n{extra}"


FOLDER = "name: bin\nkind: fs.directory\ndirectory: ./wasm"


def test_a_binary_file(tmp_path: Path) -> None:
    """A binary comes from its folder entry, checked by its hash."""
    data = bytes(wat2wasm(ADD))
    registry = project(tmp_path, FOLDER, binary_entry(tmp_path, data))
    assert load_function(registry.entries["app:f"], registry).data == data


def test_entries_share_a_binary(tmp_path: Path) -> None:
    """Two entries with the same bytes hold one copy of them and one plan."""
    data = bytes(wat2wasm(COMPONENT))
    registry = project(
        tmp_path, FOLDER, *(binary_entry(tmp_path, data, name=name).replace("method: add", "method: add-it") for name in ("f", "g"))
    )
    one, two = (load_function(registry.entries[f"app:{name}"], registry) for name in ("f", "g"))
    assert one.data is two.data and one.plan is two.plan


def test_a_wrong_hash(tmp_path: Path) -> None:
    """A file with another hash is refused, with both hashes in the sentence."""
    data = bytes(wat2wasm(ADD))
    registry = project(tmp_path, FOLDER, binary_entry(tmp_path, data, digest="0" * 64))
    with pytest.raises(FunctionProblem) as caught:
        load_function(registry.entries["app:f"], registry)
    assert sha256(data).hexdigest() in str(caught.value) and "0" * 64 in str(caught.value)


def test_files_that_are_not_there_when_loading(tmp_path: Path) -> None:
    """What happens to the file after the registry was read is told too: gone, a folder, a link out of the folder, an empty file, text."""
    data = bytes(wat2wasm(ADD))
    entry = binary_entry(tmp_path, data)
    registry = project(tmp_path, FOLDER, entry)
    file = tmp_path / "wasm" / "it.wasm"

    def sentence() -> str:
        with pytest.raises(FunctionProblem) as caught:
            load_function(registry.entries["app:f"], registry)
        return str(caught.value)

    file.rename(tmp_path / "wasm" / "its.wasm")
    assert sentence() == "the file `/it.wasm` does not exist; did you mean `its.wasm`?"
    file.mkdir()
    assert sentence() == "the file `/it.wasm` is a folder, not a file"
    file.rmdir()
    (tmp_path / "outside.wasm").write_bytes(data)
    file.symlink_to(tmp_path / "outside.wasm")
    assert sentence() == "the file `/it.wasm` is a symbolic link that leaves its folder; copy the file into the folder"
    file.unlink()
    os.mkfifo(file)
    assert sentence() == "the file `/it.wasm` is not a regular file"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file `/it.wasm` is empty; name a .wasm file"),
        (b" (module)", "the file `/it.wasm` is WAT text, which a `function.wat` entry takes; name a .wasm file"),
        (b"\x7fELF", "the file `/it.wasm` is not a WebAssembly binary; name a .wasm file"),
        (b"\0asm\1\0\0\0\1\xff", "the binary is not well-formed WebAssembly: "),
        (b"\0asm\x0d\0\1\0\7\xff", "the binary is not well-formed WebAssembly: "),
        (b"\0asm\7\0\7\0", "the binary is not well-formed WebAssembly: "),
    ],
)
def test_files_that_are_no_binaries(tmp_path: Path, data: bytes, sentence: str) -> None:
    """A file that is not WebAssembly is refused with what it is."""
    registry = project(tmp_path, FOLDER, binary_entry(tmp_path, data))
    with pytest.raises(FunctionProblem) as caught:
        load_function(registry.entries["app:f"], registry)
    assert str(caught.value).startswith(sentence)


def test_every_truncation_is_a_problem(tmp_path: Path) -> None:
    """A binary cut off anywhere loads or is refused with a problem, and nothing else happens."""
    for whole in (bytes(wat2wasm(STRINGS)), bytes(wat2wasm(CLOCK))):
        for end in range(0, len(whole), 3):
            registry = project(tmp_path, FOLDER, binary_entry(tmp_path, whole[:end]))
            with pytest.raises(FunctionProblem):
                load_function(registry.entries["app:f"], registry)
