"""`moonwit add` and `lock`: entries and hashes are written into registry files, and all else stays as it is written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.__main__ import main

ONE = bytes(wat2wasm('(module (func (export "one") (param i32) (result i32) (i32.const 1)))'))
TWO = bytes(wat2wasm('(module (func (export "one") (param i32) (result i32) (i32.const 2)) (func (export "two")))'))
HASHES = {data: f"sha256:{hashlib.sha256(data).hexdigest()}" for data in (ONE, TWO)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which is the working directory."""
    project = tmp_path / "project"
    (project / "wasm").mkdir(parents=True)
    monkeypatch.chdir(project)
    return project


def index(folder: Path, text: str) -> Path:
    """Writes the registry file."""
    path = folder / "_index.yaml"
    path.write_bytes(text.encode())
    return path


HEAD = "# A project.\nversion: '1.0'   # of the format\nnamespace: app\n"
FOLDER = "- {name: bin, kind: fs.directory, directory: ./wasm}\n"


def test_lock_changes_hashes_and_nothing_else(folder, capsys):
    """Comments, order, quotes, anchors, line ends and everything else are the same bytes as before."""
    text = (
        f"{HEAD}entries:\n{FOLDER}# the first\n- name: a\n  kind: function.wasm  # compiled\n  fs: bin\n  path: /one.wasm\n"
        f"  hash:   &h 'sha256:{'0' * 64}'  # by hand\n  method: one\n"
        "- name: b\n  data:\n    fs: bin\n    hash: *h\n    path: '/one.wasm'\n"
        "    method: one\n  kind: function.wasm\n- {kind: function.wasm, name: c, hash: todo, path: /one.wasm, fs: bin, method: one}\n"
        "- name: d\n  kind: function.wasm\n  fs: bin\n  path: /one.wasm   # has no hash yet\n  method: one\n\n# the end"
    ).replace("\n", "\r\n")
    path = index(folder, text)
    (folder / "wasm" / "one.wasm").write_bytes(ONE)
    assert main(["lock", "--check"]) == 1
    assert path.read_bytes().decode() == text and "app:c: todo -> sha256:" in capsys.readouterr().out
    assert main(["lock"]) == 0
    expected = text.replace(f"'sha256:{'0' * 64}'", HASHES[ONE]).replace("todo", HASHES[ONE])
    expected = expected.replace("# has no hash yet\r\n", f"# has no hash yet\r\n  hash: {HASHES[ONE]}\r\n") + "\r\n"
    assert path.read_bytes().decode() == expected
    assert main(["lock", "--check"]) == 0
    assert capsys.readouterr().out.endswith("every hash is that of its binary\n")
    assert main(["check"]) == 0


def test_lock_says_what_it_can_not_write(folder, capsys):
    """A file that is missing, and a hash that stands elsewhere, are told and nothing is written."""
    path = index(folder, f"{HEAD}entries:\n{FOLDER}- {{name: a, kind: function.wasm, fs: bin, path: /gone.wasm, hash: x, method: one}}\n")
    assert main(["lock"]) == 1
    assert "app:a: the file `/gone.wasm` does not exist" in capsys.readouterr().err
    (folder / "wasm" / "gone.wasm").write_bytes(ONE)
    (folder / "hash.txt").write_text("x")
    path.write_text(path.read_text().replace("hash: x", "hash: file://hash.txt"))
    before = path.read_text()
    assert main(["lock"]) == 1
    assert "_index.yaml:6:67:" in (said := capsys.readouterr().err) and f"write {HASHES[ONE]} there yourself" in said
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("entries:\n", "entries:\n{0}"),
        ("", "entries:\n{0}"),
        ("entries: []  # none yet\n", "entries:   # none yet\n{0}"),
        ("entries: ~\n", "entries: \n{0}"),
        (f"entries:\n{FOLDER}meta: {{x: 1}}\n", f"entries:\n{FOLDER}\n{{1}}meta: {{x: 1}}\n"),
        (f"entries:\n    {FOLDER}    # of the end\n", f"entries:\n    {FOLDER}\n{{2}}    # of the end\n"),
    ],
)
def test_add_writes_after_the_last_entry(folder, before, after):
    """Wherever the list ends, and however it is indented."""
    path = index(folder, HEAD + before)
    (folder / "wasm" / "one.wasm").write_bytes(ONE)
    assert main(["add", "wasm/one.wasm"]) == 0
    own = f'- name: one\n  kind: function.wasm\n  fs: @\n  path: "/one.wasm"\n  hash: {HASHES[ONE]}\n  method: "one"\n'
    own += '  # wit: "one: func(p1: s32) -> s32;"  # derived: name the parameters, use types of your own\n'
    home = '- name: binaries\n  kind: fs.directory\n  directory: "./wasm"\n\n'

    def set_in(text: str, by: int) -> str:
        return "".join(f"{' ' * by}{line}" if line.strip() else line for line in text.splitlines(keepends=True))

    first, known = home + own.replace("@", "binaries"), own.replace("@", "bin")
    assert path.read_text() == HEAD + after.replace("{0}", set_in(first, 2)).replace("{1}", known).replace("{2}", set_in(known, 4))
    assert main(["check"]) == 0


