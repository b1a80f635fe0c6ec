"""`moonwit inspect`: what it says about a binary, and that what it offers to paste works."""

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.files.kinds import KINDS as FILE_KINDS
from moonwit.host.functions.binaries import BinaryProblem
from moonwit.host.functions.exports import parts
from moonwit.host.functions.inspect import inspect_entry, inspect_file
from moonwit.host.functions.kinds import KINDS as FUNCTION_KINDS
from moonwit.host.functions.loading import check_functions, load_function, load_functions
from moonwit.registry import load
from tests.projects import write
from tests.texts import texts

_, wat = texts(__file__)

KINDS = (*FUNCTION_KINDS, *FILE_KINDS)

CORE = wat("core")
COMPONENT = wat("component")


def report(folder: Path, name: str, text: str) -> str:
    """Writes a file, as text or as a binary by its name, and inspects it."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode() if name.endswith(".wat") else bytes(wat2wasm(text)))
    return inspect_file(folder / name)


@pytest.mark.parametrize("source", [CORE, COMPONENT], ids=["core", "component"])
@pytest.mark.parametrize("name", ["it.wat", "it.wasm", "wasm/it.wasm", 'odd "name".wasm'])
def test_the_index_can_be_pasted(tmp_path: Path, source: str, name: str) -> None:
    """The offered `_index.yaml`, pasted into a file, is a project without problems in which every function loads."""
    (tmp_path / "moonwit.yaml").write_text("")
    text = report(tmp_path, name, source)
    (tmp_path / "_index.yaml").write_text(text.partition("# _index.yaml\n")[2])
    registry = load(tmp_path, KINDS)
    check_functions(registry)
    assert [str(problem) for problem in registry.problems] == []
    entry = next(entry for entry in registry.entries.values() if entry.kind.startswith("function."))
    assert entry.name == ("odd_name" if name.startswith("odd") else "it")
    paths = [function.export for function in load_functions(entry, registry)]
    assert paths == (["add_it", 'strange name\x1b[2J"'] if source is CORE else ["demo:time/api@1.2.0#ticks", "greet"])


def test_the_index_works_with_what_is_offered_in_comments(tmp_path: Path) -> None:
    """What is offered in comments is valid too, and tells what answers an import that is not the host's."""
    (tmp_path / "moonwit.yaml").write_text("")
    for source in (CORE, COMPONENT):
        text = report(tmp_path, "it.wasm", source).partition("# _index.yaml\n")[2]
        assert "    # add {demo:own/thing: id} to `imports`" in text or source is CORE
        (tmp_path / "_index.yaml").write_text(text.replace("    # wit", "    wit"))
        registry = load(tmp_path, KINDS)
        check_functions(registry)
        assert registry.problems == []


def test_a_core_module(tmp_path: Path) -> None:
    """A core module is shown with core types, derived signatures, and what nothing provides."""
    text = report(tmp_path, "it.wasm", CORE)
    assert "kind       core module\n" in text
    assert "missing    `env#log`: nothing provides them, and calling them fails\n" in text
    assert "imports\n  env log: (i32) -> ()\nexports\n  memory: memory\n" in text
    assert "  cabi_realloc: (i32, i32, i32, i32) -> (i32)\n" in text
    assert "  add_it: (i32, i64) -> (f32)  // func(p1: s32, p2: s64) -> f32;\n" in text
    assert "  two: () -> (i32, i32)  // needs `wit`\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('(module (memory 1 1 shared) (func (export "f")))', "the module has a memory that threads share, and guests run on one thread"),
        ('(module (import "env" "m" (memory 1)) (func (export "f")))', "the module imports the memory `env` `m`, and only functions"),
    ],
)
def test_a_core_module_that_no_entry_can_use(tmp_path: Path, source: str, reason: str) -> None:
    """What keeps a module from being called is said, and no entry is offered that would be refused."""
    text = report(tmp_path, "it.wasm", source)
    assert f"calls      none: {reason}" in text
    assert "_index.yaml" not in text and "calling them fails" not in text


def test_functions_that_a_component_imports_without_an_interface(tmp_path: Path) -> None:
    """They are missing like interfaces that nothing provides."""
    own = '"demo:own/thing@1.0.0" (instance $thing (export "go" (func)))'
    text = report(tmp_path, "it.wasm", COMPONENT.replace(own, '"log" (func)'))
    assert "missing    `log`: nothing provides them, and calling them fails\n" in text


