"""`moonwit inspect`: a file or an entry."""

import hashlib

WAT = '(module (func (export "answer") (result i32) i32.const 42))'


def test_a_file(moonwit, write):
    """A file's report tells size, hash and exports, and holds an index to paste that works."""
    write("guest.wat", WAT)
    result = moonwit("inspect", "guest.wat")
    assert (result.stderr, result.returncode) == ("", 0)
    assert "func() -> s32" in result.stdout
    write("_index.yaml", result.stdout.partition("# _index.yaml\n")[2])
    assert moonwit("call", "app:answer").stdout == "42\n"


def test_a_binary_shows_its_hash(moonwit, tmp_path):
    """The hash is that of the file's bytes."""
    from wasmtime import wat2wasm

    data = bytes(wat2wasm(WAT))
    (tmp_path / "guest.wasm").write_bytes(data)
    result = moonwit("inspect", "guest.wasm")
    assert hashlib.sha256(data).hexdigest() in result.stdout


def test_an_entry(moonwit, project):
    """An entry's report tells its method, its signature and how its calls run."""
    cases = ((["demo:neg"], project), (["--project", project, "demo:neg"], None), (["demo:neg", "--project", project], None))
    for arguments, folder in cases:
        result = moonwit("inspect", *arguments, cwd=folder)
        assert (result.stderr, result.returncode) == ("", 0)
        assert "without fibers: it is granted nothing of the host" in result.stdout
        assert "-> s64" in result.stdout


def test_what_can_not_be_inspected(moonwit, write, project):
    """What is not a binary is refused with a sentence."""
    write("text.lua", "print(1)")
    write("bad.wat", "(module\n  (fnc))")
    for arguments, sentence in (
        (("nope.wasm",), "does not exist"),
        (("text.lua",), "not valid"),
        (("bad.wat",), "bad.wat:2:4"),
        ((".",), "folder"),
        (("demo:nope", "--project", project), "there is no entry `demo:nope`"),
        (("demo:same", "--project", project), "of kind function.lua, which has no binary"),
        (("demo:answer",), "there is no project here"),
    ):
        result = moonwit("inspect", *arguments)
        assert (result.stdout, result.returncode) == ("", 1), arguments
        assert sentence in result.stderr
        assert "Traceback" not in result.stderr


def test_a_broken_entry_is_shown_with_its_line(moonwit, project):
    """The problem of a broken entry is shown with its line and a caret."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "method: nge"), encoding="utf-8")
    result = moonwit("inspect", "demo:neg", cwd=project)
    assert result.returncode == 1
    assert "    method: nge\n" in result.stderr
    assert "^^^" in result.stderr