def test_add_copies_and_adds_again(folder, tmp_path, capsys):
    """A file from elsewhere is copied; a second time its entry gets the new hash, and a binary with several functions has no method."""
    path = index(folder, f"{HEAD}entries: []\n")
    (tmp_path / "shop.wasm").write_bytes(TWO)
    assert main(["add", "--as", "store", str(tmp_path / "shop.wasm")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("_index.yaml: app:store\n") and said.endswith("try: moonwit call app:store#one P1\n")
    assert (folder / "wasm" / "shop.wasm").read_bytes() == TWO and "method" not in path.read_text()
    assert main(["call", "app:store#one", "3"]) == 0 and capsys.readouterr().out == "2\n"
    before = path.read_text()
    assert main(["add", str(tmp_path / "shop.wasm")]) == 0
    assert path.read_text() == before and capsys.readouterr().out == "app:store is declared already\n"
    (tmp_path / "shop.wasm").write_bytes(ONE)
    assert main(["add", str(tmp_path / "shop.wasm"), "--as", "store"]) == 0
    assert path.read_text() == before.replace(HASHES[TWO], HASHES[ONE])
    assert main(["call", "app:store#one", "3"]) == 0 and capsys.readouterr().out.endswith("1\n")


def test_add_takes_text_and_programs(folder, tmp_path, capsys):
    """WAT text lies beside the registry file; a program becomes a command."""
    index(folder, f"{HEAD}entries: []\n")
    (tmp_path / "answer.wat").write_text('(module (func (export "answer") (result i32) (i32.const 42)))')
    assert main(["add", str(tmp_path / "answer.wat")]) == 0
    assert (folder / "answer.wat").exists() and main(["call", "app:answer"]) == 0
    program = """(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
      (memory (export "memory") 1) (func (export "_start")))"""
    (tmp_path / "tool.wasm").write_bytes(bytes(wat2wasm(program)))
    assert main(["add", str(tmp_path / "tool.wasm")]) == 0
    assert capsys.readouterr().out.endswith("try: moonwit run tool\n")
    assert main(["run", "tool"]) == 0 and main(["check"]) == 0


def test_add_with_wit(folder, tmp_path):
    """The types of a core module come from a file, which the entry names."""
    path = index(folder, f"{HEAD}entries: []\n")
    (folder / "it.wit").write_text("one: func(a: u32) -> u32;")
    (tmp_path / "it.wasm").write_bytes(ONE)
    assert main(["add", str(tmp_path / "it.wasm"), "--wit", "it.wit"]) == 0
    assert 'wit: "file://it.wit"' in path.read_text() and main(["call", "app:it", "3"]) == 0


def test_add_refuses_with_a_sentence(folder, tmp_path, capsys):
    """What can't be added says why, and nothing is written."""
    path = index(folder, f"{HEAD}entries: [{{name: taken, kind: env.storage.os}}]\n")
    (tmp_path / "one.wasm").write_bytes(ONE)
    (tmp_path / "empty.wasm").write_bytes(bytes(wat2wasm("(module)")))
    cases = {
        ("gone.wasm",): "the file `gone.wasm` does not exist",
        (str(tmp_path / "empty.wasm"),): "empty.wasm exports no function that an entry could call",
        (str(tmp_path / "one.wasm"),): "_index.yaml:4:10: `entries` is written in brackets, which this does not change",
        ("--as", "taken", str(tmp_path / "one.wasm")): "there is an entry app:taken already",
        ("--as", "a b", str(tmp_path / "one.wasm")): "a name has letters",
    }
    before = path.read_text()
    for arguments, sentence in cases.items():
        assert main(["add", *arguments]) == 1
        assert sentence in capsys.readouterr().err
    assert path.read_text() == before and not (folder / "wasm" / "one.wasm").exists()
    assert main(["add"]) == 2