def test_a_component(tmp_path: Path) -> None:
    """A component is shown as WIT, with the grants it would need."""
    text = report(tmp_path, "it.wasm", COMPONENT)
    assert "kind       component\n" in text
    assert "imports    wasi:clocks (what the code does not use need not be granted)\n" in text
    assert "missing    `demo:own/thing@1.0.0`: nothing provides them, and calling them fails\n" in text
    assert "  import wasi:clocks/monotonic-clock@0.2.3;  // 1 function\n" in text
    whole = inspect_file(tmp_path / "it.wasm", whole=True)
    assert "  import wasi:clocks/monotonic-clock@0.2.3: interface {\n    now: func() -> u64;\n  }\n" in whole
    assert text.index("  export greet") < text.index("  import demo:own")
    assert "  record user {\n    id: u32,\n    %type: string,\n  }\n" in text
    assert "  export greet: func(who: string);\n" in text
    assert "    imports: [wasi:clocks]\n" in text and "method:" not in text


def test_a_binary_with_very_many_exports(tmp_path: Path) -> None:
    """Each export is looked at once, not all of them for each, and one entry stands for all."""
    exports = "".join(f'(export "{"é" * (i % 3)}f{i // 3}" (func 0))' for i in range(30_000))
    text = report(tmp_path, "it.wasm", f'(module (func) {exports} (export "f1_2" (func 0)))')
    assert [line for line in text.splitlines() if line.startswith("  - name: ")] == ["  - name: binaries", "  - name: it"]


