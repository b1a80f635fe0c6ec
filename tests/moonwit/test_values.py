"""Values as they come out of a call in Lua, in JSON and in Python: by their WIT types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.host.http.serving.results import as_json
from moonwit.host.values.intermediate import Empty
from moonwit.host.wasm.wit import types as wit
from tests.texts import texts

lua, wat = texts(__file__)

# Functions that take nothing and give what lies in memory: a record whose options are absent, the same inside others, wide integers.
GUEST = wat("guest")
TAKES = """(module (memory (export "memory") 1) (func (export "takes") (param i32 i32))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))"""
NAMES = ("plain", "flags", "inside", "fails", "listed", "unsigned", "signed")


def entries() -> str:
    """Gives an index of every function of the guest."""
    lines = ['version: "1.0"', "namespace: v", "entries:"]
    for name in NAMES:
        lines.append(f"  - {{name: {name}, kind: function.wat, source: file://guest.wat, method: {name}}}")
    lines.append("  - {name: takes, kind: function.wat, source: file://takes.wat, method: takes, wit: 'takes: func(l: list<u32>);'}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the guest."""
    (tmp_path / "guest.wat").write_text(GUEST)
    (tmp_path / "takes.wat").write_text(TAKES)
    (tmp_path / "_index.yaml").write_text(entries())
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Iterator[moonwit.Project]:
    """The project, opened."""
    with moonwit.open(folder) as opened:
        assert opened.registry is not None
        assert opened.registry.problems == []
        yield opened


def test_a_record_of_absent_options_is_a_map(project: moonwit.Project) -> None:
    """An empty record is `{}` in Python wherever it stands, and so are flags; an empty list is `[]`."""
    assert project.call("v:plain") == {}
    assert project.call("v:flags") == {}
    assert project.call("v:listed") == [{}, {}]
    assert project.call("v:inside") == {"inner": {}, "set": {}, "list": []}
    with pytest.raises(moonwit.CallError) as caught:
        project.call("v:fails")
    assert caught.value.details == {}


def test_the_same_over_http() -> None:
    """The same of a response's body."""
    byte = wit.Primitive("u8")
    record = wit.Record((wit.Field("a", wit.Option(byte)),))
    for type, body in ((record, b"{}"), (wit.Option(record), b"{}"), (wit.Flags(("x",)), b"{}"), (wit.List(record), b"[]"), (None, b"[]")):
        assert as_json(Empty(), type) == body
    assert as_json([Empty()], wit.List(record)) == b"[{}]"
    assert as_json({b"ok": Empty()}, wit.Result(record, None)) == b'{"ok":{}}'


def test_the_same_in_json(moonwit, folder):
    """The same of `moonwit call`."""
    assert moonwit("call", "v:plain", cwd=folder).stdout == "{}\n"
    assert moonwit("call", "v:inside", cwd=folder).stdout == '{"inner": {}, "set": {}, "list": []}\n'


def test_wide_integers_have_one_type(project: moonwit.Project) -> None:
    """A u64 within 2^53 is a number, and beyond that unsigned; an s64 is signed."""
    project.run_script(
        lua("wide_integers_have_one_type")
    )


WORDS = r"""
version: "1.0"
namespace: w
entries:
  - {name: text, kind: function.wat, method: f, wit: "f: func(s: string);", source: &source '(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)) (func (export "f") (param i32 i32)))'}
  - {name: list, kind: function.wat, method: f, wit: "f: func(l: list<u32>);", source: *source}
  - {name: two, kind: function.wat, method: f, source: '(module (func (export "f") (param i32 f64)))'}
  - {name: long, kind: function.wat, method: f, wit: "f: func(long: tuple<TYPES>);", source: '(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)) (func (export "f") (param i32)))'}
  - {name: cases, kind: function.wat, method: f, wit: "enum e { ENUM } f: func(e: e);", source: '(module (func (export "f") (param i32)))'}
  - {name: unfit, kind: function.wat, method: f, wit: "f: func(long: tuple<TYPES>);", source: '(module (func (export "f") (param i64)))'}
""".replace("TYPES", ", ".join(["option<result<string, list<u64>>>"] * 200)).replace(
    "ENUM", ", ".join(f"{'long-name-' * 20}{number}" for number in range(50))
)


def test_words_about_arguments(moonwit, write):
    """What is said of arguments that do not fit names the parameter and what came, and is not drowned by the signature."""
    write("_index.yaml", WORDS)
    for arguments, sentence in (
        (["w:text", "null"], "f: parameter 1 (s: string): expected a string, got nil; the function takes 1 argument"),
        (["w:text"], "f: parameter 1 (s: string): expected a string, got nil; the function takes 1 argument"),
        (["w:two", "1"], "f: parameter 2 (p2: f64): expected a number, got nil; the function takes 2 arguments"),
        (["w:two", "1", "null"], "f: parameter 2 (p2: f64): expected a number, got nil; the function takes 2 arguments"),
        (["w:two", "null", "2"], "f: parameter 1 (p1: s32): expected an integer, got nil"),
        (["w:two", "1", "2", "3"], "f: expected 2 arguments, got 3"),
        (["w:list", '{"a": 1}'], 'f: parameter 1 (l: list<u32>): expected a sequence, got a table with the key "a"'),
    ):
        assert moonwit("call", *arguments).stderr.splitlines()[0] == "moonwit: " + sentence
    assert moonwit("call", "w:list", "5").returncode == 1
    for name, argument in (("long", "5"), ("cases", "nope"), ("unfit", "1")):
        result = moonwit("call", f"w:{name}", argument)
        assert result.returncode == 1
        assert max(map(len, result.stderr.splitlines())) < 1300, result.stderr
    assert "..." in moonwit("call", "w:long", "5").stderr


def test_a_hole_at_the_beginning(project: moonwit.Project) -> None:
    """A table that has something but nothing at 1 is called so."""
    with pytest.raises(moonwit.CallError, match=r"expected a sequence, got a table with the key 2 and nothing at 1"):
        project.run_script("""
            error(select(2, funcs.call("v:takes", {[2] = 5})))""")