def test_an_entry(tmp_path: Path) -> None:
    """An entry is shown with what it calls, and how its calls run."""
    now = "name: now, kind: function.wat, source: file://it.wat, method: api#ticks, imports: [wasi:clocks]"
    write(tmp_path, now, namespace="app", files={"it.wat": COMPONENT})
    registry = load(tmp_path, KINDS)
    text = inspect_entry(registry.entries["app:now"], registry)
    assert "entry      app:now (function.wat)\n" in text
    assert "method     demo:time/api@1.2.0#ticks\nsignature  ticks: func() -> u64;\npool       lazy\n" in text
    assert "calls      without fibers: it is granted functions of the host that never wait\n" in text
    assert "# _index.yaml" not in text


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.wat", b"(module\n  (fnc))", "a.wat:2:4: the WAT text is not valid: expected valid module field"),
        ("a.wasm", b"", "the file `a.wasm` is empty; name a .wasm or .wat file"),
        ("a.wat", b"\xff\xfe", "the file `a.wat` is neither a WebAssembly binary nor WAT text; name a .wasm or .wat file"),
        ("a.wasm", b"\0asm\1\0\0\0\1\xff", "the binary is not well-formed WebAssembly: "),
        ("a.wasm", b"\0asm\x0d\0\1\0\1\xff", "the binary is not well-formed WebAssembly: "),
    ],
)
def test_what_is_not_webassembly(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    """A file that is not WebAssembly is an error of one sentence."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BinaryProblem) as caught:
        inspect_file(tmp_path / name)
    assert str(caught.value).startswith(sentence)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are errors of one sentence."""
    for path, state in ((tmp_path / "none.wasm", "does not exist"), (tmp_path, "is a folder, not a file")):
        with pytest.raises(BinaryProblem, match=rf"{state}; name a \.wasm or \.wat file$"):
            inspect_file(path)


def test_nothing_to_call(tmp_path: Path) -> None:
    """A binary without functions is reported, and no index is offered."""
    for source in ("(module)", "(component)"):
        text = report(tmp_path, "it.wasm", source)
        assert "It exports no function that an entry could call." in text and "_index.yaml" not in text


PLAIN = (
    "no", "Off", "YES", "true", "Null", "0", "007", "0x1F", "1e5", "1_000", "_", "-", "~", ".inf", "'", "a: b", "# c", "- d", "{e}", "&f",
)
ODD = (" x ", "%g", "@h", "!i", "${j}", "x" * 300, "wasi:cli/run@0.2.0#run", "a#b", "#", "\u00fc\u4e2d\U0001f600")
# As WAT writes them, and as they are.
NAMES = {
    **{word: word for word in (*PLAIN, *ODD)},
    "a\\nb": "a\nb",
    "\\22q\\22": '"q"',
    "a\\e2\\80\\a8b": "a\u2028b",
    "\\7f\\1b": "\x7f\x1b",
    "\\5c": "\\",
}


@pytest.mark.parametrize("name", ["it.wat", "it.wasm"])
def test_names_that_yaml_reads_as_something_else(tmp_path: Path, name: str) -> None:
    """Whatever functions are called, the entry that is offered for them is one that `check` takes, and stands for each of them."""
    unnamed = {"": "", " ": " ", "${env:HOME}": "${env:HOME}", "file://it.wat": "file://it.wat", "x\\00y": "x\0y"}
    functions = "".join(f'(func (export "{export}") (result i32) (i32.const 1))\n' for export in [*NAMES, *unnamed])
    (tmp_path / "moonwit.yaml").write_text("")
    text = report(tmp_path, name, f"(module {functions})")
    (tmp_path / "_index.yaml").write_text(text.partition("# _index.yaml\n")[2], encoding="utf-8")
    registry = load(tmp_path, KINDS)
    check_functions(registry)
    assert [str(problem) for problem in registry.problems] == []
    [entry] = [entry for entry in registry.entries.values() if entry.kind.startswith("function.")]
    assert sorted(part.export for part in load_functions(entry, registry)) == sorted([*NAMES.values(), *unnamed.values()])


@pytest.mark.parametrize("export", [word for word in NAMES if "\\" not in word])
def test_a_single_function_gives_its_entry_the_name(tmp_path: Path, export: str) -> None:
    """Its entry says `method`, whatever YAML would read in it without quotes."""
    (tmp_path / "moonwit.yaml").write_text("")
    text = report(tmp_path, "it.wat", f'(module (func (export "{export}") (result i32) (i32.const 1)))')
    (tmp_path / "_index.yaml").write_text(text.partition("# _index.yaml\n")[2], encoding="utf-8")
    registry = load(tmp_path, KINDS)
    check_functions(registry)
    assert [str(problem) for problem in registry.problems] == []
    [entry] = registry.entries.values()
    assert load_function(entry, registry).export == export and entry.fields["method"] in (export, "run#run")


def test_a_function_without_a_name_alone(tmp_path: Path) -> None:
    """What `method` could not name is called as a part of the whole binary."""
    (tmp_path / "moonwit.yaml").write_text("")
    text = report(tmp_path, "it.wat", '(module (func (export "")))')
    (tmp_path / "_index.yaml").write_text(text.partition("# _index.yaml\n")[2])
    registry = load(tmp_path, KINDS)
    [function] = parts(load_function(registry.entries["app:it"], registry))
    assert function.call_id == "app:it#" and registry.problems == []


# A custom section as wit-bindgen leaves it in core modules.
UNMADE = b"\0asm\x01\0\0\0" + b"\0\x15\x14component-type:hello" + b"\0\x06\x05other"


def test_a_module_that_is_to_become_a_component(tmp_path: Path) -> None:
    """It is told what makes a component of it, and offered no entry that would only take its core."""
    (tmp_path / "it.wasm").write_bytes(UNMADE)
    text = inspect_file(tmp_path / "it.wasm")
    assert "wasm-tools component new it.wasm -o it.component.wasm" in text and "_index.yaml" not in text
    (tmp_path / "it.wasm").write_bytes(UNMADE.replace(b"component-type:", b"other:         "))
    assert "wasm-tools" not in inspect_file(tmp_path / "it.wasm")


def test_a_program_is_offered_as_a_process(tmp_path: Path) -> None:
    """A command of WASI gets an entry that `moonwit run` takes by its name."""
    from moonwit.kinds import KINDS as ALL

    (tmp_path / "moonwit.yaml").write_text("")
    program = """(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory (export "memory") 1)
      (func (export "_start")))"""
    text = report(tmp_path, "tool.wasm", program).partition("# _index.yaml\n")[2]
    assert "kind: process.wasm" in text and "imports: [wasi_snapshot_preview1]" in text
    (tmp_path / "_index.yaml").write_text(text)
    assert load(tmp_path, ALL).problems == []
